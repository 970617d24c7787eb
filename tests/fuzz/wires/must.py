"""MUST: registers; each value is a register's, in its steps, and possible."""

from struct import pack, unpack
from typing import Final

from custom_components.power_steward.devices.errors import ClientError
from custom_components.power_steward.devices.must import codec
from custom_components.power_steward.devices.must.registers import (
    EP,
    PV,
    Kind,
    Register,
)
from tests.devices.must import samples
from tests.simulators.must import PvInverter
from tests.simulators.must.frames import words

from ..harness import Wire

_PV: Final = {**PvInverter().registers(), **samples.PV1800_CHARGER}
_ADDRESSES: Final = {
    "status": tuple(range(30000, 30027)),
    "settings": (*range(30000, 30027), *range(31000, 31007)),
    "type 0": tuple(samples.TYPE_0),
    "PV": tuple(_PV),
}
_STATUS: Final = words(samples.ON_BATTERY[3:-2])


def _packed(registers: list[int]) -> bytes:
    return pack(f">{len(registers)}H", *registers)


def check(kind: str, body: bytes) -> None:
    """Read what registers hold; a block that is short lacks its last ones."""
    count = min(len(body) // 2, len(_ADDRESSES[kind]))
    held = unpack(f">{count}H", body[: 2 * count])
    registers = dict(zip(_ADDRESSES[kind], held, strict=False))
    series = PV.key if kind == "PV" else EP.key
    if series == EP.key and EP.identity.first not in registers:
        return  # the client asks for it on its own first
    family = codec.family_of(registers, series)
    try:
        reading = codec.read_ups(family, registers)
    except ClientError:
        return
    rows = {row.key: row for row in family.registers}
    for key, value in reading.values.items():
        if value is not None and key in rows:
            _check_value(rows[key], value, registers)
    assert reading.alarm_count is None or 0 <= reading.alarm_count <= 16 * len(
        registers
    )


def _check_value(row: Register, value: object, registers: dict[int, int]) -> None:
    raw = [registers[row.address + word] for word in range(row.words)]
    match row.kind:
        case Kind.ENUM | Kind.SERIAL:
            assert isinstance(value, str), row.key
        case Kind.FLAG:
            assert isinstance(value, bool), row.key
            assert raw[0] in (0, 1), row.key
        case Kind.ENERGY:
            assert value == (raw[0] * 10_000 + raw[1]) / 10, row.key
        case Kind.RUNTIME:
            assert value == raw[0] * 1440 + raw[1] * 60 + raw[2], row.key
        case _:
            assert isinstance(value, int | float), row.key
            signed = raw[0] - 0x10000 if row.signed and raw[0] & 0x8000 else raw[0]
            assert round(value * row.per_unit) == signed, row.key
            assert abs(value) <= 65535, row.key
            if row.kind is Kind.PERCENT:
                assert 0 <= value <= (row.high or 100), row.key


WIRE: Final = Wire(
    "must",
    {
        "status": _packed(_STATUS),
        "settings": _packed([*_STATUS, *words(samples.SETTINGS[3:-2])]),
        "type 0": _packed(list(samples.TYPE_0.values())),
        "PV": _packed(list(_PV.values())),
    },
    check,
    dictionary=(b"\x00\x00", b"\xff\xff", b"\x80\x00", b"\x7f\xff", b"\x10\x04"),
)
