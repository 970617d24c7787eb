"""Properties of the Alternator Charger."""

from typing import Final

from .. import tables

PROPERTIES: Final = tables(
    """
Properties
  103 plugInInfoDcBidiVol float
  104 plugInInfoDcBidiAmp float
  105 powGetDcBidi float
  106 plugInInfoDcBidiFlag uint
  130 devOnlineFlag uint
  138 spChargerCarBattVolSetting int
  139 spChargerCarBattVol float
  482 spChargerCarBattType uint
  483 spChargerDevBattType uint
  549 spChargerAutoChgOpen uint
  550 spChargerAutoReverseChgVolMin float
  551 spChargerAutoChgVolMin float
  552 spChargerCarChgProtectState uint
  553 spChargerCarDPlusSignal uint
  554 spChargerInstallType uint
  581 spChargerChgMode int
  582 spChargerRunState uint
  583 spChargerIsConnectCar uint
  597 spChargerChgOpen uint
  598 spChargerChgPowLimit float
  599 moduleBluetoothSnr float
  600 moduleBluetoothRssi float
  601 moduleWifiSnr float
  603 spChargerChgPowMax float
  608 spChargerExtensionLinePSetting float
  609 spChargerExtensionLineNSetting float
  610 spChargerDrivingChgSetting uint
  624 spChargerCarBattChgAmpLimit float
  625 spChargerDevBattChgAmpLimit float
  626 spChargerDevBattChgXt60Setting uint
  723 spChargerCarBattChgAmpMax float
  724 spChargerCarBattUrgentChgState uint
  725 spChargerDevBattChgAmpMax float
  726 spChargerCarBattUrgentChgSwitch uint
  787 spCarMode uint
  788 spBmsChgMode uint
  789 spFastChgMaxSoc uint
"""
)["Properties"]
