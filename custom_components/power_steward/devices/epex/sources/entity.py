"""Prices that another integration has: a list in an entity's attributes."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from ....stewardship.price_series import Slot
from ...errors import AnswerNotUnderstood, RequestRefused
from ..codec import answer, ends, number, unit_of
from ..models import Answer
from ..zones import Days

NAME: Final = "entity"
_STARTS: Final = ("start", "start_time", "from", "startsAt", "datetime", "time", "hour")
_ENDS: Final = ("end", "end_time", "till", "to", "endsAt")
_PRICES: Final = ("price", "price_per_kwh", "value", "total")
_DIGITS: Final = 6


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
    slots: list[Slot] = []
    rejected: list[str] = []
    found = False
    for name, items in shown.attributes.items():
        if isinstance(items, list | tuple) and items and _is_price(items[0]):
            found = True
            slots += _slots(name, list(items), scale, rejected)
    if not found:
        raise AnswerNotUnderstood("no list of prices in the attributes")
    attribution = shown.attributes.get("attribution")
    return answer(
        slots,
        currency,
        attribution if isinstance(attribution, str) else None,
        rejected,
        known_unit=True,
    )


def _is_price(item: object) -> bool:
    return (
        isinstance(item, Mapping)
        and any(key in item for key in _STARTS)
        and any(key in item for key in _PRICES)
    )


def _slots(
    name: str, items: list[Any], scale: float, rejected: list[str]
) -> list[Slot]:
    if not all(isinstance(item, Mapping) for item in items):
        raise AnswerNotUnderstood("no list of prices in the attributes")
    starts = [_time(_first(item, _STARTS)) for item in items]
    if starts != sorted(set(starts)):
        raise AnswerNotUnderstood("times out of order")
    slots = []
    for index, (item, start, end) in enumerate(
        zip(items, starts, ends(starts), strict=True)
    ):
        if any(key in item for key in _ENDS):
            end = _time(_first(item, _ENDS))
        value = _first(item, _PRICES)
        if (price := number(value)) is not None:
            slots.append(Slot(start, end, round(price * scale, _DIGITS), NAME))
        elif value is not None:
            rejected.append(f"{name} {index}")
    return slots


def _first(item: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((item[key] for key in keys if key in item), None)


def _time(value: object) -> datetime:
    """Return a moment; one without an offset could be several and is refused."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as err:
            raise AnswerNotUnderstood("no time") from err
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise AnswerNotUnderstood("no time")
    return value.astimezone(UTC)
