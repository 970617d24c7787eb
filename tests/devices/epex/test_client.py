"""The order of sources: who is asked, who is left alone, who is heard."""

from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.power_steward.devices.clock import Clock
from custom_components.power_steward.devices.epex.client import (
    MOST_PER_DAY,
    SPACING,
    PriceClient,
    failure,
)
from custom_components.power_steward.devices.epex.models import Answer
from custom_components.power_steward.devices.epex.zones import Days
from custom_components.power_steward.devices.errors import (
    AnswerNotUnderstood,
    CannotConnect,
    ClientError,
    RateLimited,
    RequestRefused,
)
from custom_components.power_steward.stewardship.price_series import PriceSeries, Slot

DAY = Days(date(2026, 1, 15), date(2026, 1, 15))
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def day(
    price: float, *, width: timedelta = QUARTER, only: range | None = None
) -> PriceSeries:
    """Return a day at one price, or some slots of it."""
    start, end = DAY.span
    places = only or range((end - start) // width)
    return PriceSeries(
        Slot(start + i * width, start + (i + 1) * width, price) for i in places
    )


class Scripted:
    """A source that says what a test wants."""

    def __init__(self, name: str, series: PriceSeries | ClientError) -> None:
        """Take what to say."""
        self._name = name
        self.says: PriceSeries | ClientError = series
        self.currency = "EUR"
        self.asked = 0

    @property
    def name(self) -> str:
        """The source's name."""
        return self._name

    async def fetch(self, days: Days) -> Answer:
        """Say it."""
        self.asked += 1
        if isinstance(self.says, ClientError):
            raise self.says
        return Answer(series=self.says, currency=self.currency)


class Bench:
    """Two sources and a clock that can be turned."""

    def __init__(
        self, first: PriceSeries | ClientError, second: PriceSeries | ClientError
    ) -> None:
        """Begin at noon."""
        self.now = datetime(2026, 1, 15, 12, tzinfo=UTC)
        self.first = Scripted("first", first)
        self.second = Scripted("second", second)
        clock = Clock(lambda: 0.0, lambda: self.now)
        self.client = PriceClient([self.first, self.second], None, clock)


async def test_the_first_is_enough_if_it_has_all() -> None:
    """Nobody else is asked."""
    bench = Bench(day(1), day(2))
    fetched = await bench.client.fetch(PriceSeries(), DAY)
    assert {slot.source for slot in fetched.series} == {"first"}
    assert (fetched.news, bench.second.asked) == (True, 0)
    assert bench.client.currency == "EUR"
    assert bench.client.best_covers(fetched.series, DAY)


async def test_the_second_fills_in_what_is_missing() -> None:
    """And no more than that; what is known stays."""
    bench = Bench(day(1, only=range(10)), day(2, width=HOUR))
    fetched = await bench.client.fetch(PriceSeries(), DAY)
    assert fetched.series.covers(DAY.span)
    assert [slot.price for slot in fetched.series][:14] == [1] * 10 + [2] * 4
    assert not bench.client.best_covers(fetched.series, DAY)
    bench.now += HOUR
    bench.first.says = PriceSeries()
    again = await bench.client.fetch(fetched.series, DAY)
    assert again.series == fetched.series
    bench.now += HOUR
    bench.first.says = day(3, only=range(20, 96))
    better = await bench.client.fetch(again.series, DAY)
    quarters = better.series.resampled(QUARTER)
    assert [slot.price for slot in quarters] == [1] * 10 + [2] * 10 + [3] * 76


async def test_patience() -> None:
    """No prices yet is no reason to ask another; a failure is."""
    bench = Bench(PriceSeries(), day(2))
    fetched = await bench.client.fetch(PriceSeries(), DAY, patient=True)
    assert (fetched.news, bench.second.asked) == (False, 0)
    assert isinstance(failure(fetched), RequestRefused)
    bench.now += HOUR
    bench.first.says = AnswerNotUnderstood("what?")
    fetched = await bench.client.fetch(PriceSeries(), DAY, patient=True)
    assert (fetched.news, bench.second.asked) == (True, 1)
    assert failure(fetched) is bench.first.says


async def test_another_currency_is_another_price() -> None:
    """It is refused."""
    bench = Bench(day(1, only=range(4)), day(2))
    bench.second.currency = "SEK"
    fetched = await bench.client.fetch(PriceSeries(), DAY)
    assert {slot.source for slot in fetched.series} == {"first"}
    assert [name for name, _ in fetched.errors] == ["second"]


async def test_sources_are_left_alone() -> None:
    """Between requests, after too many, and as long as they want."""
    bench = Bench(PriceSeries(), PriceSeries())
    for asked in (1, 1):
        await bench.client.fetch(PriceSeries(), DAY)
        assert bench.first.asked == asked
    bench.now += timedelta(seconds=SPACING)
    bench.first.says = RateLimited("slow down", 600)
    await bench.client.fetch(PriceSeries(), DAY)
    bench.first.says = PriceSeries()
    for seconds, asked in ((599, 2), (600, 3)):
        moment = bench.now
        bench.now += timedelta(seconds=seconds)
        await bench.client.fetch(PriceSeries(), DAY)
        assert bench.first.asked == asked
        bench.now = moment
    bench.now += HOUR
    bench.first.says = RateLimited("slow down")
    await bench.client.fetch(PriceSeries(), DAY)
    bench.first.says = PriceSeries()
    bench.now += timedelta(seconds=899)
    await bench.client.fetch(PriceSeries(), DAY)
    assert bench.first.asked == 4
    for _ in range(2 * MOST_PER_DAY):
        bench.now += timedelta(minutes=20)
        await bench.client.fetch(PriceSeries(), DAY)
    assert bench.first.asked == MOST_PER_DAY


async def test_a_lost_network_uses_up_nothing() -> None:
    """However long it lasts, the source is asked again afterwards."""
    bench = Bench(CannotConnect("gone"), PriceSeries())
    for _ in range(2 * MOST_PER_DAY):
        bench.now += timedelta(minutes=10)
        await bench.client.fetch(PriceSeries(), DAY)
    assert bench.first.asked == 2 * MOST_PER_DAY
    bench.first.says = day(1)
    bench.now += timedelta(minutes=10)
    assert (await bench.client.fetch(PriceSeries(), DAY)).news


async def test_history_is_of_the_first_source_alone() -> None:
    """Nothing of it is kept."""
    bench = Bench(day(1), day(2))
    assert await bench.client.history(DAY) == day(1)
    with pytest.raises(RateLimited):
        await bench.client.history(DAY)
