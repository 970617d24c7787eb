"""Meters that the user says feed others: a sensor of what is left, and a repair."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfPower
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_time_interval,
)
from homeassistant.util.unit_conversion import PowerConverter

from .const import CONF_COMPLETE, CONF_FEEDS, CONF_PARTS, CONF_WHOLE, DOMAIN, LOGGER
from .coordinator import StewardConfigEntry
from .stewardship.meters import SHARE, CrossCheck, Feed, remainder

REMAINDER: Final = SensorEntityDescription(
    key="remainder",
    translation_key="remainder",
    device_class=SensorDeviceClass.POWER,
    native_unit_of_measurement=UnitOfPower.WATT,
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=0,
)
_LOOK_EVERY: Final = timedelta(minutes=1)
"""Powers that stay as they are tell nobody, but count on."""


def feeds_of(options: Mapping[str, Any]) -> list[Feed]:
    """Return what an entry's options say feeds what."""
    return [
        Feed(feed[CONF_WHOLE], tuple(feed[CONF_PARTS]), feed.get(CONF_COMPLETE, True))
        for feed in options.get(CONF_FEEDS, ())
    ]


def named_feeds(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return what feeds what over all entries, in pairs."""
    return [
        (feed.whole, part)
        for entry in hass.config_entries.async_entries(DOMAIN)
        for feed in feeds_of(entry.options)
        for part in feed.parts
    ]


@callback
def remainders(hass: HomeAssistant, entry: StewardConfigEntry) -> list[RemainderSensor]:
    """Return a sensor for each power that feeds others; those of others are gone."""
    registry = er.async_get(hass)
    sensors = list(_sensors(registry, entry))
    wanted = {sensor.unique_id for sensor in sensors}
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if entity.translation_key == REMAINDER.key and entity.unique_id not in wanted:
            registry.async_remove(entity.entity_id)
    return sensors


def _sensors(
    registry: er.EntityRegistry, entry: StewardConfigEntry
) -> Iterator[RemainderSensor]:
    for feed in feeds_of(entry.options):
        whole = registry.async_get(feed.whole)
        if whole is None:
            LOGGER.warning("%s: there is no %s any more", entry.title, feed.whole)
        else:
            yield RemainderSensor(entry, feed, whole)


class RemainderSensor(SensorEntity):
    """What a power feeds beside the powers that are known."""

    entity_description = REMAINDER
    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, entry: StewardConfigEntry, feed: Feed, whole: er.RegistryEntry
    ) -> None:
        """Stand beside the sensor of the whole."""
        self._entry = entry
        self._feed = feed
        if whole.device_id is not None:
            self.device_entry = dr.async_get(entry.runtime_data.hass).async_get(
                whole.device_id
            )
        self._check = CrossCheck(complete=feed.complete)
        self._attr_unique_id = f"{whole.unique_id}_{REMAINDER.key}"

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the powers, and look at them also while they stay as they are."""
        self.async_on_remove(
            async_track_state_change_event(
                self.hass, [self._feed.whole, *self._feed.parts], self._on_power
            )
        )
        self.async_on_remove(
            async_track_time_interval(self.hass, self._look, _LOOK_EVERY)
        )
        self._look()

    @callback
    def _on_power(self, _: Event[EventStateChangedData]) -> None:
        self._look()

    @callback
    def _look(self, _: datetime | None = None) -> None:
        """Take the powers as they are now."""
        whole = _watts(self.hass.states.get(self._feed.whole))
        parts = [_watts(self.hass.states.get(part)) for part in self._feed.parts]
        left = remainder(whole, parts)
        self._check.add(self._entry.runtime_data.clock.monotonic(), whole, left)
        self._report()
        self._attr_native_value = left
        self.async_write_ha_state()

    def _report(self) -> None:
        """Tell the user of a disagreement, until it is over."""
        issue_id = f"meters_disagree_{self.unique_id}_{self._entry.entry_id}"
        if not self._check.disagrees:
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="meters_disagree",
            translation_placeholders={
                "whole": self._name_of(self._feed.whole),
                "parts": ", ".join(map(self._name_of, self._feed.parts)),
                "share": f"{SHARE:.0%}",
                "left": f"{self._check.left:.0f}",
            },
        )

    def _name_of(self, entity_id: str) -> str:
        state = self.hass.states.get(entity_id)
        return entity_id if state is None else state.name


def _watts(state: State | None) -> float | None:
    """Return a power in W, ``None`` if it is not known."""
    if state is None:
        return None
    try:
        return PowerConverter.convert(
            float(state.state),
            state.attributes.get(ATTR_UNIT_OF_MEASUREMENT),
            UnitOfPower.WATT,
        )
    except ValueError, HomeAssistantError:
        return None
