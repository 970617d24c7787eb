"""Protobuf read and written by tables (EcoFlow protocol, 4.3 and 4.4).

Nothing but what the wire holds: a field that is there is reported, also with the value
zero, and one that is not is not. A field of another wire type than the table says, or
of a number that the table does not know, is set aside and spoils no other.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
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


class _Entry(NamedTuple):
    """What to do with a tag."""

    name: str
    kind: Kind
    message: Message | None
    repeated: bool
    packed: bool


_NUMBERS: Final = frozenset({Kind.UINT, Kind.INT, Kind.FLOAT})
"""Kinds that are read in place, unless a number is long."""


class Message:
    """A message's table, and how to read and write by it."""

    __slots__ = ("_by_tag", "_numbers", "fields", "name")

    def __init__(self, name: str, fields: Iterable[Field]) -> None:
        """Prepare the table; numbers and names are each used once."""
        self.name = name
        self.fields: Mapping[str, Field] = {field.name: field for field in fields}
        self._by_tag: dict[int, _Entry] = {}
        self._numbers: dict[int, tuple[str, Kind]] = {}
        """Single numbers by their tags as these are sent."""
        for field in self.fields.values():
            tag = field.number << 3 | field.kind.wire_type
            entry = _Entry(
                name=field.name,
                kind=field.kind,
                message=field.message,
                repeated=field.repeated,
                packed=False,
            )
            self._by_tag[tag] = entry
            if field.repeated and field.kind.wire_type != 2:
                self._by_tag[field.number << 3 | 2] = entry._replace(packed=True)
            elif field.kind in _NUMBERS:
                sent = int.from_bytes(_varint_bytes(tag), "little")
                self._numbers[sent] = field.name, field.kind

    def read(self, data: bytes) -> Read:
        """Read a whole message; raise ``Malformed`` if the bytes are not one.

        Nearly all fields are numbers with a tag of one or two bytes: these are read in
        place, as this is what costs most of all.
        """
        values: dict[str, Any] = {}
        unknown: list[Unknown] = []
        number_of, as_float, a_float = self._numbers.get, _FLOAT, Kind.FLOAT
        at, end = 0, len(data)
        try:
            while at < end:
                tag = data[at]
                if tag < 0x80:
                    number, start = number_of(tag), at + 1
                else:
                    number, start = number_of(tag | data[at + 1] << 8), at + 2
                if number is None:
                    at = self._read_field(data, at, values, unknown)
                    continue
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
        entry = self._by_tag.get(tag)
        if entry is None or not _take(values, entry, value):
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


def _take(values: dict[str, Any], entry: _Entry, value: Any) -> bool:
    """Put a field's value among the others; return whether it could be read."""
    try:
        if entry.packed:
            items = _unpacked(entry.kind, value)
        else:
            items = [_value(entry, value)]
    except Malformed, UnicodeDecodeError:
        return False
    if entry.repeated:
        values.setdefault(entry.name, []).extend(items)
    else:
        values[entry.name] = items[0]
    return True


def _value(entry: _Entry, value: Any) -> Any:
    match entry.kind:
        case Kind.FLOAT:
            return _AS_FLOAT(_AS_BYTES(value))[0]
        case Kind.TEXT:
            return value.decode()
        case Kind.BYTES:
            return value
        case Kind.MESSAGE:
            assert entry.message is not None
            return entry.message.read(value).values
    return _number(entry.kind, value)


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
