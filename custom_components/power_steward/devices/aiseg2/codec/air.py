"""Temperature and humidity (AiSEG2 protocol, section 2.9)."""

import re

from selectolax.lexbor import LexborNode

from ..models import AirPage, Place
from .page import Page, classes_of, is_hidden, joined


def parse_air(status: int, body: bytes) -> AirPage:
    """Read one page of places; its digits are pictures, told by their classes."""
    page = Page("airenvironment/41", status, body)
    blocks = [
        node
        for node in page.all("[id^=base]")
        if node.css_first(".txt_name") is not None
    ]
    if not blocks and page.first("#area") is None and page.first("#main") is None:
        raise page.wrong("no #base1_1")
    places = []
    for block in blocks:
        name = block.css_first(".txt_name")
        if name is not None and (text := joined(name)):
            places.append(
                Place(
                    text,
                    _pictured(block.css_first(".num_ond"), -60, 100),
                    _pictured(block.css_first(".num_shitudo"), 0, 100),
                )
            )
    return AirPage(page.parts(), tuple(places))


def _pictured(node: LexborNode | None, low: float, high: float) -> float | None:
    """Return a number drawn with one element for each character."""
    if node is None or is_hidden(node):
        return None
    text = ""
    for element in node.iter():
        classes = classes_of(element)
        if "num_dot" in classes:
            text += "."
        elif "num" in classes:
            drawn = [name for name in classes if name != "num"]
            if drawn == ["no_minus"]:
                text += "-"
            elif len(drawn) == 1 and re.fullmatch(r"no\d", drawn[0], re.ASCII):
                text += drawn[0][2:]
            else:
                return None
    if not re.fullmatch(r"-?\d{1,3}(\.\d)?", text, re.ASCII):
        return None
    number = float(text)
    return number if low <= number <= high else None
