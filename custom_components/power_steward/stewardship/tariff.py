"""From the market's price to what the user pays or is paid.

Total = (market × factor + surcharge) × (1 + VAT) + grid fee, all per kWh. The grid fee
may depend on the hour, the weekday, the month and on holidays, in local time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Final

from .price_series import PriceSeries, Slot

KWH_PER_MWH: Final = 1000
_ANY_DAY: Final = frozenset(range(7))
_ANY_MONTH: Final = frozenset(range(1, 13))


@dataclass(frozen=True, slots=True, kw_only=True)
class GridFee:
    """A fee per kWh, tax included, and when it holds."""

    fee: float
    weekdays: frozenset[int] = _ANY_DAY
    """Monday is 0."""
    months: frozenset[int] = _ANY_MONTH
    """January is 1."""
    start: time = time()
    end: time = time()
    """The hours, until before the end; they may reach over midnight."""
    holidays: bool | None = None
    """Only on holidays, never on them, or (``None``) on all days alike."""

    def holds(self, local: datetime, is_holiday: Callable[[date], bool]) -> bool:
        """Return whether it holds at a local time.

        Hours over midnight belong to the day on which they begin.
        """
        now = local.time()
        day = local.date()
        if self.start < self.end:
            in_hours = self.start <= now < self.end
        else:
            in_hours = now >= self.start or now < self.end
            if now < self.end and self.start != self.end:
                day -= timedelta(days=1)
        return (
            in_hours
            and day.weekday() in self.weekdays
            and day.month in self.months
            and (self.holidays is None or self.holidays == is_holiday(day))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """Days that grid fees may treat apart."""

    yearly: frozenset[tuple[int, int]] = frozenset()
    """Month and day."""
    once: frozenset[date] = frozenset()

    def has(self, day: date) -> bool:
        """Return whether a day is a holiday."""
        return (day.month, day.day) in self.yearly or day in self.once


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """How a price comes about; fees and surcharge are per kWh."""

    factor: float = 1.0
    surcharge: float = 0.0
    vat: float = 0.0
    """As a fraction: 0.19 for 19 %."""
    grid_fee: float = 0.0
    """While none of the others holds."""
    grid_fees: tuple[GridFee, ...] = ()
    """The first that holds counts."""
    holidays: Holidays = Holidays()

    @property
    def is_plain(self) -> bool:
        """Whether the total is the market's price."""
        return self == Tariff(holidays=self.holidays)

    def fee_at(self, local: datetime) -> float:
        """Return the grid fee per kWh at a local time."""
        for fee in self.grid_fees:
            if fee.holds(local, self.holidays.has):
                return fee.fee
        return self.grid_fee

    def energy_price(self, market: float) -> float:
        """Return what a kWh costs without the grid fee, from the market's kWh."""
        return (market * self.factor + self.surcharge) * (1 + self.vat)

    def total(self, market: float, local: datetime) -> float:
        """Return what a kWh costs, from the market's kWh and a local time."""
        return round(self.energy_price(market) + self.fee_at(local), 6)

    def applied(self, market: PriceSeries, zone: tzinfo) -> PriceSeries:
        """Return the totals, per MWh as the market's prices are.

        A slot in which the grid fee changes becomes several.
        """
        if self.is_plain:
            return market
        return PriceSeries(
            piece for slot in market for piece in self._applied(slot, zone)
        )

    def _applied(self, slot: Slot, zone: tzinfo) -> Iterator[Slot]:
        edges = [slot.start, *self._switches(slot, zone), slot.end]
        totals = [
            self.total(slot.price / KWH_PER_MWH, edge.astimezone(zone))
            for edge in edges[:-1]
        ]
        begun = 0
        for index in range(1, len(totals) + 1):
            if index == len(totals) or totals[index] != totals[begun]:
                part = slot.cut(edges[begun], edges[index])
                yield Slot(
                    part.start,
                    part.end,
                    round(totals[begun] * KWH_PER_MWH, 3),
                    part.source,
                    part.volume,
                )
                begun = index

    def _switches(self, slot: Slot, zone: tzinfo) -> list[datetime]:
        """Return the moments in a slot at which a fee may change, in order."""
        if not self.grid_fees:
            return []
        local = slot.start.astimezone(zone)
        # Slots are short: the local day's midnight is 0, 1 or 2 clock times away.
        at_clock = partial(_until, local)
        waits = {
            at_clock(clock)
            for fee in self.grid_fees
            for clock in (time(), fee.start, fee.end)
        }
        return [
            slot.start + wait
            for wait in sorted(waits)
            if timedelta() < wait < slot.width
        ]


def _until(local: datetime, clock: time) -> timedelta:
    """Return how long after a local time the clock shows a time next."""
    wait = datetime.combine(local, clock) - local.replace(tzinfo=None)
    return wait % timedelta(days=1)
