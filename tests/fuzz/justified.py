"""Whether a message justifies a number that was read from it."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
import html
import re
from typing import Any, Final
import unicodedata

_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_TAG: Final = re.compile("<[^<>]*>")
_GROUPED: Final = re.compile(r"\d+(?:,\d+)+(?:\.\d*)?")


def _rounded(number: float) -> str:
    return f"{number:.9g}"


class Numbers:
    """The numbers that stand in a text, also in full width, as entities, around tags."""

    def __init__(self, text: str) -> None:
        """Take the text."""
        self._known = {"0", "-0"} if re.search(r"\d", text) else set()
        for form in {text, html.unescape(text), _TAG.sub("", text)}:
            plain = unicodedata.normalize("NFKC", form)
            for digits in _NUMBER.findall(plain) + _GROUPED.findall(plain):
                number = float(digits.replace(",", ""))
                self._known |= {_rounded(number), _rounded(-number)}

    def justify(self, value: float, scales: Iterable[float] = (1.0,)) -> bool:
        """Return whether a value is one of them, times one of the scales."""
        return any(_rounded(value / scale) in self._known for scale in scales)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Find the values of a result, each with the names of fields that lead to it."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        members = value._asdict().items()
    elif is_dataclass(value) and not isinstance(value, type):
        members = {
            field.name: getattr(value, field.name) for field in fields(value)
        }.items()
    elif isinstance(value, dict):
        members = value.items()
    elif isinstance(value, tuple | list | frozenset | set):
        members = [("", member) for member in value]
    else:
        yield path, value
        return
    for name, member in members:
        yield from leaves(member, f"{path}.{name}" if name else path)


def is_number(value: object) -> bool:
    """Return whether a leaf is a number, and not a flag."""
    return isinstance(value, int | float) and not isinstance(value, bool)
