"""Sensors, from the device types' descriptions."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import StewardConfigEntry
from .devices.readings import DeviceReading, PeriodTotal
from .entity import StewardDescription, StewardEntity, add_as_they_appear
from .meters import remainders

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class StewardSensorDescription[ReadingT: DeviceReading](
    SensorEntityDescription, StewardDescription[ReadingT]
):
    """A reading's value as a sensor."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of an entry."""
    add_as_they_appear(
        entry, async_add_entities, StewardSensorDescription, StewardSensor
    )
    async_add_entities(remainders(hass, entry))


class StewardSensor(StewardEntity, SensorEntity):
    """A sensor."""

    entity_description: StewardSensorDescription[Any]

    @override
    def _take(self, value: Any) -> None:
        if isinstance(value, PeriodTotal):
            value, self._attr_last_reset = value
        self._attr_native_value = value
