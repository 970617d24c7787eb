"""Delta Pro Ultra: display (2/1), records (2/2), settings (2/3) and packs (2/4)."""

from typing import Final

from . import tables

_TABLES: Final = tables(
    """
Display
  1 protoVer uint
  2 showFlag uint
  3 accessType uint
  10 wireless4gOn zigzag
  11 wireless4gSta zigzag
  12 access5p8InType uint
  13 access5p8OutType uint
  14 wireless4gCon zigzag
  15 wirlesss4gErrCode zigzag
  16 simIccid text
  21 soc uint
  22 bpNum uint
  23 pcsType uint
  24 c20ChgMaxWatts uint
  25 paraChgMaxWatts uint
  26 remainTime uint
  27 sysErrCode uint
  28 fullCombo uint
  29 remainCombo uint
  41 wattsInSum float
  42 wattsOutSum float
  43 outUsb1Pwr float
  44 outUsb2Pwr float
  45 outTypec1Pwr float
  46 outTypec2Pwr float
  47 outAdsPwr float
  48 outAcL11Pwr float
  49 outAcL12Pwr float
  50 outAcL21Pwr float
  51 outAcL22Pwr float
  52 outAcTtPwr float
  53 outAcL14Pwr float
  54 outAc5p8Pwr float
  55 inAc5p8Pwr float
  56 inAcC20Pwr float
  57 inLvMpptPwr float
  58 inHvMpptPwr float
  59 outPrPwr float
  100 timeTaskChangeCnt uint
  101 timeTaskConflictFlag uint
  102 chgTimeTaskNotice uint
  103 chgTimeTaskType int
  104 chgTimeTaskIndex int
  105 chgTimeTaskMode int
  106 chgTimeTaskParam uint
  107 chgTimeTaskTable0 uint
  108 chgTimeTaskTable1 uint
  109 chgTimeTaskTable2 uint
  121 dsgTimeTaskNotice uint
  122 dsgTimeTaskType int
  123 dsgTimeTaskIndex int
  124 dsgTimeTaskMode int
  125 dsgTimeTaskParam uint
  126 dsgTimeTaskTable0 uint
  127 dsgTimeTaskTable1 uint
  128 dsgTimeTaskTable2 uint
Record
  1 recordFlag uint
  21 sysWorkSta uint
  22 chgReignSta uint
  23 pcsWorkSta uint
  24 fanState uint
  25 emsWorkSta uint
  41 c20InType uint
  42 work5p8Mode uint
  43 acInFreq uint
  44 emsMaxAvailNum uint
  45 emsOpenBmsIdx uint
  46 emsParaVolMin uint
  47 emsParaVolMax uint
  48 acOutFreq uint
  49 pcsDcErrCode uint
  50 pcsAcErrCode uint
  51 lvPvErrCode uint
  52 hvPvErrCode uint
  53 adsErrCode uint
  61 batVol float
  62 batAmp float
  63 bmsInputWatts float
  64 bmsOutputWatts float
  65 outUsb1Vol float
  66 outUsb1Amp float
  67 outUsb2Vol float
  68 outUsb2Amp float
  69 outTypec1Vol float
  70 outTypec1Amp float
  71 outTypec2Vol float
  72 outTypec2Amp float
  73 outAdsVol float
  74 outAdsAmp float
  75 outAcL11Vol float
  76 outAcL11Amp float
  77 outAcL12Vol float
  78 outAcL12Amp float
  79 outAcL21Vol float
  80 outAcL21Amp float
  81 outAcL22Vol float
  82 outAcL22Amp float
  83 outAcTtVol float
  84 outAcTtAmp float
  85 outAcL14Vol float
  86 outAcL14Amp float
  87 outAc5p8Vol float
  88 outAc5p8Amp float
  89 inAc5p8Vol float
  90 inAc5p8Amp float
  91 inAcC20Vol float
  92 inAcC20Amp float
  93 inLvMpptVol float
  94 inLvMpptAmp float
  95 inHvMpptVol float
  96 inHvMpptAmp float
  97 pcsDcTemp float
  98 pcsAcTemp float
  99 mpptLvTemp float
  100 mpptHvTemp float
  101 pdTemp int
  102 evMaxChargerCur float
Parameters
  1 sysWorkMode uint
  2 sysBackupEvent uint
  3 sysBackupSoc uint
  4 energyManageEnable uint
  5 backupRatio uint
  6 acXboost uint
  7 acOutFreq uint
  8 bmsModeSet uint
  9 chgMaxSoc uint
  10 dsgMinSoc uint
  11 acOftenOpenFlg uint
  12 acOftenOpenMinSoc uint
  13 chg5p8SetWatts uint
  14 chgC20SetWatts uint
  15 powerStandbyMins uint
  16 screenStandbySec uint
  17 dcStandbyMins uint
  18 acStandbyMins uint
  19 solarOnlyFlg uint
  20 timezoneSettype uint
  21 sysTimezone zigzag
  22 sysTimezoneId text
PackInfo
  1 bpNo uint
  2 bpChgSta uint
  3 bpSoc uint
  4 bpPwr float
  5 bpEnergy float
  6 heatTime uint
  7 remainTime uint
  8 bpSocMax uint
  9 bpSocMin uint
  10 bpErrCode uint
  11 bpTemp int
Packs
  1 bpInfo PackInfo[]
"""
)
DISPLAY: Final = _TABLES["Display"]
RECORD: Final = _TABLES["Record"]
PARAMETERS: Final = _TABLES["Parameters"]
PACKS: Final = _TABLES["Packs"]
