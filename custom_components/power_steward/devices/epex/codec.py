"""What all sources' answers have to pass: numbers, slots, plausibility."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
import json
import math
import re
from typing import Any, Final

from ...stewardship.price_series import WIDTHS, Overlap, PriceSeries, Slot
from ..errors import (
    AnswerNotUnderstood,
    CredentialsRejected,
    RateLimited,
    RequestRefused,
)
from .models import Answer

_LIMITS: Final = {"EUR": 10_000.0, "CHF": 10_000.0, "GBP": 10_000.0}
"""Highest price per MWh that is believed, ten times the market's own limits or so."""
_LIMIT: Final = 5_000_000.0
"""The same for currencies of any value."""
_SMALL: Final = 1.0
"""Below this, all of a day's prices per MWh may be prices per kWh."""
_MARKET_DECIMALS: Final = 2
_SECONDS: Final = re.compile(r"\d{1,6}")

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


def check_status(status: int, retry_after: str | None = None) -> None:
    """Raise what an HTTP status that brings no prices means."""
    if status in (401, 403):
        raise CredentialsRejected(f"status {status}")
    if status == 429:
        raise RateLimited(f"status {status}", seconds_of(retry_after))
    if status == 202:
        # What comes with it is a page that asks for a browser.
        raise AnswerNotUnderstood("status 202")
    if not 200 <= status <= 299:
        raise RequestRefused(f"status {status}")


def seconds_of(retry_after: str | None) -> float | None:
    """Return the seconds of a Retry-After; a date is not understood."""
    text = (retry_after or "").strip()
    return float(text) if _SECONDS.fullmatch(text) else None


def json_of(body: bytes) -> Any:
    """Return what a body of JSON holds."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as err:
        raise AnswerNotUnderstood("not JSON") from err


def number(value: object) -> float | None:
    """Return a finite number, ``None`` for anything else: texts are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def moment(value: object, scale: float = 1) -> datetime:
    """Return the moment that a number of seconds, or of 1/``scale`` seconds, means."""
    seconds = number(value)
    if seconds is None or seconds % scale:
        raise AnswerNotUnderstood("no time")
    try:
        return datetime.fromtimestamp(seconds / scale, UTC)
    except (ValueError, OverflowError, OSError) as err:
        raise AnswerNotUnderstood("no time") from err


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


def answer(
    slots: Iterable[Slot],
    currency: str,
    attribution: str | None = None,
    rejected: Sequence[str] = (),
    *,
    known_unit: bool = False,
) -> Answer:
    """Return slots as an answer if they can be slots of a market's prices."""
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
    limit = _LIMITS.get(currency, _LIMIT)
    if any(abs(slot.price) > limit for slot in series):
        raise AnswerNotUnderstood("prices beyond all limits")
    if not known_unit and _looks_like_kwh([slot.price for slot in series]):
        raise AnswerNotUnderstood("prices per kWh in place of MWh")
    return Answer(
        series=series,
        currency=currency,
        attribution=attribution,
        rejected=tuple(rejected),
    )


def _looks_like_kwh(prices: Sequence[float]) -> bool:
    """Tell prices per kWh: all small, and finer than the market's prices per MWh."""
    return all(abs(price) < _SMALL for price in prices) and any(
        round(price, _MARKET_DECIMALS) != price for price in prices
    )


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
