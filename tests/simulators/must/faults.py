"""Faults on demand: each function makes what `Line.inject` takes."""

from collections.abc import Callable, Sequence
from random import Random
from struct import pack
from typing import NamedTuple

from .frames import sealed


class Chunk(NamedTuple):
    """Bytes, and the seconds of silence before them."""

    data: bytes
    after: float = 0.0


type Fault = Callable[[bytes, bytes], Sequence[Chunk]]
"""Makes of a request and its healthy reply what goes over the line instead."""


def silence() -> Fault:
    """Say nothing."""
    return lambda request, reply: ()


def damaged() -> Fault:
    """Flip a bit and leave the checksum as it was."""

    def fault(request: bytes, reply: bytes) -> Sequence[Chunk]:
        if not reply:
            return ()
        spoilt = bytearray(reply)
        spoilt[min(13, len(spoilt) - 3)] ^= 0x10
        return (Chunk(bytes(spoilt)),)

    return fault


def short(missing: int = 10) -> Fault:
    """Stop before the end."""
    return lambda request, reply: (Chunk(reply[:-missing]),)


def long(extra: int = 4) -> Fault:
    """Answer with more registers than were asked for, and a right checksum."""

    def fault(request: bytes, reply: bytes) -> Sequence[Chunk]:
        if not reply:
            return ()
        body = reply[3:-2] + bytes(2 * extra)
        return (Chunk(sealed(reply[:2] + bytes([len(body)]) + body)),)

    return fault


def trailing(extra: int = 7) -> Fault:
    """Send more bytes after the reply."""
    return lambda request, reply: (Chunk(reply + bytes(extra)),)


def other_unit(unit: int = 11) -> Fault:
    """Let another unit answer."""
    return lambda request, reply: (
        (Chunk(sealed(bytes([unit]) + reply[1:-2])),) if reply else ()
    )


def echo() -> Fault:
    """Send back what was sent, then the reply."""
    return lambda request, reply: (Chunk(request), Chunk(reply))


def noise(count: int = 20, seed: int = 1) -> Fault:
    """Send rubbish before the reply."""
    rubbish = Random(seed).randbytes(count)
    return lambda request, reply: (Chunk(rubbish), Chunk(reply))


def exception(code: int = 4) -> Fault:
    """Decline."""

    def fault(request: bytes, reply: bytes) -> Sequence[Chunk]:
        return (Chunk(sealed(bytes([request[0], request[1] | 0x80, code]))),)

    return fault


def dripping(seconds: float = 1.0) -> Fault:
    """Send one byte at a time, with pauses."""
    return lambda request, reply: [Chunk(bytes([byte]), seconds) for byte in reply]


def late(seconds: float) -> Fault:
    """Answer after a while."""
    return lambda request, reply: (Chunk(reply, seconds),)


def nothing_but(word: int) -> Fault:
    """Answer a read with one value in all registers."""

    def fault(request: bytes, reply: bytes) -> Sequence[Chunk]:
        if request[1] != 3 or not reply:
            return (Chunk(reply),)
        body = pack(">H", word) * (reply[2] // 2)
        return (Chunk(sealed(reply[:3] + body)),)

    return fault
