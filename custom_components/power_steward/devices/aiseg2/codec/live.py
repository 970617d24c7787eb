"""What flows right now (AiSEG2 protocol, sections 2.1 and 2.8)."""

from collections.abc import Iterable, Mapping, Sequence
import json
import math
import re
from typing import Any, Final

from ...errors import Busy, PageNotUnderstood
from ..models import GridMeter, Live, Source
from .page import Page, check_status, has_class
from .values import MAX_POWER, NOTHING, SCALE, Reader, clean, plain

_ROUNDED_OFF: Final = 50.5
"""W that the total, told in tenths of a kW, may be off."""


def parse_live(status: int, body: bytes) -> Live:
    """Read the live totals."""
    name = "electricflow/111/update"
    check_status(name, status)
    try:
        answer = json.loads(body.decode("utf-8-sig"))
    except ValueError, RecursionError:
        raise PageNotUnderstood(name, "not JSON") from None
    if not isinstance(answer, dict):
        raise PageNotUnderstood(name, "not an object")
    if "conflict" in answer and "u_capacity" not in answer:
        raise Busy("the box is in use at its own screen")
    if "u_capacity" not in answer or "lo_buy_sell" not in answer:
        raise PageNotUnderstood(name, "no u_capacity")
    read = Reader()
    kilowatts = 1000.0
    total = read.number("g_capacity", answer.get("g_capacity"), 0, MAX_POWER, kilowatts)
    sources = tuple(_sources(read, answer))
    measuring = read.flag("measReg", answer.get("measReg")) is not False
    has = {
        key: read.flag(key, answer.get(key))
        for key in ("connPv1", "connPv2", "connFc", "connSb", "connEv")
    }
    return Live(
        generation=_finer(total, sources),
        consumption=read.number(
            "u_capacity", answer.get("u_capacity"), 0, MAX_POWER, kilowatts
        ),
        direction_code=read.integer("lo_buy_sell", answer.get("lo_buy_sell")),
        sources=sources,
        battery_charge=read.number("percent", answer.get("percent"), 0, 100),
        battery_code=read.integer("charge", answer.get("charge")),
        has_battery=has["connSb"],
        has_ev=has["connEv"],
        has_generation=_any(has["connPv1"], has["connPv2"], has["connFc"]),
        measuring=measuring,
        rejected=tuple(read.rejected),
    )


def _any(*flags: bool | None) -> bool | None:
    if True in flags:
        return True
    return None if None in flags else False


def _sources(read: Reader, answer: Mapping[str, Any]) -> Iterable[Source]:
    for slot in range(1, 10):
        title = answer.get(f"g_d_{slot}_title")
        if isinstance(title, str) and clean(title):
            name = f"g_d_{slot}_capacity"
            power = read.number(name, answer.get(name), 0, MAX_POWER)
            yield Source(clean(title), power)


def _finer(total: float | None, sources: Sequence[Source]) -> float | None:
    """Return the total to the W, if it is what these sources sum up to.

    Whether a battery counts among them is not known, so the sums decide.
    """
    if total is None:
        return None
    known = [source for source in sources if source.power is not None]
    sums = [
        math.fsum(source.power or 0.0 for source in group)
        for group in (known, [item for item in known if item.kind != "battery"])
        if group
    ]
    best = min(sums, key=lambda power: abs(power - total), default=total)
    return best if abs(best - total) <= _ROUNDED_OFF else total


def parse_meter(status: int, body: bytes) -> GridMeter:
    """Read the smart meter's power; its direction is a word."""
    page = Page("smartmeter/2", status, body)
    if page.first("#valinfo") is None:
        raise page.wrong("no #valinfo")
    shown = [
        node for node in page.all("#valinfo .valimg") if not has_class(node, "disable")
    ]
    if len(shown) != 1:
        return GridMeter(page.parts(), None)
    text = plain(shown[0].text()).replace(",", "")
    if text in NOTHING:
        return GridMeter(page.parts(), None)
    match = re.fullmatch(r"(\d{1,7}(?:\.\d+)?)\s*(W|kW)\s*(.*)", text, re.DOTALL)
    if match is None:
        raise page.wrong("the meter's power is no number")
    power = float(match[1]) * SCALE.get(match[2], 1.0)
    sign = 1 if "買電" in match[3] else -1 if "売電" in match[3] else 0
    if power >= MAX_POWER or (not sign and power):
        raise page.wrong("the meter's direction is not known")
    return GridMeter(page.parts(), power * sign if power else 0.0)
