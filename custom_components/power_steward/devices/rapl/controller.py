"""From readings and a situation to limits: the policy over a host's packages."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
import math
from typing import Any, Final

from ...stewardship.bounds import WATT, Bounds, Microwatts, split
from ...stewardship.cap_plan import PlannedSlot
from ...stewardship.capping import Mode, Rules, Situation
from ...stewardship.market import Market
from ...stewardship.shedding import Share, Supply
from ..clock import Clock
from ..errors import NotArmed, ValueImpossible
from .client import RaplClient
from .models import LONG_TERM, Access, ZoneReading, with_limit
from .options import Options
from .package import Package
from .writer import LimitId, LimitWriter, Problem, Run, Save

RESTORE_AGAIN: Final = 600.0


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
        self.unsettled = False
        """Whether originals that are back have to be looked at once more."""
        self.share: Share | None = None
        """What part the packages have in the load of the battery that they are on."""
        self._save = save
        self._run = run
        self._clock = clock
        self._lock = asyncio.Lock()
        self._packages: dict[str, Package] = {}
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
        situation = situation._replace(busy=self._is_busy())
        controlled = [
            reading
            for reading in readings
            if reading.is_package and LONG_TERM in reading.limits
        ]
        for reading in controlled:
            self._package(reading.zone.key).look_at(reading)
        rules = self._rules([reading.zone.key for reading in controlled])
        self.share = self._share(controlled, situation.supply)
        done = [
            await self._controlled(reading, rules, situation, write)
            for reading in readings
        ]
        self.unsettled = False
        if write and self._is_to_give_back(situation):
            self.unsettled = await self._restore() and self.writer.in_force
            done = [self._as_restored(reading) for reading in done]
        self.problems = dict(self.writer.problems)
        for reading in controlled:
            self.problems = self._package(reading.zone.key).problems | self.problems
        for limit in self.writer.failed_restores:
            self.problems[limit] = Problem.NOT_RESTORED
        return done

    async def _controlled(
        self,
        reading: ZoneReading,
        rules: Mapping[str, Rules],
        situation: Situation,
        write: bool,
    ) -> ZoneReading:
        key = reading.zone.key
        if key not in rules:
            return reading
        package = self._package(key)
        if self.share is not None and reading.power is not None and package.bounds:
            floor = package.bounds.floor / WATT
            situation = situation._replace(share=self.share.part(reading.power, floor))
        done = await package.control(
            reading, rules[key], situation, armed=self.armed, write=write
        )
        return replace(
            done,
            writable=self.armed
            and package.bounds is not None
            and self.client.tree.access is Access.CONTROLLABLE,
        )

    def _share(
        self, controlled: Sequence[ZoneReading], supply: Supply | None
    ) -> Share | None:
        """Return the part of the packages that can be capped in a battery's load."""
        if supply is None:
            return None
        power, floor = 0.0, 0
        for reading in controlled:
            bounds = self._package(reading.zone.key).bounds
            if bounds is not None and reading.power is not None:
                power += reading.power
                floor += bounds.floor
        share = Share(supply=supply, power=power, floor=floor / WATT)
        return share if floor and share.of_load is not None else None

    def _package(self, key: str) -> Package:
        if key not in self._packages:
            self._packages[key] = Package(key, self.options, self.writer, self._clock)
        return self._packages[key]

    def _rules(self, keys: Sequence[str]) -> dict[str, Rules]:
        """Return the rules of each package, with its part of the manual cap."""
        shares = [self.manual] * len(keys)
        if self.manual is not None and self.options.total and keys:
            shares = [*split(self.manual, len(keys), 1)]
        return {
            key: replace(self.options.rules, mode=self.mode, manual=manual)
            for key, manual in zip(keys, shares, strict=True)
        }

    def _is_busy(self) -> bool:
        """Return whether the host has too much to do for caps to fall."""
        critical, load = self.options.critical_load, self.client.load
        return critical is not None and load is not None and load >= critical

    def _is_to_give_back(self, situation: Situation) -> bool:
        """Return whether originals are to be brought back, or to be looked at again."""
        if not self.writer.in_force or situation.clock < self._not_before:
            return False
        return not self.armed or (
            self.mode is Mode.OFF
            and not any(
                package.is_changed(situation.clock)
                for package in self._packages.values()
            )
        )

    def _as_restored(self, reading: ZoneReading) -> ZoneReading:
        for name in reading.limits:
            limit = LimitId(reading.zone.key, name)
            if (value := self.writer.restored.get(limit)) is not None:
                reading = with_limit(reading, name, value)
        return reading

    def plans(
        self, market: Market | None, now: datetime
    ) -> dict[str, list[PlannedSlot]]:
        """Return the plan of each package."""
        known = [key for key, each in self._packages.items() if each.bounds]
        return {
            key: self._packages[key].plan(rules, market, now)
            for key, rules in self._rules(known).items()
        }

    @property
    def bounds(self) -> Bounds | None:
        """The bounds of the manual cap: of one package, or of all together."""
        every = [each.bounds for each in self._packages.values() if each.bounds]
        if not every:
            return None
        lowest, highest = (sum, sum) if self.options.total else (min, max)
        return Bounds(
            lowest(each.floor for each in every),
            highest(each.ceiling for each in every),
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
            for package in self._packages.values():
                package.begin_anew()
            if not armed:
                await self._restore()
            await self._keep()

    async def set_mode(self, mode: Mode) -> None:
        """Let something else lead the cap, from now on and at once."""
        async with self._lock:
            self.mode = mode
            for package in self._packages.values():
                package.forget_changes()
            await self._keep()

    async def set_manual(self, cap: Microwatts) -> None:
        """Set the cap of mode ``manual``."""
        async with self._lock:
            bounds = self.bounds
            if bounds is None or not bounds.floor <= cap <= bounds.ceiling:
                raise ValueImpossible(f"{cap} µW")
            self.manual = cap
            for package in self._packages.values():
                package.let_change()
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
            if not self.armed:
                raise NotArmed(key)
            package = self._packages.get(key)
            reading = next((each for each in readings if each.zone.key == key), None)
            if package is None or reading is None:
                raise ValueImpossible(key)
            changed = await package.change(reading, name, cap, situation)
            return await self._control(
                [changed if each is reading else each for each in readings],
                situation,
                write=True,
            )

    async def close(self) -> bool:
        """Give everything back for good; return whether all originals are in force."""
        async with self._lock:
            self._closed = True
            return await self.writer.give_back()


def _mode(value: object) -> Mode:
    try:
        return Mode(str(value))
    except ValueError:
        return Mode.OFF
