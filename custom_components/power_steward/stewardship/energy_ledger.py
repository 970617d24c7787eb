"""Watts to watt-hours, exactly, and never for a time that nobody measured.

Between two readings of a channel the ledger takes the mean of both powers (the
trapezoid rule): right for a load that changes steadily, and without the lag of a
rectangle, which bills a whole interval at the power of one end. Powers are whole
milliwatts and times whole nanoseconds, so that sums are integers and nothing is
ever rounded away, however small the steps.
"""

from collections.abc import Mapping
import math
from typing import Final, NamedTuple

_UNITS_PER_MICROJOULE: Final = 2 * 10**6
_UNITS_PER_WATT_HOUR: Final = 2 * 1000 * 3600 * 10**9
"""A unit is half a milliwatt for a nanosecond; the half saves the trapezoid's ÷ 2."""


class Channel(NamedTuple):
    """One direction of power of one device."""

    device: str
    name: str


class _Sample(NamedTuple):
    """A power in mW at a time in ns."""

    power: int
    time: int


class EnergyLedger:
    """Totals by channel; each power comes with the time of a monotonic clock."""

    def __init__(self, max_gap: float) -> None:
        """Take the longest time, in seconds, that may lie between two powers."""
        self._max_gap = round(max_gap * 1e9)
        self._totals: dict[Channel, int] = {}
        self._samples: dict[Channel, _Sample] = {}

    def record(
        self,
        channel: Channel,
        power: float | None,
        time: float,
        answer_time: float = 0.0,
    ) -> None:
        """Count up to ``time`` (s), at which ``power`` (W) was measured.

        A power that is missing or negative, and the time around it, is not billed;
        neither is a gap longer than the longest allowed one. The seconds for which
        the source was busy answering do not make a gap.
        """
        before = self._samples.pop(channel, None)
        if power is None or not 0 <= power * 1000 < math.inf:
            return
        now = self._samples[channel] = _Sample(round(power * 1000), round(time * 1e9))
        total = self._totals.setdefault(channel, 0)
        if before is not None and (
            0 < now.time - before.time <= self._max_gap + round(answer_time * 1e9)
        ):
            self._totals[channel] = total + (before.power + now.power) * (
                now.time - before.time
            )

    def add(self, channel: Channel, microjoules: int) -> None:
        """Count energy that a device measured itself."""
        self._totals[channel] = (
            self._totals.get(channel, 0) + microjoules * _UNITS_PER_MICROJOULE
        )

    def snapshot(self) -> dict[Channel, int]:
        """Return the exact totals, to be kept and given to ``restore`` or ``wh``."""
        return dict(self._totals)

    def restore(self, totals: Mapping[Channel, int]) -> None:
        """Go on from the totals of an earlier snapshot."""
        self._totals.update(totals)


def watt_hours(total: int) -> float:
    """Return an exact total in Wh."""
    return total / _UNITS_PER_WATT_HOUR
