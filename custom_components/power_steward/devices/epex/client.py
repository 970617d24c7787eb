"""Asks the sources of a zone in their order until a day is complete.

What is known stays: a source fills in what no better one has told. A better source's
answer replaces what others said of the same time, and nothing more.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ...stewardship.price_series import PriceSeries
from ..clock import Clock
from ..errors import (
    AnswerNotUnderstood,
    CannotConnect,
    ClientError,
    RateLimited,
    RequestRefused,
)
from .models import Answer, Source
from .zones import Days

SPACING: Final = 25.0
"""Seconds between two requests to a source; fewer make some refuse."""
PAUSE_WHEN_LIMITED: Final = 900.0
"""Seconds, if a source wants fewer requests and does not say when."""
LONGEST_PAUSE: Final = 6 * 3600.0
MOST_PER_DAY: Final = 30
"""Requests to a source; enough to ask a source that is down every hour."""
_DAY: Final = 86400.0

NO_DATA: Final = "no_data"
OK: Final = "ok"


@dataclass(slots=True)
class SourceState:
    """How a source has done so far."""

    result: str | None = None
    """``ok``, ``no_data`` or the key of an error."""
    asked: datetime | None = None
    attribution: str | None = None
    rejected: tuple[str, ...] = ()
    paused_until: float = 0.0
    requests: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_PER_DAY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a round of asking came to."""

    series: PriceSeries
    news: bool
    """Whether any source told a price."""
    errors: tuple[tuple[str, ClientError], ...]
    """What went wrong, by source."""
    rejected: int
    """Values that could not be used."""


class PriceClient:
    """The sources of one zone, the best first."""

    def __init__(
        self, sources: Sequence[Source], currency: str | None, clock: Clock
    ) -> None:
        """Take the sources; without a currency, the first answer's is taken."""
        self.sources = sources
        self.currency = currency
        self._clock = clock
        self.states: Mapping[str, SourceState] = {
            source.name: SourceState() for source in sources
        }
        self._places = {source.name: place for place, source in enumerate(sources)}
        self.requests = 0

    def rank(self, source: str) -> int:
        """Return a source's place; one that is no longer asked comes last."""
        return self._places.get(source, len(self.sources))

    def best_covers(self, series: PriceSeries, days: Days) -> bool:
        """Return whether the first source has told all of some days."""
        return series.covers(days.span) and all(
            self.rank(slot.source) == 0 for slot in series.within(days.span)
        )

    async def fetch(
        self, known: PriceSeries, days: Days, *, patient: bool = False
    ) -> Fetched:
        """Ask for days until they are complete.

        The first source is always asked. With patience, one that has no prices yet is
        no reason to ask the next; one that fails is.
        """
        series = known
        errors: list[tuple[str, ClientError]] = []
        news = False
        rejected = 0
        for place, source in enumerate(self.sources):
            if place and series.covers(days.span):
                break
            try:
                answer = await self._ask(source, days)
                told = self._checked(answer, days)
            except ClientError as err:
                self.states[source.name].result = err.key
                errors.append((source.name, err))
                continue
            rejected += len(answer.rejected)
            state = self.states[source.name]
            state.rejected = answer.rejected
            state.result = OK if told else NO_DATA
            if told:
                news = True
                state.attribution = answer.attribution
                series = self._merged(series, told.with_source(source.name), place)
            elif patient:
                break
        return Fetched(
            series=series, news=news, errors=tuple(errors), rejected=rejected
        )

    async def history(self, days: Days) -> PriceSeries:
        """Return what the first source knows of the past; nothing is kept of it."""
        source = self.sources[0]
        return self._checked(await self._ask(source, days), days)

    async def _ask(self, source: Source, days: Days) -> Answer:
        """Ask one source, unless it wants to be left alone for now."""
        state = self.states[source.name]
        # The wall clock: what is paced is told to others by it too.
        now = self._clock.utcnow().timestamp()
        if now < state.paused_until:
            raise RateLimited("asked too often", state.paused_until - now)
        if len(state.requests) == MOST_PER_DAY and now - state.requests[0] < _DAY:
            raise RateLimited("asked often enough today")
        state.requests.append(now)
        state.asked = self._clock.utcnow()
        state.paused_until = now + SPACING
        self.requests += 1
        try:
            return await source.fetch(days)
        except CannotConnect:
            # Nobody was bothered by it.
            state.requests.pop()
            raise
        except RateLimited as err:
            pause = PAUSE_WHEN_LIMITED if err.retry_after is None else err.retry_after
            state.paused_until = now + min(max(pause, SPACING), LONGEST_PAUSE)
            raise

    def _checked(self, answer: Answer, days: Days) -> PriceSeries:
        """Return what an answer says of the days asked for, and of nothing else."""
        told = answer.series.within(days.span)
        if not told:
            return told
        if self.currency is None:
            self.currency = answer.currency
        if answer.currency != self.currency:
            raise AnswerNotUnderstood(f"prices in {answer.currency}")
        return told

    def _merged(self, known: PriceSeries, told: PriceSeries, place: int) -> PriceSeries:
        better = PriceSeries(s for s in known if self.rank(s.source) < place)
        others = PriceSeries(s for s in known if self.rank(s.source) >= place)
        return better.over(told).over(others)


def failure(fetched: Fetched) -> ClientError:
    """Return why a round brought nothing: the first source's reason."""
    if fetched.errors:
        return fetched.errors[0][1]
    return RequestRefused("no prices for this day")
