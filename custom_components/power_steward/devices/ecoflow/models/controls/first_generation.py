"""Delta Pro, Max and Mini, River Pro, Max and Mini."""

from typing import Any, Final

from ...commands import Command, TcpCommand
from . import (
    IDLE_TIMES,
    IDLE_TIMES_WITHOUT_4,
    LONG_IDLE_TIMES,
    SCREEN_TIMES,
    Control,
    json_control,
    minutes,
    opposite,
    tcp_control,
    thousandths,
)


def _first_generation(
    *own: Control,
    limits: int = 0,
    x_boost: int = 0,
    beeper: int = 0,
    lowest_limit: float = 50,
) -> tuple[Control, ...]:
    """Return what the whole first generation can do; modules differ by model."""
    return (
        tcp_control("beeper", 38, "enabled", wire=opposite, module=beeper),
        tcp_control("ac_output", 66, "enabled"),
        tcp_control("x_boost", 66, "xboost", module=x_boost),
        tcp_control(
            "charge_limit",
            49,
            "maxChgSoc",
            module=limits,
            low=lowest_limit,
            high=100,
        ),
        *own,
    )


def _tcp_discharge_limit(module: int = 0) -> Control:
    return tcp_control("discharge_limit", 51, "minDsgSoc", module=module, high=30)


def _tcp_charging(low: float, high: float) -> Control:
    return tcp_control("ac_charging_power", 69, "slowChgPower", low=low, high=high)


_TCP_TIMEOUTS: Final = (
    tcp_control("screen_timeout", 39, "lcdTime", options=SCREEN_TIMES),
    tcp_control(
        "device_timeout",
        33,
        "standByMode",
        wire=minutes,
        options=IDLE_TIMES_WITHOUT_4,
    ),
    tcp_control("ac_timeout", 153, "standByMins", wire=minutes, options=IDLE_TIMES),
)
_TCP_CAR_CURRENT: Final = tcp_control(
    "car_charging_current", 71, "currMa", wire=thousandths, options=(4, 6, 8)
)


def _tcp_backup_switch(value: Any) -> Command:
    on = round(value)
    parameters = {"isConfig": on, "bpPowerSoc": 50 * on, "minDsgSoc": 0, "maxChgSoc": 0}
    return TcpCommand(94, parameters)


DELTA_PRO: Final = _first_generation(
    tcp_control("car_output", 81, "enabled"),
    tcp_control("ac_always_on", 95, "acautooutConfig"),
    Control("backup_reserve", _tcp_backup_switch),
    tcp_control(
        "backup_level",
        94,
        "bpPowerSoc",
        fixed={"isConfig": 1, "minDsgSoc": 0, "maxChgSoc": 0},
        low=5,
        high=100,
    ),
    _tcp_discharge_limit(),
    tcp_control("generator_start_level", 52, "openOilSoc", high=30),
    tcp_control("generator_stop_level", 53, "closeOilSoc", low=50, high=100),
    _tcp_charging(200, 2900),
    _TCP_CAR_CURRENT,
    *_TCP_TIMEOUTS,
)
DELTA_MAX: Final = _first_generation(
    tcp_control("usb_output", 34, "enabled"),
    json_control("ac_always_on", 1, "acAutoOn", "cfg"),
    json_control("solar_first", 1, "pvChangePrio", "pvChangeSet"),
    tcp_control("car_output", 81, "enabled"),
    _tcp_discharge_limit(2),
    tcp_control("generator_start_level", 52, "openOilSoc", module=2, high=30),
    tcp_control("generator_stop_level", 53, "closeOilSoc", module=2, low=50, high=100),
    _tcp_charging(100, 2000),
    limits=2,
    x_boost=5,
    beeper=5,
)
DELTA_MINI: Final = _first_generation(
    tcp_control("car_output", 81, "enabled"),
    _tcp_discharge_limit(),
    _tcp_charging(200, 900),
    _TCP_CAR_CURRENT,
    *_TCP_TIMEOUTS,
)


RIVER_MAX: Final = _first_generation(
    tcp_control("car_output", 34, "enabled"),
    tcp_control(
        "device_timeout",
        33,
        "standByMode",
        wire=minutes,
        options=IDLE_TIMES_WITHOUT_4,
    ),
    tcp_control(
        "ac_timeout", 153, "standByMins", wire=minutes, options=LONG_IDLE_TIMES
    ),
    lowest_limit=30,
)
RIVER_PRO: Final = (
    *RIVER_MAX,
    tcp_control("ac_always_on", 95, "acautooutConfig", fixed={"minAcoutSoc": 255}),
)
RIVER_MINI: Final = (
    tcp_control("ac_output", 66, "enabled"),
    tcp_control("x_boost", 66, "xboost"),
)
