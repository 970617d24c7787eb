"""Long work in slices, so that others get their turn in the event loop between them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final

SLICE: Final = 0.003
"""Seconds after which work that goes on lets others have their turn."""


async def in_slices[T](
    items: Iterable[T], monotonic: Callable[[], float], seconds: float = SLICE
) -> AsyncIterator[T]:
    """Yield the items; pause between two whenever a slice is over.

    What takes no longer than a slice is done without a pause, as in a plain loop.
    """
    end = monotonic() + seconds
    for item in items:
        if monotonic() >= end:
            await asyncio.sleep(0)
            end = monotonic() + seconds
        yield item
