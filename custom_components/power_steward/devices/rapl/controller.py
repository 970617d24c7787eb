"""From readings and a situation to limits: the policy over a host's packages."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
import math
from typing import Any, Final

from ...stewardship.capping import (
    HARD_MINIMUM,
    WATT,
    Bounds,
    BoundsError,
    ManualChange,
    Market,
    Microwatts,
    Mode,
    PlannedSlot,
    Reason,
    Rules,
    SavedPower,
    Situation,
    State,
    decide,
    default_floor,
    next_change,
    plan,
    short_term_cap,
    split,
)
from ..clock import Clock
from ..errors import ClientError, NotArmed, ValueImpossible
from .client import RaplClient
from .models import LONG_TERM, SHORT_TERM, Access, Control, ZoneReading
from .writer import LimitId, LimitWriter, Problem, Run, Save

INEFFECTIVE_AFTER: Final = 3
"""Readings in a row above the cap until the cap counts as without effect."""
RESTORE_AGAIN: Final = 600.0
_TOLERANCE: Final = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user has set once."""

    rules: Rules = Rules()
    floor: Microwatts | None = None
    ceiling: Microwatts | None = None
    total: bool = False
    """Whether the manual cap is divided over the packages."""
    short_term: bool = False
    """Whether bursts follow the cap."""
    allowed: bool = False
    """Whether the user agreed to limits being written at all."""


@dataclass(slots=True)
class _Package:
    """What is known of a package from one cycle to the next."""

    state: State = field(default_factory=State)
    short_term: ManualChange | None = None
    saved: SavedPower = field(default_factory=SavedPower)
    above: int = 0
    last_write: datetime | None = None
    last_error: str | None = None
    bounds: Bounds | None = None
    planned: tuple[object, list[PlannedSlot]] | None = None


class Controller:
    """Decides and sets; without being armed it decides only, and writes nothing."""

    def __init__(
        self, client: RaplClient, options: Options, save: Save, run: Run, clock: Clock
    ) -> None:
        """Take the host's client and what the user has set."""
        self.client = client
        self.options = options
        self.armed = False
        self.mode = Mode.OFF
        self.manual: Microwatts | None = None
        self.problems: dict[LimitId, Problem] = {}
        """What the user has to know, anew with every cycle."""
        self._save = save
        self._run = run
        self._clock = clock
        self._lock = asyncio.Lock()
        self._packages: dict[str, _Package] = {}
        self._closed = False
        self._not_before = -math.inf
        self.writer = LimitWriter(client, self._save_limits, run, clock)

    # The record

    async def start(self, stored: Mapping[str, Any] | None) -> None:
        """Go on where the last run ended, however it ended."""
        stored = stored or {}
        self.mode = _mode(stored.get("mode"))
        manual = stored.get("manual")
        self.manual = manual if type(manual) is int else None
        self.armed = self.options.allowed and stored.get("armed") is True
        async with self._lock:
            tree = await self._run.job(self.client.discover)
            limits = stored.get("limits")
            self.writer.load(limits if isinstance(limits, dict) else {}, tree.boot)
            if self.writer.in_force and not self.armed:
                await self._restore()

    async def _save_limits(self, limits: dict[str, Any]) -> None:
        await self._save(self._record(limits))

    def _record(self, limits: dict[str, Any]) -> dict[str, Any]:
        return {
            "armed": self.armed,
            "mode": self.mode.value,
            "manual": self.manual,
            "limits": limits,
        }

    async def _restore(self) -> bool:
        """Bring the originals back; what fails is tried again after a while."""
        restored = await self.writer.restore()
        self._not_before = (
            -math.inf if restored else self._clock.monotonic() + RESTORE_AGAIN
        )
        return restored

    async def _keep(self) -> None:
        await self._save(self._record(self.writer.record()))

    # The cycle

    async def read(self) -> list[ZoneReading]:
        """Read all zones."""
        readings: list[ZoneReading] = await self._run.job(self.client.read)
        return readings

    async def control(
        self, readings: Sequence[ZoneReading], situation: Situation, *, write: bool
    ) -> list[ZoneReading]:
        """Decide for each package, and set what was decided if armed.

        Returns the readings with the decisions, and with the limits as they are now.
        """
        async with self._lock:
            write = write and not self._closed
            return await self._control(readings, situation, write)

    async def _control(
        self, readings: Sequence[ZoneReading], situation: Situation, write: bool
    ) -> list[ZoneReading]:
        self.problems = {}
        controlled = [
            reading
            for reading in readings
            if reading.is_package and LONG_TERM in reading.limits
        ]
        for reading in controlled:
            self._look_at(reading)
        manual = dict(
            zip(
                (reading.zone.key for reading in controlled),
                self._shares(len(controlled)),
                strict=True,
            )
        )
        done = []
        for reading in readings:
            if reading.zone.key in manual:
                rules = replace(
                    self.options.rules,
                    mode=self.mode,
                    manual=manual[reading.zone.key],
                )
                reading = await self._controlled(reading, rules, situation, write)
            done.append(reading)
        if write and self._is_to_give_back(situation):
            await self._restore()
            done = [self._as_restored(reading) for reading in done]
        self.problems |= self.writer.problems
        for limit in self.writer.failed_restores:
            self.problems[limit] = Problem.NOT_RESTORED
        return done

    def _look_at(self, reading: ZoneReading) -> None:
        key = reading.zone.key
        package = self._packages.setdefault(key, _Package())
        self.writer.observe(
            key, {name: limit.value for name, limit in reading.limits.items()}
        )
        limit = LimitId(key, LONG_TERM)
        original = self._original(limit, reading)
        package.bounds = None
        if original is None or original < HARD_MINIMUM:
            return
        ceiling = min(original, self.options.ceiling or original)
        floor = self.options.floor
        if floor is None:
            floor = default_floor(ceiling, reading.limits[LONG_TERM].maximum)
        try:
            package.bounds = Bounds(floor, ceiling, self.writer.step(key))
        except BoundsError:
            self.problems[limit] = Problem.FLOOR

    def _original(self, limit: LimitId, reading: ZoneReading) -> Microwatts | None:
        return self.writer.original(limit, reading.limits[limit.name].value)

    def _shares(self, count: int) -> list[Microwatts | None]:
        """Return the manual cap of each package."""
        if self.manual is None or not self.options.total or not count:
            return [self.manual] * count
        return list(split(self.manual, count, 1))

    async def _controlled(
        self,
        reading: ZoneReading,
        rules: Rules,
        situation: Situation,
        write: bool,
    ) -> ZoneReading:
        key = reading.zone.key
        package = self._packages[key]
        limit = LimitId(key, LONG_TERM)
        original = self._original(limit, reading)
        reading = replace(
            reading,
            original=original,
            burst_original=(
                self._original(LimitId(key, SHORT_TERM), reading)
                if SHORT_TERM in reading.limits
                else None
            ),
            writable=self.armed
            and package.bounds is not None
            and self.client.tree.access is Access.CONTROLLABLE,
        )
        if package.bounds is None or original is None:
            return reading
        decision, package.state = decide(
            rules, package.bounds, package.state, situation
        )
        target = decision.target
        if decision.reason is Reason.OFF:
            target = original
        wanted = decision.reason is not Reason.OFF or self.writer.is_recorded(limit)
        if self.armed and write and wanted:
            reading = await self._set(reading, LONG_TERM, target)
        if self.armed and write:
            burst = self._burst(reading, target, situation, decision.reason)
            if burst is not None:
                reading = await self._set(reading, SHORT_TERM, burst)
        self._judge(reading, original)
        return replace(
            reading,
            locked=self.writer.problems.get(limit) is Problem.LOCKED or None,
            control=Control(
                bounds=package.bounds,
                target=target,
                goal=original if decision.reason is Reason.OFF else decision.goal,
                reason=decision.reason,
                next_change=self._next_change(package, rules, situation),
                saved=self._saved(reading, package, original),
                last_write=package.last_write,
                last_error=package.last_error,
            ),
        )

    async def _set(
        self, reading: ZoneReading, name: str, target: Microwatts
    ) -> ZoneReading:
        """Set a limit; return the reading with what the hardware holds then."""
        package = self._packages[reading.zone.key]
        limit = LimitId(reading.zone.key, name)
        try:
            written = await self.writer.set(limit, target, reading.limits[name].value)
        except ClientError as err:
            package.last_error = str(err)
            package.above = 0
            return reading
        if not written:
            return reading
        package.last_write = self._clock.utcnow()
        package.last_error = None
        # The power of this reading is from before.
        package.above = -1
        return _with_limit(reading, name, self.writer.held(limit))

    def _burst(
        self,
        reading: ZoneReading,
        target: Microwatts,
        situation: Situation,
        reason: Reason,
    ) -> Microwatts | None:
        """Return what the short-term limit has to be, ``None`` to leave it alone."""
        limit = LimitId(reading.zone.key, SHORT_TERM)
        if SHORT_TERM not in reading.limits:
            return None
        original = self._original(limit, reading)
        package = self._packages[reading.zone.key]
        change = package.short_term
        if original is None:
            return None
        if change is not None and situation.clock < change.until:
            return min(change.cap, original)
        package.short_term = None
        if self.options.short_term and reason is not Reason.OFF:
            step = self.writer.step(reading.zone.key)
            return max(short_term_cap(target, original, step), min(target, original))
        return original if self.writer.is_recorded(limit) else None

    def _judge(self, reading: ZoneReading, original: Microwatts) -> None:
        """Find out whether a cap is there and does nothing."""
        package = self._packages[reading.zone.key]
        limit = LimitId(reading.zone.key, LONG_TERM)
        cap = reading.limits[LONG_TERM].value
        if not self.armed or cap is None or cap >= original:
            package.above = 0
            return
        if reading.enabled is False and limit not in self.writer.problems:
            self.problems[limit] = Problem.NOT_ENFORCED
        elif reading.power is not None:
            high = reading.power * WATT > cap * _TOLERANCE + WATT
            package.above = package.above + 1 if high else 0
            if package.above >= INEFFECTIVE_AFTER:
                self.problems[limit] = Problem.INEFFECTIVE

    def _saved(
        self, reading: ZoneReading, package: _Package, original: Microwatts
    ) -> float | None:
        watts = package.saved.watts(
            reading.power, reading.limits[LONG_TERM].value, original
        )
        return watts if self.armed else None

    def _next_change(
        self, package: _Package, rules: Rules, situation: Situation
    ) -> datetime | None:
        return next_change(
            self._plan(package, rules, situation.market, situation.now), situation.now
        )

    def _plan(
        self,
        package: _Package,
        rules: Rules,
        market: Market | None,
        now: datetime,
    ) -> list[PlannedSlot]:
        """Return a package's plan, made anew only when something of it changed."""
        assert package.bounds is not None
        slot = None if market is None else market.at(now)
        of = (rules, package.bounds, market, slot)
        if package.planned is None or package.planned[0] != of:
            package.planned = (of, plan(rules, package.bounds, market, now))
        return package.planned[1]

    def plans(
        self, market: Market | None, now: datetime
    ) -> dict[str, list[PlannedSlot]]:
        """Return the plan of each package."""
        known = [key for key, each in self._packages.items() if each.bounds]
        return {
            key: self._plan(
                self._packages[key],
                replace(self.options.rules, mode=self.mode, manual=manual),
                market,
                now,
            )
            for key, manual in zip(known, self._shares(len(known)), strict=True)
        }

    def _is_to_give_back(self, situation: Situation) -> bool:
        """Return whether originals are to be brought back that are not in force."""
        if not self.writer.in_force or situation.clock < self._not_before:
            return False
        if not self.armed:
            return True
        return self.mode is Mode.OFF and not any(
            change is not None and situation.clock < change.until
            for package in self._packages.values()
            for change in (package.state.manual_change, package.short_term)
        )

    def _as_restored(self, reading: ZoneReading) -> ZoneReading:
        for name in reading.limits:
            limit = LimitId(reading.zone.key, name)
            if (value := self.writer.restored.get(limit)) is not None:
                reading = _with_limit(reading, name, value)
        return reading

    @property
    def bounds(self) -> Bounds | None:
        """The bounds of the manual cap: of one package, or of all together."""
        every = [each.bounds for each in self._packages.values() if each.bounds]
        if not every:
            return None
        several = sum if self.options.total else max
        return Bounds(
            (sum if self.options.total else min)(each.floor for each in every),
            several(each.ceiling for each in every),
            1,
        )

    # What the user wants

    async def arm(self, armed: bool) -> None:
        """Allow limits to be set, or give all of them back."""
        async with self._lock:
            if armed and not self.options.allowed:
                raise NotArmed("the user has not agreed to limits being written")
            self.armed = armed
            self.writer.forgive()
            self._forget_changes()
            for package in self._packages.values():
                # What was only shown so far begins in earnest, from the original.
                package.state = replace(package.state, target=None)
            if not armed:
                await self._restore()
            await self._keep()

    async def set_mode(self, mode: Mode) -> None:
        """Let something else lead the cap, from now on and at once."""
        async with self._lock:
            self.mode = mode
            self._forget_changes()
            await self._keep()

    async def set_manual(self, cap: Microwatts) -> None:
        """Set the cap of mode ``manual``."""
        async with self._lock:
            bounds = self.bounds
            if bounds is None or not bounds.floor <= cap <= bounds.ceiling:
                raise ValueImpossible(f"{cap} µW")
            self.manual = cap
            self._let_change()
            await self._keep()

    async def change(
        self,
        key: str,
        name: str,
        cap: Microwatts,
        readings: Sequence[ZoneReading],
        situation: Situation,
    ) -> list[ZoneReading]:
        """Set a limit by hand, which wins over the policy for a time.

        Returns the readings as after a cycle; raises what kept it from being set.
        """
        async with self._lock:
            package = self._packages.get(key)
            reading = next((each for each in readings if each.zone.key == key), None)
            if not self.armed:
                raise NotArmed(key)
            if package is None or package.bounds is None or reading is None:
                raise ValueImpossible(key)
            limit = LimitId(key, name)
            bounds = package.bounds
            highest: Microwatts | None = bounds.ceiling
            if name != LONG_TERM:
                highest = self._original(limit, reading)
            if highest is None or not bounds.floor <= cap <= highest:
                raise ValueImpossible(f"{cap} µW")
            cap = Bounds(bounds.floor, highest, bounds.step).clamp(cap)
            self.writer.forgive(limit)
            change = ManualChange(
                cap, situation.clock + self.options.rules.manual_change
            )
            before = package.state, package.short_term
            if name == LONG_TERM:
                package.state = replace(package.state, manual_change=change)
            else:
                package.short_term = change
            present = reading.limits[name].value
            try:
                await self.writer.set(limit, cap, present)
            except ClientError as err:
                package.state, package.short_term = before
                package.last_error = str(err)
                raise
            held = self.writer.held(limit)
            return await self._control(
                [
                    _with_limit(each, name, present if held is None else held)
                    if each is reading
                    else each
                    for each in readings
                ],
                situation,
                write=True,
            )

    async def close(self) -> bool:
        """Give everything back for good; return whether all originals are in force."""
        async with self._lock:
            self._closed = True
            return not self.writer.in_force or await self.writer.restore()

    def _forget_changes(self) -> None:
        """End the changes by hand: another wish has come after them."""
        for package in self._packages.values():
            package.state = replace(package.state, manual_change=None)
            package.short_term = None
        self._let_change()

    def _let_change(self) -> None:
        """Let the next decision through without waiting."""
        for package in self._packages.values():
            package.state = replace(package.state, changed=None)


def _with_limit(
    reading: ZoneReading, name: str, value: Microwatts | None
) -> ZoneReading:
    limit = reading.limits[name]._replace(value=value)
    return replace(reading, limits={**reading.limits, name: limit})


def _mode(value: object) -> Mode:
    try:
        return Mode(str(value))
    except ValueError:
        return Mode.OFF
