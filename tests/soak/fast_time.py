"""Time that jumps to whatever is due next as soon as nothing goes on.

The sockets, pseudo-terminals and executor threads stay real: while one of them has
something to say, or a thread still works, no time passes at all. So a day costs what
happens in it, and a time-out strikes only where an answer would never have come.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
import os
import selectors
import time
from typing import Any, Final
from unittest.mock import patch

from custom_components.power_steward.coordinator import PollingCoordinator
from custom_components.power_steward.devices.clock import Clock
from custom_components.power_steward.devices.epex.coordinator import EpexCoordinator
from homeassistant.helpers import entity, event
from homeassistant.util import dt as dt_util

BEGIN: Final = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
"""Midnight in Brussels, on the day on which its clocks go back."""
PATIENCE: Final = 0.25
"""Real seconds after which bytes at a terminal have been thrown away, with the port."""
AT_WORK: Final = 0.05
"""Real seconds between two looks at a thread that works."""

type Events = list[tuple[selectors.SelectorKey, int]]


class FastTime:
    """The steady clock, in seconds since the beginning, and the wall clock."""

    def __init__(self, loop: Any) -> None:
        """Take the event loop whose waiting is cut short."""
        self.now = 0.0
        self._epoch = BEGIN.timestamp()
        self._origin: float = loop.time()
        self._working = 0
        self._under_way = 0
        self._write, self._read = os.write, os.read
        self._select: Callable[[float | None], Events] = loop._selector.select
        self._run_in_executor = loop.run_in_executor

    def monotonic(self) -> float:
        """Return the seconds since the beginning."""
        return self.now

    def timestamp(self) -> float:
        """Return the seconds since 1970."""
        return self._epoch + self.now

    def utcnow(self, tz: Any = None) -> datetime:
        """Return the moment."""
        return BEGIN + timedelta(seconds=self.now)

    def loop_time(self) -> float:
        """Return the event loop's seconds, which began before."""
        return self._origin + self.now

    def run_in_executor(
        self, executor: Any, job: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run a job in a thread; until it is done, no time passes."""
        future: asyncio.Future[Any] = self._run_in_executor(executor, job, *args)
        self._working += 1
        future.add_done_callback(self._done)
        return future

    def _done(self, _: asyncio.Future[Any]) -> None:
        self._working -= 1

    def write(self, fd: int, data: Any) -> int:
        """Write; the kernel passes on at a terminal when it has the time."""
        count = self._write(fd, data)
        if os.isatty(fd):
            self._under_way += count
        return count

    def read(self, fd: int, most: int) -> bytes:
        """Read what has arrived."""
        data = self._read(fd, most)
        if os.isatty(fd):
            self._under_way = max(self._under_way - len(data), 0)
        return data

    def select(self, timeout: float | None = None) -> Events:
        """Return what is ready; if nothing ever would be, let the time pass."""
        if (events := self._select(0)) or (timeout is not None and timeout <= 0):
            return events
        while self._working:
            if events := self._select(AT_WORK):
                return events
        if self._under_way:
            if events := self._select(PATIENCE):
                return events
            self._under_way = 0
        if timeout is None:
            return self._select(None)
        self.now += timeout
        return []


@contextmanager
def fast_time() -> Iterator[FastTime]:
    """Let time jump in the running event loop, for Home Assistant and for us."""
    loop: Any = asyncio.get_running_loop()
    loop.set_debug(False)  # it notes where each task began: half the time
    fast = FastTime(loop)
    clock = Clock(fast.monotonic, fast.utcnow)
    with (
        patch.object(loop, "time", fast.loop_time),
        patch.object(loop._selector, "select", fast.select),
        patch.object(loop, "run_in_executor", fast.run_in_executor),
        patch.object(os, "write", fast.write),
        patch.object(os, "read", fast.read),
        patch.object(time, "time", fast.timestamp),
        patch.object(entity, "timer", fast.timestamp),
        patch.object(event, "time_tracker_timestamp", fast.timestamp),
        patch.object(dt_util, "utcnow", fast.utcnow),
        patch.object(PollingCoordinator.__init__, "__defaults__", (clock,)),
        patch.object(EpexCoordinator.__init__, "__defaults__", (clock,)),
    ):
        yield fast
