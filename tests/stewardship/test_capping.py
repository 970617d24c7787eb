"""The capping policy: the predecessor's numbers, ours, and what never happens."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
import math
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_steward.stewardship.bounds import (
    WATT,
    Bounds,
    BoundsError,
    default_floor,
    round_half_away,
    short_term_cap,
    split,
)
from custom_components.power_steward.stewardship.cap_plan import (
    PlannedSlot,
    next_change,
    plan,
)
from custom_components.power_steward.stewardship.capping import (
    BatteryRules,
    Decision,
    ManualChange,
    Mode,
    Reason,
    Rules,
    Situation,
    State,
    WithoutData,
    decide,
    goal,
    is_dear,
    seed_limit,
)
from custom_components.power_steward.stewardship.market import Day, Market
from custom_components.power_steward.stewardship.price_series import PriceSeries, Slot
from custom_components.power_steward.stewardship.saved_power import SavedPower
from custom_components.power_steward.stewardship.shedding import Share, Supply

PARIS: Final = ZoneInfo("Europe/Paris")
MIDNIGHT: Final = datetime(2025, 10, 9, tzinfo=PARIS)
STEP: Final = 125_000
WIDE: Final = Bounds(10 * WATT, 50 * WATT, STEP)
QUARTER: Final = timedelta(minutes=15)

# Of a real day: time, MWh, EUR/MWh, how many slots were cheaper, then what is expected:
# the predecessor's source power and limits, its average mode as meant, our price modes.
DAY: Final = """
00:00  68.2  95.69 69 28275290 28275290 10000000 50000000 27820069 20947368
08:30  18.4 116.50 85  7628524 10000000 10000000 14037318 19819300 14210526
09:00  56.9 142.04 95 23590381 23590381 10000000 43408881 10000000 10000000
09:15  29.2 119.29 89 12106136 12106136 10000000 22276614 18746636 12526316
12:45  86.1  60.22 15 35696517 35696517 10708955 50000000 41457132 43684211
13:45  69.1  38.00  0 28648425 28648425 10000000 50000000 50000000 50000000
14:30  81.1  44.30  4 33623549 33623549 10087065 50000000 47577855 48315789
17:15 120.6  75.00 27 50000000 50000000 15000000 50000000 35774702 38631579
20:00 118.6 117.19 86 49170813 49170813 14751244 50000000 19554018 13789474
22:30  24.6  93.66 64 10199005 10199005 10000000 18767284 28600538 23052632
23:45  80.5  85.30 48 33374793 33374793 10012438 50000000 31814687 29789474
"""
ROWS: Final = [line.split() for line in DAY.strip().splitlines()]
SLOTS: Final = 96
LARGEST: Final = 120.6
TOTAL: Final = 6291.8


def start(text: str) -> datetime:
    """Return the moment of a local time of the day."""
    hours, minutes = text.split(":")
    return MIDNIGHT + timedelta(hours=int(hours), minutes=int(minutes))


def whole_day() -> list[Slot]:
    """Return a day with the known rows and whatever fits between them."""
    known = sorted((float(row[2]), int(row[3])) for row in ROWS)
    fillers = [
        low + (high - low) * (place + 1) / (rank_high - rank_low)
        for (low, rank_low), (high, rank_high) in pairwise(known)
        for place in range(rank_high - rank_low - 1)
    ]
    volume = (TOTAL - sum(float(row[1]) for row in ROWS)) / len(fillers)
    given_rows = {start(row[0]): (float(row[2]), float(row[1])) for row in ROWS}
    slots = []
    for index in range(SLOTS):
        at = MIDNIGHT + index * QUARTER
        price, amount = given_rows.get(at) or (fillers.pop(), volume)
        slots.append(Slot(at.astimezone(UTC), at + QUARTER, price, volume=amount))
    return slots


MARKET: Final = Market(PriceSeries(whole_day()), PARIS)


def asked(mode: Mode, row: list[str], bounds: Bounds = WIDE) -> int | None:
    """Return what a mode asks for in a row's slot."""
    slot = MARKET.series.at(start(row[0]) + timedelta(minutes=14))
    assert slot is not None
    return goal(Rules(mode=mode), bounds, slot, MARKET.day(slot))


def situation(clock: float = 1000.0, at: str = "00:00", **more: object) -> Situation:
    """Return a situation in the day of the rows."""
    return Situation(start(at), clock, **{"market": MARKET, **more})  # type: ignore[arg-type]


def run(
    rules: Rules, *situations: Situation, state: State | None = None
) -> list[Decision]:
    """Return the decisions in a row of situations."""
    decisions = []
    state = state or State()
    for each in situations:
        decision, state = decide(rules, WIDE, state, each)
        decisions.append(decision)
    return decisions


# The predecessor's numbers


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_worked_day(row: list[str]) -> None:
    """Every number of a worked day comes out to the microwatt."""
    volume = float(row[1])
    source, limit, small, average, linear, rank = map(int, row[4:])
    assert seed_limit(volume, LARGEST, 50 * WATT, 0) == source
    assert seed_limit(volume, LARGEST, 50 * WATT, 10 * WATT) == limit
    assert seed_limit(volume, LARGEST, 15 * WATT, 10 * WATT) == small
    assert asked(Mode.VOLUME_MAX, row) == limit
    assert asked(Mode.VOLUME_MAX, row, Bounds(10 * WATT, 15 * WATT, STEP)) == small
    assert asked(Mode.VOLUME_AVERAGE, row) == average
    assert asked(Mode.PRICE_LINEAR, row) == linear
    assert asked(Mode.PRICE_RANK, row) == rank


def test_worked_log_line() -> None:
    """The predecessor's own example; the hardware then stores whole steps of it."""
    assert seed_limit(85.2, 130.0, 50 * WATT, 10 * WATT) == 32_769_231
    assert WIDE.clamp(32_769_231) == 32_750_000


@pytest.mark.parametrize(
    ("volume", "expected"),
    [(66.3, 22_589_437), (65.3, 22_248_722), (91.8, 31_277_683)],
)
def test_worked_diagnostic_run(volume: float, expected: int) -> None:
    """The predecessor's diagnostic command truncates where its cycle rounds."""
    exact = volume / 117.4 * 40 * WATT
    assert math.floor(exact) == expected
    assert seed_limit(volume, 117.4, 40 * WATT, 0) == round_half_away(exact)


def test_worked_minimum_above_reference() -> None:
    """The predecessor goes above the reference here; bounds like these we do not accept."""
    assert round_half_away(81.1 / LARGEST * 6 * WATT) == 4_034_826
    assert seed_limit(81.1, LARGEST, 6 * WATT, 10 * WATT) == 10 * WATT
    assert seed_limit(LARGEST, LARGEST, 6 * WATT, 10 * WATT) == 10 * WATT
    assert seed_limit(None, LARGEST, 6 * WATT, 10 * WATT) == 6 * WATT
    with pytest.raises(BoundsError):
        Bounds(10 * WATT, 6 * WATT, STEP)


@pytest.mark.parametrize("missing", [None, 0.0])
def test_without_slot(missing: float | None) -> None:
    """Without a slot the predecessor sets its minimum, ours on request."""
    assert seed_limit(missing, LARGEST, 50 * WATT, 10 * WATT) == 10 * WATT
    assert seed_limit(10.0, 0.0, 50 * WATT, 10 * WATT) == 10 * WATT
    (decision,) = run(
        Rules(mode=Mode.VOLUME_MAX, without_data=WithoutData.FLOOR, ramp=1),
        situation(market=None),
    )
    assert decision == (10 * WATT, 10 * WATT, Reason.NO_DATA)


def test_last_quarter_of_the_day() -> None:
    """The slot before midnight is found until midnight, and not after it."""
    for minute in (0, 14):
        slot = MARKET.series.at(start("23:45") + timedelta(minutes=minute, seconds=59))
        assert slot is not None and slot.price == 85.30
    assert MARKET.series.at(MIDNIGHT + timedelta(days=1)) is None
    assert MARKET.series.at(MIDNIGHT - timedelta(microseconds=1)) is None


@pytest.mark.parametrize("mode", [Mode.PRICE_LINEAR, Mode.PRICE_RANK])
def test_flat_and_negative_days(mode: Mode) -> None:
    """A flat day restricts nothing; of a negative one the cheapest slot does not."""
    for prices, expected in (
        ([50.0] * 4, 50 * WATT),
        ([50.0], 50 * WATT),
        ([-30.0, -1.0, -5.0], 50 * WATT),
        ([-1.0, -30.0], 10 * WATT),
    ):
        slots = [
            Slot(MIDNIGHT + i * QUARTER, MIDNIGHT + (i + 1) * QUARTER, price)
            for i, price in enumerate(prices)
        ]
        market = Market(PriceSeries(slots), PARIS)
        assert goal(Rules(mode=mode), WIDE, slots[0], market.day(slots[0])) == expected


def test_price_threshold() -> None:
    """Up to the threshold there is no restriction, above it the floor."""
    for threshold, expected in ((95.69, 50), (95.68, 10), (None, None)):
        rules = Rules(mode=Mode.PRICE_THRESHOLD, threshold=threshold)
        slot = MARKET.series.at(MIDNIGHT)
        assert slot is not None
        dear = is_dear(rules, slot, None)
        result = goal(rules, WIDE, slot, MARKET.day(slot), dear)
        assert result == (None if expected is None else expected * WATT)
    # By itself there is no hysteresis, and no news without a price.
    rules = Rules(mode=Mode.PRICE_THRESHOLD, threshold=95.7)
    assert is_dear(rules, MARKET.series.at(MIDNIGHT), True) is False
    assert is_dear(rules, None, True) is True


def test_price_threshold_with_hysteresis() -> None:
    """Once above, a price has to fall below the threshold by more than a little."""
    rules = Rules(mode=Mode.PRICE_THRESHOLD, threshold=50.0, hysteresis=5.0, ramp=1)
    prices = (49.0, 50.1, 47.0, 45.1, 45.0, 49.9, 50.0, 50.1)
    expected = [50, 10, 10, 10, 50, 50, 50, 10]
    series = PriceSeries(
        Slot(MIDNIGHT + i * QUARTER, MIDNIGHT + (i + 1) * QUARTER, price)
        for i, price in enumerate(prices)
    )
    market = Market(series, PARIS)
    decisions = run(
        rules,
        *(
            Situation(slot.start, 1000.0 + 900 * number, market)
            for number, slot in enumerate(series)
        ),
    )
    assert [decision.target // WATT for decision in decisions] == expected
    planned = plan(rules, WIDE, market, MIDNIGHT)
    assert [slot.target // WATT for slot in planned] == expected
    # What was above the threshold before counts for the slots to come, too.
    later = plan(rules, WIDE, market, series[2].start, dear=True)
    assert [slot.target // WATT for slot in later] == expected[2:]
    # A gap is no news of the price.
    state = State(dear=True)
    _, state = decide(rules, WIDE, state, Situation(MIDNIGHT, 0.0))
    assert state.dear is True


@pytest.mark.parametrize("mode", [Mode.VOLUME_MAX, Mode.VOLUME_AVERAGE])
def test_slot_without_volume(mode: Mode) -> None:
    """A slot that lacks what the mode needs asks for nothing."""
    slot = Slot(MIDNIGHT, MIDNIGHT + QUARTER, 1.0)
    market = Market(PriceSeries([slot, *MARKET.series[1:]]), PARIS)
    assert goal(Rules(mode=mode), WIDE, slot, market.day(slot)) is None
    assert goal(Rules(mode=mode), WIDE, None, None) is None


def test_what_holds_unless_told() -> None:
    """The policy's own numbers are those of the documentation, in seconds."""
    rules = Rules()
    assert (rules.keep, rules.dwell, rules.manual_change) == (3600, 60, 3600)
    assert (rules.ramp, rules.hysteresis) == (0.25, 0)
    assert rules.battery == BatteryRules(runtime=1800, steps=4, every=30, settle=300)


# Bounds


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (18_000_000, 18_000_000),
        (32_769_231, 28_000_000),
        (12_345_678, 12_250_000),
        (9_990_000, 10_000_000),
        (0, 10_000_000),
        (-5, 10_000_000),
        (math.nan, 10_000_000),
        (math.inf, 28_000_000),
    ],
)
def test_clamp(target: float, expected: int) -> None:
    """Targets come down to a step, the floor goes up to one, nonsense is the floor."""
    assert Bounds(9_990_000, 28_000_000, STEP).clamp(target) == expected


def test_narrow_bounds() -> None:
    """The ceiling is kept as it is, off the steps too, and may be the floor."""
    assert Bounds(5 * WATT, 27_999_999, STEP).clamp(27_999_999) == 27_999_999
    assert Bounds(5 * WATT, 5 * WATT, STEP).range == 0


def test_floor() -> None:
    """The default floor follows the design power; nothing goes below three watts."""
    assert default_floor(28 * WATT, 15 * WATT) == 6 * WATT
    assert default_floor(28 * WATT, 0) == 11_200_000
    assert default_floor(28 * WATT, None) == 11_200_000
    assert default_floor(6 * WATT, 6 * WATT) == 5 * WATT
    assert default_floor(4 * WATT, None) == 4 * WATT
    assert Bounds(0, 28 * WATT, STEP).floor == 3 * WATT


def test_shares() -> None:
    """A total is divided in steps, and bursts follow the cap up to the original."""
    assert split(200 * WATT, 2, STEP) == [100 * WATT, 100 * WATT]
    assert split(100 * WATT, 3, STEP) == [33_500_000, 33_250_000, 33_250_000]
    assert short_term_cap(18 * WATT, 64 * WATT, STEP) == 22_500_000
    assert short_term_cap(18_050_000, 64 * WATT, STEP) == 22_500_000
    assert short_term_cap(60 * WATT, 64 * WATT, STEP) == 64 * WATT


# Ramp and dwell


def test_ramp() -> None:
    """Down by a quarter of the room a minute, up at once."""
    rules = Rules(mode=Mode.PRICE_LINEAR)
    decisions = run(
        rules,
        situation(1000, "09:00"),
        situation(1030, "09:00"),
        situation(1060, "09:00"),
        situation(9999, "09:00"),
        situation(10099, "13:45"),
    )
    assert [decision.target // WATT for decision in decisions] == [40, 40, 30, 20, 50]
    assert {decision.reason for decision in decisions} == {Reason.PRICE_LINEAR}
    assert decisions[0].goal == 10 * WATT


def test_dwell_and_small_changes() -> None:
    """A change waits for its time, and one below half a watt for ever."""
    rules = Rules(mode=Mode.MANUAL, manual=30 * WATT, ramp=1)
    _, state = decide(rules, WIDE, State(), situation(1000))
    assert state.target == 30 * WATT
    for manual, clock, expected in (
        (40 * WATT, 1059, 30 * WATT),
        (30_375_000, 2000, 30 * WATT),
        (40 * WATT, 1060, 40 * WATT),
    ):
        decision, _ = decide(
            replace(rules, manual=manual), WIDE, state, situation(clock)
        )
        assert decision.target == expected


def test_high_load_pauses_the_fall() -> None:
    """A host with too much to do keeps its cap; up, and on battery, it goes on."""
    rules = replace(BATTERY, mode=Mode.PRICE_LINEAR, ramp=1)
    decisions = run(
        rules,
        situation(1000, "13:45"),
        situation(1060, "09:00", busy=True),
        situation(1120, "09:00", busy=True),
        situation(1180, "09:00"),
        situation(1240, "13:45", busy=True),
        situation(1300, "13:45", busy=True, on_battery=True),
    )
    assert [(decision.target // WATT, decision.reason) for decision in decisions] == [
        (50, Reason.PRICE_LINEAR),
        (50, Reason.HIGH_LOAD),
        (50, Reason.HIGH_LOAD),
        (10, Reason.PRICE_LINEAR),
        (50, Reason.PRICE_LINEAR),
        (40, Reason.ON_BATTERY),
    ]
    assert decisions[1].goal == 10 * WATT


def test_off_restores_at_once() -> None:
    """Mode off is the original, whatever was before."""
    state = State(
        target=20 * WATT, changed=1000, manual_change=ManualChange(20 * WATT, 1001)
    )
    decision, _ = decide(Rules(), WIDE, state, situation(1000, on_battery=True))
    assert decision.reason is Reason.MANUAL_CHANGE
    decision, state = decide(Rules(), WIDE, state, situation(1001, on_battery=True))
    assert decision == (50 * WATT, 50 * WATT, Reason.OFF)
    assert state.manual_change is None and state.on_battery is None


# Missing data


def test_without_data() -> None:
    """The last goal stays for an hour, then the cap is lifted."""
    rules = Rules(mode=Mode.PRICE_LINEAR, ramp=1)
    decisions = run(
        rules,
        situation(1000, "09:00"),
        situation(4599, "09:00", market=None),
        situation(4600, "09:00", market=None),
        situation(4601, "09:00", market=None),
    )
    assert [(decision.target // WATT, decision.reason) for decision in decisions] == [
        (10, Reason.PRICE_LINEAR),
        (10, Reason.LAST_KNOWN),
        (50, Reason.NO_DATA),
        (50, Reason.NO_DATA),
    ]
    assert run(rules, situation(market=None)) == [
        (50 * WATT, 50 * WATT, Reason.NO_DATA)
    ]


def test_wall_clock_jumps() -> None:
    """A jump of the wall clock changes the slot and nothing else."""
    rules = Rules(mode=Mode.PRICE_LINEAR, ramp=1)
    decisions = run(
        rules, situation(1000, "13:45"), situation(1060, "09:00"), situation(1061)
    )
    assert [decision.target // WATT for decision in decisions] == [50, 10, 10]


# On battery

BATTERY: Final = Rules(
    mode=Mode.MANUAL, battery=BatteryRules(runtime=600, every=30, settle=300)
)


def test_steps_without_runtime() -> None:
    """Nobody knows how long it lasts: a step at once and one every half minute."""
    decisions = run(
        BATTERY,
        situation(1000),
        situation(1001, on_battery=True),
        situation(1002, on_battery=True),
        situation(1031, on_battery=True),
        situation(1061, on_battery=True),
        situation(1091, on_battery=True),
        situation(1121, on_battery=True),
    )
    targets = [decision.target // WATT for decision in decisions]
    assert targets == [50, 40, 40, 30, 20, 10, 10]
    assert decisions[0].reason is Reason.MANUAL
    assert {decision.reason for decision in decisions[1:]} == {Reason.ON_BATTERY}


def test_steps_as_needed() -> None:
    """Only what the battery needs to last: nothing, a step, or as much as is short."""
    for remaining, expected in ((600, 50), (599, 40), (300, 25), (1, 10)):
        (decision,) = run(BATTERY, situation(on_battery=True, remaining=remaining))
        assert decision.target == expected * WATT
    decisions = run(
        BATTERY,
        situation(1000, on_battery=True, remaining=100),
        situation(1600, on_battery=True, remaining=1),
    )
    assert decisions[0].target == decisions[1].target


@pytest.mark.parametrize(
    ("remaining", "lost", "expected"),
    [
        (800, 0, 50),  # lasts anyway
        (600, 0, 40),  # lasts if the package draws no more than now
        (540, 0, 20),  # 600 s at 180 W: 20 of the package's 40 W have to go
        (500, 0, 10),  # 33 of them would have to go: the floor
        (300, 300, 40),  # half of the time is over, and the battery lasts the other
        (300, 700, 50),  # it has lasted as long as it had to
    ],
)
def test_share_of_a_battery(remaining: float, lost: float, expected: float) -> None:
    """A cap whose effect on the battery is known is right at once."""
    supply = Supply(load=200.0, remaining=remaining, lost=lost)
    (decision,) = run(
        BATTERY,
        situation(
            on_battery=True,
            remaining=remaining,
            supply=supply,
            share=Share(supply=supply, power=40.0, floor=10.0),
        ),
    )
    assert decision.target == expected * WATT


@pytest.mark.parametrize(
    ("begun", "until", "runtime", "hours"),
    [
        ("2026-01-15T18:00", time(22), 30, 4),
        ("2026-01-15T21:50", time(22), 30, 0.5),  # the minutes are longer
        ("2026-01-15T22:00", time(22), 30, 24),  # the next one is tomorrow's
        ("2026-01-15T23:00", time(7), 30, 8),
        ("2026-03-28T23:00", time(7), 30, 7),  # clocks go forward in this night
        ("2026-10-24T23:00", time(7), 30, 9),  # and back in this
    ],
)
@pytest.mark.parametrize("passed", [0, 600])
def test_until_a_time(
    begun: str, until: time, runtime: int, hours: float, passed: int
) -> None:
    """The battery has to last until the first such time after the loss of mains."""
    lost = datetime.fromisoformat(begun).replace(tzinfo=PARIS).astimezone(UTC)
    rules = BatteryRules(runtime=runtime * 60, until=until.replace(tzinfo=PARIS))
    now = lost + timedelta(seconds=passed)
    assert rules.missing(now, passed) == hours * 3600 - passed


def test_time_that_has_come() -> None:
    """The time of the day of the loss counts, not that of the next day."""
    rules = BatteryRules(runtime=60, until=time(22, tzinfo=PARIS))
    lost = datetime(2026, 1, 15, 21, 50, tzinfo=PARIS).astimezone(UTC)
    assert rules.missing(lost + timedelta(minutes=11), 11 * 60) == -60


def test_cap_until_a_time() -> None:
    """540 s at 200 W are 600 s, from 00:00 to 00:10, at 180 W: 20 of 40 W have to go."""
    supply = Supply(load=200.0, remaining=540.0)
    rules = Rules(
        mode=Mode.MANUAL,
        battery=BatteryRules(runtime=60, until=time(0, 10, tzinfo=PARIS)),
    )
    (decision,) = run(
        rules,
        situation(
            on_battery=True,
            supply=supply,
            share=Share(supply=supply, power=40.0, floor=10.0),
        ),
    )
    assert decision.target == 20 * WATT


def test_share_of_which_nothing_follows() -> None:
    """Without a remaining time the steps are those without any knowledge."""
    supply = Supply(load=200.0)
    share = Share(supply=supply, power=40.0, floor=10.0)
    (decision,) = run(BATTERY, situation(on_battery=True, supply=supply, share=share))
    assert decision.target == 40 * WATT


def test_mains_back() -> None:
    """The cap is lifted once mains has been back for long enough in one go."""
    decisions = run(
        BATTERY,
        situation(1000, on_battery=True),
        situation(1010, on_battery=False),
        situation(1300, on_battery=False),
        situation(1305, on_battery=True),
        situation(1306, on_battery=False),
        situation(1605, on_battery=False),
        situation(1606, on_battery=False),
    )
    assert [(decision.target // WATT, decision.reason) for decision in decisions] == [
        (40, Reason.ON_BATTERY),
        (40, Reason.MAINS_SETTLING),
        (40, Reason.MAINS_SETTLING),
        (30, Reason.ON_BATTERY),
        (30, Reason.MAINS_SETTLING),
        (30, Reason.MAINS_SETTLING),
        (50, Reason.MANUAL),
    ]


def test_battery_unknown() -> None:
    """A sensor lost during an outage holds the cap, for a time; before, it is no news."""
    decisions = run(
        BATTERY,
        situation(1000, on_battery=None),
        situation(1001, on_battery=True),
        situation(1100, on_battery=None),
        situation(4699, on_battery=None),
        situation(4700, on_battery=None),
    )
    assert [(decision.target // WATT, decision.reason) for decision in decisions] == [
        (50, Reason.MANUAL),
        (40, Reason.ON_BATTERY),
        (40, Reason.BATTERY_UNKNOWN),
        (40, Reason.BATTERY_UNKNOWN),
        (50, Reason.MANUAL),
    ]


def test_battery_unknown_now_and_then() -> None:
    """Each word of the sensor ends what was unknown before it."""
    decisions = run(
        BATTERY,
        situation(1001, on_battery=True),
        situation(1010, on_battery=None),
        situation(1020, on_battery=True),
        situation(1030, on_battery=None),
        situation(1040, on_battery=False),
        situation(1050, on_battery=None),
        situation(4649, on_battery=None),
        situation(4650, on_battery=None),
    )
    assert [(decision.target // WATT, decision.reason) for decision in decisions] == [
        (40, Reason.ON_BATTERY),
        (40, Reason.BATTERY_UNKNOWN),
        (40, Reason.ON_BATTERY),
        (40, Reason.BATTERY_UNKNOWN),
        (40, Reason.MAINS_SETTLING),
        (40, Reason.BATTERY_UNKNOWN),
        (40, Reason.BATTERY_UNKNOWN),
        (50, Reason.MANUAL),
    ]


def test_battery_steps_down_from_where_prices_led() -> None:
    """The first step that the battery needs begins at the cap of now."""
    decisions = run(
        replace(BATTERY, mode=Mode.PRICE_LINEAR, ramp=1),
        situation(1000, "13:45", on_battery=True, remaining=9999),
        situation(1060, "12:45", on_battery=True, remaining=9999),
        situation(1120, "12:45", on_battery=True),
    )
    assert [decision.target for decision in decisions] == [
        50 * WATT,
        41_375_000,
        31_375_000,
    ]


def test_battery_beside_a_ramp() -> None:
    """On the way down by price, the battery takes over where it asks for more."""
    rules = replace(BATTERY, mode=Mode.PRICE_LINEAR)
    decisions = run(
        rules,
        situation(1000, "09:00"),
        situation(1001, "09:00", on_battery=True),
        situation(1061, "09:00", on_battery=True, remaining=600),
    )
    assert [(decision.target // WATT, decision.reason) for decision in decisions] == [
        (40, Reason.PRICE_LINEAR),
        (30, Reason.ON_BATTERY),
        (20, Reason.PRICE_LINEAR),
    ]


def test_manual_change_wins_for_a_time() -> None:
    """A user's cap comes at once, before price and battery, and ends by itself."""
    state = State(
        target=50 * WATT, changed=999, manual_change=ManualChange(20 * WATT, 2000)
    )
    decisions = run(
        replace(BATTERY, mode=Mode.PRICE_LINEAR),
        situation(1000, on_battery=True),
        situation(1999, "13:45"),
        situation(2000, "13:45"),
        state=state,
    )
    assert [(decision.target // WATT, decision.reason) for decision in decisions] == [
        (20, Reason.MANUAL_CHANGE),
        (20, Reason.MANUAL_CHANGE),
        (40, Reason.MAINS_SETTLING),
    ]


# Plans


def test_plan() -> None:
    """The plan gives a target for each slot to come, and when it changes."""
    rules = Rules(mode=Mode.PRICE_THRESHOLD, threshold=90.0)
    now = start("22:30") + timedelta(minutes=1)
    planned = plan(rules, WIDE, MARKET, now)
    assert len(planned) == 6
    assert planned[0].target == 10 * WATT
    assert planned[-1].target == 50 * WATT
    changes = [slot.start for slot in planned if slot.target != planned[0].target]
    assert next_change(planned, now) == changes[0]
    assert next_change(planned[-1:], planned[-1].start) is None
    assert plan(rules, WIDE, None, now) == []
    assert plan(Rules(mode=Mode.PRICE_THRESHOLD), WIDE, MARKET, now) == []


@pytest.mark.parametrize(
    ("now", "change"), [("00:00", "00:30"), ("00:44", "01:00"), ("00:30", "01:00")]
)
def test_next_change(now: str, change: str) -> None:
    """The first slot of another target; those between are no change."""
    planned = [
        PlannedSlot(begin, begin + QUARTER, target * WATT, Reason.MANUAL)
        for target, begin in zip(
            (10, 10, 50, 50, 10),
            (MIDNIGHT + index * QUARTER for index in range(5)),
            strict=True,
        )
    ]
    to_come = [slot for slot in planned if slot.end > start(now)]
    assert next_change(to_come, start(now)) == start(change)


def test_day_of_which_little_is_known() -> None:
    """Volumes that are not told are left out of the mean, none at all is none."""
    slots = [
        Slot(MIDNIGHT + i * QUARTER, MIDNIGHT + (i + 1) * QUARTER, 10.0 - i, volume=v)
        for i, v in enumerate((None, 30.0, 60.0))
    ]
    assert Day.of(slots) == ((8.0, 9.0, 10.0), 60.0, 45.0)
    assert Day.of(slots[:1]) == ((10.0,), 0.0, 0.0)


def test_saved_power() -> None:
    """Nothing is claimed but the demand seen before the cap bit."""
    saved = SavedPower()
    assert saved.watts(None, None, 50 * WATT) is None
    assert saved.watts(20.0, 20 * WATT, 50 * WATT) is None
    for _ in range(50):
        assert saved.watts(45.0, 50 * WATT, 50 * WATT) == 0
    assert saved.watts(20.0, 20 * WATT, 50 * WATT) == pytest.approx(25)
    assert saved.watts(10.0, 20 * WATT, 50 * WATT) == 0


def test_saved_power_follows_the_demand_slowly() -> None:
    """A reading counts for a fifth, unless the cap holds it down."""
    saved = SavedPower()
    for power in (45.0, 35.0):
        assert saved.watts(power, None, 50 * WATT) == 0
    assert saved.watts(19.0, 20 * WATT, 50 * WATT) == pytest.approx(43 - 19)
    assert saved.watts(20.0, 20 * WATT, 50 * WATT) == pytest.approx(43 - 20)
    # no more than the original allows
    assert saved.watts(20.0, 20 * WATT, 30 * WATT) == pytest.approx(10)


def test_saved_power_without_a_cap_that_bites() -> None:
    """Where the original holds the power down, or demand has grown, nothing is saved."""
    saved = SavedPower()
    assert saved.watts(50.0, 50 * WATT, 50 * WATT) == 0
    saved = SavedPower()
    assert saved.watts(15.0, None, 50 * WATT) == 0
    assert saved.watts(20.0, 20 * WATT, 50 * WATT) == 0


# Always


@given(
    mode=st.sampled_from(Mode),
    manual=st.none() | st.integers(-(10**9), 10**10),
    steps=st.lists(
        st.tuples(
            st.floats(0, 4000),
            st.integers(0, SLOTS - 1),
            st.booleans(),
            st.none() | st.booleans(),
            st.none() | st.floats(0, 5000),
        ),
        min_size=1,
        max_size=20,
    ),
    floor=st.integers(0, 50 * WATT),
    ceiling=st.integers(51, 400),
)
@settings(max_examples=200, deadline=None)
def test_never_out_of_bounds(
    mode: Mode,
    manual: int | None,
    steps: list[tuple[float, int, bool, bool | None, float | None]],
    floor: int,
    ceiling: int,
) -> None:
    """Whatever happens, the target is between floor and ceiling, and a step."""
    bounds = Bounds(floor, ceiling * WATT, STEP)
    rules = Rules(mode=mode, manual=manual, threshold=80.0)
    state, clock = State(), 0.0
    for elapsed, slot, known, on_battery, remaining in steps:
        clock += elapsed
        at = MIDNIGHT + slot * QUARTER
        market = MARKET if known else None
        decision, state = decide(
            rules, bounds, state, Situation(at, clock, market, on_battery, remaining)
        )
        assert bounds.floor <= decision.target <= bounds.ceiling
        assert decision.target % STEP == 0
