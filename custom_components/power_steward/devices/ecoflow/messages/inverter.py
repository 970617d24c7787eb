"""PowerStream (20/1), its energy totals (254/32), and the Smart Plug (2/1)."""

from typing import Final

from . import tables

_TABLES: Final = tables(
    """
Inverter
  1 invErrCode uint
  2 pv1ErrCode uint
  3 invWarnCode uint
  4 pv1WarnCode uint
  5 pv2ErrCode uint
  6 pv2WarningCode uint
  7 batErrCode uint
  8 batWarningCode uint
  9 llcErrCode uint
  10 llcWarningCode uint
  11 pv1Statue uint
  12 pv2Statue uint
  13 batStatue uint
  14 llcStatue uint
  15 invStatue uint
  16 pv1InputVolt int
  17 pv1OpVolt int
  18 pv1InputCur int
  19 pv1InputWatts int
  20 pv1Temp int
  21 pv2InputVolt int
  22 pv2OpVolt int
  23 pv2InputCur int
  24 pv2InputWatts int
  25 pv2Temp int
  26 batInputVolt int
  27 batOpVolt int
  28 batInputCur int
  29 batInputWatts int
  30 batTemp int
  31 batSoc uint
  32 llcInputVolt int
  33 llcOpVolt int
  34 llcTemp int
  35 invInputVolt int
  36 invOpVolt int
  37 invOutputCur int
  38 invOutputWatts int
  39 invTemp int
  40 invFreq int
  41 invDcCur int
  42 bpType int
  43 invRelayStatus int
  44 pv1RelayStatus int
  45 pv2RelayStatus int
  46 installCountry uint
  47 installTown uint
  48 permanentWatts uint
  49 dynamicWatts uint
  50 supplyPriority uint
  51 lowerLimit uint
  52 upperLimit uint
  53 invOnOff uint
  54 wirelessErrCode uint
  55 wirelessWarnCode uint
  56 invBrightness uint
  57 heartbeatFrequency uint
  58 ratedPower uint
  59 chgRemainTime uint
  60 dsgRemainTime uint
  61 feedProtect int
  62 pvToInvWatts int
  63 gridConsWatts int
  64 plugTotalWatts int
  65 invToPlugWatts int
  66 spaceDemandWatts int
  67 invDemandWatts int
  68 interfaceConnFlag uint
  69 pv1CtrlMpptOffFlag uint
  70 pv2CtrlMpptOffFlag uint
  71 batOffFlag uint
  72 llcOffFlag uint
  73 acOffFlag uint
  74 bmsReqChgVol uint
  75 bmsReqChgAmp uint
  76 uwloadLimitFlag uint
  77 invLoadLimitFlag uint
  78 batLoadLimitFlag uint
  79 antiBackFlowFlag uint
  80 uwsocFlag uint
  81 uwlowLightFlag uint
  82 invToOtherWatts uint
  83 wifiRssi int
  84 batSystem uint
  85 floadLimitOut uint
  86 invOutputLoadLimit uint
  87 batOutputLoadLimit uint
  98 pvPowerLimitAcPower uint
  99 batErrorInvLoadLimit uint
  100 resetReason uint
  101 resetCount uint
  102 meshId uint
  103 meshLayel uint
  104 selfMac uint
  105 parentMac uint
  106 staIpAddr int
  107 geneNum int
  108 consNum int
  109 geneWatt int
  110 consWatt int
  111 wifiErr int
  112 wifiErrTime int
  113 mqttErr int
  114 mqttErrTime int
  115 stackFree uint
  116 stackMinFree uint
  117 mqttTlsLastErr uint
  118 mqttTlsStackErr uint
  119 mqttSockErrno uint
  120 acSetWatts uint
  121 mqttLastDisReason uint
  122 mqttConnectReturnCode uint
  123 wifiFirmwareVersion uint
  124 wifiConnectChannel uint
  125 wifiEncryptMode uint
  126 fisoRxyz float
  127 historyPvToInvWatts int
  128 historyBatInputWatts int
  129 historyInvOutputWatts int
  130 historyGridConsWatts int
  131 historyPlugTotalWatts int
  132 historyInvToPlugWatts int
  133 historyPermanentWatts uint
  134 espTempsensor int
  135 noiseFloor uint
  136 rssiThreshold int
  137 rssiVariance int
Plug
  1 errCode uint
  2 warnCode uint
  3 country uint
  4 town uint
  5 maxCur int
  6 temp int
  7 freq int
  8 current int
  9 volt int
  10 watts int
  11 switchSta uint
  12 brightness int
  13 maxWatts int
  14 heartbeatFrequency int
  15 meshEnable int
  16 resetReason int
  17 rtcResetReason int
  18 resetCount int
  19 uptime int
  20 lanState int
  21 stackFree int
  22 stackMinFree int
  23 meshId int
  24 meshLayer int
  25 selfMac int
  26 parentMac int
  27 otaDlErr int
  28 otaDlTlsErr int
  29 staIpAddr int
  30 matterFabric int
  31 geneNum int
  32 consNum int
  33 geneWatt int
  34 powerPlugs int
  35 wifiErr int
  36 wifiErrTime int
  37 mqttErr int
  38 mqttErrTime int
  39 dynWattEnable int
  40 parentWifiRssi int
  41 rssiThreshold int
  42 rssiVariance int
  43 rssiVariance2 int
  44 utcTime uint
  45 timeZone int
  46 dstTime int
EnergyItem
  1 timestamp uint
  2 watthType uint
  3 watth uint[]
Energy
  1 sysSeq uint
  2 items EnergyItem[]
Value
  1 value uint
"""
)
INVERTER: Final = _TABLES["Inverter"]
PLUG: Final = _TABLES["Plug"]
ENERGY: Final = _TABLES["Energy"]
VALUE: Final = _TABLES["Value"]
