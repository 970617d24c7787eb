"""Calendars of times that are worth knowing, from the device types' descriptions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, override

from homeassistant.components.calendar import (
    CalendarEntity,
    CalendarEntityDescription,
    CalendarEvent,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import StewardConfigEntry
from .devices.readings import DeviceReading
from .entity import StewardDescription, StewardEntity, add_as_they_appear

PARALLEL_UPDATES = 0


class Occasion(NamedTuple):
    """A time, and what it is."""

    start: datetime
    end: datetime
    summary: str


@dataclass(frozen=True, kw_only=True)
class StewardCalendarDescription[ReadingT: DeviceReading](
    CalendarEntityDescription, StewardDescription[ReadingT]
):
    """Times of a device: ``value_fn`` gives its occasions in order."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the calendars of an entry."""
    add_as_they_appear(
        entry, async_add_entities, StewardCalendarDescription, StewardCalendar
    )


class StewardCalendar(StewardEntity, CalendarEntity):
    """A calendar that cannot be edited."""

    entity_description: StewardCalendarDescription[Any]
    _occasions: tuple[Occasion, ...] = ()

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return the occasion that is now or next."""
        now = self.coordinator.clock.utcnow()
        return next((_event(item) for item in self._occasions if item.end > now), None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the occasions in a span."""
        return [
            _event(item)
            for item in self._occasions
            if item.end > start_date and item.start < end_date
        ]

    @override
    def _take(self, value: Any) -> None:
        self._occasions = tuple(value or ())


def _event(item: Occasion) -> CalendarEvent:
    return CalendarEvent(start=item.start, end=item.end, summary=item.summary)
