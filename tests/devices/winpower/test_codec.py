"""What the codec makes of a server's answers, the right ones and all others."""

import base64
from collections.abc import Iterator, Mapping
from copy import deepcopy
import json
import math
from pathlib import Path
from typing import Any, Final, get_args

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_steward.devices.errors import (
    AnswerNotUnderstood,
    ClientError,
    CredentialsRejected,
    RequestRefused,
)
from custom_components.power_steward.devices.readings import DeviceFacts
from custom_components.power_steward.devices.winpower import codec
from custom_components.power_steward.devices.winpower.models import (
    BATTERY_STATUSES,
    MODES,
    STATUSES,
    Page,
    Phases,
    UpsReading,
)

from ...simulators.winpower import REMOVED, ErrorShape, RawJson, SimulatedUps
from ...simulators.winpower.answers import error
from ...simulators.winpower.jsontext import encode
from ...simulators.winpower.old_winpower import answer as old_winpower_answer

FIXTURES: Final = {
    path.stem: path.read_bytes()
    for path in Path(__file__).with_name("fixtures").glob("*.json")
}
ONLINE: Final[dict[str, Any]] = json.loads(FIXTURES["online_ups"])
THREE_PHASES: Final[dict[str, Any]] = json.loads(FIXTURES["three_phases"])

# Members and what becomes of them, a number with the range in which it is possible
POSSIBLE: Final[dict[tuple[str, str], tuple[str, float, float]]] = {
    **{
        ("realtime", f"{name}{phase}"): (f"{field}.l{phase}", low, high)
        for name, field, low, high in (
            ("inputVolt", "input_voltage", 0, 2000),
            ("outputVolt", "output_voltage", 0, 2000),
            ("outputCurrent", "output_current", 0, 1e4),
            ("loadWatt", "load_power_phase", -1e7, 1e7),
            ("loadVa", "load_apparent_power_phase", -1e7, 1e7),
        )
        for phase in (1, 2, 3)
    },
    ("realtime", "inputFreq"): ("input_frequency", 0, 100),
    ("realtime", "outputFreq"): ("output_frequency", 0, 100),
    ("realtime", "loadPercent"): ("load", 0, 1000),
    ("realtime", "loadTotalWatt"): ("load_power", -1e7, 1e7),
    ("realtime", "loadTotalVa"): ("load_apparent_power", -1e7, 1e7),
    ("realtime", "batVoltP"): ("battery_voltage", 0, 2000),
    ("realtime", "batVoltN"): ("battery_voltage_negative", 0, 2000),
    ("realtime", "batCapacity"): ("battery_charge", 0, 100),
    ("realtime", "batRemainTime"): ("remaining_time", 0, 366 * 86400),
    ("realtime", "upsTemperature"): ("temperature", -60, 200),
    ("config", "inputPhaseNumber"): ("input_phases", 0, 1e4),
    ("config", "outputPhaseNumber"): ("output_phases", 0, 1e4),
    ("config", "inputSourceNumber"): ("input_sources", 0, 1e4),
    ("config", "upsModuleNumber"): ("modules", 0, 1e4),
    ("config", "ratingVa"): ("rated_apparent_power", -1e7, 1e7),
    ("config", "ratingVolt"): ("rated_voltage", 0, 2000),
    ("config", "ratingFreq"): ("rated_frequency", 0, 100),
    ("config", "ratingBatVolt"): ("rated_battery_voltage", 0, 2000),
    ("config", "ratingBatUnitNumber"): ("battery_blocks", 0, 1e4),
    ("config", "ratingBatVoltPerUnit"): ("rated_block_voltage", 0, 2000),
    ("setting", "autoTestPeriod"): ("auto_test_period", 0, 1e4),
    ("setting", "batteryModuleNumber"): ("battery_modules", 0, 1e4),
}
NUMBERS: Final = {member: field for member, (field, *_) in POSSIBLE.items()}
FLAGS: Final = {
    ("realtime", "isCharging"): "charging",
    ("setting", "enableAudible"): "beeper",
    ("setting", "enableBypassWhenTurnOff"): "bypass_when_off",
    ("setting", "enableAutoRestart"): "auto_restart",
    ("assetDevice", "isActive"): "monitored",
}
TEXTS: Final = {
    ("realtime", "mode"): "mode_code",
    ("realtime", "status"): "status_code",
    ("realtime", "batteryStatus"): "battery_status_code",
    ("realtime", "testStatus"): "test_status_code",
    ("realtime", "faultCode"): "fault_code",
    ("realtime", "inputTransformerType"): "input_transformer_type",
    ("realtime", "outputVoltageType"): "output_voltage_type",
    ("assetDevice", "createTime"): "created",
    ("assetDevice", "model"): "facts.model",
    ("assetDevice", "firmwareVersion"): "facts.sw_version",
    ("assetDevice", "serialNumber"): "facts.serial_number",
}
MEMBERS: Final = NUMBERS | FLAGS | TEXTS

steady = settings(derandomize=True, deadline=None, max_examples=300)


def page(devices: list[Any], **envelope: Any) -> Page:
    """Return what is understood of a device list with these device objects."""
    answer = {"total": len(devices), "data": devices, "code": "000000", **envelope}
    return codec.parse_page(200, encode(answer))


def device(
    changes: Mapping[tuple[str, str], Any] | None = None, /, **top: Any
) -> dict[str, Any]:
    """Return the fixture's device object, with members changed or removed."""
    result: dict[str, Any] = deepcopy(ONLINE["data"][0])
    for (section, name), value in (changes or {}).items():
        result[section][name] = value
    result |= top
    return {
        section: {
            name: value for name, value in members.items() if value is not REMOVED
        }
        if isinstance(members, dict)
        else members
        for section, members in result.items()
        if members is not REMOVED
    }


def read(
    changes: Mapping[tuple[str, str], Any] | None = None, /, **top: Any
) -> UpsReading:
    """Return the reading of the fixture's device object, changed on the wire."""
    (ups,) = page([device(changes, **top)]).upses
    return ups


def flat(ups: UpsReading) -> dict[str, Any]:
    """Return a reading's values by name, also those of phases and facts."""
    values: dict[str, Any] = {}
    for name in UpsReading.__dataclass_fields__:
        match getattr(ups, name):
            case Phases() as phases:
                values |= {
                    f"{name}.{phase}": v for phase, v in phases._asdict().items()
                }
            case DeviceFacts() as facts:
                values |= {
                    f"{name}.{field}": getattr(facts, field)
                    for field in DeviceFacts.__dataclass_fields__
                }
            case value:
                values[name] = value
    return values


def effect(
    changes: Mapping[tuple[str, str], Any] | None = None, /, **top: Any
) -> dict[str, Any]:
    """Return the values that a change on the wire changes in the reading."""
    before, after = flat(read()), flat(read(changes, **top))
    return {name: value for name, value in after.items() if value != before[name]}


# Whole answers


def test_one_ups() -> None:
    """A single-phase on-line UPS on mains is read completely."""
    answer = codec.parse_page(200, FIXTURES["online_ups"])
    assert answer == Page(
        total=1,
        size=1,
        upses=(
            UpsReading(
                id="0b7c2f5e-93d4-4f61-a8e0-6c1d5b9e7a42",
                created="2026-02-17T06:05:04.030201",
                facts=DeviceFacts(name="Cellar", model="ON-LINE", sw_version="03.09"),
                connected=True,
                available=True,
                input_voltage=Phases(236.8, None, None),
                input_frequency=49.9,
                output_voltage=Phases(220.1, None, None),
                output_current=Phases(1.1, None, None),
                output_frequency=49.9,
                load=6,
                load_power=195,
                load_power_phase=Phases(195, None, None),
                load_apparent_power=198,
                load_apparent_power_phase=Phases(198, None, None),
                battery_voltage=81.4,
                battery_voltage_negative=None,
                battery_charge=90,
                remaining_time=6723,
                charging=True,
                temperature=27,
                mode_code="3",
                status_code="1",
                battery_status_code="2",
                test_status_code="1",
                fault_code="",
                input_transformer_type="0",
                output_voltage_type="0",
                active_alarms=0,
                input_phases=1,
                output_phases=1,
                input_sources=1,
                modules=1,
                rated_apparent_power=3000,
                rated_voltage=220,
                rated_frequency=50,
                rated_battery_voltage=72,
                battery_blocks=6,
                rated_block_voltage=12,
                beeper=True,
                bypass_when_off=False,
                auto_restart=True,
                auto_test_period=90,
                battery_modules=1,
                monitored=True,
            ),
        ),
        raw=tuple(ONLINE["data"]),
    )
    (ups,) = answer.upses
    assert ups.mode == "line"
    assert (ups.on_battery, ups.bypass, ups.battery_test) == (False, False, False)
    assert (ups.fault, ups.alarm, ups.battery_low) == (False, False, None)


def test_two_upses() -> None:
    """A UPS on battery, and a small one during a test that reports little."""
    answer = codec.parse_page(200, FIXTURES["two_upses"])
    rack, small = answer.upses
    assert (answer.total, answer.size) == (2, 2)
    assert (rack.rejected, small.rejected) == ((), ())

    assert (rack.mode, rack.on_battery, rack.alarm) == ("battery", True, True)
    assert (rack.input_voltage.l1, rack.input_frequency) == (0, 0)
    assert (rack.load_power, rack.charging, rack.beeper) == (662, False, False)

    assert small.facts == DeviceFacts(name="HID-UPS-TEST0042", model="LINE-INT")
    assert (small.mode, small.on_battery) == ("battery_test", False)
    assert (small.battery_test, small.fault, small.alarm) == (True, False, True)
    assert (small.active_alarms, small.test_status_code) == (1, "5")
    reported = {name for name, value in flat(small).items() if value is not None}
    assert reported == {
        *("id", "facts.name", "facts.model", "facts.service", "created"),
        *("connected", "monitored"),
        *("available", "rejected", "energy", "active_alarms"),
        *("input_voltage.l1", "output_voltage.l1", "output_frequency", "load"),
        *("battery_voltage", "battery_charge", "remaining_time", "charging"),
        *("mode_code", "status_code", "battery_status_code", "test_status_code"),
        *("fault_code", "output_phases", "rated_apparent_power"),
        *("rated_battery_voltage", "beeper"),
    }


def test_three_phases() -> None:
    """Each phase is read, as are both halves of a split battery bus."""
    (ups,) = codec.parse_page(200, FIXTURES["three_phases"]).upses
    assert ups.input_voltage == Phases(229.4, 231.0, 228.3)
    assert ups.output_voltage == Phases(230.1, 230.2, 229.8)
    assert ups.output_current == Phases(11.0, 9.5, 12.6)
    assert ups.load_power_phase == Phases(2370, 2040, 2620)
    assert ups.load_apparent_power_phase == Phases(2531, 2187, 2895)
    assert (ups.load_power, ups.load_apparent_power) == (7031, 7614)
    assert (ups.battery_voltage, ups.battery_voltage_negative) == (270.8, 270.1)
    assert (ups.input_phases, ups.output_phases) == (3, 3)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"loadTotalWatt": REMOVED}, 7030),
        ({"loadTotalWatt": ""}, 7030),
        ({"loadTotalWatt": None, "loadWatt3": 0}, 4410),
        ({"loadTotalWatt": "0"}, 0),
        ({"loadTotalWatt": "much"}, None),
        ({"loadTotalWatt": RawJson("1e400")}, None),
        ({"loadTotalWatt": REMOVED, "loadWatt3": REMOVED}, None),
        ({"loadTotalWatt": REMOVED, "loadWatt3": ""}, None),
        ({"loadTotalWatt": REMOVED, "outputPhaseNumber": REMOVED}, None),
        ({"loadTotalWatt": REMOVED, "outputPhaseNumber": "2"}, None),
    ],
)
def test_sum_of_phases(changes: dict[str, Any], expected: float | None) -> None:
    """A total that is not reported is the sum of all phases, never of some."""
    ups = deepcopy(THREE_PHASES["data"][0])
    for name, value in changes.items():
        section = ups["config" if name in ups["config"] else "realtime"]
        section[name] = value
        if value is REMOVED:
            del section[name]
    (reading,) = page([ups]).upses
    assert reading.load_power == expected


def test_empty_list() -> None:
    """A server without UPSs is no failure."""
    assert page([]) == Page(total=0, size=0, upses=(), raw=())


@pytest.mark.parametrize("realtime", [{}, None, REMOVED, [], "stale", 7])
def test_not_connected(realtime: Any) -> None:
    """A UPS out of the server's reach is listed, but vouched for by nobody."""
    ups = read(realtime=realtime, config={}, setting={}, connected=False)
    assert (ups.connected, ups.available) == (False, False)
    assert (ups.load_power, ups.mode, ups.on_battery, ups.fault) == (None,) * 4
    assert ups.input_voltage == Phases(None, None, None)
    assert ups.rejected == ()


@pytest.mark.parametrize(
    ("connected", "expected"),
    [
        (True, True),
        ("1", True),
        (1, True),
        (False, False),
        ("false", False),
        (REMOVED, None),
        (None, None),
        ("perhaps", None),
        ([True], None),
    ],
)
def test_connected(connected: Any, expected: bool | None) -> None:
    """Only a UPS that is certainly connected is available."""
    ups = read(connected=connected)
    assert (ups.connected, ups.available) == (expected, expected is True)


# Values


X: Final = "unknown, and noted as turned down"
RULES: Final[tuple[tuple[str, Any, Any, Any, Any], ...]] = (
    # on the wire, as a number, as a whole number, as a truth value, as a text
    ('"123.45"', 123.45, X, X, "123.45"),
    ('"123"', 123.0, 123, X, "123"),
    ('" 123 "', 123.0, 123, X, "123"),
    ('"6723.0"', X, 6723, X, "6723.0"),
    ('"+12"', 12.0, 12, X, "+12"),
    ('"1.2e2"', 120.0, 120, X, "1.2e2"),
    ("123", 123.0, 123, X, "123"),
    ("123.9", 123.9, X, X, X),
    ("123.0", 123.0, 123, X, X),
    ('"1"', 1.0, 1, True, "1"),
    ('"0"', 0.0, 0, False, "0"),
    ("1", 1.0, 1, True, "1"),
    ("0", 0.0, 0, False, "0"),
    ("true", X, X, True, X),
    ("false", X, X, False, X),
    ('"true"', X, X, True, "true"),
    ('" TRUE "', X, X, True, "TRUE"),
    ('"False"', X, X, False, "False"),
    ('"yes"', X, X, X, "yes"),
    ('""', None, None, None, ""),
    ('"  "', None, None, None, ""),
    ("null", None, None, None, None),
    ('"-7"', X, X, X, "-7"),
    ("-7", X, X, X, "-7"),
    ('"invalid"', X, X, X, "invalid"),
    ('"220V"', X, X, X, "220V"),
    ('"1,5"', X, X, X, "1,5"),
    ('"1_000"', X, X, X, "1_000"),
    ('"0x10"', X, X, X, "0x10"),
    ('"NaN"', X, X, X, "NaN"),
    ('"-inf"', X, X, X, "-inf"),
    ('"Infinity"', X, X, X, "Infinity"),
    ('"1e400"', X, X, X, "1e400"),
    ("NaN", X, X, X, X),
    ("Infinity", X, X, X, X),
    ("-Infinity", X, X, X, X),
    ("1e400", X, X, X, X),
    ("9" * 128, X, X, X, "9" * 128),
    ("9" * 129, X, X, X, X),
    ("9" * 5000, X, X, X, X),
    (f'"{"9" * 5000}"', X, X, X, X),
    ("[]", X, X, X, X),
    ('["1"]', X, X, X, X),
    ("{}", X, X, X, X),
    ('{"value": 1}', X, X, X, X),
    (r'"\u0000"', X, X, X, X),
    (r'"\ud800"', X, X, X, X),
    (r'"a\u001bb"', X, X, X, X),
    (r'"\u3000a\u00a0b\n"', X, X, X, "a b"),
    ('"未知"', X, X, X, "未知"),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule[0][:20])
def test_parsing_rules(rule: tuple[str, Any, Any, Any, Any]) -> None:
    """What cannot be read is unknown, never 0, and never spoils the rest."""
    wire, *expected = rule
    members = (
        ("realtime", "inputVolt1"),
        ("config", "inputPhaseNumber"),
        ("realtime", "isCharging"),
        ("realtime", "faultCode"),
    )
    ups = read(dict.fromkeys(members, RawJson(wire)))
    values = [flat(ups)[MEMBERS[member]] for member in members]
    for index, member in enumerate(members):
        if ".".join(member) in ups.rejected:
            assert values[index] is None
            values[index] = X
    assert values == expected
    assert [type(value) for value in values] == [type(value) for value in expected]
    assert len(ups.rejected) == expected.count(X)


@pytest.mark.parametrize("wrong", [["x"], {"value": 1}, RawJson("1e400"), "\x00"])
def test_wrong_types(wrong: Any) -> None:
    """A value of a wrong type is noted and unknown, and all others stay."""
    for member, field in MEMBERS.items():
        before = flat(read()).get(field)
        changed = {} if before is None else {field: None}
        if member == ("realtime", "mode"):
            assert read({member: wrong}).mode is None
        assert effect({member: wrong}) == {**changed, "rejected": (".".join(member),)}


@pytest.mark.parametrize("absent", [REMOVED, None, "", "  "])
def test_absent(absent: Any) -> None:
    """A value that is not reported is unknown, and that is nothing to note."""
    for member, field in MEMBERS.items():
        if field == "fault_code" and isinstance(absent, str):
            assert effect({member: absent}) == {}
        elif field != "load_power" and flat(read())[field] is not None:
            assert effect({member: absent}) == {field: None}


@pytest.mark.parametrize("wrong", [None, [], {}, "x", 7, True, REMOVED])
def test_wrong_sections(wrong: Any) -> None:
    """A section of a wrong type is as good as empty."""
    for section in ("realtime", "config", "setting"):
        fields = {field for (place, _), field in MEMBERS.items() if place == section}
        assert effect(**{section: wrong}).keys() <= fields
        assert set(effect(**{section: wrong}).values()) <= {None}
    assert effect(controlSupported=wrong) == {}
    assert page([device(assetDevice=wrong)]).upses == ()
    assert page([wrong if wrong is not REMOVED else {}]).upses == ()


def test_possible_values() -> None:
    """A number is taken up to the bounds of the possible, and not beyond."""
    for member, (field, low, high) in POSSIBLE.items():
        for value in (low, high):
            ups = read({member: f"{value:.0f}"})
            assert (flat(ups)[field], ups.rejected) == (value, ())
        for value in (low - 1, high + 1):
            ups = read({member: f"{value:.0f}"})
            assert (flat(ups)[field], ups.rejected) == (None, (".".join(member),))


# Codes


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("0", ("powering_on", None, False, False, False)),
        ("1", ("standby", None, False, False, False)),
        ("2", ("bypass", False, True, False, False)),
        ("3", ("line", False, False, False, False)),
        ("4", ("battery", True, False, False, False)),
        ("5", ("battery_test", False, False, True, False)),
        ("6", ("fault", None, False, False, True)),
        (4, ("battery", True, False, False, False)),
        *(
            (code, (None, None, None, None, False))
            for code in ("7", "99", "04", "battery", "", None, 4.0, True)
        ),
    ],
)
def test_mode(code: Any, expected: tuple[Any, ...]) -> None:
    """A mode without a documented meaning is unknown, and its code is kept."""
    ups = read({("realtime", "mode"): code})
    assert (ups.mode, ups.on_battery, ups.bypass, ups.battery_test, ups.fault) == (
        expected
    )
    readable = type(code) in (str, int) and code != ""
    assert ups.mode_code == (str(code) if readable else None)


def test_no_meaning_is_guessed() -> None:
    """Only codes with a documented meaning have a name."""
    assert set(MODES) == set("0123456")
    assert STATUSES == {"1": "normal", "2": "alarm"}
    assert BATTERY_STATUSES == {"2": "normal"}


@pytest.mark.parametrize(
    ("mode", "fault_code", "fault"),
    [
        ("3", "", False),
        ("3", "17", True),
        ("6", "", True),
        ("6", None, True),
        ("3", None, False),
        (None, "", False),
        (None, "17", True),
        (None, None, None),
        ("9", None, None),
        ("3", 17, True),
    ],
)
def test_fault(mode: Any, fault_code: Any, fault: bool | None) -> None:
    """A UPS has a fault if its mode or its fault code says so."""
    ups = read({("realtime", "mode"): mode, ("realtime", "faultCode"): fault_code})
    assert ups.fault is fault


@pytest.mark.parametrize(
    ("alarms", "status", "count", "alarm"),
    [
        ([], "1", 0, False),
        ([], "2", 0, True),
        ([], "3", 0, False),
        ([], None, 0, False),
        ([{"id": 501}], "1", 1, True),
        (["mains lost", None, 7, ["x"]], "1", 4, True),
        (None, "1", None, False),
        (None, "2", None, True),
        (None, "3", None, None),
        (None, None, None, None),
        ("mains lost", None, None, None),
        ({"0": {}}, "1", None, False),
        (True, "1", None, False),
        (REMOVED, "1", None, False),
    ],
)
def test_alarms(
    alarms: Any, status: Any, count: int | None, alarm: bool | None
) -> None:
    """Alarms are counted, whatever they look like; the status may be one too."""
    ups = read({("realtime", "status"): status}, activeAlarms=alarms)
    assert (ups.active_alarms, ups.alarm) == (count, alarm)


# Identity


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("a-b-c", "a-b-c"),
        (" a ", "a"),
        (7, "7"),
        (0, "0"),
        ("x" * 128, "x" * 128),
        ("x" * 129, None),
        ("", None),
        ("  ", None),
        (None, None),
        (REMOVED, None),
        (True, None),
        (1.5, None),
        (["a"], None),
        ({"a": 1}, None),
        ("a\x00b", None),
        (RawJson(r'"\udfff"'), None),
    ],
)
def test_id(sent: Any, expected: str | None) -> None:
    """A device without an id that can be one is left out, and the others stay."""
    answer = page([device(), device({("assetDevice", "id"): sent})])
    assert [ups.id for ups in answer.upses[1:]] == ([expected] if expected else [])
    assert (answer.total, answer.size, len(answer.raw)) == (2, 2, 2)


def test_duplicate_ids() -> None:
    """Devices of one id are all handed on; whose duty it is may choose."""
    answer = page([device(), device({("realtime", "loadTotalWatt"): "7"})])
    assert [ups.load_power for ups in answer.upses] == [195, 7]


@pytest.mark.parametrize(
    ("alias", "model", "name"),
    [
        ("Rack", "ON-LINE", "Rack"),
        ("机房\u3000一", "ON-LINE", "机房 一"),
        ("⚡ Küche", None, "⚡ Küche"),
        ("", "ON-LINE", "ON-LINE"),
        (None, "", "UPS"),
        (["Rack"], 3000, "3000"),
        ("\x1b[31m", None, "UPS"),
    ],
)
def test_name(alias: Any, model: Any, name: str) -> None:
    """A device is called by its alias, else by its model, else a UPS."""
    changes = {("assetDevice", "alias"): alias, ("assetDevice", "model"): model}
    assert read(changes).facts.name == name


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (45, 45),
        ("45", 45),
        (45.9, 45),
        (-1, -1),
        (None, None),
        (True, None),
        ("many", None),
        ([45], None),
        (math.nan, None),
        (RawJson("1e400"), None),
        (RawJson("9" * 5000), None),
    ],
)
def test_total(total: Any, expected: int | None) -> None:
    """A total that is no number is not there."""
    assert page([], total=total).total == expected


# Verdicts


SHAPES: Final[dict[ErrorShape, tuple[type[ClientError], str]]] = {
    "E1": (CredentialsRejected, "status 200, code 401"),
    "E2": (CredentialsRejected, "status 401, code 401"),
    "E3": (CredentialsRejected, "status 401, code 401"),
    "E4": (CredentialsRejected, "status 401, code None"),
    "E5": (CredentialsRejected, "status 401, code INVALID_TOKEN"),
    "E6": (CredentialsRejected, "status 401, code A0301"),
    "E7": (CredentialsRejected, "status 401, code 401"),
    "E7_200": (CredentialsRejected, "status 200, code 401"),
    "E8": (RequestRefused, "status 400"),
    "E9": (RequestRefused, "status 500"),
    "E9_text": (RequestRefused, "status 500"),
    "E10": (CredentialsRejected, "status 200, code 401"),
    "E10_401001": (CredentialsRejected, "status 200, code 401001"),
    "E11": (CredentialsRejected, "status 200, code 403"),
    "E11_500": (RequestRefused, "code 500"),
}


def test_all_shapes_are_known() -> None:
    """No error shape of the protocol is forgotten below."""
    assert set(SHAPES) == set(get_args(ErrorShape.__value__))


@pytest.mark.parametrize("shape", SHAPES)
def test_error_shapes(shape: ErrorShape) -> None:
    """Each shape of failure is the right error, in any language."""
    for parse in (codec.parse_answer, codec.parse_page):
        for language in ("en", "zh-CN"):
            answer = error(shape, language=language)
            with pytest.raises(ClientError) as caught:
                parse(answer.status, answer.body)
            assert (type(caught.value), str(caught.value)) == SHAPES[shape]


NO_ENVELOPE: Final = (AnswerNotUnderstood, "no WinPower envelope")
NO_DEVICES: Final = (AnswerNotUnderstood, "device list without devices")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, b"<html>", (CredentialsRejected, "status 403, code None")),
        (401, b'{"code":"000000"}', (CredentialsRejected, "status 401, code 000000")),
        (500, b'{"code":"401"}', (CredentialsRejected, "status 500, code 401")),
        (200, b'{"code":401}', (CredentialsRejected, "status 200, code 401")),
        (200, b'{"code":"403007"}', (CredentialsRejected, "status 200, code 403007")),
        (
            302,
            b'{"code":"INVALID_TOKEN"}',
            (CredentialsRejected, "status 302, code INVALID_TOKEN"),
        ),
        (302, b"", (RequestRefused, "status 302")),
        (404, b'{"status":404}', (RequestRefused, "status 404")),
        (503, b'{"code":"000000","data":[]}', (RequestRefused, "status 503")),
        (200, b'{"code":0}', (RequestRefused, "code 0")),
        (200, b'{"code":""}', (RequestRefused, "code ")),
        (200, b'{"code":"a\\nb\\u0000<c>"}', (RequestRefused, "code abc")),
        (200, b'{"code":"%b"}' % (b"7" * 99), (RequestRefused, f"code {'7' * 32}")),
        (200, b'{"code":%b}' % (b"7" * 5000), NO_ENVELOPE),
        (200, b'{"code":true}', NO_ENVELOPE),
        (200, b'{"code":null}', NO_ENVELOPE),
        (200, b'{"code":["000000"]}', NO_ENVELOPE),
        (200, b'{"code":NaN}', NO_ENVELOPE),
        (200, b'{"data":[]}', NO_ENVELOPE),
        (200, b"", NO_ENVELOPE),
        (200, b"\x00\xff\xfe", NO_ENVELOPE),
        (200, b'{"code":"\xff"}', NO_ENVELOPE),
        (200, b"<!DOCTYPE html><html></html>", NO_ENVELOPE),
        (200, b"OK", NO_ENVELOPE),
        (200, b"null", NO_ENVELOPE),
        (200, b'"000000"', NO_ENVELOPE),
        (200, b"[]", NO_ENVELOPE),
        (200, FIXTURES["online_ups"][:700], NO_ENVELOPE),
        (200, b'{"code":"000000"}', NO_DEVICES),
        (200, b'{"code":"000000","data":null}', NO_DEVICES),
        (200, b'{"code":"000000","data":{}}', NO_DEVICES),
        (200, b'{"code":"000000","data":"none"}', NO_DEVICES),
    ],
)
def test_verdicts(
    status: int, body: bytes, expected: tuple[type[ClientError], str]
) -> None:
    """Status and body give one of the errors, with a text that is fit to be shown."""
    with pytest.raises(ClientError) as caught:
        codec.parse_page(status, body)
    assert (type(caught.value), str(caught.value)) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", ["msg", "message"])
def test_accepted(encoding: str, text: str) -> None:
    """Success is what the code says, however its text is called."""
    body = json.dumps({"code": "000000", text: "好", "data": []}).encode(encoding)
    assert codec.parse_answer(204, body)[text] == "好"


@pytest.mark.parametrize("depth", [10, 1000, 50_000, 55_000, 60_000, 1_000_000])
@pytest.mark.parametrize(("left", "right"), ["[]", ('{"a":', "}")])
def test_deep_nesting(depth: int, left: str, right: str) -> None:
    """An abyss is turned down as a value, or as no JSON at all."""
    abyss = RawJson(f"{left * depth}0{right * depth}")
    for member in (
        ("realtime", "inputVolt1"),
        ("realtime", "isCharging"),
        ("realtime", "mode"),
        ("realtime", "unheard-of"),
        ("assetDevice", "id"),
    ):
        try:
            answer = page([device({member: abyss}), device()])
        except AnswerNotUnderstood:
            assert depth > 10_000
        else:
            assert answer.upses[-1] == read()


# Log-in


@pytest.mark.parametrize(
    ("data", "token"),
    [
        ({"token": "a.b.c"}, "a.b.c"),
        ({"token": " a.b.c ", "deviceId": None, "expiresIn": 3600}, "a.b.c"),
        ({"token": "opaque"}, "opaque"),
        ({"token": ""}, None),
        ({"token": "  "}, None),
        ({"token": "a\r\nX-Injected: 1"}, None),
        ({"token": "ünlesbar"}, None),
        ({"token": None}, None),
        ({"token": ["a.b.c"]}, None),
        ({"token": 7}, None),
        ({}, None),
        ([], None),
        ("a.b.c", None),
        (None, None),
        (REMOVED, None),
    ],
)
def test_login(data: Any, token: str | None) -> None:
    """A log-in brings a token that can be sent back, or it brought nothing."""
    envelope = {"code": "000000"} | ({} if data is REMOVED else {"data": data})
    if token is not None:
        assert codec.parse_login(envelope) == token
        return
    with pytest.raises(AnswerNotUnderstood, match="^log-in with"):
        codec.parse_login(envelope)


def token(claims: Any) -> str:
    """Return a token with these claims: bytes as they are, else as JSON."""
    body = claims if isinstance(claims, bytes) else encode(claims)
    return f"e30.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}.c2ln"


ISSUED: Final = 1_790_000_000_123


@pytest.mark.parametrize(
    ("claims", "lifetime"),
    [
        ({"tokenExpiredMinutes": 30}, 1800),
        ({"tokenExpiredMinutes": 1}, 60),
        ({"tokenExpiredMinutes": 1440}, 86400),
        ({"tokenExpiredMinutes": "45"}, 2700),
        ({"tokenExpiredMinutes": 7.5}, 450),
        ({"tokenExpiredMinutes": 0}, 1800),
        ({"tokenExpiredMinutes": 0.5}, 1800),
        ({"tokenExpiredMinutes": 1441}, 1800),
        ({"tokenExpiredMinutes": -30}, 1800),
        ({"tokenExpiredMinutes": True}, 1800),
        ({"tokenExpiredMinutes": None}, 1800),
        ({"tokenExpiredMinutes": [30]}, 1800),
        ({"tokenExpiredMinutes": math.nan}, 1800),
        ({"tokenExpiredMinutes": RawJson("1e400")}, 1800),
        ({"tokenExpiredMinutes": 1e308}, 1800),
        ({"tokenExpiredMinutes": 10**400}, 1800),
        ({"tokenExpiredMinutes": RawJson("9" * 5000)}, 1800),
        ({"create_time_key": ISSUED, "expire_time_key": ISSUED + 600_000}, 600),
        (
            {
                "tokenExpiredMinutes": 10,
                "create_time_key": ISSUED,
                "expire_time_key": ISSUED + 1_200_000,
            },
            600,
        ),
        (
            {
                "tokenExpiredMinutes": 0,
                "create_time_key": str(ISSUED),
                "expire_time_key": str(ISSUED + 1_200_000),
            },
            1200,
        ),
        ({"create_time_key": ISSUED, "expire_time_key": ISSUED}, 1800),
        ({"create_time_key": ISSUED + 600_000, "expire_time_key": ISSUED}, 1800),
        ({"create_time_key": 0, "expire_time_key": ISSUED}, 1800),
        ({"expire_time_key": ISSUED}, 1800),
        ({"create_time_key": ISSUED}, 1800),
        ({"exp": ISSUED // 1000 + 600, "iat": ISSUED // 1000}, 1800),
        ({"exp": ISSUED + 600_000, "nbf": ISSUED, "iat": ISSUED // 1000}, 1800),
        ({"exp": 7, "iat": 5, "tokenExpiredMinutes": 20}, 1200),
        ({}, 1800),
        ([], 1800),
        (b"null", 1800),
        (b"{", 1800),
        (b"\xff\xfe", 1800),
        (b"", 1800),
        (b"[" * 1_000_000, 1800),
    ],
)
def test_token_lifetime(claims: Any, lifetime: float) -> None:
    """A token lives as long as its claims say plausibly, else half an hour."""
    assert codec.token_lifetime(token(claims)) == lifetime


@pytest.mark.parametrize(
    "opaque", ["opaque", "", ".", "..", "a.b", "a.!!!.c", "a.é.c", "a.YQ===.c"]
)
def test_opaque_token(opaque: str) -> None:
    """A token that is none of the kind lives half an hour too."""
    assert codec.token_lifetime(opaque) == 1800


# The WinPower before G2


LEGACY_BODY: Final = old_winpower_answer("/0/json", [SimulatedUps()]).body


@pytest.mark.parametrize(
    ("status", "body", "legacy"),
    [
        (200, LEGACY_BODY, True),
        (200, b'{"device.statusIcon": "online"}', True),
        (404, LEGACY_BODY, False),
        (200, b'{"device": "online"}', False),
        (200, b'{"device": {"icon": 1}}', False),
        (200, b'["device.statusIcon"]', False),
        (200, b"device.statusIcon", False),
        (200, FIXTURES["online_ups"], False),
    ],
)
def test_legacy(status: int, body: bytes, legacy: bool) -> None:
    """The older product is told by its page, and never read as this one."""
    assert codec.parse_legacy(status, body) is legacy
    if legacy:
        with pytest.raises(AnswerNotUnderstood, match=f"^{codec.LEGACY}$"):
            codec.parse_page(status, body)


# Whatever may come


def places(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """Find every place in a JSON value, as the path to it."""
    members = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, member in members:
        yield (*path, name)
        yield from places(member, *path, name)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.floats().map(str)
    | st.sampled_from(("", " 7 ", "1e400", "1_0", "-0", "9" * 400, 10**400, "\ud800")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """Return a fixture of which some places hold anything else, or are gone."""
    answer = deepcopy(draw(st.sampled_from((ONLINE, THREE_PHASES))))
    for _ in range(draw(st.integers(1, 6))):
        *path, last = draw(st.sampled_from(list(places(answer))))
        parent = answer
        for name in path:
            parent = parent[name]
        if draw(st.booleans()):
            parent[last] = draw(anything)
        else:
            del parent[last]
        if not answer:
            break
    return json.dumps(answer).encode()


@st.composite
def garbled(draw: st.DrawFn) -> bytes:
    """Return a fixture of which some characters are others, more or fewer."""
    text = draw(st.sampled_from(list(FIXTURES.values()))).decode()
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        new = draw(st.text('0123456789.-+eE_ "{}[],:ntéЖ', max_size=3))
        text = text[:at] + new + text[at + draw(st.integers(0, 3)) :]
    return text.encode()


def sent(raw: dict[str, Any], member: tuple[str, str]) -> Any:
    """Return what a device object says, None if it does not."""
    section, name = member
    members = raw.get(section)
    return members.get(name) if isinstance(members, dict) else None


@steady
@given(st.sampled_from((200, 200, 200, 400, 401, 500)), mutants() | garbled())
def test_fuzz(status: int, body: bytes) -> None:
    """Nothing but client errors is raised, and no number shown that was not sent."""
    try:
        answer = codec.parse_page(status, body)
    except AnswerNotUnderstood, CredentialsRejected, RequestRefused:
        return
    for raw, ups in zip(answer.raw, map(codec.parse_ups, answer.raw), strict=True):
        if ups is None or not isinstance(raw, dict):
            assert ups is None
            continue
        assert ups in answer.upses
        values = flat(ups)
        for member, (field, low, high) in POSSIBLE.items():
            if (shown := values[field]) is None:
                continue
            said = sent(raw, member)
            if field == "load_power" and (said is None or not str(said).strip()):
                assert shown == sum(filter(None, ups.load_power_phase))
            else:
                assert not isinstance(said, bool)
                assert low <= shown <= high
                assert shown == float(said)
