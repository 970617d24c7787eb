"""Energy as a user sees it: exact, never lost for long, never counted twice."""

from copy import deepcopy
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.ledger import SAVE_INTERVAL
from custom_components.power_steward.stewardship.energy_ledger import watt_hours
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError

from .common import (
    async_add_winpower,
    async_load_again,
    async_wait,
    home_assistant,
    shown,
)
from .conftest import Wait
from .simulators.winpower import ManualClock, SimulatedUps, WinPowerSimulator, faults

INTERVAL = 5
LOAD = 720.0
"""Watts: one Wh in a poll's interval."""


@pytest.fixture
def ups(winpower: WinPowerSimulator) -> SimulatedUps:
    """Return the server's UPS, with a steady load."""
    winpower.upses[0].load = LOAD
    return winpower.upses[0]


def energy(hass: HomeAssistant) -> float:
    """Return the energy that is shown, in Wh."""
    return float(shown(hass, "sensor.c3k_energy")) * 1000


def saved(hass_storage: dict[str, Any], entry: StewardConfigEntry) -> float:
    """Return the energy that is on disk, in Wh."""
    store = hass_storage.get(f"{DOMAIN}.{entry.entry_id}.energy", {"data": {}})
    return sum(
        watt_hours(int(total))
        for device in store["data"].values()
        for total in device.values()
    )


async def settled(hass: HomeAssistant, entry: StewardConfigEntry) -> float:
    """Return all the energy that was counted, in Wh: reloading shows it."""
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    return energy(hass)


# How much


@pytest.mark.parametrize(
    "load",
    [
        pytest.param(LOAD, id="steady"),
        pytest.param(0.0, id="none"),
        pytest.param(3.0, id="small"),
        pytest.param(lambda seconds: 100 + 6 * seconds, id="rising"),
    ],
)
async def test_same_as_delivered(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
    load: Any,
) -> None:
    """What a steady or steadily changing load takes is counted to the last digit."""
    ups.load = load
    entry = await async_add_winpower(hass, winpower)
    before = ups.energy_delivered_wh
    await wait(12 * INTERVAL)
    delivered = ups.energy_delivered_wh - before
    assert await settled(hass, entry) == pytest.approx(delivered, rel=1e-12)


async def test_many_small_steps(
    hass: HomeAssistant, winpower: WinPowerSimulator, ups: SimulatedUps, wait: Wait
) -> None:
    """Steps below any rounding add up."""
    ups.load = 1.0
    entry = await async_add_winpower(hass, winpower, interval=2)
    await wait(72)
    assert await settled(hass, entry) == pytest.approx(0.02, rel=1e-12)


# When it is shown


async def test_shown_only_once_it_is_saved(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
) -> None:
    """A total that a crash could take back is not shown; it never goes down."""
    entry = await async_add_winpower(hass, winpower)
    assert energy(hass) == 0
    before = 0.0
    for second in range(90):
        await wait(1)
        now = energy(hass)
        on_disk = saved(hass_storage, entry)
        assert before <= now <= on_disk <= ups.energy_delivered_wh
        lag = SAVE_INTERVAL.total_seconds() + INTERVAL
        assert on_disk >= (second - lag) * LOAD / 3600
        before = now
    assert before > 0


async def test_not_shown_while_it_cannot_be_saved(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
) -> None:
    """While the disk is full the total stands still; nothing of it is lost."""
    entry = await async_add_winpower(hass, winpower)
    await wait(30)
    before = energy(hass)
    assert before > 0
    full = WriteError(OSError("no space left"))
    with patch.object(Store, "_async_write_data", side_effect=full):
        await wait(60)
        assert energy(hass) == before
    await wait(30)
    assert energy(hass) > 60 / INTERVAL
    assert await settled(hass, entry) == 120 / INTERVAL


async def test_survives_a_reload(
    hass: HomeAssistant, winpower: WinPowerSimulator, ups: SimulatedUps, wait: Wait
) -> None:
    """A reload shows all that was counted before it, and goes on from there."""
    entry = await async_add_winpower(hass, winpower)
    await wait(2 * INTERVAL)
    assert await settled(hass, entry) == 2
    await wait(3 * INTERVAL)
    assert await settled(hass, entry) == 5


async def test_survives_a_restart(
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    hass_storage: dict[str, Any],
    clock: ManualClock,
) -> None:
    """What Home Assistant counted until it stopped is there when it starts again."""
    async with home_assistant() as hass:
        entry = await async_add_winpower(hass, winpower)
        await async_wait(hass, clock, 4 * INTERVAL)
        assert energy(hass) < 4
    assert saved(hass_storage, entry) == 4

    clock.advance(3600)  # nobody measures, so nobody is billed
    async with home_assistant() as hass:
        await async_load_again(hass, entry)
        assert energy(hass) == 4
        await async_wait(hass, clock, 6 * INTERVAL)
        assert 4 < energy(hass) <= 10


@pytest.mark.parametrize("crash_after", [3, 14, 15, 16, 29, 44])
async def test_survives_a_crash(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
    clock: ManualClock,
    crash_after: int,
) -> None:
    """A crash takes the energy of the last seconds, and nothing that was shown."""
    entry = await async_add_winpower(hass, winpower)
    await wait(crash_after)
    before = energy(hass)
    disk = deepcopy(hass_storage)
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage.clear()
    hass_storage.update(disk)

    async with home_assistant() as again:
        await async_load_again(again, entry)
        after = energy(again)
        lost = ups.energy_delivered_wh - after
        longest = SAVE_INTERVAL.total_seconds() + INTERVAL
        assert before <= after
        assert 0 <= lost <= longest * LOAD / 3600
        delivered = ups.energy_delivered_wh
        await async_wait(again, clock, 6 * INTERVAL)
        assert energy(again) <= after + ups.energy_delivered_wh - delivered


# What is not billed


async def test_short_gap_is_billed(
    hass: HomeAssistant, winpower: WinPowerSimulator, ups: SimulatedUps, wait: Wait
) -> None:
    """A poll that fails costs nothing, if the next one does not."""
    entry = await async_add_winpower(hass, winpower)
    with winpower.inject(faults.status(500), on="list"):
        await wait(INTERVAL)
    await wait(3 * INTERVAL)
    assert await settled(hass, entry) == 4


async def test_long_gap_is_not_billed(
    hass: HomeAssistant, winpower: WinPowerSimulator, ups: SimulatedUps, wait: Wait
) -> None:
    """Of a time without readings, longer than three intervals, nothing is known."""
    entry = await async_add_winpower(hass, winpower)
    await wait(2 * INTERVAL)
    await winpower.stop_listening()
    ups.load = 100 * LOAD
    await wait(25)  # polls fail after 5, 10 and 20 s, and then wait for 20 s
    ups.load = LOAD
    await winpower.listen_again()
    await wait(15 + 2 * INTERVAL)
    assert await settled(hass, entry) == 2 + 2


@pytest.mark.parametrize("realtime", ["empty", "stale", "missing"])
async def test_ups_out_of_reach_is_not_billed(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
    realtime: Any,
) -> None:
    """What a server repeats of a UPS that it cannot reach is no measurement."""
    ups.offline_realtime = realtime
    entry = await async_add_winpower(hass, winpower)
    await wait(2 * INTERVAL)
    ups.connected = False
    await wait(4 * INTERVAL)
    ups.connected = True
    await wait(2 * INTERVAL)
    assert await settled(hass, entry) == 2 + 1


@pytest.mark.parametrize("power", ["-720", "", "many", "NaN", None])
async def test_power_that_is_none_is_not_billed(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
    power: str | None,
) -> None:
    """A power that is negative or missing counts neither for nor against."""
    entry = await async_add_winpower(hass, winpower)
    await wait(2 * INTERVAL)
    ups.overrides["realtime"] = {"loadTotalWatt": power, "loadWatt1": ""}
    await wait(4 * INTERVAL)
    ups.overrides.clear()
    await wait(2 * INTERVAL)
    assert await settled(hass, entry) == 2 + 1
