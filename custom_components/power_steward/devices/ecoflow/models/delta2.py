"""Delta 2, Delta 2 Max, River 2, River 2 Max, River 2 Pro, Delta 3 1500: JSON."""

from typing import Final

from . import (
    MILLI,
    MINUTES,
    ON_BATTERY,
    Family,
    Model,
    Row,
    inverted,
    known,
    mains_by_voltage,
    pack,
    product,
)
from .controls import delta2 as controls


def _battery(prefix: str, volts: float = MILLI) -> tuple[Row, ...]:
    return (
        Row("battery_charge", f"{prefix}.f32ShowSoc"),
        Row("battery_charge", f"{prefix}.soc"),
        Row("battery_voltage", f"{prefix}.vol", volts),
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
    """Return the rows of an extra pack, whose own powers are real."""
    return pack(
        number,
        (
            *_battery(prefix),
            Row("pack_input_power", f"{prefix}.inputWatts"),
            Row("pack_output_power", f"{prefix}.outputWatts"),
        ),
    )


COMMON: Final = (
    Row("charge", "bms_emsStatus.f32LcdShowSoc"),
    Row("charge", "bms_emsStatus.lcdShowSoc"),
    Row("charge_time", "bms_emsStatus.chgRemainTime", MINUTES),
    Row("remaining_time", "bms_emsStatus.dsgRemainTime", MINUTES),
    Row("input_power", "pd.wattsInSum"),
    Row("output_power", "pd.wattsOutSum"),
    Row("ac_input_power", "inv.inputWatts"),
    Row("ac_output_power", "inv.outputWatts"),
    Row("ac_input_voltage", "inv.acInVol", MILLI),
    Row("ac_input_current", "inv.acInAmp", MILLI),
    Row("ac_input_frequency", "inv.acInFreq"),
    Row("ac_output_voltage", "inv.invOutVol", MILLI),
    Row("ac_output_current", "inv.invOutAmp", MILLI),
    Row("ac_output_frequency", "inv.invOutFreq"),
    mains_by_voltage("inv.acInVol"),
    Row("inverter_temperature", "inv.outTemp"),
    Row("solar_1_power", "mppt.inWatts"),
    Row("solar_1_voltage", "mppt.inVol", MILLI),
    Row("solar_1_current", "mppt.inAmp", MILLI),
    Row("solar_1_temperature", "mppt.mpptTemp"),
    Row("car_power", "pd.carWatts"),
    Row("car_temperature", "pd.carTemp"),
    Row("usb_a_1_power", "pd.usb1Watts"),
    Row("usb_a_2_power", "pd.usb2Watts"),
    Row("usb_qc_1_power", "pd.qcUsb1Watts"),
    Row("usb_qc_2_power", "pd.qcUsb2Watts"),
    Row("usb_c_1_power", "pd.typec1Watts"),
    Row("usb_c_2_power", "pd.typec2Watts"),
    Row("energy_ac_in", "pd.chgPowerAC"),
    Row("energy_dc_in", "pd.chgPowerDC"),
    Row("energy_solar_in", "pd.chgSunPower"),
    Row("energy_ac_out", "pd.dsgPowerAC"),
    Row("energy_dc_out", "pd.dsgPowerDC"),
    Row("usb_output", "pd.dcOutState"),
    Row("car_output", "pd.carState"),
    Row("backup_reserve", "pd.watchIsConfig"),
    Row("backup_level", "pd.bpPowerSoc"),
    Row("charge_limit", "bms_emsStatus.maxChargeSoc"),
    Row("discharge_limit", "bms_emsStatus.minDsgSoc"),
    Row("car_charging_current", "mppt.dcChgCurrent", MILLI),
    Row("error_code", "pd.errCode"),
    Row("charging_state", "pd.chgDsgState"),
    Row("wifi_signal", "pd.wifiRssi", take=known),
)
DELTA_2_ROWS: Final = (
    *COMMON,
    *_battery("bms_bmsStatus"),
    *_extra_battery(1, "bms_slave"),
    Row("ac_output", "mppt.cfgAcEnabled"),
    Row("x_boost", "mppt.cfgAcXboost"),
    Row("beeper", "mppt.beepState", take=inverted),
    Row("ac_always_on", "pd.acAutoOutConfig"),
    Row("solar_first", "pd.pvChgPrioSet"),
    Row("ac_charging_power", "mppt.cfgChgWatts"),
    Row("generator_start_level", "bms_emsStatus.minOpenOilEb"),
    Row("generator_stop_level", "bms_emsStatus.maxCloseOilEb"),
    Row("device_timeout", "pd.standbyMin", MINUTES),
    Row("ac_timeout", "mppt.acStandbyMins", MINUTES),
    Row("dc_timeout", "mppt.carStandbyMin", MINUTES),
    Row("screen_timeout", "pd.lcdOffSec"),
)
DELTA_2_MAX_ROWS: Final = (
    *COMMON,
    *_battery("bms_bmsStatus"),
    *_extra_battery(1, "bms_slave_bmsSlaveStatus_1"),
    *_extra_battery(2, "bms_slave_bmsSlaveStatus_2"),
    Row("solar_2_power", "mppt.pv2InWatts"),
    Row("solar_2_voltage", "mppt.pv2InVol", MILLI),
    Row("solar_2_current", "mppt.pv2InAmp", MILLI),
    Row("solar_2_temperature", "mppt.pv2MpptTemp"),
    Row("battery_energy_charged", "bms_bmsInfo.accuChgEnergy"),
    Row("battery_energy_discharged", "bms_bmsInfo.accuDsgEnergy"),
    Row("ac_output", "inv.cfgAcEnabled"),
    Row("x_boost", "inv.cfgAcXboost"),
    Row("beeper", "pd.beepMode", take=inverted),
    Row("ac_always_on", "pd.newAcAutoOnCfg"),
    Row("ac_charging_power", "inv.SlowChgWatts"),
    Row("generator_start_level", "bms_emsStatus.minOpenOilEbSoc"),
    Row("generator_stop_level", "bms_emsStatus.maxCloseOilEbSoc"),
    Row("generator_start_level", "bms_emsStatus.minOpenOilEb"),
    Row("generator_stop_level", "bms_emsStatus.maxCloseOilEb"),
    Row("device_timeout", "pd.standbyMin", MINUTES),
    Row("ac_timeout", "inv.standbyMins", MINUTES),
    Row("dc_timeout", "mppt.carStandbyMin", MINUTES),
    Row("screen_timeout", "pd.lcdOffSec"),
)
RIVER_2_ROWS: Final = (
    *COMMON,
    # This line gives whole volts where the others give millivolts, and no current.
    *(row for row in _battery("bms_bmsStatus", 1.0) if row.key != "battery_current"),
    Row("ac_output", "mppt.cfgAcEnabled"),
    Row("x_boost", "mppt.cfgAcXboost"),
    Row("beeper", "mppt.beepState", take=inverted),
    Row("ac_always_on", "pd.acAutoOutConfig"),
    Row("ac_charging_power", "mppt.cfgChgWatts"),
    Row("device_timeout", "mppt.powStandbyMin", MINUTES),
    Row("ac_timeout", "mppt.acStandbyMins", MINUTES),
    Row("screen_timeout", "mppt.scrStandbyMin"),
)

_MAIN_PACK: Final = product("battery_power", "battery_voltage", "battery_current")

DELTA_2: Final = Family("delta_2", DELTA_2_ROWS, {}, (_MAIN_PACK, ON_BATTERY))
DELTA_2_MAX: Final = Family(
    "delta_2_max", DELTA_2_MAX_ROWS, {}, (_MAIN_PACK, ON_BATTERY)
)
RIVER_2: Final = Family("river_2", RIVER_2_ROWS, {}, (ON_BATTERY,))

MODELS: Final = (
    Model("Delta 2", ("R331",), DELTA_2, controls.DELTA_2),
    Model("Delta 2 Max", ("R351",), DELTA_2_MAX, controls.DELTA_2_MAX),
    # Its serial numbers are not known; the cloud's name tells it apart.
    Model("Delta 3 1500", (), DELTA_2, controls.DELTA_3_1500),
    Model("River 2", ("R601",), RIVER_2, controls.RIVER_2),
    Model("River 2 Max", ("R611",), RIVER_2, controls.RIVER_2_MAX),
    Model("River 2 Pro", ("R621",), RIVER_2, controls.RIVER_2_PRO),
)
