"""What happens inside a UPS: load, battery, modes, and the energy that went out.

The physics is a sequence of spans within which nothing changes but the load. A span
ends where a scripted outage begins or ends, a test is over or the battery is empty, so
each of these happens at its exact time however rarely anybody looks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from math import floor, inf, sqrt
from typing import Any, override

from .battery import Battery
from .clock import Clock

type Quantity = float | Callable[[float], float]
"""A number, or a function of the seconds since the UPS came to be."""

_INPUTS = frozenset({"load", "mode", "mains", "battery"})
_LONGEST_RUNTIME = 99 * 3600.0
_ROUNDING_S = 1e-9


class UpsMode(IntEnum):
    """The values of `mode`: WinPower protocol, section 4."""

    POWERING_ON = 0
    STANDBY = 1
    BYPASS = 2
    LINE = 3
    BATTERY = 4
    TEST = 5
    FAULT = 6


class TestStatus(IntEnum):
    """The values of `testStatus`, numbered as in the UPS-MIB."""

    __test__ = False  # not a class of tests

    PASSED = 1
    ERROR = 3
    ABORTED = 4
    RUNNING = 5


_OUTPUT_OFF = {UpsMode.POWERING_ON, UpsMode.STANDBY, UpsMode.FAULT}
_ON_BATTERY = {UpsMode.BATTERY, UpsMode.TEST}
_CHARGER_ON = {UpsMode.STANDBY, UpsMode.BYPASS, UpsMode.LINE}


@dataclass
class _Outages:
    """A script of outages, and the next change it holds."""

    period: float
    duration: float
    next_at: float
    mains_next: bool = False

    def step(self) -> None:
        """Go to the change after the next."""
        self.next_at += (
            self.period - self.duration if self.mains_next else self.duration
        )
        self.mains_next = not self.mains_next


@dataclass(eq=False, kw_only=True)
class UpsPhysics:
    """A UPS as a thing that delivers, stores and counts energy."""

    load: Quantity = 195.0
    """Watts that the connected devices draw."""
    power_factor: Quantity = 0.985
    rated_va: float = 3000.0
    mode: int = UpsMode.LINE
    """A `UpsMode`, or a number of which the meaning is unknown."""
    mains: bool = True
    battery: Battery = field(default_factory=Battery)
    test_status: TestStatus = TestStatus.PASSED
    fault_code: str = ""

    _elapsed: float = field(default=0.0, init=False, repr=False)
    _delivered_wh: float = field(default=0.0, init=False, repr=False)
    _test_ends_at: float = field(default=inf, init=False, repr=False)
    _exhausted: bool = field(default=False, init=False, repr=False)
    _outages: _Outages | None = field(default=None, init=False, repr=False)
    _clock: Clock | None = field(default=None, init=False, repr=False)
    _caught_up_at: float = field(default=0.0, init=False, repr=False)

    @override
    def __setattr__(self, name: str, value: Any) -> None:
        """Bring the physics up to now before one of its inputs changes."""
        if name in _INPUTS:
            self.catch_up()
        object.__setattr__(self, name, value)

    # Time

    def follow(self, clock: Clock) -> None:
        """Live by a clock from now on."""
        if self._clock is not clock:
            self.catch_up()
            self._clock, self._caught_up_at = clock, clock()

    def catch_up(self) -> None:
        """Move the physics to what the clock says, if there is a clock."""
        if self._clock is not None:
            now = self._clock()
            behind, self._caught_up_at = now - self._caught_up_at, now
            self.advance(behind)

    def advance(self, seconds: float) -> None:
        """Move the physics by some seconds."""
        clock, self._clock = self._clock, None  # inputs that change here are in time
        try:
            self._settle()
            while seconds > 0:
                seconds -= self._advance_span(seconds)
                self._settle()
        finally:
            self._clock = clock

    # What is read

    @property
    def energy_delivered_wh(self) -> float:
        """Return the integral of the delivered power up to now.

        It is exact for a constant load, for a function that jumps only at whole
        seconds, and for a cubic in between; for others it is better than any meter.
        """
        self.catch_up()
        return self._delivered_wh

    @property
    def charge(self) -> float:
        """Return the state of charge in percent, up to now."""
        self.catch_up()
        return self.battery.charge

    @charge.setter
    def charge(self, percent: float) -> None:
        """Set the state of charge."""
        self.catch_up()
        self.battery.charge = percent

    @property
    def output_on(self) -> bool:
        """Return whether the connected devices have power."""
        return self.mode not in _OUTPUT_OFF

    @property
    def on_battery(self) -> bool:
        """Return whether the battery carries the load, by need or for a test."""
        return self.mode in _ON_BATTERY

    @property
    def charging(self) -> bool:
        """Return whether energy goes into the battery."""
        return self.mains and self.mode in _CHARGER_ON and not self.battery.full

    @property
    def watts(self) -> float:
        """Return the active power delivered at this moment."""
        return _at(self.load, self._elapsed) if self.output_on else 0.0

    @property
    def volt_amperes(self) -> float:
        """Return the apparent power delivered at this moment."""
        return self.watts / _at(self.power_factor, self._elapsed)

    @property
    def load_fraction(self) -> float:
        """Return the apparent power as a part of the rating."""
        return self.volt_amperes / self.rated_va

    @property
    def remaining_seconds(self) -> float:
        """Return how long the battery would carry the present load."""
        return min(self.battery.seconds_to_empty(self.watts), _LONGEST_RUNTIME)

    # What happens to it

    def lose_mains(self) -> None:
        """Take the mains away: the battery carries the load, and a test is aborted."""
        self.mains = False
        if self.mode == UpsMode.TEST:
            self._end_test(TestStatus.ABORTED)
        if self.output_on:
            self.mode = UpsMode.BATTERY
            self._settle()

    def restore_mains(self) -> None:
        """Give the mains back; a UPS that ran empty starts again by itself."""
        self.mains = True
        if self.mode == UpsMode.BATTERY or self._exhausted:
            self._exhausted = False
            self.mode = UpsMode.LINE

    def start_battery_test(self, seconds: float = 10.0) -> None:
        """Run on battery on purpose, for a time or until the battery is empty."""
        self.catch_up()
        if self.mode != UpsMode.LINE:
            raise ValueError(f"no battery test in mode {self.mode}")
        self.mode = UpsMode.TEST
        self.test_status = TestStatus.RUNNING
        self._test_ends_at = self._elapsed + seconds

    def fail(self, code: str = "1") -> None:
        """Break: the output is off, and a code says why."""
        self.mode = UpsMode.FAULT
        self.fault_code = code

    def clear_fault(self) -> None:
        """Repair it."""
        self.fault_code = ""
        self.mode = UpsMode.LINE if self.mains else UpsMode.BATTERY

    def outage_every(
        self, period_s: float, duration_s: float, first_after_s: float | None = None
    ) -> None:
        """Lose the mains again and again, first after a period unless told."""
        if not 0 < duration_s < period_s:
            raise ValueError(
                "an outage is shorter than its period and longer than nothing"
            )
        self.catch_up()
        first = period_s if first_after_s is None else first_after_s
        self._outages = _Outages(period_s, duration_s, self._elapsed + first)

    def stop_outages(self) -> None:
        """Forget the script, and give the mains back if it had taken it."""
        self.catch_up()
        if self._outages is not None and self._outages.mains_next:
            self.restore_mains()
        self._outages = None

    # The machinery

    def _advance_span(self, limit: float) -> float:
        """Move on to the next change, or to the limit; return the seconds that took."""
        span = min(limit, self._seconds_to_change())
        if self.on_battery:
            span = min(span, self.battery.seconds_to_empty(self._mean_load(span)))
        watts = self._mean_load(span)
        if self.on_battery:
            self.battery.discharge(watts, span)
        elif self.charging:
            self.battery.recharge(span)
        self._delivered_wh += watts * span / 3600
        self._elapsed += span
        return span

    def _seconds_to_change(self) -> float:
        """Return when something is due, or a load that varies is looked at again."""
        changes = [inf]
        if self.mode == UpsMode.TEST:
            changes.append(self._test_ends_at)
        if self._outages is not None:
            changes.append(self._outages.next_at)
        if callable(self.load):
            changes.append(floor(self._elapsed) + 1)
        return min(changes) - self._elapsed

    def _mean_load(self, span: float) -> float:
        """Return the mean power of a span, by Gauss's rule of two points."""
        if not self.output_on:
            return 0.0
        middle, offset = self._elapsed + span / 2, span / 2 / sqrt(3)
        return (_at(self.load, middle - offset) + _at(self.load, middle + offset)) / 2

    def _settle(self) -> None:
        """Let happen what is due now."""
        if self._outages is not None and self._is_due(self._outages.next_at):
            change = self.restore_mains if self._outages.mains_next else self.lose_mains
            self._outages.step()
            change()
        if self.mode == UpsMode.TEST and self._is_due(self._test_ends_at):
            self._end_test(TestStatus.PASSED)
        if self.on_battery and self.battery.empty:
            self._run_empty()

    def _is_due(self, moment: float) -> bool:
        """Return whether a moment has come."""
        return moment - self._elapsed < _ROUNDING_S

    def _end_test(self, status: TestStatus) -> None:
        """Go back to the mains, with a verdict."""
        self.mode = UpsMode.LINE
        self.test_status = status
        self._test_ends_at = inf

    def _run_empty(self) -> None:
        """End a test that was too long, or switch the load off."""
        if self.mode == UpsMode.TEST:
            self._end_test(TestStatus.ERROR)
        elif self.mains:
            self.mode = UpsMode.LINE
        else:
            self._exhausted = True
            self.mode = UpsMode.STANDBY


def _at(quantity: Quantity, seconds: float) -> float:
    """Return a quantity at a moment."""
    return quantity(seconds) if callable(quantity) else quantity
