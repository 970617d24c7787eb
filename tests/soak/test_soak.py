"""A day with all six device types, in which all of them fail at random.

The simulators are real servers, on sockets and a pseudo-terminal (the powercap tree is
the one that has every error of the kernel); Home Assistant, its timers and its storage
are real; only time is not: it jumps to what is due next.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
import json
import logging
import math
from pathlib import Path
import random
from random import Random
import time
from typing import Final, override

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.power_steward.const import DOMAIN, LOGGER
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame
from homeassistant.loader import DATA_CUSTOM_COMPONENTS

from ..common import shown
from .fast_time import fast_time
from .faults import MOST_FAULTS, RECOVERY, Faults
from .house import House, entries, house
from .ledgers import Truth, followed
from .left import Memory, memory, there

HOUR: Final = 3600.0
WRITES_SETTLE: Final = 200.0
"""Seconds within which Home Assistant has saved its registries."""
WARM_UP: Final = HOUR / 6
"""Seconds in which all is loaded that is loaded once."""
TO_LOAD: Final = 120.0
"""Seconds in which an entry may count nothing, before its first reading."""
MOST_GROWTH: Final = 8 * 2**20
"""Bytes: what a process that is at rest may still take, and give back or not."""
UNITS_PER_JOULE: Final = 2 * 1000 * 10**9
"""Of what the ledger keeps on disk."""


@dataclass(frozen=True)
class Account:
    """What a run has to say."""

    seed: int
    faults: Sequence[str]
    off: Mapping[tuple[str, str, str], float]
    """By how much each total is off the truth."""
    used: Sequence[Memory]
    """After each hour."""

    @override
    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {len(self.faults)} faults"]
        lines += [f"{off:+.4%} {' '.join(key)}" for key, off in self.off.items()]
        lines += [f"{it.objects} objects, {it.resident >> 10} KiB" for it in self.used]
        return "\n".join(lines)


class Lines(logging.Handler):
    """Keeps the lines that the integration logs, from information on."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; what asks for a traceback is a defect of ours."""
        text = record.getMessage()
        self.lines.append(f"{text}: {record.exc_info}" if record.exc_info else text)


@contextmanager
def log_lines() -> Iterator[list[str]]:
    """Collect the integration's log lines."""
    handler = Lines()
    LOGGER.addHandler(handler)
    level = LOGGER.level
    LOGGER.setLevel(logging.INFO)
    try:
        yield handler.lines
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)


@asynccontextmanager
async def home_assistant(folder: Path) -> AsyncIterator[HomeAssistant]:
    """Start a Home Assistant that keeps its files in a folder, and stop it."""
    async with async_test_home_assistant(config_dir=str(folder)) as hass:
        frame.async_setup(hass)
        hass.data.pop(DATA_CUSTOM_COMPONENTS)
        await hass.config.async_set_time_zone("Europe/Berlin")
        try:
            yield hass
        finally:
            await hass.async_stop()


async def load(hass: HomeAssistant, those: Mapping[str, MockConfigEntry]) -> None:
    """Load all entries; the first loads those with it that were never loaded."""
    for entry in those.values():
        if entry.state is ConfigEntryState.NOT_LOADED:
            await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED
        await asyncio.sleep(1)


async def unload(hass: HomeAssistant, those: Mapping[str, MockConfigEntry]) -> None:
    """Unload all entries."""
    for entry in those.values():
        assert await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.sleep(WRITES_SETTLE)


async def arm(hass: HomeAssistant) -> None:
    """Let a price lead the caps."""
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.host_capping_mode", "option": "price_linear"},
        blocking=True,
    )
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": "switch.host_capping_armed"}, blocking=True
    )


async def live(
    world: House, faults: Faults, seed: int, hours: float, pause: float
) -> list[Memory]:
    """Let hours pass, with faults; return the memory that was in use after each."""
    until = world.fast.now + hours * HOUR
    used: list[Memory] = []

    async def watch() -> None:
        while world.fast.now + HOUR <= until:
            await asyncio.sleep(HOUR)
            world.forget()
            used.append(memory())

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        for kind in RECOVERY:
            chance = Random(f"{seed} {kind}")
            rarest = hours * HOUR / MOST_FAULTS.get(kind, math.inf)
            group.create_task(faults.trouble(kind, chance, max(pause, rarest), until))
    return used


def stored_joules(folder: Path, entry: MockConfigEntry, key: tuple[str, ...]) -> float:
    """Return what a ledger has on disk."""
    file = folder / ".storage" / f"{DOMAIN}.{entry.entry_id}.energy"
    _, device, channel = key
    total = json.loads(file.read_bytes())["data"][device][channel]
    return int(total) / UNITS_PER_JOULE


async def soak(folder: Path, seed: int, hours: float, pause: float) -> Account:
    """Live through some hours, then give everything back; return what came of it."""
    random.seed(seed)  # for what waits a random while
    with fast_time() as fast, log_lines() as log:
        async with (
            house(fast, folder, Random(seed)) as world,
            home_assistant(folder) as hass,
        ):
            truth = Truth(world)
            with followed(truth, world):
                those = entries(world)
                for entry in those.values():
                    entry.add_to_hass(hass)
                original = world.limits()
                await load(hass, those)
                await arm(hass)
                await asyncio.sleep(WARM_UP)
                assert world.limits() != original
                await unload(hass, those)
                before = there(hass)

                await load(hass, those)
                faults = Faults(hass, world, those, log)
                used = await live(world, faults, seed, hours, pause)
                assert all(
                    entry.state is ConfigEntryState.LOADED for entry in those.values()
                )
                assert float(shown(hass, "sensor.package_0_power")) > 0
                await unload(hass, those)

            assert world.limits() == original
            assert there(hass).more_than(before) == {}
            off = {
                key: stored_joules(folder, those[key[0]], key) / joules - 1
                for key, joules in truth.joules.items()
            }
            for entry in those.values():
                await hass.config_entries.async_remove(entry.entry_id)
            assert not list((folder / ".storage").glob(f"{DOMAIN}*"))
    # Each fault has looked at its own lines; beside these there are none.
    assert len(log) == faults.lines
    lived = WARM_UP + hours * HOUR
    for key, seconds in truth.seconds.items():
        if seconds:
            assert seconds > lived - faults.broken_for[key[0]] - TO_LOAD, key
    return Account(seed, faults.happened, off, used)


@pytest.mark.timeout(300)
async def test_hour(folder: Path) -> None:
    """An hour has faults close together; a gap that is not billed weighs more in it."""
    account = await soak(folder, seed=1, hours=1, pause=120)
    assert len(account.faults) > 30
    assert {key: off for key, off in account.off.items() if abs(off) > 0.01} == {}


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_day(folder: Path, request: pytest.FixtureRequest) -> None:
    """A day counts within 0.1 %, and needs no more memory than its first hour."""
    seed = request.config.getoption("--seed")
    started = time.process_time()
    account = await soak(folder, seed, hours=24, pause=1800)
    print(f"{account}\n{time.process_time() - started:.0f} s of processor time")
    assert {key: off for key, off in account.off.items() if abs(off) > 0.001} == {}
    first, last = account.used[0], account.used[-1]
    assert last.objects < first.objects * 1.05
    assert last.resident < first.resident + MOST_GROWTH
