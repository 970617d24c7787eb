"""Damage: what lines, caches, old firmware and bad luck do to a message."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
import re
from struct import Struct
from typing import Final

from hypothesis import strategies as st

_NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?")

WORDS: Final = (
    b"", b"0", b"-1", b"1", b"7", b"00", b"1.5", b"-0.0", b"1e3", b"1e400", b"-1e400",
    b"NaN", b"Infinity", b"null", b"true", b"false", b'"', b"'", b"--", b"1_0", b"0x1F",
    b"\x00", b"\xff", b"\xc3\x28", b"\xef\xbb\xbf", "９".encode(), "٣".encode(),
    "−5".encode(), b"9" * 30, b"9" * 400, b"65535", b"32768", b"2147483648",
    b"18446744073709551616", b"{", b"}", b"[", b"]", b"{}", b"[]", b",", b":", b"[" * 10_000,
    b'{"a":' * 10_000, b'"' + b"A" * 100_000 + b'"', b"<", b">", b"<!--", b"-->", b"<![CDATA[", b"&amp;", b"&#49;", b"\n",
    b"\r\n", b"\x0a\xff\xff\xff\xff\x0f", b"\x80" * 12,
)  # fmt: skip
"""What is put in anywhere, whatever the wire."""


class _Material:
    """What a step of damage may draw on."""

    __slots__ = ("others", "words")

    def __init__(self, others: Sequence[bytes], words: Sequence[bytes]) -> None:
        self.others = others
        self.words = words


type _Step = Callable[[bytes, int, int, _Material], bytes]
"""Damages a body; the two numbers, below 2**32, say where and how."""


def _at(body: bytes, number: int) -> int:
    return number * (len(body) + 1) >> 32


def _cut(body: bytes, where: int, how: int, material: _Material) -> bytes:
    return body[: _at(body, where)]


def _flip(body: bytes, where: int, how: int, material: _Material) -> bytes:
    at = _at(body, where)
    return (
        body[:at]
        + bytes(byte ^ 1 << how % 8 for byte in body[at : at + 1])
        + (body[at + 1 :])
    )


def _set(body: bytes, where: int, how: int, material: _Material) -> bytes:
    at = _at(body, where)
    return body[:at] + bytes((how % 256,)) + body[at + 1 :]


def _put_in(body: bytes, where: int, how: int, material: _Material) -> bytes:
    at = _at(body, where)
    return body[:at] + material.words[how % len(material.words)] + body[at:]


def _number(body: bytes, where: int, how: int, material: _Material) -> bytes:
    """Put a word in the place of a number."""
    numbers = list(_NUMBER.finditer(body))
    if not numbers:
        return _put_in(body, where, how, material)
    found = numbers[where % len(numbers)]
    word = material.words[how % len(material.words)]
    return body[: found.start()] + word + body[found.end() :]


def _other_number(body: bytes, where: int, how: int, material: _Material) -> bytes:
    """Put another number in the place of a number."""
    numbers = list(_NUMBER.finditer(body))
    if not numbers:
        return _set(body, where, how, material)
    found = numbers[where % len(numbers)]
    digits = b"%d" % (how % 10 ** (how % 10))
    if how & 1024:
        digits = b"-" + digits
    if how & 2048:
        digits += b".%d" % (how % 97)
    return body[: found.start()] + digits + body[found.end() :]


def _drop(body: bytes, where: int, how: int, material: _Material) -> bytes:
    at = _at(body, where)
    return body[:at] + body[at + 1 + how % 64 :]


def _drop_much(body: bytes, where: int, how: int, material: _Material) -> bytes:
    first, last = sorted((_at(body, where), _at(body, how)))
    return body[:first] + body[last:]


def _repeat(body: bytes, where: int, how: int, material: _Material) -> bytes:
    at = _at(body, where)
    span = body[at : at + 1 + how % 200]
    return body[:at] + span * (2 + how % 3) + body[at + len(span) :]


def _join(body: bytes, where: int, how: int, material: _Material) -> bytes:
    """Go on as another message does."""
    other = material.others[how % len(material.others)]
    return body[: _at(body, where)] + other[_at(other, how) :]


_STEPS: Final[tuple[_Step, ...]] = (
    _cut, _flip, _set, _put_in, _number, _other_number, _drop, _drop_much, _repeat, _join,
)  # fmt: skip
_STEP: Final = Struct("<BII")
"""Which step, where and how: the fewer choices are drawn, the faster it goes."""
_MOST_STEPS: Final = 6


class Damage:
    """Damages a body by choices, which are steps one after the other."""

    def __init__(
        self, body: bytes, others: Sequence[bytes], dictionary: Sequence[bytes]
    ) -> None:
        """Take the body, what else was seen, and the words of the protocol."""
        self._body = body
        self._material = _Material(others, (*WORDS, *dictionary))

    def done(self, choices: bytes) -> bytes:
        """Return the body as the choices damage it."""
        out = self._body
        whole = len(choices) // _STEP.size * _STEP.size
        for step, where, how in _STEP.iter_unpack(choices[:whole]):
            out = _STEPS[step % len(_STEPS)](out, where, how, self._material)
        return out


def choices() -> st.SearchStrategy[bytes]:
    """Return the choices of one to six steps, for Hypothesis to draw and shrink."""
    return st.binary(min_size=_STEP.size, max_size=_MOST_STEPS * _STEP.size)


def random_choices(numbers: Random) -> bytes:
    """Return the same, drawn at once."""
    return numbers.randbytes(_STEP.size * numbers.randint(1, _MOST_STEPS))


def without_each_step(choices: bytes) -> Iterator[bytes]:
    """Yield the choices without their first step, their second and so on."""
    for at in range(0, len(choices), _STEP.size):
        yield choices[:at] + choices[at + _STEP.size :]
