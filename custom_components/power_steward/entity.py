"""The base entity, what describes it, and how entities appear when devices do."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import (
    AddConfigEntryEntitiesCallback,
    async_get_current_platform,
)
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import PollingCoordinator, StewardConfigEntry
from .devices.readings import DeviceReading, HubReading
from .slices import in_slices

ADDED_AT_ONCE: Final = 5
"""Entities that Home Assistant adds at a stretch: a few milliseconds."""
_HAS_ENTITIES: Final = (ConfigEntryState.SETUP_IN_PROGRESS, ConfigEntryState.LOADED)


@dataclass(frozen=True, kw_only=True)
class StewardDescription[ReadingT: DeviceReading](EntityDescription):
    """One value of a reading: ``key`` is its translation key and name in the docs."""

    value_fn: Callable[[ReadingT], Any]
    """How to take the value from the reading; ``None`` means unknown."""
    exists_fn: Callable[[ReadingT], bool] | None = None
    """Whether a device has the value; by default, once the value is not ``None``."""
    attributes_fn: Callable[[ReadingT], Mapping[str, Any] | None] | None = None
    """What else to show of the reading; lists go under ``data``, which no one records."""
    placeholders: Mapping[str, str] | None = None
    """What the name in the translations is completed with."""
    shown_when_unavailable: bool = False
    """Whether the value holds although the source does not vouch for the others."""

    def exists(self, reading: ReadingT) -> bool:
        """Return whether the device of this reading has this value."""
        if self.exists_fn is not None:
            return self.exists_fn(reading)
        return self.value_fn(reading) is not None


@dataclass(frozen=True, kw_only=True)
class StewardControlDescription[ReadingT: DeviceReading](StewardDescription[ReadingT]):
    """A value that can also be set."""

    set_fn: Callable[[Any, str, Any], Awaitable[None]]
    """How to set it: given the coordinator, the device's key and the value."""


class StewardEntity(CoordinatorEntity[PollingCoordinator[Any]]):
    """An entity that shows one value of one device's reading."""

    entity_description: StewardDescription[Any]
    _attr_has_entity_name = True
    _shown: tuple[bool, Any, Mapping[str, Any] | None] = (False, None, None)
    _unrecorded_attributes = frozenset({"data"})

    def __init__(
        self,
        coordinator: PollingCoordinator[Any],
        device_key: str,
        description: StewardDescription[Any],
    ) -> None:
        """Show what the coordinator has of the device now."""
        super().__init__(coordinator, context=device_key)
        self.entity_description = description
        self.device_entry = coordinator.device(device_key)
        self._device_key = device_key
        self._attr_translation_key = description.translation_key or description.key
        if description.placeholders is not None:
            self._attr_translation_placeholders = description.placeholders
        self._attr_unique_id = coordinator.unique_id(device_key, description.key)
        self._refresh()

    @property
    @override
    def available(self) -> bool:
        """Whether the source vouches for the value now."""
        return self._shown[0]

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state if the value or its availability changed."""
        if self._refresh():
            self.async_write_ha_state()

    def _refresh(self) -> bool:
        """Take the value from the newest reading; return whether it changed."""
        reading = self.coordinator.data.get(self._device_key)
        shown: tuple[bool, Any, Mapping[str, Any] | None] = (False, None, None)
        if reading is not None and self._vouched(reading):
            describe = self.entity_description.attributes_fn
            shown = (
                True,
                self.entity_description.value_fn(reading),
                None if describe is None else describe(reading),
            )
        if shown == self._shown:
            return False
        self._shown = shown
        self._attr_extra_state_attributes = dict(shown[2] or {})
        self._take(shown[1])
        return True

    def _vouched(self, reading: DeviceReading) -> bool:
        # The hub's own reading is about the connection, so it outlasts its loss.
        return (
            self.coordinator.last_update_success or isinstance(reading, HubReading)
        ) and (reading.available or self.entity_description.shown_when_unavailable)

    async def _async_set(self, value: Any) -> None:
        """Let the device take a value, and show what it makes of it."""
        description = self.entity_description
        assert isinstance(description, StewardControlDescription)
        await self.coordinator.async_command(
            description.set_fn(self.coordinator, self._device_key, value)
        )

    @abstractmethod
    def _take(self, value: Any) -> None:
        """Put the value into the platform's attributes."""


@callback
def add_as_they_appear[DescriptionT: StewardDescription[Any]](
    entry: StewardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    description_type: type[DescriptionT],
    entity_type: type[StewardEntity],
) -> None:
    """Add a platform's entities, now and when a device or value first appears."""
    coordinator = entry.runtime_data
    domain = async_get_current_platform().domain
    registry = er.async_get(coordinator.hass)
    looked_at: dict[str, DeviceReading] = {}
    described: dict[str, Sequence[EntityDescription]] = {}
    awaited: dict[str, list[DescriptionT]] = {}

    def has_entity(device_key: str, description: DescriptionT) -> bool:
        unique_id = coordinator.unique_id(device_key, description.key)
        return registry.async_get_entity_id(domain, DOMAIN, unique_id) is not None

    def of_platform(descriptions: Sequence[EntityDescription]) -> list[DescriptionT]:
        return [item for item in descriptions if isinstance(item, description_type)]

    def lacking(
        device_key: str, descriptions: Sequence[EntityDescription]
    ) -> list[DescriptionT]:
        """Return the descriptions for which a device that appears has no entity.

        One that was there before still has its entities, unless the user deleted it.
        """
        before = awaited.get(device_key)
        if before is None:
            return of_platform(descriptions)
        return [
            description
            for description in of_platform(descriptions)
            if description in before or not has_entity(device_key, description)
        ]

    def added(
        before: Sequence[EntityDescription], now: Sequence[EntityDescription]
    ) -> list[DescriptionT]:
        """Return what a device may have that it could not have before."""
        known = {description.key for description in before}
        return [item for item in of_platform(now) if item.key not in known]

    def new_of(device_key: str) -> list[StewardEntity]:
        """Return what a device shows for the first time."""
        reading = coordinator.data.get(device_key)
        if reading is None:
            looked_at.pop(device_key, None)
            return []
        if looked_at.get(device_key) is reading:
            return []
        descriptions = coordinator.descriptions(reading)
        if device_key not in looked_at:
            awaited[device_key] = lacking(device_key, descriptions)
        elif descriptions != described[device_key]:
            awaited[device_key] += added(described[device_key], descriptions)
        described[device_key] = descriptions
        looked_at[device_key] = reading
        new = [item for item in awaited[device_key] if item.exists(reading)]
        if new:
            awaited[device_key] = [
                item for item in awaited[device_key] if item not in new
            ]
        return [entity_type(coordinator, device_key, item) for item in new]

    async def add(new: Iterable[StewardEntity]) -> None:
        """Add entities, some at a time."""
        some = batched(new, ADDED_AT_ONCE, strict=False)
        async for entities in in_slices(some, coordinator.clock.monotonic):
            if entry.state not in _HAS_ENTITIES:
                return
            async_add_entities(entities)

    def appear(new: Iterable[StewardEntity]) -> None:
        # Not at once, or the first slices of all platforms would be one.
        name = f"{entry.title} entities"
        entry.async_create_task(coordinator.hass, add(new), name, eager_start=False)

    @callback
    def look(device_key: str) -> None:
        if new := new_of(device_key):
            appear(new)

    entry.async_on_unload(coordinator.async_look_on(look))
    # Not waited for: Home Assistant gives up on a platform that takes a minute.
    appear(entity for key in tuple(coordinator.data) for entity in new_of(key))
