"""Protobuf read and written by tables (EcoFlow protocol, 4.3 and 4.4).

Nothing but what the wire holds: a field that is there is reported, also with the value
zero, and one that is not is not. A field of another wire type than the table says, or
of a number that the table does not know, is set aside and spoils no other.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import partial
import struct
from typing import Any, Final, NamedTuple


class Malformed(Exception):
    """The bytes are not a message."""


class Kind(Enum):
    """What a field's value is; the number is its wire type."""

    UINT = (0, 1)
    INT = (0, 2)
    ZIGZAG = (0, 3)
    BOOL = (0, 4)
    FLOAT = (5, 5)
    TEXT = (2, 6)
    BYTES = (2, 7)
    MESSAGE = (2, 8)

    @property
    def wire_type(self) -> int:
        """Return the wire type of a single value."""
        return self.value[0]


class Field(NamedTuple):
    """A field of a message, one row of its table."""

    number: int
    name: str
    kind: Kind
    message: Message | None = None
    repeated: bool = False


class Unknown(NamedTuple):
    """A field that the table has no use for, as it was sent."""

    number: int
    wire_type: int
    value: int | bytes


class Read(NamedTuple):
    """What a message holds, by name, and what is left over."""

    values: dict[str, Any]
    unknown: list[Unknown]


type _Take = Callable[[dict[str, Any], Any], None]
"""Puts a field's value, given as it was sent, among the others."""

_NUMBERS: Final = frozenset({Kind.UINT, Kind.INT, Kind.FLOAT})
"""Kinds that are read in place, unless a number is long."""


class Message:
    """A message's table, and how to read and write by it."""

    __slots__ = ("_by_tag", "_numbers", "_sized", "fields", "name")

    def __init__(self, name: str, fields: Iterable[Field]) -> None:
        """Prepare the table; numbers and names are each used once."""
        self.name = name
        self.fields: Mapping[str, Field] = {field.name: field for field in fields}
        self._by_tag: dict[int, _Take] = {}
        """How to take any field."""
        self._numbers: dict[int, tuple[str, Kind]] = {}
        """Single numbers, by their tags as these are sent."""
        self._sized: dict[int, tuple[int, _Take]] = {}
        """Fields that begin with their length, by their tags as these are sent."""
        for field in self.fields.values():
            wire_type = field.kind.wire_type
            self._by_tag[field.number << 3 | wire_type] = _take(field)
            if wire_type != 2 and field.repeated:
                self._by_tag[field.number << 3 | 2] = _take_packed(field)
            elif field.kind in _NUMBERS:
                sent = _tag_as_sent(field.number, wire_type)
                self._numbers[sent] = field.name, field.kind
            if take := self._by_tag.get(field.number << 3 | 2):
                self._sized[_tag_as_sent(field.number, 2)] = field.number, take

    def under(self, prefix: str) -> Message:
        """Return the same message with a prefix before all names."""
        return Message(
            self.name,
            (it._replace(name=f"{prefix}{it.name}") for it in self.fields.values()),
        )

    def read(self, data: bytes) -> Read:
        """Read a whole message; raise ``Malformed`` if the bytes are not one.

        Nearly all fields are short and have a tag of one or two bytes: these are read in
        place, as this is what costs most of all.
        """
        values: dict[str, Any] = {}
        unknown: list[Unknown] = []
        number_of, sized_of = self._numbers.get, self._sized.get
        as_float, a_float = _FLOAT, Kind.FLOAT
        at, end = 0, len(data)
        try:
            while at < end:
                tag, start = data[at], at + 1
                if tag > 0x7F:
                    tag, start = tag | data[start] << 8, at + 2
                if number := number_of(tag):
                    name, kind = number
                    if kind is a_float:
                        values[name] = as_float(data, start)[0]
                        at = start + 4
                    elif (low := data[start]) < 0x80:
                        values[name] = low
                        at = start + 1
                    elif (high := data[start + 1]) < 0x80:
                        values[name] = low & 0x7F | high << 7
                        at = start + 2
                    else:
                        value, at = _varint(data, start)
                        values[name] = _number(kind, value)
                elif (sized := sized_of(tag)) and (size := data[start]) < 0x80:
                    start += 1
                    at = start + size
                    if at > end:
                        raise Malformed("cut off")
                    content = data[start:at]
                    try:
                        sized[1](values, content)
                    except Malformed, UnicodeDecodeError:
                        unknown.append(Unknown(sized[0], 2, content))
                else:
                    at = self._read_field(data, at, values, unknown)
        except (IndexError, struct.error) as err:
            raise Malformed("cut off") from err
        return Read(values, unknown)

    def _read_field(
        self, data: bytes, at: int, values: dict[str, Any], unknown: list[Unknown]
    ) -> int:
        """Read a field of any kind; return the place after it."""
        tag, at = _varint(data, at)
        if tag < 8:
            raise Malformed("field number")
        value, at = _sent(data, at, tag & 7)
        take = self._by_tag.get(tag, _take_nothing)
        try:
            take(values, value)
        except Malformed, UnicodeDecodeError:
            unknown.append(Unknown(tag >> 3, tag & 7, value))
        return at

    def write(self, values: Mapping[str, Any]) -> bytes:
        """Write what is given, zeros too, in the order given."""
        return b"".join(
            _written(self.fields[name], value)
            for name, value in values.items()
            if value is not None
        )


_FLOAT: Final = struct.Struct("<f").unpack_from
_UINT32: Final = struct.Struct("<I").unpack_from
_UINT64: Final = struct.Struct("<Q").unpack_from
_PACK_FLOAT: Final = struct.Struct("<f").pack
_AS_FLOAT: Final = struct.Struct("<f").unpack
_AS_BYTES: Final = struct.Struct("<I").pack


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a place, and the place after it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
    raise Malformed("number without end")


def _sent(data: bytes, at: int, wire_type: int) -> tuple[int | bytes, int]:
    """Return the value at a place as it was sent, and the place after it."""
    match wire_type:
        case 0:
            return _varint(data, at)
        case 1:
            return _UINT64(data, at)[0], at + 8
        case 5:
            return _UINT32(data, at)[0], at + 4
        case 2:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise Malformed("cut off")
            return data[at : at + length], at + length
    raise Malformed("wire type")


def _tag_as_sent(number: int, wire_type: int) -> int:
    """Return the bytes of a field's tag, read as one number."""
    return int.from_bytes(_varint_bytes(number << 3 | wire_type), "little")


def _take(field: Field) -> _Take:
    """Return how to take a field, or an item of a list."""
    name, understood = field.name, _understood(field)

    def one(values: dict[str, Any], sent: Any) -> None:
        values[name] = understood(sent)

    def item(values: dict[str, Any], sent: Any) -> None:
        value = understood(sent)
        values.setdefault(name, []).append(value)

    return item if field.repeated else one


def _take_packed(field: Field) -> _Take:
    """Return how to take numbers of a list that were sent as one field."""
    name, kind = field.name, field.kind

    def items(values: dict[str, Any], sent: bytes) -> None:
        numbers = _unpacked(kind, sent)
        values.setdefault(name, []).extend(numbers)

    return items


def _take_nothing(values: dict[str, Any], sent: Any) -> None:
    """Decline a field that the table does not have."""
    raise Malformed("unknown")


def _understood(field: Field) -> Callable[[Any], Any]:
    """Return how to understand a value as it was sent."""
    match field.kind:
        case Kind.FLOAT:
            return lambda sent: _AS_FLOAT(_AS_BYTES(sent))[0]
        case Kind.TEXT:
            return bytes.decode
        case Kind.BYTES:
            return bytes
        case Kind.MESSAGE:
            assert field.message is not None
            read = field.message.read
            return lambda sent: read(sent).values
    return partial(_number, field.kind)


def _number(kind: Kind, value: int) -> int | bool:
    """Return what a varint stands for; a 32-bit number may come cut to 32 bits."""
    match kind:
        case Kind.INT:
            if value >= 1 << 63:
                return value - (1 << 64)
            return value - (1 << 32) if 1 << 31 <= value < 1 << 32 else value
        case Kind.ZIGZAG:
            return (value >> 1) ^ -(value & 1)
        case Kind.BOOL:
            return value != 0
    return value


def _unpacked(kind: Kind, data: bytes) -> list[Any]:
    """Return the numbers of a list that was sent as one field."""
    if kind is Kind.FLOAT:
        if len(data) % 4:
            raise Malformed("list of floats")
        return [item[0] for item in struct.iter_unpack("<f", data)]
    if data.isascii():
        return [_number(kind, byte) for byte in data]
    items = []
    at = 0
    try:
        while at < len(data):
            value, at = _varint(data, at)
            items.append(_number(kind, value))
    except IndexError as err:
        raise Malformed("list of numbers") from err
    return items


def _written(field: Field, value: Any) -> bytes:
    """Write a field; lists of numbers go into one, other lists item by item."""
    if not field.repeated:
        return _written_one(field, value)
    if field.kind.wire_type == 2:
        return b"".join(_written_one(field, item) for item in value)
    content = b"".join(_content(field, item) for item in value)
    return _prefixed(field.number << 3 | 2, content)


def _written_one(field: Field, value: Any) -> bytes:
    tag = field.number << 3 | field.kind.wire_type
    content = _content(field, value)
    if field.kind.wire_type == 2:
        return _prefixed(tag, content)
    return _varint_bytes(tag) + content


def _prefixed(tag: int, content: bytes) -> bytes:
    return _varint_bytes(tag) + _varint_bytes(len(content)) + content


def _content(field: Field, value: Any) -> bytes:
    match field.kind:
        case Kind.FLOAT:
            return _PACK_FLOAT(value)
        case Kind.TEXT:
            return str(value).encode()
        case Kind.BYTES:
            return bytes(value)
        case Kind.MESSAGE:
            assert field.message is not None
            return field.message.write(value)
        case Kind.ZIGZAG:
            return _varint_bytes(value << 1 ^ value >> 63)
    return _varint_bytes(int(value))


def _varint_bytes(value: int) -> bytes:
    """Return a number as it is sent; a negative one takes ten bytes."""
    value &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
