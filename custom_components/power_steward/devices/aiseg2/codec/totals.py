"""Totals of the day (AiSEG2 protocol, sections 2.6 and 2.7)."""

from datetime import date, timedelta
import math
import re
from typing import Final

from ...errors import AnswerNotUnderstood
from ..models import DayGraph
from .page import Page
from .values import NOTHING, SCALE, Reader, plain, quantity

MAX_DAY_TOTAL: Final = 24_000.0
"""kWh of a day at the largest power; no home uses so many litres either."""


_UNITS: Final = {"kWh": "kWh", "Wh": "kWh", "L": "L", "l": "L", "m3": "m3", "円": "円"}


def parse_graph(status: int, body: bytes, name: str) -> DayGraph:
    """Read a day's total."""
    page = Page(name, status, body)
    text, unit = page.value("#val_kwh"), plain(page.value("#unit_kwh"))
    if unit not in _UNITS:
        raise page.wrong("unit not known")
    data = page.variable("graph_data")
    data = data if isinstance(data, dict) else {}
    value = _total(page, f"{text}{unit}" if text not in NOTHING else text)
    if "totalValue" in data:
        repeated = _total(page, data["totalValue"])
        scale = SCALE.get(unit, 1.0)
        if (repeated is None) != (value is None) or (
            repeated is not None
            and value is not None
            and abs(repeated * scale - value) > 1e-6
        ):
            raise page.wrong("the total and its repetition disagree")
    day = _day(page)
    return DayGraph(
        parts=page.parts(),
        day=day,
        value=value,
        unit=_UNITS[unit],
        day_before=_day_before(page, day, data.get("total2")),
        quantities=frozenset(
            int(match[1])
            for button in page.all("#g_cbtn_wrapper [href]")
            if (
                match := re.fullmatch(
                    r"/page/graph/5([1-7])111", button.attributes.get("href") or ""
                )
            )
        ),
        sale_price=_price(page),
    )


def _total(page: Page, raw: object) -> float | None:
    try:
        read = quantity(raw)
    except AnswerNotUnderstood:
        raise page.wrong("the total is no number") from None
    if read is None:
        return None
    if not 0 <= read.value <= MAX_DAY_TOTAL:
        raise page.wrong("the total cannot be right")
    return read.value


def _day(page: Page) -> date | None:
    """Return the day that the page names; its script must name the same."""
    if (text := page.maybe("#val_current")) is None:
        return None
    match = re.fullmatch(r"(\d{4})/(\d{1,2})/(\d{1,2})", plain(text), re.ASCII)
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        day = None
    if day is None:
        raise page.wrong("no date")
    tabs = page.variable("tabs")
    repeated = tabs.get("day") if isinstance(tabs, dict) else None
    if repeated is not None and repeated != [day.year, day.month, day.day]:
        raise page.wrong("the date and its repetition disagree")
    return day


def _day_before(page: Page, day: date | None, hours: object) -> float | None:
    """Return the total of the day before, if that is the day compared with."""
    compared = plain(page.maybe("#val_last") or "")
    if day is None or day == date.min:
        return None
    if compared != f"{day - timedelta(days=1):%m/%d}":
        return None
    if not isinstance(hours, list) or len(hours) != 24:
        return None
    try:
        read = [quantity(hour) for hour in hours]
    except AnswerNotUnderstood:
        return None
    told = [hour.value for hour in read if hour is not None and hour.value >= 0]
    total = round(math.fsum(told), 3)
    return total if len(told) == 24 and total <= MAX_DAY_TOTAL else None


def _price(page: Page) -> float | None:
    return Reader().number("val_sale", page.maybe("#val_sale"), 0, 10_000)
