"""Buttons, from the device types' descriptions."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import StewardConfigEntry
from .devices.readings import DeviceReading
from .entity import StewardDescription, StewardEntity, add_as_they_appear

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class StewardButtonDescription[ReadingT: DeviceReading](
    ButtonEntityDescription, StewardDescription[ReadingT]
):
    """Something that a coordinator can be told to do."""

    press_fn: Callable[[Any], Awaitable[object]]
    """What to await of the coordinator."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the buttons of an entry."""
    add_as_they_appear(
        entry, async_add_entities, StewardButtonDescription, StewardButton
    )


class StewardButton(StewardEntity, ButtonEntity):
    """A button."""

    entity_description: StewardButtonDescription[Any]

    @override
    def _take(self, value: Any) -> None:
        """Have nothing to show."""

    @override
    async def async_press(self) -> None:
        """Have it done."""
        await self.entity_description.press_fn(self.coordinator)
