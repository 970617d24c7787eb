"""Properties of Stream systems and of the Smart Meter."""

from typing import Final

from .. import tables

PROPERTIES: Final = tables(
    """
PowerSocket
  1 hasSelected uint
  2 model uint
  3 sn text
PowerSocketList
  1 powerSocketCfg PowerSocket[]
DeviceTargetSoc
  1 sn text
  2 targetSoc uint
  3 chgFromGridPowerLimited uint
ChgTask
  1 chgSource uint
  2 chgMode uint
  3 devTargetSoc DeviceTargetSoc[]
TimerTask
  1 role uint
  2 isCfg uint
  3 taskIndex uint
  4 isEnable uint
  5 isEffect uint
  8 timeMode uint
  9 timeParam uint
  10 timeTable uint[]
  11 chgTask ChgTask
  12 homeNeedPowerLimited uint
AllTimerTask
  1 timeTask TimerTask[]
GridCurtailmentSignalList
  1 isTemp uint
  2 isGridFreq uint
  3 isGridVol uint
  4 isPv1Oc uint
  5 isPv1Cl uint
  6 isPv2Oc uint
  7 isPv2Cl uint
DevErrcodeList
  1 devErrcode uint[]
WifiApMeshIdInfo
  1 idList uint[]
EnergyArray
  1 energyL1daily float
  2 energyL2daily float
  3 energyL3daily float
  4 lifeTimeEnergyConsumption float
  6 lifeTimeEnergyDelivery float
  7 netEnergyConsumption float
CloudMeter
  1 hasMeter uint
  2 model uint
  3 meterSn text
  4 powerA int
  5 powerB int
  6 powerC int
ResidentLoad
  1 startMin uint
  2 endMin uint
  3 loadPower uint
DayResidentLoadList
  1 load ResidentLoad[]
gridConnectionPortBind
  1 sn text
  2 portNum uint
  3 err uint
ScheduleOutput
  1 snSuffix text
  2 workmode uint
  3 pwr uint
lanSysScheduleOutput
  1 output ScheduleOutput[]
ControllableLoadInfo
  1 sn text
  2 enabled uint
  3 scheduling uint
ControllableLoadList
  1 list ControllableLoadInfo[]
Properties
  75 powerSocket PowerSocketList
  515 powGetSysGrid float
  516 powGetSysLoad float
  517 powGetPvSum float
  518 powGetBpCms float
  520 feedGridMode uint
  521 feedGridModePowLimit uint
  584 allTimerTask AllTimerTask
  595 installmentPaymentStartUtcTime bytes
  613 gridConnectionVol float
  614 gridConnectionAmp float
  615 gridConnectionFreq float
  616 gridConnectionPower float
  617 gridConnectionReactivePower float
  618 gridConnectionPowerFactor float
  619 gridConnectionSta uint
  620 gridCurtailmentSignal GridCurtailmentSignalList
  627 devErrcodeList DevErrcodeList
  638 invTargetPwr float
  727 feedGridModePowMax uint
  728 countryCode text
  729 townCode uint
  730 gridCodeSelection uint
  731 gridCodeVersion int
  732 factoryModeEnable uint
  733 debugModeEnable uint
  734 gridConnectionPowerFactorSetting float
  735 gridConnectionPowerSetting float
  758 gridSysDeviceCnt uint
  759 wifiApMeshId WifiApMeshIdInfo
  760 powConsumptionMeasurement uint
  761 lightLanguage uint
  762 gridConnectionFlagL1 uint
  763 gridConnectionFlagL2 uint
  764 gridConnectionFlagL3 uint
  771 gridConnectionVolL3 float
  772 gridConnectionPowerL3 float
  773 gridConnectionDataRecord EnergyArray
  784 gridConnectionAmpL3 float
  785 cloudMeter CloudMeter
  956 gridConnectionVolL1 float
  957 gridConnectionVolL2 float
  958 gridConnectionAmpL1 float
  959 gridConnectionAmpL2 float
  962 gridConnectionPowerL1 float
  963 gridConnectionPowerL2 float
  978 dayResidentLoadList DayResidentLoadList
  980 relay2Onoff uint
  981 relay4Onoff uint
  982 relay3Onoff uint
  983 relay1Onoff uint
  984 systemGroupId uint
  985 powSysAcOutMax int
  986 moduleWifiSsid text
  987 plugInInfoPv3Flag uint
  988 plugInInfoPv4Flag uint
  989 powSysAcInMax uint
  990 distributedDeviceStatus uint
  991 seriesConnectDeviceStatus uint
  992 sysGridConnectionPower float
  993 socketMeasurePower float
  994 brightness uint
  995 systemMeshId uint
  996 powGetPv3 float
  997 powGetPv4 float
  998 plugInInfoPv3Vol float
  999 plugInInfoPv3Amp float
  1000 plugInInfoPv4Vol float
  1001 plugInInfoPv4Amp float
  1002 powGetSysLoadFromPv float
  1003 powGetSysLoadFromBp float
  1004 powGetSysLoadFromGrid float
  1066 lanSysHomeNeedPwr int
  1067 lanSysMeterValue int
  1068 aiTouValid uint
  1069 aiTouTargetSoc uint
  1210 powGetSchuko1 float
  1211 powGetSchuko2 float
  1212 bmsBattHeating uint
  1278 devCtrlStatus uint
  1280 busbarPowLimit int
  1281 maxInvInput int
  1282 maxInvOutput int
  1283 maxBpInput int
  1284 maxBpOutput int
  1285 seriesConnectDeviceId uint
  1292 useLanMeter uint
  1293 gridConnectionPortBind gridConnectionPortBind
  1294 socket1BindDeviceSn text
  1295 socket2BindDeviceSn text
  1296 sysOffgrid int
  1297 lanSysDeviceCnt uint
  1298 lanSysWorkMode uint
  1299 lanSysTargetPwr int
  1300 lanSysScheduleOutput lanSysScheduleOutput
  1301 cascadeSysWorkMode uint
  1302 cascadeSysTargetPwr int
  1303 cascadeSysSoc uint
  1304 cascadeSysDeviceCnt uint
  1305 cascadeSysCanId uint
  1306 cascadeSysDistributedPwrSum int
  1307 cascadeSysOutputPwrDiff int
  1344 pvStateMonitor1 uint
  1345 pvStateMonitor2 uint
  1346 dabStateMonitor1 uint
  1347 dabStateMonitor2 uint
  1348 dabStateMonitor3 uint
  1349 mpptFaultComm uint
  1354 chgOverCurOffCnt uint
  1363 vinPv1 uint
  1364 vinPv2 uint
  1365 vinPv3 uint
  1366 vinPv4 uint
  1367 iinPv1 int
  1368 iinPv2 int
  1369 iinPv3 int
  1370 iinPv4 int
  1371 pinPv1 int
  1372 pinPv2 int
  1373 pinPv3 int
  1374 pinPv4 int
  1375 invTodcData uint
  1376 dcToInvData uint
  1377 dabFault uint
  1378 dabFaultLock uint
  1379 emsPfcChgPwrTag int
  1380 chgPowerLoopRef int
  1381 bmsChgReqVolt int
  1382 bmsChgReqCurr int
  1383 curAvaiToBmsPower int
  1384 invInPowerAbilityMax int
  1385 invOutPowerAbilityMax int
  1386 ongridOutPowerAbilityMax int
  1387 bypassOutPowerAbilityMax int
  1388 vBusHv uint
  1389 vBat uint
  1390 ioutBat int
  1391 iDabLv int
  1392 vBusPidRef uint
  1393 exPsD1 int
  1394 pvIoutFilt int
  1395 dcTemp1Ntc int
  1396 dcTemp2Ntc int
  1397 dcTemp3Ntc int
  1398 dabLvTempNtc int
  1399 ref1P65 uint
  1400 ref2P5 uint
  1401 invStateMonitor1 uint
  1402 invStateMonitor2 uint
  1403 invStateMonitor3 uint
  1404 invFault uint
  1405 invFaultLock uint
  1406 pfcFault uint
  1407 invCommFault uint
  1408 gridFault uint
  1409 invIl1Rms uint
  1410 ongridIinRms uint
  1411 dcvFilt int
  1412 dciFilt int
  1413 vBus uint
  1414 ongridVinRms uint
  1415 ongridVoutRms uint
  1416 offgridVout1Rms uint
  1417 offgridVout2Rms uint
  1418 invVcapRms uint
  1419 acTotalActivePower int
  1420 ongridInActivePower int
  1421 ongridInReactivePower int
  1422 offgrid1ActivePower int
  1423 offgrid2ActivePower int
  1424 seriesPower int
  1425 offgrid1ApperentPower int
  1426 offgrid2ApperentPower int
  1427 offgridInvDeratePower int
  1428 ongridInvDeratePower int
  1429 acTotalInvDeratePower int
  1430 mosVolt uint
  1431 reactPwrRefDelta int
  1432 addPwrActLimit int
  1433 voltFreqfilter uint
  1434 invTempNtc int
  1435 dabHighTempNtc int
  1436 emsSetRatedPower int
  1437 actPwrRated int
  1438 activePowerNeed int
  1439 actPwrByPerc uint
  1440 actPwrByRampUp int
  1441 actPwrByOfdp int
  1442 actPwrByUfip int
  1443 actPwrByFreqDroop int
  1444 actPwrByOvdp int
  1445 ongridActivePowerRef int
  1446 pfcVbusTag uint
  1495 sysGridInPwrLimit uint
  1496 socket1PwrInUnbind uint
  1497 socket2PwrInUnbind uint
  1543 feedGridSafetyPowMax uint
  1549 controllableLoadList ControllableLoadList
  1624 unknown1624 uint
  1625 unknown1625 uint
  1628 unknown1628 uint
"""
)["Properties"]
