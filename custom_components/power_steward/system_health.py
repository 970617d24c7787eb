"""System health: how many sources and devices there are, and how many are down."""

from collections import Counter
from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import CONF_DEVICE_TYPE, DOMAIN


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the information."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return counts over all entries."""
    entries = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    loaded = [entry for entry in entries if entry.state is ConfigEntryState.LOADED]
    types = Counter(entry.data[CONF_DEVICE_TYPE] for entry in entries)
    return {
        "device_types": ", ".join(f"{name}: {types[name]}" for name in sorted(types)),
        "sources": len(entries),
        "sources_down": len(entries)
        - sum(entry.runtime_data.last_update_success for entry in loaded),
        "devices": sum(len(entry.runtime_data.data) - 1 for entry in loaded),
    }
