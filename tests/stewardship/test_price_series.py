"""Series of prices: edges, clock changes, merging, resampling, statistics."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.power_steward.stewardship.price_series import (
    WIDTHS,
    Overlap,
    PriceSeries,
    Slot,
    Span,
    local_day,
    rank,
    slots_in,
    statistics,
)

PARIS = ZoneInfo("Europe/Paris")
HELSINKI = ZoneInfo("Europe/Helsinki")
QUARTER, HALF, HOUR = WIDTHS
START = datetime(2026, 1, 15, tzinfo=UTC)


def series(
    *prices: float | None,
    start: datetime = START,
    width: timedelta = QUARTER,
    source: str = "a",
) -> PriceSeries:
    """Return slots of one width in a row; ``None`` leaves one out."""
    return PriceSeries(
        Slot(start + i * width, start + (i + 1) * width, price, source)
        for i, price in enumerate(prices)
        if price is not None
    )


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 1, 15), PARIS, 24),
        (date(2025, 3, 30), PARIS, 23),
        (date(2025, 10, 26), PARIS, 25),
        (date(2026, 3, 29), HELSINKI, 23),
        (date(2026, 10, 25), HELSINKI, 25),
    ],
)
def test_days_have_as_many_slots_as_the_clock_gives(
    day: date, zone: ZoneInfo, hours: int
) -> None:
    """A day of a clock change is an hour shorter or longer."""
    span = local_day(day, zone)
    assert [slots_in(span, width) for width in (HOUR, HALF, QUARTER)] == [
        hours,
        2 * hours,
        4 * hours,
    ]


def test_clock_change_days_begin_and_end_in_utc() -> None:
    """The two days that the specification names."""
    assert local_day(date(2025, 3, 30), PARIS) == (
        datetime(2025, 3, 29, 23, tzinfo=UTC),
        datetime(2025, 3, 30, 22, tzinfo=UTC),
    )
    assert local_day(date(2025, 10, 26), PARIS) == (
        datetime(2025, 10, 25, 22, tzinfo=UTC),
        datetime(2025, 10, 26, 23, tzinfo=UTC),
    )


def test_look_up_is_exact_at_the_edges() -> None:
    """A slot holds from its start until just before its end."""
    prices = series(1, 2, None, 4)
    assert prices.at(START - timedelta(microseconds=1)) is None
    assert prices.at(START).price == 1  # type: ignore[union-attr]
    last = START + QUARTER - timedelta(microseconds=1)
    assert prices.at(last).price == 1  # type: ignore[union-attr]
    assert prices.at(START + QUARTER).price == 2  # type: ignore[union-attr]
    assert prices.at(START + 2 * QUARTER) is None
    assert prices.at(START + 4 * QUARTER) is None
    assert prices.after(START + QUARTER).price == 4  # type: ignore[union-attr]
    assert prices.after(START + 3 * QUARTER) is None


def test_the_last_quarter_of_a_day_is_found() -> None:
    """23:45 to 24:00 is a slot like any other."""
    day = local_day(date(2025, 10, 9), PARIS)
    prices = series(*range(96), start=day.start)
    local = datetime(2025, 10, 9, 23, 45, tzinfo=PARIS)
    for late in (local, local.replace(minute=59, second=59)):
        assert prices.at(late).price == 95  # type: ignore[union-attr]


def test_the_repeated_hour_is_two_hours() -> None:
    """02:30 comes twice on the day that the clocks go back."""
    day = local_day(date(2025, 10, 26), PARIS)
    prices = series(*range(100), start=day.start)
    first, second = (datetime(2025, 10, 26, h, 30, tzinfo=UTC) for h in (0, 1))
    assert first.astimezone(PARIS).time() == second.astimezone(PARIS).time()
    assert prices.at(first).price == 10  # type: ignore[union-attr]
    assert prices.at(second).price == 14  # type: ignore[union-attr]
    assert prices.covers(day)


def test_two_prices_for_one_moment_are_refused() -> None:
    """The same slot twice is harmless, another price for it is not."""
    slot = Slot(START, START + HOUR, 1)
    later = Slot(START + HOUR, START + 2 * HOUR, 2)
    assert list(PriceSeries([slot, slot, later])) == [slot, later]
    with pytest.raises(Overlap):
        PriceSeries([slot, Slot(START, START + HOUR, 2)])
    with pytest.raises(Overlap):
        PriceSeries([slot, Slot(START + HALF, START + HOUR + HALF, 1)])


def test_merging_keeps_what_is_known() -> None:
    """A series over another fills from it only what itself does not say."""
    quarters = series(1, None, 3, source="fine")
    hour = series(9, width=HOUR, source="coarse")
    merged = quarters.over(hour)
    assert [(slot.price, slot.source) for slot in merged] == [
        (1, "fine"),
        (9, "coarse"),
        (3, "fine"),
        (9, "coarse"),
    ]
    assert all(slot.width == QUARTER for slot in merged)
    assert hour.over(quarters) == hour
    assert quarters.over(PriceSeries()) is quarters
    assert PriceSeries().over(quarters) is quarters


def test_cutting_shares_the_volume() -> None:
    """Energy is in proportion to time; a price is not."""
    slot = Slot(START, START + HOUR, 5, "x", 8)
    cut = PriceSeries([slot]).within(Span(START + QUARTER, START + HALF))
    assert list(cut) == [Slot(START + QUARTER, START + HALF, 5, "x", 2)]


def test_what_lies_in_a_span() -> None:
    """Slots before and after it are left out."""
    quarters = series(1, 2, 3)
    assert quarters.within(Span(START, START + HALF)) == series(1, 2)
    middle = quarters.within(Span(START + QUARTER, START + HALF))
    assert middle == series(2, start=START + QUARTER)
    assert quarters.within(Span(START - HOUR, START + HOUR)) == quarters


def test_resampling_is_by_the_clock() -> None:
    """Means on full hours; a part of an hour says nothing of the hour."""
    prices = series(1, 2, 3, 4, 5, 6, 7, 8, start=START + QUARTER)
    assert [(slot.start, slot.price) for slot in prices.resampled(HOUR)] == [
        (START + HOUR, 5.5)
    ]
    hours = series(1, 2, width=HOUR)
    assert [slot.price for slot in hours.resampled(QUARTER)] == [1] * 4 + [2] * 4
    assert hours.resampled(QUARTER).resampled(HOUR) == hours
    mixed = series(1, width=HOUR).over(series(9, 9, 9, 9, 2, 4, 6, 8))
    assert [slot.price for slot in mixed.resampled(HOUR)] == [1, 5]
    assert len(series(1, None, 3, 4).resampled(HOUR)) == 0
    # Of equal prices, no mean is taken: by rounding it would be another one.
    assert [slot.price for slot in series(*[-392.932] * 4).resampled(HOUR)] == [
        -392.932
    ]
    volumes = PriceSeries(
        Slot(START + i * QUARTER, START + (i + 1) * QUARTER, 1, "", 2) for i in range(4)
    )
    assert volumes.resampled(HOUR)[0].volume == 8


def test_completeness() -> None:
    """A day is complete when there is a price for every moment."""
    prices = series(1, None, 3)
    span = Span(START, START + HOUR)
    assert prices.missing(span) == HALF
    assert not prices.covers(span)
    assert prices.covers(Span(START, START + QUARTER))
    assert not PriceSeries().covers(span)
    assert PriceSeries().missing(span) == HOUR


def test_statistics() -> None:
    """Lowest and highest are slots; the earliest of equals counts."""
    prices = series(3, 1, 1, 8, 8)
    result = statistics(prices)
    assert result is not None
    assert result.lowest is prices[1]
    assert result.highest is prices[3]
    assert result.average == pytest.approx(4.2)
    assert result.median == 3
    assert result.quantile(8) == 1
    assert result.quantile(1) == 0
    assert rank(prices, 1) == 0
    assert rank(prices, 3) == 2
    assert statistics(PriceSeries()) is None


def test_statistics_of_a_flat_day() -> None:
    """Nothing is divided by zero."""
    result = statistics(series(5, 5, 5))
    assert result is not None
    assert result.quantile(5) == 0


def test_statistics_weigh_by_time() -> None:
    """An hour counts as much as its four quarters."""
    mixed = series(0, width=HOUR).over(series(9, 9, 9, 9, 8))
    result = statistics(mixed)
    assert result is not None
    assert result.average == pytest.approx(8 / 5)
    assert result.median == 0


def test_a_series_is_a_value() -> None:
    """It compares by its slots and shows them."""
    assert series(1, 2) == series(1, 2)
    assert series(1, 2) != series(1, 3)
    assert hash(series(1)) == hash(series(1))
    assert repr(series(1)) == f"PriceSeries([{series(1)[0]!r}])"
    assert series(1, None, 2).has_one_width is True
    assert series(1).over(series(2, 2, width=HOUR)).has_one_width is False
    assert [slot.source for slot in series(1).with_source("b")] == ["b"]
    assert len(series(1, 2, 3)[1:]) == 2


_KNOWN = st.lists(st.one_of(st.none(), st.integers(-50, 400)), max_size=24)


@given(_KNOWN, _KNOWN, st.sampled_from(WIDTHS), st.sampled_from(WIDTHS))
def test_merging_is_right_at_every_moment(
    a: list[int | None], b: list[int | None], width_a: timedelta, width_b: timedelta
) -> None:
    """Whatever is merged: at each moment the first series that knows is heard."""
    first, second = series(*a, width=width_a), series(*b, width=width_b, source="b")
    merged = first.over(second)
    assert all(x.end <= y.start for x, y in pairwise(merged))
    for step in range(24 * 4 + 1):
        moment = START + step * QUARTER
        slot = merged.at(moment)
        wanted = first.at(moment) or second.at(moment)
        assert (slot and slot.price) == (wanted and wanted.price)
