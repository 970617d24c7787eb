"""An account in Home Assistant, with a home that is simulated."""

import asyncio
from collections.abc import Callable, Mapping
import json
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.devices.ecoflow.const import (
    CONF_ACCESS_KEY,
    CONF_SECRET_KEY,
)
from custom_components.power_steward.devices.ecoflow.coordinator import (
    EcoFlowCoordinator,
)
from custom_components.power_steward.devices.ecoflow.models.reading import (
    StationReading,
)
from custom_components.power_steward.devices.readings import HUB, HubReading
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ...simulators.ecoflow import SimulatedHome, SimulatedStation
from .conftest import seen

DELTA = "R331TEST00000001"
STREAM = "BK01TEST00000001"


def quotas_of(name: str) -> dict[str, Any]:
    """Return all that a device of JSON said."""
    merged: dict[str, Any] = {}
    for _, payload in seen(name).messages:
        message = json.loads(payload)
        merged |= message.get("params") or message["data"]["quotaMap"]
    return merged


def add_devices(home: SimulatedHome, devices: Mapping[str, str]) -> None:
    """Put devices, by serial number, into the account that say what others said."""
    for serial, name in devices.items():
        messages = seen(name).messages
        station = (
            SimulatedStation(serial, quotas=quotas_of(name))
            if messages[0][1].startswith(b"{")
            else SimulatedStation(serial, answers=[payload for _, payload in messages])
        )
        home.stations[serial] = home.cloud.devices[serial] = station


def an_entry(home: SimulatedHome, *, developer: bool = False) -> MockConfigEntry:
    """Return an entry of the account."""
    account = home.account
    credentials = (
        {
            CONF_ACCESS_KEY: account.access_key,
            CONF_SECRET_KEY: account.secret_key,
        }
        if developer
        else {CONF_USERNAME: account.email, CONF_PASSWORD: account.password}
    )
    return MockConfigEntry(
        domain=DOMAIN,
        title="EcoFlow",
        unique_id=f"ecoflow_{account.user_id}",
        data={CONF_DEVICE_TYPE: "ecoflow", CONF_URL: home.cloud.url, **credentials},
    )


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> EcoFlowCoordinator:
    """Load an entry."""
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    coordinator: EcoFlowCoordinator = entry.runtime_data
    return coordinator


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


def of(coordinator: EcoFlowCoordinator, serial: str) -> StationReading:
    """Return a device's reading."""
    reading = coordinator.data[serial]
    assert isinstance(reading, StationReading)
    return reading


def hub(coordinator: EcoFlowCoordinator) -> HubReading:
    """Return what is known of the connection."""
    reading = coordinator.data[HUB]
    assert isinstance(reading, HubReading)
    return reading


def live(coordinator: EcoFlowCoordinator) -> bool:
    """Whether all devices are live."""
    return all(reading.available for reading in coordinator.data.values())


def entity_id_of(hass: HomeAssistant, platform: str, key: str) -> str | None:
    """Return the entity of a value of the station in the kitchen."""
    unique_id = f"ecoflow_1000000000000000001_{DELTA}_{key}"
    return er.async_get(hass).async_get_entity_id(platform, "power_steward", unique_id)


def state_of(hass: HomeAssistant, platform: str, key: str) -> str | None:
    """Return what is shown of a value of the station in the kitchen."""
    entity_id = entity_id_of(hass, platform, key)
    state = None if entity_id is None else hass.states.get(entity_id)
    return None if state is None else state.state
