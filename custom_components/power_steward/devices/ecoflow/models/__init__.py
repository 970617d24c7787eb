"""What EcoFlow's families are: tables that lead from wire names to values.

One file a family, one row a value. A row says which wire name a value has, what one of
its units is in ours, and where that is not all, how to take it.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from ..codec import Layouts
from .controls import Control
from .quantities import Number

MILLI: Final = 0.001
CENTI: Final = 0.01
DECI: Final = 0.1
MINUTES: Final = 60.0

type Take = Callable[[Any], Number | None]


class Row(NamedTuple):
    """A value of a family, and where on the wire it is."""

    key: str
    wire: str
    scale: float = 1.0
    take: Take | None = None
    """How to take the number out of what was sent; ``None`` means unknown."""


class Derived(NamedTuple):
    """A value that follows from other values."""

    key: str
    of: tuple[str, ...]
    """The keys of those values."""
    compute: Callable[..., Number | None]
    """How to compute it: given those values, in that order."""


class Family(NamedTuple):
    """What devices of a kind have in common."""

    name: str
    rows: tuple[Row, ...]
    layouts: Layouts
    """Binary messages; empty where devices speak JSON."""
    derived: tuple[Derived, ...] = ()
    ask_interval: float = 60.0
    """Seconds without a push after which a device is asked for all values."""
    stale_after: float = 300.0
    """Seconds without any message after which values no longer hold."""
    wake: Callable[[int], bytes] | None = None
    """The command, by its number, without which devices do not go on talking."""
    tidy: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    """How to make wire names and values fit for rows, where devices differ in them."""


class Model(NamedTuple):
    """A product."""

    name: str
    prefixes: tuple[str, ...]
    """Beginnings of its serial numbers."""
    family: Family
    controls: tuple[Control, ...] = ()


# What rows take values with


def inverted(raw: Any) -> Any:
    """Take a switch that is 1 when off."""
    return 1 - raw if raw in (0, 1) else raw


def known(raw: Any) -> Any:
    """Take a number of which zero says that it is not known."""
    return None if raw == 0 and not isinstance(raw, bool) else raw


def magnitude(raw: Any) -> Any:
    """Take an output that some devices report as negative."""
    return abs(raw) if isinstance(raw, int | float) else raw


def flow(raw: Any) -> bool | None:
    """Take the flow flag of an output: on and off are known, others are not."""
    return {14: True, 4: False}.get(raw) if isinstance(raw, int) else None


def byte_swapped(raw: Any) -> Any:
    """Take a 32-bit number whose bytes come in the wrong order."""
    if not isinstance(raw, int) or not 0 <= raw <= 0xFFFF_FFFF:
        return raw
    return int.from_bytes(raw.to_bytes(4, "big"), "little")


def item(index: int) -> Take:
    """Return how to take an item of a list."""

    def take(raw: Any) -> Any:
        return raw[index] if isinstance(raw, list) and len(raw) > index else None

    return take


# What families derive


def product(key: str, one: str, other: str) -> Derived:
    """Return the product of two values, such as a power that is not reported."""

    def compute(first: Number | None, second: Number | None) -> Number | None:
        if first is None or second is None:
            return None
        return round(first * second, 1)

    return Derived(key, (one, other), compute)


def total(key: str, *parts: str) -> Derived:
    """Return the sum of those values that are known."""

    def compute(*values: Number | None) -> Number | None:
        known = [value for value in values if value is not None]
        return round(sum(known), 1) if known else None

    return Derived(key, parts, compute)


def difference(key: str, plus: str, minus: str) -> Derived:
    """Return what is left of a value, such as of what goes in, less what comes out."""

    def compute(first: Number | None, second: Number | None) -> Number | None:
        if first is None or second is None:
            return None
        return round(first - second, 1)

    return Derived(key, (plus, minus), compute)


def mains_by_voltage(wire: str, scale: float = MILLI) -> Row:
    """Return whether mains is there, by its voltage."""

    def take(raw: Any) -> Any:
        return raw * scale > 60 if isinstance(raw, int | float) else raw

    return Row("mains", wire, take=take)


def _with_mains(connected: Number | None, power: Number | None) -> bool | None:
    if connected or power:
        return True
    return None if connected is None else False


MAINS_BY_INPUT: Final = Derived(
    "mains", ("ac_input_connected", "ac_input_power"), _with_mains
)
"""Whether mains is there: the input says so, or takes power."""


def on_battery(*loads: str) -> Derived:
    """Return whether the battery carries any of some loads because mains is lost.

    Without mains and without a load, nothing tells an outage from a station that was put
    away.
    """

    def compute(mains: Number | None, *watts: Number | None) -> bool | None:
        if mains:
            return False
        return None if mains is None or not any(watts) else True

    return Derived("on_battery", ("mains", *loads), compute)


ON_BATTERY: Final = on_battery("output_power")


def pack(number: int, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows of a battery pack; the first one is the device's own."""
    if not number:
        return tuple(rows)
    return tuple(row._replace(key=f"{row.key}_{number}") for row in rows)
