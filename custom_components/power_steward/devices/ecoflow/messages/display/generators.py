"""Properties of the Smart Generator."""

from typing import Final

from .. import tables

PROPERTIES: Final = tables(
    """
Properties
  123 generatorConnDevErrcode uint
  127 generatorLowPowerEn uint
  128 generatorLowPowerThreshold uint
  129 generatorLpgMonitorEn uint
  131 fuelsLiquefiedGasLpgUint uint
  132 fuelsLiquefiedGasLngUint uint
  298 acOutOpen uint
  299 generatorFuelsType uint
  300 generatorRemainTime uint
  301 generatorRunTime uint
  302 generatorTotalOutput uint
  303 generatorAbnormalState uint
  304 fuelsOilVal uint
  305 fuelsLiquefiedGasType uint
  306 fuelsLiquefiedGasUint uint
  307 fuelsLiquefiedGasVal float
  308 fuelsLiquefiedGasConsumePerHour float
  309 fuelsLiquefiedGasRemainVal uint
  310 generatorPerfMode uint
  311 generatorEngineOpen uint
  312 generatorOutPowMax uint
  313 generatorAcOutPowMax uint
  314 generatorDcOutPowMax uint
  315 generatorSubBatteryTemp int
  316 generatorSubBatterySoc uint
  317 generatorSubBatteryState uint
  319 generatorMaintenceState uint
  320 generatorRunState uint
  321 generatorOilValReal uint
  322 generatorEngineSpd int
  323 generatorEngineOilVal uint
  324 generatorEngineActivationCnt uint
  325 generatorEngineHeadTemp int
  326 generatorSubBatteryVol uint
  327 generatorSubBatteryAmp int
  328 generatorCommcCntEmsToPsdr uint
  329 generatorCommcCntPsdrToEms uint
  330 generatorPcsErrCode uint
  331 generatorPcsFanLevel uint
  332 generatorPcsBusVol float
  333 generatorPcsBusAmp float
  334 generatorPcsTemp1 int
  335 generatorPcsTemp2 int
  336 generatorPcsFulesType uint
"""
)["Properties"]
