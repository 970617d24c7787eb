"""Delta 3, Delta Pro 3, River 3 and Stream."""

from typing import Any, Final

from ...commands import Command, SettingCommand
from . import IDLE_TIMES, IDLE_TIMES_WITHOUT_4, SCREEN_TIMES, Control, minutes, setting


def _energy_backup(enabled: bool, level: int) -> SettingCommand:
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
        "ac_timeout",
        "acStandbyTime",
        "cfgAcStandbyTime",
        wire=minutes,
        options=IDLE_TIMES,
    ),
)
_AC_OUTPUT: Final = setting("ac_output", "cfgAcOutOpen", "cfgAcOutOpen")


def _device_timeout(times: tuple[float, ...]) -> Control:
    return setting(
        "device_timeout",
        "cfgDevStandbyTime",
        "cfgDevStandbyTime",
        wire=minutes,
        options=times,
    )


def _new_station(*own: Control) -> tuple[Control, ...]:
    return (
        *_NEW_COMMON,
        _device_timeout(IDLE_TIMES),
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
            wire=minutes,
            options=IDLE_TIMES,
        ),
    )


def _max_plus_backup(on: Any) -> Command:
    command = _energy_backup(bool(on), 5)
    return command._replace(
        parameters={"cfgEnergyBackup": {"energyBackupEn": bool(on)}}
    )


def _max_plus_level(level: Any) -> Command:
    # Developers set it otherwise, and within other limits.
    return _energy_backup(True, round(level))._replace(parameters=None)


DELTA_3: Final = _delta_3(1500)
_MAX_PLUS: Final = {
    "backup_reserve": _max_plus_backup,
    "backup_level": _max_plus_level,
}
DELTA_3_MAX_PLUS: Final = tuple(
    control._replace(build=_MAX_PLUS.get(control.key, control.build))
    for control in DELTA_3
)
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
    _device_timeout(IDLE_TIMES_WITHOUT_4),
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
        wire=minutes,
        options=IDLE_TIMES_WITHOUT_4,
    ),
)


def _outlet(key: str, field: str, parameter: str) -> Control:
    def build(value: Any) -> Command:
        on = round(value)
        return SettingCommand({field: on}, {parameter: on}, sender="ios", version=3)

    return Control(key, build)


STREAM: Final = (
    _outlet("outlet_1", "relay2Onoff", "cfgRelay2Onoff"),
    _outlet("outlet_2", "relay3Onoff", "cfgRelay3Onoff"),
)
