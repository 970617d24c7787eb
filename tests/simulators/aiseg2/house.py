"""The house behind the box: what runs in it, and when."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
import math
from typing import NamedTuple

JAPAN = timezone(timedelta(hours=9), "JST")

type Course = Callable[[datetime], float]
"""W by the time of day."""
type Power = float | Course

STEP = timedelta(minutes=5)
_STEPS_AN_HOUR = 12


@dataclass(eq=False)
class SimulatedCircuit:
    """A measured branch circuit."""

    number: int
    name: str
    power: Power = 0.0

    @property
    def label(self) -> str:
        """Return the breaker's label."""
        return f"分{self.number - 7}"


@dataclass(eq=False)
class SimulatedPlace:
    """A sensor of temperature and humidity; ``None`` draws no digits."""

    name: str
    temperature: float | None
    humidity: float | None


@dataclass(eq=False)
class SimulatedAppliance:
    """A device with a panel: its kind is the panel's, its values as the page has them."""

    node: int
    eoj: str
    name: str
    location: str = ""
    panel: str | None = None
    title: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    states: list[tuple[str, str]] = field(default_factory=list)
    note: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)


class Hour(NamedTuple):
    """The energies of an hour, in Wh."""

    solar: float
    bought: float
    sold: float
    charged: float
    discharged: float
    consumed: float
    circuits: dict[int, float]


class SimulatedHouse:
    """A house over the day: solar in daylight, a battery that moves it to the evening."""

    def __init__(
        self,
        circuits: Iterable[SimulatedCircuit] = (),
        *,
        solar: Power = 0.0,
        has_solar: bool = True,
        battery_power: float = 0.0,
        unmeasured: float = 0.0,
        hot_water: bool = False,
        gas: bool = False,
        places: Iterable[SimulatedPlace] = (),
        appliances: Iterable[SimulatedAppliance] = (),
        lives_by: tzinfo = JAPAN,
    ) -> None:
        """Furnish the house; ``battery_power`` in W, 0 for no battery.

        ``lives_by`` is the time of those who live there, and of their sun; the box's
        own time is always Japan's.
        """
        self.circuits = list(circuits)
        self.solar = solar
        self.has_solar = has_solar
        self.battery_power = battery_power
        self.unmeasured = unmeasured
        self.hot_water = hot_water
        self.gas = gas
        self.places = list(places)
        self.appliances = list(appliances)
        self.lives_by = lives_by
        self._hour = lru_cache(maxsize=1000)(self._integrate)

    def changed(self) -> None:
        """Forget what was integrated, after a change of powers."""
        self._hour.cache_clear()

    def circuit(self, number: int) -> SimulatedCircuit:
        """Return a circuit by its number."""
        return next(item for item in self.circuits if item.number == number)

    # Powers in W

    def _at(self, power: Power, moment: datetime) -> float:
        return power(moment.astimezone(self.lives_by)) if callable(power) else power

    def power_of(self, circuit: SimulatedCircuit, moment: datetime) -> int:
        """Return a circuit's power, in whole W as the box measures."""
        return max(round(self._at(circuit.power, moment)), 0)

    def consumption(self, moment: datetime) -> float:
        """Return what the house takes."""
        measured = sum(self.power_of(circuit, moment) for circuit in self.circuits)
        return measured + self.unmeasured

    def generation(self, moment: datetime) -> float:
        """Return what the roof gives."""
        return float(round(self._at(self.solar, moment))) if self.has_solar else 0.0

    def battery(self, moment: datetime) -> float:
        """Return the battery's power: positive feeds the house."""
        if not self.battery_power:
            return 0.0
        lack = self.consumption(moment) - self.generation(moment)
        hour = moment.astimezone(self.lives_by).hour
        if 9 <= hour < 15:
            return -float(round(min(max(-lack, 0.0), self.battery_power)))
        if hour >= 17:
            return float(round(min(max(lack, 0.0), self.battery_power)))
        return 0.0

    def grid(self, moment: datetime) -> float:
        """Return the power at the meter: positive is bought."""
        return self.consumption(moment) - self.generation(moment) - self.battery(moment)

    def battery_charge(self, moment: datetime) -> int:
        """Return the battery's charge in %, by its schedule."""
        there = moment.astimezone(self.lives_by)
        hour = there.hour + there.minute / 60
        if hour < 9:
            return 20
        if hour < 15:
            return round(20 + 75 * (hour - 9) / 6)
        if hour < 17:
            return 95
        return round(95 - 75 * (hour - 17) / 7)

    # Energies in Wh

    def hour(self, day: date, hour: int, until: datetime | None = None) -> Hour:
        """Return an hour's energies, up to a moment if it is not over."""
        start = datetime.combine(day, time(hour), JAPAN)
        if until is None or until >= start + timedelta(hours=1):
            return self._hour(start, _STEPS_AN_HOUR)
        return self._hour(start, max(int((until - start) / STEP), 0))

    def hours(self, day: date, until: datetime | None = None) -> list[Hour]:
        """Return the 24 hours of a day; those to come are 0."""
        return [self.hour(day, hour, until) for hour in range(24)]

    def _integrate(self, start: datetime, steps: int) -> Hour:
        share = 1 / _STEPS_AN_HOUR
        solar = bought = sold = charged = discharged = consumed = 0.0
        circuits = dict.fromkeys((item.number for item in self.circuits), 0.0)
        for step in range(steps):
            moment = start + step * STEP + STEP / 2
            battery, grid = self.battery(moment), self.grid(moment)
            solar += self.generation(moment) * share
            bought += max(grid, 0) * share
            sold += max(-grid, 0) * share
            discharged += max(battery, 0) * share
            charged += max(-battery, 0) * share
            consumed += self.consumption(moment) * share
            for circuit in self.circuits:
                circuits[circuit.number] += self.power_of(circuit, moment) * share
        return Hour(solar, bought, sold, charged, discharged, consumed, circuits)


# A house for the demo


def daylight(peak: float, rise: float = 5.5, fall: float = 18.5) -> Course:
    """Return the power of a roof over the day."""

    def power(moment: datetime) -> float:
        hour = moment.hour + moment.minute / 60 + moment.second / 3600
        if not rise < hour < fall:
            return 0.0
        cloud = 0.88 + 0.12 * math.sin(moment.timetuple().tm_yday * 2.1 + hour * 1.7)
        return peak * math.sin(math.pi * (hour - rise) / (fall - rise)) * cloud

    return power


def load(base: float, *spells: tuple[float, float, float]) -> Course:
    """Return a load: a base, and spells of (from hour, to hour, W)."""

    def power(moment: datetime) -> float:
        hour = moment.hour + moment.minute / 60 + moment.second / 3600
        extra = sum(watts for begin, end, watts in spells if begin <= hour < end)
        ripple = 1 + 0.06 * math.sin(moment.timestamp() / 97 + base + extra)
        return (base + extra) * ripple

    return power
