"""A year by the hour, with sources that fail at random; and the nights of clock changes."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
import random
from typing import Final

import pytest

from custom_components.power_steward.devices.clock import Clock
from custom_components.power_steward.devices.epex.client import (
    MOST_PER_DAY,
    PriceClient,
)
from custom_components.power_steward.devices.epex.models import Answer
from custom_components.power_steward.devices.epex.schedule import Schedule
from custom_components.power_steward.devices.epex.sources import (
    awattar,
    energy_charts,
    entsoe,
    smard,
)
from custom_components.power_steward.devices.epex.zones import Days, delivery_day
from custom_components.power_steward.devices.errors import CannotConnect
from custom_components.power_steward.stewardship.price_series import (
    PriceSeries,
    Span,
    local_day,
)
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.simulators.epex import EpexSimulator, Market, faults, formats, market_day
from tests.simulators.epex.market import BRUSSELS

from .conftest import SetUp, Time
from .test_coordinator import state

HOUR: Final = timedelta(hours=1)
QUARTER: Final = timedelta(minutes=15)
BEGIN: Final = datetime(2026, 1, 1, 5, 30, tzinfo=UTC)

type Say = Callable[[Days, datetime], bytes]


class Moody:
    """A source in this process: a real format, and a fault now and then."""

    def __init__(
        self,
        name: str,
        say: Say,
        parse: Callable[[int, str | None, bytes], Answer],
        clock: Clock,
        rng: random.Random,
    ) -> None:
        """Take what a healthy source says."""
        self._name = name
        self._say = say
        self._parse = parse
        self._clock = clock
        self._rng = rng
        self.mood = "well"
        self.asked: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """The source's name."""
        return self._name

    @property
    def is_well(self) -> bool:
        """Whether it answers with prices."""
        return self.mood == "well"

    def change(self) -> None:
        """Be in another mood, for days at times."""
        if self._rng.random() < 0.04:
            self.mood = self._rng.choice(
                ["well"] * 7 + ["down", "cut", "page", "none", "stale", "busy", "kwh"]
            )

    async def fetch(self, days: Days) -> Answer:
        """Answer, or not."""
        now = self._clock.utcnow()
        self.asked[str(now.date())] += 1
        if self.mood == "stale":
            days = Days(days.first - timedelta(days=2), days.last - timedelta(days=2))
        body = self._say(days, now)
        match self.mood:
            case "down":
                raise CannotConnect("down")
            case "cut":
                return self._parse(200, None, body[: len(body) // 3])
            case "page":
                return self._parse(202, None, faults.CHALLENGE.encode())
            case "none":
                return self._parse(404, None, b"")
            case "busy":
                return self._parse(429, "60", b"")
            case "kwh":
                return self._parse(200, None, body.replace(b"MWh", b"kWh"))
        return self._parse(200, None, body)


def _sources(market: Market, clock: Clock, rng: random.Random) -> list[Moody]:
    def quarters(make: Callable[..., bytes]) -> Say:
        return lambda days, now: make(market.points(*days.span, now))

    def hours(days: Days, now: datetime) -> bytes:
        return formats.awattar(market.points(*days.span, now, HOUR))

    def document(days: Days, now: datetime) -> bytes:
        points = list(market.points(*days.span, now))
        return formats.entsoe(points) if points else formats.no_data_of_entsoe()

    return [
        Moody(
            "energy_charts",
            quarters(formats.energy_charts),
            energy_charts.parse,
            clock,
            rng,
        ),
        Moody("smard", quarters(formats.smard), smard.parse, clock, rng),
        Moody("entsoe", document, entsoe.parse, clock, rng),
        Moody("awattar", hours, awattar.parse, clock, rng),
    ]


def _steps(begin: datetime, days: int) -> Iterator[datetime]:
    return (begin + i * HOUR for i in range(days * 24))


async def test_a_year() -> None:
    """No slot is wrong, and none is missing that any source had."""
    now = BEGIN
    clock = Clock(lambda: 0.0, lambda: now)
    rng = random.Random(1)
    market = Market()
    sources = _sources(market, clock, rng)
    client = PriceClient(sources, "EUR", clock)
    schedule = Schedule(client, rng.random)
    known = PriceSeries()
    due = BEGIN
    checked = known
    well_for: Counter[str] = Counter()
    missing = shown = 0
    for step in _steps(BEGIN, 366):
        for source in sources:
            source.change()
            well_for[source.name] = well_for[source.name] + 1 if source.is_well else 0
        # Within the hour, whatever falls due
        while due <= step:
            now = max(due, step - HOUR)
            if (errand := schedule.errand(known, now)) is not None:
                fetched = await client.fetch(known, errand.days, patient=errand.patient)
                known = fetched.series
                schedule.done(errand, known, now)
            known = known.within(
                Span(delivery_day(now, -1).span.start, delivery_day(now, 1).span.end)
            )
            due = now + schedule.pause(known, now)
            assert due > now
        now = step
        if known is not checked:
            checked = known
            for slot in known:
                told = _truth(market, slot.start, slot.end, slot.source)
                assert slot.price == told
        # Missing is only what none had told for hours
        if known.at(now) is None:
            missing += 1
            assert max(well_for.values()) <= 2
        elif now.astimezone(BRUSSELS).hour >= 16 and max(well_for.values()) > 2:
            shown += known.covers(delivery_day(now, 1).span)
            assert known.covers(delivery_day(now, 1).span)
    assert shown > 2000
    assert missing < 500
    assert all(count <= MOST_PER_DAY + 4 for s in sources for count in s.asked.values())


def _truth(market: Market, start: datetime, end: datetime, source: str) -> float:
    """Return what a source must say of a slot, also of one that was cut."""
    if source == "awattar":
        hour = start.replace(minute=0)
        prices = [market.price_of(hour + i * QUARTER) for i in range(4)]
        return round(sum(prices) / 4, 2)
    assert end - start == QUARTER
    return market.price_of(start)


async def test_a_good_year_takes_one_request_a_day() -> None:
    """Two more at the start, and none of a stand-in."""
    now = BEGIN
    clock = Clock(lambda: 0.0, lambda: now)
    market = Market()
    sources = _sources(market, clock, random.Random(0))
    client = PriceClient(sources, "EUR", clock)
    schedule = Schedule(client, lambda: 0.5)
    known = PriceSeries()
    per_day: Counter[str] = Counter()
    while now < BEGIN + timedelta(days=365):
        if (errand := schedule.errand(known, now)) is not None:
            known = (
                await client.fetch(known, errand.days, patient=errand.patient)
            ).series
            schedule.done(errand, known, now)
            per_day[str(now.astimezone(BRUSSELS).date())] += 1
        known = known.within(
            Span(delivery_day(now, -1).span.start, delivery_day(now, 1).span.end)
        )
        now += schedule.pause(known, now)
    assert max(per_day.values()) <= 4
    assert sum(per_day.values()) == client.requests <= 365 + 3
    assert sum(sum(source.asked.values()) for source in sources[1:]) == 0


@pytest.mark.parametrize(
    "night",
    [
        (datetime(2026, 3, 28, 19, 30, tzinfo=UTC), 92),
        (datetime(2026, 10, 24, 18, 30, tzinfo=UTC), 100),
    ],
)
async def test_the_night_of_a_clock_change(
    hass: HomeAssistant,
    market: EpexSimulator,
    set_up: SetUp,
    time: Time,
    night: tuple[datetime, int],
) -> None:
    """From evening until after the day, quarter by quarter, the right price."""
    evening, slots = night
    await time.to(evening)
    entry = await set_up()
    await time.to(evening + timedelta(minutes=1))
    await time.to(evening + timedelta(minutes=2))
    day = (evening + timedelta(days=1)).astimezone(BRUSSELS).date()
    span = Span(*market_day(day))
    known = entry.runtime_data.outlook.prices.within(span)
    assert len(known) == slots
    assert span == local_day(day, dt_util.get_default_time_zone())
    moment = evening
    while moment < span.end:
        moment += QUARTER
        await time.to(moment)
        assert float(state(hass, "market_price").state) == pytest.approx(
            market.market.price_of(moment) / 1000
        )
