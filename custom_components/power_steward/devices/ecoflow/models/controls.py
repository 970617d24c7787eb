"""What can be set on a family's devices: one row a control.

A control has the key of the value that it sets, in the same unit. Only what others have
seen working on real devices is here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ..commands import CodedCommand, Command, JsonCommand, SettingCommand, TcpCommand
from .quantities import Number

_MINUTE: Final = 60
IDLE_TIMES: Final = tuple(_MINUTE * m for m in (0, 30, 60, 120, 240, 360, 720, 1440))
IDLE_TIMES_WITHOUT_4: Final = tuple(_MINUTE * m for m in (0, 30, 60, 120, 360, 720))
SCREEN_TIMES: Final = (0, 10, 30, 60, 300, 1800)

type Build = Callable[[Any], Command]


class Control(NamedTuple):
    """Something to set: a switch, a number between limits, or one of some options."""

    key: str
    build: Build
    low: float = 0
    high: float = 1
    step: float = 1
    options: tuple[float, ...] = ()

    def accepts(self, value: Number) -> bool:
        """Whether a value is one that the device may be told."""
        if self.options:
            return value in self.options
        whole_steps = (value - self.low) % self.step == 0
        return self.low <= value <= self.high and whole_steps

    @property
    def for_developers(self) -> bool:
        """Whether it can be set with developer keys too."""
        return (
            self.build(self.options[0] if self.options else self.high).developer("")
            is not None
        )


def _plain(value: float) -> int:
    """Return a value as the whole number that is sent."""
    return round(value)


def _opposite(value: float) -> int:
    return 1 - round(value)


def _minutes(value: float) -> int:
    return round(value / _MINUTE)


def _thousandths(value: float) -> int:
    return round(value * 1000)


def json_control(
    key: str,
    module: int,
    operation: str,
    parameter: str,
    /,
    *,
    wire: Callable[[Any], Any] = _plain,
    fixed: Mapping[str, Any] | None = None,
    names_device: bool = False,
    **limits: Any,
) -> Control:
    """Return a control of a second-generation device."""

    def build(value: Any) -> Command:
        parameters = {parameter: wire(value), **(fixed or {})}
        return JsonCommand(module, operation, parameters, names_device)

    return Control(key, build, **limits)


def tcp_control(
    key: str,
    number: int,
    parameter: str,
    /,
    *,
    wire: Callable[[Any], Any] = _plain,
    fixed: Mapping[str, Any] | None = None,
    module: int = 0,
    **limits: Any,
) -> Control:
    """Return a control of a first-generation device."""

    def build(value: Any) -> Command:
        parameters = {parameter: wire(value), **(fixed or {})}
        return TcpCommand(number, parameters, module)

    return Control(key, build, **limits)


def setting(
    key: str,
    field: str,
    parameter: str | None = None,
    /,
    *,
    wire: Callable[[Any], Any] = _plain,
    fixed: Mapping[str, Any] | None = None,
    **limits: Any,
) -> Control:
    """Return a control of a new device; developers give switches as true or false."""
    switch = not limits

    def build(value: Any) -> Command:
        sent = wire(value)
        return SettingCommand(
            {field: sent, **(fixed or {})},
            None if parameter is None else {parameter: bool(sent) if switch else sent},
        )

    return Control(key, build, **limits)


def coded(
    key: str,
    kind: tuple[int, int],
    code: str | None = None,
    parameter: str = "",
    /,
    *,
    scale: int = 1,
    zero_is_empty: bool = False,
    **limits: Any,
) -> Control:
    """Return a control of an inverter or a plug."""

    def build(value: Any) -> Command:
        sent = round(value * scale)
        return CodedCommand(kind, sent, code, {parameter: sent}, zero_is_empty)

    return Control(key, build, **limits)


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
        wire=_thousandths,
        options=(4, 6, 8),
    )


DELTA_2: Final = _second_generation(
    ac_module=5,
    own=(
        _x_boost(),
        json_control("beeper", 5, "quietMode", "enabled", wire=_opposite),
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
            wire=_minutes,
            options=IDLE_TIMES,
        ),
        json_control(
            "ac_timeout",
            5,
            "standbyTime",
            "standbyMins",
            wire=_minutes,
            options=IDLE_TIMES,
        ),
        json_control(
            "dc_timeout",
            5,
            "carStandby",
            "standbyMins",
            wire=_minutes,
            options=IDLE_TIMES,
        ),
    ),
)
DELTA_2_MAX: Final = _second_generation(
    ac_module=3,
    names_device=True,
    own=(
        json_control("x_boost", 3, "acOutCfg", "xboost", names_device=True),
        json_control(
            "beeper", 1, "quietCfg", "enabled", wire=_opposite, names_device=True
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
            wire=_minutes,
            options=IDLE_TIMES,
        ),
        json_control(
            "ac_timeout",
            5,
            "acStandby",
            "standbyMins",
            wire=_minutes,
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


def _first_generation(
    *own: Control,
    limits: int = 0,
    x_boost: int = 0,
    beeper: int = 0,
    lowest_limit: float = 50,
) -> tuple[Control, ...]:
    """Return what the whole first generation can do; modules differ by model."""
    return (
        tcp_control("beeper", 38, "enabled", wire=_opposite, module=beeper),
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
        wire=_minutes,
        options=IDLE_TIMES_WITHOUT_4,
    ),
    tcp_control("ac_timeout", 153, "standByMins", wire=_minutes, options=IDLE_TIMES),
)
_TCP_CAR_CURRENT: Final = tcp_control(
    "car_charging_current", 71, "currMa", wire=_thousandths, options=(4, 6, 8)
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
        wire=_minutes,
        options=IDLE_TIMES_WITHOUT_4,
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


def _energy_backup(enabled: bool, level: int) -> Command:
    return SettingCommand(
        {
            "cfgEnergyBackup": {
                "energyBackupEn": int(enabled),
                "energyBackupStartSoc": level,
            }
        },
        {"cfgEnergyBackup": {"energyBackupEn": enabled, "energyBackupStartSoc": level}},
    )


_NEW_COMMON: Final = (
    setting("beeper", "cfgBeepEn", "cfgBeepEn"),
    setting("x_boost", "cfgXboostEn", "cfgXboostEn"),
    setting("car_output", "cfgDc12vOutOpen", "cfgDc12vOutOpen"),
    setting("charge_limit", "cmsMaxChgSoc", "cfgMaxChgSoc", low=50, high=100),
    setting("discharge_limit", "cmsMinDsgSoc", "cfgMinDsgSoc", low=0, high=30),
    setting(
        "screen_timeout",
        "cfgScreenOffTime",
        "cfgScreenOffTime",
        options=SCREEN_TIMES,
    ),
    setting(
        "device_timeout",
        "cfgDevStandbyTime",
        "cfgDevStandbyTime",
        wire=_minutes,
        options=IDLE_TIMES,
    ),
    setting(
        "ac_timeout",
        "acStandbyTime",
        "cfgAcStandbyTime",
        wire=_minutes,
        options=IDLE_TIMES,
    ),
)
_AC_OUTPUT: Final = setting("ac_output", "cfgAcOutOpen", "cfgAcOutOpen")


def _new_station(*own: Control) -> tuple[Control, ...]:
    return (
        *_NEW_COMMON,
        _AC_OUTPUT,
        setting("ac_always_on", "outputPowerOffMemory"),
        Control("backup_reserve", lambda on: _energy_backup(bool(on), 5)),
        Control(
            "backup_level",
            lambda level: _energy_backup(True, round(level)),
            low=5,
            high=100,
        ),
        *own,
    )


def _delta_3(highest: float) -> tuple[Control, ...]:
    return _new_station(
        setting("usb_output", "cfgUsbOpen"),
        setting("bypass_disabled", "cfgBypassOutDisable", "cfgBypassOutDisable"),
        setting(
            "ac_charging_power",
            "cfgPlugInInfoAcInChgPowMax",
            # In another mode than "custom" the power alone is ignored.
            fixed={"plugInInfoAcInChgMode": 0},
            low=100,
            high=highest,
        ),
        setting(
            "car_charging_current",
            "cfgPlugInInfoPvDcAmpMax",
            options=(4, 5, 6, 7, 8),
        ),
        setting(
            "dc_timeout",
            "dcStandbyTime",
            "cfgDcStandbyTime",
            wire=_minutes,
            options=IDLE_TIMES,
        ),
    )


DELTA_3: Final = _delta_3(1500)
DELTA_3_CLASSIC: Final = _delta_3(1000)


def _river_3(highest: float) -> tuple[Control, ...]:
    return _new_station(
        setting(
            "ac_charging_power", "cfgPlugInInfoAcInChgPowMax", low=50, high=highest
        ),
        setting("car_charging_current", "cfgPlugInInfoPvDcAmpMax", options=(4, 6, 8)),
    )


RIVER_3: Final = _river_3(305)
RIVER_3_PLUS: Final = _river_3(380)
DELTA_PRO_3: Final = (
    *_NEW_COMMON,
    setting("ac_high_voltage", "cfgHvAcOutOpen", "cfgHvAcOutOpen"),
    setting("ac_low_voltage", "cfgLvAcOutOpen", "cfgLvAcOutOpen"),
    setting("energy_saving", "acEnergySavingOpen", "cfgAcEnergySavingOpen"),
    setting("generator_start", "cmsOilSelfStart", "cfgCmsOilSelfStart"),
    setting("generator_start_level", "cmsOilOnSoc", "cfgCmsOilOnSoc", low=0, high=30),
    setting(
        "generator_stop_level", "cmsOilOffSoc", "cfgCmsOilOffSoc", low=50, high=100
    ),
    setting(
        "ac_charging_power",
        "cfgPlugInInfoAcInChgPowMax",
        "cfgPlugInInfoAcInChgPowMax",
        low=400,
        high=2900,
    ),
    setting(
        "dc_timeout",
        "dcStandbyTime",
        "cfgDcStandbyTime",
        wire=_minutes,
        options=IDLE_TIMES_WITHOUT_4,
    ),
)
STREAM: Final = (
    setting("outlet_1", "relay2Onoff", "cfgRelay2Onoff"),
    setting("outlet_2", "relay3Onoff", "cfgRelay3Onoff"),
)
POWERSTREAM: Final = (
    coded(
        # In which unit developers have to give it is not known.
        "base_load",
        (20, 129),
        scale=10,
        zero_is_empty=True,
        high=800,
    ),
    coded(
        "supply_priority",
        (20, 130),
        "WN511_SET_SUPPLY_PRIORITY_PACK",
        "supplyPriority",
        zero_is_empty=True,
        options=(0, 1),
    ),
    coded(
        "discharge_limit",
        (20, 132),
        "WN511_SET_BAT_LOWER_PACK",
        "lowerLimit",
        zero_is_empty=True,
        low=1,
        high=30,
    ),
    coded(
        "charge_limit",
        (20, 133),
        "WN511_SET_BAT_UPPER_PACK",
        "upperLimit",
        low=70,
        high=100,
    ),
    coded(
        "brightness",
        (20, 135),
        "WN511_SET_BRIGHTNESS_PACK",
        "brightness",
        zero_is_empty=True,
        high=1023,
    ),
)
SMART_PLUG: Final = (
    coded("switch", (2, 129), "WN511_SOCKET_SET_PLUG_SWITCH_MESSAGE", "plugSwitch"),
    coded(
        "brightness",
        (2, 130),
        "WN511_SOCKET_SET_BRIGHTNESS_PACK",
        "brightness",
        high=1023,
    ),
)
