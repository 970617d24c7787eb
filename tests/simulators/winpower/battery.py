"""The lead-acid battery of a simulated UPS."""

from dataclasses import dataclass
from itertools import pairwise
from math import inf

_BLOCK_VOLTS = 12.0
_DISCHARGE_CURVE = ((0, 10.5), (10, 11.4), (30, 11.9), (60, 12.3), (100, 12.9))
"""Volts of a 12 V block by percent of charge, while it delivers."""
_SAG_AT_FULL_LOAD = 0.6
_ROUNDING_WH = 1e-9


@dataclass
class Battery:
    """Energy in a box: linear in the watt-hours, so that every duration is exact."""

    capacity_wh: float = 449.6
    charge: float = 90.0
    """State of charge in percent."""
    rated_voltage: float = 72.0
    inverter_efficiency: float = 0.9
    charger_watts: float = 90.0
    low_charge: float = 20.0
    """Percent below which the UPS reports a low battery."""

    @property
    def energy_wh(self) -> float:
        """Return the energy stored now."""
        return self.capacity_wh * self.charge / 100

    @energy_wh.setter
    def energy_wh(self, energy: float) -> None:
        """Store an energy, no less than none and no more than fits."""
        if energy < _ROUNDING_WH:
            energy = 0.0
        if energy > self.capacity_wh - _ROUNDING_WH:
            energy = self.capacity_wh
        self.charge = 100 * energy / self.capacity_wh

    @property
    def empty(self) -> bool:
        """Return whether nothing is left."""
        return self.charge <= 0

    @property
    def full(self) -> bool:
        """Return whether nothing more fits."""
        return self.charge >= 100

    @property
    def blocks(self) -> int:
        """Return the number of 12 V blocks."""
        return round(self.rated_voltage / _BLOCK_VOLTS)

    def seconds_to_empty(self, watts: float) -> float:
        """Return how long the battery carries a load."""
        if watts <= 0:
            return inf
        return self.energy_wh * self.inverter_efficiency * 3600 / watts

    def discharge(self, watts: float, seconds: float) -> None:
        """Carry a load for a time."""
        self.energy_wh -= watts * seconds / 3600 / self.inverter_efficiency

    def recharge(self, seconds: float) -> None:
        """Take energy from the charger for a time."""
        self.energy_wh += self.charger_watts * seconds / 3600

    def floating_voltage(self) -> float:
        """Return the volts with the charger on."""
        return self.blocks * (13.3 + 0.3 * self.charge / 100)

    def loaded_voltage(self, load_fraction: float) -> float:
        """Return the volts while the battery carries a part of the rated load."""
        sag = _SAG_AT_FULL_LOAD * load_fraction
        return self.blocks * (_interpolate(self.charge) - sag)


def _interpolate(charge: float) -> float:
    """Return the volts of one block on the curve of discharge."""
    for (left, low), (right, high) in pairwise(_DISCHARGE_CURVE):
        if charge <= right:
            return low + (high - low) * (charge - left) / (right - left)
    return _DISCHARGE_CURVE[-1][1]
