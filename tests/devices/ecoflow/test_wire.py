"""What we read and write is what Google's protobuf runtime reads and writes."""

import random
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message as GoogleMessage
import pytest

from custom_components.power_steward.devices.ecoflow.wire import (
    Field,
    Kind,
    Malformed,
    Message,
    Unknown,
)

_PROTO = descriptor_pb2.FieldDescriptorProto
TYPES = {
    Kind.UINT: _PROTO.TYPE_UINT64,
    Kind.INT: _PROTO.TYPE_INT32,
    Kind.ZIGZAG: _PROTO.TYPE_SINT64,
    Kind.BOOL: _PROTO.TYPE_BOOL,
    Kind.FLOAT: _PROTO.TYPE_FLOAT,
    Kind.TEXT: _PROTO.TYPE_STRING,
    Kind.BYTES: _PROTO.TYPE_BYTES,
    Kind.MESSAGE: _PROTO.TYPE_MESSAGE,
}

SCALARS = [kind for kind in Kind if kind is not Kind.MESSAGE]
INNER = Message(
    "inner",
    [
        *(
            Field(number, f"{kind.name.lower()}_one", kind)
            for number, kind in enumerate(SCALARS, start=1)
        ),
        *(
            Field(number, f"{kind.name.lower()}_list", kind, repeated=True)
            for number, kind in enumerate(SCALARS, start=11)
        ),
    ],
)
OUTER = Message(
    "outer",
    [
        *INNER.fields.values(),
        Field(20, "inner", Kind.MESSAGE, INNER),
        Field(2000, "inner_list", Kind.MESSAGE, INNER, repeated=True),
        Field(536870911, "last", Kind.INT),
    ],
)


def google(messages: list[Message]) -> dict[str, type[GoogleMessage]]:
    """Return Google's classes for our tables; they keep explicit zeros, too."""
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t")
    for message in messages:
        described = file.message_type.add(name=message.name)
        for field in message.fields.values():
            described.field.add(
                name=field.name,
                number=field.number,
                type=TYPES[field.kind],
                type_name=f".t.{field.message.name}" if field.message else None,
                label=(
                    _PROTO.LABEL_REPEATED if field.repeated else _PROTO.LABEL_OPTIONAL
                ),
                options=(
                    descriptor_pb2.FieldOptions(packed=True)
                    if field.repeated and field.kind.wire_type != 2
                    else None
                ),
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        message.name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"t.{message.name}")
        )
        for message in messages
    }


CLASSES = google([INNER, OUTER])


def random_number(dice: random.Random, bits: int) -> int:
    """Return a number of any size, zero often among them."""
    return dice.choice((0, 1, 127, 128, dice.getrandbits(dice.randint(1, bits))))


def random_value(dice: random.Random, field: Field) -> Any:
    """Return a value for a field."""
    match field.kind:
        case Kind.UINT:
            return random_number(dice, 64)
        case Kind.INT:
            return random_number(dice, 31) * dice.choice((1, -1))
        case Kind.ZIGZAG:
            return random_number(dice, 63) * dice.choice((1, -1))
        case Kind.BOOL:
            return dice.random() < 0.5
        case Kind.FLOAT:
            return dice.choice((0.0, 1.5, -0.25, float(dice.getrandbits(20)) / 4))
        case Kind.TEXT:
            return "".join(dice.choices("aé漢😀 ", k=dice.randint(0, 90)))
        case Kind.BYTES:
            return dice.randbytes(dice.randint(0, 200))
    assert field.message is not None
    return random_values(dice, field.message)


def random_values(dice: random.Random, message: Message) -> dict[str, Any]:
    """Return values for some of a message's fields."""
    values = {}
    for field in message.fields.values():
        if dice.random() < 0.5:
            if field.repeated:
                values[field.name] = [
                    random_value(dice, field) for _ in range(dice.randint(1, 4))
                ]
            else:
                values[field.name] = random_value(dice, field)
    return values


def filled(message: Message, values: dict[str, Any]) -> GoogleMessage:
    """Return Google's message with these values."""
    it = CLASSES[message.name]()
    for name, value in values.items():
        field = message.fields[name]
        for item in value if field.repeated else [value]:
            if field.message is not None:
                target = getattr(it, name).add() if field.repeated else None
                inner = filled(field.message, item)
                if target is None:
                    target = getattr(it, name)
                    target.SetInParent()
                target.CopyFrom(inner)
            elif field.repeated:
                getattr(it, name).append(item)
            else:
                setattr(it, name, item)
    return it


def held(it: Any) -> dict[str, Any]:
    """Return what Google's message holds, present fields only."""
    values: dict[str, Any] = {}
    for descriptor, value in it.ListFields():
        message = descriptor.message_type is not None
        if descriptor.is_repeated:
            values[descriptor.name] = [held(v) if message else v for v in value]
        else:
            values[descriptor.name] = held(value) if message else value
    return values


def test_like_googles() -> None:
    """Random messages go both ways between our tables and Google's runtime."""
    for seed in range(200):
        values = random_values(random.Random(seed), OUTER)
        theirs = filled(OUTER, values).SerializeToString()
        assert OUTER.read(theirs) == (values, []), seed
        parsed = CLASSES["outer"]()
        parsed.ParseFromString(OUTER.write(values))
        assert held(parsed) == values, seed


def damaged(dice: random.Random, data: bytes) -> bytes:
    """Return a message with a flipped bit and often without its end."""
    out = bytearray(data)
    out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
    cut = dice.randint(len(out) // 2, len(out)) if dice.random() < 0.3 else len(out)
    return bytes(out[:cut])


def test_damage_like_googles() -> None:
    """Of a damaged message we read what Google's runtime reads, or decline it.

    It takes the wire types of groups, which no device sends, and we do not; we keep
    the other fields beside a bad text or a bad list, and it does not.
    """
    compared = 0
    for seed in range(2000):
        dice = random.Random(seed)
        values = random_values(dice, INNER) or {"uint_one": 0}
        data = damaged(dice, filled(INNER, values).SerializeToString())
        theirs = CLASSES["inner"]()
        try:
            ours = INNER.read(data).values
            theirs.ParseFromString(data)
        except Malformed, DecodeError:
            continue
        for name, value in held(theirs).items():
            # Ours are meant to differ: 32 bits are not cut off, bad text is no text.
            if not name.startswith(("int_", "text_")):
                assert repr(ours.get(name)) == repr(value), seed
                compared += 1
    assert compared > 1000


def test_zeros_are_kept() -> None:
    """A zero that was sent is there, and one that is written is sent."""
    table = Message("t", [Field(9, "beeper", Kind.UINT), Field(3, "in", Kind.FLOAT)])
    assert table.write({"beeper": 0}) == bytes.fromhex("4800")
    assert table.read(bytes.fromhex("48001d00000000")).values == {
        "beeper": 0,
        "in": 0.0,
    }
    assert table.read(b"").values == {}


@pytest.mark.parametrize("kind", [Kind.UINT, Kind.INT, Kind.ZIGZAG])
@pytest.mark.parametrize("size", range(1, 5))
def test_numbers_by_their_lengths(kind: Kind, size: int) -> None:
    """Each byte takes seven bits, up to the last number that fits."""
    table = Message("t", [Field(1, "x", kind)])
    largest = (1 << 7 * size) - 1
    for sent, length in ((largest, size), (largest + 1, size + 1)):
        value = (sent >> 1) ^ -(sent & 1) if kind is Kind.ZIGZAG else sent
        written = table.write({"x": value})
        assert len(written) == 1 + length
        assert table.read(written).values == {"x": value}


def test_negative_numbers() -> None:
    """Ten bytes, or cut to 32 bits: both are minus five."""
    table = Message("t", [Field(1, "x", Kind.INT)])
    assert table.write({"x": -5}).hex() == "08fbffffffffffffffff01"
    assert table.read(bytes.fromhex("08fbffffffffffffffff01")).values == {"x": -5}
    assert table.read(bytes.fromhex("08fbffffff0f")).values == {"x": -5}


def test_a_wrong_wire_type_spoils_only_its_field() -> None:
    """A float where a number is declared is set aside; its neighbours are read."""
    table = Message(
        "t",
        [
            Field(1, "a", Kind.UINT),
            Field(2, "b", Kind.UINT),
            Field(3, "c", Kind.TEXT),
            Field(4, "d", Kind.UINT, repeated=True),
            Field(5, "e", Kind.MESSAGE, Message("u", [Field(1, "f", Kind.UINT)])),
        ],
    )
    data = bytes.fromhex(
        "15 0000c842 0801 1a01ff 2201ff 2a0108 3001 39 0100000000000000"
    )
    values, unknown = table.read(data)
    assert values == {"a": 1}
    assert unknown == [
        Unknown(2, 5, 0x42C80000),
        Unknown(3, 2, b"\xff"),
        Unknown(4, 2, b"\xff"),
        Unknown(5, 2, b"\x08"),
        Unknown(6, 0, 1),
        Unknown(7, 1, 1),
    ]


def test_lists_packed_or_not() -> None:
    """Both forms of a list are read, also mixed."""
    table = Message("t", [Field(33, "cells", Kind.UINT, repeated=True)])
    packed = table.write({"cells": [3319, 3321]})
    assert packed.hex() == "8a0204f719f919"
    single = bytes.fromhex("8802f819")
    assert table.read(packed + single).values == {"cells": [3319, 3321, 3320]}
    floats = Message("t", [Field(1, "x", Kind.FLOAT, repeated=True)])
    assert floats.read(bytes.fromhex("0a030000c8")).values == {}


@pytest.mark.parametrize(
    "data",
    [
        *("08", "0880", "0d000000", "0a05ff", "3205ff", "09ff", "0b", "0f01"),
        *("00 01", "80" * 20),
    ],
)
def test_malformed(data: str) -> None:
    """What is no message is declined."""
    with pytest.raises(Malformed):
        INNER.read(bytes.fromhex(data))


def test_names_under_a_prefix() -> None:
    """A table may be read and written under longer names, its parts as before."""
    longer = OUTER.under("a.")
    values = {"uint_one": 5, "inner": {"text_one": "x"}, "inner_list": [{}]}
    written = OUTER.write(values)
    named = {f"a.{name}": value for name, value in values.items()}
    assert longer.read(written).values == named
    assert longer.write(named) == written
