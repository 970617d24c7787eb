"""Wave and Glacier: what cools and heats. JSON, or binary for the newer ones."""

from typing import Final

from ..codec import NEW_GENERATION
from . import (
    CENTI,
    DECI,
    MILLI,
    MINUTES,
    Family,
    Model,
    Row,
    known,
    new_generation,
    product,
)
from .controls import climate as controls

WAVE_2: Final = Family(
    "wave_2",
    (
        Row("charge", "bms.f32ShowSoc"),
        Row("charge", "pd.batSoc"),
        Row("power", "pd.psdrPower"),
        Row("ac_input_power", "power.acPwrIn"),
        Row("solar_1_power", "power.mpptPwr"),
        Row("battery_voltage", "bms.vol", MILLI),
        Row("battery_current", "bms.amp", MILLI),
        Row("battery_temperature", "bms.tmp"),
        Row("battery_cycles", "bms.cycles"),
        Row("battery_health", "bms.soh", take=known),
        # In hundredths of °C; others follow the unit that the user has chosen.
        Row("room_temperature", "pd.airInTemp", CENTI),
        Row("target_temperature", "pd.setTempCel"),
        Row("error_code", "pd.errCode"),
    ),
    {},
    (product("battery_power", "battery_voltage", "battery_current"),),
)
GLACIER: Final = Family(
    "glacier",
    (
        Row("charge", "bms_emsStatus.f32LcdSoc"),
        Row("charge", "bms_emsStatus.lcdSoc"),
        Row("charge_time", "bms_emsStatus.chgRemain", MINUTES),
        Row("remaining_time", "bms_emsStatus.dsgRemain", MINUTES),
        Row("input_power", "bms_bmsStatus.inWatts"),
        Row("output_power", "bms_bmsStatus.outWatts"),
        Row("power", "pd.motorWat"),
        Row("battery_voltage", "bms_bmsStatus.vol", MILLI),
        Row("battery_current", "bms_bmsStatus.amp", MILLI),
        Row("battery_temperature", "bms_bmsStatus.tmp"),
        Row("battery_cycles", "bms_bmsStatus.cycles"),
        Row("battery_health", "bms_bmsStatus.soh", take=known),
        Row("left_temperature", "pd.tmpL", DECI),
        Row("right_temperature", "pd.tmpR", DECI),
        Row("room_temperature", "pd.ambientTmp", DECI),
        Row("left_target_temperature", "pd.tmpLSet"),
        Row("right_target_temperature", "pd.tmpRSet"),
        Row("target_temperature", "pd.tmpMSet"),
        Row("lid_open", "pd.doorStat"),
        Row("beeper", "pd.beepEn"),
        Row("charge_limit", "bms_emsStatus.maxChgSoc"),
        Row("discharge_limit", "bms_emsStatus.minDsgSoc"),
        Row("error_code", "pd.errCode"),
    ),
    {},
)
_STATION: Final = tuple(
    row for row in new_generation.ROWS if row.key not in ("ac_output", "backup_reserve")
)
WAVE_3: Final = Family(
    "wave_3",
    (
        *_STATION,
        Row("power", "powGetSelfConsume"),
        Row("room_temperature", "tempAmbient"),
        Row("outlet_temperature", "tempIndoorSupplyAir"),
        Row("humidity", "humiAmbient"),
        Row("water_level", "condensateWaterLevel"),
    ),
    NEW_GENERATION,
)
GLACIER_CLASSIC: Final = Family(
    "glacier_classic",
    (
        *_STATION,
        Row("battery_temperature", "cmsBattTemp"),
        Row("power", "powGetSelfConsume"),
        Row("left_temperature", "tempRefrigeratorZone"),
        Row("right_temperature", "tempRefrigeratorZone2"),
        Row("left_target_temperature", "tempRefrigeratorZoneSetting"),
        Row("right_target_temperature", "tempRefrigeratorZone2Setting"),
        Row("lid_open", "refrigeratorDoorIsOpen"),
    ),
    NEW_GENERATION,
)

MODELS: Final = (
    Model("Wave 2", ("KT21",), WAVE_2),
    Model("Wave 3", ("AC71",), WAVE_3),
    Model("Glacier", ("BX11",), GLACIER, controls.GLACIER),
    Model("Glacier Classic", ("RF45",), GLACIER_CLASSIC),
)
