"""The Transparency Platform of ENTSO-E: XML, with a token."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import re
from typing import Final
from xml.parsers import expat

import aiohttp
from yarl import URL

from ....stewardship.price_series import PriceSeries, Slot
from ...errors import AnswerNotUnderstood, RequestRefused
from ...price_lists import in_utc
from ..codec import answer, check_status
from ..models import Answer
from ..zones import Days, Zone
from .http import get

NAME: Final = "entsoe"
URL_DEFAULT: Final = "https://web-api.tp.entsoe.eu"
_ATTRIBUTION: Final = "ENTSO-E Transparency Platform"
_WIDTHS: Final = {
    "PT15M": timedelta(minutes=15),
    "PT30M": timedelta(minutes=30),
    "PT60M": timedelta(hours=1),
    "PT1H": timedelta(hours=1),
}
_DOCUMENT: Final = "Publication_MarketDocument"
_ACKNOWLEDGEMENT: Final = "Acknowledgement_MarketDocument"
_NO_DATA: Final = "999"
_SEQUENCE: Final = "classificationSequence_AttributeInstanceComponent.position"
_REPEATS: Final = "A03"
"""The curve type in which a position left out repeats the one before."""
_MAX_SLOTS: Final = 40_000
_POSITION: Final = re.compile(r"[0-9]{1,5}")
_PRICE: Final = re.compile(r"[+-]?\d{1,9}(\.\d{1,9})?")


class Entsoe:
    """Asks for a span; whole days come."""

    name = NAME

    def __init__(
        self, session: aiohttp.ClientSession, url: URL, zone: Zone, token: str
    ) -> None:
        """Take the platform's base URL and the user's token."""
        self._session = session
        self._url = url / "api"
        self._area = zone.eic or ""
        self._token = token

    async def fetch(self, days: Days) -> Answer:
        """Ask for the days."""
        start, end = days.span
        return await get(
            self._session,
            self._url,
            parse,
            params={
                "documentType": "A44",
                "contract_MarketAgreement.type": "A01",
                "in_Domain": self._area,
                "out_Domain": self._area,
                "periodStart": f"{start:%Y%m%d%H%M}",
                "periodEnd": f"{end:%Y%m%d%H%M}",
                "securityToken": self._token,
            },
        )


def parse(status: int, retry_after: str | None, body: bytes) -> Answer:
    """Return the prices of a document, whatever status it came with."""
    if status in (401, 403, 429, 202):
        check_status(status, retry_after)
    try:
        root, reason, series = _read(body)
    except AnswerNotUnderstood:
        check_status(status, retry_after)
        raise
    if root == _ACKNOWLEDGEMENT:
        if reason != _NO_DATA:
            raise RequestRefused(f"reason {reason}")
        return Answer(series=PriceSeries(), currency="EUR")
    if root != _DOCUMENT:
        check_status(status, retry_after)
        raise AnswerNotUnderstood("another document")
    return _answer(series)


@dataclass(slots=True)
class _Period:
    """A period: texts as sent."""

    start: str = ""
    end: str = ""
    resolution: str = ""
    points: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Series:
    """A time series: texts as sent."""

    currency: str = ""
    unit: str = ""
    curve: str = ""
    sequence: str = ""
    periods: list[_Period] = field(default_factory=list)


def _answer(series: Iterable[_Series]) -> Answer:
    series = list(series)
    if any(one.sequence for one in series):
        # The others are other auctions.
        series = [one for one in series if one.sequence == "1"]
    currencies = {one.currency for one in series}
    if len(currencies) > 1 or any(one.unit not in ("MWH", "") for one in series):
        raise AnswerNotUnderstood("another unit")
    if not all(re.fullmatch("[A-Z]{3}", currency) for currency in currencies):
        raise AnswerNotUnderstood("no currency")
    slots: list[Slot] = []
    rejected: list[str] = []
    for one in series:
        for period in one.periods:
            slots += _slots(period, rejected, repeats=one.curve == _REPEATS)
    return answer(
        slots, currencies.pop() if currencies else "EUR", _ATTRIBUTION, rejected
    )


def _slots(period: _Period, rejected: list[str], *, repeats: bool) -> Iterator[Slot]:
    """Return all slots of a period, omitted ones too, up to its end."""
    width = _WIDTHS.get(period.resolution)
    start, end = _time(period.start), _time(period.end)
    if width is None or start >= end or (end - start) % width:
        raise AnswerNotUnderstood("no period")
    count = (end - start) // width
    if count > _MAX_SLOTS:
        raise AnswerNotUnderstood("a period too long")
    prices: dict[int, float | None] = {}
    for position, text in period.points:
        place = int(position) if _POSITION.fullmatch(position) else 0
        if not 1 <= place <= count:
            raise AnswerNotUnderstood("a position out of its period")
        told = float(text) if _PRICE.fullmatch(text) else None
        if told is None:
            rejected.append(f"position {place}")
        if prices.setdefault(place, told) != told:
            raise AnswerNotUnderstood("two prices for a position")
    price: float | None = None
    for place in range(1, count + 1):
        price = prices.get(place, price if repeats else None)
        if price is not None:
            begin = start + (place - 1) * width
            yield Slot(begin, begin + width, price, NAME)


def _time(text: str) -> datetime:
    try:
        told = datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError as err:
        raise AnswerNotUnderstood("no time") from err
    return in_utc(told)


def _read(body: bytes) -> tuple[str, str, list[_Series]]:
    """Return the name of the document, the reason it states, and its series.

    Names are told apart without their namespace, which changes with every version. A
    document type declaration, the home of all XML bombs, ends the reading at once.
    """
    reader = _Reader()
    parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(body, True)
    except expat.ExpatError as err:
        raise AnswerNotUnderstood("not XML") from err
    return reader.root, reader.reason, reader.series


class _Reader:
    """Takes what is needed from a document as it passes by."""

    def __init__(self) -> None:
        self.root = ""
        self.reason = ""
        self.series: list[_Series] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._position = ""
        self._price = ""

    def doctype(self, *_: object) -> None:
        raise AnswerNotUnderstood("a document type declaration")

    def start(self, name: str, _: object) -> None:
        name = name.rpartition(" ")[2]
        if not self._path:
            self.root = name
        self._path.append(name)
        self._text = []
        if name == "TimeSeries":
            self.series.append(_Series())
        elif name == "Period" and self.series:
            self.series[-1].periods.append(_Period())
        elif name == "Point":
            self._position = self._price = ""

    def characters(self, text: str) -> None:
        self._text.append(text)

    def end(self, name: str) -> None:
        text = "".join(self._text).strip()
        self._text = []
        self._path.pop()
        name = name.rpartition(" ")[2]
        parent = self._path[-1] if self._path else ""
        if (parent, name) == ("Reason", "code"):
            self.reason = "".join(filter(str.isalnum, text[:8]))
        elif parent == "TimeSeries" and self.series:
            self._end_in_series(self.series[-1], name, text)
        elif self.series and self.series[-1].periods:
            self._end_in_period(self.series[-1].periods[-1], parent, name, text)

    @staticmethod
    def _end_in_series(series: _Series, name: str, text: str) -> None:
        match name:
            case "currency_Unit.name":
                series.currency = text
            case "price_Measure_Unit.name":
                series.unit = text
            case "curveType":
                series.curve = text
            case _ if name == _SEQUENCE:
                series.sequence = text

    def _end_in_period(
        self, period: _Period, parent: str, name: str, text: str
    ) -> None:
        match parent, name:
            case "timeInterval", "start":
                period.start = text
            case "timeInterval", "end":
                period.end = text
            case "Period", "resolution":
                period.resolution = text
            case "Point", "position":
                self._position = text
            case "Point", "price.amount":
                self._price = text
            case "Period", "Point":
                period.points.append((self._position, self._price))
