"""PowerOcean and PowerOcean Fit: function 96, their EV charger and heating rod."""

from typing import Final

from . import tables

_TABLES: Final = tables(
    """
Stream
  1 sysLoadPwr float
  2 sysGridPwr float
  3 mpptPwr float
  4 bpPwr float
  5 bpSoc uint
Phase
  1 vol float
  2 amp float
  3 actPwr float
  4 reactPwr float
  5 apparentPwr float
Load
  1 vol float
  2 amp float
  3 freq float
  4 pwr float
Meter
  1 meterType uint
  2 meterAddr uint
  3 meterData float[]
SolarString
  1 vol float
  2 amp float
  3 pwr float
  4 lightSta uint
Solar
  1 mpptPv SolarString[]
  2 mpptInsResist float
  3 mpptTempVal float[]
Heartbeat
  1 bpRemainWatth float
  2 bpDsgTime uint
  3 rateCtrlSwtich bool
  4 sysRateCtrlTime uint
  5 duraTime uint
  10 pcsActPwr float
  11 pcsAcFreq float
  12 pcsAPhase Phase
  13 pcsBPhase Phase
  14 pcsCPhase Phase
  15 pcsLoadInfo Load[]
  16 pcsBusVolt float
  17 pcsLeakAmp float
  18 pcsDci float
  19 pcsDcv float
  30 meterHeartBeat Meter[]
  31 mpptHeartBeat Solar[]
  32 pcsVbusRef float
  33 pcsActivePowerRef float
  34 pcsActivePowerLimitUp float
  35 pcsActivePowerLimitDn float
  36 pcsBpPower float
  37 pcsBpPowerChgLimit float
  38 pcsRelayStateShow uint
  39 pcsGridSafetyFuncRecord uint
  40 pcsGridSafetyStateRecord uint
  45 pcsMeterPower float
  56 emsBusVolt float
  58 emsBpAliveNum uint
  59 emsBpPower float
  60 emsBpChg float
  61 emsBpDsg float
  81 emsNtcTempMax float
  109 pcsBackupPwr float
Pack
  1 bpPwr float
  2 bpSoc uint
  3 bpSoh uint
  5 bpTemp float[]
  6 bpMaxCellVol float
  7 bpMinCellVol float
  8 bpRunSta uint
  9 bpVol float
  10 bpAmp float
  11 bpBusVol float
  13 bpErrCode uint
  14 bpCellVol float[]
  15 bpDsrc uint
  16 bpSn text
  17 bpCycles uint
  19 bpHvMosTemp float
  20 bpLvMosTemp float
  25 bpEnvTemp float
  26 bpAccuChgCap uint
  27 bpAccuDsgCap uint
  28 bpDesignCap uint
  29 bpFullCap uint
  30 bpMaxCellTemp float
  31 bpMinCellTemp float
  32 bpMaxMosTemp float
  33 bpMinMosTemp float
  34 bpBmsFault uint
  38 bpRealSoc float
  39 bpRealSoh float
  54 bpRemainWatth float
  65 bpAccuChgEnergy uint
  66 bpAccuDsgEnergy uint
  68 bpSysState uint
Packs
  1 bpSta Pack[]
Change
  1 sysWorkSta uint
  2 sysGridSta uint
  3 emsWorkMode uint
  4 emsBackupEvent uint
  5 bpChgDsgSta uint
  6 emsKeepSoc uint
  7 bpSoc uint
  9 bpOnlineSum uint
  11 sysBatChgUpLimit uint
  12 sysBatDsgDownLimit uint
  13 bpTotalChgEnergy uint
  14 bpTotalDsgEnergy uint
  15 sysBatBackupRatio uint
  16 emsFeedMode uint
  17 emsFeedRatio uint
  18 emsFeedPwr uint
EvCharger
  1 evSn text
  2 expectChargingEnergy float
  3 stopChargingSoc uint
  4 onlineBits uint
  5 evPlugAndPlay uint
  8 evPwr float
  9 evChargingEnergy float
  10 workMode uint
HeatingRod
  1 hrSn text
  2 mode uint
  3 onlineBits uint
  4 heatingPower uint
  5 targetPower uint
  6 temp float
  7 targetTemp float
  8 runStat uint
  9 errorCode uint
FitStream
  1 sysGridPwr float
  2 dcdcPwr float
  3 bpPwr float
  4 mpptPwr float
  5 timestamp uint
  6 timezone zigzag
  7 bpSoc uint
  8 sysLoadPwr float
  9 bpHeatingPower float
  10 heatingPower float
FitHeartbeat
  1 sysWorkSta uint
  2 bpChgDsgSta uint
  3 bpRemainWatth float
  4 bpSoc uint
  6 emsErrCode uint
  7 sysErrCode uint
  12 meterTotalPower float
  13 meterAVoltage float
  14 meterBVoltage float
  15 meterCVoltage float
  16 meterACurrent float
  17 meterBCurrent float
  18 meterCCurrent float
  23 pvInDayEnergy float
  24 bpInDayEnergy float
  25 bpOutDayEnergy float
  26 gridInDayEnergy float
  27 gridOutDayEnergy float
  28 loadDayEnergy float
  34 batterySocUpperLimit uint
  35 batterySocLowerLimit uint
  52 workingMode uint
"""
)
STREAM: Final = _TABLES["Stream"]
HEARTBEAT: Final = _TABLES["Heartbeat"]
PACKS: Final = _TABLES["Packs"]
CHANGE: Final = _TABLES["Change"]
EV_CHARGER: Final = _TABLES["EvCharger"]
HEATING_ROD: Final = _TABLES["HeatingRod"]
FIT_STREAM: Final = _TABLES["FitStream"]
FIT_HEARTBEAT: Final = _TABLES["FitHeartbeat"]
