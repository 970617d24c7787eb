"""PowerStream micro-inverters and Smart Plugs, in tenths of nearly everything."""

from typing import Any, Final

from ..codec import Layout, Value
from ..messages.inverter import ENERGY, INVERTER, PLUG
from . import DECI, MILLI, MINUTES, Family, Model, Row, known, total
from .controls import powerstream as controls

_SMART_PLUG_TYPE: Final = 5


def _energy_names(values: dict[str, Any]) -> dict[str, Value]:
    """Return the day's energy by its type: the sum of its hours."""
    return {
        f"energy.{entry['watthType']}": sum(entry["watth"])
        for entry in values.get("items", ())
        if "watthType" in entry and "watth" in entry
    }


_ENERGY_LAYOUT: Final = Layout(ENERGY, _energy_names)
_PLUG_LAYOUT: Final = Layout(PLUG.under("2_1."))

POWERSTREAM: Final = Family(
    "powerstream",
    (
        Row("inverter_power", "20_1.invOutputWatts", DECI),
        Row("solar_1_power", "20_1.pv1InputWatts", DECI),
        Row("solar_1_voltage", "20_1.pv1InputVolt", DECI),
        Row("solar_1_current", "20_1.pv1InputCur", DECI),
        Row("solar_1_temperature", "20_1.pv1Temp", DECI),
        Row("solar_2_power", "20_1.pv2InputWatts", DECI),
        Row("solar_2_voltage", "20_1.pv2InputVolt", DECI),
        Row("solar_2_current", "20_1.pv2InputCur", DECI),
        Row("solar_2_temperature", "20_1.pv2Temp", DECI),
        Row("battery_power", "20_1.batInputWatts", -DECI),
        Row("battery_voltage", "20_1.batInputVolt", DECI),
        Row("battery_current", "20_1.batInputCur", -DECI),
        Row("battery_temperature", "20_1.batTemp", DECI),
        Row("charge", "20_1.batSoc"),
        Row("charge_time", "20_1.chgRemainTime", MINUTES),
        Row("remaining_time", "20_1.dsgRemainTime", MINUTES),
        Row("grid_voltage", "20_1.invOpVolt", DECI),
        Row("grid_current", "20_1.invOutputCur", MILLI),
        Row("grid_frequency", "20_1.invFreq", DECI),
        Row("inverter_temperature", "20_1.invTemp", DECI),
        Row("grid_power", "20_1.gridConsWatts", DECI),
        Row("plugs_power", "20_1.plugTotalWatts", DECI),
        Row("base_load", "20_1.permanentWatts", DECI),
        Row("discharge_limit", "20_1.lowerLimit"),
        Row("charge_limit", "20_1.upperLimit"),
        Row("supply_priority", "20_1.supplyPriority"),
        Row("brightness", "20_1.invBrightness"),
        Row("inverter", "20_1.invOnOff"),
        Row("energy_house_today", "energy.1"),
        Row("energy_plugs_today", "energy.2"),
        Row("energy_charged_today", "energy.3"),
        Row("energy_discharged_today", "energy.4"),
        Row("energy_solar_1_today", "energy.7"),
        Row("energy_solar_2_today", "energy.8"),
        Row("error_code", "20_1.invErrCode"),
        Row("wifi_signal", "20_1.wifiRssi", take=known),
    ),
    {(20, 1): Layout(INVERTER.under("20_1.")), (254, 32): _ENERGY_LAYOUT},
    (total("solar_power", "solar_1_power", "solar_2_power"),),
)
SMART_PLUG: Final = Family(
    "smart_plug",
    (
        Row("power", "2_1.watts", DECI),
        Row("voltage", "2_1.volt"),
        Row("current", "2_1.current", MILLI),
        Row("grid_frequency", "2_1.freq"),
        Row("temperature", "2_1.temp"),
        Row("switch", "2_1.switchSta"),
        Row("brightness", "2_1.brightness"),
        Row("power_limit", "2_1.maxWatts"),
        Row("energy_today", f"energy.{_SMART_PLUG_TYPE}"),
        Row("error_code", "2_1.errCode"),
        Row("wifi_signal", "2_1.parentWifiRssi", take=known),
    ),
    {
        (2, 1): _PLUG_LAYOUT,
        (53, 1): _PLUG_LAYOUT,
        (254, 32): _ENERGY_LAYOUT,
    },
    ask_interval=120.0,
    stale_after=360.0,
)

MODELS: Final = (
    Model("PowerStream", ("HW51",), POWERSTREAM, controls.POWERSTREAM),
    Model("Smart Plug", ("HW52",), SMART_PLUG, controls.SMART_PLUG),
)
