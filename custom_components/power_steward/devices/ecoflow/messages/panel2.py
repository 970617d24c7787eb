"""Smart Home Panel 2: status (2/1), statistics (12/1) and settings (12/32)."""

from typing import Final

from . import tables

_TABLES: Final = tables(
    """
Master
  1 gridWatt float
  2 sysTimezone zigzag
  3 timeType uint
  4 timezoneId text
Loads
  1 hall1Watt float[]
  2 hall1Curr float[]
BackupTimes
  1 chargeTime uint
  2 dischargeTime uint
Backup
  1 chWatt int[]
  2 backupDischargeTime uint
  20 energy1 BackupTimes
  21 energy2 BackupTimes
  22 energy3 BackupTimes
Watts
  1 gridWatt float
  11 chWatt float[]
  21 allHallWatt float
Status
  1 masterInfo Master
  2 loadInfo Loads
  3 backupInfo Backup
  4 wattInfo Watts
Battery
  2 isEnable uint
  3 isConnect uint
  4 isAcOpen uint
  5 isPowerOutput uint
  6 isGridCharge uint
  7 isMpptCharge uint
  8 batteryPercentage uint
  9 outputPower float
  10 oilPackNum uint
  11 multPackNum uint
  12 emsChgFlag uint
  13 hwConnect uint
  14 emsBatTemp int
  15 lcdInputWatts uint
  16 pvChargeWatts uint
  17 pvLowChargeWatts uint
  18 pvHeightChargeWatts uint
  19 errorCodeNum uint
Batteries
  2 backupFullCap uint
  3 backupBatPer uint
  4 backupDischargeRmainBatCap uint
  5 curDischargeSoc uint
  80 Energy1Info Battery
  81 Energy2Info Battery
  82 Energy3Info Battery
Grid
  2 gridSta uint
  3 gridVol uint
Settings
  1 gridVol uint
  2 gridFreq uint
  3 productType uint
  5 epsModeInfo uint
  6 foceChargeHight uint
  7 chargeWattPower uint
  8 discLower uint
  9 powerSta uint
  10 masterCur uint
  11 isSetOilEngine uint
  12 oilEngineWatt uint
  18 ch1ForceCharge uint
  19 ch2ForceCharge uint
  20 ch3ForceCharge uint
  21 stormIsEnable uint
  23 inStormMode uint
  24 ch1EnableSet uint
  25 ch2EnableSet uint
  26 ch3EnableSet uint
  61 smartBackupMode uint
  62 backupReserveEnable uint
  63 backupReserveSoc uint
  64 localTime uint
  66 timeZone float
  67 solarBackupReserveSoc uint
  70 oilType uint
  71 oilMaxOutputWatt uint
  80 backupIncreInfo Batteries
  82 masterIncreInfo Grid
"""
)
STATUS: Final = _TABLES["Status"]
SETTINGS: Final = _TABLES["Settings"]
