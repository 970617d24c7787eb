"""What all pages have in common (AiSEG2 protocol, sections 2.0 and 4)."""

from datetime import datetime
import json
import re
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ...errors import (
    CredentialsRejected,
    PageMissing,
    PageNotUnderstood,
    RequestRefused,
)
from ..models import PageParts
from .values import JAPAN, clean

_FIRMWARE: Final = re.compile(
    r"(?:var version = '|/contents/)(Ver\.[0-9A-Za-z.\-]{1,24})"
)
_OPENED: Final = re.compile("<html", re.IGNORECASE)
_CLOSED: Final = re.compile("</html>", re.IGNORECASE)
_MOST_TAGS: Final = 6000
"""Ten times what any page has; reading some that are nested takes their square."""
_CLOCK: Final = re.compile(r"serverTime\s*=\s*'(\{[^'{}]{1,200}\})'")


def check_status(page: str, status: int) -> None:
    """Raise the error that a status stands for (section 4)."""
    if status in (401, 403):
        raise CredentialsRejected(f"status {status}")
    if status in (404, 405, 501):
        raise PageMissing(f"page {page}: status {status}")
    if 300 <= status <= 399:
        raise PageNotUnderstood(page, f"redirected, status {status}")
    if not 200 <= status <= 299:
        raise RequestRefused(f"page {page}: status {status}")


class Page:
    """An HTML page, whole and in UTF-8."""

    def __init__(self, name: str, status: int, body: bytes) -> None:
        """Take an answer; raises what keeps it from being read."""
        check_status(name, status)
        self.name = name
        self.firmware: str | None = None
        try:
            self.text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise self.wrong("not UTF-8") from None
        if match := _FIRMWARE.search(self.text):
            self.firmware = match[1]
        if not self.text.strip():
            raise self.wrong("empty")
        if _OPENED.search(self.text) and not _CLOSED.search(self.text[-200:]):
            raise self.wrong("cut off")
        if self.text.count("<") > _MOST_TAGS:
            raise self.wrong("too many tags")
        self._tree = LexborHTMLParser(self.text)

    def wrong(self, what: str) -> PageNotUnderstood:
        """Return the error for a page of which something is not as it should be."""
        return PageNotUnderstood(self.name, what, self.firmware)

    def all(self, selector: str) -> list[LexborNode]:
        """Return all elements that a selector matches."""
        return self._tree.css(selector)

    def first(self, selector: str) -> LexborNode | None:
        """Return the first element that a selector matches."""
        return self._tree.css_first(selector)

    def value(self, selector: str) -> str:
        """Return an element's text; its absence means another page."""
        if (node := self.first(selector)) is None:
            raise self.wrong(f"no {selector}")
        return clean(node.text())

    def maybe(self, selector: str) -> str | None:
        """Return an element's text, ``None`` if there is no such element."""
        node = self.first(selector)
        return None if node is None else clean(node.text())

    def variable(self, name: str) -> Any:
        """Return the JSON that a script gives a variable, ``None`` if none does."""
        start = re.search(rf"var {name}\s*=\s*", self.text)
        if start is None:
            return None
        try:
            return _DECODER.raw_decode(self.text, start.end())[0]
        except ValueError, RecursionError:
            raise self.wrong(f"{name} is not JSON") from None

    def arguments(self, marker: str) -> list[Any]:
        """Return the arguments of the call of ``init`` in whose script a word is."""
        at = self.text.find(marker)
        start = self.text.rfind("init(", 0, max(at, 0))
        end = self.text.find("</script>", max(at, 0))
        if at < 0 or start < 0 or end < 0:
            raise self.wrong(f"no {marker}")
        arguments = []
        position = start + len("init(")
        while True:
            try:
                position = _skip_space(self.text, position)
                argument, position = _DECODER.raw_decode(self.text, position)
                arguments.append(argument)
                position = _skip_space(self.text, position)
            except ValueError, IndexError, RecursionError:
                raise self.wrong(f"{marker} cannot be read") from None
            match self.text[position]:
                case ")":
                    return arguments
                case ",":
                    position += 1
                case _:
                    raise self.wrong(f"{marker} cannot be read")

    def parts(self) -> PageParts:
        """Return what every page says beside its content."""
        limited = self.first("#pvlimit_label")
        return PageParts(
            firmware=self.firmware,
            clock=self._clock(),
            demo="デモモード" in (self.maybe("#footer_mode") or ""),
            links=frozenset(
                href
                for link in self.all("#fmenu a")
                if (href := link.attributes.get("href"))
            ),
            output_limited=None if limited is None else not is_hidden(limited),
        )

    def _clock(self) -> datetime | None:
        match = _CLOCK.search(self.text)
        try:
            told = json.loads(match[1]) if match else {}
            year, month, day, hour, minute, second = (
                int(told[name])
                for name in ("year", "month", "day", "hour", "min", "sec")
            )
            return datetime(2000 + year, month, day, hour, minute, second, tzinfo=JAPAN)
        except ValueError, KeyError, TypeError, OverflowError, RecursionError:
            return None


_DECODER: Final = json.JSONDecoder()


def _skip_space(text: str, position: int) -> int:
    while text[position].isspace():
        position += 1
    return position


def is_hidden(node: LexborNode) -> bool:
    """Tell whether an element's own style hides it."""
    style = (node.attributes.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style


def classes_of(node: LexborNode) -> list[str]:
    """Return an element's classes."""
    return (node.attributes.get("class") or "").split()


def has_class(node: LexborNode, name: str) -> bool:
    """Tell whether an element has a class."""
    return name in classes_of(node)


def children(node: LexborNode, name: str) -> list[LexborNode]:
    """Return the direct children that have a class."""
    return [child for child in node.iter() if has_class(child, name)]


def joined(node: LexborNode) -> str:
    """Return a name that line breaks may have cut anywhere (section 2.3)."""
    return "".join(
        piece.strip("\n\r\t ") for piece in node.text(separator="\n").split("\n")
    )
