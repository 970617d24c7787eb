"""Properties that no known family has all to itself."""

from typing import Final

from .. import tables

PROPERTIES: Final = tables(
    """
DevModuleErrcodeItem
  1 moduleAddr uint
  2 moduleDAddr uint
  3 moduleErrcode uint
  4 commOnline uint
DevModuleErrcodeList
  1 devModuleErrcodeList DevModuleErrcodeItem[]
DevAccessoryErrcodeItem
  1 devAccessorySn text
  2 devAccessoryErrcode uint[]
DevAccessoryErrcodeList
  1 devAccessoryErrcodeList DevAccessoryErrcodeItem[]
Properties
  96 commMsgDescription bytes
  479 moduleActiveNetif uint
  511 devDangerAlarm uint
  519 homeEmsWorkMode uint
  523 forceOffGridSwitch uint
  524 acMeterInFlag uint
  525 energyStorageType uint
  526 pvMeterInFlag uint
  527 manualDisableErrDetect bytes
  528 manualClearErrCode bytes
  529 meterDataList bytes
  530 sysFunctionMap bytes
  533 module4gIccid text
  534 module4gSnr int
  535 module4gRssi int
  542 lanGroupId uint
  543 feedGridPtoCertified uint
  546 ctSelfAdaptive uint
  547 mpptEnergyType uint
  591 installmentPaymentServeEnable uint
  592 serveMiddlemen uint
  593 installmentPaymentOverdueLimit uint
  594 installmentPaymentState uint
  596 installmentPaymentOverdueLimitUtcTime uint
  604 parallelType uint
  605 ethWanStatus uint
  606 wifiStaStatus uint
  611 gridChargeToBatteryEnable uint
  621 lowPowerSwitch uint
  622 mpptMultiPeakSwitch uint
  628 devModuleErrcodeList DevModuleErrcodeList
  629 devAccessoryErrcodeList DevAccessoryErrcodeList
  639 powGetSumThirdPartyInv float
  753 parallelTypeAllow uint
  754 acPhaseTypeAllow uint
  780 devRatePower uint
  806 midPriorityDischargeLow uint
  1236 systemInstallLocation uint
  1238 locationLatitude float
  1240 locationLongitude float
  1246 gridChgPowMax uint
  1253 midPriorityBatType uint
  1447 gridType uint
  1470 emsFsmstate uint
  1540 lowCurrentMode uint
  1680 powerLimitFlag uint
"""
)["Properties"]
