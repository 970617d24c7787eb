"""How long a battery lasts, and what discharges teach."""

from dataclasses import replace
import math
from typing import NamedTuple

from hypothesis import given, strategies as st
import pytest

from custom_components.power_steward.stewardship.ride_through import (
    SCALE,
    Battery,
    Discharge,
    Estimate,
    Experience,
    Sample,
    Smoothed,
    State,
    charge_of_voltage,
    current,
    estimate,
    rest_voltage,
    sustainable_power,
    temperature_factor,
)
from tests.simulators.must import Battery as RealBattery, SimulatedMust

NEW = Experience()
FULL = State(charge=100)
AGM_55 = Battery(capacity=55)


def minutes(battery: Battery, state: State, power: float) -> float:
    """Return an estimate without experience."""
    told = estimate(battery, NEW, state, power)
    assert told is not None
    return told.minutes


@pytest.mark.parametrize(
    ("battery", "state", "power", "expected"),
    [
        (AGM_55, FULL, 138, 199.9),
        (replace(AGM_55, own_consumption=12), FULL, 138, 183.6),
        (AGM_55, FULL, 500, 45.5),
        (AGM_55, FULL, 1000, 20.5),
        (AGM_55, FULL, 20, 1742.4),
        (Battery(capacity=100), FULL, 138, 397.5),
        (Battery(capacity=100, nominal_voltage=24), FULL, 500, 200.7),
        (AGM_55, State(charge=50), 138, 99.9),
        (AGM_55, State(charge=100, temperature=10), 138, 179.9),
        (AGM_55, State(charge=100, temperature=0), 138, 167.9),
        (replace(AGM_55, exponent=1.25), FULL, 138, 171.0),
        (replace(AGM_55, exponent=1.0), FULL, 138, 252.5),
        (replace(AGM_55, age=5), FULL, 138, 159.9),
    ],
)
def test_worked_examples(
    battery: Battery, state: State, power: float, expected: float
) -> None:
    """The examples that were worked out by hand come out."""
    assert minutes(battery, state, power) == pytest.approx(expected, abs=0.06)


def test_shutdown_voltage_leaves_a_reserve() -> None:
    """A device that switches off early cannot use all; at 10.5 V it uses all."""
    assert minutes(AGM_55, replace(FULL, shutdown_voltage=10.5), 138) == pytest.approx(
        minutes(AGM_55, FULL, 138)
    )
    early = minutes(AGM_55, replace(FULL, shutdown_voltage=12.0), 138)
    assert early == pytest.approx(minutes(AGM_55, FULL, 138) * 0.63, rel=0.01)


def test_larger_current_counts() -> None:
    """Of the measured and the calculated current the larger is the safe one."""
    low = State(charge=50, voltage=12.3, current=8.6)
    assert current(AGM_55, low, 114) == pytest.approx(114 / 0.88 / 12.3)
    assert current(AGM_55, replace(low, current=15), 114) == 15


def test_cold() -> None:
    """Colder is less, down to half; warmer than 25 °C is not more."""
    assert temperature_factor(None) == 1
    assert temperature_factor(40) == 1
    for celsius, part in ((0, 0.84), (5, 0.88), (10, 0.9), (15, 0.94), (20, 0.99)):
        assert temperature_factor(celsius) == part
    assert temperature_factor(25) == 1
    assert temperature_factor(2.5) == pytest.approx(0.86)
    assert temperature_factor(-10) == pytest.approx(0.72)
    assert temperature_factor(-40) == 0.5


@pytest.mark.parametrize(
    ("volts", "charge"),
    [(12.9, 100), (12.6, 75), (12.45, 62.5), (12.0, 25), (11.7, 0), (11.4, 0)],
)
def test_charge_of_voltage(volts: float, charge: float) -> None:
    """Rest voltage tells the charge, roughly."""
    assert charge_of_voltage(AGM_55, volts) == pytest.approx(charge)
    assert charge_of_voltage(
        Battery(capacity=55, nominal_voltage=24), volts * 2
    ) == pytest.approx(charge)


def test_rest_voltage() -> None:
    """A block rests between 11.7 V and 12.9 V."""
    assert rest_voltage(AGM_55, 50) == pytest.approx(12.3)
    pair = Battery(capacity=55, nominal_voltage=24)
    assert rest_voltage(pair, 100) == pytest.approx(25.8)


def test_unknown() -> None:
    """Without a load or with a senseless one there is no estimate."""
    assert estimate(AGM_55, NEW, FULL, 0) is None
    assert estimate(AGM_55, NEW, FULL, -5) is None
    assert estimate(AGM_55, NEW, FULL, math.inf) is None


def test_bounds_by_the_description() -> None:
    """Low and high are those of a battery as far off as a description may be."""
    worst = Battery(capacity=44, exponent=1.20, efficiency=0.85, own_consumption=12)
    best = Battery(capacity=60.5, exponent=1.10, efficiency=0.91)
    low, likely, high = (minutes(each, FULL, 138) for each in (worst, AGM_55, best))
    assert estimate(AGM_55, NEW, FULL, 138) == pytest.approx((likely, low, high))
    # Each 30 % of discharge halve the doubt; 10 % remain.
    for seen, doubt in ((30, 0.5), (60, 0.25), (10_000, 0)):
        told = estimate(AGM_55, Experience(seen=seen), FULL, 138)
        assert told == pytest.approx(
            (
                likely,
                doubt * low + (1 - doubt) * 0.9 * likely,
                doubt * high + (1 - doubt) * 1.1 * likely,
            )
        )


@given(
    capacity=st.floats(1, 2000),
    exponent=st.floats(1, 1.6),
    charge=st.floats(0, 100),
    power=st.floats(0.1, 20_000),
    more=st.floats(1, 5000),
)
def test_estimates_are_in_order(
    capacity: float, exponent: float, charge: float, power: float, more: float
) -> None:
    """Low is below high, nothing is negative, and a larger load never lasts longer."""
    battery = Battery(capacity=capacity, exponent=exponent)
    state = State(charge=charge)
    told = estimate(battery, NEW, state, power)
    larger = estimate(battery, NEW, state, power + more)
    assert told is not None
    assert larger is not None
    assert 0 <= told.low <= told.minutes <= told.high <= 6000
    assert larger.minutes <= told.minutes


@given(wanted=st.floats(5, 1000))
def test_sustainable_power_is_the_inverse(wanted: float) -> None:
    """The load that lasts so long lasts so long."""
    power = sustainable_power(AGM_55, NEW, FULL, wanted)
    assert power is not None
    assert minutes(AGM_55, FULL, power) == pytest.approx(wanted, rel=1e-6)


def test_nothing_lasts_on_an_empty_battery() -> None:
    """An empty battery carries nothing for any time."""
    power = sustainable_power(AGM_55, NEW, State(charge=0), 10)
    assert power is None or power == pytest.approx(0, abs=1e-6)


# --- learning ---------------------------------------------------------------------------

STEP = 2.0
ASKED_EVERY = 20.0
"""Seconds from one estimate to the next."""


class Told(NamedTuple):
    """What was told at a moment of a discharge, and how long it really went on."""

    charge: float
    estimate: Estimate | None
    true: float


def discharge(
    battery: Battery, experience: Experience, real: RealBattery, load: float
) -> tuple[list[Told], Experience]:
    """Run a simulated UPS empty; return what was told on the way, and the lesson."""
    now = [0.0]
    ups = SimulatedMust(battery=real, load=load, mains=False, clock=lambda: now[0])
    lesson = Discharge(battery)
    asked: list[tuple[float, float, Estimate | None]] = []
    while True:
        now[0] += STEP
        if not ups.on_battery:
            break
        sent = ups.registers()
        state = State(
            charge=sent[30017],
            voltage=sent[30014] / 10,
            current=(65536 - (sent[30015] & 0xFFFF)) / 10,
            shutdown_voltage=sent[31002] / 10,
        )
        amperes = current(battery, state, sent[30010])
        lesson.add(Sample(now[0], amperes, sent[30014] / 10, sent[30017]))
        if not asked or now[0] - asked[-1][0] >= ASKED_EVERY:
            told = estimate(battery, lesson.learn(experience), state, sent[30010])
            asked.append((now[0], state.charge, told))
    answers = [Told(charge, told, (now[0] - at) / 60) for at, charge, told in asked]
    return answers, lesson.learn(experience)


def minutes_of(told: Told) -> float:
    """Return the minutes of an estimate that has to be there."""
    assert told.estimate is not None
    return told.estimate.minutes


def midway(answers: list[Told]) -> list[Told]:
    """Return what was told after 12 % and before the last 10 %, where minutes are few."""
    return [told for told in answers if 10 < told.charge < 88]


LOADS = pytest.mark.parametrize(
    "loads", [(138, 138, 138), (300, 150, 450), (500, 250, 138)]
)


@pytest.mark.parametrize(
    ("capacity", "exponent", "age"),
    [(55, 1.17, 0), (52, 1.17, 0), (45, 1.17, 4), (57, 1.12, 0)],
)
@LOADS
def test_learns_from_discharges(
    capacity: float, exponent: float, age: float, loads: tuple[float, ...]
) -> None:
    """Within 25 % at the first discharge and within 10 % from the second on."""
    battery = Battery(capacity=55, age=age)
    experience = NEW
    for number, load in enumerate(loads):
        real = RealBattery(capacity=capacity, exponent=exponent)
        answers, experience = discharge(battery, experience, real, load)
        within = 0.10 if number else 0.25
        assert minutes_of(answers[0]) == pytest.approx(answers[0].true, rel=within)
    assert experience.discharges == len(loads)


@pytest.mark.parametrize(("capacity", "exponent"), [(47, 1.2), (60, 1.1)])
@LOADS
def test_wrong_description(
    capacity: float, exponent: float, loads: tuple[float, ...]
) -> None:
    """A battery other than described lies within the bounds, and is soon found out."""
    battery = Battery(capacity=55)
    real = RealBattery(capacity=capacity, exponent=exponent)
    answers, experience = discharge(battery, NEW, real, loads[0])
    assert answers[0].estimate is not None
    assert answers[0].estimate.low <= answers[0].true <= answers[0].estimate.high
    for told in midway(answers):
        assert minutes_of(told) == pytest.approx(told.true, rel=0.25)
    for load in loads[1:]:
        real = RealBattery(capacity=capacity, exponent=exponent)
        answers, experience = discharge(battery, experience, real, load)
        assert minutes_of(answers[0]) == pytest.approx(answers[0].true, rel=0.10)


@pytest.mark.parametrize("capacity", [7, 55, 200])
@LOADS
def test_battery_that_nobody_described(
    capacity: float, loads: tuple[float, ...]
) -> None:
    """Without a capacity nothing is told until a tenth of the battery was measured."""
    battery = Battery(capacity=SCALE, described=False)
    assert estimate(battery, NEW, FULL, 138) is None
    assert sustainable_power(battery, NEW, FULL, 30) is None
    experience = NEW
    for number, load in enumerate(loads):
        size = capacity / 55
        real = RealBattery(capacity=capacity, resistance=0.011 / size)
        answers, experience = discharge(battery, experience, real, load * size)
        if number:
            assert minutes_of(answers[0]) == pytest.approx(answers[0].true, rel=0.10)
        else:
            assert answers[0].estimate is None
            for told in midway(answers):
                assert minutes_of(told) == pytest.approx(told.true, rel=0.10)


def steadily(
    battery: Battery,
    capacity: float,
    percent: int,
    *,
    pause: float = 0,
    jump: float = 0,
    resistance: float = 1,
) -> Discharge:
    """Return a discharge by so many percent at the current that the rating is for.

    The battery holds some other capacity; for a moment nobody looked, or the charge
    that it tells went up.
    """
    amperes = battery.capacity / 20
    seconds = capacity / amperes * 36 / 20  # a twentieth of a percent
    sag = amperes * resistance * battery.typical_resistance
    lesson = Discharge(battery)
    for step in range(20 * (percent + 1) + 1):
        time = step * seconds + (pause if step > 50 else 0)
        charge = 100 - step // 20 + (jump if step == 50 else 0)
        volts = rest_voltage(battery, charge) - sag
        lesson.add(Sample(time, amperes, volts, charge))
    return lesson


@pytest.mark.parametrize(
    ("capacity", "percent", "learnt"),
    [
        (44, 20, 1 - 0.2 * 20 / 24),
        (44, 10, 1 - 0.2 * 10 / 14),
        (44, 9, 1),
        (55 * 0.21, 20, 1 - 0.79 * 20 / 24),
        (55 * 0.19, 20, 1),
        (55 * 0.21, 80, 0.3),
        (55 * 1.59, 20, 1.3),
        (55 * 1.61, 20, 1),
    ],
)
def test_lesson_by_hand(capacity: float, percent: int, learnt: float) -> None:
    """It weighs by its percent against four, within what is believed."""
    experience = steadily(AGM_55, capacity, percent).learn(NEW)
    assert experience.capacity == pytest.approx(learnt)
    assert experience.seen == (0 if learnt == 1 else percent)


def test_second_lesson() -> None:
    """What was learnt before weighs by its own percent."""
    first = steadily(AGM_55, 44, 20).learn(NEW)
    second = steadily(AGM_55, 44, 36).learn(first)
    assert second.capacity == pytest.approx(0.8 + (first.capacity - 0.8) * 24 / 60)
    assert (second.seen, second.discharges) == (56, 2)


@pytest.mark.parametrize(
    ("pause", "jump", "learns"),
    [(31, 0, True), (32, 0, False), (0, 2, True), (0, 3, False)],
)
def test_lesson_with_a_gap(pause: float, jump: float, learns: bool) -> None:
    """A minute between two samples and two percent up are borne, and no more."""
    learnt = steadily(AGM_55, 44, 20, pause=pause, jump=jump).learn(NEW)
    assert (learnt != NEW) is learns


@pytest.mark.parametrize(
    ("described", "resistance", "learnt"),
    [(True, 0.5, 0.5), (True, 2, 1), (False, 2, 2), (False, 9, 8), (False, 0.1, 0.2)],
)
def test_resistance_by_the_volts(
    described: bool, resistance: float, learnt: float
) -> None:
    """The volts show the most that it can be; without a description, they tell it."""
    battery = replace(AGM_55, described=described)
    experience = steadily(battery, 55, 20, resistance=resistance).learn(NEW)
    assert experience.resistance == pytest.approx(learnt)


def samples(*changes: tuple[float, float]) -> Discharge:
    """Return a discharge at 10 A of these times and charges."""
    lesson = Discharge(AGM_55)
    for time, charge in changes:
        lesson.add(Sample(time, 10, 12.2, charge))
    return lesson


def test_short_discharge_teaches_nothing() -> None:
    """A few percent say little."""
    assert samples((0, 100), (30, 95)).learn(NEW) == NEW
    assert Discharge(AGM_55).learn(NEW) == NEW


def test_no_current_teaches_nothing() -> None:
    """A battery that delivers nothing shows nothing."""
    lesson = Discharge(AGM_55)
    for step in range(21):
        lesson.add(Sample(step * 30, 0, 12.9, 100 - step))
    assert lesson.learn(NEW) == NEW


def test_gap_teaches_nothing() -> None:
    """What nobody saw is not learnt from, nor a charge that jumps up."""
    assert samples((0, 100), (600, 60)).learn(NEW) == NEW
    assert samples((0, 60), (30, 80), (60, 40)).learn(NEW) == NEW
    assert samples((0, 100), (0, 60)).learn(NEW) == NEW


def test_unbelievable_discharge_teaches_nothing() -> None:
    """A charge that collapses within a minute is not the battery's doing."""
    assert samples((0, 100), (30, 20)).learn(NEW) == NEW


def test_lesson_is_bounded_and_fades() -> None:
    """The capacity stays within bounds, and old experience gives way."""
    experience = NEW
    for _ in range(30):
        lesson = Discharge(AGM_55)
        for step in range(101):
            lesson.add(Sample(step * 30.0, 14, 12.2, 100 - step * 0.8))
        experience = lesson.learn(experience)
    assert 0.3 <= experience.capacity <= 1.3
    assert experience.seen == 200
    assert experience.discharges == 30


def test_resistance_from_a_step_of_the_load() -> None:
    """A step of the load shows the resistance."""
    lesson = Discharge(AGM_55)
    lesson.add(Sample(0, 10, 12.5, 90))
    lesson.add(Sample(2, 30, 12.5 - 20 * 2 * AGM_55.typical_resistance, 90))
    lesson.add(Sample(4, 31, 12.0, 90))
    lesson.add(Sample(6, 60, 12.6, 90))
    learnt = lesson.learn(NEW)
    assert learnt.resistance == pytest.approx(1.3)
    assert learnt.capacity == 1


@pytest.mark.parametrize(
    ("before", "step", "factor", "learnt"),
    [
        (5, 1.9, 2, 1),
        (5, 2, 2, 1.3),
        (5, -2, 2, 1.3),
        (20, 3.9, 2, 1),
        (20, 4.1, 2, 1.3),
        (5, 10, 7.9, 1 + 0.3 * 6.9),
        (5, 10, 8.1, 1),
        (5, 10, 0.21, 1 - 0.3 * 0.79),
        (5, 10, 0.19, 1),
    ],
)
def test_steps_that_show_a_resistance(
    before: float, step: float, factor: float, learnt: float
) -> None:
    """Large ones, by what can be a resistance; each weighs three tenths."""
    lesson = Discharge(AGM_55)
    lesson.add(Sample(0, before, 12.5, 90))
    ohms = factor * AGM_55.typical_resistance
    lesson.add(Sample(2, before + step, 12.5 - step * ohms, 90))
    assert lesson.learn(NEW).resistance == pytest.approx(learnt)


def test_smoothed() -> None:
    """The average follows within its time constant, a minute."""
    smoothed = Smoothed()
    assert smoothed.add(0, 100) == 100
    assert smoothed.add(60, 200) == pytest.approx(163.2, abs=0.1)
    assert smoothed.add(60, 500) == pytest.approx(163.2, abs=0.1)
