"""Settings of the new devices: written with 254/17, acknowledged with 254/18."""

from typing import Final

from . import tables

_TABLES: Final = tables(
    """
PowerSocket
  1 hasSelected uint
  2 model uint
  3 sn text
PowerSocketList
  1 powerSocketCfg PowerSocket[]
CfgBmsPushWrite
  1 bmsHeartbeapOpen uint
  2 bmsHealthOpen uint
  3 bmsHeartbeapFreq uint
  4 bmsHealthFreq uint
SetTimeTaskWrite
  1 taskIndex uint
  2 isValid uint
  3 isCfg uint
  4 isEnable uint
  5 conflictFlag uint
  6 type uint
  7 timeMode uint
  8 timeParam uint
  9 timeTable uint[]
CfgEnergyBackup
  1 energyBackupEn uint
  2 energyBackupStartSoc uint
CfgEnergyStrategyOperateMode
  1 operateSelfPoweredOpen int
  2 operateScheduledOpen int
  3 operateTouModeOpen int
TimeTaskParamDetail
  1 type uint
  2 val float
TimeTaskItemV2
  1 taskIndex uint
  2 isCfg uint
  3 isEnable uint
  4 conflictFlag uint
  5 timeMode uint
  6 timeParam uint
  7 timeTable uint
  8 taskType uint
  9 taskParam uint
  10 taskParamDetail TimeTaskParamDetail[]
WifiApMeshIdInfo
  1 idList uint[]
PowerOutageItem
  1 powerOutagePortEnable uint
  2 powerOutagePortType uint
  3 powerOutageMinSoc uint
PowerOutagesList
  1 powerOutageItem PowerOutageItem[]
TimezoneChangeItem
  1 utcTime uint
  2 utcTimezone int
TimezoneChangeList
  1 timeZoneChangeItem TimezoneChangeItem[]
ResidentLoad
  1 startMin uint
  2 endMin uint
  3 loadPower uint
DayResidentLoadList
  1 load ResidentLoad[]
CloudMeter
  1 hasMeter uint
  2 model uint
  3 meterSn text
  4 powerA int
  5 powerB int
  6 powerC int
CfgIntelligentScheduleMode
  1 intelligentScheduleMode uint
  2 joinIntelligentSchedule uint
TimeScheduleTaskItem
  1 startTimestamp uint
  2 endTimestamp uint
  3 gridChgWh uint
  4 gridDischgWh uint
  5 chgWh uint
  6 dischgWh uint
  7 v2hOutputWh uint
CfgIntelligentScheduleChannelItem
  1 sn text
  2 channelNum uint[]
  3 cfgTurnOff uint[]
CfgTimeScheduleTask
  1 timeScheduleTaskItemList TimeScheduleTaskItem[]
  2 intelligentScheduleChannelItemList CfgIntelligentScheduleChannelItem[]
gridConnectionPortBind
  1 sn text
  2 portNum uint
  3 err uint
ControllableLoadInfo
  1 sn text
  2 enabled uint
  3 scheduling uint
ControllableLoadList
  1 list ControllableLoadInfo[]
ControllableLoadHeartbeat
  1 sn text
  2 heartbeatDuration uint
  3 power int
  4 inputPowerLimited uint
  5 scheduleId uint
Settings
  1 actionId uint
  2 configOk uint
  3 cfgPowerOff uint
  4 cfgPowerOn uint
  5 resetFactorySetting uint
  6 cfgUtcTime uint
  7 cfgUtcTimezone int
  9 cfgBeepEn uint
  10 acStandbyTime int
  11 dcStandbyTime int
  12 cfgScreenOffTime int
  13 cfgDevStandbyTime int
  14 lcdLight int
  15 cfgHvAcOutOpen int
  16 cfgLvAcOutOpen int
  17 cfgAcOutFreq uint
  18 cfgDc12vOutOpen int
  19 cfgUsbOpen int
  25 cfgXboostEn uint
  26 cfgBypassOutDisable int
  27 cfgPowerSocket PowerSocketList
  30 cfgBmsPowerOff uint
  31 cfgSocCali uint
  32 cfgBmsPush CfgBmsPushWrite
  33 cmsMaxChgSoc int
  34 cmsMinDsgSoc int
  39 setTimeTask SetTimeTaskWrite
  43 cfgEnergyBackup CfgEnergyBackup
  52 plugInInfoPvLDcAmpMax int
  53 plugInInfoPvHDcAmpMax int
  54 cfgPlugInInfoAcInChgPowMax uint
  56 plugInInfo5p8ChgPowMax int
  58 cmsOilSelfStart uint
  59 cmsOilOnSoc uint
  60 cmsOilOffSoc uint
  61 llcGfciFlag int
  67 cfgDisplayPropertyFullUploadPeriod int
  68 cfgDisplayPropertyIncrementalUploadPeriod int
  69 cfgRuntimePropertyFullUploadPeriod int
  70 cfgRuntimePropertyIncrementalUploadPeriod int
  71 activeDisplayPropertyFullUpload uint
  72 activeRuntimePropertyFullUpload uint
  76 cfgAcOutOpen uint
  77 cfgGeneratorPerfMode uint
  78 cfgGeneratorEngineOpen uint
  79 cfgGeneratorOutPowMax uint
  80 cfgGeneratorAcOutPowMax uint
  81 cfgGeneratorDcOutPowMax uint
  82 cfgGeneratorSelfOn uint
  83 resetGeneratorMaintenceState uint
  84 cfgFuelsLiquefiedGasType uint
  85 cfgFuelsLiquefiedGasUint uint
  86 cfgFuelsLiquefiedGasVal float
  87 cfgPlugInInfoPvDcAmpMax uint
  89 cfgLedMode uint
  90 pvChgType uint
  99 acEnergySavingOpen int
  100 multiBpChgDsgMode int
  102 backupReverseSoc uint
  106 energyStrategyOperateMode CfgEnergyStrategyOperateMode
  116 cfgSpChargerChgMode int
  122 cfgSpChargerChgOpen uint
  123 cfgSpChargerChgPowLimit float
  125 plugInInfoAcInChgMode int
  127 cfgTimeTaskV2Item TimeTaskItemV2
  128 activeSelectedTimeTaskV2 uint
  130 cfgGeneratorLowPowerEn uint
  131 cfgGeneratorLowPowerThreshold uint
  132 cfgGeneratorLpgMonitorEn uint
  133 cfgFuelsLiquefiedGasLpgUint uint
  134 cfgFuelsLiquefiedGasLngUint uint
  135 cfgUtcTimezoneId text
  136 cfgUtcSetMode uint
  137 cfgSpChargerCarBattVolSetting int
  141 outputPowerOffMemory int
  153 cfgWaveOperatingMode uint
  154 cfgWaveOperatingSubmode uint
  155 cfgAirflowSpeed uint
  156 cfgTempSet float
  157 cfgHumiSet float
  158 cfgTempThermostaticUpperLimit float
  159 cfgTempThermostaticLowerLimit float
  160 cfgDrainageMode uint
  161 cfgMoodLightMode uint
  162 cfgLcdShowTempType uint
  163 cfgEnPetCare uint
  164 cfgTempPetCareWarning float
  166 cfgUserTempUnit uint
  167 unknown167 int
  168 cfgFeedGridMode uint
  169 feedGridModePowLimit uint
  172 cfgSysPause uint
  176 typec1PortEnable uint
  177 typec2PortEnable uint
  178 typec3PortEnable uint
  179 typec4PortEnable uint
  181 pogopinPortEnable uint
  183 cfgTypec3MaxAllowPow float
  184 cfgTypec4MaxAllowPow float
  185 cfgPogopinMaxAllowPow float
  186 cfgTypec2MaxAllowPow float
  187 cfgTypec1MaxAllowPow float
  188 cfgBatteryMaintainModel uint
  189 cfgChargeOptCtrlEnable uint
  203 cfgSpChargerExtensionLinePSetting float
  204 cfgSpChargerExtensionLineNSetting float
  205 cfgSpChargerDrivingChgSetting uint
  209 cfgPowerOffDelaySet uint
  211 cfgCountryCode text
  212 cfgTownCode uint
  213 activeSysReboot uint
  217 cfgSpChargerCarBattChgAmpLimit float
  218 cfgSpChargerDevBattChgAmpLimit float
  219 cfgSpChargerDevBattChgXt60Setting uint
  220 cfgInvTargetPwr float
  221 cfgSpChargerCarBattUrgentChgSwitch uint
  222 cfgFactoryModeEnable uint
  223 cfgDebugModeEnable uint
  224 cfgGridConnectionPowerFactorSetting float
  225 cfgGridConnectionPowerSetting float
  226 cfgTempRefrigeratorZoneSetting float
  227 cfgTempRefrigeratorZone2Setting float
  228 childLock uint
  229 simpleMode uint
  230 batProtect uint
  231 coolingMode uint
  234 tempAlert uint
  237 cfgGridSysDeviceCnt uint
  238 cfgWifiApMeshId WifiApMeshIdInfo
  239 powConsumptionMeasurement uint
  309 cfgLowPowerAlarmSwitch uint
  376 cfgPortPriority PowerOutagesList
  377 cfgAc2OutOpen uint
  378 cfgTimezoneChangeList TimezoneChangeList
  379 cfgDayResidentLoadList DayResidentLoadList
  380 relay2Onoff uint
  381 relay3Onoff uint
  382 cfgSystemGroupId uint
  383 cfgCloudMetter CloudMeter
  384 cfgBrightness uint
  385 cfgSystemMeshId uint
  546 cfgIntelligentScheduleMode CfgIntelligentScheduleMode
  547 cfgTimeScheduleTask CfgTimeScheduleTask
  550 cfgTempSmartCtrlEnable uint
  551 cfgLowPowerDsgCtrlEnable uint
  556 cfgResetScreenSourceFileRecvSta uint
  564 gridConnectionPortBind gridConnectionPortBind
  565 socket1BindDeviceSn text
  566 socket2BindDeviceSn text
  572 cfgAc2StandbyTime uint
  579 cfgSysGridInPwrLimit uint
  591 cfgFeedGridSafetyPowMax uint
  592 cfgControllableLoadList ControllableLoadList
  593 controllableLoadHeartbeat ControllableLoadHeartbeat
  595 cfgAllTimerTask bytes
"""
)
SETTINGS: Final = _TABLES["Settings"]
