"""The envelope of binary messages: headers, masks and requests (section 4.3)."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from .wire import Field, Kind, Malformed, Message

APP: Final = 32
"""Our address, and that of the cloud: what comes from it is never masked."""
MAIN: Final = 2
INVERTER: Final = 53
OCEAN: Final = 96

OFFLINE_CODE: Final = "-2"
SENDER: Final = "HomeAssistant"
MAX_HEADERS: Final = 64

HEADER: Final = Message(
    "header",
    (
        Field(1, "pdata", Kind.BYTES),
        Field(2, "src", Kind.INT),
        Field(3, "dest", Kind.INT),
        Field(4, "d_src", Kind.INT),
        Field(5, "d_dest", Kind.INT),
        Field(6, "enc_type", Kind.INT),
        Field(7, "check_type", Kind.INT),
        Field(8, "cmd_func", Kind.INT),
        Field(9, "cmd_id", Kind.INT),
        Field(10, "data_len", Kind.INT),
        Field(11, "need_ack", Kind.INT),
        Field(12, "is_ack", Kind.INT),
        Field(14, "seq", Kind.INT),
        Field(15, "product_id", Kind.INT),
        Field(16, "version", Kind.INT),
        Field(17, "payload_ver", Kind.INT),
        Field(22, "code", Kind.TEXT),
        Field(23, "sender", Kind.TEXT),
        Field(25, "device_sn", Kind.TEXT),
    ),
)
ENVELOPE: Final = Message("envelope", (Field(1, "headers", Kind.BYTES, repeated=True),))


class Frame(NamedTuple):
    """One header of an envelope, its payload as sent and without its mask."""

    header: Mapping[str, Any]
    command: tuple[int, int]
    """Which kind of message this is, within its family."""
    sent: bytes
    plain: bytes


@cache
def _xor_table(mask: int) -> bytes:
    return bytes(byte ^ mask for byte in range(256))


def masked(data: bytes, seq: int) -> bytes:
    """Put the mask of a sequence number on, or take it off."""
    return data.translate(_xor_table(seq & 0xFF))


def parse_frames(payload: bytes) -> list[Frame]:
    """Return the headers of an envelope; raise ``Malformed`` if it is none."""
    headers = ENVELOPE.read(payload).values.get("headers", ())
    if not headers or len(headers) > MAX_HEADERS:
        raise Malformed("number of headers")
    return [_frame(HEADER.read(header).values) for header in headers]


def _frame(header: dict[str, Any]) -> Frame:
    sent = plain = header.pop("pdata", b"")
    command = header.get("cmd_func", 0), header.get("cmd_id", 0)
    if header.get("enc_type") == 1 and header.get("src") != APP:
        plain = masked(sent, header.get("seq", 0))
    return Frame(header, command, sent, plain)


def build_frame(pdata: bytes | None = None, **header: Any) -> bytes:
    """Return an envelope with one header; members are written by their numbers."""
    values: dict[str, Any] = {"pdata": pdata, **header}
    ordered = {name: values[name] for name in HEADER.fields if name in values}
    return ENVELOPE.write({"headers": [HEADER.write(ordered)]})


def get_all(seq: int) -> bytes:
    """Return the request for all that a device knows."""
    return build_frame(src=APP, dest=APP, seq=seq, sender=SENDER)
