"""What the energy of meters costs, split exactly where prices change.

Energy between two readings of a meter is spread evenly over the time between them and
kept by quarter hours, the finest time in which a price can change. A quarter hour whose
price is not known yet waits for it; one whose price is corrected costs what it costs by
the corrected price.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
import math
from typing import Any, Final, NamedTuple

from .price_series import PriceSeries
from .tariff import KWH_PER_MWH

_CELL: Final = 900
"""Seconds of a quarter hour."""
_RESET_BELOW: Final = 0.9
"""Of the reading before: a smaller fall is a correction, not a new start."""
_LONGEST_WAIT: Final = 40 * 24 * 4
"""Quarter hours that may wait for their price."""


class Cost(NamedTuple):
    """What a meter's energy has cost, and since when it is counted."""

    value: float
    since: datetime


@dataclass(slots=True)
class _Quarter:
    """A quarter hour whose price may still be corrected."""

    market: float
    """The market's price of which its cost was reckoned."""
    energy: float = 0.0
    cost: float = 0.0


@dataclass(slots=True)
class _Meter:
    energy: float
    """The last reading, in kWh,"""
    at: float
    """and when it was."""
    since: float
    cost: float = 0.0
    waiting: dict[int, float] = field(default_factory=dict)
    """Energy in kWh by quarter hour, counted from the epoch."""
    open: dict[int, _Quarter] = field(default_factory=dict)
    """What the cost holds already, and may have to hold otherwise."""


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
        now = at.timestamp()
        known = self._meters.get(meter)
        if known is None:
            self._meters[meter] = _Meter(energy, now, since=now)
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
            for cell in sorted(known.waiting)[:-_LONGEST_WAIT]:
                del known.waiting[cell]
        known.energy, known.at = energy, now

    def settle(self, meter: str, market: PriceSeries, paid: PriceSeries) -> None:
        """Price what waits for a price, per MWh, that is known now."""
        if (known := self._meters.get(meter)) is None:
            return
        for cell in list(known.waiting):
            if (prices := _prices(cell, market, paid)) is None:
                continue
            energy = known.waiting.pop(cell)
            cost = energy * prices.paid
            quarter = known.open.setdefault(cell, _Quarter(prices.market))
            quarter.energy += energy
            quarter.cost += cost
            known.cost += cost

    def correct(
        self, meter: str, market: PriceSeries, paid: PriceSeries, final: datetime
    ) -> None:
        """Price anew what the market has another price for now.

        What lies before a moment is final and has its cost for good.
        """
        if (known := self._meters.get(meter)) is None:
            return
        for cell, quarter in list(known.open.items()):
            if _begin(cell) < final:
                del known.open[cell]
                continue
            prices = _prices(cell, market, paid)
            if prices is not None and prices.market != quarter.market:
                cost = quarter.energy * prices.paid
                known.cost += cost - quarter.cost
                quarter.market, quarter.cost = prices.market, cost

    def cost(self, meter: str) -> Cost | None:
        """Return what a meter's energy has cost, ``None`` before its first reading."""
        if (known := self._meters.get(meter)) is None:
            return None
        return Cost(known.cost, datetime.fromtimestamp(known.since, UTC))

    def waiting(self, meter: str) -> float:
        """Return a meter's energy in kWh that waits for its price."""
        known = self._meters.get(meter)
        return 0.0 if known is None else math.fsum(known.waiting.values())

    @property
    def waiting_since(self) -> datetime | None:
        """The beginning of the first quarter hour that waits for its price."""
        cells = [cell for meter in self._meters.values() for cell in meter.waiting]
        return _begin(min(cells)) if cells else None

    def snapshot(self) -> dict[str, Any]:
        """Return what ``restore`` takes, fit for JSON."""
        return {
            name: {
                "energy": meter.energy,
                "at": meter.at,
                "since": meter.since,
                "cost": meter.cost,
                "waiting": [[cell, kwh] for cell, kwh in meter.waiting.items()],
                "open": [
                    [cell, quarter.market, quarter.energy, quarter.cost]
                    for cell, quarter in meter.open.items()
                ],
            }
            for name, meter in self._meters.items()
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go on from an earlier snapshot."""
        self._meters = {
            name: _Meter(
                meter["energy"],
                meter["at"],
                meter["since"],
                meter["cost"],
                dict(meter["waiting"]),
                {cell: _Quarter(*quarter) for cell, *quarter in meter["open"]},
            )
            for name, meter in kept.items()
        }


class _Prices(NamedTuple):
    market: float
    """Per MWh."""
    paid: float
    """Per kWh."""


def _prices(cell: int, market: PriceSeries, paid: PriceSeries) -> _Prices | None:
    """Return the prices of a quarter hour, ``None`` while they are not known."""
    begin = _begin(cell)
    told, total = market.at(begin), paid.at(begin)
    if told is None or total is None:
        return None
    return _Prices(told.price, total.price / KWH_PER_MWH)


def _begin(cell: int) -> datetime:
    return datetime.fromtimestamp(cell * _CELL, UTC)


def _cells(start: float, end: float) -> Iterator[tuple[int, float]]:
    """Return the quarter hours of a time and the share of it in each."""
    for cell in range(int(start // _CELL), int(-(-end // _CELL))):
        inside = min(end, (cell + 1) * _CELL) - max(start, cell * _CELL)
        yield cell, inside / (end - start)
