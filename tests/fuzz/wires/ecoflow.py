"""EcoFlow: JSON and binary messages; each wire value is in the message, and possible.

After a damaged message, the same one undamaged is taken whole: nothing stays behind.
"""

from collections.abc import Iterator
from functools import cache
from struct import pack
from typing import Any, Final

from custom_components.power_steward.devices.ecoflow.codec import (
    MAX_PAYLOAD,
    Parsed,
    Topic,
    parse,
)
from custom_components.power_steward.devices.ecoflow.frames import parse_frames
from custom_components.power_steward.devices.ecoflow.models.quantities import (
    RANGES,
    kind_of,
)
from custom_components.power_steward.devices.ecoflow.models.reading import (
    StationReading,
)
from custom_components.power_steward.devices.ecoflow.station import Station
from custom_components.power_steward.devices.ecoflow.wire import Malformed
from tests.devices.ecoflow.conftest import NAMES, Seen, seen

from ..harness import Wire
from ..justified import Numbers, is_number, leaves
from . import ecoflow_cloud

_DEVICES: Final[dict[str, Seen]] = {name: seen(name) for name in NAMES}
_SEEN: Final = {
    f"{name} {number} {topic.value}": payload[:MAX_PAYLOAD]
    for name, device in _DEVICES.items()
    for number, (topic, payload) in enumerate(device.messages)
}


def check(kind: str, body: bytes) -> None:
    """Take a message as the station of its device does; nothing at all is raised."""
    if kind in ecoflow_cloud.SEEN:
        ecoflow_cloud.check(kind, body)
        return
    station = _DEVICES[kind.partition(" ")[0]].station()
    parsed = _take(station, kind, body)
    _check_reading(station.reading(available=True))
    if body.lstrip()[:1] == b"{":
        _check_text(parsed, body)
    elif parsed.values:
        _check_binary(parsed, body)
    _take(station, kind, _SEEN[kind])
    assert _undamaged(kind).items() <= station.raw.items()


def _take(station: Station, kind: str, body: bytes) -> Parsed:
    topic = Topic(kind.rpartition(" ")[2])
    parsed = parse(topic, body, station.model.family.layouts)
    station.take(parsed)
    return parsed


@cache
def _undamaged(kind: str) -> dict[str, Any]:
    """Return the wire values of a message as it was."""
    station = _DEVICES[kind.partition(" ")[0]].station()
    _take(station, kind, _SEEN[kind])
    return station.raw


def _check_reading(reading: StationReading) -> None:
    for key, value in reading.values.items():
        low, high, _ = RANGES[kind_of(key).quantity]
        possible = value is None or key == "battery_power" or low <= value <= high
        assert possible, (key, value)


def _check_text(parsed: Parsed, body: bytes) -> None:
    numbers = Numbers(body.decode("utf-8", "replace"))
    for path, value in leaves(parsed.values):
        if is_number(value):
            assert numbers.justify(value), (path, value)


def _check_binary(parsed: Parsed, body: bytes) -> None:
    try:
        frames = parse_frames(body)
    except Malformed:
        raise AssertionError("values of no frame") from None
    content = b"\0".join(part for frame in frames for part in (frame.sent, frame.plain))
    for path, value in leaves(parsed.values):
        if path.startswith(".energy."):
            assert value >= 0, path  # the sum of a day's hours
        elif is_number(value):
            assert any(form in content for form in _forms(value)), (path, value)


def _forms(value: float) -> Iterator[bytes]:
    """Return how a number may stand in a message."""
    if isinstance(value, int):
        for number in (value & 2**64 - 1, value & 2**32 - 1, value << 1, ~(value << 1)):
            form = _varint(number & 2**64 - 1)
            yield form
            yield bytes((*form[:-1], form[-1] | 0x80))  # with zeros to follow
            if len(form) == 10:  # whose last byte holds one bit; others are dropped
                yield form[:-1]
            yield (number & 2**32 - 1).to_bytes(4, "little")
    else:
        yield pack("<d", value)
        if abs(value) < 3.4e38:
            yield pack("<f", value)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*out, number))


WIRE: Final = Wire(
    "ecoflow",
    {**_SEEN, **ecoflow_cloud.SEEN},
    check,
    dictionary=(
        b'"params":', b'"typeCode":', b'"quotaMap":', b'"moduleType":1', b"\x0a", b"\x08",
        b"\x12\x04", b"\xb2\x01", b"\x25\x00\x00\xc0\x7f", b"\x25\x00\x00\x80\x7f",
    ),
)  # fmt: skip
