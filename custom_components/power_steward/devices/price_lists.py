"""Prices that an entity lists in its attributes, whichever integration it is from."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
import math
import re
from typing import Any, Final, NamedTuple

from ..stewardship.price_series import WIDTHS, Overlap, PriceSeries, Slot
from .errors import AnswerNotUnderstood

_STARTS: Final = ("start", "start_time", "from", "startsAt", "datetime", "time", "hour")
_ENDS: Final = ("end", "end_time", "till", "to", "endsAt")
_PRICES: Final = ("price", "price_per_kwh", "value", "total")
_VOLUME: Final = "volume"
_YEARS: Final = range(2000, 2200)
"""Years of markets; near the ends of all time, adding an hour overflows."""
_DIGITS: Final = 6

CENTS: Final = {
    "ct": "EUR",
    "cent": "EUR",
    "cents": "EUR",
    "c": "EUR",
    "€ct": "EUR",
    "öre": "SEK",
    "øre": "NOK",
    "rp": "CHF",
    "gr": "PLN",
    "p": "GBP",
}
"""Hundredths, and whose they are as a rule."""
_SYMBOLS: Final = {"€": "EUR", "£": "GBP", "zł": "PLN", "kr": "SEK", "kč": "CZK"}


class Listed(NamedTuple):
    """The prices of all lists among an entity's attributes."""

    series: PriceSeries
    rejected: tuple[str, ...]
    """What stood where a price should, by list and place."""


def listed(attributes: Mapping[str, Any], scale: float = 1.0) -> Listed:
    """Return all prices that attributes list, times a scale.

    Raises ``AnswerNotUnderstood`` if there are none, or if they contradict each other.
    """
    slots: list[Slot] = []
    rejected: list[str] = []
    found = False
    for name, items in attributes.items():
        if isinstance(items, list | tuple) and items and _is_price(items[0]):
            found = True
            slots += _slots(name, items, scale, rejected)
    if not found:
        raise AnswerNotUnderstood("no list of prices in the attributes")
    return Listed(series_of(slots), tuple(rejected))


def series_of(slots: Iterable[Slot]) -> PriceSeries:
    """Return slots as a series if they can be slots of a market."""
    try:
        series = PriceSeries(slots)
    except Overlap as err:
        raise AnswerNotUnderstood("overlapping slots") from err
    for slot in series:
        if (
            slot.width not in WIDTHS
            or slot.start.timestamp() % slot.width.total_seconds()
        ):
            raise AnswerNotUnderstood("slots of an unknown length")
    return series


def number(value: object) -> float | None:
    """Return a finite number, ``None`` for anything else: texts are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def in_utc(moment: datetime) -> datetime:
    """Return a moment of a market in UTC; raise ``AnswerNotUnderstood`` for others."""
    if moment.year not in _YEARS:
        raise AnswerNotUnderstood("no time of a market")
    return moment.astimezone(UTC)


def ends(starts: Sequence[datetime]) -> list[datetime]:
    """Return the ends of slots of which only the starts are told, in order.

    A slot lasts until the next one, unless it is shorter than the ones before it: then
    the next is missing. Rather too short than wrong.
    """
    widths: list[timedelta] = []
    for index, start in enumerate(starts):
        around = []
        if index:
            around.append(start - starts[index - 1])
        if index + 1 < len(starts):
            around.append(starts[index + 1] - start)
        elif widths:
            around.append(widths[-1])
        widths.append(min(around, default=WIDTHS[0]))
    return [start + width for start, width in zip(starts, widths, strict=True)]


def unit_of(text: object) -> tuple[str, float]:
    """Return the currency of a unit, and what makes its prices prices per MWh."""
    match = re.fullmatch(r"\s*(\S+?)\s*/\s*([kMG]?Wh)\s*", str(text))
    if match is None:
        raise AnswerNotUnderstood("no unit of a price")
    money, energy = match.groups()
    scale = {"Wh": 1e6, "kWh": 1e3, "MWh": 1.0, "GWh": 1e-3}[energy]
    if (cents_of := CENTS.get(money.lower())) is not None:
        return cents_of, scale / 100
    currency = _SYMBOLS.get(money.lower(), money.upper())
    if not re.fullmatch("[A-Z]{3}", currency):
        raise AnswerNotUnderstood("no unit of a price")
    return currency, scale


def _is_price(item: object) -> bool:
    return (
        isinstance(item, Mapping)
        and any(key in item for key in _STARTS)
        and any(key in item for key in _PRICES)
    )


def _slots(
    name: str, items: Sequence[Any], scale: float, rejected: list[str]
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
            price = round(price * scale, _DIGITS)
            slots.append(Slot(start, end, price, volume=number(item.get(_VOLUME))))
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
    return in_utc(value)
