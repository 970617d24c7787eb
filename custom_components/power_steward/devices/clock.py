"""The clocks that clients and coordinators are given, so that tests can turn them."""

from collections.abc import Callable
from datetime import UTC, datetime
import time
from typing import Final, NamedTuple


class Clock(NamedTuple):
    """A steady clock for spans and a wall clock for moments."""

    monotonic: Callable[[], float]
    """Seconds that never jump; only differences mean anything."""
    utcnow: Callable[[], datetime]


SYSTEM_CLOCK: Final = Clock(time.monotonic, lambda: datetime.now(UTC))
