"""What the description of every entity has to keep to, over all device types."""

from typing import Any

import pytest

from custom_components.power_steward.devices import DeviceType
from custom_components.power_steward.entity import StewardDescription, StewardEntity
from homeassistant.components.number import NumberEntityDescription
from homeassistant.components.number.const import DEVICE_CLASS_UNITS as NUMBER_UNITS
from homeassistant.components.sensor import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
    SensorDeviceClass,
    SensorEntityDescription,
)
from homeassistant.const import EntityCategory

from .common import descriptions, tables

SENSORS = descriptions("sensor")
OF_OTHER_TIMES = ("next_", "today_", "tomorrow_", "volume")
"""How the keys of prices and volumes begin that are not of the present moment."""


def fits(sensor: SensorEntityDescription) -> bool:
    """Whether Home Assistant's device class allows units, state class and options."""
    kind = sensor.device_class
    if kind is SensorDeviceClass.ENUM:
        return bool(sensor.options) and sensor.state_class is None
    if kind is None:
        return True
    unit = sensor.native_unit_of_measurement
    units = DEVICE_CLASS_UNITS.get(kind, {None})
    # The unit of a price or a cost is that of the home: 'EUR/kWh'.
    return (
        (kind is SensorDeviceClass.MONETARY or unit in units)
        and (sensor.suggested_unit_of_measurement or unit) in {unit, *units}
        and sensor.state_class in {None, *DEVICE_CLASS_STATE_CLASSES.get(kind, ())}
    )


def test_sensors_fit_their_device_class() -> None:
    """Unit, state class and options are such as the device class allows."""
    assert len(SENSORS) > 1000
    assert not [
        sensor
        for sensor in SENSORS
        if isinstance(sensor, SensorEntityDescription) and not fits(sensor)
    ]


def test_numbers_fit_their_device_class() -> None:
    """The unit of a setting is one that its device class allows."""
    numbers = descriptions("number")
    assert numbers
    assert not [
        number
        for number in numbers
        if isinstance(number, NumberEntityDescription)
        and number.device_class is not None
        and number.native_unit_of_measurement not in NUMBER_UNITS[number.device_class]
    ]


def test_measurements_have_statistics() -> None:
    """Whatever is measured now has a state class; what is fixed is diagnostic."""
    assert not [
        sensor
        for sensor in SENSORS
        if isinstance(sensor, SensorEntityDescription)
        and sensor.native_unit_of_measurement is not None
        and sensor.state_class is None
        and sensor.entity_category is not EntityCategory.DIAGNOSTIC
        and not sensor.key.startswith(OF_OTHER_TIMES)
    ]


def test_sensors_are_no_settings() -> None:
    """What only shows is no setting; Home Assistant refuses such an entity."""
    assert not [
        description
        for platform in ("sensor", "binary_sensor", "event", "calendar", "image")
        for description in descriptions(platform)
        if description.entity_category is EntityCategory.CONFIG
    ]


@pytest.mark.parametrize("device_type", DeviceType)
def test_keys_are_unique(device_type: str) -> None:
    """No two entities of a device and a platform share a unique id."""
    for table in tables(device_type):
        keys = [
            (type(item).__name__, item.key)
            for item in table
            if isinstance(item, StewardDescription)
        ]
        assert sorted(set(keys)) == sorted(keys)


def subclasses(of: type[Any]) -> set[type[Any]]:
    """Return all that inherits from a class."""
    direct = set(of.__subclasses__())
    return direct.union(*map(subclasses, direct))


def test_entities_have_names() -> None:
    """Every class of entities names its entities after what they show."""
    descriptions("sensor")  # imports all device types
    ours = {
        entity
        for entity in subclasses(StewardEntity)
        if entity.__module__.startswith("custom_components.")
    }
    assert len(ours) >= 8
    assert all(entity._attr_has_entity_name for entity in ours)
