"""Choices, from the device types' descriptions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import StewardConfigEntry
from .devices.readings import DeviceReading
from .entity import StewardControlDescription, StewardEntity, add_as_they_appear

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class StewardSelectDescription[ReadingT: DeviceReading](
    SelectEntityDescription, StewardControlDescription[ReadingT]
):
    """A reading's value as a choice."""

    options_fn: Callable[[ReadingT], list[str]] | None = None
    """What there is to choose from, where it depends on the device."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the choices of an entry."""
    add_as_they_appear(
        entry, async_add_entities, StewardSelectDescription, StewardSelect
    )


class StewardSelect(StewardEntity, SelectEntity):
    """A choice."""

    entity_description: StewardSelectDescription[Any]

    @override
    def _take(self, value: Any) -> None:
        self._attr_current_option = value
        options_fn = self.entity_description.options_fn
        reading = self.coordinator.data.get(self._device_key)
        if options_fn is not None and reading is not None:
            self._attr_options = options_fn(reading)

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose."""
        await self._async_set(option)
