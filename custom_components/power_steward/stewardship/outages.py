"""Outages: spells in which a battery carried the load because mains was lost.

What is told of an outage is what was seen of it. A spell whose beginning or end nobody
saw lasted at least from the first to the last moment at which the battery was seen to
carry the load; what happened while nobody looked is neither counted nor guessed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from .energy_ledger import Channel, EnergyLedger, watt_hours

KEPT: Final = 250
"""The outages of a device that are kept one by one."""
LONGEST_UNSEEN: Final = 900.0
"""Seconds after which a battery that still carries the load may be doing so again."""
RECHARGED: Final = 2.0
"""Percent of charge that a battery cannot gain without mains."""
TOGETHER: Final = 15.0
"""Seconds between outages that are one all the same: devices are polled at intervals."""

_HOUR: Final = 3600
_LOAD: Final = Channel("", "load")


class Change(StrEnum):
    """What happens to an outage."""

    STARTED = "started"
    BATTERY_LOW = "battery_low"
    ENDED = "ended"


class Look(NamedTuple):
    """What a device tells at a moment of the wall clock and of a monotonic one."""

    at: datetime
    clock: float
    on_battery: bool | None
    """Whether the battery carries the load because mains is lost."""
    power: float | None = None
    """Watts that the load draws."""
    charge: float | None = None
    """Percent."""
    low: bool | None = None
    """Whether the battery is about to end."""
    answer_time: float = 0.0
    """Seconds for which the source was busy answering, which make no gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One outage as one device saw it."""

    started: datetime
    duration: float = 0.0
    """Seconds, as far as they are vouched for."""
    over: bool = False
    at_least: bool = False
    """Whether it may have begun earlier or ended later than anyone saw."""
    unseen: float = 0.0
    """Seconds in its midst for which nobody looked; their energy is not counted."""
    energy: float | None = None
    """Wh that went to the load."""
    lowest_charge: float | None = None
    low: bool = False

    @property
    def until(self) -> datetime:
        """Return when it ended or, so far, was last seen."""
        return self.started + timedelta(seconds=self.duration)


class Summary(NamedTuple):
    """How many outages there were, and the newest."""

    number: int
    last: Outage | None


class Earlier(NamedTuple):
    """What is left of outages that are no longer kept one by one."""

    number: int
    seconds: float


NOTHING_EARLIER: Final = Earlier(0, 0.0)


class OutageLog:
    """The outages of one device, oldest first."""

    def __init__(
        self,
        max_gap: float,
        outages: Sequence[Outage] = (),
        earlier: Earlier = NOTHING_EARLIER,
    ) -> None:
        """Take the seconds between two looks that are no gap, and what was so far."""
        self.outages = list(outages)
        self.earlier = earlier
        self._max_gap = max_gap
        self._before: Look | None = None
        self._ledger = EnergyLedger(max_gap)
        self._energy_before = self.outages[-1].energy if self.outages else None

    @property
    def ongoing(self) -> Outage | None:
        """Return the outage that is not over."""
        return self.outages[-1] if self.outages and not self.outages[-1].over else None

    @property
    def summary(self) -> Summary:
        """Return the log in short."""
        return Summary(
            self.earlier.number + len(self.outages),
            self.outages[-1] if self.outages else None,
        )

    def look(self, seen: Look) -> list[Change]:
        """Take a look at the device; return what changed."""
        if seen.on_battery is None:
            return []
        before, self._before = self._before, seen
        gap = None if before is None else seen.clock - before.clock
        watched = gap is not None and gap <= self._max_gap + seen.answer_time
        outage, changes = self.ongoing, []
        if outage is not None:
            passed = (seen.at - outage.until).total_seconds() if gap is None else gap
            if seen.on_battery and (watched or _goes_on(outage, passed, seen)):
                outage = self._went_on(outage, passed, seen, watched)
                self.outages[-1] = outage
            else:
                self.outages[-1] = self._ended(outage, passed, seen, watched)
                outage = None
                changes.append(Change.ENDED)
        if seen.on_battery and outage is None:
            outage = self._started(seen, at_least=not watched or bool(changes))
            changes.append(Change.STARTED)
        if outage is not None and seen.low and not outage.low:
            self.outages[-1] = replace(outage, low=True)
            changes.append(Change.BATTERY_LOW)
        return changes

    def _started(self, seen: Look, *, at_least: bool) -> Outage:
        self._ledger = EnergyLedger(self._max_gap)
        self._energy_before = None
        outage = Outage(
            started=seen.at,
            at_least=at_least,
            energy=self._energy(seen),
            lowest_charge=seen.charge,
        )
        self.outages.append(outage)
        for dropped in self.outages[:-KEPT]:
            self.earlier = Earlier(
                self.earlier.number + 1, self.earlier.seconds + dropped.duration
            )
        del self.outages[:-KEPT]
        return outage

    def _went_on(
        self, outage: Outage, passed: float, seen: Look, watched: bool
    ) -> Outage:
        return replace(
            outage,
            duration=outage.duration + passed,
            unseen=outage.unseen + (0.0 if watched else passed),
            energy=self._energy(seen),
            lowest_charge=_least(outage.lowest_charge, seen.charge),
        )

    def _ended(
        self, outage: Outage, passed: float, seen: Look, watched: bool
    ) -> Outage:
        if not watched:
            return replace(outage, over=True, at_least=True)
        return replace(
            outage,
            over=True,
            duration=outage.duration + passed,
            energy=self._energy(seen),
        )

    def _energy(self, seen: Look) -> float | None:
        """Count the load up to now; return all of it, ``None`` if it was never told."""
        self._ledger.record(_LOAD, seen.power, seen.clock, seen.answer_time)
        total = self._ledger.snapshot().get(_LOAD)
        if total is None:
            return self._energy_before
        return (self._energy_before or 0.0) + watt_hours(total)


def _goes_on(outage: Outage, passed: float, seen: Look) -> bool:
    """Return whether what is seen after a gap is the outage from before it."""
    recharged = (
        seen.charge is not None
        and outage.lowest_charge is not None
        and seen.charge > outage.lowest_charge + RECHARGED
    )
    return 0 <= passed <= LONGEST_UNSEEN and not recharged


def _least(one: float | None, other: float | None) -> float | None:
    return min((each for each in (one, other) if each is not None), default=None)


# Hours, for statistics


class Hour(NamedTuple):
    """What an hour had of outages, and what all time up to its end had."""

    start: datetime
    seconds: float
    seconds_so_far: float
    number: int
    number_so_far: int


def hours(log: OutageLog) -> Iterator[Hour]:
    """Yield the hours that the newest finished outage touched."""
    done = [outage for outage in log.outages if outage.over]
    if not done:
        return
    start = done[-1].started.replace(minute=0, second=0, microsecond=0)
    while start == done[-1].started or start < done[-1].until:
        end = start + timedelta(seconds=_HOUR)
        so_far = [outage for outage in done if outage.started < end]
        yield Hour(
            start,
            sum(_within(outage, start, end) for outage in done),
            log.earlier.seconds
            + sum(_within(outage, outage.started, end) for outage in so_far),
            sum(outage.started >= start for outage in so_far),
            log.earlier.number + len(so_far),
        )
        start = end


def _within(outage: Outage, start: datetime, end: datetime) -> float:
    """Return the seconds of an outage that lie in a span."""
    inside = min(outage.until, end) - max(outage.started, start)
    return max(0.0, inside.total_seconds())


# The house


class HouseOutage(NamedTuple):
    """Outages of several devices at the same time, as the one that the house had."""

    started: datetime
    until: datetime
    over: bool
    at_least: bool
    energy: float | None
    lowest_charge: float | None
    devices: tuple[str, ...]


def of_the_house(outages: Mapping[str, Iterable[Outage]]) -> list[HouseOutage]:
    """Read outages that overlap, or almost do, as one; by device, oldest first."""
    every = sorted(
        ((outage, device) for device, some in outages.items() for outage in some),
        key=lambda each: each[0].started,
    )
    house: list[HouseOutage] = []
    for outage, device in every:
        one = HouseOutage(
            outage.started,
            outage.until,
            outage.over,
            outage.at_least,
            outage.energy,
            outage.lowest_charge,
            (device,),
        )
        if house and _together(house[-1], outage):
            one = _joined(house.pop(), one)
        house.append(one)
    return house


def _together(before: HouseOutage, outage: Outage) -> bool:
    return outage.started <= before.until + timedelta(seconds=TOGETHER)


def _joined(one: HouseOutage, other: HouseOutage) -> HouseOutage:
    energies = [each for each in (one.energy, other.energy) if each is not None]
    return HouseOutage(
        one.started,
        max(one.until, other.until),
        one.over and other.over,
        one.at_least or other.at_least,
        sum(energies) if energies else None,
        _least(one.lowest_charge, other.lowest_charge),
        tuple(dict.fromkeys((*one.devices, *other.devices))),
    )
