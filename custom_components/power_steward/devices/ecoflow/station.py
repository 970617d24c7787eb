"""What is known of a device: messages merged, wire values judged and converted."""

from collections.abc import Callable, Iterable, Mapping
from itertools import filterfalse, islice
import math
import struct
from typing import Any, Final

from ..readings import DeviceFacts
from .codec import Parsed, Strange, Value, flattened
from .models import Derived, Family, Model
from .models.conversion import Rejected, converter
from .models.quantities import Number
from .models.reading import StationReading
from .models.registry import GENERIC
from .privacy import tells
from .wire import Unknown

MAX_VALUES: Final = 4000
"""Wire names kept of one device; real ones have some hundreds."""
MAX_NAME: Final = 200
MAX_STRANGE: Final = 100
"""Kinds of messages that no table explains, and fields of each, that are kept."""
MAX_OTHERS: Final = 300
"""Numbers of a device of an unknown model that are offered."""
_FIXED_32: Final = 5
_LARGEST_TOLD: Final = 10_000_000
_MISSING: Final = object()

type _Wires = list[tuple[str, Callable[[Any], Number | None]]]
"""A value's wire names, each with how to convert; the first that is known counts."""


class Table:
    """A family's rows, prepared for look-up by wire name."""

    __slots__ = ("by_wire", "derived")

    def __init__(self, family: Family) -> None:
        """Prepare the rows of a family."""
        rows: dict[str, _Wires] = {}
        self.by_wire: dict[str, list[tuple[str, _Wires]]] = {}
        for row in family.rows:
            wires = rows.setdefault(row.key, [])
            wires.append((row.wire, converter(row)))
            self.by_wire.setdefault(row.wire, []).append((row.key, wires))
        self.derived: list[tuple[Derived, list[str]]] = [
            (derived, [wire for wire, _ in rows.get(derived.key, ())])
            for derived in family.derived
        ]
        """What follows from values, and by which wire names it may be reported."""


_TABLES: Final[dict[str, Table]] = {}


def table_of(family: Family) -> Table:
    """Return a family's table, the same for all its devices."""
    if family.name not in _TABLES:
        _TABLES[family.name] = Table(family)
    return _TABLES[family.name]


class Oddity:
    """What is kept of a kind of message that no table explains."""

    __slots__ = ("count", "fields")

    def __init__(self) -> None:
        """Begin to count."""
        self.count = 0
        self.fields: dict[str, float | str] = {}
        """The newest values of its unknown fields, by number and wire type."""

    def note(self, fields: Iterable[Unknown]) -> None:
        """Count a message and keep what may be told of its fields."""
        self.count += 1
        for field in fields:
            name = f"{field.number}:{field.wire_type}"
            if name in self.fields or len(self.fields) < MAX_STRANGE:
                self.fields[name] = _harmless(field)


def _harmless(field: Unknown) -> float | str:
    """Return a field without what could tell who or where: texts, ids, coordinates."""
    value = field.value
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if field.wire_type == _FIXED_32:
        number: float = struct.unpack("<f", value.to_bytes(4, "little"))[0]
        return round(number, 1) if math.isfinite(number) else "no number"
    return value if value <= _LARGEST_TOLD else "a large number"


class Station:
    """A device; ``take`` messages as they come, ``reading`` tells what is known."""

    def __init__(self, serial: str, model: Model, facts: DeviceFacts) -> None:
        """Know nothing yet but what the device is."""
        self.serial = serial
        self.model = model
        self.facts = facts
        self.raw: dict[str, Value] = {}
        """The newest wire values by name."""
        self.strange: dict[str, Oddity] = {}
        """Messages that no table explains, or not in full, by their kind."""
        self._table = table_of(model.family)
        self._values: dict[str, Number | None] = {}
        self._generic = model.family is GENERIC
        self._rejected: dict[str, None] = {}
        self._reading: StationReading | None = None

    @property
    def values(self) -> Mapping[str, Number | None]:
        """Return the values as they are now."""
        return self._values

    def take(self, parsed: Parsed) -> bool:
        """Merge a message; return whether a value of the reading changed by it."""
        for strange in parsed.strange:
            self._note(strange)
        tidy = self.model.family.tidy
        news = self._news(tidy(parsed.values) if tidy else parsed.values)
        if not news:
            return False
        flat = flattened(news)
        if flat is not news:
            news = self._news(flat)
        raw = self.raw
        known = len(raw)
        raw.update(news)
        if len(raw) > known:
            self._bound(news, known)
        if not self._convert(news) and not (self._generic and news):
            return False
        self._reading = None
        return True

    def _bound(self, news: dict[str, Any], known: int) -> None:
        """Forget new names that nobody needs, so that memory has a bound."""
        raw = self.raw
        room = max(MAX_VALUES - known, 0)
        for name in [*islice(raw, known, None)]:
            if room and len(name) <= MAX_NAME:
                room -= 1
            else:
                del raw[name], news[name]

    def told(self) -> dict[str, Any]:
        """Return what the device sent, for diagnostics: without texts and places."""
        return {
            "model": self.model.name,
            "values": {
                name: value
                for name, value in self.raw.items()
                if not isinstance(value, str) and not tells(name)
            },
            "strange": {
                kind: {"count": oddity.count, "fields": oddity.fields}
                for kind, oddity in self.strange.items()
            },
        }

    def _news(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return those values that are not what they were."""
        return dict(filterfalse(self.raw.items().__contains__, values.items()))

    def reading(self, *, available: bool) -> StationReading:
        """Return what is known now."""
        if self._reading is None or self._reading.available is not available:
            self._reading = StationReading(
                facts=self.facts,
                available=available,
                rejected=tuple(self._rejected),
                serial=self.serial,
                values=self._values.copy(),
                others=self._others() if self._generic else {},
            )
        return self._reading

    def _convert(self, news: Mapping[str, Value]) -> bool:
        """Convert new wire values; return whether a value changed with them."""
        rows_of = self._table.by_wire.get
        values = self._values
        changed: set[str] = set()
        for name in news:
            if (rows := rows_of(name)) is None:
                continue
            if self._rejected:
                self._rejected.pop(name, None)
            for key, wires in rows:
                value = self._first_known(wires)
                if values.get(key, _MISSING) != value:
                    values[key] = value
                    changed.add(key)
        if changed:
            self._derive(changed)
        return bool(changed)

    def _derive(self, changed: set[str]) -> None:
        """Compute what follows from changed values, unless the device reports it."""
        values, raw = self._values, self.raw
        for derived, wires in self._table.derived:
            if changed.isdisjoint(derived.of) or any(map(raw.__contains__, wires)):
                continue
            computed = derived.compute(*map(values.get, derived.of))
            if computed is not None or derived.key in values:
                values[derived.key] = computed
                changed.add(derived.key)

    def _first_known(self, wires: _Wires) -> Number | None:
        """Return the value of the first of several wire names that has one."""
        raw = self.raw
        for wire, convert in wires:
            if wire in raw:
                try:
                    value = convert(raw[wire])
                except Rejected:
                    self._rejected[wire] = None
                    continue
                if value is not None:
                    return value
        return None

    def _others(self) -> dict[str, Number]:
        """Return the numbers that no row names."""
        by_wire = self._table.by_wire
        others = (
            (name, value)
            for name, value in self.raw.items()
            if isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(value)
            and name not in by_wire
            and not tells(name)
        )
        return dict(islice(others, MAX_OTHERS))

    def _note(self, strange: Strange) -> None:
        if (oddity := self.strange.get(strange.kind)) is None:
            if len(self.strange) == MAX_STRANGE:
                return
            oddity = self.strange[strange.kind] = Oddity()
        oddity.note(strange.fields)
