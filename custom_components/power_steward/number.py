"""Numbers, from the device types' descriptions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import StewardConfigEntry
from .devices.readings import DeviceReading
from .entity import StewardControlDescription, StewardEntity, add_as_they_appear

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class StewardNumberDescription[ReadingT: DeviceReading](
    NumberEntityDescription, StewardControlDescription[ReadingT]
):
    """A reading's value as a number that can be set."""

    limits_fn: Callable[[ReadingT], tuple[float, float, float] | None] | None = None
    """Least, most and step, where they depend on the device."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the numbers of an entry."""
    add_as_they_appear(
        entry, async_add_entities, StewardNumberDescription, StewardNumber
    )


class StewardNumber(StewardEntity, NumberEntity):
    """A number."""

    entity_description: StewardNumberDescription[Any]

    @override
    def _take(self, value: Any) -> None:
        self._attr_native_value = value
        reading = self.coordinator.data.get(self._device_key)
        limits_fn = self.entity_description.limits_fn
        limits = None if limits_fn is None or reading is None else limits_fn(reading)
        if limits is not None:
            self._attr_native_min_value, self._attr_native_max_value, step = limits
            self._attr_native_step = step

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the value."""
        await self._async_set(value)
