"""What is known of a device: messages merged, wire values judged and converted."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..readings import DeviceFacts
from .codec import Parsed, Value
from .models import Model
from .models.conversion import Rejected, converter
from .models.quantities import Number
from .models.reading import StationReading
from .models.registry import UNKNOWN

MAX_VALUES: Final = 4000
"""Wire names kept of one device; real ones have some hundreds."""
MAX_STRANGE: Final = 100
_MISSING: Final = object()

type _Convert = Callable[[Any], Number | None]


class Table:
    """A model's rows, prepared for look-up by wire name."""

    __slots__ = ("by_wire", "rows")

    def __init__(self, model: Model) -> None:
        """Prepare the rows of a model's family."""
        self.by_wire: dict[str, list[tuple[str, _Convert]]] = {}
        self.rows: dict[str, list[tuple[str, _Convert]]] = {}
        """By key, its wire names; of several the first that is known counts."""
        for row in model.family.rows:
            convert = converter(row)
            self.by_wire.setdefault(row.wire, []).append((row.key, convert))
            self.rows.setdefault(row.key, []).append((row.wire, convert))


class Station:
    """A device; ``take`` messages as they come, ``reading`` tells what is known."""

    def __init__(self, serial: str, model: Model, facts: DeviceFacts) -> None:
        """Know nothing yet but what the device is."""
        self.serial = serial
        self.model = model
        self.facts = facts
        self.raw: dict[str, Value] = {}
        """The newest wire values by name."""
        self.strange: Counter[str] = Counter()
        """How often messages and fields came that no table explains."""
        self._table = Table(model)
        self._values: dict[str, Number | None] = {}
        self._rejected: dict[str, None] = {}
        self._reading: StationReading | None = None

    @property
    def values(self) -> Mapping[str, Number | None]:
        """Return the values as they are now."""
        return self._values

    def take(self, parsed: Parsed) -> bool:
        """Merge a message; return whether a value of the reading changed by it."""
        for strange in parsed.strange:
            self._count(strange.kind)
            for unknown in strange.fields:
                self._count(f"{strange.kind} {unknown.number}:{unknown.wire_type}")
        raw = self.raw
        get = raw.get
        changed = {
            name: value
            for name, value in parsed.values.items()
            if get(name, _MISSING) != value
        }
        if not changed:
            return False
        if len(raw) + len(changed) > MAX_VALUES:
            room = MAX_VALUES - len(raw)
            new = [name for name in changed if name not in raw]
            for name in new[max(room, 0) :]:
                del changed[name]
        raw.update(changed)
        if not self._convert(changed) and self.model is not UNKNOWN:
            return False
        self._reading = None
        return True

    def reading(self, *, available: bool) -> StationReading:
        """Return what is known now."""
        if self._reading is None or self._reading.available is not available:
            self._reading = StationReading(
                facts=self.facts,
                available=available,
                rejected=tuple(self._rejected),
                serial=self.serial,
                values=dict(self._values),
                others=self._others() if self.model is UNKNOWN else {},
            )
        return self._reading

    def _convert(self, changed: Mapping[str, Value]) -> bool:
        """Convert changed wire values; return whether a value changed with them."""
        by_wire = self._table.by_wire
        rows = self._table.rows
        values = self._values
        differs = False
        for name in changed:
            if name not in by_wire:
                continue
            self._rejected.pop(name, None)
            for key, convert in by_wire[name]:
                if len(rows[key]) > 1:
                    value = self._first_known(rows[key])
                else:
                    value = self._converted(name, convert)
                if values.get(key, _MISSING) != value:
                    values[key] = value
                    differs = True
        if differs:
            self._derive()
        return differs

    def _derive(self) -> None:
        """Compute what follows from other values, unless the device reports it."""
        values = self._values
        for derived in self.model.family.derived:
            wires = self._table.rows.get(derived.key, ())
            if any(wire in self.raw for wire, _ in wires):
                continue
            computed = derived.compute(values)
            if computed is not None or derived.key in values:
                values[derived.key] = computed

    def _first_known(self, wires: list[tuple[str, _Convert]]) -> Number | None:
        """Return the value of the first of several wire names that has one."""
        for wire, convert in wires:
            if wire in self.raw:
                value = self._converted(wire, convert)
                if value is not None:
                    return value
        return None

    def _converted(self, wire: str, convert: _Convert) -> Number | None:
        try:
            return convert(self.raw[wire])
        except Rejected:
            self._rejected[wire] = None
            return None

    def _others(self) -> dict[str, Number]:
        """Return the numbers that no row names."""
        by_wire = self._table.by_wire
        return {
            name: value
            for name, value in self.raw.items()
            if name not in by_wire and isinstance(value, int | float)
        }

    def _count(self, kind: str) -> None:
        if kind in self.strange or len(self.strange) < MAX_STRANGE:
            self.strange[kind] += 1
