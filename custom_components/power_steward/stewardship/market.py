"""Prices and volumes by the days of the market that they are from."""

from collections.abc import Sequence
from datetime import date, tzinfo
import math
from typing import Final, NamedTuple, Self

from .price_series import PriceSeries, Slot


class Day(NamedTuple):
    """What is known of one day of the market."""

    prices: tuple[float, ...]
    """Sorted, cheapest first."""
    largest_volume: float
    mean_volume: float

    @classmethod
    def of(cls, slots: Sequence[Slot]) -> Self:
        """Return the day that these slots make."""
        volumes = [slot.volume for slot in slots if slot.volume is not None]
        return cls(
            tuple(sorted(slot.price for slot in slots)),
            max(volumes, default=0.0),
            math.fsum(volumes) / len(volumes) if volumes else 0.0,
        )


class Market:
    """A series of prices, and the days that it makes in the market's time zone."""

    def __init__(self, series: PriceSeries, zone: tzinfo) -> None:
        """Sort the series into days."""
        self.series: Final = series
        self._zone = zone
        days: dict[date, list[Slot]] = {}
        for slot in series:
            days.setdefault(self._date(slot), []).append(slot)
        self._days = {day: Day.of(members) for day, members in days.items()}

    def day(self, slot: Slot) -> Day:
        """Return the day of a slot."""
        return self._days[self._date(slot)]

    def _date(self, slot: Slot) -> date:
        return slot.start.astimezone(self._zone).date()
