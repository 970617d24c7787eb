"""Power Kit: JSON, by module and the module's serial number."""

from typing import Any, Final

from ..codec import flattened
from . import DECI, Family, Model, Row, magnitude

_MODULES: Final = frozenset({"bbcin", "bbcout", "iclow", "ichigh", "ldac", "lddc"})
"""Modules of which a kit has one each; their serial numbers leave the names."""


def _tidy(values: dict[str, Any]) -> dict[str, Any]:
    return {_without_serial(name): value for name, value in flattened(values).items()}


def _without_serial(name: str) -> str:
    module, _, rest = name.partition(".")
    if module not in _MODULES:
        return name
    return f"{module}.{rest.rpartition('.')[2]}"


def _signed(raw: Any) -> Any:
    """Take a number of 16 bits that comes without its sign."""
    return raw - 0x1_0000 if isinstance(raw, int) and 0x8000 <= raw <= 0xFFFF else raw


POWER_KIT: Final = Family(
    "power_kit",
    (
        Row("charge", "bmsTotal.totalSoc"),
        Row("input_power", "bmsTotal.totalInWatts"),
        Row("output_power", "bmsTotal.totalOutWatts", take=magnitude),
        Row("battery_current", "bmsTotal.totalAmp", DECI, _signed),
        Row("ac_output_power", "ldac.acTotalWatts"),
        Row("dc_output_power", "lddc.dcTotalWatts"),
        Row("dc_input_power", "bbcin.dcInWatts"),
        Row("charge_limit", "bmsTotal.bmsChgUpline"),
        Row("discharge_limit", "bmsTotal.bmsDsgDownline"),
        Row("generator_start_level", "bmsTotal.oilStartDownline"),
        Row("generator_stop_level", "bmsTotal.oilStopUpline"),
    ),
    {},
    tidy=_tidy,
)

MODELS: Final = (Model("Power Kit", ("M106", "M109"), POWER_KIT),)
