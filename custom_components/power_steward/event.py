"""Events: conditions of a device that begin or end, from descriptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import StewardConfigEntry
from .devices.readings import DeviceReading
from .entity import StewardDescription, StewardEntity, add_as_they_appear

PARALLEL_UPDATES = 0


class Edge(NamedTuple):
    """The change of a condition, by name, to true or to false."""

    condition: str
    to: bool


@dataclass(frozen=True, kw_only=True)
class StewardEventDescription[ReadingT: DeviceReading](
    EventEntityDescription, StewardDescription[ReadingT]
):
    """Events of a device: ``value_fn`` gives its conditions as a mapping of names."""

    edges: Mapping[str, Edge]
    """What each event type stands for."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the events of an entry."""
    add_as_they_appear(entry, async_add_entities, StewardEventDescription, StewardEvent)


class StewardEvent(StewardEntity, EventEntity):
    """Fires when a condition changes from what was last known of it.

    What was known outlasts times in which the device says nothing, so that a change
    during a loss of connection is told when the connection is back.
    """

    entity_description: StewardEventDescription[Any]

    def __init__(self, *args: Any) -> None:
        """Take the conditions at the start as known; they are no events."""
        self._known: dict[str, bool] = {}
        self._due: list[str] = []
        super().__init__(*args)
        self._attr_event_types = list(self.entity_description.edges)

    @override
    def _take(self, value: Any) -> None:
        """Compare the conditions with what is known of them."""
        changed = {
            name: on
            for name, on in (value or {}).items()
            if on is not None and self._known.get(name) is not on
        }
        self._due = [
            event
            for event, edge in self.entity_description.edges.items()
            if edge.condition in self._known and changed.get(edge.condition) is edge.to
        ]
        self._known |= changed

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state, then fire what is due.

        The order matters: triggers ignore a change that comes from unavailable.
        """
        super()._handle_coordinator_update()
        for event in self._due:
            self._trigger_event(event)
            self.async_write_ha_state()
        self._due = []
