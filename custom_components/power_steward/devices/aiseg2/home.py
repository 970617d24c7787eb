"""What the pages told so far, put together into readings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from ..readings import HUB, DeviceFacts, DeviceReading, PeriodTotal
from .client import CircuitList
from .codec import JAPAN, digest, name_key
from .models import (
    BATTERY_STATES,
    GRID_DIRECTIONS,
    Appliance,
    ApplianceReading,
    Circuit,
    CircuitReading,
    DayGraph,
    HomeReading,
    Live,
    Place,
    PlaceReading,
    Source,
    SourceReading,
)

HOME: Final = "home"
QUANTITIES: Final[Mapping[int, tuple[str, Mapping[str, float]]]] = {
    1: ("generated", {"kWh": 1.0}),
    2: ("consumed", {"kWh": 1.0}),
    3: ("bought", {"kWh": 1.0}),
    4: ("sold", {"kWh": 1.0}),
    5: ("hot_water", {"L": 1.0, "m3": 1000.0}),
    6: ("water", {"m3": 1.0, "L": 0.001}),
    7: ("gas", {"m3": 1.0}),
}
"""By digit (section 2.6): the field, and what the units that may be told are worth."""
UNSURE: Final = 100.0
"""W within which a direction may contradict a difference of rounded values."""


@dataclass(slots=True)
class DayCounter:
    """A total that begins anew at the box's midnight, whenever that is noticed.

    Within a day the largest value counts: a box that starts anew must not look like a
    new day. When the day has changed, the final total of the old one is shown first.
    """

    shown: PeriodTotal | None = None
    _next: PeriodTotal | None = None
    _doubtful: date | None = None

    def take(self, day: date, value: float, day_before: float | None) -> None:
        """Take a value, and the final one of the day before if the page tells it."""
        midnight = datetime.combine(day, time(), JAPAN)
        now = PeriodTotal(value, midnight)
        if self.shown is None:
            self.shown = now
            return
        old = self._next or self.shown
        if midnight == old.since:
            now = max(old, now)
            if self._next is None:
                self.shown = now
            else:
                self._next = now
            return
        if midnight == old.since + timedelta(days=1):
            if self._next is None and day_before is not None:
                self.shown = PeriodTotal(max(old.value, day_before), old.since)
            self._next = now
        elif self._doubtful == day:
            # The clock was set: what is told twice is the day.
            self.shown, self._next = now, None
        self._doubtful = day

    def advance(self) -> None:
        """Go on to the new day, now that the old one's final total was shown."""
        if self._next is not None:
            self.shown, self._next = self._next, None


@dataclass(slots=True)
class Home:
    """What the pages told so far; what no page vouches for any more is ``None``."""

    live: Live | None = None
    meter: float | None = None
    output_limited: bool | None = None
    sale_price: float | None = None
    totals: dict[str, DayCounter] = field(default_factory=dict)
    catalogue: tuple[Circuit, ...] = ()
    powers: dict[tuple[int, ...], float | None] = field(default_factory=dict)
    """W by the numbers of the circuits that share a name."""
    unknown_names: AbstractSet[str] = frozenset()
    """What the live list shows and the catalogue does not have."""
    circuit_totals: dict[int, DayCounter] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    appliances: dict[str, tuple[Appliance, ...]] = field(default_factory=dict)
    """By the page that tells of them."""
    rejected: tuple[str, ...] = ()

    # What pages tell

    def take_total(self, quantity: int, graph: DayGraph) -> None:
        """Take the day's total of a quantity."""
        name, units = QUANTITIES[quantity]
        factor = units.get(graph.unit or "")
        if graph.sale_price is not None:
            self.sale_price = graph.sale_price
        if factor is None:
            self.totals.pop(name, None)
            self.rejected = (*{*self.rejected, name},)
            return
        _take(self.totals, name, graph, factor)

    def take_circuit_total(self, number: int, graph: DayGraph) -> None:
        """Take the day's total of a circuit."""
        if graph.unit == "kWh":
            _take(self.circuit_totals, number, graph, 1.0)

    def take_catalogue(self, circuits: Sequence[Circuit]) -> None:
        """Take the list of circuits."""
        self.catalogue = tuple(circuits)
        numbers = {circuit.number for circuit in circuits}
        for gone in self.circuit_totals.keys() - numbers:
            del self.circuit_totals[gone]

    def forget_total(self, quantity: int) -> None:
        """Know nothing of a quantity any more."""
        self.totals.pop(QUANTITIES[quantity][0], None)

    def forget_powers(self) -> None:
        """Know nothing of the circuits' powers any more."""
        self.powers = {}

    def forget_circuit_totals(self) -> None:
        """Know nothing of the circuits' energy any more."""
        self.circuit_totals = {}

    def take_powers(self, listed: CircuitList) -> bool:
        """Take the live list, unless it contradicts the catalogue; tell which.

        Pages are read one after the other, so a circuit may be seen twice or missed.
        A circuit that is not in a list that ends at 0 W is at 0 W too, unless there are
        names that the catalogue does not know: it may be behind one of them.
        """
        groups = self._namesakes()
        read: dict[str, list[float | None]] = defaultdict(list)
        for circuit in listed.circuits:
            read[_shared(circuit.name)].append(circuit.power)
        self.unknown_names = unknown = read.keys() - groups.keys()
        absent: float | None = None if unknown or listed.complete else 0.0
        powers: dict[tuple[int, ...], float | None] = {}
        for name, numbers in groups.items():
            values = read.get(name, [])
            missing = len(numbers) - len(values)
            if missing < 0 or (missing and listed.complete and not unknown):
                return False
            values = values + [absent] * missing
            sure = [value for value in values if value is not None]
            powers[numbers] = sum(sure) if len(sure) == len(numbers) else None
        self.powers = powers
        return True

    def _namesakes(self) -> dict[str, tuple[int, ...]]:
        """Return the circuits' numbers by what their names have in common."""
        groups: dict[str, tuple[int, ...]] = {}
        for circuit in self.catalogue:
            name = _shared(circuit.name)
            groups[name] = (*groups.get(name, ()), circuit.number)
        return groups

    # What becomes of it

    def readings(self) -> dict[str, DeviceReading]:
        """Return the readings of all devices that the pages told of."""
        readings: dict[str, DeviceReading] = {HOME: self._home()}
        readings |= self._sources()
        readings |= self._circuits()
        readings |= self._places()
        readings |= {
            appliance.key: ApplianceReading(
                facts=_facts(appliance.name),
                state=appliance,
                rejected=appliance.rejected,
            )
            for appliances in self.appliances.values()
            for appliance in appliances
        }
        for counter in (*self.totals.values(), *self.circuit_totals.values()):
            counter.advance()
        return readings

    def _home(self) -> HomeReading:
        facts = DeviceFacts(name="Home", translation_key=HOME, part_of=HUB)
        totals = {name: counter.shown for name, counter in self.totals.items()}
        common = {
            "facts": facts,
            "output_limited": self.output_limited,
            "sale_price": self.sale_price,
            **totals,
        }
        live = self.live
        if live is None or not live.measuring:
            return HomeReading(grid_power=self.meter, **common)  # type: ignore[arg-type]
        state = BATTERY_STATES.get(
            -1 if live.battery_code is None else live.battery_code
        )
        has_battery = _has_battery(live)
        difference = _difference(live)
        grid = self.meter
        rejected = (*live.rejected, *self.rejected)
        if grid is None and difference is not None and _is_whole_exchange(live, state):
            grid = _directed(-difference, live.direction_code)
            if grid is None:
                rejected = (*rejected, "lo_buy_sell")
        direction = live.direction_code
        return HomeReading(
            consumption=live.consumption,
            generation=live.generation,
            grid_power=grid,
            surplus=difference,
            grid_direction=None
            if direction is None
            else GRID_DIRECTIONS.get(direction),
            battery_charge=live.battery_charge,
            battery_state=state if has_battery else None,
            battery_power=_battery_power(live, state) if has_battery else None,
            rejected=rejected,
            **common,  # type: ignore[arg-type]
        )

    def _sources(self) -> Iterable[tuple[str, SourceReading]]:
        if self.live is None or not self.live.measuring:
            return
        seen: dict[str, int] = defaultdict(int)
        for source in self.live.sources:
            stem = (
                f"other_{digest(source.title)}"
                if source.kind == "other"
                else source.kind
            )
            seen[stem] += 1
            suffix = "" if seen[stem] == 1 else f"_{seen[stem]}"
            yield (
                f"source_{stem}{suffix}",
                SourceReading(facts=_facts(source.title), power=source.power),
            )

    def _circuits(self) -> Iterable[tuple[str, CircuitReading]]:
        circuits = {circuit.number: circuit for circuit in self.catalogue}
        for numbers in self._namesakes().values():
            power = self.powers.get(numbers)
            alone = len(numbers) == 1
            for number in numbers:
                counter = self.circuit_totals.get(number)
                yield (
                    f"circuit_{number}",
                    CircuitReading(
                        facts=_circuit_facts(circuits[number], alone=alone),
                        power=power if alone else None,
                        consumed=None if counter is None else counter.shown,
                    ),
                )
            if not alone:
                labels = " + ".join(
                    circuits[number].label or str(number) for number in numbers
                )
                name = circuits[numbers[0]].name
                yield (
                    "circuits_" + "_".join(map(str, numbers)),
                    CircuitReading(
                        facts=_facts(f"{name} ({labels})" if name else labels),
                        power=power,
                    ),
                )

    def _places(self) -> Iterable[tuple[str, PlaceReading]]:
        names = [name_key(place.name) for place in self.places]
        for place, name in zip(self.places, names, strict=True):
            if names.count(name) == 1:
                yield (
                    f"place_{digest(place.name)}",
                    PlaceReading(
                        facts=_facts(place.name),
                        temperature=place.temperature,
                        humidity=place.humidity,
                    ),
                )


def _facts(name: str) -> DeviceFacts:
    return DeviceFacts(name=name, part_of=HUB)


def _circuit_facts(circuit: Circuit, *, alone: bool) -> DeviceFacts:
    """Return a circuit's facts; namesakes are told apart by their breakers."""
    if not circuit.name:
        return DeviceFacts(
            name=f"Circuit {circuit.number}",
            translation_key="circuit",
            translation_placeholders=(("number", str(circuit.number)),),
            part_of=HUB,
        )
    if alone:
        return _facts(circuit.name)
    return _facts(f"{circuit.name} ({circuit.label or circuit.number})")


def _shared(name: str) -> str:
    """Return what namesakes have in common; one without a name shows a dash."""
    return name_key(name) or "-"


def _take[KeyT](
    counters: dict[KeyT, DayCounter], key: KeyT, graph: DayGraph, factor: float
) -> None:
    day = graph.day or (graph.parts.clock.date() if graph.parts.clock else None)
    if day is None or graph.value is None:
        counters.pop(key, None)
        return
    before = graph.day_before
    counters.setdefault(key, DayCounter()).take(
        day, graph.value * factor, None if before is None else before * factor
    )


def _difference(live: Live) -> float | None:
    """Return generation minus consumption; no generator at all generates nothing."""
    generation = live.generation
    if generation is None and live.has_generation is False and not live.sources:
        generation = 0.0
    if generation is None or live.consumption is None:
        return None
    return generation - live.consumption


def _is_whole_exchange(live: Live, battery_state: str | None) -> bool:
    """Tell whether the difference is what flows through the meter (section 3).

    A battery or a car at work hides in it.
    """
    if live.has_ev:
        return False
    return not _has_battery(live) or battery_state == "idle"


def _has_battery(live: Live) -> bool:
    return bool(live.has_battery) or live.battery_charge is not None


def _directed(power: float, code: int | None) -> float | None:
    """Return the grid's power in the direction that the box tells.

    Near zero the box knows better than a difference of rounded values; further off, a
    contradiction leaves nothing to believe.
    """
    told = GRID_DIRECTIONS.get(-1 if code is None else code)
    agrees = {"buying": power >= 0, "selling": power <= 0, "idle": power == 0}
    if told is None or agrees[told]:
        return power
    return 0.0 if abs(power) <= UNSURE else None


def _battery_power(live: Live, state: str | None) -> float | None:
    """Return the battery's power: told only while it discharges, 0 at rest."""
    if state == "idle":
        return 0.0
    batteries: list[Source] = [item for item in live.sources if item.kind == "battery"]
    if state != "discharging" or len(batteries) != 1:
        return None
    return batteries[0].power
