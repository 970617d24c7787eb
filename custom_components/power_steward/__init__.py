"""Power Steward: watches, counts, prices and caps the power of a home."""

from types import ModuleType

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    issue_registry as ir,
)
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.typing import ConfigType

from . import actions, battery, energy_dashboard, history, ledger, outages
from .const import CONF_DEVICE_TYPE, DOMAIN
from .coordinator import StewardConfigEntry

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, which are there before any entry is."""
    actions.async_register(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: StewardConfigEntry) -> bool:
    """Connect to what the entry describes, read it once, and show it."""
    module = await _async_module(hass, entry)
    coordinator = module.create_coordinator(hass, entry)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, coordinator.platforms)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: StewardConfigEntry) -> bool:
    """Unload an entry; what it changed or opened, it gives back or closes."""
    _delete_issues(hass, entry)
    await entry.runtime_data.async_release()
    return await hass.config_entries.async_unload_platforms(
        entry, entry.runtime_data.platforms
    )


async def async_remove_entry(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Forget what was kept for an entry."""
    _delete_issues(hass, entry)
    await ledger.async_remove(hass, entry)
    await history.async_remove(hass, entry)
    await battery.async_remove(hass, entry)
    await outages.async_remove(hass, entry)
    await energy_dashboard.async_remove(hass, entry)
    module = await _async_module(hass, entry)
    if (remove := getattr(module, "async_remove", None)) is not None:
        await remove(hass, entry)


async def async_remove_config_entry_device(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    device: dr.DeviceEntry | dr.ChildDeviceEntry,
) -> bool:
    """Let the user delete a device that the source no longer lists."""
    if entry.state is not ConfigEntryState.LOADED:
        # Nobody knows now what the source lists.
        return False
    coordinator = entry.runtime_data
    return not any(
        coordinator.identifier(key) in device.identifiers for key in coordinator.data
    )


def _delete_issues(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Take back an entry's repairs, whose ids end with the entry's."""
    for domain, issue_id in tuple(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.endswith(entry.entry_id):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


async def _async_module(hass: HomeAssistant, entry: StewardConfigEntry) -> ModuleType:
    """Return the coordinator module of an entry's device type."""
    return await async_import_module(
        hass, f"{__package__}.devices.{entry.data[CONF_DEVICE_TYPE]}.coordinator"
    )
