"""What a power limit may be: floor, ceiling, and the hardware's steps between.

Powers are whole microwatts, the kernel's unit, so that nothing is rounded but where
the hardware rounds.
"""

from dataclasses import dataclass
import math
from typing import Final

type Microwatts = int

WATT: Final = 1_000_000
HARD_MINIMUM: Final = 3 * WATT
"""No cap is ever lower: Home Assistant itself runs on the processor."""
DEFAULT_FLOOR: Final = 5 * WATT
DEFAULT_FLOOR_SHARE: Final = 0.4
SHORT_TERM_FACTOR: Final = 1.25


class BoundsError(ValueError):
    """A floor above the ceiling: there is no cap that keeps to both."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest cap of a package, and the steps in between.

    The ceiling is the original or lower and is kept as it is; the floor is rounded up
    to a step. Raises ``BoundsError``.
    """

    floor: Microwatts
    ceiling: Microwatts
    step: Microwatts

    def __post_init__(self) -> None:
        """Round the floor up to a step that the hardware can store."""
        floor = -(-max(self.floor, HARD_MINIMUM) // self.step) * self.step
        if floor > self.ceiling:
            raise BoundsError(f"floor {floor} is above ceiling {self.ceiling}")
        object.__setattr__(self, "floor", floor)

    @property
    def range(self) -> Microwatts:
        """The room between floor and ceiling."""
        return self.ceiling - self.floor

    def clamp(self, target: float) -> Microwatts:
        """Return the cap nearest to a target that the bounds and the steps allow.

        What is not a number is the floor: of a nonsensical target nothing but the
        careful end may come.
        """
        if not target > self.floor:
            return self.floor
        if target >= self.ceiling:
            return self.ceiling
        return max(self.floor, int(target) // self.step * self.step)

    def at(self, share: float) -> Microwatts:
        """Return the target at a share of the room above the floor."""
        return round_half_away(self.floor + self.range * share)


def default_floor(original: Microwatts, maximum: Microwatts | None) -> Microwatts:
    """Return a floor that a host surely runs on: from its design power, if known."""
    share = DEFAULT_FLOOR_SHARE * (maximum or original)
    return min(max(DEFAULT_FLOOR, math.ceil(share)), original)


def short_term_cap(
    target: Microwatts,
    original: Microwatts,
    step: Microwatts,
    factor: float = SHORT_TERM_FACTOR,
) -> Microwatts:
    """Return the burst limit that goes with a cap, never above the original one."""
    return min(original, int(target * factor) // step * step)


def split(total: Microwatts, count: int, step: Microwatts) -> list[Microwatts]:
    """Divide a target over packages in whole steps; the first gets the remainder."""
    each = total // count // step * step
    return [total - each * (count - 1), *[each] * (count - 1)]


def round_half_away(value: float) -> int:
    """Round to the nearest integer, halves away from zero."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))
