"""From what was sent to a value in our units, or none."""

from collections.abc import Callable
from typing import Any, Final

from . import Row
from .quantities import RANGES, Number, Quantity, kind_of

NO_TIME: Final = frozenset({5939, 5999, 12927, 143999, 65535, 600000})
"""Remaining times, in minutes, that stand for none."""


_TRUTHS: Final = frozenset({bool, int})
_NUMBERS: Final = frozenset({int, float})


class Rejected(Exception):
    """A value that was reported and cannot be."""


def converter(row: Row) -> Callable[[Any], Number | None]:
    """Return how to make a row's value out of what was sent.

    It raises ``Rejected`` for what cannot be read or physically be.
    """
    quantity = kind_of(row.key).quantity
    low, high, digits = RANGES[quantity]
    take = row.take
    none = NO_TIME if quantity is Quantity.DURATION else frozenset()
    # In steps of the last digit a whole number rounds, several times as fast.
    steps = 10**digits
    scale, lowest, highest = row.scale * steps, low * steps, high * steps

    def on_or_off(raw: Any) -> Number | None:
        if take is not None:
            raw = take(raw)
        if raw is None:
            return None
        if type(raw) in _TRUTHS and 0 <= raw <= 1:
            return bool(raw)
        raise Rejected

    def number(raw: Any) -> Number | None:
        if take is not None:
            raw = take(raw)
        if raw is None:
            return None
        if type(raw) not in _NUMBERS:
            raise Rejected
        if none and raw in none:
            return None
        try:
            value: float = raw * scale
        except OverflowError as err:
            raise Rejected from err
        if lowest <= value <= highest:
            return round(value) / steps if digits else round(value)
        raise Rejected

    return on_or_off if quantity is Quantity.ON_OFF else number
