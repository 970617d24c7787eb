"""Every family's table says of real devices what they said themselves."""

import json
import math
import re
import struct
from typing import Any

import pytest

from custom_components.power_steward.devices.ecoflow.codec import Parsed, Topic, parse
from custom_components.power_steward.devices.ecoflow.frames import build_frame
from custom_components.power_steward.devices.ecoflow.messages.display import PROPERTIES
from custom_components.power_steward.devices.ecoflow.messages.powerocean import (
    FIT_HEARTBEAT,
    FIT_STREAM,
    STREAM,
)
from custom_components.power_steward.devices.ecoflow.models import Row, byte_swapped
from custom_components.power_steward.devices.ecoflow.models.conversion import (
    Rejected,
    converter,
)
from custom_components.power_steward.devices.ecoflow.models.quantities import (
    RANGES,
    VALUES,
    Quantity,
    kind_of,
)
from custom_components.power_steward.devices.ecoflow.models.registry import (
    MODELS,
    UNKNOWN,
    model_of,
)
from custom_components.power_steward.devices.ecoflow.station import (
    MAX_STRANGE,
    MAX_VALUES,
)
from custom_components.power_steward.devices.ecoflow.wire import Message

from .conftest import NAMES, a_station, seen

PARTLY_KNOWN = {"stream_5000", "stream_5000_es21"}
"""Devices that send more than anybody understands yet."""


@pytest.mark.parametrize("name", NAMES)
def test_what_devices_said(name: str) -> None:
    """A device's messages become exactly these values, none turned down."""
    device = seen(name)
    station = device.told()
    reading = station.reading(available=True)
    assert station.model.name == device.model
    assert dict(reading.values) == device.values
    assert list(reading.rejected) == device.rejected == []
    assert not station.strange or name in PARTLY_KNOWN
    assert reading.serial == device.serial


@pytest.mark.parametrize("name", NAMES)
def test_saying_it_again_changes_nothing(name: str) -> None:
    """A repeated message leaves the very same reading behind, so nobody is told."""
    device = seen(name)
    station = device.told()
    before = station.reading(available=True)
    topic, payload = device.messages[-1]
    parsed = parse(topic, payload, station.model.family.layouts)
    assert not station.take(parsed)
    assert station.reading(available=True) is before
    assert station.reading(available=False) != before


def test_tenths_of_a_watt() -> None:
    """Solar power is in tenths on the first generation, whole on the second.

    Each agrees with its own volts and amperes.
    """
    first = seen("delta_max").values
    assert first["solar_1_power"] == 309.2
    assert math.isclose(
        first["solar_1_power"],
        first["solar_1_voltage"] * first["solar_1_current"],
        rel_tol=0.01,
    )
    station = a_station("R331TEST00000001")
    station.take(Parsed({"mppt.inWatts": 309, "mppt.inVol": 65800, "mppt.inAmp": 4700}))
    second = station.reading(available=True).values
    assert (second["solar_1_power"], second["solar_1_voltage"]) == (309, 65.8)


def test_swapped_bytes() -> None:
    """River Mini sends its volts and amperes with the bytes the other way round."""
    station = a_station("UNKNOWN", "RIVER Mini")
    assert station.model.name == "River Mini"
    station.take(
        Parsed(
            {
                "inv.invInVol": 324403968,
                "inv.invInAmp": 3070296064,
                "inv.invOutVol": 390988544,
                "inv.invOutAmp": "x",
            }
        )
    )
    reading = station.reading(available=True)
    assert reading.values["ac_input_voltage"] == 218.643
    assert reading.values["ac_input_current"] == 0.439
    assert reading.values["ac_output_voltage"] == 216.599
    assert reading.values["ac_output_current"] is None
    assert reading.rejected == ("inv.invOutAmp",)
    assert byte_swapped(-1) == -1


def test_millivolts_and_volts() -> None:
    """The River 2 line gives whole volts, Delta 2 millivolts, new devices either."""
    for serial, wire, raw, volts in (
        ("R331TEST1", "bms_bmsStatus.vol", 52990, 52.99),
        ("R611TEST1", "bms_bmsStatus.vol", 25, 25),
        ("P351TEST1", "bmsBattVol", 53.025, 53.025),
        ("R655TEST1", "bmsBattVol", 19720, 19.72),
        ("P351TEST1", "pack0.vol", 53085, 53.085),
    ):
        station = a_station(serial)
        station.take(Parsed({wire: raw}))
        values = station.reading(available=True).values
        assert values["battery_voltage"] == volts, wire


def test_quiet_is_the_opposite_of_beeping() -> None:
    """JSON devices say whether they are quiet, binary ones whether they beep."""
    for serial, wire, raw, beeps in (
        ("R331TEST1", "mppt.beepState", 1, False),
        ("DCATEST01", "pd.beepState", 0, True),
        ("P351TEST1", "enBeep", 1, True),
    ):
        station = a_station(serial)
        station.take(Parsed({wire: raw}))
        assert station.reading(available=True).values["beeper"] is beeps


@pytest.mark.parametrize(
    ("flag", "on"), [(14, True), (4, False), (2, None), (12, None), (True, None)]
)
def test_flow_flags(flag: int, on: bool | None) -> None:
    """Of an output's flow only two codes are known; others say nothing."""
    station = a_station("P351TEST1")
    station.take(Parsed({"flowInfoAcOut": flag}))
    assert station.reading(available=True).values["ac_output"] is on


@pytest.mark.parametrize("minutes", [5939, 5999, 12927, 143999, 65535])
def test_no_remaining_time(minutes: int) -> None:
    """Times that stand for none are unknown, and nothing is wrong with them."""
    station = a_station("R331TEST1")
    station.take(Parsed({"bms_emsStatus.chgRemainTime": minutes}))
    reading = station.reading(available=True)
    assert reading.values == {"charge_time": None}
    assert reading.rejected == ()


@pytest.mark.parametrize(
    ("wire", "raw"),
    [
        ("pd.wattsInSum", 1e9),
        ("pd.wattsInSum", math.nan),
        ("pd.wattsInSum", math.inf),
        ("pd.wattsInSum", "12"),
        ("pd.wattsInSum", True),
        ("pd.wattsInSum", [1]),
        ("pd.wattsInSum", 10**400),
        ("bms_bmsStatus.temp", -127),
        ("bms_emsStatus.f32LcdShowSoc", 101),
        ("bms_emsStatus.f32LcdShowSoc", -0.1),
        ("mppt.cfgAcEnabled", 2),
        ("mppt.cfgAcEnabled", "on"),
        ("mppt.beepState", [1]),
    ],
)
def test_impossible_values(wire: str, raw: object) -> None:
    """What cannot be is unknown and named, until the device says something better."""
    station = a_station("R331TEST1")
    station.take(Parsed({wire: raw}))
    reading = station.reading(available=True)
    assert set(reading.values.values()) == {None}
    assert reading.rejected == (wire,)
    station.take(Parsed({wire: 0}))
    assert station.reading(available=True).rejected == ()


def test_the_first_known_of_several_names_counts() -> None:
    """A value with two wire names takes the second while the first is not there."""
    station = a_station("R331TEST1")
    station.take(Parsed({"bms_emsStatus.lcdShowSoc": 85}))
    assert station.reading(available=True).values["charge"] == 85
    station.take(Parsed({"bms_emsStatus.f32LcdShowSoc": 85.4}))
    assert station.reading(available=True).values["charge"] == 85.4
    station.take(Parsed({"bms_emsStatus.lcdShowSoc": 86}))
    assert station.reading(available=True).values["charge"] == 85.4


def test_the_mains_of_new_devices() -> None:
    """Mains is there if the input says so, or takes power although it does not."""
    station = a_station("R655TEST1")
    station.take(Parsed({"plugInInfoAcInFlag": 0, "powOutSumW": 40}))
    values = station.reading(available=True).values
    assert (values["mains"], values["on_battery"]) == (False, True)
    station.take(Parsed({"powGetAcIn": 16.9}))
    values = station.reading(available=True).values
    assert (values["mains"], values["on_battery"]) == (True, False)


def on_battery(serial: str, **told: float) -> bool | None:
    """Return what a device says of its battery that has told nothing else."""
    station = a_station(serial)
    station.take(Parsed({name.replace("__", "."): told[name] for name in told}))
    return station.reading(available=True).on_battery


@pytest.mark.parametrize(
    ("volts", "watts", "expected"),
    [
        (230_000, 43, False),
        (230_000, 0, False),
        (0, 43, True),
        (0, 0, None),
        (0, None, None),
        (None, 43, None),
    ],
)
def test_on_battery(
    volts: float | None, watts: float | None, expected: bool | None
) -> None:
    """The battery is needed if mains is away and something is drawn."""
    told = {"inv__acInVol": volts, "pd__wattsOutSum": watts}
    known = {name: value for name, value in told.items() if value is not None}
    assert on_battery("R331TEST1", **known) is expected


def test_on_battery_behind_outlets_and_panels() -> None:
    """A Stream carries what is at its outlets, a panel its circuits."""
    assert on_battery("BK11TEST1", gridConnectionSta=2, powGetSchuko2=30) is True
    assert on_battery("BK11TEST1", gridConnectionSta=2, powGetSchuko2=0) is None
    assert on_battery("BK11TEST1", gridConnectionSta=1, powGetSchuko2=30) is False
    assert on_battery("BK01TEST1", gridConnectionSta=1, powOutSumW=30) is None


def test_a_model_that_nobody_knows() -> None:
    """It has its charge and powers by the common names, and its other numbers."""
    station = a_station("ZZ99TEST00000001")
    assert station.model is UNKNOWN
    station.take(
        parse(
            Topic.PUSH,
            b'{"params": {"pd.wattsInSum": 12, "x.y": 5, "x.name": "n", "z": [1]}}',
            station.model.family.layouts,
        )
    )
    station.take(Parsed({"cmsBattSoc": 55.5, "x.w": math.nan}))
    reading = station.reading(available=True)
    assert reading.values == {"input_power": 12, "charge": 55.5}
    assert reading.others == {"x.y": 5}


def told(
    serial: str, *messages: tuple[Message, tuple[int, int], dict[str, Any]]
) -> Any:
    """Return the values of a device after binary messages."""
    station = a_station(serial)
    for message, (func, cmd), values in messages:
        payload = build_frame(
            message.write(values), src=53, cmd_func=func, cmd_id=cmd, seq=1
        )
        station.take(parse(Topic.PUSH, payload, station.model.family.layouts))
    return station.reading(available=True).values


def test_a_powerocean_leaves_out_zeros() -> None:
    """In its energy stream a number that is not there is a zero."""
    some = {"sysLoadPwr": 390.0, "mpptPwr": 4160.0}
    assert told("HJ31TEST1", (STREAM, (96, 33), some)) == {
        "charge": 0,
        "house_power": 390,
        "grid_power": 0,
        "solar_power": 4160,
        "battery_power": 0,
    }


def test_a_powerocean_fit() -> None:
    """It has the same values under other numbers."""
    stream = {"sysGridPwr": -120.0, "bpPwr": 300.0, "mpptPwr": 900.0, "bpSoc": 61}
    day = {"meterAVoltage": 231.5, "meterACurrent": 1.25, "pvInDayEnergy": 5200.0}
    assert told(
        "HC31TEST1",
        (FIT_STREAM, (96, 33), {**stream, "sysLoadPwr": 480.0}),
        (FIT_HEARTBEAT, (96, 1), {**day, "batterySocUpperLimit": 95}),
    ) == {
        "charge": 61,
        "house_power": 480,
        "grid_power": -120,
        "solar_power": 900,
        "battery_power": 300,
        "phase_1_voltage": 231.5,
        "phase_1_current": 1.25,
        "energy_solar_today": 5200,
        "charge_limit": 95,
    }


def test_an_ocean_pro() -> None:
    """What it makes is positive; a string's number may hold something else."""
    values = {
        "cmsBattSoc": 80.0,
        "powGetAc": -2500.0,
        "solarString1Power": 1300.0,
        "solarString2Power": 90_000.0,
    }
    assert told("HR51TEST1", (PROPERTIES, (254, 21), values)) == {
        "charge": 80,
        "inverter_power": 2500,
        "solar_1_power": 1300,
        "solar_2_power": None,
    }


def test_a_panel_leaves_out_zeros() -> None:
    """The house's power without the grid's, and a circuit without a power."""
    first: dict[str, Any] = {
        "cmsBattSoc": 55.0,
        "powGetSysLoad": 900.0,
        "powGetSysGrid": 400.0,
        "circuit1": {"watt": -210.5, "vol": 120.0},
        "circuit32": {"vol": 119.0},
    }
    values = told("HR63TEST1", (PROPERTIES, (254, 21), first))
    assert values == {
        "charge": 55,
        "house_power": 900,
        "grid_power": 400,
        "battery_power": -500,
        "circuit_power_1": 210.5,
        "circuit_power_32": 0,
    }
    later = {"powGetSysLoad": 700.0}, {"cmsBattSoc": 54.0}
    messages = [(PROPERTIES, (254, 21), it) for it in (first, *later)]
    values = told("HR63TEST1", *messages)
    assert (values["grid_power"], values["battery_power"]) == (0, -700)
    assert values["circuit_power_1"] == 210.5
    assert "circuit_power_33" not in told("HR63TEST1", *messages)


def test_batteries_that_a_panel_does_not_have() -> None:
    """Of one that is not connected a panel says nothing but zeros, which are not so."""
    station = a_station("SP10TEST1")
    info = {"batteryPercentage": 54, "stateBean": {"isConnect": 1}}
    none = {"batteryPercentage": 0, "stateBean": {"isConnect": 0}}
    station.take(Parsed({"heartbeat": {"energyInfos": [info, none]}}))
    assert station.reading(available=True).values == {"battery_charge": 54}


def test_what_nobody_understands_is_kept() -> None:
    """Unknown messages are counted, their numbers kept, texts and places not."""
    station = a_station("P351TEST1")
    payload = b"".join(
        (
            bytes.fromhex("0807"),  # 1: 7
            bytes.fromhex("1203414243"),  # 2: ABC
            b"\x1d" + struct.pack("<f", 52.51631),
            b"\x25" + struct.pack("<f", math.inf),
            bytes.fromhex("28ffffffff7f"),  # 5: an id
        )
    )
    frame = build_frame(payload, src=2, cmd_func=99, cmd_id=1)
    for _ in range(3):
        station.take(parse(Topic.PUSH, frame, station.model.family.layouts))
    assert station.told()["strange"] == {
        "99/1": {
            "count": 3,
            "fields": {
                "1:0": 7,
                "2:2": "3 bytes",
                "3:5": 52.5,
                "4:5": "no number",
                "5:0": "a large number",
            },
        }
    }
    for number in range(1000):
        fields = b"".join(bytes((n << 3, 1)) for n in range(1, 16))
        frame = build_frame(fields, src=2, cmd_func=200, cmd_id=number + 1)
        station.take(parse(Topic.PUSH, frame, station.model.family.layouts))
    assert len(station.strange) == MAX_STRANGE
    broken = build_frame(b"\xff", src=2, cmd_func=99, cmd_id=1)
    station.take(parse(Topic.PUSH, broken, station.model.family.layouts))
    assert station.strange["99/1"].count == 4


def test_giants() -> None:
    """Long texts and names, and deep or long structures, leave nothing behind."""
    station = a_station("R331TEST00000001")
    giant = "x" * 400_000
    deep: Any = 5
    for _ in range(500):
        deep = {"a": deep}
    for params in (
        {"pd.wattsInSum": giant, giant: 5, "n": [giant, 1], "j": f"{{{giant}"},
        {"deep": deep, "list": list(range(100_000)), "more": [[giant] * 2] * 2},
        {"pd.wattsInSum": "[" * 10_000, "pd.wattsOutSum": 5},
    ):
        payload = json.dumps({"params": params}).encode()
        station.take(parse(Topic.PUSH, payload, {}))
    assert station.reading(available=True).values["output_power"] == 5
    assert len(json.dumps(station.raw)) < 20_000


def test_memory_is_bounded() -> None:
    """A device that invents names does not fill the memory."""
    station = a_station("R331TEST1")
    station.take(Parsed({f"invented.{number}": 1 for number in range(10_000)}))
    assert len(station.raw) == MAX_VALUES
    station.take(Parsed({"invented.1": 2, "one.more": 1}))
    assert station.raw["invented.1"] == 2
    assert len(station.raw) == MAX_VALUES


def test_models_are_told_apart() -> None:
    """The longest beginning of a serial number decides, then the cloud's name."""
    assert model_of("R351X").name == "Delta 2 Max"
    assert model_of("DCEBZ1").name == "Delta Pro"
    assert model_of("D3M1X").name == "Delta 3 Max Plus"
    assert model_of("X", "River  max").name == "River Max"
    assert model_of("X", "Something") is UNKNOWN
    assert model_of("") is UNKNOWN
    prefixes = [prefix for model in MODELS for prefix in model.prefixes]
    assert len(prefixes) == len(set(prefixes))
    assert len({model.name for model in MODELS}) == len(MODELS)


def test_tables_use_known_values_only() -> None:
    """Every row's key is in the list of values, and each of these is used."""
    families = [model.family for model in (*MODELS, UNKNOWN)]
    used = {row.key for family in families for row in family.rows}
    used |= {derived.key for family in families for derived in family.derived}
    for key in used:
        kind_of(key)
    stems = {re.sub(r"_\d$", "", key) for key in used} | used
    assert set(VALUES) - stems == set()
    assert set(RANGES) == set(Quantity)
    with pytest.raises(KeyError):
        kind_of("nothing")
    with pytest.raises(KeyError):
        kind_of("nothing_1")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_rows_stand_once(model: object) -> None:
    """No row of a table is there twice."""
    assert isinstance(model, type(UNKNOWN))
    pairs = [(row.key, row.wire) for row in model.family.rows]
    assert len(pairs) == len(set(pairs))


def test_ranges() -> None:
    """A converter keeps to what is possible, and never shows minus zero."""
    convert = converter(Row("power", "w", -1.0))
    assert str(convert(0)) == "0.0"
    assert convert(12.34) == -12.3
    with pytest.raises(Rejected):
        convert(200_000)
