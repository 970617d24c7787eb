"""Devices of models that no table knows: what they send, and a plea to tell of them."""

from functools import cache

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ...const import DOMAIN
from ...sensor import StewardSensorDescription
from .models.reading import StationReading
from .models.registry import GENERIC
from .station import Station


@cache
def _other(wire: str) -> StewardSensorDescription[StationReading]:
    """Describe a number by its wire name, which is all that is known of it."""
    return StewardSensorDescription(
        key=f"wire_{wire}",
        translation_key="wire_value",
        placeholders={"wire": wire},
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda station: station.others.get(wire),
    )


def others_of(
    reading: StationReading,
) -> tuple[StewardSensorDescription[StationReading], ...]:
    """Return an entity for each number that no row names, to be enabled by the user."""
    return tuple(map(_other, reading.others))


def ask_about(hass: HomeAssistant, entry: ConfigEntry, station: Station) -> None:
    """Ask the user for diagnostics if a device's model is not known."""
    if station.model.family is GENERIC:
        ir.async_create_issue(
            hass,
            DOMAIN,
            _issue_id(entry, station.serial),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="model_unknown",
            translation_placeholders={
                "name": station.facts.name or station.model.name,
                "model": station.facts.model or station.model.name,
            },
        )


def ask_no_more(hass: HomeAssistant, entry: ConfigEntry, serial: str) -> None:
    """Stop asking about a device that is gone."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, serial))


def _issue_id(entry: ConfigEntry, serial: str) -> str:
    return f"model_unknown_{serial}_{entry.entry_id}"
