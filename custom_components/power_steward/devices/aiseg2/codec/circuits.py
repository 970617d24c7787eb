"""The circuits: their powers and their catalogue (AiSEG2 protocol, 2.3, 2.5)."""

from collections.abc import Sequence
import math
import re
from typing import Final

from selectolax.lexbor import LexborNode

from ...errors import AnswerNotUnderstood
from ..models import Catalogue, Circuit, CircuitPage, CircuitPower
from .page import Page, children, classes_of, joined
from .values import MAX_POWER, NOTHING, clean, is_dict, quantity

_HIGHEST_BAR: Final = 1e6
"""Pixels; real bars have some hundreds."""


def parse_circuit_page(status: int, body: bytes) -> CircuitPage:
    """Read one page of the live list."""
    page = Page("electricflow/1113", status, body)
    slots = [
        node
        for node in page.all("[id^=stage_]")
        if re.fullmatch(r"stage_\d{1,2}", node.attributes.get("id") or "")
    ]
    places = [slot.attributes.get("id") for slot in slots]
    if places != [f"stage_{number}" for number in range(1, len(slots) + 1)]:
        raise page.wrong("circuits are missing")
    if not slots and page.first("#m_capacity") is None:
        raise page.wrong("no #stage_1")
    circuits = [circuit for slot in slots if (circuit := _slot(page, slot)) is not None]
    _check_bars(page, circuits)
    served, has_next = _tabs(page)
    return CircuitPage(page.parts(), served, has_next, tuple(circuits))


def _slot(page: Page, slot: LexborNode) -> CircuitPower | None:
    names, values = (children(slot, name) for name in ("c_device", "c_value"))
    if not names or not values:
        raise page.wrong("a circuit without .c_device or .c_value")
    name, text = joined(names[0]), clean(values[0].text())
    if not name and not text:
        return None
    if not text:
        return CircuitPower(name, 0.0)
    try:
        read = quantity(text)
    except AnswerNotUnderstood:
        raise page.wrong("a circuit's power is no number") from None
    if read is not None and not (
        read.unit in ("W", "kW") and 0 <= read.value < MAX_POWER
    ):
        raise page.wrong("a circuit's power cannot be right")
    return CircuitPower(name, None if read is None else read.value)


def _check_bars(page: Page, circuits: Sequence[CircuitPower]) -> None:
    """Make sure that powers and the bars drawn for them are in proportion."""
    bars = page.variable("graph_data")
    if not isinstance(bars, list) or len(bars) != len(circuits):
        return
    points = [
        (circuit.power, float(bar))
        for circuit, bar in zip(circuits, bars, strict=True)
        if circuit.power is not None
        and isinstance(bar, int | float)
        and abs(bar) <= _HIGHEST_BAR  # NaN is not either
    ]
    if len(points) < 2:
        return
    (high, top), (low, bottom) = max(points), min(points)
    if high == low:
        steady = all(abs(bar - top) < 0.01 for _, bar in points)
        if not steady:
            raise page.wrong("powers and bars disagree")
        return
    for power, bar in points:
        drawn = low + (bottom - bar) * (high - low) / ((bottom - top) or math.inf)
        if abs(drawn - power) > 0.5:
            raise page.wrong("powers and bars disagree")


def _tabs(page: Page) -> tuple[int | None, bool | None]:
    """Return the page that the tab bar marks, and whether it leads further."""
    served: int | None = None
    reachable: set[int] = set()
    has_next_group = False
    area = page.first("#tab-area")
    if area is None:
        return None, None
    for tab in area.css("[class*=tab-desc-]"):
        classes = classes_of(tab)
        number = next(
            (
                int(match[1])
                for name in classes
                if (match := re.fullmatch(r"tab-desc-(\d{1,3})", name))
            ),
            None,
        )
        if number is not None and "tab-active" in classes:
            served = number
        has_next_group = has_next_group or "tab-desc-next" in classes
        link = re.search(r"1113\?id=(\d{1,3})\b", tab.attributes.get("href") or "")
        if link is not None and "tab-desc-prev" not in classes:
            reachable.add(int(link[1]))
    here = served or 1
    return served, has_next_group or any(number > here for number in reachable)


def parse_catalogue(status: int, body: bytes) -> Catalogue:
    """Read the circuit catalogue."""
    page = Page("setting/installation/734", status, body)
    arguments = page.arguments("arrayCircuitNameList")
    entries = (
        arguments[0].get("arrayCircuitNameList") if is_dict(arguments[0]) else None
    )
    if not isinstance(entries, list):
        raise page.wrong("no list of circuits")
    circuits = []
    for entry in entries:
        if not is_dict(entry):
            raise page.wrong("a circuit is no object")
        if str(entry.get("strBtnType")) != "1":
            continue
        number = str(entry.get("strId"))
        if not re.fullmatch(r"\d{1,4}", number, re.ASCII):
            raise page.wrong("a circuit without a number")
        name = clean(str(entry.get("strCircuit") or ""))
        circuits.append(
            Circuit(
                int(number),
                "" if name in NOTHING else name,
                clean(str(entry.get("strLabel") or "")),
            )
        )
    if len({circuit.number for circuit in circuits}) != len(circuits):
        raise page.wrong("a circuit's number twice")
    return Catalogue(page.parts(), tuple(circuits))
