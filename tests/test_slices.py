"""Long work lets others have their turn; short work does not even pause."""

import asyncio
from itertools import count

import pytest

from custom_components.power_steward.slices import in_slices


@pytest.mark.parametrize(("per_item", "pauses"), [(0.0, 0), (0.001, 3), (0.01, 10)])
async def test_pauses(per_item: float, pauses: int) -> None:
    """There is a pause before an item whenever 3 ms are over."""
    clock = count()
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(others())
    await asyncio.sleep(0)
    before = turns
    items = [
        item async for item in in_slices(range(10), lambda: next(clock) * per_item)
    ]
    seen = turns - before
    other.cancel()
    assert items == list(range(10))
    assert seen == pauses
