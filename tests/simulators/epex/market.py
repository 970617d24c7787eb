"""A market: a price for every quarter hour, and when it is published."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
import math
import random
from typing import NamedTuple
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
QUARTER = timedelta(minutes=15)

type PriceOf = Callable[[datetime], float]


class Point(NamedTuple):
    """A slot's start, end and price per MWh."""

    start: datetime
    end: datetime
    price: float


def market_day(day: date) -> tuple[datetime, datetime]:
    """Return when a delivery day begins and ends."""
    start = datetime.combine(day, time(), BRUSSELS).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), BRUSSELS).astimezone(UTC)
    return start, end


def steady(price: float) -> PriceOf:
    """Return a market in which nothing ever changes."""
    return lambda moment: price


@cache
def weather(moment: datetime) -> float:
    """Return a price as spring days have them: dear evenings, sun below zero."""
    local = moment.astimezone(BRUSSELS)
    hours = local.hour + local.minute / 60
    chance = random.Random(local.date().toordinal())
    sun = chance.uniform(40, 150) * math.exp(-(((hours - 13) / 2.8) ** 2))
    evening = chance.uniform(40, 110) * math.exp(-(((hours - 19.3) / 1.6) ** 2))
    morning = chance.uniform(20, 60) * math.exp(-(((hours - 7.8) / 1.4) ** 2))
    ripple = 6 * math.sin(local.minute / 60 * 2 * math.pi + hours)
    return round(chance.uniform(70, 110) - sun + evening + morning + ripple, 2)


@dataclass(slots=True)
class Market:
    """What the sources know."""

    price_of: PriceOf = weather
    publication: time = time(12, 55)
    """Market time at which tomorrow is out."""
    missing: set[date] = field(default_factory=set)
    """Delivery days without prices."""

    def points(
        self, start: datetime, end: datetime, now: datetime, width: timedelta = QUARTER
    ) -> Iterator[Point]:
        """Return the slots that begin in a span, as far as they are published."""
        seconds = int(width.total_seconds())
        at = datetime.fromtimestamp(
            -(-int(start.timestamp()) // seconds) * seconds, UTC
        )
        end = min(end, self.known_until(now))
        while at < end:
            if at.astimezone(BRUSSELS).date() not in self.missing:
                quarters = [
                    self.price_of(at + i * QUARTER) for i in range(width // QUARTER)
                ]
                yield Point(at, at + width, round(sum(quarters) / len(quarters), 2))
            at += width

    def known_until(self, now: datetime) -> datetime:
        """Return the end of the last day that is out."""
        local = now.astimezone(BRUSSELS)
        days = 1 if local.time() >= self.publication else 0
        return market_day(local.date() + timedelta(days=days))[1]
