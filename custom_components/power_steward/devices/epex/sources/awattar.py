"""aWATTar, for Germany and Austria: hours only."""

from collections.abc import Mapping
from typing import Final

import aiohttp
from yarl import URL

from ....stewardship.price_series import PriceSeries, Slot
from ...errors import AnswerNotUnderstood
from ...price_lists import number
from ..codec import answer, check_status, json_of, moment
from ..models import Answer
from ..zones import Days, Zone
from .http import get

NAME: Final = "awattar"
_ATTRIBUTION: Final = "aWATTar"
_UNIT: Final = "eur/mwh"


def url_default(zone: Zone) -> str:
    """Return the address for a zone."""
    return f"https://api.awattar.{zone.awattar}"


class Awattar:
    """Asks for a span."""

    name = NAME

    def __init__(self, session: aiohttp.ClientSession, url: URL) -> None:
        """Take the service's base URL, which tells the zone."""
        self._session = session
        self._url = url / "v1/marketdata"

    async def fetch(self, days: Days) -> Answer:
        """Ask for the days."""
        start, end = days.span
        return await get(
            self._session,
            self._url,
            parse,
            params={
                "start": str(int(start.timestamp() * 1000)),
                "end": str(int(end.timestamp() * 1000)),
            },
        )


def parse(status: int, retry_after: str | None, body: bytes) -> Answer:
    """Return the prices of an answer."""
    if status in (204, 404):
        return Answer(series=PriceSeries(), currency="EUR")
    check_status(status, retry_after)
    content = json_of(body)
    items = content.get("data") if isinstance(content, Mapping) else None
    if not isinstance(items, list):
        raise AnswerNotUnderstood("no prices")
    slots, rejected = [], []
    for index, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise AnswerNotUnderstood("no prices")
        if str(item.get("unit", _UNIT)).lower().replace(" ", "") != _UNIT:
            raise AnswerNotUnderstood("another unit")
        start = moment(item.get("start_timestamp"), 1000)
        end = moment(item.get("end_timestamp"), 1000)
        if (price := number(item.get("marketprice"))) is None:
            rejected.append(f"price {index}")
        else:
            slots.append(Slot(start, end, price, NAME))
    return answer(slots, "EUR", _ATTRIBUTION, rejected)
