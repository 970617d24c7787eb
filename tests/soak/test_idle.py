"""An hour in which nothing happens costs next to nothing."""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest

from custom_components.power_steward.const import DOMAIN
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, callback

from .fast_time import fast_time
from .house import entries, house
from .test_soak import HOUR, WARM_UP, home_assistant, load, unload


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_idle_hour(folder: Path) -> None:
    """No state is written that did not change, and no file at all.

    What changes with time is the price, and what follows from it.
    """
    reported: list[str] = []
    changed: set[str] = set()

    @callback
    def report(event: Event[Any]) -> None:
        reported.append(event.data["entity_id"])

    @callback
    def change(event: Event[Any]) -> None:
        changed.add(event.data["entity_id"])

    @callback
    def all_of_them(_: Any) -> bool:
        return True

    with fast_time() as fast:
        async with (
            house(fast, folder, Random(1), idle=True) as world,
            home_assistant(folder) as hass,
        ):
            those = entries(world)
            for entry in those.values():
                entry.add_to_hass(hass)
            await load(hass, those)
            await asyncio.sleep(WARM_UP)
            before = files(folder)
            listeners = (
                hass.bus.async_listen(EVENT_STATE_REPORTED, report, all_of_them),
                hass.bus.async_listen(EVENT_STATE_CHANGED, change),
            )
            await asyncio.sleep(HOUR)
            for stop in listeners:
                stop()
            after = files(folder)
            await unload(hass, those)
    assert reported == []
    assert changed
    assert {name for name in changed if "luxembourg" not in name} == set()
    assert before
    assert after == before


def files(folder: Path) -> dict[str, int]:
    """Return when our files were written."""
    return {
        file.name: file.stat().st_mtime_ns
        for file in (folder / ".storage").glob(f"{DOMAIN}*")
    }
