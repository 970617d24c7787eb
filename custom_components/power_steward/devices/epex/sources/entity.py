"""Prices that another integration has: a list in an entity's attributes."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ...errors import RequestRefused
from ...price_lists import listed, unit_of
from ..codec import answer
from ..models import Answer
from ..zones import Days

NAME: Final = "entity"


class EntityPrices(NamedTuple):
    """What an entity shows now."""

    unit: str | None
    attributes: Mapping[str, Any]


class Entity:
    """Reads an entity, which is asked for by a function that knows where it is."""

    name = NAME

    def __init__(self, read: Callable[[], EntityPrices | None]) -> None:
        """Take the function; it returns ``None`` while there is no such entity."""
        self._read = read

    async def fetch(self, days: Days) -> Answer:
        """Take all lists of prices that the entity has."""
        shown = self._read()
        if shown is None:
            raise RequestRefused("no such entity now")
        return parse(shown)


def parse(shown: EntityPrices) -> Answer:
    """Return the prices of an entity: all its attributes that are lists of such."""
    currency, scale = unit_of(shown.unit)
    found = listed(shown.attributes, scale)
    attribution = shown.attributes.get("attribution")
    return answer(
        found.series.with_source(NAME),
        currency,
        attribution if isinstance(attribution, str) else None,
        found.rejected,
        known_unit=True,
    )
