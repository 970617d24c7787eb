"""Switches, from the device types' descriptions."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import StewardConfigEntry
from .devices.readings import DeviceReading
from .entity import StewardControlDescription, StewardEntity, add_as_they_appear

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class StewardSwitchDescription[ReadingT: DeviceReading](
    SwitchEntityDescription, StewardControlDescription[ReadingT]
):
    """A reading's truth value as a switch."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches of an entry."""
    add_as_they_appear(
        entry, async_add_entities, StewardSwitchDescription, StewardSwitch
    )


class StewardSwitch(StewardEntity, SwitchEntity):
    """A switch."""

    entity_description: StewardSwitchDescription[Any]

    @override
    def _take(self, value: Any) -> None:
        self._attr_is_on = value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch on."""
        await self._async_set(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch off."""
        await self._async_set(False)
