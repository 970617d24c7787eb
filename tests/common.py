"""What the tests of all rooms share."""

import asyncio
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from custom_components.power_steward import devices
from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.devices.epex.entities import zone_entities
from custom_components.power_steward.devices.epex.preferences import preferences
from custom_components.power_steward.entity import StewardDescription
from custom_components.power_steward.meters import REMAINDER
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .simulators.winpower import ManualClock, WinPowerSimulator


def tables(device_type: str) -> Iterator[tuple[Any, ...]]:
    """Return the tables of a device type, also those that depend on options."""
    module = import_module(f"{devices.__name__}.{device_type}.entities")
    yield from (value for value in vars(module).values() if isinstance(value, tuple))
    if device_type == devices.DeviceType.EPEX:
        meters = {"sensor.meter": "Meter"}
        yield zone_entities(preferences({}, "EUR"), "EUR", meters)


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
