"""What the capping policy is going to ask for, as far as prices are known."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from .bounds import Bounds, Microwatts
from .capping import Reason, Rules, goal, is_dear
from .market import Market


class PlannedSlot(NamedTuple):
    """What the policy is going to ask for in a slot, the ramp aside."""

    start: datetime
    end: datetime
    target: Microwatts
    reason: Reason


def plan(
    rules: Rules,
    bounds: Bounds,
    market: Market | None,
    now: datetime,
    dear: bool | None = None,
) -> list[PlannedSlot]:
    """Return the targets of the known slots that have not ended.

    Slots without the data that the mode needs are left out. ``dear`` is what the policy
    holds of the price before.
    """
    planned: list[PlannedSlot] = []
    if market is None:
        return planned
    for slot in market.series:
        if slot.end <= now:
            continue
        dear = is_dear(rules, slot, dear)
        asked = goal(rules, bounds, slot, market.day(slot), dear)
        if asked is not None:
            reason = Reason(rules.mode.value)
            planned.append(
                PlannedSlot(slot.start, slot.end, bounds.clamp(asked), reason)
            )
    return planned


def next_change(planned: Sequence[PlannedSlot], now: datetime) -> datetime | None:
    """Return when the planned target next changes, ``None`` if it does not."""
    present = next((slot.target for slot in planned if slot.start <= now), None)
    return next(
        (slot.start for slot in planned if slot.start > now and slot.target != present),
        None,
    )
