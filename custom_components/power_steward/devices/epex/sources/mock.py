"""The predecessor's two invented sources: for demonstrations and for tries."""

from collections.abc import Callable
from datetime import datetime, timedelta
import math
import random
from typing import Final

from ....stewardship.price_series import WIDTHS, Slot
from ..codec import answer
from ..models import Answer
from ..zones import Days, Zone

MOCK: Final = "mock"
STATIC: Final = "static"

type Model = Callable[[datetime], tuple[float, float]]
"""Returns volume and price by the local time."""


class Invented:
    """A day's curve, the same every day, in quarter hours of the zone's clock."""

    def __init__(self, name: str, zone: Zone, model: Model) -> None:
        """Take the curve."""
        self._name = name
        self._zone = zone
        self._model = model

    @property
    def name(self) -> str:
        """The source's name."""
        return self._name

    async def fetch(self, days: Days) -> Answer:
        """Make up the days."""
        start, end = days.span
        slots = []
        while start < end:
            volume, price = self._model(start.astimezone(self._zone.clock))
            slots.append(Slot(start, start + WIDTHS[0], price, self._name, volume))
            start += WIDTHS[0]
        return answer(slots, "EUR")


def mock(zone: Zone, seed: int | None = None) -> Invented:
    """Return the predecessor's mock; with a seed, every day is a little different."""

    def model(local: datetime) -> tuple[float, float]:
        if seed is None:
            return mock_model(local)
        rng = random.Random(f"{seed} {local.date()}")
        shifted = local + timedelta(minutes=15 * rng.randint(-6, 6))
        volume, price = mock_model(shifted)
        return volume, round(price * rng.uniform(0.5, 1.3) - rng.uniform(0, 60), 2)

    return Invented(MOCK, zone, model)


def static(zone: Zone) -> Invented:
    """Return the predecessor's static source."""
    return Invented(STATIC, zone, static_model)


def mock_model(local: datetime) -> tuple[float, float]:
    """Return volume and price of the predecessor's mock."""
    t = local.hour + local.minute // 15 / 4
    volume = max(
        20.0,
        70 + 30 * math.sin((t - 6) * math.pi / 12) + 10 * math.sin(t * math.pi / 3),
    )
    price = max(10.0, 120 - 0.8 * (volume - 50) + 20 * math.sin(t * math.pi / 2))
    return _rounded(volume, 1), _rounded(price, 2)


def static_model(local: datetime) -> tuple[float, float]:
    """Return volume and price of the predecessor's static source."""
    hours = local.hour if local.hour <= 12 else 24 - local.hour
    volume = 30.0 + 2 * hours
    return volume, 120 - volume


def _rounded(value: float, digits: int) -> float:
    """Round half away from zero, as the predecessor does; values are positive."""
    scale: int = 10**digits
    return math.floor(value * scale + 0.5) / scale
