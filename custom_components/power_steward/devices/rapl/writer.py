"""Sets limits so that the originals are never lost (RAPL protocol, sections 3, 5).

What was there before is on disk before anything else is written, and stays there until
it is back in force. No Home Assistant here: how to save and how to run a blocking call
are handed in.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from ...stewardship.bounds import HARD_MINIMUM, Microwatts
from ..clock import Clock
from ..errors import (
    CannotConnect,
    ClientError,
    LimitLocked,
    NotConfirmed,
    NotPermitted,
    ValueImpossible,
)
from .client import RaplClient
from .codec import DEFAULT_STEP, coarser_step, step_of
from .models import ENABLED

RESTORE_ATTEMPTS: Final = 3
RESTORE_PAUSE: Final = 1.0
VERIFY_AFTER: Final = 2.0
"""Seconds after a write when firmware and daemons have interfered, if they do."""
REAPPLY_LIMIT: Final = 3
"""Times in an hour that a limit is set again after somebody else changed it."""
HOUR: Final = 3600.0
NOTICEABLE: Final = 0.2
"""Share by which an original may differ between two runs of the host unremarked."""

type Save = Callable[[dict[str, Any]], Awaitable[None]]
type Values = dict[str, dict[str, Microwatts]]
"""Limits by zone and name."""


class Run(NamedTuple):
    """How to run blocking calls and how to pause."""

    job: Callable[..., Awaitable[Any]]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class LimitId(NamedTuple):
    """Which limit of which zone."""

    zone: str
    name: str


class Problem(StrEnum):
    """Why a limit is left alone, or what its user has to know."""

    LOCKED = "locked"
    IGNORED = "ignored"
    FORBIDDEN = "forbidden"
    CONTESTED = "contested"
    INEFFECTIVE = "ineffective"
    NOT_ENFORCED = "not_enforced"
    NOT_RESTORED = "not_restored"
    FLOOR = "floor"


_PROBLEMS: Final = (
    (LimitLocked, Problem.LOCKED),
    (NotPermitted, Problem.FORBIDDEN),
    (NotConfirmed, Problem.IGNORED),
)


class LimitWriter:
    """The only one who sets limits on this host; its caller serialises the calls."""

    def __init__(self, client: RaplClient, save: Save, run: Run, clock: Clock) -> None:
        """Take what sets a limit, what keeps a record, and what runs the one job."""
        self._client = client
        self._save = save
        self._run = run
        self._clock = clock
        self._boot: str | None = None
        self._originals: Values = {}
        """What was there before, of limits that we may have changed."""
        self._seen: Values = {}
        """The originals last seen, also of limits that we have not touched."""
        self._earlier: Values = {}
        """What was seen in an earlier run of the host."""
        self._held: dict[LimitId, Microwatts] = {}
        self._steps: dict[str, int] = {}
        self._foreign: dict[LimitId, deque[float]] = {}
        self.foreign_changes = 0
        self.writes = 0
        self.problems: dict[LimitId, Problem] = {}
        """Limits that are left alone until the user arms again."""
        self.changed_originals: dict[LimitId, tuple[Microwatts, Microwatts]] = {}
        """Originals that an earlier run of the host had otherwise."""
        self.failed_restores: dict[LimitId, Microwatts] = {}
        """Originals that could not be brought back."""
        self.restored: dict[LimitId, Microwatts] = {}
        """Originals that the last restoring found in force or brought back."""
        self._back: dict[LimitId, float] = {}
        """Since when an original is in force again."""

    # The record

    def load(self, stored: Mapping[str, Any], boot: str | None) -> None:
        """Take up the record; of another run of the host it is history."""
        self._boot = boot
        self._seen = _values(stored.get("seen"))
        if stored.get("boot") == boot:
            self._originals = _values(stored.get("originals"))
        elif stored:
            self._earlier = self._seen
            self._seen = {}

    def record(self) -> dict[str, Any]:
        """Return what has to be on disk."""
        return {
            "boot": self._boot,
            "originals": {zone: dict(each) for zone, each in self._originals.items()},
            "seen": {zone: dict(each) for zone, each in self._seen.items()},
        }

    @property
    def in_force(self) -> bool:
        """Whether a limit may be other than its original because of us."""
        return bool(self._originals)

    def original(self, limit: LimitId, present: Microwatts | None) -> Microwatts | None:
        """Return a limit's original: as recorded, or what is there untouched."""
        return self._originals.get(limit.zone, {}).get(limit.name, present)

    def step(self, zone: str) -> int:
        """Return the step in which a zone stores its limits."""
        return self._steps.get(zone, DEFAULT_STEP)

    def _step_of(self, limit: LimitId) -> int:
        return 1 if limit.name == ENABLED else self.step(limit.zone)

    def observe(self, zone: str, present: Mapping[str, Microwatts | None]) -> None:
        """Learn from a zone's limits as they are: step, and changes since last time."""
        known = {name: value for name, value in present.items() if value is not None}
        if zone not in self._steps:
            self._steps[zone] = step_of(known.values())
        seen = self._seen.setdefault(zone, {})
        for name, value in known.items():
            limit = LimitId(zone, name)
            original = self.original(limit, value)
            if original is None or seen.get(name) == original:
                continue
            seen[name] = original
            before = self._earlier.get(zone, {}).pop(name, None)
            if before and abs(original - before) > before * NOTICEABLE:
                self.changed_originals[limit] = (before, original)

    def held(self, limit: LimitId) -> Microwatts | None:
        """Return what the hardware held of a limit after our last write."""
        return self._held.get(limit)

    def is_recorded(self, limit: LimitId) -> bool:
        """Return whether a limit has an original to go back to."""
        return limit.name in self._originals.get(limit.zone, {})

    # Setting

    async def set(
        self, limit: LimitId, target: Microwatts, present: Microwatts | None
    ) -> bool:
        """Bring a limit to a target; return whether it had to be written.

        Raises client errors, and remembers those that would come again.
        """
        if limit in self.problems:
            return False
        step = self._step_of(limit)
        if present is None:
            raise CannotConnect(f"{limit.zone} {limit.name} cannot be read")
        self._notice_foreign(limit, present, step)
        if limit in self.problems or abs(present - target) < step:
            return False
        original = self.original(limit, present)
        assert original is not None
        if not self._is_allowed(limit, target, original):
            raise ValueImpossible(f"{limit.zone} {limit.name}: {target} µW")
        await self._remember(limit, original)
        self._back.pop(limit, None)
        try:
            self._held[limit] = await self._write(limit, target)
        except ClientError as err:
            for kind, problem in _PROBLEMS:
                if isinstance(err, kind):
                    self.problems[limit] = problem
            raise
        return True

    def _is_allowed(
        self, limit: LimitId, target: Microwatts, original: Microwatts
    ) -> bool:
        """Return whether a target may be written, whatever a caller wants."""
        if limit.name == ENABLED:
            return target == 1
        return HARD_MINIMUM <= target <= original

    def _notice_foreign(
        self, limit: LimitId, present: Microwatts, step: Microwatts
    ) -> None:
        """Count a change that was not ours; give up if it keeps coming (section 3.7)."""
        held = self._held.get(limit)
        if held is None or abs(present - held) < step:
            return
        self._held.pop(limit)
        self.foreign_changes += 1
        now = self._clock.monotonic()
        times = self._foreign.setdefault(limit, deque())
        times.append(now)
        while now - times[0] > HOUR:
            times.popleft()
        if len(times) > REAPPLY_LIMIT:
            self.problems[limit] = Problem.CONTESTED

    async def _remember(self, limit: LimitId, original: Microwatts) -> None:
        """Have the original on disk before anything is written."""
        originals = self._originals.setdefault(limit.zone, {})
        if limit.name not in originals:
            originals[limit.name] = original
            try:
                await self._save(self.record())
            except BaseException:
                self._forget(limit)
                raise

    def _forget(self, limit: LimitId) -> None:
        self._back.pop(limit, None)
        originals = self._originals.get(limit.zone, {})
        originals.pop(limit.name, None)
        if not originals:
            self._originals.pop(limit.zone, None)

    async def _write(self, limit: LimitId, value: Microwatts) -> Microwatts:
        """Write a limit and make sure of it; return what the hardware holds."""
        read: Microwatts = await self._run.job(
            self._client.write, limit.zone, limit.name, value
        )
        self.writes += 1
        step = self._step_of(limit)
        if abs(read - value) < step:
            return read
        coarser = coarser_step(value, read, step)
        if coarser is None or read < HARD_MINIMUM:
            raise NotConfirmed(f"{limit.zone} {limit.name}: {value} µW, holds {read}")
        self._steps[limit.zone] = coarser
        return read

    # Giving back

    async def restore(self) -> bool:
        """Bring back all originals; return whether every one is in force.

        An original is forgotten when it is still in force some time after it was
        written. Until then this has to be called again.
        """
        self._held.clear()
        self.failed_restores.clear()
        self.restored.clear()
        before = self.record()
        for zone, originals in list(self._originals.items()):
            for name, original in list(originals.items()):
                limit = LimitId(zone, name)
                if await self._bring_back(limit, original):
                    self.restored[limit] = original
                else:
                    self.failed_restores[limit] = original
        if self.record() != before:
            await self._save(self.record())
        return not self.failed_restores

    async def give_back(self) -> bool:
        """Bring back all originals and make sure that they stay."""
        restored = await self.restore()
        if self._back:
            await self._run.sleep(VERIFY_AFTER)
            restored = await self.restore()
        return restored

    async def _bring_back(self, limit: LimitId, original: Microwatts) -> bool:
        """Have an original in force; forget it if it has been for long enough."""
        for attempt in range(RESTORE_ATTEMPTS):
            if attempt:
                await self._run.sleep(RESTORE_PAUSE)
            try:
                present = await self._run.job(self._client.read_limit, *limit)
                if present != original:
                    self._back.pop(limit, None)
                    present = await self._write(limit, original)
            except LimitLocked:
                break
            except ClientError:
                continue
            if present == original:
                now = self._clock.monotonic()
                if now - self._back.setdefault(limit, now) >= VERIFY_AFTER:
                    self._forget(limit)
                return True
        self._back.pop(limit, None)
        return False

    def forgive(self, limit: LimitId | None = None) -> None:
        """Try again what was given up: the user wants it."""
        for given_up in [limit] if limit else list(self.problems):
            self.problems.pop(given_up, None)
            self._foreign.pop(given_up, None)
            self._held.pop(given_up, None)


def _values(stored: Any) -> Values:
    """Return what a record holds of limits, without what no writer wrote."""
    return {
        str(zone): {
            str(name): value for name, value in each.items() if type(value) is int
        }
        for zone, each in (stored.items() if isinstance(stored, dict) else ())
        if isinstance(each, dict)
    }
