"""What there is at a moment: what has to be the same before and after."""

import asyncio
from collections import Counter
from dataclasses import dataclass
import gc
import os
from pathlib import Path
import re
import threading
from typing import Any, Final

from homeassistant.core import HassJob, HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_KIND: Final = re.compile(r":\[\d+\]$|(?<=^/dev/pts/)\d+$")
"""What tells a socket or a terminal from another one."""


@dataclass(frozen=True)
class There:
    """What is there by kind, each with how often."""

    listeners: Counter[str]
    timers: Counter[str]
    tasks: Counter[str]
    threads: Counter[str]
    open_files: Counter[str]
    """Also sockets and terminals."""

    def more_than(self, before: There) -> dict[str, Counter[str]]:
        """Return what is there now and was not before."""
        return {
            name: more
            for name, now in vars(self).items()
            if (more := now - getattr(before, name))
        }


def there(hass: HomeAssistant) -> There:
    """Return what is there now."""
    return There(
        Counter({str(name): many for name, many in hass.bus.async_listeners().items()}),
        Counter(
            str(job.name)
            for handle in get_scheduled_timer_handles(hass.loop)
            if not handle.cancelled()
            and handle._args
            and isinstance(job := handle._args[-1], HassJob)
        ),
        Counter(str(task.get_coro()).partition(" at ")[0] for task in _tasks(hass)),
        Counter(
            thread.name
            for thread in threading.enumerate()
            # A pool has as many as it once needed at a time, up to its limit.
            if "SyncWorker" not in thread.name
        ),
        open_files(),
    )


def _tasks(hass: HomeAssistant) -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks(hass.loop) - {asyncio.current_task()}


def open_files() -> Counter[str]:
    """Return the open files of this process by what they are."""
    found: Counter[str] = Counter()
    for link in Path("/proc/self/fd").iterdir():
        try:
            target = str(link.readlink())
        except FileNotFoundError:
            continue  # the one that lists them
        found[_KIND.sub("", target)] += 1
    return found


@dataclass(frozen=True)
class Memory:
    """How much is in use."""

    objects: int
    """Which the garbage collector knows."""
    resident: int
    """Bytes of the whole process."""


def memory() -> Memory:
    """Return what is in use after the garbage is collected."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return Memory(len(gc.get_objects()), pages * _PAGE)
