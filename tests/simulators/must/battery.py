"""The lead-acid bank of a simulated MUST UPS, as physics rather than as a data sheet.

It knows nothing of what the integration believes: its true capacity, exponent, losses
and resistance are its own, and its voltage sags with the current.
"""

from dataclasses import dataclass

_RATED_HOURS = 20
_EMPTY_VOLTS = 11.7
_FULL_VOLTS = 12.9
_FLOAT_VOLTS = 13.6


@dataclass
class Battery:
    """A bank of 12 V blocks."""

    capacity: float = 52.0
    """Ah that it really holds at the 20-hour rate."""
    blocks: int = 1
    charge: float = 100.0
    """Percent."""
    exponent: float = 1.17
    resistance: float = 0.011
    """Ohms of one block with its leads."""
    efficiency: float = 0.87
    own_consumption: float = 6.0
    charger_amperes: float = 10.0

    @property
    def rest_voltage(self) -> float:
        """Return the volts with nothing connected, after a while."""
        share = self.charge / 100
        return self.blocks * (_EMPTY_VOLTS + (_FULL_VOLTS - _EMPTY_VOLTS) * share)

    @property
    def full(self) -> bool:
        """Return whether nothing more fits."""
        return self.charge >= 100

    def amperes(self, watts: float) -> float:
        """Return the current that delivers a power, with the sag it causes."""
        drawn = watts / self.efficiency + self.own_consumption
        ohms = self.resistance * self.blocks
        volts = self.rest_voltage
        for _ in range(20):
            volts = self.rest_voltage - ohms * drawn / volts
        return drawn / volts

    def loaded_voltage(self, watts: float) -> float:
        """Return the volts while it delivers."""
        return self.rest_voltage - self.resistance * self.blocks * self.amperes(watts)

    def charging_voltage(self) -> float:
        """Return the volts with the charger on."""
        return self.blocks * (13.2 + (_FLOAT_VOLTS - 13.2) * self.charge / 100)

    def discharge(self, watts: float, seconds: float) -> None:
        """Carry a load for a time, in which the current hardly changes."""
        amperes = self.amperes(watts)
        rated = self.capacity / _RATED_HOURS
        factor = min(1.0, (rated / amperes) ** (self.exponent - 1))
        lost = amperes * seconds / 3600 / (self.capacity * factor) * 100
        self.charge = max(0.0, self.charge - lost)

    def recharge(self, seconds: float) -> None:
        """Take the charger's current for a time."""
        gained = self.charger_amperes * seconds / 3600 / self.capacity * 100
        self.charge = min(100.0, self.charge + gained)
