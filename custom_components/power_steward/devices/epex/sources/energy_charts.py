"""Energy-Charts of Fraunhofer ISE."""

from collections.abc import Mapping
from typing import Final

import aiohttp
from yarl import URL

from ....stewardship.price_series import PriceSeries, Slot
from ...errors import AnswerNotUnderstood
from ...price_lists import ends, number
from ..codec import answer, check_status, json_of, moment
from ..models import Answer
from ..zones import Days, Zone
from .http import get

NAME: Final = "energy_charts"
URL_DEFAULT: Final = "https://api.energy-charts.info"
_MAX_TEXT: Final = 400


class EnergyCharts:
    """Asks for days of the zone's own clock, the last included."""

    name = NAME

    def __init__(self, session: aiohttp.ClientSession, url: URL, zone: Zone) -> None:
        """Take the service's base URL."""
        self._session = session
        self._url = url / "price"
        self._zone = zone

    async def fetch(self, days: Days) -> Answer:
        """Ask for the days."""
        dates = days.on(self._zone.clock)
        return await get(
            self._session,
            self._url,
            parse,
            params={
                "bzn": self._zone.code,
                "start": dates[0].isoformat(),
                "end": dates[-1].isoformat(),
            },
        )


def parse(status: int, retry_after: str | None, body: bytes) -> Answer:
    """Return the prices of an answer; HTTP 404 means that there are none."""
    if status in (204, 404):
        return Answer(series=PriceSeries(), currency="EUR")
    check_status(status, retry_after)
    content = json_of(body)
    if not isinstance(content, Mapping):
        raise AnswerNotUnderstood("no prices")
    times, prices = content.get("unix_seconds"), content.get("price")
    if not isinstance(times, list) or not isinstance(prices, list):
        raise AnswerNotUnderstood("no prices")
    if len(times) != len(prices):
        raise AnswerNotUnderstood("not as many prices as times")
    # The unit takes many shapes, but another energy than MWh is another price.
    if "kwh" in str(content.get("unit", "")).lower():
        raise AnswerNotUnderstood("prices per kWh")
    starts = [moment(time) for time in times]
    if starts != sorted(set(starts)):
        raise AnswerNotUnderstood("times out of order")
    slots, rejected = [], []
    for index, (start, end, value) in enumerate(
        zip(starts, ends(starts), prices, strict=True)
    ):
        if (price := number(value)) is not None:
            slots.append(Slot(start, end, price, NAME))
        elif value is not None:
            rejected.append(f"price {index}")
    licence = content.get("license_info")
    return answer(
        slots,
        "EUR",
        licence[:_MAX_TEXT] if isinstance(licence, str) else None,
        rejected,
    )
