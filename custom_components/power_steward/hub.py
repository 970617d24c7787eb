"""What every hub says of the connection to it, the same for all device types."""

from typing import Final

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTime

from .binary_sensor import StewardBinarySensorDescription
from .devices.errors import (
    AnswerNotUnderstood,
    CannotConnect,
    ClientError,
    RequestRefused,
)
from .devices.readings import HubReading
from .entity import StewardDescription
from .sensor import StewardSensorDescription


def _counter(key: str, count: str, *, enabled: bool) -> StewardDescription[HubReading]:
    return StewardSensorDescription(
        key=key,
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
        value_fn=lambda hub: getattr(hub, count),
    )


_ALWAYS: Final[tuple[type[ClientError], ...]] = (
    CannotConnect,
    AnswerNotUnderstood,
    RequestRefused,
)
"""What can end a poll of any type."""

_CONNECTION: Final[tuple[StewardDescription[HubReading], ...]] = (
    StewardBinarySensorDescription(
        key="connected",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda hub: hub.connected,
    ),
    StewardSensorDescription(
        key="device_count",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=lambda hub: True,
        value_fn=lambda hub: hub.device_count,
    ),
    StewardSensorDescription(
        key="last_success",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda hub: hub.last_success,
    ),
    StewardSensorDescription(
        key="response_time",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda hub: hub.response_time,
    ),
    _counter("polls", "polls", enabled=False),
    _counter("failures", "failures", enabled=True),
    _counter("rejected_values", "rejected_values", enabled=False),
)


def hub_entities(
    *errors: type[ClientError],
) -> tuple[StewardDescription[HubReading], ...]:
    """Return a hub's entities, given what else can end a poll of its type."""
    return (
        *_CONNECTION,
        StewardSensorDescription(
            key="last_failure",
            device_class=SensorDeviceClass.ENUM,
            options=["none", *(error.key for error in (*_ALWAYS, *errors))],
            entity_category=EntityCategory.DIAGNOSTIC,
            value_fn=lambda hub: hub.last_failure or "none",
        ),
    )
