"""An entry's options in terms of the calculations."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final, NamedTuple

from ...stewardship.price_series import PriceSeries, Span
from ...stewardship.tariff import KWH_PER_MWH, GridFee, Holidays, Tariff
from ...stewardship.windows import Obstacle, Window, Wish, find
from .const import (
    CONF_CHEAP_CONTIGUOUS,
    CONF_CHEAP_FROM,
    CONF_CHEAP_HOURS,
    CONF_CHEAP_LIMIT,
    CONF_CHEAP_RUN,
    CONF_CHEAP_STARTS,
    CONF_CHEAP_UNTIL,
    CONF_COST_EXPORT,
    CONF_COST_IMPORT,
    CONF_END,
    CONF_EXPORT_FACTOR,
    CONF_EXPORT_SURCHARGE,
    CONF_EXPORT_VAT,
    CONF_FACTOR,
    CONF_FEE,
    CONF_FORECAST,
    CONF_GRID_FEE,
    CONF_GRID_FEES,
    CONF_HOLIDAYS,
    CONF_MONTHS,
    CONF_ON_HOLIDAYS,
    CONF_START,
    CONF_SURCHARGE,
    CONF_UNIT,
    CONF_VAT,
    CONF_WEEKDAYS,
    DEFAULT_CHEAP_HOURS,
    UNIT_CENT,
    UNIT_KWH,
    UNIT_MWH,
)

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CENTS: Final = {
    "EUR": "ct",
    "SEK": "öre",
    "NOK": "øre",
    "DKK": "øre",
    "CHF": "Rp",
    "PLN": "gr",
    "GBP": "p",
}
_MIDNIGHT: Final = "00:00:00"


class Unit(NamedTuple):
    """How prices are shown."""

    name: str
    scale: float
    """What makes prices per MWh prices in the unit."""
    digits: int

    def shown(self, price: float) -> float:
        """Return a price per MWh in the unit."""
        return round(price * self.scale, self.digits)


def unit(name: str, currency: str) -> Unit:
    """Return a unit by its name in the options."""
    return {
        UNIT_KWH: Unit(f"{currency}/kWh", 1 / KWH_PER_MWH, 6),
        UNIT_CENT: Unit(f"{_CENTS.get(currency, 'c')}/kWh", 100 / KWH_PER_MWH, 4),
        UNIT_MWH: Unit(f"{currency}/MWh", 1, 3),
    }[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheap:
    """What counts as cheap."""

    duration: timedelta
    contiguous: bool
    shortest_run: timedelta
    most_starts: int | None
    limit: float | None
    """Per MWh."""
    begin: time
    end: time

    def period(self, day: date, clock: tzinfo) -> Span:
        """Return the time of a day in which windows are looked for."""
        begin = datetime.combine(day, self.begin, clock)
        end = datetime.combine(day, self.end, clock)
        if self.end <= self.begin:
            end += timedelta(days=1)
        return Span(begin.astimezone(UTC), end.astimezone(UTC))

    def windows(
        self, prices: PriceSeries, days: Iterable[date], clock: tzinfo
    ) -> Iterator[tuple[Span, Window | Obstacle]]:
        """Return the cheapest windows of some days, with their periods."""
        for day in days:
            span = self.period(day, clock)
            yield (
                span,
                find(
                    prices,
                    Wish(
                        duration=min(self.duration, span.length),
                        earliest=span.start,
                        latest=span.end,
                        contiguous=self.contiguous,
                        shortest_run=self.shortest_run,
                        most_starts=self.most_starts,
                        limit=self.limit,
                    ),
                ),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """All options of an entry."""

    unit: Unit
    forecast: bool
    tariff: Tariff
    export: Tariff
    cheap: Cheap
    cost_import: tuple[str, ...]
    cost_export: tuple[str, ...]


def preferences(options: Mapping[str, Any], currency: str) -> Preferences:
    """Return an entry's options; what is not set has its default."""
    limit = options.get(CONF_CHEAP_LIMIT)
    return Preferences(
        unit=unit(options.get(CONF_UNIT, UNIT_KWH), currency),
        forecast=options.get(CONF_FORECAST, False),
        tariff=Tariff(
            factor=options.get(CONF_FACTOR, 1.0),
            surcharge=options.get(CONF_SURCHARGE, 0.0),
            vat=options.get(CONF_VAT, 0.0) / 100,
            grid_fee=options.get(CONF_GRID_FEE, 0.0),
            grid_fees=tuple(grid_fee(fee) for fee in options.get(CONF_GRID_FEES, ())),
            holidays=holidays(options.get(CONF_HOLIDAYS, ())),
        ),
        export=Tariff(
            factor=options.get(CONF_EXPORT_FACTOR, 1.0),
            surcharge=options.get(CONF_EXPORT_SURCHARGE, 0.0),
            vat=options.get(CONF_EXPORT_VAT, 0.0) / 100,
        ),
        cheap=Cheap(
            duration=timedelta(
                hours=options.get(CONF_CHEAP_HOURS, DEFAULT_CHEAP_HOURS)
            ),
            contiguous=options.get(CONF_CHEAP_CONTIGUOUS, False),
            shortest_run=timedelta(minutes=options.get(CONF_CHEAP_RUN, 0)),
            most_starts=int(options.get(CONF_CHEAP_STARTS, 0)) or None,
            limit=None if limit is None else limit * KWH_PER_MWH,
            begin=time.fromisoformat(options.get(CONF_CHEAP_FROM, _MIDNIGHT)),
            end=time.fromisoformat(options.get(CONF_CHEAP_UNTIL, _MIDNIGHT)),
        ),
        cost_import=tuple(options.get(CONF_COST_IMPORT, ())),
        cost_export=tuple(options.get(CONF_COST_EXPORT, ())),
    )


def grid_fee(fee: Mapping[str, Any]) -> GridFee:
    """Return a grid fee as it is in the options; no weekday or month means all."""
    return GridFee(
        fee=fee[CONF_FEE],
        weekdays=frozenset(
            WEEKDAYS.index(name) for name in fee.get(CONF_WEEKDAYS) or WEEKDAYS
        ),
        months=frozenset(int(month) for month in fee.get(CONF_MONTHS) or range(1, 13)),
        start=time.fromisoformat(fee.get(CONF_START) or _MIDNIGHT),
        end=time.fromisoformat(fee.get(CONF_END) or _MIDNIGHT),
        holidays={"only": True, "never": False}.get(fee.get(CONF_ON_HOLIDAYS, "")),
    )


def holidays(texts: Iterable[str]) -> Holidays:
    """Return days given as ``MM-DD`` or ``YYYY-MM-DD``; ValueError for others."""
    yearly: set[tuple[int, int]] = set()
    once: set[date] = set()
    for text in texts:
        if len(text) == len("MM-DD"):
            day = date.fromisoformat(f"2000-{text}")
            yearly.add((day.month, day.day))
        else:
            once.add(date.fromisoformat(text))
    return Holidays(yearly=frozenset(yearly), once=frozenset(once))
