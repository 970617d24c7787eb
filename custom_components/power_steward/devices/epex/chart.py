"""The picture of today's and tomorrow's prices, as SVG.

All colours are of middle brightness on a transparent ground, so that it can be read on
light and on dark pages alike.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
import math
from typing import Final
from zoneinfo import ZoneInfo

from ...stewardship.price_series import Slot
from .models import Picture

_WIDTH: Final = 960
_HEIGHT: Final = 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 28, 34
_TEXT: Final = "#808080"
_GRID: Final = "#80808055"
_BAR: Final = "#3f8fd2"
_DEAR: Final = "#d9822b"
_NEGATIVE: Final = "#2f9e6e"
_NOW: Final = "#e0483e"
_CHEAP: Final = "#2f9e6e33"
_STEPS: Final = (1, 2, 2.5, 5, 10)


def draw(picture: Picture) -> bytes:
    """Return the chart; without prices, an empty one."""
    return "".join(_Chart(picture).parts()).encode()


class _Chart:
    """Turns moments and prices into places."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._clock = ZoneInfo(picture.clock)
        self._slots = list(picture.series)
        prices = [slot.price * picture.scale for slot in self._slots] or [0.0]
        self._step = _nice((max(*prices, 0.0) - min(*prices, 0.0)) / 5)
        self._low = math.floor(min(*prices, 0.0) / self._step) * self._step
        self._high = math.ceil(max(*prices, 0.0) / self._step) * self._step
        if self._low == self._high:
            self._high += self._step
        self._average = sum(prices) / len(prices)

    def parts(self) -> Iterator[str]:
        """Return the parts of the document."""
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            f'width="{_WIDTH}" height="{_HEIGHT}" role="img" '
            f'font-family="Roboto,Helvetica,Arial,sans-serif" font-size="13" '
            f'fill="{_TEXT}">'
        )
        yield f'<text x="{_LEFT}" y="17">{self._picture.unit}</text>'
        if self._slots:
            yield from self._cheap()
            yield from self._bars()
            yield from self._lines()
            yield from self._hours()
            yield from self._now()
        yield "</svg>"

    def _x(self, moment: datetime) -> float:
        start, end = self._slots[0].start, self._slots[-1].end
        return _LEFT + (moment - start) / (end - start) * (_WIDTH - _LEFT - _RIGHT)

    def _y(self, price: float) -> float:
        share = (price - self._low) / (self._high - self._low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def _cheap(self) -> Iterator[str]:
        start, end = self._slots[0].start, self._slots[-1].end
        for window in self._picture.cheap:
            for run in window.runs:
                if run.end > start and run.start < end:
                    left = self._x(max(run.start, start))
                    width = self._x(min(run.end, end)) - left
                    yield (
                        f'<rect x="{left:.1f}" y="{_TOP}" width="{width:.1f}" '
                        f'height="{_HEIGHT - _TOP - _BOTTOM}" fill="{_CHEAP}"/>'
                    )

    def _bars(self) -> Iterator[str]:
        zero = self._y(0)
        paths: dict[str, list[str]] = {_BAR: [], _DEAR: [], _NEGATIVE: []}
        for slot in self._slots:
            paths[self._colour(slot)].append(self._bar(slot, zero))
        for colour, bars in paths.items():
            if bars:
                yield f'<path fill="{colour}" d="{"".join(bars)}"/>'

    def _colour(self, slot: Slot) -> str:
        if slot.price < 0:
            return _NEGATIVE
        return _DEAR if slot.price * self._picture.scale > self._average else _BAR

    def _bar(self, slot: Slot, zero: float) -> str:
        left, right = self._x(slot.start), self._x(slot.end)
        top = self._y(slot.price * self._picture.scale)
        gap = min(1.0, (right - left) / 5)
        return f"M{left:.1f} {zero:.1f}V{top:.1f}H{right - gap:.1f}V{zero:.1f}Z"

    def _lines(self) -> Iterator[str]:
        digits = max(0, -math.floor(math.log10(self._step) + 1e-9))
        if round(self._step, digits) != self._step:
            digits += 1
        for index in range(round((self._high - self._low) / self._step) + 1):
            price = self._low + index * self._step
            y = self._y(price)
            yield (
                f'<path stroke="{_GRID}" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
                f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
                f"{price + 0.0:.{digits}f}</text>"
            )

    def _hours(self) -> Iterator[str]:
        """Mark every third hour of the clock, and midnight by its date."""
        first = self._slots[0].start.astimezone(self._clock)
        at = first.replace(minute=0, second=0, microsecond=0)
        moment = self._slots[0].start - (first - at)
        while moment < self._slots[-1].end:
            local = moment.astimezone(self._clock)
            if local.hour % 3 == 0 and moment >= self._slots[0].start:
                x = self._x(moment)
                text = f"{local:%H}"
                if local.hour == 0:
                    text = f"{local.day}.{local.month}."
                    yield (
                        f'<path stroke="{_TEXT}" d="M{x:.1f} {_TOP}'
                        f'V{_HEIGHT - _BOTTOM + 5}"/>'
                    )
                yield (
                    f'<text x="{x:.1f}" y="{_HEIGHT - 12}" text-anchor="middle">'
                    f"{text}</text>"
                )
            moment += timedelta(hours=1)

    def _now(self) -> Iterator[str]:
        slot = self._picture.now
        if slot is None:
            return
        x = (self._x(slot.start) + self._x(slot.end)) / 2
        anchor = "end" if x > _WIDTH * 0.8 else "start"
        offset = -6 if anchor == "end" else 6
        price = slot.price * self._picture.scale
        yield (
            f'<path stroke="{_NOW}" stroke-width="2" '
            f'd="M{x:.1f} {_TOP - 6}V{_HEIGHT - _BOTTOM}"/>'
            f'<text x="{x + offset:.1f}" y="17" fill="{_NOW}" font-weight="bold" '
            f'text-anchor="{anchor}">{price:.4g}</text>'
        )


def _nice(step: float) -> float:
    """Return the next larger round number."""
    if step <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(step))
    return next(nice * power for nice in _STEPS if nice * power >= step * (1 - 1e-9))
