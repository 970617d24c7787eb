"""Each control sends exactly what its device is known to obey."""

import json
from typing import Any

import pytest

from custom_components.power_steward.devices.ecoflow.codec import NEW_GENERATION
from custom_components.power_steward.devices.ecoflow.commands import (
    Command,
    ask_binary,
    ask_json,
    next_number,
    open_stream,
)
from custom_components.power_steward.devices.ecoflow.frames import parse_frames
from custom_components.power_steward.devices.ecoflow.messages.settings import SETTINGS
from custom_components.power_steward.devices.ecoflow.models import Model
from custom_components.power_steward.devices.ecoflow.models.controls import Control
from custom_components.power_steward.devices.ecoflow.models.quantities import (
    Quantity,
    kind_of,
)
from custom_components.power_steward.devices.ecoflow.models.registry import (
    MODELS,
    model_of,
)

SETTABLE = [model for model in MODELS if model.controls]


def control(serial: str, key: str, product: str | None = None) -> Control:
    """Return a device's control."""
    [found] = [it for it in model_of(serial, product).controls if it.key == key]
    return found


def command(serial: str, key: str, value: Any, product: str | None = None) -> Command:
    """Return the command that sets a value."""
    return control(serial, key, product).build(value)


def app_json(serial: str, key: str, value: Any) -> Any:
    """Return the JSON for the account's topic."""
    message = json.loads(command(serial, key, value).app(serial, 999_912_345))
    assert message.pop("from") == "HomeAssistant"
    assert message.pop("id") == "999912345"
    assert message.pop("version") == "1.0"
    return message


@pytest.mark.parametrize(
    ("serial", "key", "value", "message"),
    [
        (
            "R331T",
            "ac_output",
            True,
            (
                5,
                "acOutCfg",
                {"enabled": 1, "out_voltage": -1, "out_freq": 255, "xboost": 255},
            ),
        ),
        (
            "R331T",
            "x_boost",
            False,
            (
                5,
                "acOutCfg",
                {"enabled": 255, "out_voltage": -1, "out_freq": 255, "xboost": 0},
            ),
        ),
        ("R331T", "beeper", True, (5, "quietMode", {"enabled": 0})),
        ("R331T", "usb_output", False, (1, "dcOutCfg", {"enabled": 0})),
        (
            "R331T",
            "ac_always_on",
            True,
            (1, "acAutoOutConfig", {"acAutoOutConfig": 1, "minAcOutSoc": 5}),
        ),
        ("R331T", "solar_first", True, (1, "pvChangePrio", {"pvChangeSet": 1})),
        ("R331T", "car_output", True, (5, "mpptCar", {"enabled": 1})),
        (
            "R331T",
            "backup_reserve",
            True,
            (
                1,
                "watthConfig",
                {"bpPowerSoc": 50, "minChgSoc": 0, "isConfig": 1, "minDsgSoc": 0},
            ),
        ),
        (
            "R331T",
            "backup_level",
            35.0,
            (
                1,
                "watthConfig",
                {"bpPowerSoc": 35, "minChgSoc": 0, "isConfig": 1, "minDsgSoc": 0},
            ),
        ),
        ("R331T", "charge_limit", 90.0, (2, "upsConfig", {"maxChgSoc": 90})),
        ("R331T", "discharge_limit", 0.0, (2, "dsgCfg", {"minDsgSoc": 0})),
        ("R331T", "generator_start_level", 10, (2, "openOilSoc", {"openOilSoc": 10})),
        ("R331T", "generator_stop_level", 90, (2, "closeOilSoc", {"closeOilSoc": 90})),
        (
            "R331T",
            "ac_charging_power",
            600,
            (5, "acChgCfg", {"chgWatts": 600, "chgPauseFlag": 255}),
        ),
        ("R331T", "car_charging_current", 6.0, (5, "dcChgCfg", {"dcChgCfg": 6000})),
        (
            "R331T",
            "screen_timeout",
            300,
            (1, "lcdCfg", {"brighLevel": 255, "delayOff": 300}),
        ),
        ("R331T", "device_timeout", 1800, (1, "standbyTime", {"standbyMin": 30})),
        ("R331T", "ac_timeout", 0, (5, "standbyTime", {"standbyMins": 0})),
        ("R331T", "dc_timeout", 7200, (5, "carStandby", {"standbyMins": 120})),
        ("R611T", "device_timeout", 7200, (5, "standby", {"standbyMins": 120})),
        ("R611T", "ac_timeout", 7200, (5, "acStandby", {"standbyMins": 120})),
        (
            "R611T",
            "screen_timeout",
            10,
            (5, "lcdCfg", {"brighLevel": 255, "delayOff": 10}),
        ),
        ("DCAT", "beeper", False, (0, "TCP", {"id": 38, "enabled": 1})),
        ("DCAT", "ac_output", True, (0, "TCP", {"id": 66, "enabled": 1})),
        ("DCAT", "charge_limit", 80, (0, "TCP", {"id": 49, "maxChgSoc": 80})),
        (
            "DCAT",
            "backup_reserve",
            False,
            (
                0,
                "TCP",
                {
                    "id": 94,
                    "isConfig": 0,
                    "bpPowerSoc": 0,
                    "minDsgSoc": 0,
                    "maxChgSoc": 0,
                },
            ),
        ),
        ("DCAT", "ac_charging_power", 900, (0, "TCP", {"id": 69, "slowChgPower": 900})),
        ("DAET", "x_boost", True, (5, "TCP", {"id": 66, "xboost": 1})),
        ("DAET", "discharge_limit", 5, (2, "TCP", {"id": 51, "minDsgSoc": 5})),
        ("DAAT", "car_charging_current", 8, (0, "TCP", {"id": 71, "currMa": 8000})),
        ("SP10T", "eps", True, (None, "TCP", {"id": 24, "cmdSet": 11, "eps": 1})),
        ("BX11T", "beeper", True, (1, "beepEn", {"flag": 1})),
    ],
)
def test_json_commands(
    serial: str, key: str, value: Any, message: tuple[int | None, str, dict[str, Any]]
) -> None:
    """The account's topic gets the module, the operation and the parameters."""
    module, operation, parameters = message
    assert app_json(serial, key, value) == {
        **({} if module is None else {"moduleType": module}),
        "operateType": operation,
        "params": parameters,
    }


def test_some_devices_want_their_name() -> None:
    """Delta 2 Max reads its own serial number in a command."""
    assert app_json("R351T", "ac_charging_power", 1200) == {
        "moduleType": 3,
        "operateType": "acChgCfg",
        "moduleSn": "R351T",
        "params": {"slowChgWatts": 1200, "fastChgWatts": 2000, "chgPauseFlag": 0},
    }


def test_developers_bodies() -> None:
    """The developer's interface gets the same, in its own clothes."""
    assert command("R331T", "charge_limit", 90).developer("R331T") == {
        "sn": "R331T",
        "version": "1.0",
        "moduleType": 2,
        "operateType": "upsConfig",
        "params": {"maxChgSoc": 90},
    }
    assert command("DCAT", "ac_output", True).developer("DCAT") == {
        "sn": "DCAT",
        "operateType": "TCP",
        "params": {"cmdSet": 32, "id": 66, "enabled": 1},
    }
    assert command("SP10T", "eps", False).developer("SP10T") == {
        "sn": "SP10T",
        "operateType": "TCP",
        "params": {"cmdSet": 11, "id": 24, "eps": 0},
    }
    assert command("MR51T", "beeper", False).developer("MR51T") == {
        "sn": "MR51T",
        "cmdId": 17,
        "cmdFunc": 254,
        "dirDest": 1,
        "dirSrc": 1,
        "dest": 2,
        "needAck": True,
        "params": {"cfgBeepEn": False},
    }
    limit = command("D3M1T", "charge_limit", 80).developer("D3M1T")
    assert limit is not None
    assert limit["params"] == {"cfgMaxChgSoc": 80}
    reserve = command("D3M1T", "backup_reserve", True).developer("D3M1T")
    assert reserve is not None
    assert reserve["params"] == {"cfgEnergyBackup": {"energyBackupEn": True}}
    assert command("D3M1T", "backup_level", 20).developer("D3M1T") is None
    outlet = command("BK11T", "outlet_1", True).developer("BK11T")
    assert outlet is not None
    assert outlet["params"] == {"cfgRelay2Onoff": 1}
    assert command("P351T", "usb_output", True).developer("P351T") is None
    assert command("HW52T", "switch", True).developer("HW52T") == {
        "sn": "HW52T",
        "cmdCode": "WN511_SOCKET_SET_PLUG_SWITCH_MESSAGE",
        "params": {"plugSwitch": 1},
    }
    assert command("HW51T", "base_load", 100).developer("HW51T") is None


P351 = "P351TEST00000001"
HW51 = "HW51TEST00000001"


def test_worked_examples() -> None:
    """Binary commands are the known bytes."""
    assert command(P351, "beeper", False).app(P351, 1001).hex() == (
        "0a430a0248001020180220012801380340fe0148115002580170e907800113880101ba010d486f"
        "6d65417373697374616e74ca011050333531544553543030303030303031"
    )
    assert command(P351, "ac_charging_power", 600.0).app(P351, 1002).hex() == (
        "0a480a07b003d804e807001020180220012801380340fe0148115007580170ea07800113880101"
        "ba010d486f6d65417373697374616e74ca011050333531544553543030303030303031"
    )
    assert command(HW51, "base_load", 250.0).app(HW51, 1003).hex() == (
        "0a440a0308c4131020183520012801380340144881015003580170eb07800113880101ba010d48"
        "6f6d65417373697374616e74ca011048573531544553543030303030303031"
    )
    assert command(HW51, "base_load", 0.0).app(HW51, 1004).hex() == (
        "0a3f1020183520012801380340144881015000580170ec07800113880101ba010d486f6d654173"
        "73697374616e74ca011048573531544553543030303030303031"
    )


@pytest.mark.parametrize(
    ("serial", "key", "value", "fields"),
    [
        (P351, "ac_output", True, {"cfgAcOutOpen": 1}),
        (P351, "usb_output", False, {"cfgUsbOpen": 0}),
        (P351, "car_output", True, {"cfgDc12vOutOpen": 1}),
        (P351, "x_boost", True, {"cfgXboostEn": 1}),
        (P351, "bypass_disabled", True, {"cfgBypassOutDisable": 1}),
        (P351, "ac_always_on", False, {"outputPowerOffMemory": 0}),
        (P351, "discharge_limit", 0, {"cmsMinDsgSoc": 0}),
        (P351, "dc_timeout", 7200, {"dcStandbyTime": 120}),
        (P351, "car_charging_current", 5, {"cfgPlugInInfoPvDcAmpMax": 5}),
        (
            P351,
            "backup_reserve",
            False,
            {"cfgEnergyBackup": {"energyBackupEn": 0, "energyBackupStartSoc": 5}},
        ),
        (
            "R655TEST00000001",
            "backup_level",
            20,
            {"cfgEnergyBackup": {"energyBackupEn": 1, "energyBackupStartSoc": 20}},
        ),
        (
            "R655TEST00000001",
            "ac_charging_power",
            300,
            {"cfgPlugInInfoAcInChgPowMax": 300},
        ),
        ("MR51TEST00000001", "ac_low_voltage", True, {"cfgLvAcOutOpen": 1}),
        ("BK11TEST00000001", "outlet_2", False, {"relay3Onoff": 0}),
    ],
)
def test_settings(serial: str, key: str, value: Any, fields: dict[str, Any]) -> None:
    """A setting carries its whole group, zeros written out, and nothing else."""
    [frame] = parse_frames(command(serial, key, value).app(serial, 7))
    assert SETTINGS.read(frame.plain).values == fields
    assert frame.header["data_len"] == len(frame.plain)
    assert frame.header["device_sn"] == serial
    assert frame.command == (254, 17)
    assert frame.command not in NEW_GENERATION


def test_a_stream_obeys_its_app() -> None:
    """Its settings come in the envelope in which the app sends them."""
    serial = "BK11TEST00000001"
    [frame] = parse_frames(command(serial, "outlet_1", True).app(serial, 7))
    assert (frame.header["sender"], frame.header["version"]) == ("ios", 3)


def test_a_delta_3_1500() -> None:
    """It obeys as a Delta 2 does, and charges with more power."""
    it = control("UNKNOWN", "ac_charging_power", "DELTA 3 1500")
    assert it.accepts(1500)
    assert not control("R331T", "ac_charging_power").accepts(1500)
    assert it.build(1500) == command("R331T", "ac_charging_power", 1500)


def test_waking_a_powerocean() -> None:
    """It tells its powers only as long as it is told to."""
    assert open_stream(1).hex() == (
        "0a240a0208011020186020012801380340604861500258017001800113880101ba0103696f73"
    )


def test_a_plug_is_told_zero() -> None:
    """A plug gets its zero written out, an inverter gets nothing at all."""
    [frame] = parse_frames(command("HW52T", "switch", False).app("HW52T", 7))
    assert (frame.command, frame.plain) == ((2, 129), b"\x08\x00")
    assert frame.header["dest"] == 53


def values_of(it: Control) -> list[float | bool]:
    """Return the extremes of what a control takes."""
    if kind_of(it.key).quantity is Quantity.ON_OFF:
        return [False, True]
    return list(it.options) or [it.low, it.high]


@pytest.mark.parametrize("model", SETTABLE, ids=lambda model: model.name)
def test_every_control(model: Model) -> None:
    """All controls show a value of their device and build commands at their limits."""
    keys = [it.key for it in model.controls]
    assert len(keys) == len(set(keys))
    shown = {row.key for row in model.family.rows}
    for it in model.controls:
        assert it.key in shown
        for value in values_of(it):
            assert it.accepts(value)
            built = it.build(value)
            assert built.app("TESTTEST00000001", 1)
            body = built.developer("TESTTEST00000001")
            assert body is None or json.dumps(body)
        assert not it.accepts(-1)
        assert not it.accepts(10**6)


def test_requests() -> None:
    """Asking for all values, and the numbers that commands carry."""
    assert json.loads(ask_json(999_912_345)) == {
        "from": "HomeAssistant",
        "id": "999912345",
        "version": "1.1",
        "moduleType": 0,
        "operateType": "latestQuotas",
        "params": {},
    }
    assert ask_binary(1767225600).hex().startswith("0a1a10201820")
    assert next_number(0) == 999_910_000
    assert next_number(999_910_000) == 999_910_001
    assert next_number(999_999_999) == 999_910_000
