"""Registers of a MUST UPS in, models out.

A value outside the physically possible is ``None`` and its key is in ``rejected``; a
sample that no UPS can have sent, such as nothing but zeros, is turned down as a whole.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ..errors import NothingMeasured, ValueImpossible
from ..readings import DeviceFacts
from .models import MustReading, Value
from .registers import (
    BY_MACHINE_TYPE,
    CHARGERS,
    EP,
    EP1800,
    OUTPUT_VOLTAGES,
    PV1800,
    PV1900,
    UNKNOWN_EP,
    Code,
    Family,
    Kind,
    Register,
)

BLOCK_VOLTS: Final = 12
BATTERY_CLASSES: Final = (12, 24, 36, 48)

type Registers = Mapping[int, int]


class _Range(NamedTuple):
    low: float
    high: float


_LIMITS: Final[Mapping[Kind, _Range]] = {
    Kind.VOLTAGE: _Range(0, 600),
    Kind.CURRENT: _Range(-600, 600),
    Kind.FREQUENCY: _Range(0, 100),
    Kind.POWER: _Range(-20_000, 20_000),
    Kind.APPARENT_POWER: _Range(0, 20_000),
    Kind.REACTIVE_POWER: _Range(-20_000, 20_000),
    Kind.PERCENT: _Range(0, 100),
    Kind.TEMPERATURE: _Range(-40, 150),
    Kind.CAPACITY: _Range(0, 5000),
}


def family_of(registers: Registers, series: str) -> Family:
    """Return whose map the identifying registers ask for."""
    if series == EP.key:
        return BY_MACHINE_TYPE.get(registers[EP.identity.first], UNKNOWN_EP)
    letters, number = registers.get(20000, 0), registers.get(20001, 0)
    if letters == int.from_bytes(b"EP"):
        return EP1800
    return PV1900 if number == 1900 else PV1800


def read_ups(family: Family, registers: Registers) -> MustReading:
    """Return a UPS's reading; raise ``NothingMeasured`` for what cannot be one."""
    rejected: list[str] = []
    values: dict[str, Value] = {}
    for row in family.registers:
        raw = [registers.get(row.address + word) for word in range(row.words)]
        if None not in raw:
            values[row.key] = _value(row, [word for word in raw if word is not None])
            if values[row.key] is None and row.kind is not Kind.SERIAL:
                rejected.append(row.key)
    if family.series == EP:
        _check_sample(family, registers)
    else:
        _check_not_empty(family, registers)
    _drop_older_meanings(family, values)
    fault_names, fault_words = _told(family.faults, values)
    alarm_names, alarm_words = _told(family.alarms, values)
    return MustReading(
        facts=facts(family, values),
        family_key=family.key,
        values=values,
        rejected=tuple(rejected),
        faults=fault_names,
        fault_codes=fault_words,
        alarms=alarm_names,
        alarm_count=(
            sum(word.bit_count() for word in alarm_words) if alarm_words else None
        ),
    )


def facts(family: Family, values: Mapping[str, Value]) -> DeviceFacts:
    """Return what the UPS is."""
    name, version = family.name, values.get("software_version")
    serial = values.get("serial_number")
    letters, number = values.get("model_letters"), values.get("model_number")
    if isinstance(letters, int) and isinstance(number, int):
        text = letters.to_bytes(2)
        if text.isalpha() and text.isascii() and number:
            name = f"{text.decode()}{number}"
    return DeviceFacts(
        name=f"MUST {name}" if family is not UNKNOWN_EP else name,
        manufacturer="MUST",
        model=name,
        serial_number=serial if isinstance(serial, str) else None,
        sw_version=_version(family, version) if isinstance(version, int) else None,
    )


def _version(family: Family, version: int) -> str:
    if family.series == EP:
        return str(version)
    return f"{version // 10000}.{version // 100 % 100:02}.{version % 100:02}"


def _value(row: Register, raw: list[int]) -> Value:
    """Return what a register's words stand for, ``None`` for nothing possible."""
    word = raw[0]
    match row.kind:
        case Kind.CODE:
            return word
        case Kind.ENUM:
            return row.codes.get(word)
        case Kind.FLAG:
            return None if word > 1 else row.codes.get(word, _FLAG[word]) == "on"
        case Kind.SERIAL:
            return _serial(*raw)
        case Kind.ENERGY:
            # Another reading of the pair is in use where the low word carries over.
            return None if raw[1] >= 10_000 else (raw[0] * 10_000 + raw[1]) / 10
        case Kind.RUNTIME:
            days, hours, minutes = raw
            possible = hours < 24 and minutes < 60
            return days * 1440 + hours * 60 + minutes if possible else None
    if row.signed and word >= 0x8000:
        word -= 0x10000
    value = word / row.per_unit if row.per_unit > 1 else word
    limits = _LIMITS[row.kind]
    low = limits.low if row.low is None else row.low
    high = limits.high if row.high is None else row.high
    return value if low <= value <= high else None


_FLAG: Final = ("off", "on")


def _serial(high: int, low: int) -> str | None:
    """Return a serial number as two groups of digits, ``None`` if none was set."""
    if (high, low) in ((0, 0), (0xFFFF, 0xFFFF)):
        return None
    return f"{high:05}{low:05}"


def _check_sample(family: Family, registers: Registers) -> None:
    """Turn down what only a fault on the line or in the UPS explains."""
    _check_not_empty(family, registers)
    if family is UNKNOWN_EP:
        return
    battery, rated = registers.get(30003), registers.get(30004)
    if battery not in BATTERY_CLASSES:
        raise NothingMeasured(f"battery class {battery}")
    if not rated:
        raise NothingMeasured("rated power 0")
    if registers.get(30002) not in family.states:
        raise NothingMeasured(f"state {registers.get(30002)}")


def _check_not_empty(family: Family, registers: Registers) -> None:
    block = family.status[0]
    words = {registers.get(block.first + n) for n in range(block.length)}
    if len(words) == 1:
        raise NothingMeasured(f"nothing but {words.pop()}")


def _drop_older_meanings(family: Family, values: dict[str, Value]) -> None:
    version = values.get("protocol_version")
    if not isinstance(version, int):
        return
    for row in family.registers:
        if version < row.since:
            values.pop(row.key, None)


def _told(
    codes: tuple[Code, ...], values: Mapping[str, Value]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the names of what is reported, and the words that report it."""
    names: list[str] = []
    words: list[int] = []
    for code in codes:
        word = values.get(code.key)
        if isinstance(word, int):
            words.append(word)
            told = _bits(word) if code.bits else (word,)
            names += [code.names[number] for number in told if number in code.names]
    return tuple(dict.fromkeys(names)), tuple(words)


def _bits(word: int) -> Iterator[int]:
    return (bit for bit in range(16) if word >> bit & 1)


# --- settings -------------------------------------------------------------------------


class Limits(NamedTuple):
    """What a number may be set to."""

    low: float
    high: float
    step: float


def limits(reading: MustReading, key: str) -> Limits | None:
    """Return a number's limits for the UPS of a reading, ``None`` if unknown."""
    row = reading.family.by_key[key]
    setting = row.setting
    battery = reading.number("rated_battery_voltage")
    if setting is None:
        return None
    if setting.by_rating:
        most = _largest_charge_current(reading)
        return None if most is None else Limits(setting.low, most, setting.step)
    blocks = 1.0
    if setting.per_block:
        if battery not in BATTERY_CLASSES:
            return None
        blocks = battery / BLOCK_VOLTS
    return Limits(*(raw * blocks / row.per_unit for raw in setting[:3]))


def _largest_charge_current(reading: MustReading) -> int | None:
    chargers = CHARGERS["ep3300" if "ep3300" in reading.family.key else "ep2000"]
    battery, rated = (
        reading.number("rated_battery_voltage"),
        reading.number("rated_power"),
    )
    if battery is None or rated is None:
        return None
    return chargers.get((int(battery), int(rated)))


def options(reading: MustReading, key: str) -> list[str]:
    """Return what a choice may be set to, for the UPS of a reading."""
    row = reading.family.by_key[key]
    if key != "output_voltage_setting":
        return list(row.codes.values())
    now = reading.values.get(key)
    for group in OUTPUT_VOLTAGES:
        if now in {str(volts) for volts in group}:
            return [str(volts) for volts in sorted(group)]
    return []


def encode(reading: MustReading, key: str, value: float | str | bool) -> int:
    """Return the word that stands for a setting's new value.

    Raises ``ValueImpossible`` for a value that this UPS must not be given.
    """
    row = reading.family.by_key[key]
    if row.setting is None:
        raise ValueImpossible(key)
    if row.kind is Kind.FLAG:
        on = row.codes.get(1, "on") == "on"
        return int(bool(value) is on)
    if row.kind is Kind.ENUM:
        if value not in options(reading, key):
            raise ValueImpossible(f"{key} {value}")
        return next(word for word, name in row.codes.items() if name == value)
    return _encode_number(reading, row, float(value))


def _encode_number(reading: MustReading, row: Register, value: float) -> int:
    allowed = limits(reading, row.key)
    if allowed is None:
        raise ValueImpossible(f"{row.key}: unknown rating")
    raw, low, high, step = (
        round(number * row.per_unit) for number in (value, *allowed)
    )
    if not low <= raw <= high or (raw - low) % step:
        raise ValueImpossible(
            f"{row.key} {value}, allowed {allowed.low} to {allowed.high}"
        )
    return raw
