"""Delta 2 and River 2."""

from typing import Any, Final

from ...commands import Command, JsonCommand
from . import (
    IDLE_TIMES,
    SCREEN_TIMES,
    Control,
    json_control,
    minutes,
    opposite,
    thousandths,
)

_LEAVE_AC: Final = {"out_voltage": -1, "out_freq": 255}


def _second_generation(
    *, ac_module: int, own: tuple[Control, ...], names_device: bool = False
) -> tuple[Control, ...]:
    """Return what the whole second generation can do, with what is a model's own."""
    named: dict[str, Any] = {"names_device": names_device}
    ac = {**_LEAVE_AC, "xboost": 255}
    return (
        json_control("ac_output", ac_module, "acOutCfg", "enabled", fixed=ac, **named),
        json_control("car_output", 5, "mpptCar", "enabled"),
        json_control("backup_reserve", 1, "watthConfig", "isConfig")._replace(
            build=_backup_switch
        ),
        json_control(
            "backup_level",
            1,
            "watthConfig",
            "bpPowerSoc",
            fixed={"isConfig": 1, "minDsgSoc": 0, "minChgSoc": 0},
            low=5,
            high=100,
        ),
        json_control(
            "charge_limit", 2, "upsConfig", "maxChgSoc", low=50, high=100, **named
        ),
        json_control(
            "discharge_limit", 2, "dsgCfg", "minDsgSoc", low=0, high=30, **named
        ),
        *own,
    )


def _backup_switch(value: Any) -> Command:
    on = round(value)
    parameters = {"bpPowerSoc": 50 * on, "minChgSoc": 0, "isConfig": on, "minDsgSoc": 0}
    return JsonCommand(1, "watthConfig", parameters)


def _x_boost() -> Control:
    fixed = {"enabled": 255, **_LEAVE_AC}
    return json_control("x_boost", 5, "acOutCfg", "xboost", fixed=fixed)


def _ac_charging(high: float, low: float) -> Control:
    return json_control(
        "ac_charging_power",
        5,
        "acChgCfg",
        "chgWatts",
        fixed={"chgPauseFlag": 255},
        low=low,
        high=high,
    )


def _car_current() -> Control:
    return json_control(
        "car_charging_current",
        5,
        "dcChgCfg",
        "dcChgCfg",
        wire=thousandths,
        options=(4, 6, 8),
    )


DELTA_2: Final = _second_generation(
    ac_module=5,
    own=(
        _x_boost(),
        json_control("beeper", 5, "quietMode", "enabled", wire=opposite),
        json_control("usb_output", 1, "dcOutCfg", "enabled"),
        json_control(
            "ac_always_on",
            1,
            "acAutoOutConfig",
            "acAutoOutConfig",
            fixed={"minAcOutSoc": 5},
        ),
        json_control("solar_first", 1, "pvChangePrio", "pvChangeSet"),
        json_control(
            "generator_start_level", 2, "openOilSoc", "openOilSoc", low=0, high=30
        ),
        json_control(
            "generator_stop_level", 2, "closeOilSoc", "closeOilSoc", low=50, high=100
        ),
        _ac_charging(1200, 200),
        _car_current(),
        json_control(
            "screen_timeout",
            1,
            "lcdCfg",
            "delayOff",
            fixed={"brighLevel": 255},
            options=SCREEN_TIMES,
        ),
        json_control(
            "device_timeout",
            1,
            "standbyTime",
            "standbyMin",
            wire=minutes,
            options=IDLE_TIMES,
        ),
        json_control(
            "ac_timeout",
            5,
            "standbyTime",
            "standbyMins",
            wire=minutes,
            options=IDLE_TIMES,
        ),
        json_control(
            "dc_timeout",
            5,
            "carStandby",
            "standbyMins",
            wire=minutes,
            options=IDLE_TIMES,
        ),
    ),
)
DELTA_3_1500: Final = tuple(
    control._replace(high=1500) if control.key == "ac_charging_power" else control
    for control in DELTA_2
)
DELTA_2_MAX: Final = _second_generation(
    ac_module=3,
    names_device=True,
    own=(
        json_control("x_boost", 3, "acOutCfg", "xboost", names_device=True),
        json_control(
            "beeper", 1, "quietCfg", "enabled", wire=opposite, names_device=True
        ),
        json_control("usb_output", 1, "dcOutCfg", "enabled", names_device=True),
        json_control(
            "ac_always_on",
            1,
            "newAcAutoOnCfg",
            "enabled",
            fixed={"minAcSoc": 5},
            names_device=True,
        ),
        json_control(
            "generator_start_level",
            2,
            "openOilSoc",
            "openOilSoc",
            names_device=True,
            low=0,
            high=30,
        ),
        json_control(
            "generator_stop_level",
            2,
            "closeOilSoc",
            "closeOilSoc",
            names_device=True,
            low=50,
            high=100,
        ),
        json_control(
            "ac_charging_power",
            3,
            "acChgCfg",
            "slowChgWatts",
            fixed={"fastChgWatts": 2000, "chgPauseFlag": 0},
            names_device=True,
            low=200,
            high=2400,
        ),
        json_control(
            "screen_timeout",
            1,
            "lcdCfg",
            "delayOff",
            fixed={"brighLevel": 255},
            names_device=True,
            options=SCREEN_TIMES,
        ),
    ),
)


def _river_2(highest: float, lowest: float, *, always_on: bool) -> tuple[Control, ...]:
    own = [
        _x_boost(),
        _ac_charging(highest, lowest),
        _car_current(),
        json_control(
            "screen_timeout",
            5,
            "lcdCfg",
            "delayOff",
            fixed={"brighLevel": 255},
            options=SCREEN_TIMES,
        ),
        json_control(
            "device_timeout",
            5,
            "standby",
            "standbyMins",
            wire=minutes,
            options=IDLE_TIMES,
        ),
        json_control(
            "ac_timeout",
            5,
            "acStandby",
            "standbyMins",
            wire=minutes,
            options=IDLE_TIMES,
        ),
    ]
    if always_on:
        own.append(
            json_control(
                "ac_always_on",
                1,
                "acAutoOutConfig",
                "acAutoOutConfig",
                fixed={"minAcOutSoc": 5},
            )
        )
    return _second_generation(ac_module=5, own=tuple(own))


RIVER_2: Final = _river_2(360, 100, always_on=True)
RIVER_2_MAX: Final = _river_2(660, 50, always_on=True)
RIVER_2_PRO: Final = _river_2(950, 100, always_on=False)
