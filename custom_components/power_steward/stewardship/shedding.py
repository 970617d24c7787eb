"""Ride-through with caps: how much longer a battery lasts if hosts draw less.

What a cap takes off the hosts' processors comes off the battery's load, watt for watt.
The power supply's losses shrink with it, so that the battery rather lasts longer.
"""

from collections.abc import Callable
from dataclasses import dataclass
import math


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """A battery and its load, as they are now."""

    load: float
    """Watts."""
    remaining: float | None = None
    """Seconds that the battery lasts at this load."""
    lost: float = 0.0
    """Seconds for which mains has been lost, also before a restart of ours."""
    lasting: Callable[[float], float | None] | None = None
    """How many seconds it lasts at another load in W, if there is a model of it."""
    bearable: Callable[[float], float | None] | None = None
    """What load in W it carries for so many seconds, if there is a model of it."""

    def seconds(self, load: float) -> float | None:
        """Return how long the battery lasts at a load.

        Without a model, energy counts: at half the load it lasts twice as long. A
        lead-acid battery gives more than that at a smaller load, never less.
        """
        if self.lasting is not None:
            return self.lasting(load)
        if self.remaining is None or load <= 0:
            return None
        return self.remaining * self.load / load

    def power(self, seconds: float) -> float | None:
        """Return the load that the battery carries for so long."""
        if self.bearable is not None:
            return self.bearable(seconds)
        if self.remaining is None or seconds <= 0:
            return None
        return self.remaining * self.load / seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part that capped hosts have in a battery's load."""

    supply: Supply
    power: float
    """Watts that the hosts' processors draw, as measured."""
    floor: float
    """Watts to which they can be capped at the lowest."""
    weight: float = 1.0
    """The part of what has to come off the load that comes off these hosts."""

    @property
    def of_load(self) -> float | None:
        """Return the hosts' part of the load, ``None`` if it cannot be one."""
        if not 0 < self.supply.load < math.inf or self.power > self.supply.load:
            return None
        return self.power / self.supply.load

    def seconds(self, cap: float) -> float | None:
        """Return how long the battery lasts with the hosts capped."""
        if self.of_load is None:
            return None
        shed = max(0.0, self.power - cap) / self.weight
        return self.supply.seconds(self.supply.load - shed)

    @property
    def seconds_at_floor(self) -> float | None:
        """Return how long it lasts with the hosts at their floor."""
        return self.seconds(self.floor)

    def cap(self, seconds: float) -> float | None:
        """Return the cap with which the battery lasts so long, down to the floor.

        Of a battery that lasts anyway, nothing has to be taken off: then the cap is
        above what the hosts draw.
        """
        if self.of_load is None or (power := self.supply.power(seconds)) is None:
            return None
        return max(self.floor, self.power + self.weight * (power - self.supply.load))

    def part(self, power: float, floor: float) -> Share | None:
        """Return the share of one of the hosts, who give up in proportion."""
        if power <= 0:
            return None
        return Share(
            supply=self.supply, power=power, floor=floor, weight=power / self.power
        )
