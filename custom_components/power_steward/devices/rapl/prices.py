"""Prices out of the attributes of any price entity; no Home Assistant here."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
import math
from typing import Any, Final

from ...stewardship.capping import Slot

_STARTS: Final = ("start", "start_time", "startsAt", "from", "datetime", "time", "hour")
_ENDS: Final = ("end", "end_time", "endsAt", "till", "to")
_PRICES: Final = ("price", "price_per_kwh", "value", "total")
_VOLUME: Final = "volume"
_LONGEST: Final = timedelta(hours=2)
"""A slot without an end ends where the next begins, but no later than this."""
_ASSUMED: Final = timedelta(hours=1)


def slots_in(attributes: Mapping[str, Any]) -> list[Slot]:
    """Return the slots of all lists of prices among an entity's attributes.

    What is no slot is left out: of such a time nothing is known.
    """
    slots: list[Slot] = []
    for items in attributes.values():
        if isinstance(items, list | tuple):
            slots += _slots(items)
    return slots


def _slots(items: Iterable[Any]) -> list[Slot]:
    starting = sorted(
        (
            (start, item)
            for item in items
            if isinstance(item, Mapping)
            and (start := _moment(_first(item, _STARTS))) is not None
        ),
        key=lambda pair: pair[0],
    )
    slots = []
    for place, (start, item) in enumerate(starting):
        price = _number(_first(item, _PRICES))
        volume = _number(item.get(_VOLUME))
        if price is None and volume is None:
            continue
        end = _moment(_first(item, _ENDS))
        if end is None:
            following = starting[place + 1 : place + 2]
            end = following[0][0] if following else start + _ASSUMED
        if start < end <= start + _LONGEST:
            slots.append(Slot(start, end, price, volume))
    return slots


def _first(item: Mapping[str, Any], keys: Iterable[str]) -> Any:
    return next((item[key] for key in keys if key in item), None)


def _moment(value: Any) -> datetime | None:
    """Return a moment; a time without an offset could be several and is none."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return value.astimezone(UTC)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError, OverflowError:
        return None
    return number if math.isfinite(number) else None
