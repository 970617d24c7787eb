"""How long a battery carries a load: Peukert, temperature, and what discharges taught.

The rated capacity holds for the current that empties the battery in 20 hours. A larger
current gets less out of it (Peukert), a cold battery gives less, and an old one holds
less. What no data sheet tells, real discharges do: each one corrects the capacity and
the internal resistance, within bounds, and the estimate's spread shrinks with them. A
battery that nobody described has no estimate until a discharge has measured it.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
import math
from typing import Final, NamedTuple

BLOCK_VOLTS: Final = 12.0
RATED_HOURS: Final = 20.0
EFFICIENCY: Final = 0.88
EXPONENT: Final = 1.15
LONGEST: Final = 6000.0
"""Minutes beyond which an estimate says no more."""

AGEING: Final = 0.04
"""Part of the capacity that a year takes: lead-acid ends its life at 80 % in five."""
OLDEST: Final = 0.4
"""Part of the capacity below which age alone is not believed to go."""

_TEMPERATURES: Final = (0, 5, 10, 15, 20, 25)
_AT_TEMPERATURE: Final = (0.84, 0.88, 0.90, 0.94, 0.99, 1.00)
_PER_KELVIN_OF_FROST: Final = 0.012
_COLDEST: Final = 0.5

_EMPTY_VOLTS: Final = 11.70
_VOLTS_OF_CHARGE: Final = 1.20
"""Rest voltage of an empty block, and what a full one has above it."""
_OHM_AMPERE_HOURS: Final = 0.6
"""Resistance of a block times its capacity, typical of AGM with its leads."""

_CAPACITY_BOUNDS: Final = (0.3, 1.3)
_BELIEVABLE: Final = (0.2, 1.6)
SCALE: Final = 55.0
"""Ah against which discharges measure a battery that nobody described."""
_ANY_BATTERY: Final = (1 / SCALE, 2000 / SCALE)
"""What such a battery may turn out to hold, relative to the scale."""
_RESISTANCE_BOUNDS: Final = (0.2, 8.0)
_RESISTANCE_SHARE: Final = 0.3
"""Weight of one more observation of the resistance."""
_PRIOR: Final = 4.0
"""Percent of discharge that the battery's description weighs against experience."""
_MEMORY: Final = 200.0
"""Percent of discharge after which older experience fades."""
SHORTEST_LESSON: Final = 10.0
"""Percent of charge that a discharge must take to teach anything."""
LONGEST_STEP: Final = 60.0
"""Seconds between two samples beyond which nobody knows what happened."""

_LEAST_SPREAD: Final = 0.10
_DOUBT_HALVES: Final = 30.0
"""Percent of experience that halves the doubt in the description."""


class Doubt(NamedTuple):
    """How far a battery and its inverter may be from their description."""

    capacity: float
    """Factor."""
    exponent: float
    efficiency: float
    own_consumption: float
    """Differences; the last in W."""


_AT_WORST: Final = Doubt(0.80, 0.05, -0.03, 12.0)
_AT_BEST: Final = Doubt(1.10, -0.05, 0.03, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A bank of lead-acid blocks as its owner describes it."""

    capacity: float
    """Ah of the whole bank at its voltage, new, at the 20-hour rate."""
    nominal_voltage: float = BLOCK_VOLTS
    efficiency: float = EFFICIENCY
    """Part of the battery's power that the inverter delivers."""
    exponent: float = EXPONENT
    """Peukert's: 1.05 to 1.15 for AGM, up to 1.6 for flooded cells."""
    age: float = 0.0
    """Years."""
    own_consumption: float = 0.0
    """Watts that the inverter takes for itself."""
    described: bool = True
    """Whether the capacity is known; else it is only the scale to measure against."""

    @property
    def blocks(self) -> float:
        """Return the number of 12 V blocks in a row."""
        return self.nominal_voltage / BLOCK_VOLTS

    @property
    def health(self) -> float:
        """Return the part of the capacity that age leaves."""
        return max(OLDEST, 1 - AGEING * self.age)

    @property
    def typical_resistance(self) -> float:
        """Return the ohms of a healthy bank of this size."""
        return self.blocks * _OHM_AMPERE_HOURS / self.capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What discharges taught of one battery."""

    capacity: float = 1.0
    """Factor on the capacity that the description gives."""
    resistance: float = 1.0
    """Factor on the typical internal resistance."""
    seen: float = 0.0
    """Percent of discharge that this rests on; with time, older ones fade."""
    discharges: int = 0
    described_capacity: float = 0.0
    """Ah that the factors refer to, 0 where nobody described the battery."""


class Estimate(NamedTuple):
    """Minutes, and between which bounds they are likely to lie."""

    minutes: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A battery at this moment, as far as it is known."""

    charge: float
    """Percent."""
    voltage: float | None = None
    """Volts while the battery delivers, ``None`` while it does not."""
    current: float | None = None
    """Amperes that the battery delivers, as measured."""
    shutdown_voltage: float | None = None
    """Volts at which the device cuts the load."""
    temperature: float | None = None
    """Degrees Celsius of the battery itself."""


def estimate(
    battery: Battery, experience: Experience, state: State, power: float
) -> Estimate | None:
    """Return how long the battery carries a power in W, ``None`` if that is unknown."""
    if not _is_known(battery, experience):
        return None
    if not 0 <= power < math.inf or current(battery, state, power) <= 0:
        return None
    minutes = _minutes(battery, experience, state, power)
    doubt = 2 ** (-experience.seen / _DOUBT_HALVES)
    bounds = []
    for least_spread, extreme in (
        (-_LEAST_SPREAD, _AT_WORST),
        (_LEAST_SPREAD, _AT_BEST),
    ):
        sure = minutes * (1 + least_spread)
        unsure = _minutes(_doubted(battery, extreme), experience, state, power)
        bounds.append(sure + doubt * (unsure - sure))
    return Estimate(*(min(LONGEST, value) for value in (minutes, *bounds)))


def _is_known(battery: Battery, experience: Experience) -> bool:
    """Return whether anybody or anything told how large a battery is."""
    return battery.described or experience.seen > 0


def _minutes(
    battery: Battery, experience: Experience, state: State, power: float
) -> float:
    """Return how long a battery that is as described carries a power."""
    amperes = current(battery, state, power)
    reserve = _reserve(battery, experience, state, amperes)
    share = max(0.0, state.charge - reserve) / 100
    usable = (
        battery.capacity
        * battery.health
        * experience.capacity
        * rate_factor(battery, amperes)
        * temperature_factor(state.temperature)
    )
    return share * usable / amperes * 60


def _doubted(battery: Battery, doubt: Doubt) -> Battery:
    """Return a battery that is not quite what it is said to be."""
    return replace(
        battery,
        capacity=battery.capacity * doubt.capacity,
        exponent=max(1.0, battery.exponent + doubt.exponent),
        efficiency=min(1.0, battery.efficiency + doubt.efficiency),
        own_consumption=battery.own_consumption + doubt.own_consumption,
    )


def sustainable_power(
    battery: Battery, experience: Experience, state: State, minutes: float
) -> float | None:
    """Return the load in W that the battery carries for so many minutes."""
    if not _is_known(battery, experience):
        return None
    state = replace(state, current=None)
    low, high = 0.0, battery.capacity * battery.nominal_voltage * 60
    for _ in range(60):
        middle = (low + high) / 2
        lasts = estimate(battery, experience, state, middle)
        if lasts is not None and lasts.minutes < minutes:
            high = middle
        else:
            low = middle
    return low if low > 0 else None


def rate_factor(battery: Battery, amperes: float) -> float:
    """Return Peukert's factor: never above one, so no light load invents capacity."""
    rated = battery.capacity / RATED_HOURS
    return min(1.0, math.pow(rated / amperes, battery.exponent - 1))


def temperature_factor(celsius: float | None) -> float:
    """Return the part of the capacity at a temperature; without one, at 25 °C."""
    if celsius is None or celsius >= _TEMPERATURES[-1]:
        return 1.0
    if celsius < _TEMPERATURES[0]:
        return max(_COLDEST, _AT_TEMPERATURE[0] + _PER_KELVIN_OF_FROST * celsius)
    right = max(1, bisect_left(_TEMPERATURES, celsius))
    cold, warm = _TEMPERATURES[right - 1], _TEMPERATURES[right]
    at_cold, at_warm = _AT_TEMPERATURE[right - 1], _AT_TEMPERATURE[right]
    return at_cold + (at_warm - at_cold) * (celsius - cold) / (warm - cold)


def rest_voltage(battery: Battery, charge: float) -> float:
    """Return the volts of a bank of this charge with nothing connected."""
    return battery.blocks * (_EMPTY_VOLTS + _VOLTS_OF_CHARGE * charge / 100)


def charge_of_voltage(battery: Battery, rest_voltage: float) -> float:
    """Return the charge in % by the rest voltage of the bank, within 15 % at best."""
    volts = rest_voltage / battery.blocks
    return min(100.0, max(0.0, (volts - _EMPTY_VOLTS) / _VOLTS_OF_CHARGE * 100))


def current(battery: Battery, state: State, power: float) -> float:
    """Return the amperes that the battery delivers: the larger of calculated and measured."""
    volts = state.voltage or BLOCK_VOLTS * battery.blocks
    amperes = (power / battery.efficiency + battery.own_consumption) / volts
    return amperes if state.current is None else max(amperes, state.current)


def _reserve(
    battery: Battery, experience: Experience, state: State, amperes: float
) -> float:
    """Return the charge in % that is left when the device cuts the load."""
    if state.shutdown_voltage is None:
        return 0.0
    ohms = battery.typical_resistance * experience.resistance
    return charge_of_voltage(battery, state.shutdown_voltage + amperes * ohms)


class Sample(NamedTuple):
    """A discharging battery at a moment of a monotonic clock, in s, A, V and %."""

    time: float
    amperes: float
    volts: float
    charge: float


class _Change(NamedTuple):
    """A change of the charge that the device tells, in %, after so many Ah."""

    charge: float
    drawn: float


class Discharge:
    """One discharge as it happens, and what it teaches, while it goes on and after.

    The amperes are weighed by the same factors that the estimate uses, so that what
    is learnt at one load holds for another. Devices tell the charge in whole percent,
    so it is known well at the moments when it changes, and those are compared.
    """

    def __init__(self, battery: Battery, temperature: float | None = None) -> None:
        """Begin with a battery at a temperature."""
        self._battery = battery
        self._temperature = temperature_factor(temperature)
        self._last: Sample | None = None
        self._drawn = 0.0
        self._sag = self._sagged_amperes = 0.0
        self._changes: list[_Change] = []
        self._resistances: list[float] = []
        self._broken = False

    def add(self, sample: Sample) -> None:
        """Take a sample; one that comes too late ends what can be learnt."""
        last, self._last = self._last, sample
        if last is None:
            return
        seconds = sample.time - last.time
        if not 0 < seconds <= LONGEST_STEP or sample.charge > last.charge + 2:
            self._broken = True
            return
        amperes = (last.amperes + sample.amperes) / 2
        if amperes > 0:
            factor = rate_factor(self._battery, amperes) * self._temperature
            self._drawn += amperes * seconds / 3600 / factor
            self._sag += rest_voltage(self._battery, sample.charge) - sample.volts
            self._sagged_amperes += amperes
        if sample.charge != last.charge:
            # Of all changes, only the first and the last are of use.
            self._changes[1:] = [_Change(sample.charge, self._drawn)]
        self._look_at_step(last, sample)

    def _look_at_step(self, last: Sample, sample: Sample) -> None:
        """Take the resistance from the volts that a step of the load cost."""
        step = sample.amperes - last.amperes
        if abs(step) < max(2.0, 0.2 * last.amperes):
            return
        ohms = (last.volts - sample.volts) / step
        factor = ohms / self._battery.typical_resistance
        least, most = _RESISTANCE_BOUNDS
        if least <= factor <= most:
            self._resistances.append(factor)

    def learn(self, experience: Experience) -> Experience:
        """Return the experience with what this discharge adds to it."""
        experience = self._learn_capacity(experience)
        for factor in self._resistances:
            known = experience.resistance
            experience = replace(
                experience, resistance=known + _RESISTANCE_SHARE * (factor - known)
            )
        return experience

    def _learn_capacity(self, experience: Experience) -> Experience:
        if not self._changes or self._broken:
            return experience
        first, last = self._changes[0], self._changes[-1]
        taken, drawn = first.charge - last.charge, last.drawn - first.drawn
        if taken < SHORTEST_LESSON:
            return experience
        battery = self._battery
        observed = drawn / (taken / 100) / (battery.capacity * battery.health)
        least, most = _BELIEVABLE if battery.described else _ANY_BATTERY
        if not least <= observed <= most:
            return experience
        prior = _PRIOR if battery.described else 0.0
        weight = taken / (prior + experience.seen + taken)
        capacity = experience.capacity + weight * (observed - experience.capacity)
        least, most = _CAPACITY_BOUNDS if battery.described else _ANY_BATTERY
        return replace(
            experience,
            capacity=min(most, max(least, capacity)),
            resistance=self._believed_resistance(experience),
            seen=min(_MEMORY, experience.seen + taken),
            discharges=experience.discharges + 1,
        )

    def _believed_resistance(self, experience: Experience) -> float:
        """Return the factor on the resistance, no larger than what the volts show."""
        seen = self._sag / self._battery.typical_resistance / self._sagged_amperes
        least, most = _RESISTANCE_BOUNDS
        seen = min(most, max(least, seen))
        if not _is_known(self._battery, experience):
            return seen
        return min(experience.resistance, seen)


class Smoothed:
    """An exponential average, so that an estimate does not follow every kettle."""

    def __init__(self, seconds: float = 60.0) -> None:
        """Take the time constant."""
        self._seconds = seconds
        self._time: float | None = None
        self._value = 0.0

    def add(self, time: float, value: float) -> float:
        """Take a value at a time and return the average."""
        if self._time is None:
            self._value = value
        else:
            passed = max(0.0, time - self._time)
            self._value += (1 - math.exp(-passed / self._seconds)) * (
                value - self._value
            )
        self._time = time
        return self._value
