"""What a cap saves, as far as anyone can tell."""

from typing import Final

from .bounds import WATT, Microwatts


class SavedPower:
    """Estimates the power that a cap saves.

    What the package drew before the cap bit is what it is taken to want; nothing is
    claimed before that was seen, and never more than the original would allow.
    """

    _WEIGHT: Final = 0.2
    _BITES: Final = 0.95
    """Share of the cap from which the cap is what holds the power down."""

    def __init__(self) -> None:
        """Start with no idea of the demand."""
        self._demand: float | None = None

    def watts(
        self, power: float | None, cap: Microwatts | None, original: Microwatts
    ) -> float | None:
        """Return the power saved now in W, ``None`` if that cannot be told."""
        if power is None:
            return None
        if cap is None or cap >= original or power * WATT < cap * self._BITES:
            demand = power if self._demand is None else self._demand
            self._demand = demand + (power - demand) * self._WEIGHT
            return 0.0
        if self._demand is None:
            return None
        return max(0.0, min(self._demand, original / WATT) - power)
