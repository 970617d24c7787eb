"""From what was sent to a value in our units, or none."""

from collections.abc import Callable
from typing import Any, Final

from . import Row
from .quantities import RANGES, Number, Quantity, kind_of

NO_TIME: Final = frozenset({5939, 5999, 12927, 143999, 65535, 600000})
"""Remaining times, in minutes, that stand for none."""

_LARGEST: Final = 1e15
"""Nothing that a device counts comes near."""


class Rejected(Exception):
    """A value that was reported and cannot be."""


def converter(row: Row) -> Callable[[Any], Number | None]:
    """Return how to make a row's value out of what was sent.

    It raises ``Rejected`` for what cannot be read or physically be.
    """
    quantity = kind_of(row.key).quantity
    low, high, digits = RANGES[quantity]
    scale, take = row.scale, row.take
    truth = quantity is Quantity.ON_OFF
    time = quantity is Quantity.DURATION

    def convert(raw: Any) -> Number | None:
        if take is not None:
            raw = take(raw)
        if raw is None:
            return None
        kind = type(raw)
        if truth:
            if kind is bool or (kind is int and 0 <= raw <= 1):
                return bool(raw)
            raise Rejected
        if kind is not int and kind is not float:
            raise Rejected
        if not -_LARGEST < raw < _LARGEST:
            raise Rejected
        if time and raw in NO_TIME:
            return None
        value: float = raw * scale + 0.0  # never minus zero
        if not low <= value <= high:
            raise Rejected
        return round(value, digits) if digits else round(value)

    return convert
