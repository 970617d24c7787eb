"""What the user has set once, as the controller takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, tzinfo
from typing import Any

from ...stewardship.bounds import WATT, Microwatts
from ...stewardship.capping import BatteryRules, Rules, WithoutData
from .const import (
    CONF_CEILING,
    CONF_CRITICAL_LOAD,
    CONF_DWELL,
    CONF_ENABLE,
    CONF_FLOOR,
    CONF_HYSTERESIS,
    CONF_KEEP,
    CONF_MANUAL_CHANGE,
    CONF_RAMP,
    CONF_RUNTIME,
    CONF_SCOPE,
    CONF_SETTLE,
    CONF_SHORT_TERM,
    CONF_THRESHOLD,
    CONF_UNTIL,
    CONF_WITHOUT_DATA,
    DEFAULTS,
    SCOPE_TOTAL,
    SECTION_BATTERY,
    SECTION_LIMITS,
    SECTION_PRICES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user has set once."""

    rules: Rules = Rules()
    floor: Microwatts | None = None
    ceiling: Microwatts | None = None
    total: bool = False
    """Whether the manual cap is divided over the packages."""
    short_term: bool = False
    """Whether bursts follow the cap."""
    enable: bool = False
    """Whether limits that the firmware left off may be switched on."""
    critical_load: float | None = None
    """Load per processor core from which on no cap falls."""
    allowed: bool = False
    """Whether the user agreed to limits being written at all."""


def options_of(options: Mapping[str, Any], *, allowed: bool, zone: tzinfo) -> Options:
    """Return what a user has set, as the controller takes it; times are of a zone."""
    values = dict(DEFAULTS)
    for section in (SECTION_LIMITS, SECTION_PRICES, SECTION_BATTERY):
        values |= options.get(section, {})
    load = values.get(CONF_CRITICAL_LOAD)
    until = values.get(CONF_UNTIL)
    return Options(
        rules=Rules(
            threshold=values.get(CONF_THRESHOLD),
            hysteresis=values[CONF_HYSTERESIS],
            without_data=WithoutData(values[CONF_WITHOUT_DATA]),
            keep=values[CONF_KEEP] * 60,
            ramp=values[CONF_RAMP] / 100,
            dwell=values[CONF_DWELL],
            manual_change=values[CONF_MANUAL_CHANGE] * 60,
            battery=BatteryRules(
                runtime=values[CONF_RUNTIME] * 60,
                until=until and time.fromisoformat(until).replace(tzinfo=zone),
                settle=values[CONF_SETTLE] * 60,
            ),
        ),
        floor=_microwatts(values.get(CONF_FLOOR)),
        ceiling=_microwatts(values.get(CONF_CEILING)),
        total=values[CONF_SCOPE] == SCOPE_TOTAL,
        short_term=values[CONF_SHORT_TERM],
        enable=values[CONF_ENABLE],
        critical_load=None if load is None else load / 100,
        allowed=allowed,
    )


def _microwatts(watts: float | None) -> int | None:
    return None if watts is None else round(watts * WATT)
