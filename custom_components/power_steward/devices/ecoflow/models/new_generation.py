"""Delta 3, River 3, Delta Pro 3, Stream and others that share one catalogue.

A property never changes its meaning from one product to another, and a product sends
only what it has: one table serves them all, and a family adds what is its own.
"""

from typing import Any, Final

from ..codec import NEW_GENERATION, Layout, property_names
from ..messages.display import PROPERTIES
from ..messages.stream_5000 import TELEMETRY
from . import (
    MAINS_BY_INPUT,
    MILLI,
    MINUTES,
    ON_BATTERY,
    Family,
    Model,
    Row,
    flow,
    item,
    known,
    magnitude,
    on_battery,
    pack,
    total,
)
from .controls import new_generation as controls

MOST_PACKS: Final = 6


def _battery(number: int) -> tuple[Row, ...]:
    """Return the rows of one pack's own report, in mV and mA."""
    prefix = f"pack{number}"
    return pack(
        number,
        (
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
            Row("pack_input_power", f"{prefix}.inputWatts"),
            Row("pack_output_power", f"{prefix}.outputWatts"),
            Row("cell_temperature_min", f"{prefix}.minCellTemp"),
            Row("cell_temperature_max", f"{prefix}.maxCellTemp"),
            Row("mosfet_temperature", f"{prefix}.maxMosTemp"),
            Row("cell_voltage_min", f"{prefix}.minCellVol", MILLI),
            Row("cell_voltage_max", f"{prefix}.maxCellVol", MILLI),
            Row("battery_energy_charged", f"{prefix}.accuChgEnergy"),
            Row("battery_energy_discharged", f"{prefix}.accuDsgEnergy"),
            Row("battery_error_code", f"{prefix}.errCode"),
        ),
    )


def _volts(raw: Any) -> Any:
    """Take a battery's voltage: volts on some models, millivolts on others."""
    return raw * MILLI if isinstance(raw, int | float) and raw > 1000 else raw


ROWS: Final = (
    Row("charge", "cmsBattSoc"),
    Row("charge", "ems.f32LcdShowSoc"),
    Row("charge_time", "cmsChgRemTime", MINUTES),
    Row("charge_time", "ems.chgRemainTime", MINUTES),
    Row("remaining_time", "cmsDsgRemTime", MINUTES),
    Row("remaining_time", "ems.dsgRemainTime", MINUTES),
    Row("input_power", "powInSumW"),
    Row("output_power", "powOutSumW"),
    Row("battery_power", "powGetBms"),
    Row("ac_input_power", "powGetAcIn"),
    Row("ac_input_voltage", "plugInInfoAcInVol"),
    Row("ac_input_current", "plugInInfoAcInAmp"),
    Row("ac_input_frequency", "plugInInfoAcInFeq"),
    Row("ac_input_connected", "plugInInfoAcInFlag"),
    Row("ac_output_power", "powGetAcOut", take=magnitude),
    Row("ac_output_1_power", "powGetAcOutList.powGetAcOutItem", 1, item(0)),
    Row("ac_output_2_power", "powGetAcOutList.powGetAcOutItem", 1, item(1)),
    Row("ac_output_voltage", "plugInInfoAcOutVol"),
    Row("ac_output_current", "plugInInfoAcOutAmp"),
    Row("ac_high_voltage_power", "powGetAcHvOut", take=magnitude),
    Row("ac_low_voltage_power", "powGetAcLvOut", take=magnitude),
    Row("ac_tt30_power", "powGetAcLvTt30Out", take=magnitude),
    Row("solar_1_power", "powGetPv"),
    Row("solar_1_power", "powGetPvH"),
    Row("solar_1_voltage", "plugInInfoPvVol"),
    Row("solar_1_voltage", "plugInInfoPvHVol"),
    Row("solar_1_current", "plugInInfoPvAmp"),
    Row("solar_1_current", "plugInInfoPvHAmp"),
    Row("solar_1_temperature", "tempPv"),
    Row("solar_1_temperature", "tempPvH"),
    Row("solar_2_power", "powGetPv2"),
    Row("solar_2_power", "powGetPvL"),
    Row("solar_2_voltage", "plugInInfoPv2Vol"),
    Row("solar_2_voltage", "plugInInfoPvLVol"),
    Row("solar_2_current", "plugInInfoPv2Amp"),
    Row("solar_2_current", "plugInInfoPvLAmp"),
    Row("solar_2_temperature", "tempPv2"),
    Row("solar_2_temperature", "tempPvL"),
    Row("car_power", "powGet12v", take=magnitude),
    Row("car_power", "powGet12vList.powGet12vItem", 1, item(0)),
    Row("car_voltage", "plugInInfo12vVol"),
    Row("car_current", "plugInInfo12vAmp", take=magnitude),
    Row("dc_24v_power", "powGet24v", take=magnitude),
    Row("dc_24v_voltage", "plugInInfo24vVol"),
    Row("dc_24v_current", "plugInInfo24vAmp", take=magnitude),
    Row("usb_a_1_power", "powGetQcusb1", take=magnitude),
    Row("usb_a_2_power", "powGetQcusb2", take=magnitude),
    Row("usb_c_1_power", "powGetTypec1", take=magnitude),
    Row("usb_c_2_power", "powGetTypec2", take=magnitude),
    Row("usb_c_3_power", "powGetTypec3", take=magnitude),
    Row("expansion_1_power", "powGetDcp"),
    Row("expansion_1_power", "powGet4p81"),
    Row("expansion_2_power", "powGetDcp2"),
    Row("expansion_2_power", "powGet4p82"),
    Row("infinity_power", "powGet5p8"),
    Row("converter_temperature", "tempPcsDc"),
    Row("inverter_temperature", "tempPcsAc"),
    *(row for number in range(MOST_PACKS) for row in _battery(number)),
    # What the device says of its main pack, where that sends no report of its own.
    Row("battery_charge", "bmsBattSoc"),
    Row("battery_health", "bmsBattSoh", take=known),
    Row("battery_voltage", "bmsBattVol", take=_volts),
    Row("battery_temperature", "bmsMaxCellTemp"),
    Row("cell_temperature_min", "bmsMinCellTemp"),
    Row("cell_temperature_max", "bmsMaxCellTemp"),
    Row("mosfet_temperature", "bmsMaxMosTemp"),
    Row("charge_limit", "cmsMaxChgSoc"),
    Row("charge_limit", "ems.maxChargeSoc"),
    Row("discharge_limit", "cmsMinDsgSoc"),
    Row("discharge_limit", "ems.minDsgSoc"),
    Row("backup_reserve", "energyBackupEn"),
    Row("backup_level", "backupReverseSoc"),
    Row("backup_level", "energyBackupStartSoc"),
    Row("ac_charging_power", "plugInInfoAcInChgPowMax"),
    Row("ac_charging_mode", "plugInInfoAcInChgMode"),
    Row("car_charging_current", "plugInInfoPvDcAmpMax"),
    Row("ac_output", "flowInfoAcOut", take=flow),
    Row("ac_output_2", "flowInfoAc2Out", take=flow),
    Row("ac_high_voltage", "flowInfoAcHvOut", take=flow),
    Row("ac_low_voltage", "flowInfoAcLvOut", take=flow),
    Row("car_output", "flowInfo12v", take=flow),
    Row("dc_24v_output", "flowInfo24v", take=flow),
    Row("usb_output", "flowInfoQcusb1", take=flow),
    Row("usb_output", "flowInfoTypec1", take=flow),
    Row("x_boost", "xboostEn"),
    Row("beeper", "enBeep"),
    Row("ac_always_on", "outputPowerOffMemory"),
    Row("bypass_disabled", "bypassOutDisable"),
    Row("energy_saving", "acEnergySavingOpen"),
    Row("storm_guard", "stormPatternEnable"),
    Row("generator_start", "cmsOilSelfStart"),
    Row("generator_start_level", "cmsOilOnSoc"),
    Row("generator_stop_level", "cmsOilOffSoc"),
    Row("device_timeout", "devStandbyTime", MINUTES),
    Row("ac_timeout", "acStandbyTime", MINUTES),
    Row("dc_timeout", "dcStandbyTime", MINUTES),
    Row("screen_timeout", "screenOffTime"),
    Row("energy_ac_out", "statistics.2"),
    Row("energy_dc_out", "statistics.3"),
    Row("energy_usb_c_out", "statistics.4"),
    Row("energy_usb_a_out", "statistics.5"),
    Row("energy_ac_in", "statistics.6"),
    Row("energy_solar_in", "statistics.7"),
    Row("error_code", "errcode"),
    Row("charging_state", "cmsChgDsgState"),
    Row("wifi_signal", "moduleWifiRssi", take=known),
)

_DERIVED: Final = (MAINS_BY_INPUT, ON_BATTERY)

DELTA_3: Final = Family("delta_3", ROWS, NEW_GENERATION, _DERIVED)
DELTA_PRO_3: Final = Family("delta_pro_3", ROWS, NEW_GENERATION, _DERIVED)
RIVER_3: Final = Family("river_3", ROWS, NEW_GENERATION, _DERIVED)


def _bay(number: int) -> tuple[Row, ...]:
    """Return the pack in a bay of a Delta Pro Ultra X, where a bay may be empty."""
    return pack(
        number - 1,
        (
            Row("battery_charge", f"bay{number}.bpSoc"),
            Row("battery_current", f"bay{number}.bpAmp"),
            Row("battery_temperature", f"bay{number}.bpTemp"),
        ),
    )


def _ultra_x_names(values: dict[str, Any]) -> dict[str, Any]:
    """Return properties, and packs by the number of their bay."""
    named = property_names(values)
    packs = named.pop("bpGroupInfoList", {})
    return named | {
        f"bay{info['bpNum']}": info
        for info in packs.get("groupItem", ())
        if "bpNum" in info
    }


_ULTRA_X_LAYOUT: Final = Layout(PROPERTIES, _ultra_x_names)
_OF_OWN_BATTERY: Final = ("pack", "bmsBatt", "bmsMax", "bmsMin", "tempPcs")
"""What a Delta Pro Ultra X has not: its batteries are packs in bays."""

DELTA_PRO_ULTRA_X: Final = Family(
    "delta_pro_ultra_x",
    (
        *(row for row in ROWS if not row.wire.startswith(_OF_OWN_BATTERY)),
        Row("phase_1_voltage", "plugInInfoL1Vol"),
        Row("phase_1_current", "plugInInfoL1Amp"),
        Row("phase_2_voltage", "plugInInfoL2Vol"),
        Row("phase_2_current", "plugInInfoL2Amp"),
        *(row for number in range(1, 11) for row in _bay(number)),
    ),
    {**NEW_GENERATION, (254, 21): _ULTRA_X_LAYOUT, (254, 22): _ULTRA_X_LAYOUT},
    _DERIVED,
)


def _grid_state(raw: Any) -> bool | None:
    """Take the state of mains: it is there when it feeds or is fed."""
    return {1: True, 2: False, 3: True}.get(raw) if isinstance(raw, int) else None


_SOLAR: Final = total("solar_power", *(f"solar_{n}_power" for n in range(1, 5)))

STREAM: Final = Family(
    "stream",
    (
        *(row for row in ROWS if row.key != "ac_input_connected"),
        Row("mains", "gridConnectionSta", take=_grid_state),
        Row("grid_power", "powGetSysGrid"),
        Row("house_power", "powGetSysLoad"),
        Row("solar_power", "powGetPvSum"),
        Row("battery_power", "powGetBpCms"),
        Row("inverter_power", "gridConnectionPower"),
        Row("grid_voltage", "gridConnectionVol"),
        Row("grid_current", "gridConnectionAmp"),
        Row("grid_frequency", "gridConnectionFreq"),
        Row("solar_3_power", "powGetPv3"),
        Row("solar_3_voltage", "plugInInfoPv3Vol"),
        Row("solar_3_current", "plugInInfoPv3Amp"),
        Row("solar_4_power", "powGetPv4"),
        Row("solar_4_voltage", "plugInInfoPv4Vol"),
        Row("solar_4_current", "plugInInfoPv4Amp"),
        Row("outlet_1_power", "powGetSchuko1", take=magnitude),
        Row("outlet_2_power", "powGetSchuko2", take=magnitude),
        Row("outlet_1", "relay2Onoff"),
        Row("outlet_2", "relay3Onoff"),
        Row("feed_in_mode", "feedGridMode"),
        Row("feed_in_limit", "feedGridModePowLimit"),
        Row("brightness", "brightness"),
    ),
    NEW_GENERATION,
    (on_battery("output_power", "outlet_1_power", "outlet_2_power"), _SOLAR),
)
# It has no battery that could carry anything.
STREAM_MICRO: Final = STREAM._replace(name="stream_micro", derived=(_SOLAR,))
STREAM_5000: Final = Family(
    "stream_5000",
    (
        Row("charge", "stream5000.battery.soc"),
        Row("charge", "ems.f32LcdShowSoc"),
        Row("charge_time", "ems.chgRemainTime", MINUTES),
        Row("remaining_time", "ems.dsgRemainTime", MINUTES),
        *(row for number in range(MOST_PACKS) for row in _battery(number)),
        Row("charge_limit", "ems.maxChargeSoc"),
        Row("discharge_limit", "ems.minDsgSoc"),
    ),
    {**NEW_GENERATION, (254, 39): Layout(TELEMETRY.under("stream5000."))},
)
ALTERNATOR: Final = Family(
    "alternator",
    (
        Row("charge", "cmsBattSoc"),
        Row("charge_time", "cmsChgRemTime", MINUTES),
        Row("remaining_time", "cmsDsgRemTime", MINUTES),
        Row("temperature", "cmsBattTemp"),
        Row("power", "powGetDcBidi"),
        Row("expansion_1_power", "powGetDcp"),
        Row("starter_voltage", "spChargerCarBattVol"),
        Row("start_voltage", "spChargerCarBattVolSetting", 0.1),
        Row("alternator_charging", "spChargerChgOpen"),
        Row("power_limit", "spChargerChgPowLimit"),
        Row("error_code", "errcode"),
        Row("charging_state", "cmsChgDsgState"),
        Row("wifi_signal", "moduleWifiRssi", take=known),
    ),
    NEW_GENERATION,
)
METER: Final = Family(
    "smart_meter",
    (
        Row("grid_power", "powGetSysGrid"),
        Row("grid_frequency", "gridConnectionFreq"),
        Row("phase_1_power", "gridConnectionPowerL1"),
        Row("phase_2_power", "gridConnectionPowerL2"),
        Row("phase_3_power", "gridConnectionPowerL3"),
        Row("phase_1_voltage", "gridConnectionVolL1"),
        Row("phase_2_voltage", "gridConnectionVolL2"),
        Row("phase_3_voltage", "gridConnectionVolL3"),
        Row("phase_2_current", "gridConnectionAmpL2"),
        Row(
            "grid_energy_imported",
            "gridConnectionDataRecord.lifeTimeEnergyConsumption",
        ),
        Row("grid_energy_exported", "gridConnectionDataRecord.lifeTimeEnergyDelivery"),
        Row("wifi_signal", "moduleWifiRssi", take=known),
    ),
    NEW_GENERATION,
)

MODELS: Final = (
    Model("Delta 3", ("P231",), DELTA_3, controls.DELTA_3),
    Model("Delta 3 Classic", ("P321",), DELTA_3, controls.DELTA_3_CLASSIC),
    Model("Delta 3 Plus", ("P351",), DELTA_3, controls.DELTA_3),
    Model("Delta 3 Max Plus", ("D3M1",), DELTA_3, controls.DELTA_3_MAX_PLUS),
    Model("Delta 3 Max", ("D3N1",), DELTA_3),
    Model("Delta 3 Air", ("PR11", "PR12", "PR21"), DELTA_3),
    Model("Delta Pro 3", ("MR51",), DELTA_PRO_3, controls.DELTA_PRO_3),
    Model("Delta Pro Ultra X", ("P101",), DELTA_PRO_ULTRA_X),
    Model("River 3", ("R655",), RIVER_3, controls.RIVER_3),
    Model("River 3 Plus", ("R631", "R632"), RIVER_3, controls.RIVER_3_PLUS),
    Model("Stream Micro", ("BK01",), STREAM_MICRO),
    Model("Stream Ultra", ("BK11",), STREAM, controls.STREAM),
    Model("Stream AC Pro", ("BK31",), STREAM, controls.STREAM),
    Model("Stream Max", ("BK41",), STREAM),
    Model("Stream AC", ("BK51",), STREAM),
    Model("Stream Ultra X", ("BK61",), STREAM, controls.STREAM),
    Model("Smart Meter", ("BK21",), METER),
    Model("Alternator Charger", ("F371",), ALTERNATOR),
    Model("Stream 5000", ("ES21",), STREAM_5000),
    Model("Stream AC 5000", ("ES22",), STREAM_5000),
)
