"""Images, from the device types' descriptions, drawn when someone looks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import StewardConfigEntry
from .devices.readings import DeviceReading
from .entity import StewardDescription, StewardEntity, add_as_they_appear

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class StewardImageDescription[ReadingT: DeviceReading](
    ImageEntityDescription, StewardDescription[ReadingT]
):
    """A picture of a reading: ``value_fn`` gives what is to be seen."""

    content_type: str
    draw: Callable[[Any], bytes]
    """Turns that into the image; the same is never drawn twice in a row."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the images of an entry."""
    add_as_they_appear(entry, async_add_entities, StewardImageDescription, StewardImage)


class StewardImage(StewardEntity, ImageEntity):
    """An image that is new whenever what it shows is."""

    entity_description: StewardImageDescription[Any]
    _subject: Any = None
    _drawn: bytes | None = None

    def __init__(self, *args: Any) -> None:
        """Begin with what there is to be seen now."""
        StewardEntity.__init__(self, *args)
        ImageEntity.__init__(self, self.coordinator.hass)
        self._attr_content_type = self.entity_description.content_type

    @override
    async def async_image(self) -> bytes | None:
        """Return the image."""
        if self._drawn is None and self._subject is not None:
            subject = self._subject
            drawn = await self.hass.async_add_executor_job(
                self.entity_description.draw, subject
            )
            if subject is not self._subject:
                return drawn
            self._drawn = drawn
        return self._drawn

    @override
    def _take(self, value: Any) -> None:
        self._subject = value
        self._drawn = None
        self._attr_image_last_updated = self.coordinator.clock.utcnow()
