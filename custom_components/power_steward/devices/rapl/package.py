"""One package: what the policy makes of it, and whether its cap does anything."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from ...stewardship.bounds import (
    HARD_MINIMUM,
    WATT,
    Bounds,
    BoundsError,
    Microwatts,
    default_floor,
    short_term_cap,
)
from ...stewardship.cap_plan import PlannedSlot, next_change, plan
from ...stewardship.capping import ManualChange, Reason, Rules, Situation, State, decide
from ...stewardship.market import Market
from ...stewardship.saved_power import SavedPower
from ..clock import Clock
from ..errors import ClientError, ValueImpossible
from .models import ENABLED, LONG_TERM, SHORT_TERM, Control, ZoneReading, with_limit
from .options import Options
from .writer import LimitId, LimitWriter, Problem

INEFFECTIVE_AFTER: Final = 3
"""Readings in a row above the cap until the cap counts as without effect."""
_TOLERANCE: Final = 1.1


class Package:
    """What is known of a package from one cycle to the next."""

    def __init__(
        self, key: str, options: Options, writer: LimitWriter, clock: Clock
    ) -> None:
        """Start with nothing known; the writer is the host's only one."""
        self.bounds: Bounds | None = None
        self.problems: dict[LimitId, Problem] = {}
        """What the user has to know, anew with every cycle."""
        self._options = options
        self._writer = writer
        self._clock = clock
        self._long_term = LimitId(key, LONG_TERM)
        self._short_term = LimitId(key, SHORT_TERM)
        self._enabled = LimitId(key, ENABLED)
        self._state = State()
        self._burst_change: ManualChange | None = None
        self._saved = SavedPower()
        self._above = 0
        self._last_write: datetime | None = None
        self._last_error: str | None = None
        self._planned: tuple[object, list[PlannedSlot]] | None = None

    # The cycle

    def look_at(self, reading: ZoneReading) -> None:
        """Learn what a reading says of the limits."""
        key = reading.zone.key
        self.problems = {}
        self.bounds = None
        self._writer.observe(
            key, {name: limit.value for name, limit in reading.limits.items()}
        )
        original = self._original(reading, LONG_TERM)
        if original is None or original < HARD_MINIMUM:
            return
        ceiling = min(original, self._options.ceiling or original)
        floor = self._options.floor
        if floor is None:
            floor = default_floor(ceiling, reading.limits[LONG_TERM].maximum)
        try:
            self.bounds = Bounds(floor, ceiling, self._writer.step(key))
        except BoundsError:
            self.problems[self._long_term] = Problem.FLOOR

    async def control(
        self,
        reading: ZoneReading,
        rules: Rules,
        situation: Situation,
        *,
        armed: bool,
        write: bool,
    ) -> ZoneReading:
        """Decide, and set what was decided; return the reading with both."""
        original = self._original(reading, LONG_TERM)
        reading = replace(
            reading,
            original=original,
            burst_original=self._original(reading, SHORT_TERM),
        )
        if self.bounds is None or original is None:
            return reading
        decision, self._state = decide(rules, self.bounds, self._state, situation)
        is_off = decision.reason is Reason.OFF
        target = original if is_off else decision.target
        if armed and write:
            reading = await self._apply(reading, target, situation, is_off=is_off)
        self._judge(reading, original, armed=armed)
        saved = self._saved.watts(
            reading.power, reading.limits[LONG_TERM].value, original
        )
        return replace(
            reading,
            locked=self._writer.problems.get(self._long_term) is Problem.LOCKED or None,
            control=Control(
                bounds=self.bounds,
                target=target,
                goal=original if is_off else decision.goal,
                reason=decision.reason,
                next_change=next_change(
                    self.plan(rules, situation.market, situation.now), situation.now
                ),
                saved=saved if armed else None,
                last_write=self._last_write,
                last_error=self._last_error,
            ),
        )

    def plan(
        self, rules: Rules, market: Market | None, now: datetime
    ) -> list[PlannedSlot]:
        """Return the plan, made anew only when something of it changed."""
        if self.bounds is None:
            return []
        slot = None if market is None else market.series.at(now)
        of = (rules, self.bounds, market, slot, self._state.dear)
        if self._planned is None or self._planned[0] != of:
            self._planned = (
                of,
                plan(rules, self.bounds, market, now, self._state.dear),
            )
        return self._planned[1]

    # Setting

    async def _apply(
        self,
        reading: ZoneReading,
        target: Microwatts,
        situation: Situation,
        *,
        is_off: bool,
    ) -> ZoneReading:
        """Set all limits that follow the target."""
        if not is_off or self._writer.is_recorded(self._long_term):
            reading = await self._set(reading, LONG_TERM, target)
        burst = self._burst(reading, target, situation, is_off=is_off)
        if burst is not None:
            reading = await self._set(reading, SHORT_TERM, burst)
        if self._is_to_enable(reading, is_off=is_off):
            reading = await self._enable(reading)
        return reading

    async def _set(
        self, reading: ZoneReading, name: str, target: Microwatts
    ) -> ZoneReading:
        """Set a limit; return the reading with what the hardware holds then."""
        limit = LimitId(reading.zone.key, name)
        if not await self._write(limit, target, reading.limits[name].value):
            return reading
        return with_limit(reading, name, self._writer.held(limit))

    async def _enable(self, reading: ZoneReading) -> ZoneReading:
        """Have the limits enforced, which the firmware left off."""
        if not await self._write(self._enabled, 1, 0):
            return reading
        return replace(reading, enabled=True)

    async def _write(
        self, limit: LimitId, target: Microwatts, present: Microwatts | None
    ) -> bool:
        """Bring a limit to a target; return whether it was written."""
        try:
            written = await self._writer.set(limit, target, present)
        except ClientError as err:
            self._last_error = str(err)
            self._above = 0
            return False
        if written:
            self._last_write = self._clock.utcnow()
            self._last_error = None
            # The power of this reading is from before.
            self._above = -1
        return written

    def _is_to_enable(self, reading: ZoneReading, *, is_off: bool) -> bool:
        """Return whether a cap is set that nothing enforces, and the user wants it."""
        return (
            self._options.enable
            and not is_off
            and reading.enabled is False
            and self._writer.is_recorded(self._long_term)
            and self._long_term not in self._writer.problems
        )

    def _burst(
        self,
        reading: ZoneReading,
        target: Microwatts,
        situation: Situation,
        *,
        is_off: bool,
    ) -> Microwatts | None:
        """Return what the short-term limit has to be, ``None`` to leave it alone."""
        original = self._original(reading, SHORT_TERM)
        if original is None:
            return None
        change = self._burst_change
        if change is not None and situation.clock < change.until:
            return min(change.cap, original)
        self._burst_change = None
        if self._options.short_term and not is_off:
            step = self._writer.step(reading.zone.key)
            return max(short_term_cap(target, original, step), min(target, original))
        return original if self._writer.is_recorded(self._short_term) else None

    def _original(self, reading: ZoneReading, name: str) -> Microwatts | None:
        if name not in reading.limits:
            return None
        limit = LimitId(reading.zone.key, name)
        return self._writer.original(limit, reading.limits[name].value)

    # Judging

    def _judge(
        self, reading: ZoneReading, original: Microwatts, *, armed: bool
    ) -> None:
        """Find out whether a cap is there and does nothing."""
        cap = reading.limits[LONG_TERM].value
        if not armed or cap is None or cap >= original:
            self._above = 0
        elif reading.enabled is False:
            if self._long_term not in self._writer.problems:
                self.problems[self._long_term] = Problem.NOT_ENFORCED
        elif reading.power is not None:
            high = reading.power * WATT > cap * _TOLERANCE + WATT
            self._above = self._above + 1 if high else 0
            if self._above >= INEFFECTIVE_AFTER:
                self.problems[self._long_term] = Problem.INEFFECTIVE

    # What the user wants

    async def change(
        self, reading: ZoneReading, name: str, cap: Microwatts, situation: Situation
    ) -> ZoneReading:
        """Set a limit by hand for a time; return the reading with it.

        Raises what kept it from being set, and then nothing is to be changed either.
        """
        highest = self._highest(reading, name)
        if self.bounds is None or highest is None:
            raise ValueImpossible(reading.zone.key)
        if not self.bounds.floor <= cap <= highest:
            raise ValueImpossible(f"{cap} µW")
        cap = replace(self.bounds, ceiling=highest).clamp(cap)
        limit = LimitId(reading.zone.key, name)
        present = reading.limits[name].value
        self._writer.forgive(limit)
        try:
            await self._writer.set(limit, cap, present)
        except ClientError as err:
            self._last_error = str(err)
            raise
        change = ManualChange(cap, situation.clock + self._options.rules.manual_change)
        if name == LONG_TERM:
            self._state = replace(self._state, manual_change=change)
        else:
            self._burst_change = change
        held = self._writer.held(limit)
        return with_limit(reading, name, present if held is None else held)

    def _highest(self, reading: ZoneReading, name: str) -> Microwatts | None:
        """Return the most that a limit may be set to by hand."""
        if name == LONG_TERM and self.bounds is not None:
            return self.bounds.ceiling
        return self._original(reading, name)

    def is_changed(self, clock: float) -> bool:
        """Return whether a change by hand is in force."""
        return any(
            change is not None and clock < change.until
            for change in (self._state.manual_change, self._burst_change)
        )

    def forget_changes(self) -> None:
        """End the changes by hand: another wish has come after them."""
        self._state = replace(self._state, manual_change=None, changed=None)
        self._burst_change = None

    def let_change(self) -> None:
        """Let the next decision through without waiting."""
        self._state = replace(self._state, changed=None)

    def begin_anew(self) -> None:
        """Begin in earnest, from the original, what was only shown so far."""
        self.forget_changes()
        self._state = replace(self._state, target=None)
