"""Properties of Smart Home Panel 3 and Ocean Smart Panel."""

from typing import Final

from .. import tables

PROPERTIES: Final = tables(
    """
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
