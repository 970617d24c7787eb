"""Properties of Wave 3 and Glacier Classic."""

from typing import Final

from .. import tables

PROPERTIES: Final = tables(
    """
WaveOperatingModeParamItem
  1 submode uint
  2 airflowSpeed uint
  3 tempSet float
  4 humiSet float
  5 tempThermostaticUpperLimit float
  6 tempThermostaticLowerLimit float
WaveOperatingModeParamList
  1 listInfo WaveOperatingModeParamItem[]
Properties
  2 sysStatus uint
  102 cmsBattTemp int
  288 cmsBattDesignCap uint
  392 bmsMainSn text
  484 tempAmbient float
  485 humiAmbient float
  486 waveOperatingMode uint
  493 tempIndoorReturnAir float
  494 tempIndoorSupplyAir float
  495 tempOutdoorAmbient float
  496 tempCondenser float
  499 tempEvaporator float
  503 tempCompressorDischarge float
  504 condensateWaterLevel float
  505 inDrainage uint
  506 drainageMode uint
  507 moodLightMode uint
  508 lcdShowTempType uint
  509 enPetCare uint
  510 tempPetCareWarning float
  512 userTempUnit uint
  513 petCareWarning uint
  514 waveModeInfo WaveOperatingModeParamList
  556 activeDrainCondensate uint
  557 drainCondensateState uint
  623 devDetectSwitch uint
  631 glacierCarChgProtectState uint
  736 tempRefrigeratorZoneSetting float
  737 tempRefrigeratorZone2Setting float
  738 childLockSwitch1 uint
  739 tempRefrigeratorZoneRangeExtendSwitch uint
  740 glacierCarChgProtectVolSetting uint
  741 glacierWorkMode uint
  742 tempRefrigeratorZone float
  743 tempRefrigeratorZone2 float
  744 refrigeratorDoorIsOpen uint
  745 refrigeratorZonePartition uint
  746 tempRefrigeratorZoneAbnormalSetting float
  747 tempRefrigeratorZone2AbnormalSetting float
  748 tempRefrigeratorZoneAbnormalDetectSwitch uint
  749 devRunTime uint
  750 tempRefrigeratorZoneIsAbnormal uint
  777 powGetSelfConsume float
  778 powerOffDelaySet uint
  779 powerOffDelayRemaining uint
"""
)["Properties"]
