"""Clocks: what the simulator counts its seconds with."""

from collections.abc import Callable

type Clock = Callable[[], float]


class ManualClock:
    """A monotonic clock that moves only when a test turns it."""

    def __init__(self, now: float = 1000.0) -> None:
        """Start anywhere but at zero, as a real monotonic clock does."""
        self.now = now

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError("a monotonic clock does not run backwards")
        self.now += seconds
