"""Registers become the right values, or none."""

from random import Random
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.power_steward.devices.errors import (
    NothingMeasured,
    ValueImpossible,
)
from custom_components.power_steward.devices.must import codec
from custom_components.power_steward.devices.must.models import MustReading
from custom_components.power_steward.devices.must.registers import (
    EP,
    EP1800,
    EP2000,
    EP3300,
    EP3300_TLV,
    FAMILIES,
    FORBIDDEN,
    PV,
    PV1800,
    PV1900,
    PV2000,
    REMOTE_SHUTDOWN,
    UNKNOWN_EP,
    Family,
)
from tests.simulators.must import Battery, PvInverter, SimulatedMust
from tests.simulators.must.frames import intact, words

from . import samples

FRAMES = 2000


def registers(frame: bytes, first: int) -> dict[int, int]:
    """Return the registers of a reply."""
    assert intact(frame)
    return dict(enumerate(words(frame[3:-2]), first))


def shown(reading: MustReading, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what a reading says of the keys that are expected."""
    return {key: reading.values.get(key) for key in expected}


def test_sample_on_battery() -> None:
    """The captured frame decodes as documented."""
    sent = registers(samples.ON_BATTERY, 30000)
    family = codec.family_of(sent, EP.key)
    reading = codec.read_ups(family, sent)
    assert family is PV2000
    assert shown(reading, samples.ON_BATTERY_MEANS) == samples.ON_BATTERY_MEANS
    assert reading.mode == "battery"
    assert reading.on_battery is True
    assert reading.mains is False
    assert reading.charging is False
    assert reading.charge_stage == "none"
    assert reading.facts.sw_version == "36402"
    assert reading.avr is None
    assert reading.discharge_power == pytest.approx(8.6 * 12.3)
    assert reading.charge_power == 0
    assert reading.fault is False
    assert reading.alarm is False
    assert reading.rejected == ()


def test_sample_settings() -> None:
    """The captured settings decode as documented."""
    sent = {**samples.TYPE_0, **registers(samples.SETTINGS, 31000)}
    reading = codec.read_ups(EP2000, sent)
    assert shown(reading, samples.SETTINGS_MEAN) == samples.SETTINGS_MEAN


def test_sample_type_0() -> None:
    """The decoded sample decodes again."""
    reading = codec.read_ups(EP2000, samples.TYPE_0)
    assert shown(reading, samples.TYPE_0_MEANS) == samples.TYPE_0_MEANS
    assert reading.mode == "line"
    assert reading.on_battery is False
    assert reading.charging is True
    assert reading.charge_stage == "float"
    assert reading.floating
    assert reading.avr == "bypass"
    assert reading.output_on is True
    assert "load_apparent_power" not in reading.values


def test_sample_pv1800() -> None:
    """The charger's registers decode as documented."""
    status = PvInverter().registers()
    reading = codec.read_ups(PV1800, {**status, **samples.PV1800_CHARGER})
    assert shown(reading, samples.PV1800_CHARGER_MEANS) == samples.PV1800_CHARGER_MEANS


# --- every frame of the map -------------------------------------------------------------

CASES = ("mains", "battery", "state")


def generated(case: str, random: Random, number: int) -> tuple[dict[int, int], Any]:
    """Return a frame's registers, and what they say by a table of the test's own."""
    machine_type = random.choice((0, 2, 3, 4100))
    names = {
        0: {"battery": 3, "line": 4},
        2: {"battery": 3, "line": 4},
        3: {"battery": 1, "line": 2},
        4100: {"battery": 1, "line": 2},
    }[machine_type]
    on_battery = case == "battery"
    state = names["battery" if on_battery else "line"]
    if case == "state":
        first, last = (1, 8) if machine_type in (0, 2) else (0, 7)
        state = first + number % (last - first + 1)
    input_tenths = 0 if on_battery else random.randint(1500, 2700)
    current = -random.randint(1, 990) if on_battery else random.randint(0, 300)
    raw = {
        30000: machine_type,
        30001: random.randint(0, 65535),
        30002: state,
        30003: random.choice((12, 24)),
        30004: random.choice((300, 600, 800, 1000)),
        30005: input_tenths,
        30006: 0 if on_battery else random.randint(450, 650),
        30007: random.randint(1500, 2700),
        30008: random.randint(450, 650),
        30009: random.randint(0, 60),
        30010: random.randint(0, 1500),
        30011: random.randint(0, 1500),
        30012: random.randint(0, 150),
        30013: random.randint(0, 2),
        30014: random.randint(90, 310),
        30015: current % 65536,
        30016: random.randint(0, 60),
        30017: random.randint(0, 100),
        30018: random.randint(-20, 100) % 65536,
        30019: random.choice((0, 1, 2, 3, 4)),
        30020: random.randint(0, 1),
        30021: random.choice((0, 0, 0, 2, 7, 45)),
        30022: random.choice((0, 0, 2, 4, 6)),
        30023: random.randint(0, 2),
        30024: 0 if on_battery else random.randint(0, 1),
        30025: random.randint(0, 1),
        30026: random.randint(0, 2),
    }

    def signed(word: int) -> int:
        return word - 65536 if word > 32767 else word

    expected = {
        "rated_battery_voltage": raw[30003],
        "rated_power": raw[30004],
        "input_voltage": input_tenths / 10,
        "input_frequency": raw[30006] / 10,
        "output_voltage": raw[30007] / 10,
        "output_frequency": raw[30008] / 10,
        "output_current": raw[30009] / 10,
        "load_power": raw[30010],
        "load_apparent_power": raw[30011],
        "load": raw[30012],
        "battery_voltage": raw[30014] / 10,
        "battery_current": current / 10,
        "battery_charge": raw[30017],
        "temperature": signed(raw[30018]),
        "work_state_code": state,
        "fault_number": raw[30021],
        "alarm_bits": raw[30022],
    }
    return raw, expected


@pytest.mark.parametrize("case", CASES)
def test_all_frames_of_the_map(case: str) -> None:
    """Each of 2,000 frames decodes right in every value."""
    random = Random(f"must {case}")
    wrong = 0
    for number in range(FRAMES):
        raw, expected = generated(case, random, number)
        reading = codec.read_ups(codec.family_of(raw, EP.key), raw)
        right = shown(reading, expected) == expected and not reading.rejected
        if case == "mains":
            right &= reading.on_battery is False and reading.mains is True
        elif case == "battery":
            right &= reading.on_battery is True and reading.mains is False
        elif raw[30002] in _MEANT[raw[30000]]:
            right &= reading.mode == _MEANT[raw[30000]][raw[30002]]
        wrong += not right
    assert wrong == 0


_MEANT_E: dict[int, str | None] = {
    1: "powering_on",
    2: "powering_on",
    3: "battery",
    4: "line",
    5: "stopped",
    6: "off",
    7: "charging",
    8: "powering_on",
}
_MEANT_F: dict[int, str | None] = {
    0: "powering_on",
    1: "battery",
    2: "line",
    3: "stopped",
    5: "powering_on",
    6: "off",
    7: "standby",
}
_MEANT: dict[int, dict[int, str | None]] = {
    0: _MEANT_E,
    2: _MEANT_E,
    3: {**_MEANT_F, 4: None, 8: "service"},
    4100: {**_MEANT_F, 4: "service"},
}


@given(
    st.sampled_from(FAMILIES),
    st.binary(min_size=280, max_size=280).map(words),
)
def test_any_words_at_all(family: Family, raw: list[int]) -> None:
    """Whatever a unit sends, a value is possible or there is none."""
    addresses = sorted(
        {
            block.first + n
            for block in (*family.status, *family.settings)
            for n in range(block.length)
        }
    )
    sent = {address: raw[n % len(raw)] for n, address in enumerate(addresses)}
    try:
        reading = codec.read_ups(family, sent)
    except NothingMeasured:
        return
    for key in ("battery_charge", "battery_health"):
        value = reading.number(key)
        assert value is None or 0 <= value <= 100
    for key, low, high in (
        ("input_voltage", 0, 600),
        ("battery_voltage", 0, 100),
        ("temperature", -40, 150),
        ("input_frequency", 0, 100),
    ):
        value = reading.number(key)
        assert value is None or low <= value <= high
        if value is None and key in reading.family.by_key and key in reading.values:
            assert key in reading.rejected


# --- samples turned down ----------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        dict.fromkeys(range(30000, 30027), 0),
        dict.fromkeys(range(30000, 30027), 0xFFFF),
        {30003: 13},
        {30004: 0},
        {30002: 0},
        {30002: 99},
    ],
)
def test_impossible_sample(change: dict[int, int]) -> None:
    """What no UPS can mean is turned down as a whole."""
    with pytest.raises(NothingMeasured):
        codec.read_ups(EP2000, {**samples.TYPE_0, **change})


def test_impossible_value() -> None:
    """A single impossible value is unknown and named."""
    reading = codec.read_ups(EP2000, {**samples.TYPE_0, 30017: 230, 30018: 200})
    assert reading.values["battery_charge"] is None
    assert reading.rejected == ("battery_charge", "temperature")


@pytest.mark.parametrize(
    ("address", "key", "possible", "impossible"),
    [
        (25207, "input_voltage", (0, 6000), (6001,)),
        (25226, "input_frequency", (0, 10_000), (10_001,)),
        (25211, "input_current", (0, 6000), (6001,)),
        (25274, "battery_current", (-600, 600), (-601, 601)),
        (25214, "input_power", (-20_000, 20_000), (-20_001, 20_001)),
        (25219, "load_apparent_power", (0, 20_000), (20_001,)),
        (25223, "load_reactive_power", (-20_000, 20_000), (-20_001, 20_001)),
        (25216, "load", (0, 300), (301,)),
        (25233, "temperature", (-40, 150), (-41, 151)),
        (10111, "battery_capacity", (0, 5000), (5001,)),
        (113, "battery_charge", (0, 100), (101,)),
    ],
)
def test_limits_of_the_possible(
    address: int, key: str, possible: tuple[int, ...], impossible: tuple[int, ...]
) -> None:
    """What no UPS can have is unknown, up to the limit nothing is."""
    sent = {**PvInverter(number=1900).registers(), 113: 90, 114: 90}
    for word in (*possible, *impossible):
        reading = codec.read_ups(PV1900, {**sent, address: word & 0xFFFF})
        per_unit = PV1900.by_key[key].per_unit
        assert reading.values[key] == (word / per_unit if word in possible else None)
        assert (key in reading.rejected) is (word in impossible)


def test_unknown_machine_type() -> None:
    """Nothing but codes is told of a machine that nobody knows."""
    sent = {**samples.TYPE_0, 30000: 77}
    assert codec.family_of(sent, EP.key) is UNKNOWN_EP
    reading = codec.read_ups(UNKNOWN_EP, sent)
    assert reading.facts.name == "Unknown MUST model"
    assert dict(reading.values) == {
        "machine_type": 77,
        "software_version": 16710,
        "work_state_code": 4,
    }
    assert reading.mode is None
    assert reading.on_battery is None
    assert reading.fault is None
    assert reading.alarm is None


def test_contradiction_decides_nothing() -> None:
    """A state that the input voltage contradicts says nothing of the battery."""
    torn = codec.read_ups(EP2000, {**samples.TYPE_0, 30005: 0})
    assert torn.mode == "line"
    assert torn.on_battery is None


def test_state_without_a_meaning_is_judged_by_the_voltages() -> None:
    """State 4 of type 3 means two things; mains and output tell which feeds the load."""
    sent = SimulatedMust(machine_type=3, forced_state=4).registers()
    assert codec.read_ups(EP3300, sent).on_battery is False
    without = {**sent, 30005: 0, 30006: 0}
    assert codec.read_ups(EP3300, without).on_battery is True


def test_low_mains_is_no_outage() -> None:
    """178 V at the input, lifted by the regulator, is still mains."""
    reading = codec.read_ups(EP2000, {**samples.TYPE_0, 30005: 1780, 30019: 2})
    assert reading.on_battery is False
    assert reading.avr == "boost"


@pytest.mark.parametrize(
    ("family", "change", "faults", "alarms", "count"),
    [
        (EP2000, {30021: 7, 30022: 0b110}, ("overload",), 2, 2),
        (PV2000, {30022: 0b110}, (), 0, 2),
        (PV2000, {30021: 33}, (), 0, 0),
        (EP3300, {30021: 28, 30022: 0b10001}, ("rated_load",), 2, 2),
        (EP2000, {30021: 9999}, (), 0, 0),
    ],
)
def test_faults_and_alarms(
    family: Family,
    change: dict[int, int],
    faults: tuple[str, ...],
    alarms: int,
    count: int,
) -> None:
    """Faults and alarms have names where the sources agree."""
    reading = codec.read_ups(family, {**samples.TYPE_0, **change})
    assert reading.faults == faults
    assert len(reading.alarms) == alarms
    assert reading.alarm_count == count
    assert reading.fault is (30021 in change)
    assert reading.alarm is True


def test_overload_is_told_by_the_ups() -> None:
    """The UPS's own words count."""
    assert codec.read_ups(EP2000, {**samples.TYPE_0, 30013: 2}).overload is True
    assert codec.read_ups(EP2000, {**samples.TYPE_0, 30022: 4}).overload is True
    assert codec.read_ups(EP2000, samples.TYPE_0).overload is False


def test_nothing_but_one_value() -> None:
    """A block that holds one value throughout was not measured."""
    sent = dict.fromkeys(PvInverter().registers(), 0)
    with pytest.raises(NothingMeasured):
        codec.read_ups(PV1800, sent)
    with pytest.raises(NothingMeasured):
        codec.read_ups(UNKNOWN_EP, dict.fromkeys(range(30000, 30027), 0xFFFF))


def test_inverter_without_a_number() -> None:
    """Half of an identity names no model."""
    for address in (20000, 20001):
        sent = PvInverter().registers()
        del sent[address]
        assert codec.read_ups(PV1900, sent).facts.model == "PV1900"


def test_pv_families() -> None:
    """Letters and number tell the inverter."""

    def family(letters: bytes, number: int) -> Family:
        sent = PvInverter(letters=letters, number=number).registers()
        return codec.family_of(sent, PV.key)

    assert family(b"PV", 1800) is PV1800
    assert family(b"PV", 1900) is PV1900
    assert family(b"EP", 1800) is EP1800
    assert codec.family_of({}, PV.key) is PV1800


def test_pv_reading() -> None:
    """An inverter's own counters and state are read."""
    reading = codec.read_ups(PV1800, PvInverter().registers())
    assert (reading.facts.name, reading.facts.model) == ("MUST PV1800", "PV1800")
    assert reading.facts.serial_number == "0000102345"
    assert reading.facts.sw_version == "2.05.12"
    assert reading.mode == "bypass"
    assert reading.on_battery is False
    assert reading.values["counter_charged"] == 1234.5
    assert reading.values["counter_load"] == 2001.7
    assert reading.charge_power is None
    assert reading.values["float_voltage"] == 27.0


def test_pv_off_grid_with_mains_is_a_choice() -> None:
    """Running from the battery with mains present is no outage."""
    sent = {**PvInverter().registers(), 25201: 2}
    assert codec.read_ups(PV1800, sent).on_battery is False
    assert codec.read_ups(PV1800, {**sent, 25207: 0}).on_battery is True


def test_pv_carry_in_the_low_word() -> None:
    """A pair that must mean something else is not published."""
    reading = codec.read_ups(PV1800, {**PvInverter().registers(), 25246: 10_000})
    assert reading.values["counter_charged"] is None
    assert "counter_charged" in reading.rejected


def test_pv_older_protocol_hides_what_it_meant() -> None:
    """Registers whose meaning changed are left out before the change."""
    reading = codec.read_ups(PV1800, PvInverter(protocol=10403).registers())
    assert "float_voltage" not in reading.values
    assert "battery_low_voltage" in reading.values


def test_unset_serial_number() -> None:
    """A serial number that was never set is no serial number."""
    sent = PvInverter(serial=(0xFFFF, 0xFFFF)).registers()
    reading = codec.read_ups(PV1800, sent)
    assert reading.facts.serial_number is None
    assert reading.rejected == ()


# --- the map ----------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.key)
def test_rows_lie_in_blocks(family: Family) -> None:
    """Each row is read by a block, once, and no block is dangerous."""
    blocks = (
        *family.status,
        *family.settings,
        *family.identity,
        family.series.identity,
    )
    read = {
        address
        for block in blocks
        for address in range(block.first, block.first + block.length)
    }
    for row in family.registers:
        assert set(range(row.address, row.address + row.words)) <= read
        if row.setting is not None:
            assert any(
                block.first <= row.address < block.first + block.length
                for block in family.settings
            )
    keys = [row.key for row in family.registers]
    assert len(keys) == len(set(keys))
    assert not any(address in bad for address in read for bad in FORBIDDEN)


def test_forbidden_covers_what_the_maker_warns_of() -> None:
    """The ranges are those of the warnings and calibrations, without their neighbours."""
    for address in (10009, 10100, 20009, 20017, 20100, 31100, 31116, 32000, 32001):
        assert any(address in bad for bad in FORBIDDEN)
    assert REMOTE_SHUTDOWN == 32002
    for address in (10008, 10101, 20008, 20101, 31099, 31117, REMOTE_SHUTDOWN):
        assert not any(address in bad for bad in FORBIDDEN)


def test_who_can_be_shut_down() -> None:
    """Only models of which it is known that they start again with mains."""
    able = {family.key for family in FAMILIES if family.can_shut_down}
    assert able == {"ep2000", "pv2000"}


# --- settings ---------------------------------------------------------------------------


def reading_of(**changes: Any) -> MustReading:
    """Return the reading of a simulated UPS."""
    ups = SimulatedMust(**changes)
    sent = ups.registers()
    return codec.read_ups(codec.family_of(sent, EP.key), sent)


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("buzzer", False, 1),
        ("buzzer", True, 0),
        ("grid_charging", False, 1),
        ("backlight", True, 1),
        ("float_voltage", 13.5, 135),
        ("float_voltage", 13.7, 137),
        ("shutdown_voltage", 11.0, 110),
        ("charge_current_limit", 30, 30),
        ("output_voltage_setting", "230", 230),
        ("output_frequency_setting", "60", 1),
    ],
)
def test_encode(key: str, value: Any, word: int) -> None:
    """Settings become words."""
    assert codec.encode(reading_of(), key, value) == word


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("float_voltage", 13.8),
        ("float_voltage", 13.4),
        ("float_voltage", 27.2),
        ("charge_current_limit", 35),
        ("charge_current_limit", 12),
        ("output_voltage_setting", "110"),
        ("load_power", 5),
    ],
)
def test_encode_impossible(key: str, value: Any) -> None:
    """A value that this unit must not get is refused."""
    with pytest.raises(ValueImpossible):
        codec.encode(reading_of(), key, value)


def test_limits_follow_the_battery() -> None:
    """A bank of 24 V has twice the volts and twice the step."""
    reading = reading_of(battery=Battery(blocks=2))
    assert codec.limits(reading, "absorption_voltage") == (27.6, 29.0, 0.2)
    assert codec.encode(reading, "absorption_voltage", 28.4) == 284
    assert codec.limits(reading, "charge_current_limit") == (5, 15, 5)
    with pytest.raises(ValueImpossible):
        codec.encode(reading, "absorption_voltage", 28.5)


def test_limits_follow_the_model() -> None:
    """The chargers of an EP3300 are larger, and its steps coarser."""
    reading = reading_of(machine_type=3, battery=Battery(blocks=2))
    assert codec.limits(reading, "charge_current_limit") == (10, 20, 5)
    assert codec.limits(reading, "shutdown_voltage") == (20, 22, 1)


def test_limits_of_an_unknown_rating() -> None:
    """Without a known rating there is no limit to trust, so nothing is written."""
    reading = reading_of(rated_power=720)
    assert codec.limits(reading, "charge_current_limit") is None
    with pytest.raises(ValueImpossible):
        codec.encode(reading, "charge_current_limit", 10)


def test_tlv() -> None:
    """A split-phase unit tells both phases."""
    reading = reading_of(machine_type=4100)
    assert reading.family is EP3300_TLV
    assert reading.values["input_voltage_l1"] == 112.8
    assert reading.facts.serial_number == "1234500678"
