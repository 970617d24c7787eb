"""The capping policy: prices, volumes and batteries in, one cap and its reason out.

Powers are whole microwatts, the kernel's unit, so that nothing is rounded but where
the hardware rounds. Moments are aware and in UTC; spans come from a monotonic clock.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from enum import StrEnum
import math
from typing import Final, NamedTuple, Self

type Microwatts = int

WATT: Final = 1_000_000
HARD_MINIMUM: Final = 3 * WATT
"""No cap is ever lower: Home Assistant itself runs on the processor."""
DEFAULT_FLOOR: Final = 5 * WATT
DEFAULT_FLOOR_SHARE: Final = 0.4
SHORT_TERM_FACTOR: Final = 1.25
MINUTE: Final = 60.0

_SMALLEST_CHANGE: Final = WATT // 2


class Mode(StrEnum):
    """What leads the cap."""

    OFF = "off"
    MANUAL = "manual"
    PRICE_LINEAR = "price_linear"
    PRICE_RANK = "price_rank"
    PRICE_THRESHOLD = "price_threshold"
    VOLUME_MAX = "volume_max"
    VOLUME_AVERAGE = "volume_average"


class Reason(StrEnum):
    """Why the cap is what it is: a mode, or what came before it."""

    OFF = "off"
    MANUAL = "manual"
    PRICE_LINEAR = "price_linear"
    PRICE_RANK = "price_rank"
    PRICE_THRESHOLD = "price_threshold"
    VOLUME_MAX = "volume_max"
    VOLUME_AVERAGE = "volume_average"
    MANUAL_CHANGE = "manual_change"
    ON_BATTERY = "on_battery"
    BATTERY_UNKNOWN = "battery_unknown"
    MAINS_SETTLING = "mains_settling"
    LAST_KNOWN = "last_known"
    NO_DATA = "no_data"


class WithoutData(StrEnum):
    """What to do while there is no price or volume for now."""

    KEEP = "keep"
    """Stay for a time, then lift the cap: an outage of data punishes nobody."""
    FLOOR = "floor"


class BoundsError(ValueError):
    """A floor above the ceiling: there is no cap that keeps to both."""


# Bounds


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest cap of a package, and the steps in between.

    The ceiling is the original or lower and is kept as it is; the floor is rounded up
    to a step. Raises ``BoundsError``.
    """

    floor: Microwatts
    ceiling: Microwatts
    step: Microwatts

    def __post_init__(self) -> None:
        """Round the floor up to a step that the hardware can store."""
        floor = -(-max(self.floor, HARD_MINIMUM) // self.step) * self.step
        if floor > self.ceiling:
            raise BoundsError(f"floor {floor} is above ceiling {self.ceiling}")
        object.__setattr__(self, "floor", floor)

    @property
    def range(self) -> Microwatts:
        """The room between floor and ceiling."""
        return self.ceiling - self.floor

    def clamp(self, target: float) -> Microwatts:
        """Return the cap nearest to a target that the bounds and the steps allow.

        What is not a number is the floor: of a nonsensical target nothing but the
        careful end may come.
        """
        if not target > self.floor:
            return self.floor
        if target >= self.ceiling:
            return self.ceiling
        return max(self.floor, int(target) // self.step * self.step)

    def at(self, share: float) -> Microwatts:
        """Return the target at a share of the room above the floor."""
        return round_half_away(self.floor + self.range * share)


def default_floor(original: Microwatts, maximum: Microwatts | None) -> Microwatts:
    """Return a floor that a host surely runs on: from its design power, if known."""
    share = DEFAULT_FLOOR_SHARE * (maximum or original)
    return min(max(DEFAULT_FLOOR, math.ceil(share)), original)


def short_term_cap(
    target: Microwatts,
    original: Microwatts,
    step: Microwatts,
    factor: float = SHORT_TERM_FACTOR,
) -> Microwatts:
    """Return the burst limit that goes with a cap, never above the original one."""
    return min(original, int(target * factor) // step * step)


def split(total: Microwatts, count: int, step: Microwatts) -> list[Microwatts]:
    """Divide a target over packages in whole steps; the first gets the remainder."""
    each = total // count // step * step
    return [total - each * (count - 1), *[each] * (count - 1)]


def round_half_away(value: float) -> int:
    """Round to the nearest integer, halves away from zero."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


# Prices and volumes


class Slot(NamedTuple):
    """A price interval, half open, with the market's price and volume."""

    start: datetime
    end: datetime
    price: float | None = None
    volume: float | None = None


class Day(NamedTuple):
    """What is known of one day of the market."""

    prices: tuple[float, ...]
    """Sorted, cheapest first."""
    largest_volume: float
    mean_volume: float

    @classmethod
    def of(cls, slots: Sequence[Slot]) -> Self:
        """Return the day that these slots make."""
        volumes = [slot.volume for slot in slots if slot.volume is not None]
        return cls(
            tuple(sorted(slot.price for slot in slots if slot.price is not None)),
            max(volumes, default=0.0),
            math.fsum(volumes) / len(volumes) if volumes else 0.0,
        )


class Market:
    """The known slots, and the days that they make in the market's time zone."""

    def __init__(self, slots: Iterable[Slot], zone: tzinfo) -> None:
        """Take slots in any order; of two that begin at once the later one counts."""
        ordered = {slot.start: slot for slot in slots}
        self._zone = zone
        self.slots: Final = tuple(ordered[start] for start in sorted(ordered))
        self._starts = [slot.start for slot in self.slots]
        days: dict[date, list[Slot]] = {}
        for slot in self.slots:
            days.setdefault(self._date(slot), []).append(slot)
        self._days = {day: Day.of(members) for day, members in days.items()}

    def at(self, now: datetime) -> Slot | None:
        """Return the slot of a moment."""
        index = bisect_right(self._starts, now) - 1
        if index < 0 or now >= self.slots[index].end:
            return None
        return self.slots[index]

    def day(self, slot: Slot) -> Day:
        """Return the day of a slot."""
        return self._days[self._date(slot)]

    def since(self, now: datetime) -> tuple[Slot, ...]:
        """Return the slots that have not ended."""
        return tuple(slot for slot in self.slots if slot.end > now)

    def _date(self, slot: Slot) -> date:
        return slot.start.astimezone(self._zone).date()


# Modes


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryRules:
    """How to save while a battery carries the load; spans in seconds."""

    runtime: float = 30 * MINUTE
    """How long the battery has to last, counted from the loss of mains."""
    steps: int = 4
    """Steps from ceiling to floor."""
    every: float = 30.0
    """Time between two steps: what one has changed must show first."""
    settle: float = 5 * MINUTE
    """How long mains has to be back before the cap is lifted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the user has decided; spans in seconds."""

    mode: Mode = Mode.OFF
    manual: Microwatts | None = None
    """The cap in mode ``manual``; without one, the ceiling."""
    threshold: float | None = None
    without_data: WithoutData = WithoutData.KEEP
    keep: float = 60 * MINUTE
    ramp: float = 0.25
    """Share of the room above the floor by which the cap may fall in a minute."""
    dwell: float = MINUTE
    """Least time between two changes of the policy's own."""
    manual_change: float = 60 * MINUTE
    """How long a change by the user wins over the policy."""
    battery: BatteryRules = BatteryRules()


def seed_limit(
    volume: float | None,
    reference_volume: float,
    reference: Microwatts,
    minimum: Microwatts,
) -> Microwatts:
    """Return the limit by the seed's rule of three, to the microwatt.

    The more is traded, the more power is allowed. What is not known counts as 0, and
    that as the minimum. If the minimum is above the reference, so is the limit: a
    caller who does not want that has to rule it out.
    """
    source = 0
    if volume and reference_volume:
        source = round_half_away(volume / reference_volume * reference)
    if source == 0:
        source = minimum
    if source > reference:
        return reference
    return max(source, minimum)


def goal(
    rules: Rules, bounds: Bounds, slot: Slot | None, day: Day | None
) -> int | None:
    """Return what a mode asks for in a slot, ``None`` where the data is missing."""
    match rules.mode:
        case Mode.OFF:
            return bounds.ceiling
        case Mode.MANUAL:
            return bounds.ceiling if rules.manual is None else rules.manual
    if slot is None or day is None:
        return None
    if rules.mode in (Mode.VOLUME_MAX, Mode.VOLUME_AVERAGE):
        if slot.volume is None:
            return None
        largest = rules.mode is Mode.VOLUME_MAX
        reference = day.largest_volume if largest else day.mean_volume
        return seed_limit(slot.volume, reference, bounds.ceiling, bounds.floor)
    if slot.price is None:
        return None
    if rules.mode is Mode.PRICE_THRESHOLD:
        if rules.threshold is None:
            return None
        return bounds.ceiling if slot.price <= rules.threshold else bounds.floor
    cheapest, dearest = day.prices[0], day.prices[-1]
    if cheapest == dearest:
        return bounds.ceiling
    if rules.mode is Mode.PRICE_LINEAR:
        return bounds.at((dearest - slot.price) / (dearest - cheapest))
    last = len(day.prices) - 1
    return bounds.at((last - bisect_left(day.prices, slot.price)) / last)


# Decisions


class ManualChange(NamedTuple):
    """A cap that the user set, and until when it wins by the monotonic clock."""

    cap: Microwatts
    until: float


class OnBattery(NamedTuple):
    """What has happened since mains was lost, by the monotonic clock."""

    since: float
    cap: Microwatts
    stepped: float
    settling: float | None = None
    """Since when mains is back."""
    unknown: float | None = None
    """Since when nobody says whether it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a package's policy remembers from one decision to the next."""

    target: Microwatts | None = None
    changed: float | None = None
    """When the target last changed; ``None`` lets the next change through at once."""
    known: tuple[Microwatts, float] | None = None
    """The last goal that came from data, and when."""
    manual_change: ManualChange | None = None
    on_battery: OnBattery | None = None


class Situation(NamedTuple):
    """What a decision rests on; ``clock`` is monotonic, in seconds."""

    now: datetime
    clock: float
    market: Market | None = None
    on_battery: bool | None = False
    """``None`` while no sensor says anything."""
    remaining: float | None = None
    """Seconds that the battery lasts at the present load, if anyone knows."""


class Decision(NamedTuple):
    """The cap to set now, what it is on the way to, and why."""

    target: Microwatts
    goal: Microwatts
    reason: Reason


def decide(
    rules: Rules, bounds: Bounds, state: State, situation: Situation
) -> tuple[Decision, State]:
    """Decide on a package's cap; return the state for the next decision."""
    change = state.manual_change
    if change is not None and situation.clock >= change.until:
        state = replace(state, manual_change=None)
    wanted, reason, known = _wanted(rules, bounds, state, situation)
    on_battery = _on_battery(rules, bounds, state, situation, wanted)
    state = replace(state, known=known, on_battery=on_battery)
    if state.manual_change is not None:
        target = wanted = bounds.clamp(state.manual_change.cap)
        reason = Reason.MANUAL_CHANGE
    elif rules.mode is Mode.OFF:
        target = wanted
    else:
        target = _ramped(rules, bounds, state, situation, wanted)
        if on_battery is not None and on_battery.cap <= target:
            target = wanted = on_battery.cap
            reason = _battery_reason(on_battery)
    if target != state.target:
        state = replace(state, target=target, changed=situation.clock)
    return Decision(target, wanted, reason), state


def _wanted(
    rules: Rules, bounds: Bounds, state: State, situation: Situation
) -> tuple[Microwatts, Reason, tuple[Microwatts, float] | None]:
    """Return what the mode wants, why, and what to remember of it."""
    market = situation.market
    slot = None if market is None else market.at(situation.now)
    day = None if market is None or slot is None else market.day(slot)
    asked = goal(rules, bounds, slot, day)
    if asked is not None:
        cap = bounds.clamp(asked)
        return cap, Reason(rules.mode.value), (cap, situation.clock)
    if rules.without_data is WithoutData.FLOOR:
        return bounds.floor, Reason.NO_DATA, state.known
    if state.known is not None:
        cap, at = state.known
        if situation.clock - at < rules.keep:
            return bounds.clamp(cap), Reason.LAST_KNOWN, state.known
    return bounds.ceiling, Reason.NO_DATA, None


def _on_battery(
    rules: Rules,
    bounds: Bounds,
    state: State,
    situation: Situation,
    wanted: Microwatts,
) -> OnBattery | None:
    """Return what to remember of a loss of mains, with the cap that it asks for."""
    battery, clock = state.on_battery, situation.clock
    if rules.mode is Mode.OFF:
        return None
    if situation.on_battery:
        present = bounds.clamp(wanted if state.target is None else state.target)
        if battery is None:
            battery = OnBattery(clock, present, -math.inf)
        battery = battery._replace(settling=None, unknown=None)
        if clock - battery.stepped < rules.battery.every:
            return battery
        battery = battery._replace(cap=min(battery.cap, present), stepped=clock)
        return battery._replace(cap=_stepped(rules.battery, bounds, battery, situation))
    if battery is None:
        return None
    if situation.on_battery is None:
        since = clock if battery.unknown is None else battery.unknown
        if clock - since >= rules.keep:
            return None
        return battery._replace(unknown=since, settling=None)
    since = clock if battery.settling is None else battery.settling
    if clock - since >= rules.battery.settle:
        return None
    return battery._replace(settling=since, unknown=None)


def _stepped(
    rules: BatteryRules, bounds: Bounds, battery: OnBattery, situation: Situation
) -> Microwatts:
    """Return the cap after one more step, or the same if the battery lasts as it is."""
    cap = bounds.clamp(battery.cap)
    missing = rules.runtime - (situation.clock - battery.since)
    if missing <= 0:
        return cap
    step = bounds.range / rules.steps
    if situation.remaining is None:
        return bounds.clamp(cap - step)
    if situation.remaining >= missing:
        return cap
    return bounds.clamp(min(cap - step, cap * situation.remaining / missing))


def _battery_reason(battery: OnBattery) -> Reason:
    if battery.settling is not None:
        return Reason.MAINS_SETTLING
    return Reason.ON_BATTERY if battery.unknown is None else Reason.BATTERY_UNKNOWN


def _ramped(
    rules: Rules,
    bounds: Bounds,
    state: State,
    situation: Situation,
    wanted: Microwatts,
) -> Microwatts:
    """Return how far towards the wanted cap it may go now."""
    present = bounds.ceiling if state.target is None else bounds.clamp(state.target)
    if state.changed is None:
        elapsed = max(rules.dwell, MINUTE)
    else:
        elapsed = situation.clock - state.changed
        if elapsed < rules.dwell:
            return present
    if abs(wanted - present) < max(bounds.step, _SMALLEST_CHANGE) and wanted not in (
        bounds.floor,
        bounds.ceiling,
    ):
        return present
    if wanted >= present:
        return wanted
    # A long rest before does not entitle to a fall at once.
    share = rules.ramp * min(elapsed, max(rules.dwell, MINUTE)) / MINUTE
    return max(wanted, bounds.clamp(present - bounds.range * share))


# Plans


class PlannedSlot(NamedTuple):
    """What the policy is going to ask for in a slot, the ramp aside."""

    start: datetime
    end: datetime
    target: Microwatts
    reason: Reason


def plan(
    rules: Rules, bounds: Bounds, market: Market | None, now: datetime
) -> list[PlannedSlot]:
    """Return the targets of the known slots that have not ended.

    Slots without the data that the mode needs are left out.
    """
    planned = []
    for slot in market.since(now) if market is not None else ():
        asked = goal(rules, bounds, slot, market.day(slot)) if market else None
        if asked is not None:
            reason = Reason(rules.mode.value)
            planned.append(
                PlannedSlot(slot.start, slot.end, bounds.clamp(asked), reason)
            )
    return planned


def next_change(planned: Sequence[PlannedSlot], now: datetime) -> datetime | None:
    """Return when the planned target next changes, ``None`` if it does not."""
    present = next((slot.target for slot in planned if slot.start <= now), None)
    return next(
        (slot.start for slot in planned if slot.start > now and slot.target != present),
        None,
    )


class SavedPower:
    """Estimates the power that a cap saves.

    What the package drew before the cap bit is what it is taken to want; nothing is
    claimed before that was seen, and never more than the original would allow.
    """

    _WEIGHT: Final = 0.2
    _BITES: Final = 0.95
    """Share of the cap from which the cap is what holds the power down."""

    def __init__(self) -> None:
        """Start with no idea of the demand."""
        self._demand: float | None = None

    def watts(
        self, power: float | None, cap: Microwatts | None, original: Microwatts
    ) -> float | None:
        """Return the power saved now in W, ``None`` if that cannot be told."""
        if power is None:
            return None
        if cap is None or cap >= original or power * WATT < cap * self._BITES:
            demand = power if self._demand is None else self._demand
            self._demand = demand + (power - demand) * self._WEIGHT
            return 0.0
        if self._demand is None:
            return None
        return max(0.0, min(self._demand, original / WATT) - power)
