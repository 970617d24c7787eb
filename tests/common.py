"""What the tests of all rooms share."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.power_steward import devices
from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.devices.ecoflow.entities import entities_of
from custom_components.power_steward.devices.ecoflow.models.reading import (
    StationReading,
)
from custom_components.power_steward.devices.ecoflow.models.registry import (
    MODELS,
    UNKNOWN,
)
from custom_components.power_steward.devices.ecoflow.unknown import others_of
from custom_components.power_steward.devices.epex.entities import zone_entities
from custom_components.power_steward.devices.epex.preferences import preferences
from custom_components.power_steward.devices.readings import DeviceFacts
from custom_components.power_steward.entity import StewardDescription
from custom_components.power_steward.meters import REMAINDER
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, frame
from homeassistant.helpers.json import json_bytes
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.util.json import json_loads

from .simulators.winpower import ManualClock, WinPowerSimulator


def tables(device_type: str) -> Iterator[tuple[Any, ...]]:
    """Return the tables of a device type, also those that depend on options or models."""
    module = import_module(f"{devices.__name__}.{device_type}.entities")
    yield from (value for value in vars(module).values() if isinstance(value, tuple))
    if device_type == devices.DeviceType.EPEX:
        meters = {"sensor.meter": "Meter"}
        yield zone_entities(preferences({}, "EUR"), "EUR", meters)
    if device_type == devices.DeviceType.ECOFLOW:
        yield from (
            entities_of(model, developer=developer)
            for model in (*MODELS, UNKNOWN)
            for developer in (False, True)
        )
        yield others_of(
            StationReading(
                facts=DeviceFacts(name=""), serial="", values={}, others={"pd.x": 1}
            )
        )


def key_of(description: StewardDescription[Any]) -> str:
    """Return what a description is called in texts and docs."""
    return description.translation_key or description.key


def descriptions(platform: str) -> list[StewardDescription[Any]]:
    """Return what describes the entities of a platform, over all device types."""
    shared: list[Any] = [REMAINDER] if platform == "sensor" else []
    return shared + [
        item
        for device_type in devices.DeviceType
        for table in tables(device_type)
        for item in table
        if isinstance(item, StewardDescription)
        and type(item).__module__.endswith(f".{platform}")
    ]


async def async_choose(hass: HomeAssistant, device_type: str) -> ConfigFlowResult:
    """Choose a device type in the menu and return the first form of its steps."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": device_type}
    )


def winpower_form(simulator: WinPowerSimulator, **changes: Any) -> dict[str, Any]:
    """Return what a user enters to add a server."""
    return {
        CONF_URL: simulator.url,
        CONF_USERNAME: simulator.username,
        CONF_PASSWORD: simulator.password,
        CONF_VERIFY_SSL: True,
        **changes,
    }


async def async_add_winpower(
    hass: HomeAssistant,
    simulator: WinPowerSimulator,
    verify_ssl: bool = True,
    /,
    **options: float,
) -> StewardConfigEntry:
    """Add a server as a user does, and set options if there are any."""
    form = await async_choose(hass, "winpower")
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], winpower_form(simulator, verify_ssl=verify_ssl)
    )
    if result.get("step_id") == "winpower_empty":
        result = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done()
    entry: StewardConfigEntry = result["result"]
    if options:
        await async_set_options(hass, entry, **options)
    return entry


async def async_settings(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> ConfigFlowResult:
    """Open the settings of an entry's type in its options."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    return await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": "settings"}
    )


async def async_set_options(
    hass: HomeAssistant, entry: StewardConfigEntry, **options: float
) -> None:
    """Change options as a user does."""
    form = await async_settings(hass, entry)
    schema = form["data_schema"]
    assert schema is not None
    await hass.config_entries.options.async_configure(
        form["flow_id"], schema({**entry.options, **options})
    )
    await hass.async_block_till_done()


def entities(
    hass: HomeAssistant, entry: StewardConfigEntry, device_key: str
) -> dict[str, dict[str, Any]]:
    """Return the registered entities of a device with their states, by entity id."""
    device = entry.runtime_data.device(device_key)
    assert device is not None
    found = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    return {
        entity.entity_id: {
            "unique_id": entity.unique_id,
            "category": entity.entity_category and entity.entity_category.value,
            "disabled": entity.disabled_by and entity.disabled_by.value,
            "state": (state := hass.states.get(entity.entity_id)) and state.state,
            "attributes": state and json_loads(json_bytes(state.attributes)),
        }
        for entity in sorted(found, key=lambda entity: entity.entity_id)
    }


def shown(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    state = hass.states.get(entity_id)
    assert state is not None, f"{entity_id} is not there"
    return state.state


async def async_wait(hass: HomeAssistant, clock: ManualClock, seconds: int) -> None:
    """Let seconds pass, one by one, and all happen that is due in each."""
    for _ in range(seconds):
        clock.advance(1)
        await asyncio.sleep(0)  # after this one the loop looks at its clock
        await hass.async_block_till_done(wait_background_tasks=True)


@asynccontextmanager
async def home_assistant() -> AsyncIterator[HomeAssistant]:
    """Start a Home Assistant of its own, but with the same disk, and stop it."""
    async with async_test_home_assistant() as hass:
        frame.async_setup(hass)
        hass.data.pop(DATA_CUSTOM_COMPONENTS)
        yield hass
        await hass.async_stop()


async def async_load_again(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Load an entry that another Home Assistant had."""
    same = MockConfigEntry(
        domain=DOMAIN,
        entry_id=entry.entry_id,
        unique_id=entry.unique_id,
        title=entry.title,
        data=entry.data,
        options=entry.options,
    )
    same.add_to_hass(hass)
    assert await hass.config_entries.async_setup(same.entry_id)
    await hass.async_block_till_done()
