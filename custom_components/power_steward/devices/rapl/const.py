"""What the flow and the coordinator of a RAPL entry agree on."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from ...stewardship.capping import WithoutData

CONF_ALLOW_CONTROL: Final = "allow_control"

SECTION_LIMITS: Final = "limits"
CONF_FLOOR: Final = "floor"
CONF_CEILING: Final = "ceiling"
CONF_RAMP: Final = "ramp"
CONF_DWELL: Final = "dwell"
CONF_SCOPE: Final = "scope"
CONF_SHORT_TERM: Final = "short_term"
CONF_ENABLE: Final = "enable"
CONF_CRITICAL_LOAD: Final = "critical_load"
CONF_MANUAL_CHANGE: Final = "manual_change"

SECTION_PRICES: Final = "prices"
CONF_PRICE_ENTITY: Final = "price_entity"
CONF_THRESHOLD: Final = "threshold"
CONF_HYSTERESIS: Final = "hysteresis"
CONF_WITHOUT_DATA: Final = "without_data"
CONF_KEEP: Final = "keep"

SECTION_BATTERY: Final = "battery"
CONF_BATTERY_SENSORS: Final = "battery_sensors"
CONF_REMAINING_TIME: Final = "remaining_time"
CONF_RUNTIME: Final = "runtime"
CONF_SETTLE: Final = "settle"
CONF_UNTIL: Final = "until"

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
    CONF_ENABLE: False,
    CONF_MANUAL_CHANGE: 60,
    CONF_HYSTERESIS: 0,
    CONF_WITHOUT_DATA: WithoutData.KEEP.value,
    CONF_KEEP: 60,
    CONF_RUNTIME: 30,
    CONF_SETTLE: 5,
    CONF_ANNOTATE: False,
}
