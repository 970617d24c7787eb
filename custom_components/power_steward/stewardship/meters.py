"""Meters that feed other meters: what is left unexplained, and when they disagree."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

PERIOD: Final = 900.0
"""Seconds over which powers are averaged, for meters are not read at the same time."""
PERIODS: Final = 4
"""How many periods in a row have to disagree."""
SHARE: Final = 0.15
"""How much of the whole may be left over, or too much."""
NOISE: Final = 5.0
"""Watts that never count as a disagreement."""


class Feed(NamedTuple):
    """A power, and the powers that it feeds."""

    whole: str
    parts: tuple[str, ...]
    complete: bool
    """Whether the parts are all that the whole feeds."""


def is_forest(feeds: Iterable[Feed]) -> bool:
    """Return whether nothing is fed twice, nor by itself through others."""
    above: dict[str, str] = {}
    for feed in feeds:
        for part in feed.parts:
            if part in above:
                return False
            above[part] = feed.whole
    for part in above:
        seen = {part}
        while (part := above.get(part, "")) and part not in seen:
            seen.add(part)
        if part:
            return False
    return True


def remainder(whole: float | None, parts: Sequence[float | None]) -> float | None:
    """Return what the parts leave of the whole, ``None`` if any of them is unknown."""
    known = [part for part in parts if part is not None]
    if whole is None or len(known) < len(parts):
        return None
    return whole - sum(known)


class CrossCheck:
    """Judges whether a whole and its parts disagree for long.

    A wrong scale or channel shows in every mean; what is only read late does not.
    """

    def __init__(self, *, complete: bool) -> None:
        """Take whether what is left over is a disagreement too."""
        self.disagrees: bool | None = None
        self.left: float | None = None
        """What was left over in the last period on average, negative if too much."""
        self._complete = complete
        self._began: float | None = None
        self._last: tuple[float, float, float] | None = None
        """A time, and the powers from then on, if they are known."""
        self._known = self._whole = self._left = 0.0
        self._streak = 0

    def add(self, time: float, whole: float | None, left: float | None) -> None:
        """Take the powers as they are from a time in seconds on."""
        if self._began is None:
            self._began = time
        if self._last is not None:
            since, old_whole, old_left = self._last
            self._known += time - since
            self._whole += (time - since) * old_whole
            self._left += (time - since) * old_left
        self._last = None if whole is None or left is None else (time, whole, left)
        if time - self._began >= PERIOD:
            if self._known >= PERIOD / 2:
                self._judge(self._whole / self._known, self._left / self._known)
            self._began = time
            self._known = self._whole = self._left = 0.0

    def _judge(self, whole: float, left: float) -> None:
        off = abs(left) if self._complete else -left
        disagree = off > max(SHARE * abs(whole), NOISE)
        self.left = left
        self._streak = self._streak + 1 if disagree else 0
        if not disagree or self._streak >= PERIODS:
            self.disagrees = disagree
