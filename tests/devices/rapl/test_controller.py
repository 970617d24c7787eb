"""Policy, writer and hardware together: what is set, what is given back."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import errno
from functools import cache
import json
import random
from typing import Any, Final

import pytest

from custom_components.power_steward.devices.clock import SYSTEM_CLOCK, Clock
from custom_components.power_steward.devices.errors import (
    CannotConnect,
    ClientError,
    LimitLocked,
    NotArmed,
    NotConfirmed,
    ValueImpossible,
)
from custom_components.power_steward.devices.rapl.client import RaplClient
from custom_components.power_steward.devices.rapl.controller import Controller
from custom_components.power_steward.devices.rapl.models import (
    ENABLED,
    LONG_TERM,
    SHORT_TERM,
    ZoneReading,
)
from custom_components.power_steward.devices.rapl.options import Options
from custom_components.power_steward.devices.rapl.writer import (
    LimitId,
    LimitWriter,
    Problem,
    Run,
)
from custom_components.power_steward.stewardship.capping import (
    Mode,
    Reason,
    Rules,
    Situation,
    WithoutData,
)
from custom_components.power_steward.stewardship.market import Market
from custom_components.power_steward.stewardship.price_series import PriceSeries, Slot

from ...simulators.rapl import Host, amd, client, server
from ...simulators.winpower import ManualClock

W: Final = 1_000_000
NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUARTER: Final = timedelta(minutes=15)
FAST: Final = Rules(ramp=1, dwell=0)
PACKAGE: Final = LimitId("package-0", LONG_TERM)


@cache
def market_of(prices: tuple[float, ...]) -> Market:
    """Return a day and the next of prices that come again and again."""
    midnight = NOON.replace(hour=0)
    return Market(
        PriceSeries(
            Slot(
                midnight + number * QUARTER,
                midnight + (number + 1) * QUARTER,
                prices[number % len(prices)],
                volume=prices[-1 - number % len(prices)],
            )
            for number in range(192)
        ),
        UTC,
    )


class Killed(BaseException):
    """Home Assistant's process ended."""


class Rig:
    """A host with a controller on it, and what outlasts the controller."""

    def __init__(self, host: Host, clock: ManualClock, options: Options) -> None:
        """Start with nothing on disk."""
        self.host = host
        self.clock = clock
        self.options = options
        self.disk: str | None = None
        self.slept: list[float] = []
        self.fail_save: BaseException | None = None
        self.kill_write = False
        self.readings: list[ZoneReading] = []
        self.prices: list[float] | None = [10.0, 50.0, 30.0, 20.0]
        self.on_battery: bool | None = False
        self.remaining: float | None = None
        self.wall = NOON
        self.new_process()

    def new_process(self) -> None:
        """Make a controller as after a start of Home Assistant."""
        clock = Clock(self.clock, lambda: self.wall)
        self.controller = Controller(
            RaplClient(self.host.files, clock),
            self.options,
            self.save,
            Run(self.job, self.sleep),
            clock,
        )

    async def save(self, record: dict[str, Any]) -> None:
        """Keep a record on disk."""
        if self.fail_save is not None:
            raise self.fail_save
        self.disk = json.dumps(record)

    async def job(self, job: Any, *args: Any) -> Any:
        """Run a blocking call; or die before it, with the record on disk."""
        if self.kill_write and job.__name__ == "write":
            self.kill_write = False
            raise Killed
        return job(*args)

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.clock.advance(seconds)

    async def start(self) -> None:
        """Start from the disk."""
        await self.controller.start(
            None if self.disk is None else json.loads(self.disk)
        )

    async def restart(self) -> None:
        """Start again, as after a crash."""
        self.new_process()
        await self.start()

    @property
    def situation(self) -> Situation:
        """What the policy gets to know."""
        market = None if self.prices is None else market_of(tuple(self.prices))
        return Situation(
            self.wall, self.clock(), market, self.on_battery, self.remaining
        )

    async def cycle(self, seconds: float = 60, *, write: bool = True) -> ZoneReading:
        """Let time pass, read and control; return the first package."""
        self.clock.advance(seconds)
        self.wall += timedelta(seconds=seconds)
        self.readings = await self.controller.control(
            await self.controller.read(), self.situation, write=write
        )
        return self.readings[0]

    async def change(self, cap: int, name: str = LONG_TERM) -> None:
        """Set a limit of the first package by hand."""
        self.readings = await self.controller.change(
            "package-0", name, cap, self.readings, self.situation
        )


def rig(host: Host | None = None, mode: Mode | None = None, **options: Any) -> Rig:
    """Return a rig whose user has agreed to everything."""
    clock = ManualClock()
    host = host or client(clock)
    host.clock = clock
    host._now = clock()
    return Rig(host, clock, Options(**{"allowed": True, "rules": FAST, **options}))


async def armed(
    mode: Mode = Mode.MANUAL, manual: int | None = None, **more: Any
) -> Rig:
    """Return a rig that caps."""
    made = rig(**more)
    await made.start()
    await made.cycle()
    await made.controller.set_mode(mode)
    if manual is not None:
        await made.controller.set_manual(manual)
    await made.controller.arm(True)
    return made


# The worked vectors


async def test_one_write_and_nothing_else() -> None:
    """A target of 18 W is one write to the package's long-term limit."""
    made = await armed(manual=18 * W)
    reading = await made.cycle()
    assert made.host.writes == [("intel-rapl/intel-rapl:0", LONG_TERM, 18 * W)]
    assert reading.limits[LONG_TERM].value == 18 * W
    assert reading.original == 28 * W and reading.writable
    assert reading.control is not None
    assert reading.control.last_write == made.wall
    await made.cycle()
    assert len(made.host.writes) == 1
    assert await made.controller.close()
    assert made.host.limit() == 28 * W
    assert made.host.writes[-1] == ("intel-rapl/intel-rapl:0", LONG_TERM, 28 * W)
    assert len(made.host.writes) == 2
    await made.cycle()
    assert made.host.limit() == 28 * W


async def test_locked() -> None:
    """A locked limit is tried once, and then left alone."""
    host = client()
    for zone in host.zones:
        zone.enabled = 0
        for constraint in zone.constraints:
            constraint.locked = True
    made = await armed(manual=18 * W, host=host)
    for _ in range(5):
        reading = await made.cycle()
    assert made.host.attempts == 1
    assert made.controller.problems == {PACKAGE: Problem.LOCKED}
    assert reading.locked is True
    assert reading.control is not None and reading.control.last_error is not None
    with pytest.raises(LimitLocked):
        await made.change(20 * W)
    assert await made.controller.close()
    assert made.host.attempts == 2


async def test_restart_with_the_cap_in_force() -> None:
    """What we lowered is never taken for the original."""
    made = await armed(manual=12 * W)
    await made.cycle()
    await made.restart()
    reading = await made.cycle()
    assert made.host.limit() == 12 * W
    assert reading.original == 28 * W
    assert await made.controller.close()
    assert made.host.limit() == 28 * W


@pytest.mark.parametrize("allowed", [True, False])
async def test_restart_without_being_armed(allowed: bool) -> None:
    """Whoever no longer wants caps gets the originals at the next start."""
    made = await armed(manual=12 * W)
    await made.cycle()
    assert made.disk is not None
    if allowed:
        made.disk = json.dumps({**json.loads(made.disk), "armed": False})
    made.options = replace(made.options, allowed=allowed)
    await made.restart()
    assert made.host.limit() == 28 * W
    assert not made.controller.armed


async def test_reboot() -> None:
    """After a reboot what is there is the original, and a big change is told."""
    made = await armed(manual=12 * W)
    await made.cycle()
    made.host.reboot(package_0=40 * W)
    made.new_process()
    made.options = replace(made.options, allowed=True)
    await made.start()
    reading = await made.cycle()
    assert reading.original == 40 * W
    assert made.controller.writer.changed_originals == {PACKAGE: (28 * W, 40 * W)}
    assert made.host.limit() == 12 * W
    await made.controller.close()
    assert made.host.limit() == 40 * W


async def test_foreign_changes() -> None:
    """Somebody else's changes are undone three times an hour, then accepted."""
    made = await armed(manual=18 * W)
    await made.cycle()
    for count in range(1, 5):
        made.host.zone("package-0").constraint(LONG_TERM).value = 25 * W
        await made.cycle()
        assert made.controller.writer.foreign_changes == count
        assert made.host.limit() == (18 * W if count < 4 else 25 * W)
    assert made.controller.problems == {PACKAGE: Problem.CONTESTED}
    await made.controller.arm(True)
    await made.cycle()
    assert made.host.limit() == 18 * W
    for _ in range(5):
        made.host.zone("package-0").constraint(LONG_TERM).value = 25 * W
        await made.cycle(1300)
        assert made.host.limit() == 18 * W


async def test_split() -> None:
    """A total is divided over the packages."""
    made = await armed(manual=200 * W, host=server(), total=True)
    await made.cycle()
    assert [made.host.limit(f"package-{n}") for n in (0, 1)] == [100 * W] * 2
    assert made.controller.bounds is not None
    assert made.controller.bounds.ceiling == 410 * W


async def test_each_package_gets_the_cap() -> None:
    """By default a cap is each package's own."""
    made = await armed(manual=100 * W, host=server())
    await made.cycle()
    assert [made.host.limit(f"package-{n}") for n in (0, 1)] == [100 * W] * 2
    assert made.controller.bounds is not None
    assert made.controller.bounds.ceiling == 205 * W


async def test_without_limits() -> None:
    """Where there are no limits nothing is decided."""
    made = await armed(host=amd())
    reading = await made.cycle()
    assert reading.control is None and not reading.writable
    assert made.controller.bounds is None
    assert made.controller.plans(None, NOON) == {}
    with pytest.raises(ValueImpossible):
        await made.controller.set_manual(10 * W)
    with pytest.raises(ValueImpossible):
        await made.change(10 * W)


async def test_without_prices() -> None:
    """Without data the cap is kept, lifted, and given back at the end."""
    made = await armed(Mode.PRICE_THRESHOLD, rules=replace(FAST, threshold=15.0))
    await made.cycle(1800)
    assert made.host.limit() == 6 * W
    made.prices = None
    assert (await made.cycle(1800)).control.reason is Reason.LAST_KNOWN  # type: ignore[union-attr]
    assert made.host.limit() == 6 * W
    assert await made.controller.close()
    assert made.host.limit() == 28 * W


# Dry run, arming, modes


async def test_dry_run() -> None:
    """Without being armed it shows what it would do, and writes nothing."""
    made = rig()
    await made.start()
    await made.controller.set_mode(Mode.PRICE_LINEAR)
    reading = await made.cycle(1800)
    assert reading.control is not None
    assert reading.control.target < 28 * W
    assert reading.control.reason is Reason.PRICE_LINEAR
    assert reading.control.next_change == NOON + 3 * QUARTER
    assert reading.control.saved is None
    with pytest.raises(NotArmed):
        await made.change(10 * W)
    assert not made.host.attempts
    plans = made.controller.plans(made.situation.market, made.wall)
    assert plans["package-0"][0].target == reading.control.goal


async def test_not_allowed() -> None:
    """Who has not agreed cannot arm."""
    made = rig(allowed=False)
    await made.start()
    with pytest.raises(NotArmed):
        await made.controller.arm(True)


async def test_disarming_and_mode_off() -> None:
    """Both bring the originals back at once."""
    made = await armed(manual=12 * W)
    await made.cycle()
    await made.controller.arm(False)
    assert made.host.limit() == 28 * W
    await made.controller.arm(True)
    await made.cycle()
    assert made.host.limit() == 12 * W
    await made.controller.set_mode(Mode.OFF)
    reading = await made.cycle(1)
    assert made.host.limit() == reading.limits[LONG_TERM].value == 28 * W
    assert reading.control is not None and reading.control.target == 28 * W
    await made.cycle(2)
    assert not made.controller.writer.in_force


async def test_not_while_closing() -> None:
    """A cycle that may not write decides only."""
    made = await armed(manual=12 * W)
    await made.cycle(write=False)
    assert not made.host.attempts


async def test_change_by_hand() -> None:
    """A limit set by hand is in force at once and ends by itself, in mode off too."""
    made = await armed(Mode.OFF)
    await made.cycle()
    await made.change(20_060_000)
    assert made.host.limit() == 20 * W
    reading = made.readings[0]
    assert reading.limits[LONG_TERM].value == 20 * W
    assert reading.control is not None
    assert reading.control.reason is Reason.MANUAL_CHANGE
    await made.cycle(3000)
    assert made.host.limit() == 20 * W
    await made.cycle(601)
    assert made.host.limit() == 28 * W
    for cap in (29 * W, 5 * W):
        with pytest.raises(ValueImpossible):
            await made.change(cap)
    with pytest.raises(ValueImpossible):
        await made.controller.set_manual(29 * W)


async def test_short_term_by_hand() -> None:
    """Bursts can be limited by hand, and come back by themselves."""
    made = await armed(Mode.OFF)
    await made.cycle()
    await made.change(40 * W, SHORT_TERM)
    assert made.host.limit(name=SHORT_TERM) == 40 * W
    await made.change(20 * W)
    await made.cycle(1800)
    await made.change(30 * W, SHORT_TERM)
    await made.cycle(1801)
    assert made.host.limit() == 28 * W
    assert made.host.limit(name=SHORT_TERM) == 30 * W
    await made.cycle(1800)
    assert made.host.limit(name=SHORT_TERM) == 64 * W
    await made.cycle(2)
    assert not made.controller.writer.in_force


async def test_bursts_follow() -> None:
    """On request the burst limit follows the cap, and is given back with it."""
    made = await armed(manual=16 * W, short_term=True)
    await made.cycle()
    assert made.host.limit(name=SHORT_TERM) == 20 * W
    await made.controller.close()
    assert made.host.limit(name=SHORT_TERM) == 64 * W


# Faults


async def test_failed_save() -> None:
    """What cannot be recorded is not written."""
    made = await armed(manual=12 * W)
    made.fail_save = CannotConnect("disk full")
    reading = await made.cycle()
    assert not made.host.attempts
    assert reading.control is not None and reading.control.last_error == "disk full"
    made.fail_save = None
    await made.cycle()
    assert made.host.limit() == 12 * W


async def test_killed_between_record_and_write() -> None:
    """A death in between loses nothing."""
    made = await armed(manual=12 * W)
    made.kill_write = True
    with pytest.raises(Killed):
        await made.cycle()
    assert made.host.limit() == 28 * W
    await made.restart()
    await made.cycle()
    assert made.host.limit() == 12 * W
    await made.controller.arm(False)
    assert made.host.limit() == 28 * W


async def test_ignored_write() -> None:
    """A write that changes nothing is found out at once."""
    made = await armed(manual=12 * W)
    made.host.zone("package-0").constraint(LONG_TERM).ignored = True
    await made.cycle()
    await made.cycle()
    assert made.host.attempts == 1
    assert made.controller.problems == {PACKAGE: Problem.IGNORED}
    with pytest.raises(NotConfirmed):
        await made.change(20 * W)


async def test_silent_firmware() -> None:
    """A firmware that puts its value back later is found out, too."""
    made = await armed(manual=12 * W)
    made.host.zone("package-0").constraint(LONG_TERM).reverts_after = 5
    for _ in range(5):
        await made.cycle()
    assert made.controller.problems == {PACKAGE: Problem.CONTESTED}


async def test_coarse_steps() -> None:
    """Hardware with larger steps is learned from what it makes of a write."""
    made = await armed(manual=18_625_000)
    made.host.zone("package-0").step = 1_000_000
    await made.cycle()
    assert made.host.limit() == 18 * W
    reading = await made.cycle()
    assert len(made.host.writes) == 1
    assert reading.control is not None and reading.control.bounds.step == W


async def test_cap_without_effect() -> None:
    """A cap that the power does not follow is told, and one that is switched off."""
    made = await armed(manual=8 * W)
    made.host.zone("package-0").uncapped = True
    for _ in range(4):
        assert not made.controller.problems
        await made.cycle()
    assert made.controller.problems == {PACKAGE: Problem.INEFFECTIVE}
    made.host.zone("package-0").enabled = 0
    await made.cycle()
    assert made.controller.problems == {PACKAGE: Problem.NOT_ENFORCED}


async def test_unreadable_limit() -> None:
    """A limit that cannot be read is not set, and goes on when it can."""
    made = await armed(manual=12 * W)
    package = made.host.zone("package-0")
    package.errors = {"constraint_0_power_limit_uw": errno.EIO}
    reading = await made.cycle()
    assert reading.control is None and not made.host.attempts
    package.errors = {}
    await made.cycle()
    package.errors = {"constraint_0_power_limit_uw": errno.EIO}
    reading = await made.cycle()
    assert reading.control is not None
    assert reading.control.last_error is not None
    assert made.host.limit() == 12 * W


async def test_restore_that_fails() -> None:
    """A restoring is tried three times, told, and tried again later."""
    made = await armed(manual=12 * W)
    await made.cycle()
    made.host.zone("package-0").errors = {"write:": errno.EIO}
    await made.controller.arm(False)
    assert made.slept == [1.0, 1.0]
    await made.cycle()
    assert made.controller.problems == {PACKAGE: Problem.NOT_RESTORED}
    assert made.controller.writer.failed_restores == {PACKAGE: 28 * W}
    assert made.controller.writer.in_force
    made.host.zone("package-0").errors = {}
    await made.cycle(601)
    assert made.host.limit() == 28 * W
    assert not made.controller.problems


async def test_original_that_does_not_stay() -> None:
    """What is back is looked at once more before it counts as back for good."""
    made = await armed(manual=12 * W)
    await made.cycle()
    await made.controller.arm(False)
    made.host.zone("package-0").constraint(LONG_TERM).value = 12 * W
    await made.cycle(2)
    assert made.host.limit() == 28 * W
    assert made.controller.unsettled and made.controller.writer.in_force
    await made.cycle(1)
    assert made.controller.unsettled
    await made.cycle(1)
    assert not made.controller.unsettled and not made.controller.writer.in_force
    made.host.zone("package-0").constraint(LONG_TERM).value = 20 * W
    await made.cycle(2)
    assert made.host.limit() == 20 * W


async def test_closing_looks_twice() -> None:
    """At the end it waits for what interferes; what then comes, the next start mends."""
    made = await armed(manual=12 * W)
    await made.cycle()
    constraint = made.host.zone("package-0").constraint(LONG_TERM)
    constraint.reverts_after = 1
    assert await made.controller.close()
    assert made.slept == [2.0]
    assert made.host.limit() == 28 * W
    constraint.reverts_after = None
    made.clock.advance(1)
    assert made.host.limit() == 12 * W
    made.options = replace(made.options, allowed=False)
    await made.restart()
    assert made.host.limit() == 28 * W


# Limits that the firmware leaves off


async def off(**more: Any) -> Rig:
    """Return a rig that caps limits that are not enforced."""
    host = client()
    host.zone("package-0").enabled = 0
    return await armed(manual=8 * W, host=host, **more)


async def test_limits_are_switched_on_and_off_again() -> None:
    """Who wants it has limits enforced while they cap, and as before afterwards."""
    made = await off(enable=True)
    reading = await made.cycle()
    assert reading.enabled is True and not made.controller.problems
    assert made.host.zone("package-0").power(0) == 8.0
    await made.cycle()
    assert made.host.switched == [("intel-rapl/intel-rapl:0", 1)]
    await made.restart()
    await made.cycle()
    await made.controller.set_mode(Mode.OFF)
    await made.cycle()
    assert made.host.switched[1:] == [("intel-rapl/intel-rapl:0", 0)]
    assert made.host.limit() == 28 * W
    await made.cycle(2)
    assert not made.controller.writer.in_force


async def test_limits_are_not_switched_on_without_a_wish() -> None:
    """Nor while there is no cap."""
    made = await off()
    await made.cycle()
    assert made.controller.problems == {PACKAGE: Problem.NOT_ENFORCED}
    made = await off(enable=True)
    await made.controller.set_mode(Mode.OFF)
    await made.cycle()
    assert not made.host.switched and not made.host.attempts


async def test_limits_that_cannot_be_switched() -> None:
    """A refusal is one attempt, and told."""
    made = await off(enable=True)
    made.host.zone("package-0").errors = {"write:enabled": errno.EACCES}
    for _ in range(3):
        reading = await made.cycle()
    assert reading.control is not None and reading.control.last_error is not None
    limit = LimitId("package-0", ENABLED)
    assert made.controller.problems == {
        PACKAGE: Problem.NOT_ENFORCED,
        limit: Problem.FORBIDDEN,
    }
    assert made.host.attempts == 2
    for target in (0, 2):
        with pytest.raises(ValueImpossible):
            await LimitWriter(
                made.controller.client, made.save, Run(made.job), SYSTEM_CLOCK
            ).set(limit, target, 1 - target)


async def test_limits_that_stay_on() -> None:
    """What cannot be switched off again is told; the limit itself is back."""
    made = await off(enable=True)
    made.host.zone("package-0").stays_enabled = True
    await made.cycle()
    await made.controller.arm(False)
    assert made.host.limit() == 28 * W
    limit = LimitId("package-0", ENABLED)
    assert made.controller.writer.failed_restores == {limit: 0}
    assert not await made.controller.close()


async def test_switching_on_is_contested() -> None:
    """Somebody who keeps switching limits off is let alone in the end."""
    made = await off(enable=True)
    for _ in range(6):
        made.host.zone("package-0").enabled = 0
        await made.cycle()
    limit = LimitId("package-0", ENABLED)
    assert made.controller.writer.problems == {limit: Problem.CONTESTED}
    assert len(made.host.switched) == 4


# A host with too much to do


@pytest.mark.parametrize(
    ("critical", "load", "expected"),
    [(2.0, 2.0, 28), (2.0, 1.9, 12), (2.0, None, 12), (None, 9.0, 12)],
)
async def test_critical_load(
    critical: float | None, load: float | None, expected: int
) -> None:
    """Caps do not fall while the host has too much to do, if the user wants that."""
    made = await armed(manual=12 * W, critical_load=critical)
    made.host.load = load
    reading = await made.cycle()
    assert made.host.limit() == expected * W
    assert reading.control is not None
    waits = reading.control.reason is Reason.HIGH_LOAD
    assert waits == (expected == 28)
    made.host.load = 0.5
    await made.cycle()
    assert made.host.limit() == 12 * W


async def test_hot_plug() -> None:
    """A package that goes away keeps its original until it is back."""
    made = await armed(manual=100 * W, host=server())
    await made.cycle()
    gone = made.host.zones[2:]
    made.host.zones = made.host.zones[:2]
    await made.cycle()
    assert not await made.controller.close()
    made.host.zones += gone
    await made.restart()
    reading = (await made.cycle(), made.readings[2])[1]
    assert reading.original == 205 * W
    await made.controller.close()
    assert made.host.limit("package-1") == 205 * W


async def test_floor_over_ceiling() -> None:
    """Bounds that leave nothing are told, and nothing is done."""
    made = await armed(manual=None, floor=40 * W)
    reading = await made.cycle()
    assert reading.control is None and not made.host.attempts
    assert made.controller.problems == {PACKAGE: Problem.FLOOR}


async def test_no_original() -> None:
    """A package whose firmware set no limit is not limited, and nobody is bothered."""
    made = rig()
    made.host.zone("package-0").constraint(LONG_TERM).value = 0
    await made.start()
    reading = await made.cycle()
    assert reading.control is None and not made.controller.problems


async def test_writer_guards_itself() -> None:
    """Whatever a caller wants: not above the original, not below three watts."""
    made = await armed()
    await made.cycle()
    for target in (28_125_000, 2_875_000, 0):
        with pytest.raises(ValueImpossible):
            await made.controller.writer.set(PACKAGE, target, 28 * W)
    assert not made.host.attempts
    assert await made.controller.writer.set(PACKAGE, 12_345_678, 28 * W)
    assert made.controller.writer.held(PACKAGE) == 12_250_000


async def test_end_during_a_write() -> None:
    """What ends Home Assistant during a write comes after it, and has the last word."""
    made = await armed(manual=12 * W)
    reached, go_on = asyncio.Event(), asyncio.Event()
    job = made.job

    async def held_up(call: Any, *args: Any) -> Any:
        if call.__name__ == "write" and not reached.is_set():
            reached.set()
            await go_on.wait()
        return await job(call, *args)

    made.controller.writer._run = Run(held_up, made.sleep)
    cycle = asyncio.create_task(made.cycle())
    await reached.wait()
    closing = asyncio.create_task(made.controller.close())
    await asyncio.sleep(0)
    assert not closing.done() and not made.host.writes
    go_on.set()
    await cycle
    assert await closing
    assert [value for _, _, value in made.host.writes] == [12 * W, 28 * W]
    await made.cycle()
    assert made.host.limit() == 28 * W


@pytest.mark.parametrize(
    "disk",
    [
        {},
        {"armed": "yes", "mode": "?", "manual": "1", "limits": 3},
        {"limits": {"boot": "boot-1", "originals": {"package-0": 3, "x": {"y": "z"}}}},
        {"limits": {"boot": "boot-1", "originals": []}},
    ],
)
async def test_damaged_record(disk: dict[str, Any]) -> None:
    """What no controller wrote is no wish and no original."""
    made = rig()
    made.disk = json.dumps(disk)
    await made.start()
    assert not made.controller.armed and made.controller.mode is Mode.OFF
    assert made.controller.manual is None
    await made.cycle()
    assert not made.host.attempts


# A thousand lives


HISTORIES: Final = 1000
EVENTS: Final = 25


class Life:
    """A random history on a rig, with the invariants checked after every event."""

    def __init__(self, seed: int) -> None:
        """Draw a host and a user."""
        self.random = random.Random(seed)
        choose = self.random
        host = client() if choose.random() < 0.5 else server()
        self.rig = rig(
            host,
            rules=Rules(
                ramp=choose.choice([0.25, 1]),
                dwell=choose.choice([0, 60]),
                threshold=25.0,
                hysteresis=choose.choice([0.0, 10.0]),
                without_data=choose.choice(list(WithoutData)),
            ),
            floor=choose.choice([None, 7_300_000, 12 * W]),
            ceiling=choose.choice([None, 26 * W]),
            total=choose.random() < 0.3,
            short_term=choose.random() < 0.5,
            enable=choose.random() < 0.5,
            critical_load=choose.choice([None, 1.5]),
            allowed=choose.random() < 0.9,
        )
        self.packages = list(host.packages())
        for zone in self.packages:
            zone.enabled = int(choose.random() < 0.7)
        self.enabled = [zone.enabled for zone in self.packages]
        self.originals = {
            (zone.name, each.name): each.value
            for zone in self.packages
            for each in zone.constraints
        }

    async def live(self) -> None:
        """Go through the history and to its end."""
        await self.rig.start()
        await self.cycle()
        events: list[Callable[[], Awaitable[None]]] = [
            *[self.cycle] * 3,
            self.prices,
            self.battery,
            self.mode,
            self.arm,
            self.hand,
            self.manual,
            self.crash,
            self.restart,
            self.reboot,
            self.jump,
            self.fault,
        ]
        for _ in range(EVENTS):
            await self.random.choice(events)()
            self.check()
        self.heal()
        await self.rig.restart()
        await self.cycle()
        await self.rig.controller.close()
        for (zone, name), original in self.originals.items():
            assert self.rig.host.limit(zone, name) == original
        assert [zone.enabled for zone in self.packages] == self.enabled
        assert not self.rig.controller.writer.in_force

    def check(self) -> None:
        """Hold what always holds: floor ≤ cap ≤ original, and no write undue."""
        host = self.rig.host
        for zone in self.packages:
            original = self.originals[zone.name, LONG_TERM]
            cap = zone.constraint(LONG_TERM).value
            assert cap <= original
            if cap != original:
                floor = self.rig.options.floor or 3 * W
                assert cap >= floor
            burst = zone.constraint(SHORT_TERM).value
            assert 3 * W <= burst <= self.originals[zone.name, SHORT_TERM]
        if not self.rig.options.allowed:
            assert not host.attempts
        if not self.rig.options.enable:
            assert not host.switched
        for folder, _ in host.switched:
            assert folder in {zone.folder for zone in self.packages}
        for folder, name, _ in host.writes:
            assert folder.startswith("intel-rapl/") and folder.count("/") == 1
            assert name in (LONG_TERM, SHORT_TERM)

    async def cycle(self) -> None:
        """Let time pass."""
        before = self.rig.host.attempts
        self.rig.host.load = self.random.choice([None, 0.3, 1.6])
        was_free = not self.rig.controller.writer.in_force
        try:
            await self.rig.cycle(self.random.choice([1, 30, 61, 400, 4000]))
        except CannotConnect:
            return
        if not self.rig.controller.armed and was_free:
            assert self.rig.host.attempts == before

    async def prices(self) -> None:
        """Change the prices, or lose them."""
        self.rig.prices = self.random.choice(
            [None, [1.0], [5.0, -5.0, 80.0], [10.0, 50.0, 30.0, 20.0]]
        )
        await self.cycle()

    async def battery(self) -> None:
        """Lose mains, or get it back, or learn something of the battery."""
        self.rig.on_battery = self.random.choice([True, True, False, None])
        self.rig.remaining = self.random.choice([None, 0.0, 500.0, 5000.0])
        await self.cycle()

    async def mode(self) -> None:
        """Have the user choose a mode."""
        await self.rig.controller.set_mode(self.random.choice(list(Mode)))
        await self.cycle()

    async def arm(self) -> None:
        """Have the user arm or disarm."""
        try:
            await self.rig.controller.arm(self.random.random() < 0.7)
        except NotArmed:
            assert not self.rig.options.allowed

    async def hand(self) -> None:
        """Have the user set a limit, any."""
        with suppress(ClientError):
            await self.rig.change(
                self.random.randrange(-W, 300 * W),
                self.random.choice([LONG_TERM, SHORT_TERM]),
            )

    async def manual(self) -> None:
        """Have the user set the manual cap, any."""
        with suppress(ValueImpossible):
            await self.rig.controller.set_manual(self.random.randrange(-W, 300 * W))

    async def crash(self) -> None:
        """Kill the process, at a write or in between, and start it again."""
        self.rig.kill_write = True
        with suppress(Killed):
            await self.cycle()
        self.rig.kill_write = False
        await self.rig.restart()

    async def restart(self) -> None:
        """Restart Home Assistant in good order."""
        await self.rig.controller.close()
        await self.rig.restart()

    async def reboot(self) -> None:
        """Crash and reboot: the firmware's limits are back."""
        host = self.rig.host
        host.reboot()
        for zone, enabled in zip(self.packages, self.enabled, strict=True):
            zone.enabled = enabled
            for each in zone.constraints:
                each.value = self.originals[zone.name, each.name]
        await self.rig.restart()

    async def jump(self) -> None:
        """Set the wall clock to another time."""
        self.rig.wall += timedelta(hours=self.random.uniform(-40, 40))
        await self.cycle()

    async def fault(self) -> None:
        """Let the hardware misbehave for a while, or stop doing so."""
        self.heal()
        zone = self.random.choice(self.packages)
        match self.random.randrange(6):
            case 0:
                zone.errors = {"write:": self.random.choice([errno.EIO, errno.EACCES])}
            case 1:
                zone.errors = {"constraint_0_power_limit_uw": errno.EIO}
            case 2:
                zone.constraint(LONG_TERM).locked = True
            case 3:
                zone.constraint(LONG_TERM).ignored = True
            case 4:
                self.rig.host.present = False
            case _:
                pass
        await self.cycle()

    def heal(self) -> None:
        """Let the hardware behave."""
        self.rig.host.present = True
        for zone in self.packages:
            zone.errors = {}
            for each in zone.constraints:
                each.locked = each.ignored = False


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(4))
def test_a_thousand_histories(part: int) -> None:
    """Whatever happens: within bounds, nothing undue, and all given back at the end."""
    seeds: Sequence[int] = range(part, HISTORIES, 4)

    async def live_all() -> None:
        for seed in seeds:
            try:
                await Life(seed).live()
            except Exception as err:
                err.add_note(f"history {seed}")
                raise

    asyncio.run(live_all())


def test_writer_starts_empty() -> None:
    """A writer without a record knows of nothing."""
    made = rig()
    writer: LimitWriter = made.controller.writer
    assert not writer.in_force
    assert writer.step("package-0") == 125_000
    assert writer.held(PACKAGE) is None
