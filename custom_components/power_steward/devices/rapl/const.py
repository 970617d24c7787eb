"""What the flow and the coordinator of a RAPL entry agree on."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from ...stewardship.capping import WATT, BatteryRules, Rules, WithoutData
from .controller import Options

CONF_ALLOW_CONTROL: Final = "allow_control"

SECTION_LIMITS: Final = "limits"
CONF_FLOOR: Final = "floor"
CONF_CEILING: Final = "ceiling"
CONF_RAMP: Final = "ramp"
CONF_DWELL: Final = "dwell"
CONF_SCOPE: Final = "scope"
CONF_SHORT_TERM: Final = "short_term"
CONF_MANUAL_CHANGE: Final = "manual_change"

SECTION_PRICES: Final = "prices"
CONF_PRICE_ENTITY: Final = "price_entity"
CONF_THRESHOLD: Final = "threshold"
CONF_WITHOUT_DATA: Final = "without_data"
CONF_KEEP: Final = "keep"

SECTION_BATTERY: Final = "battery"
CONF_BATTERY_SENSORS: Final = "battery_sensors"
CONF_REMAINING_TIME: Final = "remaining_time"
CONF_RUNTIME: Final = "runtime"
CONF_SETTLE: Final = "settle"

SECTION_KUBERNETES: Final = "kubernetes"
CONF_ANNOTATE: Final = "annotate"
CONF_NODE: Final = "node"

SCOPE_EACH: Final = "each"
SCOPE_TOTAL: Final = "total"

INTERVAL: Final = timedelta(seconds=30)
"""Between two reads; less where a counter starts again sooner than in a minute."""
SHORTEST_INTERVAL: Final = timedelta(seconds=5)

DEFAULTS: Final[Mapping[str, Any]] = {
    CONF_RAMP: 25,
    CONF_DWELL: 60,
    CONF_SCOPE: SCOPE_EACH,
    CONF_SHORT_TERM: False,
    CONF_MANUAL_CHANGE: 60,
    CONF_WITHOUT_DATA: WithoutData.KEEP.value,
    CONF_KEEP: 60,
    CONF_RUNTIME: 30,
    CONF_SETTLE: 5,
    CONF_ANNOTATE: False,
}


def options_of(options: Mapping[str, Any], *, allowed: bool) -> Options:
    """Return what a user has set, as the controller takes it."""
    values = dict(DEFAULTS)
    for section in (SECTION_LIMITS, SECTION_PRICES, SECTION_BATTERY):
        values |= options.get(section, {})
    return Options(
        rules=Rules(
            threshold=values.get(CONF_THRESHOLD),
            without_data=WithoutData(values[CONF_WITHOUT_DATA]),
            keep=values[CONF_KEEP] * 60,
            ramp=values[CONF_RAMP] / 100,
            dwell=values[CONF_DWELL],
            manual_change=values[CONF_MANUAL_CHANGE] * 60,
            battery=BatteryRules(
                runtime=values[CONF_RUNTIME] * 60, settle=values[CONF_SETTLE] * 60
            ),
        ),
        floor=_microwatts(values.get(CONF_FLOOR)),
        ceiling=_microwatts(values.get(CONF_CEILING)),
        total=values[CONF_SCOPE] == SCOPE_TOTAL,
        short_term=values[CONF_SHORT_TERM],
        allowed=allowed,
    )


def _microwatts(watts: float | None) -> int | None:
    return None if watts is None else round(watts * WATT)
