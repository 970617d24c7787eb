"""Prices that Home Assistant's own Nord Pool integration has."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final

from ....stewardship.price_series import Slot
from ...errors import AnswerNotUnderstood
from ..codec import answer
from ..models import Answer
from ..zones import MARKET_TIME, Days, Zone
from .entity import EntityPrices, parse as parse_lists

NAME: Final = "nordpool"
_ATTRIBUTION: Final = "Nord Pool"

type Read = Callable[[date], Awaitable[tuple[str, Mapping[str, Any]]]]
"""Returns the currency and, by area, the list of a delivery day's prices."""


class NordPool:
    """Asks the other integration, through a function, day by day."""

    name = NAME

    def __init__(self, zone: Zone, read: Read) -> None:
        """Take the zone and the function."""
        self._area = zone.nordpool or zone.code
        self._read = read

    async def fetch(self, days: Days) -> Answer:
        """Ask for the days."""
        slots: list[Slot] = []
        rejected: tuple[str, ...] = ()
        currency = "EUR"
        for day in days.on(MARKET_TIME):
            currency, areas = await self._read(day)
            part = parse(currency, areas, self._area)
            slots += part.series.with_source(NAME)
            rejected += part.rejected
        return answer(slots, currency, _ATTRIBUTION, rejected, known_unit=True)


def parse(currency: str, areas: Mapping[str, Any], area: str) -> Answer:
    """Return the prices of an area; an empty list means that there are none yet."""
    items = areas.get(area)
    if not isinstance(items, list):
        raise AnswerNotUnderstood("another area")
    if not items:
        return answer((), currency)
    return parse_lists(EntityPrices(f"{currency}/MWh", {area: items}))
