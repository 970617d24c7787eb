"""What the known prices come to: for the user, for the day, at a moment."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any, NamedTuple

from ...stewardship.price_series import (
    PriceSeries,
    Slot,
    Span,
    Statistics,
    local_day,
    statistics,
)
from ...stewardship.windows import Obstacle, Window
from ..readings import DeviceFacts, PeriodTotal
from .models import Picture, ZoneReading
from .preferences import Preferences
from .zones import MARKET_TIME, Zone


class _Dates(NamedTuple):
    """Today."""

    zone: date
    market: date
    home: date


class _Day(NamedTuple):
    """What holds all day, as long as no new price comes."""

    dates: _Dates
    today: Statistics | None
    tomorrow: Statistics | None
    tomorrow_available: bool
    ranked: list[float]
    """Today's prices in the order of value."""
    volume: float | None
    periods: tuple[tuple[Span, Window | Obstacle], ...]
    windows: tuple[Window, ...]
    charted: PriceSeries
    """What the user pays today and tomorrow."""
    shaded: tuple[Window, ...]
    """The windows in the chart."""
    edges: list[datetime]
    """When anything changes, in order."""


class Outlook:
    """The prices of one zone, and all that follows from them."""

    def __init__(self, zone: Zone, preferences: Preferences, home: tzinfo) -> None:
        """Take the user's wishes and clock."""
        self.preferences = preferences
        self._zone = zone
        self._home = home
        self._prices = PriceSeries()
        self._day: _Day | None = None

    @property
    def prices(self) -> PriceSeries:
        """The market's prices per MWh."""
        return self._prices

    @prices.setter
    def prices(self, prices: PriceSeries) -> None:
        if prices == self._prices:
            return
        self._prices = prices
        self._day = None
        for name in ("total", "export", "forecast"):
            self.__dict__.pop(name, None)

    @cached_property
    def total(self) -> PriceSeries:
        """What the user pays per MWh."""
        return self.preferences.tariff.applied(self._prices, self._home)

    @cached_property
    def export(self) -> PriceSeries:
        """What the user is paid per MWh."""
        return self.preferences.export.applied(self._prices, self._home)

    @cached_property
    def forecast(self) -> tuple[Mapping[str, Any], ...] | None:
        """All slots for an attribute, if the user wants one."""
        if not self.preferences.forecast:
            return None
        unit = self.preferences.unit
        return tuple(
            {
                "start_time": slot.start.astimezone(self._home).isoformat(),
                "end_time": slot.end.astimezone(self._home).isoformat(),
                "price": unit.shown(slot.price),
            }
            for slot in self.total
        )

    def _today(self, now: datetime) -> _Day:
        """Return what holds today, reckoned anew after midnight and with new prices."""
        dates = _Dates(
            now.astimezone(self._zone.clock).date(),
            now.astimezone(MARKET_TIME).date(),
            now.astimezone(self._home).date(),
        )
        if self._day is None or self._day.dates != dates:
            self._day = self._reckoned(dates)
        return self._day

    def _reckoned(self, dates: _Dates) -> _Day:
        one = timedelta(days=1)
        spans = [local_day(dates.zone + n * one, self._zone.clock) for n in (0, 1)]
        today, tomorrow = (self._prices.within(span) for span in spans)
        volumes = [slot.volume for slot in today if slot.volume is not None]
        periods = tuple(
            self.preferences.cheap.windows(
                self.total, (dates.home + n * one for n in (-1, 0, 1)), self._home
            )
        )
        windows = tuple(window for _, window in periods if isinstance(window, Window))
        edges = {
            *(edge for span in spans for edge in span),
            local_day(dates.home, self._home).end,
            local_day(dates.market, MARKET_TIME).end,
            *(edge for period, _ in periods for edge in period),
            *(edge for window in windows for run in window.runs for edge in run),
        }
        for series in {
            id(s): s for s in (self._prices, self.total, self.export)
        }.values():
            for slot in series:
                edges |= {slot.start, slot.end}
        return _Day(
            dates=dates,
            today=statistics(today) if today.covers(spans[0]) else None,
            tomorrow=statistics(tomorrow) if tomorrow.covers(spans[1]) else None,
            tomorrow_available=self._prices.covers(
                local_day(dates.market + one, MARKET_TIME)
            ),
            ranked=sorted(slot.price for slot in today),
            volume=round(sum(volumes), 3) if volumes else None,
            periods=periods,
            windows=windows,
            charted=self.total.within(Span(spans[0].start, spans[1].end)),
            shaded=tuple(w for w in windows if w.end > spans[0].start),
            edges=sorted(edges),
        )

    def reading(
        self,
        now: datetime,
        costs: Mapping[str, PeriodTotal | None],
        attribution: str | None,
    ) -> ZoneReading:
        """Return all that there is to show now."""
        day = self._today(now)
        market = self._prices.at(now)
        stats = day.today
        unit = self.preferences.unit
        total = self.total.at(now)
        known = None if market is None or stats is None else market.price
        return ZoneReading(
            facts=DeviceFacts(
                name=self._zone.name,
                model=self._zone.code,
                service=True,
            ),
            market=market,
            total=total,
            export=self.export.at(now),
            next_market=_next(self._prices, now),
            next_total=_next(self.total, now),
            today=stats,
            tomorrow=day.tomorrow,
            rank=None if known is None else bisect_left(day.ranked, known),
            quantile=None
            if known is None or stats is None
            else round(stats.quantile(known), 4),
            below_average=None
            if known is None or stats is None
            else known < stats.average,
            tomorrow_available=day.tomorrow_available,
            cheap=self._is_cheap(day, now),
            windows=day.windows,
            volume_total=day.volume,
            picture=Picture(
                series=day.charted,
                now=total,
                cheap=day.shaded,
                clock=str(self._home),
                unit=unit.name,
                scale=unit.scale,
            ),
            costs=costs,
            forecast=self.forecast,
            attribution=attribution,
        )

    @staticmethod
    def _is_cheap(day: _Day, now: datetime) -> bool | None:
        """Tell whether now is in a cheap window; unknown if there may be one."""
        unknown = False
        for period, window in day.periods:
            if isinstance(window, Window):
                if any(run.has(now) for run in window.runs):
                    return True
            elif window is Obstacle.DATA_MISSING and period.has(now):
                unknown = True
        return None if unknown else False

    def next_edge(self, now: datetime) -> datetime:
        """Return when anything changes next; at midnight something does."""
        edges = self._today(now).edges
        return edges[bisect_right(edges, now)]


def _next(series: PriceSeries, now: datetime) -> Slot | None:
    """Return the slot that follows the present one."""
    slot = series.at(now)
    return series.after(now) if slot is None else series.at(slot.end)
