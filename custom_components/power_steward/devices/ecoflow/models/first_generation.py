"""Delta Pro, Max and Mini, River Pro, Max and Mini: JSON of the first generation."""

from typing import Final

from . import (
    CENTI,
    DECI,
    MILLI,
    MINUTES,
    ON_BATTERY,
    Family,
    Model,
    Row,
    byte_swapped,
    inverted,
    known,
    mains_by_voltage,
    pack,
    product,
)
from .controls import first_generation as controls


def _battery(prefix: str) -> tuple[Row, ...]:
    return (
        Row("battery_charge", f"{prefix}.f32ShowSoc"),
        Row("battery_charge", f"{prefix}.soc"),
        Row("battery_voltage", f"{prefix}.vol", MILLI),
        Row("battery_current", f"{prefix}.amp", MILLI),
        Row("battery_temperature", f"{prefix}.temp"),
        Row("battery_cycles", f"{prefix}.cycles"),
        Row("battery_health", f"{prefix}.soh", take=known),
        Row("battery_capacity", f"{prefix}.fullCap", MILLI),
        Row("battery_design_capacity", f"{prefix}.designCap", MILLI),
        Row("battery_remaining_capacity", f"{prefix}.remainCap", MILLI),
        Row("cell_temperature_min", f"{prefix}.minCellTemp"),
        Row("cell_temperature_max", f"{prefix}.maxCellTemp"),
        Row("mosfet_temperature", f"{prefix}.maxMosTemp"),
        Row("cell_voltage_min", f"{prefix}.minCellVol", MILLI),
        Row("cell_voltage_max", f"{prefix}.maxCellVol", MILLI),
        Row("battery_error_code", f"{prefix}.errCode"),
    )


def _extra_battery(number: int, prefix: str) -> tuple[Row, ...]:
    return pack(
        number,
        (
            *_battery(prefix),
            Row("pack_input_power", f"{prefix}.inputWatts"),
            Row("pack_output_power", f"{prefix}.outputWatts"),
        ),
    )


COMMON: Final = (
    *_battery("bmsMaster"),
    *_extra_battery(1, "bmsSlave1"),
    *_extra_battery(2, "bmsSlave2"),
    Row("input_power", "pd.wattsInSum"),
    Row("output_power", "pd.wattsOutSum"),
    Row("ac_input_power", "inv.inputWatts"),
    Row("ac_output_power", "inv.outputWatts"),
    Row("ac_output_frequency", "inv.invOutFreq"),
    Row("inverter_temperature", "inv.outTemp"),
    Row("usb_a_1_power", "pd.usb1Watts"),
    Row("usb_a_2_power", "pd.usb2Watts"),
    Row("energy_solar_in", "pd.chgSunPower"),
    Row("ac_output", "inv.cfgAcEnabled"),
    Row("x_boost", "inv.cfgAcXboost"),
    Row("beeper", "pd.beepState", take=inverted),
    Row("device_timeout", "pd.standByMode", MINUTES),
    Row("ac_timeout", "inv.cfgStandbyMin", MINUTES),
    Row("error_code", "pd.errCode"),
)
DELTA_ROWS: Final = (
    *COMMON,
    Row("charge", "ems.f32LcdShowSoc"),
    Row("charge", "ems.lcdShowSoc"),
    Row("charge_time", "ems.chgRemainTime", MINUTES),
    Row("remaining_time", "ems.dsgRemainTime", MINUTES),
    Row("ac_input_voltage", "inv.acInVol", MILLI),
    Row("ac_input_current", "inv.acInAmp", MILLI),
    Row("ac_input_frequency", "inv.acInFreq"),
    mains_by_voltage("inv.acInVol"),
    Row("ac_output_voltage", "inv.invOutVol", MILLI),
    Row("ac_output_current", "inv.invOutAmp", MILLI),
    # Tenths of a watt and of a volt, hundredths of an ampere; V × A agrees.
    Row("solar_1_power", "mppt.inWatts", DECI),
    Row("solar_1_voltage", "mppt.inVol", DECI),
    Row("solar_1_current", "mppt.inAmp", CENTI),
    Row("solar_1_temperature", "mppt.mpptTemp"),
    Row("car_power", "mppt.carOutWatts", DECI),
    Row("car_voltage", "mppt.carOutVol", DECI),
    Row("car_current", "mppt.carOutAmp", CENTI),
    Row("anderson_power", "mppt.dcdc12vWatts", DECI),
    Row("usb_qc_1_power", "pd.qcUsb1Watts"),
    Row("usb_qc_2_power", "pd.qcUsb2Watts"),
    Row("usb_c_1_power", "pd.typec1Watts"),
    Row("usb_c_2_power", "pd.typec2Watts"),
    Row("energy_ac_in", "pd.chgPowerAc"),
    Row("energy_dc_in", "pd.chgPowerDc"),
    Row("energy_ac_out", "pd.dsgPowerAc"),
    Row("energy_dc_out", "pd.dsgPowerDc"),
    Row("car_output", "mppt.carState"),
    Row("usb_output", "pd.dcOutState"),
    Row("charge_limit", "ems.maxChargeSoc"),
    Row("discharge_limit", "ems.minDsgSoc"),
    Row("generator_start_level", "ems.minOpenOilEbSoc"),
    Row("generator_stop_level", "ems.maxCloseOilEbSoc"),
    Row("ac_charging_power", "inv.cfgSlowChgWatts"),
    Row("car_charging_current", "mppt.cfgDcChgCurrent", MILLI),
    Row("screen_timeout", "pd.lcdOffSec"),
    Row("wifi_signal", "pd.wifiRssi", take=known),
)
DELTA_PRO_ROWS: Final = (
    *DELTA_ROWS,
    Row("ac_always_on", "pd.acautooutConfig"),
    Row("backup_reserve", "pd.watthisconfig"),
    Row("backup_level", "pd.bppowerSoc"),
)
DELTA_MAX_ROWS: Final = (
    *DELTA_ROWS,
    Row("ac_always_on", "pd.acAutoOnCfg"),
    Row("solar_first", "pd.pvChgPrioSet"),
)
RIVER_ROWS: Final = (
    *COMMON,
    Row("charge", "pd.soc"),
    Row("usb_a_3_power", "pd.usb3Watts"),
    Row("usb_c_1_power", "pd.typecWatts"),
    Row("car_power", "pd.carWatts"),
    Row("car_temperature", "pd.carTemp"),
    Row("dc_input_voltage", "inv.dcInVol", MILLI),
    Row("dc_input_current", "inv.dcInAmp", MILLI),
    # The Delta line spells these with a small letter at the end.
    Row("energy_ac_in", "pd.chgPowerAC"),
    Row("energy_dc_in", "pd.chgPowerDC"),
    Row("energy_ac_out", "pd.dsgPowerAC"),
    Row("energy_dc_out", "pd.dsgPowerDC"),
    Row("car_output", "pd.carSwitch"),
    Row("car_output", "pd.carState"),
    Row("charge_limit", "bmsMaster.maxChargeSoc"),
    Row("dc_timeout", "pd.carDelayOffMin", MINUTES),
    Row("ac_always_on", "inv.acAutoOutConfig"),
)
RIVER_MAX_ROWS: Final = (
    *RIVER_ROWS,
    Row("ac_input_voltage", "inv.invInVol", MILLI),
    Row("ac_input_current", "inv.invInAmp", MILLI),
    Row("ac_input_frequency", "inv.invInFreq"),
    mains_by_voltage("inv.invInVol"),
    Row("ac_output_voltage", "inv.invOutVol", MILLI),
    Row("ac_output_current", "inv.invOutAmp", MILLI),
)
RIVER_MINI_ROWS: Final = (
    *RIVER_ROWS,
    Row("battery_charge", "inv.soc"),
    Row("battery_cycles", "inv.cycles"),
    Row("ac_input_voltage", "inv.invInVol", MILLI, byte_swapped),
    Row("ac_input_current", "inv.invInAmp", MILLI, byte_swapped),
    Row("ac_output_voltage", "inv.invOutVol", MILLI, byte_swapped),
    Row("ac_output_current", "inv.invOutAmp", MILLI, byte_swapped),
    Row("charge_limit", "inv.maxChargeSoc"),
)

_MAIN_PACK: Final = product("battery_power", "battery_voltage", "battery_current")

DELTA_PRO: Final = Family("delta_pro", DELTA_PRO_ROWS, {}, (_MAIN_PACK, ON_BATTERY))
DELTA_MAX: Final = Family("delta_max", DELTA_MAX_ROWS, {}, (_MAIN_PACK, ON_BATTERY))
DELTA_MINI: Final = Family("delta_mini", DELTA_ROWS, {}, (_MAIN_PACK, ON_BATTERY))
RIVER_MAX: Final = Family("river_max", RIVER_MAX_ROWS, {}, (_MAIN_PACK, ON_BATTERY))
RIVER_MINI: Final = Family("river_mini", RIVER_MINI_ROWS, {}, (_MAIN_PACK,))

MODELS: Final = (
    Model("Delta Pro", ("DCA", "DCE"), DELTA_PRO, controls.DELTA_PRO),
    Model("Delta Max", ("DAE",), DELTA_MAX, controls.DELTA_MAX),
    Model("Delta Mini", ("DAA", "DBK"), DELTA_MINI, controls.DELTA_MINI),
    # Their serial numbers are not known; the product type tells them apart.
    Model("River Pro", (), RIVER_MAX, controls.RIVER_PRO),
    Model("River Max", (), RIVER_MAX, controls.RIVER_MAX),
    Model("River Mini", (), RIVER_MINI, controls.RIVER_MINI),
)
