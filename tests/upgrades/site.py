"""A Home Assistant whose registries, entries and totals are files in a folder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from pytest_homeassistant_custom_component.common import async_test_home_assistant

from custom_components.power_steward.const import DOMAIN
from homeassistant import loader
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    category_registry as cr,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    frame,
    issue_registry as ir,
    label_registry as lr,
    restore_state as rs,
)

from ..soak.house import House

ENTRIES: Final = "core.config_entries"
ENTITIES: Final = "core.entity_registry"
DEVICES: Final = "core.device_registry"
KEPT: Final = (ENTRIES, ENTITIES, DEVICES, f"{DOMAIN}.*")
"""The files that matter, in Home Assistant's ``.storage``."""
COST_METERS: Final = {"cost_import": ["sensor.c3k_energy"]}


@asynccontextmanager
async def home_assistant(folder: Path) -> AsyncIterator[HomeAssistant]:
    """Start on a folder, with what is stored there, and stop."""
    async with async_test_home_assistant(
        config_dir=str(folder), load_registries=False
    ) as hass:
        frame.async_setup(hass)
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
        await hass.config.async_set_time_zone("Europe/Berlin")
        dr.async_setup(hass)
        for registry in (ar, cr, dr, er, fr, ir, lr, rs):
            await registry.async_load(hass)
        await hass.config_entries.async_initialize()
        try:
            yield hass
        finally:
            await hass.async_stop()
            await asyncio.sleep(1)


async def set_up(hass: HomeAssistant) -> None:
    """Load all entries, as at a start."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is ConfigEntryState.NOT_LOADED:
            await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()


def addresses(house: House) -> dict[str, dict[str, Any]]:
    """Return, by device type, where the simulators are reached this time."""
    return {
        "winpower": {"url": house.winpower.url},
        "aiseg2": {"host": house.aiseg2.address},
        "must": {"device": house.port.device},
        "ecoflow": {"url": house.ecoflow.cloud.url},
        "epex": {"url": house.epex.url},
        "rapl": {},
    }
