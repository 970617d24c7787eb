"""SMARD of the German Bundesnetzagentur: files of a week each."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import aiohttp
from yarl import URL

from ....stewardship.price_series import WIDTHS, PriceSeries, Slot
from ...errors import AnswerNotUnderstood
from ...price_lists import number
from ..codec import answer, check_status, json_of, moment
from ..models import Answer
from ..zones import Days, Zone
from .http import get

NAME: Final = "smard"
URL_DEFAULT: Final = "https://www.smard.de"
_ATTRIBUTION: Final = "CC BY 4.0, Bundesnetzagentur | SMARD.de"
_REGION: Final = "DE"
_WEEK: Final = timedelta(days=7, hours=1)
"""A week with the clock change in it."""


class Smard:
    """Asks for an index of files, then for the files that the days are in."""

    name = NAME

    def __init__(self, session: aiohttp.ClientSession, url: URL, zone: Zone) -> None:
        """Take the site's base URL."""
        self._session = session
        self._folder = url / f"app/chart_data/{zone.smard}/{_REGION}"
        self._prefix = f"{zone.smard}_{_REGION}"

    async def fetch(self, days: Days) -> Answer:
        """Ask for the days in quarter hours."""
        index = await get(
            self._session, self._folder / "index_quarterhour.json", parse_index
        )
        span = days.span
        slots: list[Slot] = []
        rejected: tuple[str, ...] = ()
        for start in index:
            if start < span.end and start + _WEEK > span.start:
                name = (
                    f"{self._prefix}_quarterhour_{int(start.timestamp() * 1000)}.json"
                )
                part = await get(self._session, self._folder / name, parse)
                slots += part.series
                rejected += part.rejected
        return answer(slots, "EUR", _ATTRIBUTION, rejected)


def parse_index(
    status: int, retry_after: str | None, body: bytes
) -> tuple[datetime, ...]:
    """Return when the weeks of the files begin."""
    if status == 404:
        return ()
    check_status(status, retry_after)
    content = json_of(body)
    times = content.get("timestamps") if isinstance(content, Mapping) else None
    if not isinstance(times, list):
        raise AnswerNotUnderstood("no index")
    return tuple(moment(time, 1000) for time in times)


def parse(status: int, retry_after: str | None, body: bytes) -> Answer:
    """Return the prices of a file; ``null`` is a price yet to come."""
    if status == 404:
        return Answer(series=PriceSeries(), currency="EUR")
    check_status(status, retry_after)
    content = json_of(body)
    rows = content.get("series") if isinstance(content, Mapping) else None
    if not isinstance(rows, list):
        raise AnswerNotUnderstood("no prices")
    slots, rejected = [], []
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != 2:
            raise AnswerNotUnderstood("no prices")
        start = moment(row[0], 1000)
        if (price := number(row[1])) is not None:
            slots.append(Slot(start, start + WIDTHS[0], price, NAME))
        elif row[1] is not None:
            rejected.append(f"price {index}")
    return answer(slots, "EUR", _ATTRIBUTION, rejected)
