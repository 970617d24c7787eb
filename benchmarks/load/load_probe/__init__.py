"""Watches Home Assistant from inside: what its event loop does, and for how long.

Every call of the loop is timed, by the clock and by the thread's CPU time; a timer of
CPU time looks each few milliseconds at what runs, which gives the profile.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
import gc
import os
from pathlib import Path
import resource
import signal
import threading
import time
from types import FrameType
from typing import Any, Final

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import (
    Event,
    HomeAssistant,
    ServiceCall,
    SupportsResponse,
    callback,
)
from homeassistant.helpers.typing import ConfigType

DOMAIN: Final = "load_probe"
OURS: Final = "custom_components/power_steward/"
CORE: Final = "/homeassistant/"
SAMPLE_EVERY: Final = 0.005
"""Seconds of CPU time between two looks at what runs."""
LONG: Final = 0.010
"""Seconds from which a call of the loop is told of.

By CPU time and without collections of garbage: those are the whole process's.
"""
KEPT: Final = 30
"""The longest calls that are told of, one by one."""
_PAGE: Final = resource.getpagesize()

_BOTTOM: Final = ("/homeassistant/runner.py", "/homeassistant/__main__.py")
"""What is below everything that the loop does."""
_LIBRARIES: Final = "libraries, and the loop itself"
_REST: Final = "Home Assistant: the rest"
_ACCOUNTS: Final = (
    ("/components/prometheus/", "Home Assistant: Prometheus exporter"),
    ("/components/recorder/", "Home Assistant: recorder, its part in the event loop"),
    ("/helpers/entity_platform.py", "Home Assistant: entities added"),
    ("/helpers/entity.py", "Home Assistant: states written"),
    ("/components/sensor/", "Home Assistant: states written"),
    ("/components/binary_sensor/", "Home Assistant: states written"),
    ("/helpers/storage.py", "Home Assistant: registries and stores written"),
    ("/helpers/template/", "Home Assistant: templates"),
    ("/components/websocket_api/", "Home Assistant: WebSocket"),
    ("/components/http/", "Home Assistant: HTTP"),
)


class Probe:
    """What was seen since the start of a measurement."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin to watch."""
        self._hass = hass
        self._run = asyncio.Handle._run
        self._stacks: list[tuple[str, bool]] = []
        self._collected = 0.0
        self.reset()
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._count_state)

    def reset(self) -> None:
        """Forget what was seen."""
        self._started = time.monotonic()
        self._loop_cpu = time.thread_time()
        self._cpu = time.process_time()
        self._states = 0
        self._calls = 0
        self._over = [0, 0]
        self._by_name: Counter[str] = Counter()
        self._longest: list[tuple[float, float, str, float, str]] = []
        self._functions: Counter[str] = Counter()
        self._accounts: Counter[str] = Counter()
        self._collections: list[float] = []

    def watch(self) -> None:
        """Time every call of the loop, and look at what runs."""
        probe, run = self, self._run
        clock, cpu = time.perf_counter, time.thread_time
        loop_thread = threading.get_ident()

        def timed(handle: asyncio.Handle) -> None:
            if threading.get_ident() != loop_thread:
                run(handle)
                return
            probe._stacks.clear()
            probe._collected = 0.0
            began, worked = clock(), cpu()
            run(handle)
            probe._note(handle, clock() - began, cpu() - worked - probe._collected)

        asyncio.Handle._run = timed  # type: ignore[assignment,method-assign]
        signal.signal(signal.SIGPROF, self._look)
        # Nobody reads the loop's pipe while the loop is held up.
        signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)
        signal.setitimer(signal.ITIMER_PROF, SAMPLE_EVERY, SAMPLE_EVERY)
        gc.callbacks.append(self._note_collection)

    @callback
    def _count_state(self, _: Event[Any]) -> None:
        self._states += 1

    def _note(self, handle: asyncio.Handle, took: float, worked: float) -> None:
        self._calls += 1
        name = _name(handle)
        self._by_name[name] += round(worked * 1e6)
        if took < LONG:
            return
        self._over[0] += 1
        if worked < LONG:
            return
        self._over[1] += 1
        ours = sum(is_ours for _, is_ours in self._stacks)
        share = ours / len(self._stacks) if self._stacks else 0.0
        where = Counter(where for where, _ in self._stacks).most_common(3)
        text = ", ".join(f"{name} {number}" for name, number in where)
        self._longest.append((worked, took, name, share, text))
        self._longest.sort(reverse=True)
        del self._longest[KEPT:]

    def _look(self, _: int, frame: FrameType | None) -> None:
        """Note whose code runs: ours, Home Assistant's, a library's, or none."""
        account = nearest = None
        ours = False
        while frame is not None:
            code = frame.f_code
            path = code.co_filename
            if OURS in path:
                ours = True
                account = account or ("Power Steward" if nearest is None else _REST)
                nearest = nearest or f"{path.partition(OURS)[2]}:{code.co_qualname}"
            elif CORE in path and not path.endswith(_BOTTOM):
                nearest = nearest or f"{path.rpartition(CORE)[2]}:{code.co_qualname}"
                account = account or _account(path)
            elif nearest is None and path.endswith("selectors.py"):
                nearest = account = "other threads"
            frame = frame.f_back
        account = account or (_LIBRARIES if nearest is None else _REST)
        nearest = nearest or _LIBRARIES
        self._functions[nearest] += 1
        self._accounts[account] += 1
        self._stacks.append((nearest, ours))

    def _note_collection(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.thread_time()
            return
        took = time.thread_time() - self._collecting
        self._collections.append(took)
        if threading.current_thread() is threading.main_thread():
            self._collected += took

    def report(self) -> dict[str, Any]:
        """Return what was seen."""
        seconds = time.monotonic() - self._started
        samples = max(sum(self._accounts.values()), 1)
        statm = Path("/proc/self/statm").read_bytes().split()
        return {
            "pid": os.getpid(),
            "seconds": seconds,
            "cpu": (time.process_time() - self._cpu) / seconds,
            "loop_cpu": (time.thread_time() - self._loop_cpu) / seconds,
            "rss": int(statm[1]) * _PAGE,
            "states": self._hass.states.async_entity_ids_count(),
            "states_written": self._states / seconds,
            "calls": self._calls / seconds,
            "over": self._over[0],
            "over_cpu": self._over[1],
            "longest": self._longest,
            "collecting": sum(self._collections) / seconds,
            "longest_collection": max(self._collections, default=0.0),
            "collections": len(self._collections),
            "by_call": {
                name: micros / 1e6 / seconds
                for name, micros in self._by_name.most_common(25)
            },
            "accounts": _shares(self._accounts, samples, 20),
            "functions": _shares(self._functions, samples, 80),
            "samples": samples,
        }


def _shares(counter: Counter[str], samples: int, most: int) -> dict[str, float]:
    return {name: number / samples for name, number in counter.most_common(most)}


def _account(path: str) -> str | None:
    for part, account in _ACCOUNTS:
        if part in path:
            return account
    return None


def _name(handle: asyncio.Handle) -> str:
    """Return what a call of the loop is, the same for all of its kind."""
    call: Callable[..., Any] | None = handle._callback  # type: ignore[attr-defined]
    owner = getattr(call, "__self__", None)
    if isinstance(owner, asyncio.Task):
        coroutine = owner.get_coro()
        return f"task {getattr(coroutine, '__qualname__', coroutine)}"
    call = getattr(call, "func", call)
    name = getattr(call, "__qualname__", type(call).__name__)
    return f"{getattr(call, '__module__', '')}.{name}"


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Watch from now on."""
    probe = Probe(hass)
    probe.watch()

    @callback
    def report(call: ServiceCall) -> dict[str, Any]:
        answer = probe.report()
        probe.reset()
        return answer

    hass.services.async_register(
        DOMAIN, "report", report, supports_response=SupportsResponse.ONLY
    )
    return True
