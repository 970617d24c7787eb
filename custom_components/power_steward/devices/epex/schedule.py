"""When to ask for which delivery day."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple

from ...stewardship.price_series import PriceSeries
from .client import PriceClient
from .zones import MARKET_TIME, Days, delivery_day

PUBLICATION: Final = time(12, 55)
"""Market time from which tomorrow may be known."""
PATIENCE_ENDS: Final = time(14)
"""Market time from which other sources are asked for tomorrow too."""
_BUSY_UNTIL: Final = time(16)
JITTER: Final = timedelta(minutes=5)
NEXT_DAY: Final = timedelta(seconds=30)
"""Between requests for two days: sources that count do so over seconds."""
_RETRIES: Final = tuple(timedelta(minutes=m) for m in (10, 15, 20, 30, 60))
_HOURLY: Final = timedelta(hours=1)
_YESTERDAY_ATTEMPTS: Final = 2
_PAST_EVERY: Final = timedelta(days=1)
"""How often to ask for days before yesterday, while they are wanted."""

type Jitter = Callable[[], float]
"""Returns a number from 0 to 1."""
type Wanted = Callable[[], datetime | None]
"""Returns from when on prices of the past are wanted, if any are."""


def is_published(now: datetime) -> bool:
    """Return whether tomorrow's prices may be out."""
    return now.astimezone(MARKET_TIME).time() >= PUBLICATION


class Errand(NamedTuple):
    """What to ask for."""

    days: Days
    patient: bool
    """Whether to leave the other sources alone if the first has no prices yet."""
    needed: bool
    """Whether prices are missing; otherwise a better source is to tell them."""


class Schedule:
    """Decides by the market's clock and by what is known."""

    def __init__(
        self, client: PriceClient, jitter: Jitter, wanted: Wanted = lambda: None
    ) -> None:
        """Take the sources and what spreads the requests of many homes."""
        self._client = client
        self._jitter = jitter
        self._wanted = wanted
        self._past_after: datetime | None = None
        self._failures = 0
        self._yesterdays = 0
        self._better_after: datetime | None = None

    def errand(self, known: PriceSeries, now: datetime) -> Errand | None:
        """Return what is to be asked for at once."""
        today, tomorrow, yesterday = (delivery_day(now, days) for days in (0, 1, -1))
        if not known.covers(today.span):
            return Errand(today, patient=False, needed=True)
        local = now.astimezone(MARKET_TIME).time()
        if is_published(now) and not known.covers(tomorrow.span):
            return Errand(tomorrow, patient=local < PATIENCE_ENDS, needed=True)
        if self._yesterdays < _YESTERDAY_ATTEMPTS and not known.covers(yesterday.span):
            return Errand(yesterday, patient=False, needed=False)
        if (past := self._past(now)) is not None:
            return Errand(past, patient=False, needed=False)
        if self._better_after is None or now >= self._better_after:
            for days in (today, tomorrow):
                if known.covers(days.span) and not self._client.best_covers(
                    known, days
                ):
                    return Errand(days, patient=True, needed=False)
        return None

    def _past(self, now: datetime) -> Days | None:
        """Return the days before yesterday whose prices are wanted."""
        since = self._wanted()
        if since is None or (self._past_after is not None and now < self._past_after):
            return None
        first = since.astimezone(MARKET_TIME).date()
        last = delivery_day(now, -2).last
        return Days(first, last) if first <= last else None

    def done(self, errand: Errand, known: PriceSeries, now: datetime) -> None:
        """Take note of what an errand came to."""
        if errand.days.last < delivery_day(now, -1).first:
            self._past_after = now + _PAST_EVERY
            return
        complete = known.covers(errand.days.span)
        if errand.days == delivery_day(now, -1):
            self._yesterdays += 1
        elif errand.needed:
            self._failures = 0 if complete else self._failures + 1
        if complete and not self._client.best_covers(known, errand.days):
            self._better_after = now + _HOURLY
        if errand.needed and complete:
            self._yesterdays = min(self._yesterdays, _YESTERDAY_ATTEMPTS - 1)

    def pause(self, known: PriceSeries, now: datetime) -> timedelta:
        """Return how long to wait until there may be something to ask for."""
        errand = self.errand(known, now)
        local = now.astimezone(MARKET_TIME)
        if errand is not None and errand.needed and self._failures:
            retries = _RETRIES
            if errand.days == delivery_day(now, 1):
                if local.time() >= _BUSY_UNTIL:
                    return _HOURLY + self._jitter() * JITTER
                # Any minute now
                retries = _RETRIES[:-1]
            retry = retries[min(self._failures, len(retries)) - 1]
            return retry + self._jitter() * timedelta(minutes=1)
        if errand is not None:
            return NEXT_DAY
        wait = self._until_publication(now)
        today, tomorrow = delivery_day(now), delivery_day(now, 1)
        if self._better_after is not None and not all(
            self._client.best_covers(known, days)
            for days in (today, tomorrow)
            if known.covers(days.span)
        ):
            wait = min(wait, self._better_after - now)
        return max(wait, NEXT_DAY)

    def _until_publication(self, now: datetime) -> timedelta:
        """Return how long until tomorrow's prices may be out, spread a little."""
        local = now.astimezone(MARKET_TIME)
        day = local.date()
        if is_published(now):
            day += timedelta(days=1)
        due = datetime.combine(day, PUBLICATION, MARKET_TIME)
        return due - now + self._jitter() * JITTER
