"""Windows against a search that tries everything."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
import math

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_steward.stewardship.price_series import (
    PriceSeries,
    Slot,
    Span,
)
from custom_components.power_steward.stewardship.windows import (
    Obstacle,
    Window,
    Wish,
    find,
)

START = datetime(2026, 1, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


def series(*prices: float, width: timedelta = HOUR) -> PriceSeries:
    """Return slots in a row."""
    return PriceSeries(
        Slot(START + i * width, START + (i + 1) * width, price)
        for i, price in enumerate(prices)
    )


def wish(hours: float, until: float, begin: float = 0, **more: object) -> Wish:
    """Return a wish in hours from the start."""
    return Wish(
        duration=hours * HOUR,
        earliest=START + begin * HOUR,
        latest=START + until * HOUR,
        **more,  # type: ignore[arg-type]
    )


def found(prices: PriceSeries, wanted: Wish) -> Window:
    """Return a window that must be there."""
    window = find(prices, wanted)
    assert isinstance(window, Window)
    return window


def hours(window: Window) -> list[tuple[float, float]]:
    """Return the runs in hours from the start."""
    return [
        ((run.start - START) / HOUR, (run.end - START) / HOUR) for run in window.runs
    ]


def test_a_window_may_begin_where_a_slot_does() -> None:
    """The example of the specification."""
    window = found(series(30, 10, 20, 40), wish(1.5, 4))
    assert hours(window) == [(1, 2.5)]
    assert window.price == pytest.approx(40 / 3, abs=1e-6)
    assert (window.start, window.end) == window.runs[0]


def test_a_window_may_end_where_a_slot_does() -> None:
    """The dear slot is avoided by ending before it."""
    assert hours(found(series(40, 20, 10, 30), wish(1.5, 4))) == [(1.5, 3)]


def test_dearest_and_earliest_of_equals() -> None:
    """The dearest is the cheapest of the opposite; ties go to the earliest."""
    prices = series(10, 40, 40, 10, 40, 40)
    assert hours(found(prices, wish(2, 6, dearest=True))) == [(1, 3)]
    assert hours(found(series(5, 5, 5, 5), wish(2, 4, 1))) == [(1, 3)]


def test_obstacles() -> None:
    """Nothing is found for a reason that is told."""
    prices = series(10, 20, 30)
    assert find(prices, wish(2, 1)) is Obstacle.TOO_SHORT
    assert find(prices, wish(0, 3)) is Obstacle.TOO_SHORT
    assert find(prices, wish(2, 4)) is Obstacle.DATA_MISSING
    assert find(prices, wish(1, 3, -1)) is Obstacle.DATA_MISSING
    assert find(PriceSeries(), wish(1, 3)) is Obstacle.DATA_MISSING
    gap = PriceSeries([prices[0], prices[2]])
    assert find(gap, wish(1, 3)) is Obstacle.DATA_MISSING
    assert find(prices, wish(2, 3, limit=14)) is Obstacle.LIMIT
    assert find(prices, wish(2, 3, limit=5, contiguous=False)) is Obstacle.LIMIT
    assert (
        find(prices, wish(2, 3, limit=5, contiguous=False, most_starts=1))
        is Obstacle.LIMIT
    )
    assert (
        find(prices, wish(1, 3, contiguous=False, shortest_run=4 * HOUR))
        is Obstacle.TOO_SHORT
    )
    assert hours(found(prices, wish(2, 3, limit=15))) == [(0, 2)]
    assert find(prices, wish(1, 3, limit=31, dearest=True)) is Obstacle.LIMIT


def test_split_takes_slots_by_price() -> None:
    """A slot in part keeps to a chosen neighbour."""
    prices = series(30, 10, 25, 5, 25)
    split = found(prices, wish(2, 5, contiguous=False))
    assert hours(split) == [(1, 2), (3, 4)]
    assert split.price == 7.5
    assert hours(found(prices, wish(2.5, 5, contiguous=False))) == [(1, 2), (2.5, 4)]
    after = found(series(5, 10, 30), wish(1.5, 3, contiguous=False))
    assert hours(after) == [(0, 1.5)]
    alone = found(series(30, 10, 30), wish(0.5, 3, contiguous=False))
    assert hours(alone) == [(1, 1.5)]


def test_split_below_a_limit_may_be_shorter() -> None:
    """Only slots at or below the limit are taken."""
    prices = series(30, 10, 25, 5, 25)
    assert hours(found(prices, wish(4, 5, contiguous=False, limit=10))) == [
        (1, 2),
        (3, 4),
    ]
    runs = found(prices, wish(4, 5, contiguous=False, limit=10, most_starts=1))
    assert hours(runs) == [(3, 4)]
    runs = found(prices, wish(3, 5, contiguous=False, limit=10, most_starts=2))
    assert hours(runs) == [(1, 2), (3, 4)]
    dear = found(prices, wish(4, 5, contiguous=False, limit=26, dearest=True))
    assert hours(dear) == [(0, 1)]


def test_split_in_few_or_long_runs() -> None:
    """Fewer starts and longer runs cost a little and save the machine."""
    prices = series(1, 9, 1, 9, 1, 9, 2, 2, 2)
    assert hours(found(prices, wish(3, 9, contiguous=False))) == [
        (0, 1),
        (2, 3),
        (4, 5),
    ]
    one = found(prices, wish(3, 9, contiguous=False, most_starts=1))
    assert hours(one) == [(6, 9)]
    two = found(prices, wish(3, 9, contiguous=False, most_starts=2))
    assert hours(two) == [(0, 1), (6, 8)]
    long = found(prices, wish(4, 9, contiguous=False, shortest_run=2 * HOUR))
    assert hours(long) == [(4, 8)]
    rounded_up = found(series(7), wish(0.5, 1, contiguous=False, most_starts=1))
    assert hours(rounded_up) == [(0, 1)]


def _brute(costs: list[int], wanted: int, run: int, starts: int) -> float:
    """Return the least cost of so many cells in runs, trying all."""
    best = math.inf
    for cells in combinations(range(len(costs)), wanted):
        runs = [[cells[0]]]
        for cell in cells[1:]:
            if cell == runs[-1][-1] + 1:
                runs[-1].append(cell)
            else:
                runs.append([cell])
        if len(runs) <= starts and all(len(found) >= run for found in runs):
            best = min(best, sum(costs[cell] for cell in cells))
    return best


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(-20, 60), min_size=3, max_size=11),
    st.integers(1, 6),
    st.integers(1, 3),
    st.one_of(st.none(), st.integers(1, 4)),
)
def test_split_in_runs_is_the_best_there_is(
    costs: list[int], wanted: int, run: int, starts: int | None
) -> None:
    """No other choice of whole slots costs less."""
    wanted = max(wanted, run)
    window = find(
        series(*costs, width=QUARTER),
        wish(
            wanted / 4,
            len(costs) / 4,
            contiguous=False,
            shortest_run=run * QUARTER,
            most_starts=starts,
        ),
    )
    if wanted > len(costs):
        assert window is Obstacle.TOO_SHORT
        return
    assert isinstance(window, Window)
    best = _brute(costs, wanted, run, starts or wanted)
    assert window.price * wanted == pytest.approx(best, abs=1e-4)
    assert all(span.length >= run * QUARTER for span in window.runs)
    assert starts is None or len(window.runs) <= starts
    assert sum((span.length for span in window.runs), timedelta()) == wanted * QUARTER


_PRICES = st.integers(-20, 60)
_MIXED = st.lists(
    st.tuples(_PRICES, st.sampled_from((1, 2, 4))), min_size=2, max_size=12
)
_ALIKE = st.sampled_from((1, 2, 4)).flatmap(
    lambda width: st.lists(st.tuples(_PRICES, st.just(width)), min_size=1, max_size=12)
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(_MIXED, _ALIKE),
    st.integers(1, 90),
    st.integers(0, 20),
    st.booleans(),
)
def test_contiguous_is_the_best_there_is(
    slots: list[tuple[int, int]], minutes: int, begin: int, dearest: bool
) -> None:
    """No start, minute by minute, is better."""
    made: list[Slot] = []
    at = START
    for price, quarters in slots:
        made.append(Slot(at, at + quarters * QUARTER, price))
        at = made[-1].end
    minute = timedelta(minutes=1)
    wanted = Wish(
        duration=minutes * minute,
        earliest=START + begin * minute,
        latest=at,
        dearest=dearest,
    )
    window = find(PriceSeries(made), wanted)
    total = round((at - START) / minute)
    if total - begin < minutes:
        assert window is Obstacle.TOO_SHORT
        return
    assert isinstance(window, Window)
    by_minute = [price for price, quarters in slots for _ in range(quarters * 15)]
    sums = [sum(by_minute[i : i + minutes]) for i in range(begin, total - minutes + 1)]
    best = max(sums) if dearest else min(sums)
    assert window.price * minutes == pytest.approx(best, abs=1e-3)
    assert window.start == START + (begin + sums.index(best)) * minute
    assert window.runs == (Span(window.start, window.start + minutes * minute),)
