"""What the energy of meters costs, split exactly where prices change.

Energy between two readings of a meter is spread evenly over the time between them and
kept by quarter hours, the finest time in which a price can change. A quarter hour whose
price is not known yet waits for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from .price_series import PriceSeries

_CELL: Final = 900
"""Seconds of a quarter hour."""
_RESET_BELOW: Final = 0.9
"""Of the reading before: a smaller fall is a correction, not a new start."""
_LONGEST_WAIT: Final = 40 * 24 * 4
"""Quarter hours that may wait for their price."""


@dataclass(slots=True)
class _Meter:
    energy: float | None = None
    """The last reading, in kWh,"""
    at: float = 0.0
    """and when it was."""
    cost: float = 0.0
    waiting: dict[int, float] = field(default_factory=dict)
    """Energy in kWh by quarter hour, counted from the epoch."""


class CostLedger:
    """Costs by meter."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._meters: dict[str, _Meter] = {}

    def record(self, meter: str, energy: float, at: datetime) -> None:
        """Take a reading of a meter in kWh.

        A meter that falls by much has begun anew, from zero. One that falls a little is
        waited for.
        """
        known = self._meters.setdefault(meter, _Meter())
        now = at.timestamp()
        if known.energy is None:
            known.energy, known.at = energy, now
            return
        used = energy - known.energy
        if used < 0:
            if energy >= _RESET_BELOW * known.energy or energy < 0:
                return
            used = energy
        if now <= known.at:
            return
        if used:
            for cell, share in _cells(known.at, now):
                known.waiting[cell] = known.waiting.get(cell, 0.0) + used * share
        known.energy, known.at = energy, now

    def settle(self, meter: str, prices: PriceSeries) -> bool:
        """Price what waits for a price (per MWh) that is known now; tell if any was."""
        known = self._meters.get(meter)
        if known is None or not known.waiting:
            return False
        priced = False
        for cell in sorted(known.waiting):
            slot = prices.at(datetime.fromtimestamp(cell * _CELL, UTC))
            if slot is not None and slot.end.timestamp() >= (cell + 1) * _CELL:
                known.cost += known.waiting.pop(cell) * slot.price / 1000
                priced = True
        for cell in sorted(known.waiting)[:-_LONGEST_WAIT]:
            del known.waiting[cell]
        return priced

    def cost(self, meter: str) -> float | None:
        """Return what a meter's energy has cost, ``None`` before its first reading."""
        known = self._meters.get(meter)
        return None if known is None or known.energy is None else known.cost

    def waiting(self, meter: str) -> float:
        """Return a meter's energy in kWh that waits for its price."""
        known = self._meters.get(meter)
        return 0.0 if known is None else sum(known.waiting.values())

    def snapshot(self) -> dict[str, Any]:
        """Return what ``restore`` takes, fit for JSON."""
        return {
            name: {
                "energy": meter.energy,
                "at": meter.at,
                "cost": meter.cost,
                "waiting": {str(cell): kwh for cell, kwh in meter.waiting.items()},
            }
            for name, meter in self._meters.items()
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go on from an earlier snapshot."""
        for name, meter in kept.items():
            self._meters[name] = _Meter(
                meter["energy"],
                meter["at"],
                meter["cost"],
                {int(cell): kwh for cell, kwh in meter["waiting"].items()},
            )


def _cells(start: float, end: float) -> Iterator[tuple[int, float]]:
    """Return the quarter hours of a time and the share of it in each."""
    for cell in range(int(start // _CELL), int(-(-end // _CELL))):
        inside = min(end, (cell + 1) * _CELL) - max(start, cell * _CELL)
        yield cell, inside / (end - start)
