"""The energy ledger on disk: what it makes of what it finds there."""

import logging
from typing import Any

import pytest

from custom_components.power_steward.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .common import async_add_winpower, shown
from .conftest import Wait
from .simulators.winpower import WinPowerSimulator

ENERGY = "sensor.c3k_energy"
WATT_HOUR = 2 * 1000 * 3600 * 10**9


def stored(data: Any) -> dict[str, Any]:
    """Return a file of the disk with this content."""
    return {"version": 1, "minor_version": 1, "key": "", "data": data}


async def test_totals_are_exact_on_disk(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    winpower: WinPowerSimulator,
    wait: Wait,
) -> None:
    """Totals are kept as text, since they outgrow the integers of JSON."""
    winpower.upses[0].load = 720.0
    entry = await async_add_winpower(hass, winpower)
    await wait(10)
    await hass.config_entries.async_unload(entry.entry_id)
    assert hass_storage[f"{DOMAIN}.{entry.entry_id}.energy"]["data"] == {
        winpower.upses[0].id: {"output": str(2 * WATT_HOUR)}
    }


@pytest.mark.parametrize(
    "garbage",
    [
        [],
        "text",
        5,
        {"other": []},
        {"other": None},
        {"other": "output"},
        {"other": {"output": 5}},
        {"other": {"output": 1.5}},
        {"other": {"output": None}},
        {"other": {"output": "-5"}},
        {"other": {"output": "1.5"}},
        {"other": {"output": ""}},
        {"other": {"output": "\u00b2"}},
        {"other": {"output": "9" * 5000}},
    ],
)
async def test_what_cannot_be_read_does_no_harm(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    winpower: WinPowerSimulator,
    caplog: pytest.LogCaptureFixture,
    garbage: Any,
) -> None:
    """A spoilt file costs what is spoilt in it; one line in the log tells of it."""
    entry = await async_add_winpower(hass, winpower)
    await hass.config_entries.async_unload(entry.entry_id)
    if isinstance(garbage, dict):
        garbage = {**garbage, winpower.upses[0].id: {"output": str(1000 * WATT_HOUR)}}
    hass_storage[f"{DOMAIN}.{entry.entry_id}.energy"] = stored(garbage)
    caplog.clear()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert shown(hass, ENERGY) == ("1.0" if isinstance(garbage, dict) else "0.0")
    (complaint,) = (r for r in caplog.records if r.levelno >= logging.WARNING)
    assert "unreadable" in complaint.message
