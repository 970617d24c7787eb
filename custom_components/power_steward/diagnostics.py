"""Diagnostics without secrets: what was read, and the answer it was read from."""

from collections.abc import Mapping
from dataclasses import asdict
import math
import re
from typing import Any, Final

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    CONF_HOST,
    CONF_PASSWORD,
    CONF_TOKEN,
    CONF_URL,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import ChildDeviceEntry, DeviceEntry

from .coordinator import StewardConfigEntry
from .devices.readings import HUB, DeviceReading

REDACT: Final = frozenset(
    {
        CONF_HOST,
        CONF_PASSWORD,
        CONF_TOKEN,
        CONF_URL,
        CONF_USERNAME,
        "access_key",
        "configuration_url",
        "id",
        "mac",
        "name",
        "secret_key",
        "serial",
        "serial_number",
        "title",
        "unique_id",
    }
)
MAX_DEPTH: Final = 20


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> dict[str, Any]:
    """Return an entry's state for a bug report."""
    told: dict[str, Any] = {"entry": entry.as_dict(), "reason": entry.reason}
    if entry.state is ConfigEntryState.LOADED:
        coordinator = entry.runtime_data
        told |= {
            "connected": coordinator.last_update_success,
            "interval": coordinator.update_interval,
            "readings": [asdict(reading) for reading in coordinator.data.values()],
            "answer": coordinator.raw_answer(),
        }
    return _without_secrets(told, entry)


async def async_get_device_diagnostics(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    device: DeviceEntry | ChildDeviceEntry,
) -> dict[str, Any]:
    """Return one device's reading for a bug report."""
    coordinator = entry.runtime_data
    told = {
        "readings": [
            asdict(reading)
            for key, reading in coordinator.data.items()
            if coordinator.identifier(key) in device.identifiers
        ]
    }
    return _without_secrets(told, entry)


def _without_secrets(told: dict[str, Any], entry: StewardConfigEntry) -> dict[str, Any]:
    """Redact what stands under telling keys, and wherever else it is repeated."""
    keys, readings = REDACT, dict[str, DeviceReading]()
    if entry.state is ConfigEntryState.LOADED:
        keys |= entry.runtime_data.redact
        readings = dict(entry.runtime_data.data)
    plain: dict[str, Any] = _blotted(told, _secrets(entry, readings))
    return async_redact_data(plain, keys)


def _secrets(
    entry: StewardConfigEntry, readings: Mapping[str, DeviceReading]
) -> re.Pattern[str]:
    """Return a pattern of the texts that tell who, where or which."""
    facts = [reading.facts for reading in readings.values()]
    keys = (CONF_USERNAME, CONF_PASSWORD, CONF_TOKEN, "access_key", "secret_key")
    texts: set[str | None] = {entry.title, *(entry.data.get(key) for key in keys)}
    texts |= readings.keys() - {HUB}
    texts |= {text for fact in facts for text in (fact.name, fact.serial_number)}
    # A device without a name is called by its model, and short texts are everywhere.
    texts -= {fact.model for fact in facts}
    telling = sorted((text for text in texts if text and len(text) > 2), key=len)
    return re.compile("|".join(map(re.escape, reversed(telling))) or "(?!)")


def _blotted(value: Any, secrets: re.Pattern[str], depth: int = 0) -> Any:
    """Return a value with the secrets in all its texts redacted, fit for JSON.

    What a source sent may be nested without end or hold numbers that JSON lacks.
    """
    match value:
        case str():
            return secrets.sub(REDACTED, value)
        case dict() | list() | tuple() if depth == MAX_DEPTH:
            return "…"
        case dict():
            return {
                key: _blotted(item, secrets, depth + 1) for key, item in value.items()
            }
        case list() | tuple():
            return [_blotted(item, secrets, depth + 1) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
    return value
