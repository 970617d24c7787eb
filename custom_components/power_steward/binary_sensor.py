"""Binary sensors, from the device types' descriptions."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import StewardConfigEntry
from .devices.readings import DeviceReading
from .entity import StewardDescription, StewardEntity, add_as_they_appear

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class StewardBinarySensorDescription[ReadingT: DeviceReading](
    BinarySensorEntityDescription, StewardDescription[ReadingT]
):
    """A reading's truth value as a binary sensor."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors of an entry."""
    add_as_they_appear(
        entry, async_add_entities, StewardBinarySensorDescription, StewardBinarySensor
    )


class StewardBinarySensor(StewardEntity, BinarySensorEntity):
    """A binary sensor."""

    entity_description: StewardBinarySensorDescription[Any]

    @override
    def _take(self, value: Any) -> None:
        self._attr_is_on = value
