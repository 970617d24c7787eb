"""The energy ledger counts exactly, and never a time that nobody measured."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
import math

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_steward.stewardship.energy_ledger import (
    Channel,
    EnergyLedger,
    watt_hours,
)

OUTPUT = Channel("ups", "output")
MAX_GAP = 15
UNITS_PER_WH = 2 * 1000 * 3600 * 10**9
"""What a snapshot counts in: half milliwatts times nanoseconds."""
UNBILLABLE = (None, -0.001, -720.0, math.nan, math.inf, -math.inf, 1e306)

type Samples = Iterable[tuple[float | None, float]]
"""Powers in W, each with its time in s."""

steady = settings(derandomize=True, deadline=None, max_examples=100)


def fed(samples: Samples, ledger: EnergyLedger | None = None) -> EnergyLedger:
    """Return a ledger after these samples of one channel."""
    ledger = ledger or EnergyLedger(MAX_GAP)
    for power, time in samples:
        ledger.record(OUTPUT, power, time)
    return ledger


def exact(ledger: EnergyLedger, channel: Channel = OUTPUT) -> Fraction:
    """Return a total in Wh, exactly; none at all counts as nothing."""
    return Fraction(ledger.snapshot().get(channel, 0), UNITS_PER_WH)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([], 0),
        ([(720, 0)], 0),
        ([(720, 0), (720, 5)], 1),
        ([(0, 0), (720, 5)], Fraction(1, 2)),
        ([(720, 0), (0, 5)], Fraction(1, 2)),
        ([(720, 0), (0, 5), (0, 10), (1440, 15)], Fraction(3, 2)),
        ([(100, 0), (200, 1), (400, 3)], Fraction(150 + 600, 3600)),
        ([(0.001, 0), (0.001, 1e-9)], Fraction(2, UNITS_PER_WH)),
        ([(0.002, 7), (0.001, 7 + 2e-9)], Fraction(6, UNITS_PER_WH)),
    ],
)
def test_trapezoid(samples: Samples, expected: Fraction) -> None:
    """Between two samples counts the mean of their powers, down to the last unit."""
    assert exact(fed(samples)) == expected


def test_a_million_steps() -> None:
    """A ramp from 0 to 1 kW within 1000 s, by a milliwatt a millisecond, is exact."""
    steps = 1_000_000
    ledger = EnergyLedger(MAX_GAP)
    for step in range(steps + 1):
        ledger.record(OUTPUT, step / 1000, step / 1000)
    assert exact(ledger) == Fraction(1000 * 1000, 2 * 3600)


@pytest.mark.parametrize(
    ("watts", "interval"),
    [(195, 5), (190, 5), (8, 5), (5, 5), (3.5, 5), (195, 30)],
)
def test_constant_load(watts: float, interval: int) -> None:
    """An hour of a constant load is its Wh, where rounded steps go astray."""
    ledger = EnergyLedger(3 * interval)
    fed(((watts, time) for time in range(0, 3601, interval)), ledger)
    assert exact(ledger) == Fraction(watts)
    assert watt_hours(ledger.snapshot()[OUTPUT]) == watts

    rounded = 0.0
    for _ in range(3600 // interval):
        rounded = math.floor((rounded + watts * interval / 3600) * 100 + 0.5) / 100
    assert rounded != watts


@pytest.mark.parametrize("power", UNBILLABLE)
def test_unbillable_power(power: float | None) -> None:
    """A power that is missing or impossible is not billed, nor the time around it."""
    assert exact(fed([(720, 0), (power, 5), (720, 10), (720, 15)])) == 1
    assert fed([(power, 0), (power, 5)]).snapshot() == {}


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (MAX_GAP - 5, 2),
        (MAX_GAP, 3),
        (MAX_GAP + 1e-9, 0),
        (MAX_GAP + 5, 0),
        (8 * 3600, 0),
        (0, 0),
        (-1e-9, 0),
        (-5, 0),
        (-86400, 0),
    ],
)
def test_gap(gap: float, expected: int) -> None:
    """What is billed is no gap longer than the longest, and no time that went back.

    Counting goes on from the later sample, whatever became of the gap.
    """
    now = 1e5
    ledger = fed([(720, now), (720, now + gap)])
    assert exact(ledger) == expected
    fed([(720, now + gap + 5)], ledger)
    assert exact(ledger) == expected + 1


def test_power_at_one_moment() -> None:
    """Of two powers at the same time, the later one counts from there."""
    assert exact(fed([(720, 0), (0, 5), (1440, 5), (1440, 10)])) == Fraction(5, 2)


def test_restore() -> None:
    """A restored ledger goes on from the total, and bills no time in between."""
    first = fed([(720, 0), (720, 5)])
    snapshot = first.snapshot()
    second = EnergyLedger(MAX_GAP)
    second.restore(snapshot)
    assert second.snapshot() == snapshot
    fed([(720, 10)], second)  # the clock may go on or start anew
    assert exact(second) == 1
    fed([(720, 2), (720, 7)], second)
    assert exact(second) == 2
    fed([(720, 10)], first)
    assert watt_hours(snapshot[OUTPUT]) == 1


def test_beyond_64_bits() -> None:
    """No total is too large to notice the smallest step, and no power too large."""
    ledger = EnergyLedger(MAX_GAP)
    ledger.restore({OUTPUT: 10**40})
    fed([(0.001, 0), (0.001, 1e-9)], ledger)
    assert ledger.snapshot() == {OUTPUT: 10**40 + 2}
    assert watt_hours(10**40) == pytest.approx(10**40 / UNITS_PER_WH)
    assert exact(fed([(10**300, 0), (10**300, 9)])) == Fraction(10**300, 400)


# Whole milliwatts and nanoseconds, as floats and as the integers that they stand for
milliwatts = st.integers(0, 10**12)
powers = milliwatts.map(lambda power: power / 1000) | st.sampled_from(UNBILLABLE)
steps = (
    st.integers(0, 2 * MAX_GAP * 10**9)
    | st.sampled_from((1, MAX_GAP * 10**9, MAX_GAP * 10**9 + 1))
    | st.integers(-(10**14), 0)
)
histories = st.lists(st.tuples(powers, steps), max_size=20)

type History = list[tuple[float | None, int]]
"""Powers in W, each with the nanoseconds since the one before."""


def timed(history: History) -> list[tuple[float | None, int]]:
    """Return a history with times in ns."""
    now, samples = 10**15, []
    for power, step in history:
        now += step
        samples.append((power, now))
    return samples


def integral(history: History) -> Fraction:
    """Return the Wh that a history is worth, in rationals."""
    total = Fraction(0)
    for (first, begin), (second, end) in pairwise(timed(history)):
        if (
            first not in UNBILLABLE
            and second not in UNBILLABLE
            and 0 < end - begin <= MAX_GAP * 10**9
        ):
            mean = Fraction(round(first * 1000) + round(second * 1000), 2 * 1000)
            total += mean * Fraction(end - begin, 3600 * 10**9)
    return total


@steady
@given(histories)
def test_exact(history: History) -> None:
    """Every total is the exact integral, and none ever goes down."""
    ledger = EnergyLedger(MAX_GAP)
    before = Fraction(0)
    for count, (power, time) in enumerate(timed(history), 1):
        ledger.record(OUTPUT, power, time / 1e9)
        assert before <= (before := exact(ledger)) == integral(history[:count])


@steady
@given(st.lists(histories, max_size=3))
def test_restarts(runs: list[History]) -> None:
    """Over any number of restarts, what counts is what each run measured."""
    total: dict[Channel, int] = {}
    for history in runs:
        ledger = EnergyLedger(MAX_GAP)
        ledger.restore(total)
        for power, time in timed(history):
            ledger.record(OUTPUT, power, time / 1e9)
        total = ledger.snapshot()
    expected = sum(map(integral, runs), Fraction(0))
    assert Fraction(total.get(OUTPUT, 0), UNITS_PER_WH) == expected


@steady
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                (OUTPUT, Channel("ups", "input"), Channel("other", "output"))
            ),
            powers,
            st.integers(1, 5 * 10**9),
        ),
        max_size=40,
    )
)
def test_independent_channels(
    records: list[tuple[Channel, float | None, int]],
) -> None:
    """What one channel records never changes another."""
    ledger = EnergyLedger(MAX_GAP)
    alone: dict[Channel, EnergyLedger] = {}
    now = 0
    for channel, power, step in records:
        now += step
        ledger.record(channel, power, now / 1e9)
        alone.setdefault(channel, EnergyLedger(MAX_GAP)).record(
            channel, power, now / 1e9
        )
    assert ledger.snapshot() == {
        channel: total
        for other in alone.values()
        for channel, total in other.snapshot().items()
    }


@pytest.mark.parametrize(
    ("gap", "answer_time", "expected"),
    [(20, 0, 0), (20, 5, 4), (20 + 1e-9, 5, 0), (20, 4, 0)],
)
def test_slow_answers_are_no_gap(
    gap: float, answer_time: float, expected: float
) -> None:
    """The time that a source took to answer does not count towards the gap."""
    ledger = fed([(720, 0)])
    ledger.record(OUTPUT, 720, gap, answer_time)
    assert exact(ledger) == expected


def test_energy_that_a_device_counts() -> None:
    """A microjoule is a microjoule, beside what is integrated."""
    ledger = EnergyLedger(MAX_GAP)
    ledger.add(OUTPUT, 1)
    assert exact(ledger) == Fraction(1, 3600 * 10**6)
    fed([(720, 0), (720, 5)], ledger)
    ledger.add(OUTPUT, 3600 * 10**6 - 1)
    assert exact(ledger) == 2
