"""Batteries of the new devices: packs 32/50, the whole 32/2, the passport 50/2."""

from typing import Final

from . import tables

_TABLES: Final = tables(
    """
Pack
  1 num uint
  2 type uint
  3 cellId uint
  4 errCode uint
  5 sysVer uint
  6 soc uint
  7 vol uint
  8 amp int
  9 temp int
  10 openBmsFlag uint
  11 designCap uint
  12 remainCap uint
  13 fullCap uint
  14 cycles uint
  15 soh uint
  16 maxCellVol uint
  17 minCellVol uint
  18 maxCellTemp int
  19 minCellTemp int
  20 maxMosTemp int
  21 minMosTemp int
  22 bmsFault uint
  23 bqSysStatReg uint
  24 tagChgAmp uint
  25 f32ShowSoc float
  26 inputWatts uint
  27 outputWatts uint
  28 remainTime uint
  29 mosState uint
  30 balanceState uint
  31 maxVolDiff uint
  32 cellSeriesNum uint
  33 cellVol uint[]
  34 cellNtcNum uint
  35 cellTemp int[]
  36 hwVer text
  37 bmsHeartbeatVer uint
  38 ecloudOcv uint
  39 bmsSn text
  40 productType uint
  41 productDetail uint
  42 actSoc float
  43 diffSoc float
  44 targetSoc float
  45 sysLoaderVer uint
  46 sysState uint
  47 chgDsgState uint
  48 allErrCode uint
  49 allBmsFault uint
  50 accuChgCap uint
  51 accuDsgCap uint
  52 realSoh float
  53 calendarSoh float
  54 cycleSoh float
  55 mosNtcNum uint
  56 mosTemp int[]
  57 envNtcNum uint
  58 envTemp int[]
  59 heatfilmNtcNum uint
  60 heatfilmTemp int[]
  61 curSensorNtcNum uint
  62 curSensorTemp int[]
  63 maxEnvTemp int
  64 minEnvTemp int
  65 maxHeatfilmTemp int
  66 minHeatfilmTemp int
  67 maxCurSensorTemp int
  68 minCurSensorTemp int
  69 balanceCmd uint
  70 remainBalanceTime uint[]
  71 afeSysStatus uint
  72 mcuPinInStatus uint
  73 mcuPinOutStatus uint
  74 bmsAlarmState1 uint
  75 bmsAlarmState2 uint
  76 bmsProtectState1 uint
  77 bmsProtectState2 uint
  78 bmsFaultState uint
  79 accuChgEnergy uint
  80 accuDsgEnergy uint
  81 packSn text
  82 waterInFlag uint
SystemFirst
  1 chgState uint
  2 chgCmd uint
  3 dsgCmd uint
  4 chgVol uint
  5 chgAmp uint
  6 fanLevel uint
  7 maxChargeSoc uint
  8 bmsModel uint
  9 lcdShowSoc uint
  10 openUpsFlag uint
  11 bmsWarningState uint
  12 chgRemainTime uint
  13 dsgRemainTime uint
  14 emsIsNormalFlag uint
  15 f32LcdShowSoc float
  16 bmsIsConnt uint[]
  17 maxAvailableNum uint
  18 openBmsIdx uint
  19 paraVolMin uint
  20 paraVolMax uint
  21 minDsgSoc uint
  22 minOpenOilEbSoc uint
  23 maxCloseOilEbSoc uint
SystemSecond
  1 chgDisableCond uint
  2 dsgDisableCond uint
  3 chgLinePlugInFlag uint
  4 sysChgDsgState uint
  5 emsHeartbeatVer uint
System
  1 first SystemFirst
  2 second SystemSecond
Passport
  1 bmsSn text
  2 soh uint
  3 accuChgCap uint
  4 accuDsgCap uint
  5 accuChgEnergy uint
  6 accuDsgEnergy uint
  7 deepDsgCnt uint
  8 highTempUseTime uint
  9 lowTempUseTime uint
  10 highTempChgTime uint
  11 lowTempChgTime uint
  12 bpLaunchDate uint
  13 bpCycles uint
  14 bpPowerCapability float
  15 bpRoundTripEff float
  16 bpSelfDsgRate float
  17 bpOhmRes float
  18 bpResetFlag uint
  19 bpLaunchDateFlag uint
  20 num uint
"""
)
PACK: Final = _TABLES["Pack"]
SYSTEM: Final = _TABLES["System"]
PASSPORT: Final = _TABLES["Passport"]
