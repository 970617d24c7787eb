"""The entities of EcoFlow's devices: one for each value of a family's table.

A value that the model lets be set is a control; otherwise it is only shown.
"""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any, Final, NamedTuple

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.switch import SwitchDeviceClass
from homeassistant.const import (
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    Platform,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfTime,
)

from ...binary_sensor import StewardBinarySensorDescription
from ...entity import StewardDescription
from ...hub import hub_entities
from ...mains import MAINS_ENTITIES
from ...number import StewardNumberDescription
from ...select import StewardSelectDescription
from ...sensor import StewardSensorDescription
from ...stewardship.energy_dashboard import EnergyRow
from ...switch import StewardSwitchDescription
from ..errors import CertificateInvalid, CredentialsRejected
from .models import Model
from .models.controls import Control
from .models.quantities import Quantity, Use, kind_of, named, split
from .models.reading import StationReading

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
)
AMPERE_HOUR: Final = "Ah"

type _Station = StewardDescription[StationReading]


class _Shown(NamedTuple):
    """How a quantity is shown."""

    device_class: SensorDeviceClass | None
    unit: str | None
    digits: int | None
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT


_SHOWN: Final = {
    Quantity.POWER: _Shown(SensorDeviceClass.POWER, UnitOfPower.WATT, 0),
    Quantity.ENERGY: _Shown(
        SensorDeviceClass.ENERGY,
        UnitOfEnergy.WATT_HOUR,
        3,
        SensorStateClass.TOTAL_INCREASING,
    ),
    Quantity.VOLTAGE: _Shown(
        SensorDeviceClass.VOLTAGE, UnitOfElectricPotential.VOLT, 1
    ),
    Quantity.CURRENT: _Shown(
        SensorDeviceClass.CURRENT, UnitOfElectricCurrent.AMPERE, 2
    ),
    Quantity.CHARGE_AMOUNT: _Shown(None, AMPERE_HOUR, 2),
    Quantity.TEMPERATURE: _Shown(
        SensorDeviceClass.TEMPERATURE, UnitOfTemperature.CELSIUS, 1
    ),
    Quantity.FREQUENCY: _Shown(SensorDeviceClass.FREQUENCY, UnitOfFrequency.HERTZ, 1),
    Quantity.PERCENTAGE: _Shown(None, UnitOfRatio.PERCENTAGE, 0),
    Quantity.DURATION: _Shown(SensorDeviceClass.DURATION, UnitOfTime.SECONDS, 0),
    Quantity.COUNT: _Shown(None, None, 0),
    Quantity.SIGNAL: _Shown(
        SensorDeviceClass.SIGNAL_STRENGTH, SIGNAL_STRENGTH_DECIBELS_MILLIWATT, 0
    ),
    Quantity.CODE: _Shown(None, None, None, None),
}
_SENSORS: Final = {
    "battery_charge": SensorDeviceClass.BATTERY,
    "charge": SensorDeviceClass.BATTERY,
    "humidity": SensorDeviceClass.HUMIDITY,
}
_BINARY_SENSORS: Final = {
    "ac_input_connected": BinarySensorDeviceClass.PLUG,
    "alternator_charging": BinarySensorDeviceClass.BATTERY_CHARGING,
    "lid_open": BinarySensorDeviceClass.OPENING,
    "mains": BinarySensorDeviceClass.POWER,
}
"""Device classes that the quantity does not tell."""
_CATEGORIES: Final = {
    Use.PRIMARY: None,
    Use.DETAIL: EntityCategory.DIAGNOSTIC,
    Use.RARE: EntityCategory.DIAGNOSTIC,
    Use.SETTING: EntityCategory.DIAGNOSTIC,
}
_CONVENIENT: Final = {
    Quantity.ENERGY: UnitOfEnergy.KILO_WATT_HOUR,
    Quantity.DURATION: UnitOfTime.MINUTES,
}
OUTPUTS: Final = frozenset(
    {
        "ac_high_voltage",
        "ac_low_voltage",
        "ac_output",
        "ac_output_2",
        "car_output",
        "dc_24v_output",
        "inverter",
        "outlet_1",
        "outlet_2",
        "switch",
        "usb_output",
    }
)
"""Switches that a device is there for, unlike those that configure it."""
_DURATIONS: Final[Mapping[float, str]] = {
    0: "never",
    10: "10_seconds",
    30: "30_seconds",
    60: "1_minute",
    300: "5_minutes",
    1800: "30_minutes",
    3600: "1_hour",
    7200: "2_hours",
    14400: "4_hours",
    21600: "6_hours",
    43200: "12_hours",
    86400: "24_hours",
}
_CURRENTS: Final[Mapping[float, str]] = {
    amperes: f"{amperes}_amperes" for amperes in (4, 5, 6, 7, 8)
}
CHOICES: Final[Mapping[str, Mapping[float, str]]] = {
    "ac_timeout": _DURATIONS,
    "car_charging_current": _CURRENTS,
    "dc_timeout": _DURATIONS,
    "device_timeout": _DURATIONS,
    "screen_timeout": _DURATIONS,
    "supply_priority": {0: "supply", 1: "storage"},
}
"""What the options of controls are called."""


@cache
def _description(key: str) -> _Station:
    """Describe a value; packs after the first have their number in the name."""
    quantity, use = kind_of(key)
    stem, _ = split(key)
    name, placeholders = named(key)
    shared: dict[str, Any] = {
        "key": key,
        "translation_key": name,
        "placeholders": placeholders,
        "entity_category": _CATEGORIES[use],
        "entity_registry_enabled_default": use is not Use.RARE,
        "value_fn": lambda station: station.values.get(key),
    }
    if quantity is Quantity.ON_OFF:
        return StewardBinarySensorDescription(
            device_class=_BINARY_SENSORS.get(stem), **shared
        )
    shown = _SHOWN[quantity]
    return StewardSensorDescription(
        device_class=_SENSORS.get(stem, shown.device_class),
        native_unit_of_measurement=shown.unit,
        suggested_unit_of_measurement=_CONVENIENT.get(quantity),
        suggested_display_precision=shown.digits,
        state_class=None if use is Use.SETTING else shown.state_class,
        **shared,
    )


def _counted(channel: str) -> _Station:
    """Describe the energy that the ledger counts of a power."""
    return StewardSensorDescription(
        key=f"energy_{channel}",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=3,
        # The ledger's total stays true while the device is out of reach.
        shown_when_unavailable=True,
        value_fn=lambda station: station.energy.get(channel),
    )


COUNTED: Final = tuple(_counted(channel) for channel in ("input", "output", "solar"))


async def _set(key: str, coordinator: Any, serial: str, value: Any) -> None:
    await coordinator.async_set(serial, key, value)


def _control(control: Control) -> _Station:
    """Describe a value that can be set, within the limits of its model."""
    key = control.key
    quantity, _ = kind_of(key)
    shared: dict[str, Any] = {
        "key": key,
        "entity_category": None if key in OUTPUTS else EntityCategory.CONFIG,
        "value_fn": lambda station: station.values.get(key),
        "set_fn": partial(_set, key),
    }
    if quantity is Quantity.ON_OFF:
        outlet = SwitchDeviceClass.OUTLET if key in OUTPUTS else None
        return StewardSwitchDescription(device_class=outlet, **shared)
    if control.options:
        return _choice(control, shared)
    shown = _SHOWN[quantity]
    return StewardNumberDescription(
        device_class=(
            None
            if shown.device_class is None
            else NumberDeviceClass(shown.device_class)
        ),
        native_unit_of_measurement=shown.unit,
        native_min_value=control.low,
        native_max_value=control.high,
        native_step=control.step,
        **shared,
    )


def _choice(control: Control, shared: Mapping[str, Any]) -> _Station:
    names = {value: CHOICES[control.key][value] for value in control.options}
    values = {name: value for value, name in names.items()}

    async def choose(coordinator: Any, serial: str, name: str) -> None:
        await coordinator.async_set(serial, control.key, values[name])

    def chosen(station: StationReading) -> str | None:
        value = station.values.get(control.key)
        return None if value is None else names.get(value)

    more = {**shared, "value_fn": chosen, "set_fn": choose}
    return StewardSelectDescription(
        options=list(values),
        exists_fn=lambda station: station.values.get(control.key) is not None,
        **more,
    )


_BY_MODEL: Final[dict[tuple[str, bool], tuple[_Station, ...]]] = {}


def entities_of(model: Model, *, developer: bool) -> tuple[_Station, ...]:
    """Return what devices of a model may have, by either way in."""
    by = (model.name, developer)
    if by not in _BY_MODEL:
        keys = dict.fromkeys(row.key for row in model.family.rows)
        keys |= dict.fromkeys(derived.key for derived in model.family.derived)
        controls = {
            control.key: control
            for control in model.controls
            if not developer or control.for_developers
        }
        described = (
            _control(controls[key]) if key in controls else _description(key)
            for key in keys
        )
        mains = MAINS_ENTITIES if "on_battery" in keys else ()
        _BY_MODEL[by] = (*described, *mains, *COUNTED)
    return _BY_MODEL[by]


CONNECTION: Final = hub_entities(CertificateInvalid, CredentialsRejected)

ENERGY: Final = (
    EnergyRow(
        kind="device",
        entities={
            "stat_consumption": ("energy_output", "energy_today"),
            "stat_rate": ("output_power", "power"),
        },
    ),
    EnergyRow(
        kind="battery",
        entities={
            "stat_energy_from": (
                "battery_energy_discharged",
                "energy_discharged_today",
            ),
            "stat_energy_to": ("battery_energy_charged", "energy_charged_today"),
            "stat_soc": "charge",
        },
    ),
    EnergyRow(
        kind="solar",
        entities={"stat_energy_from": "energy_solar", "stat_rate": "solar_power"},
    ),
    EnergyRow(
        kind="grid",
        entities={
            "stat_energy_from": ("grid_energy_imported", "energy_imported_today"),
            "stat_energy_to": ("grid_energy_exported", "energy_exported_today"),
        },
    ),
)
"""What the Energy dashboard can show."""
