"""What all sources' answers have to pass: numbers, slots, plausibility."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
import json
import re
from typing import Any, Final

from ...stewardship.price_series import Slot
from ..errors import (
    AnswerNotUnderstood,
    CredentialsRejected,
    RateLimited,
    RequestRefused,
)
from ..price_lists import in_utc, number, series_of
from .models import Answer

_LIMITS: Final = {"EUR": 10_000.0, "CHF": 10_000.0, "GBP": 10_000.0}
"""Highest price per MWh that is believed, ten times the market's own limits or so."""
_LIMIT: Final = 5_000_000.0
"""The same for currencies of any value."""
_SMALL: Final = 1.0
"""Below this, all of a day's prices per MWh may be prices per kWh."""
_MARKET_DECIMALS: Final = 2
_SECONDS: Final = re.compile(r"\d{1,6}")


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


def moment(value: object, scale: float = 1) -> datetime:
    """Return the moment that a number of seconds, or of 1/``scale`` seconds, means."""
    seconds = number(value)
    if seconds is None or seconds % scale:
        raise AnswerNotUnderstood("no time")
    try:
        return in_utc(datetime.fromtimestamp(seconds / scale, UTC))
    except (ValueError, OverflowError, OSError) as err:
        raise AnswerNotUnderstood("no time") from err


def answer(
    slots: Iterable[Slot],
    currency: str,
    attribution: str | None = None,
    rejected: Sequence[str] = (),
    *,
    known_unit: bool = False,
) -> Answer:
    """Return slots as an answer if they can be slots of a market's prices."""
    series = series_of(slots)
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
