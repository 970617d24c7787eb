"""Numbers and texts as the pages write them (AiSEG2 protocol, section 3)."""

from datetime import timedelta, timezone
import hashlib
import re
from typing import Final, NamedTuple
import unicodedata

from ...errors import AnswerNotUnderstood

JAPAN: Final = timezone(timedelta(hours=9), "JST")
"""The box's time; Japan has no daylight saving."""
MAX_POWER: Final = 1_000_000.0
"""W; a home stays far below."""

_NUMBER: Final = re.compile(
    r"([+-]?\d{1,15}(?:\.\d{1,9})?)\s*"
    r"(W|kW|Wh|kWh|l|L|m3|%|円|°C|V|A)?",
    re.ASCII,
)
NOTHING: Final = frozenset({"", "-", "--", "―", "－"})
SCALE: Final = {"kW": 1000.0, "Wh": 0.001}
"""To W and kWh."""


class Quantity(NamedTuple):
    """A number and its unit, already in W and kWh."""

    value: float
    unit: str | None


def clean(text: str) -> str:
    """Return a text without the spaces around it, wide ones included."""
    return text.strip()


def plain(text: str) -> str:
    """Return a text with full-width letters and digits made narrow."""
    return unicodedata.normalize("NFKC", text).strip()


def name_key(name: str) -> str:
    """Return what is the same for one name on all pages (section 2.3)."""
    return re.sub(r"[\s・･]", "", unicodedata.normalize("NFKC", name))


def digest(text: str) -> str:
    """Return a short ASCII stand-in for a name."""
    return hashlib.sha256(name_key(text).encode()).hexdigest()[:8]


def quantity(value: object) -> Quantity | None:
    """Read a number sent as a number or as text; ``None`` if there is none.

    Raises ``AnswerNotUnderstood`` for what is neither: missing must never become 0.
    """
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not abs(value) <= 1e15:  # NaN is not either
            raise AnswerNotUnderstood("not finite")
        return Quantity(float(value), None)
    if not isinstance(value, str):
        raise AnswerNotUnderstood("neither number nor text")
    text = plain(value).replace(",", "")
    if text in NOTHING:
        return None
    if (match := _NUMBER.fullmatch(text)) is None:
        raise AnswerNotUnderstood("no number")
    unit = match[2]
    return Quantity(float(match[1]) * SCALE.get(unit or "", 1.0), unit)


class Reader:
    """Reads values within limits; notes the names of those it has to turn down."""

    def __init__(self) -> None:
        """Begin with nothing turned down."""
        self.rejected: list[str] = []

    def number(
        self, name: str, value: object, low: float, high: float, scale: float = 1.0
    ) -> float | None:
        """Return a number; ``scale`` is that of a number without a unit."""
        try:
            read = quantity(value)
        except AnswerNotUnderstood:
            self.rejected.append(name)
            return None
        if read is None:
            return None
        number = read.value * (scale if read.unit is None else 1.0)
        if not low <= number <= high:
            self.rejected.append(name)
            return None
        return number

    def integer(self, name: str, value: object, low: int = -1000) -> int | None:
        """Return a small whole number."""
        number = self.number(name, value, low, 1000)
        if number is not None and not number.is_integer():
            self.rejected.append(name)
            return None
        return None if number is None else int(number)

    def flag(self, name: str, value: object) -> bool | None:
        """Return whether a number is not zero."""
        number = self.integer(name, value)
        return None if number is None else number != 0


def is_dict(value: object) -> bool:
    """Tell whether a JSON value is an object."""
    return isinstance(value, dict)
