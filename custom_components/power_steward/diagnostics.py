"""Diagnostics without secrets: what was read, and the answer it was read from."""

from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import ChildDeviceEntry, DeviceEntry

from .coordinator import StewardConfigEntry
from .devices.readings import DeviceReading

REDACT: Final = frozenset(
    {
        CONF_PASSWORD,
        CONF_URL,
        CONF_USERNAME,
        "configuration_url",
        "id",
        "name",
        "serial_number",
        "title",
        "unique_id",
    }
)


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> dict[str, Any]:
    """Return an entry's state for a bug report."""
    coordinator = entry.runtime_data
    return {
        "entry": async_redact_data(entry.as_dict(), REDACT),
        "connected": coordinator.last_update_success,
        "interval": coordinator.update_interval,
        "readings": [_reading(reading) for reading in coordinator.data.values()],
        "answer": async_redact_data(
            coordinator.raw_answer(), REDACT | coordinator.redact
        ),
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    device: DeviceEntry | ChildDeviceEntry,
) -> dict[str, Any]:
    """Return one device's reading for a bug report."""
    coordinator = entry.runtime_data
    return {
        "readings": [
            _reading(reading)
            for key, reading in coordinator.data.items()
            if coordinator.identifier(key) in device.identifiers
        ]
    }


def _reading(reading: DeviceReading) -> dict[str, Any]:
    return async_redact_data(asdict(reading), REDACT)
