"""The capping policy: prices, volumes and batteries in, one cap and its reason out.

Moments are aware and in UTC; spans come from a monotonic clock.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
import math
from typing import Final, NamedTuple

from .bounds import WATT, Bounds, Microwatts, round_half_away
from .market import Day, Market
from .price_series import Slot
from .shedding import Share, Supply
from .threshold import Threshold

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


NEEDS_DATA: Final = frozenset(Mode) - {Mode.OFF, Mode.MANUAL}
"""Modes that ask for nothing in a slot of which no price, or no volume, is known."""


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
    HIGH_LOAD = "high_load"
    LAST_KNOWN = "last_known"
    NO_DATA = "no_data"


class WithoutData(StrEnum):
    """What to do while there is no price or volume for now."""

    KEEP = "keep"
    """Stay for a time, then lift the cap: an outage of data punishes nobody."""
    FLOOR = "floor"


# Modes


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryRules:
    """How to save while a battery carries the load; spans in seconds."""

    runtime: float = 30 * MINUTE
    """How long the battery has to last at least, counted from the loss of mains."""
    until: time | None = None
    """The time of day, with its zone, until which it has to last, if that is longer."""
    steps: int = 4
    """Steps from ceiling to floor."""
    every: float = 30.0
    """Time between two steps: what one has changed must show first."""
    settle: float = 5 * MINUTE
    """How long mains has to be back before the cap is lifted."""

    def missing(self, now: datetime, lost: float) -> float:
        """Return how long the battery still has to last, mains lost so long ago."""
        missing = self.runtime - lost
        if self.until is None:
            return missing
        begun = now - timedelta(seconds=lost)
        day = begun.astimezone(self.until.tzinfo).date()
        end = datetime.combine(day, self.until).astimezone(UTC)
        if end <= begun:
            end = datetime.combine(day + timedelta(days=1), self.until).astimezone(UTC)
        return max(missing, (end - now).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the user has decided; spans in seconds."""

    mode: Mode = Mode.OFF
    manual: Microwatts | None = None
    """The cap in mode ``manual``; without one, the ceiling."""
    threshold: float | None = None
    hysteresis: float = 0.0
    """How far below the threshold a price has to fall until the cap is lifted."""
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
    """Return the limit by the predecessor's rule of three, to the microwatt.

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


def is_dear(rules: Rules, slot: Slot | None, before: bool | None) -> bool | None:
    """Return whether a price counts as above the threshold, given what was before."""
    if slot is None or rules.threshold is None:
        return before
    return Threshold(rules.threshold, rules.hysteresis).crossed(slot.price, before)


def goal(
    rules: Rules,
    bounds: Bounds,
    slot: Slot | None,
    day: Day | None,
    dear: bool | None = None,
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
    if rules.mode is Mode.PRICE_THRESHOLD:
        if rules.threshold is None:
            return None
        return bounds.floor if dear else bounds.ceiling
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
    dear: bool | None = None
    """Whether the last known price was above the threshold."""
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
    supply: Supply | None = None
    """The battery and its load, if more is known of them than how long it lasts."""
    share: Share | None = None
    """The package's share in that load."""
    busy: bool = False
    """Whether the host has so much to do that a lower cap has to wait."""


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
    wanted, reason, state = _wanted(rules, bounds, state, situation)
    on_battery = _on_battery(rules, bounds, state, situation, wanted)
    state = replace(state, on_battery=on_battery)
    if state.manual_change is not None:
        target = wanted = bounds.clamp(state.manual_change.cap)
        reason = Reason.MANUAL_CHANGE
    elif rules.mode is Mode.OFF:
        target = wanted
    else:
        target = _ramped(rules, bounds, state, situation, wanted)
        if situation.busy and target > wanted:
            reason = Reason.HIGH_LOAD
        if on_battery is not None and on_battery.cap <= target:
            target = wanted = on_battery.cap
            reason = _battery_reason(on_battery)
    if target != state.target:
        state = replace(state, target=target, changed=situation.clock)
    return Decision(target, wanted, reason), state


def _wanted(
    rules: Rules, bounds: Bounds, state: State, situation: Situation
) -> tuple[Microwatts, Reason, State]:
    """Return what the mode wants, why, and the state that remembers it."""
    market = situation.market
    slot = None if market is None else market.series.at(situation.now)
    day = None if market is None or slot is None else market.day(slot)
    dear = is_dear(rules, slot, state.dear)
    asked = goal(rules, bounds, slot, day, dear)
    if asked is not None:
        cap = bounds.clamp(asked)
        known = (cap, situation.clock) if rules.mode in NEEDS_DATA else None
        return cap, Reason(rules.mode.value), replace(state, known=known, dear=dear)
    if rules.without_data is WithoutData.FLOOR:
        return bounds.floor, Reason.NO_DATA, state
    if state.known is not None:
        cap, at = state.known
        if situation.clock - at < rules.keep:
            return bounds.clamp(cap), Reason.LAST_KNOWN, state
    return bounds.ceiling, Reason.NO_DATA, replace(state, known=None)


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
            lost = 0.0 if situation.supply is None else situation.supply.lost
            battery = OnBattery(clock - lost, present, -math.inf)
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
    missing = rules.missing(situation.now, situation.clock - battery.since)
    if missing <= 0:
        return cap
    if situation.share is not None:
        needed = situation.share.cap(missing)
        if needed is not None:
            return bounds.clamp(min(cap, needed * WATT))
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
    if situation.busy:
        return present
    # A long rest before does not entitle to a fall at once.
    share = rules.ramp * min(elapsed, max(rules.dwell, MINUTE)) / MINUTE
    return max(wanted, bounds.clamp(present - bounds.range * share))
