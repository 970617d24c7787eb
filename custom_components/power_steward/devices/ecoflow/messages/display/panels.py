"""Properties of Smart Home Panel 3 and Ocean Smart Panel."""

from typing import Final

from .. import tables

PROPERTIES: Final = tables(
    """
Circuit
  1 vol float
  2 watt float
  3 amp float
CTInstallConfigItem
  1 installPosition uint
  2 id uint
CTInstallConfigList
  1 itemList CTInstallConfigItem[]
PanelCTPositionList
  1 ctPositionList uint[]
OutputPowerFactorList
  1 outputPowerFactor float[]
Properties
  522 breakerCapacityMax uint
  531 sysSelfcheckResult bytes
  538 evChgAmpMax uint
  539 evChgMode uint
  540 evChgSocMin uint
  541 evChgManualCtrl uint
  544 portableGeneratorPowSetting uint
  545 standbyGeneratorPowSetting uint
  607 epoStatus uint
  752 gridIsEnergized uint
  755 gridRlyState uint
  769 panelBusVol float
  781 powGetStandyGenerator float
  782 powGetPortableGenerator float
  783 ctInstallConfigList CTInstallConfigList
  811 powExterPvInvInW float
  812 powHomeEnergyPvInCms float
  813 powOilInW float
  814 panelGenerateEnergyRunSta uint
  815 panelGenerateEnergySocCms uint
  816 panelGenerateEnergyBatteryStaCms uint
  817 panelGenerateEnergyBatteryPowerCms float
  818 loadChPower float
  819 loadChCurr float
  820 loadChVol float
  821 userFirstConfigFlag uint
  900 panelRunningMode uint
  919 gridConnectionApparentPower float
  960 gridConnectionFreqL1 float
  961 gridConnectionFreqL2 float
  964 gridConnectionReactivePowerL1 float
  965 gridConnectionReactivePowerL2 float
  966 gridConnectionApparentPowerL1 float
  967 gridConnectionApparentPowerL2 float
  1015 circuit1 Circuit
  1016 circuit2 Circuit
  1017 circuit3 Circuit
  1018 circuit4 Circuit
  1019 circuit5 Circuit
  1020 circuit6 Circuit
  1021 circuit7 Circuit
  1022 circuit8 Circuit
  1023 circuit9 Circuit
  1024 circuit10 Circuit
  1025 circuit11 Circuit
  1026 circuit12 Circuit
  1027 circuit13 Circuit
  1028 circuit14 Circuit
  1029 circuit15 Circuit
  1030 circuit16 Circuit
  1031 circuit17 Circuit
  1032 circuit18 Circuit
  1033 circuit19 Circuit
  1034 circuit20 Circuit
  1035 circuit21 Circuit
  1036 circuit22 Circuit
  1037 circuit23 Circuit
  1038 circuit24 Circuit
  1039 circuit25 Circuit
  1040 circuit26 Circuit
  1041 circuit27 Circuit
  1042 circuit28 Circuit
  1043 circuit29 Circuit
  1044 circuit30 Circuit
  1045 circuit31 Circuit
  1046 circuit32 Circuit
  1047 circuit33 Circuit
  1048 circuit34 Circuit
  1049 circuit35 Circuit
  1050 circuit36 Circuit
  1051 circuit37 Circuit
  1052 circuit38 Circuit
  1053 circuit39 Circuit
  1054 circuit40 Circuit
  1063 panelBusVolL1 float
  1064 panelBusVolL2 float
  1065 epsSwitchSta uint
  1213 gridConnectionVolSetting uint
  1214 gridConnectionFreqSetting uint
  1215 smartSwitchMaxCur uint
  1216 panelMasterBreakCurSet uint
  1223 panelSmartModuleAccessSta uint
  1227 powGetLoadOutputSum float
  1228 powGetLoadInputSum float
  1230 panelOilInfo1 bytes
  1232 panelOilInfo2 bytes
  1234 panelOilInfo3 bytes
  1243 switchSelfcheckResult uint
  1244 panelMaxChargePowSet uint
  1245 panleEnergyStrategyOperateMode uint
  1247 panelMasterSlaveSet uint
  1248 panelCtPosition PanelCTPositionList
  1261 gridConnectionVolType uint
  1461 outputPowerFactorList OutputPowerFactorList
  1485 ct1Current float
  1486 ct2Current float
  1487 ct3Current float
  1498 manualEmergencyBackupSwitch uint
  1499 subPanelIsConnect uint
  1500 panelHomeScene uint
  1544 powHomeLoad float
  1545 powEvLoadW float
  1546 powThirdEvW float
  1547 powSubPanelLoadW float
  1552 evChgManualWaitReason uint
  1558 isHavePortableGenerator uint
  1559 isHaveStandbyGenerator uint
  1560 backupSocVpp uint
  1602 generatorMaxDsgToLoadPoint uint
  1652 backupBoxMode uint
  1670 bkbMainCtrlType uint
  1671 bkbMcConnectSta uint
  1673 ct1ActivePwr float
  1674 ct2ActivePwr float
  1675 ct3ActivePwr float
  1676 standbyGeneratorCtrlSignalType uint
  1681 vppTaskStatus bytes
"""
)["Properties"]
