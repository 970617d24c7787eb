"""The power of a thing over a day, and exactly the energy that it comes to."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random
from typing import Final

SPAN: Final = 60.0
"""Seconds for which a power stays as it is."""
DAYS: Final = 3
"""What a course is long enough for."""


class Course:
    """A walk of whole watts between two bounds, a step each minute."""

    def __init__(self, chance: Random, least: int, most: int) -> None:
        """Walk."""
        spread = (most - least) // 8
        watts = (least + most) // 2
        walk = []
        for _ in range(int(DAYS * 86_400 / SPAN)):
            watts = min(max(watts + chance.randint(-spread, spread), least), most)
            walk.append(watts)
        self._walk: Sequence[int] = walk
        self._until = [0, *accumulate(walk)]

    def power(self, at: float) -> float:
        """Return the watts at a time in seconds."""
        return float(self._walk[max(int(at / SPAN), 0)])

    def energy(self, until: float) -> float:
        """Return the joules from the beginning to a time in seconds."""
        full, rest = divmod(until, SPAN)
        return self._until[int(full)] * SPAN + self._walk[int(full)] * rest


class Total:
    """A power that depends on what happens: told at each change, summed exactly."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Begin at nothing."""
        self._now = now
        self._times = [now()]
        self._joules = [0.0]
        self._watts = 0.0

    def become(self, watts: float) -> None:
        """Draw so much from now on."""
        if watts == self._watts:
            return
        now = self._now()
        self._joules.append(self.energy(now))
        self._times.append(now)
        self._watts = watts

    def energy(self, until: float) -> float:
        """Return the joules from the beginning to a time in seconds."""
        at = bisect_right(self._times, until) - 1
        if at == len(self._times) - 1:
            return self._joules[at] + self._watts * (until - self._times[at])
        share = (until - self._times[at]) / (self._times[at + 1] - self._times[at])
        return self._joules[at] + share * (self._joules[at + 1] - self._joules[at])
