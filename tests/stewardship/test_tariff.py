"""From the market's price to the total: formula, calendar of grid fees, clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_steward.stewardship.price_series import PriceSeries, Slot
from custom_components.power_steward.stewardship.tariff import GridFee, Holidays, Tariff

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 1, 15, 12, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("market", "total"),
    [(0.10, 0.264537), (0.0, 0.141967), (-0.05, 0.080682), (0.12345, 0.29328)],
)
def test_the_chain(market: float, total: float) -> None:
    """Factor, surcharge and tax, in this order, signed, to the millionth."""
    tariff = Tariff(factor=1.03, surcharge=0.1193, vat=0.19)
    assert tariff.total(market, NOON) == total


def test_the_grid_fee_comes_on_top() -> None:
    """It is taxed already."""
    tariff = Tariff(factor=1, surcharge=0.02, vat=0.2, grid_fee=0.07)
    assert tariff.total(0.1, NOON) == pytest.approx(0.214)
    assert not tariff.is_plain


def test_a_plain_tariff_changes_nothing() -> None:
    """Without any fee the total is the market's price."""
    market = PriceSeries([Slot(NOON, NOON + timedelta(hours=1), 71.4)])
    assert Tariff().is_plain
    assert Tariff(holidays=Holidays(yearly=frozenset({(1, 1)}))).is_plain
    assert Tariff().applied(market, BERLIN) is market


_NIGHT = GridFee(fee=1, start=time(22), end=time(6))
_WINTER = GridFee(
    fee=2,
    weekdays=frozenset(range(5)),
    months=frozenset({11, 12, 1, 2, 3}),
    start=time(17),
    end=time(20),
    holidays=False,
)
_HOLIDAY = GridFee(fee=3, holidays=True)


@pytest.mark.parametrize(
    ("local", "fee"),
    [
        (datetime(2026, 1, 15, 22, tzinfo=BERLIN), 1),
        (datetime(2026, 1, 15, 5, 59, tzinfo=BERLIN), 1),
        (datetime(2026, 1, 15, 6, tzinfo=BERLIN), 9),
        (datetime(2026, 1, 15, 17, tzinfo=BERLIN), 2),
        (datetime(2026, 1, 15, 20, tzinfo=BERLIN), 9),
        (datetime(2026, 1, 17, 18, tzinfo=BERLIN), 9),  # a Saturday
        (datetime(2026, 7, 15, 18, tzinfo=BERLIN), 9),
        (datetime(2026, 12, 25, 18, tzinfo=BERLIN), 3),  # a Friday
        (datetime(2026, 4, 6, 12, tzinfo=BERLIN), 3),
    ],
)
def test_grid_fees_by_the_calendar(local: datetime, fee: float) -> None:
    """The first that holds counts, else the common one."""
    tariff = Tariff(
        grid_fee=9,
        grid_fees=(_NIGHT, _WINTER, _HOLIDAY),
        holidays=Holidays(
            yearly=frozenset({(12, 25)}), once=frozenset({date(2026, 4, 6)})
        ),
    )
    assert tariff.fee_at(local) == fee


def test_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    """A Friday night's fee goes on into Saturday, not into Friday."""
    friday = GridFee(fee=5, weekdays=frozenset({4}), start=time(22), end=time(6))
    tariff = Tariff(grid_fees=(friday,))
    assert tariff.fee_at(datetime(2026, 1, 17, 5, tzinfo=BERLIN)) == 5
    assert tariff.fee_at(datetime(2026, 1, 16, 5, tzinfo=BERLIN)) == 0
    assert tariff.fee_at(datetime(2026, 1, 16, 22, tzinfo=BERLIN)) == 5


def test_a_slot_is_split_where_the_fee_changes() -> None:
    """An hour with a change inside becomes two slots, and only then."""
    start = datetime(2026, 1, 15, 16, tzinfo=UTC)  # 17:00 in Berlin
    market = PriceSeries(
        Slot(start + timedelta(hours=i), start + timedelta(hours=i + 1), 100, "x", 4)
        for i in range(2)
    )
    fee = GridFee(fee=0.05, start=time(17, 30), end=time(19))
    total = Tariff(grid_fee=0.01, grid_fees=(fee,)).applied(market, BERLIN)
    assert [(slot.start, slot.price, slot.volume) for slot in total] == [
        (start, 110, 2),
        (start + timedelta(minutes=30), 150, 2),
        (start + timedelta(hours=1), 150, 4),
    ]


@pytest.mark.parametrize(
    ("begin", "clock", "minutes"),
    [(time(17, 15), time(17, 30), 15), (time(23, 30), time(0, 10), 40)],
)
def test_a_slot_that_begins_within_an_hour(
    begin: time, clock: time, minutes: int
) -> None:
    """It is split by the clock all the same, also after midnight."""
    start = datetime.combine(NOON, begin, BERLIN).astimezone(UTC)
    market = PriceSeries([Slot(start, start + timedelta(hours=1), 0)])
    fee = GridFee(fee=1, start=clock, end=time(22))
    total = Tariff(grid_fees=(fee,)).applied(market, BERLIN)
    assert [(slot.start - start, slot.price) for slot in total] == [
        (timedelta(), 0),
        (timedelta(minutes=minutes), 1000),
    ]


def test_fees_follow_the_clock_through_its_changes() -> None:
    """The night in which the clocks go back has one more cheap hour."""
    tariff = Tariff(grid_fee=1, grid_fees=(GridFee(fee=0, end=time(6)),))
    start = datetime(2025, 10, 25, 22, tzinfo=UTC)
    market = PriceSeries(
        Slot(start + timedelta(hours=i), start + timedelta(hours=i + 1), 0)
        for i in range(25)
    )
    prices = [slot.price for slot in tariff.applied(market, BERLIN)]
    assert prices == [0.0] * 7 + [1000.0] * 18
