"""The entities of an AiSEG2 and the home behind it, one row a value."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    Platform,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfTime,
    UnitOfVolume,
)

from ...binary_sensor import StewardBinarySensorDescription
from ...button import StewardButtonDescription
from ...entity import StewardDescription
from ...hub import hub_entities
from ...sensor import StewardSensorDescription
from ...stewardship.energy_dashboard import EnergyRow
from ..errors import CertificateInvalid, CredentialsRejected, DemoMode
from ..readings import DeviceReading
from .models import (
    BATTERY_STATES,
    GRID_DIRECTIONS,
    IMPORT_STATES,
    ApplianceReading,
    BoxReading,
    CircuitReading,
    HomeReading,
    PlaceReading,
    SourceReading,
)

PLATFORMS: Final = (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.SENSOR)

type _Row = StewardDescription[Any]
type _Value = Callable[[Any], Any]


def _measured(
    key: str,
    device_class: SensorDeviceClass | None,
    unit: str | None,
    value: _Value,
    precision: int = 0,
    **more: Any,
) -> _Row:
    return StewardSensorDescription(
        key=key,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=precision,
        value_fn=value,
        **more,
    )


def _power(key: str, value: _Value, **more: Any) -> _Row:
    return _measured(key, SensorDeviceClass.POWER, UnitOfPower.WATT, value, **more)


def _today(
    key: str,
    value: _Value,
    device_class: SensorDeviceClass = SensorDeviceClass.ENERGY,
    unit: str = UnitOfEnergy.KILO_WATT_HOUR,
    precision: int = 2,
) -> _Row:
    """Describe a total of the box's day; it carries its own midnight."""
    return StewardSensorDescription(
        key=key,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=precision,
        value_fn=value,
    )


def _temperature(key: str, value: _Value) -> _Row:
    kind, unit = SensorDeviceClass.TEMPERATURE, UnitOfTemperature.CELSIUS
    return _measured(key, kind, unit, value, 1)


def _humidity(key: str, value: _Value) -> _Row:
    kind, unit = SensorDeviceClass.HUMIDITY, UnitOfRatio.PERCENTAGE
    return _measured(key, kind, unit, value)


def _choice(key: str, options: Sequence[str], value: _Value, **more: Any) -> _Row:
    return StewardSensorDescription(
        key=key,
        device_class=SensorDeviceClass.ENUM,
        options=list(options),
        value_fn=value,
        **more,
    )


def _condition(
    key: str,
    value: _Value,
    device_class: BinarySensorDeviceClass | None = None,
    **more: Any,
) -> _Row:
    return StewardBinarySensorDescription(
        key=key, device_class=device_class, value_fn=value, **more
    )


HOME: Final[tuple[_Row, ...]] = (
    _power("consumption", lambda home: home.consumption),
    _power("generation", lambda home: home.generation),
    _power("grid_power", lambda home: home.grid_power),
    _power("bought_power", lambda home: home.bought_power),
    _power("sold_power", lambda home: home.sold_power),
    _power(
        "surplus_power",
        lambda home: home.surplus,
        entity_registry_enabled_default=False,
    ),
    _choice(
        "grid_direction",
        tuple(GRID_DIRECTIONS.values()),
        lambda home: home.grid_direction,
    ),
    _power("battery_power", lambda home: home.battery_power),
    _measured(
        "battery_charge",
        SensorDeviceClass.BATTERY,
        UnitOfRatio.PERCENTAGE,
        lambda home: home.battery_charge,
    ),
    _choice(
        "battery_state",
        tuple(BATTERY_STATES.values()),
        lambda home: home.battery_state,
    ),
    _today("generated_today", lambda home: home.generated),
    _today("consumed_today", lambda home: home.consumed),
    _today("bought_today", lambda home: home.bought),
    _today("sold_today", lambda home: home.sold),
    _today(
        "hot_water_today",
        lambda home: home.hot_water,
        SensorDeviceClass.WATER,
        UnitOfVolume.LITERS,
        0,
    ),
    _today(
        "water_today",
        lambda home: home.water,
        SensorDeviceClass.WATER,
        UnitOfVolume.CUBIC_METERS,
    ),
    _today(
        "gas_today",
        lambda home: home.gas,
        SensorDeviceClass.GAS,
        UnitOfVolume.CUBIC_METERS,
    ),
    _measured(
        "sale_price",
        None,
        "JPY/kWh",
        lambda home: home.sale_price,
        2,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    _condition("output_limited", lambda home: home.output_limited),
)

SOURCE: Final[tuple[_Row, ...]] = (
    _power("power", lambda source: source.power),
    StewardSensorDescription(
        key="energy",
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=2,
        value_fn=lambda source: source.energy.get("output"),
    ),
)

CIRCUIT: Final[tuple[_Row, ...]] = (
    _power("power", lambda circuit: circuit.power),
    _today("consumed_today", lambda circuit: circuit.consumed),
)

PLACE: Final[tuple[_Row, ...]] = (
    _temperature("temperature", lambda place: place.temperature),
    _humidity("humidity", lambda place: place.humidity),
)


def _of(field: str) -> _Value:
    return lambda reading: getattr(reading.state, field)


def _count(key: str, field: str, kinds: tuple[str, ...]) -> _Row:
    return _measured(
        key,
        None,
        None,
        lambda reading: (
            getattr(reading.state, field) if reading.state.kind in kinds else None
        ),
        entity_category=EntityCategory.DIAGNOSTIC,
    )


def _any_open(reading: ApplianceReading) -> bool | None:
    """Tell whether any shutter or sash is open."""
    count = reading.state.active_count
    if reading.state.kind not in _COVERS or count is None:
        return None
    return count > 0


def _unlocked(reading: ApplianceReading) -> bool | None:
    return None if reading.state.locked is None else not reading.state.locked


_COVERS: Final = ("shutters", "sashes")
_MACHINES: Final = ("aircons", "lights", "floor_heatings")

APPLIANCE: Final[tuple[_Row, ...]] = (
    _condition("running", _of("running"), BinarySensorDeviceClass.RUNNING),
    StewardSensorDescription(key="operation", value_fn=_of("mode")),
    _measured("tank_level", None, UnitOfRatio.PERCENTAGE, _of("tank_level")),
    _condition("bath_running", _of("bath_running"), BinarySensorDeviceClass.RUNNING),
    _measured("smell", None, None, _of("smell")),
    _measured("pm2_5_level", None, None, _of("pm2_5_level")),
    _measured("dust", None, None, _of("dust")),
    _condition("any_open", _any_open, BinarySensorDeviceClass.OPENING),
    _count("open_count", "active_count", _COVERS),
    _count("closed_count", "inactive_count", _COVERS),
    _count("running_count", "active_count", _MACHINES),
    _count("stopped_count", "inactive_count", _MACHINES),
    _condition("unlocked", _unlocked, BinarySensorDeviceClass.LOCK),
    _condition(
        "ev_charging", _of("ev_charging"), BinarySensorDeviceClass.BATTERY_CHARGING
    ),
    _condition("parcel", _of("parcel")),
    _condition("fire", _of("fire"), BinarySensorDeviceClass.SMOKE),
    _condition(
        "battery_low",
        _of("battery_low"),
        BinarySensorDeviceClass.BATTERY,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    _temperature("temperature", _of("room_temperature")),
    _humidity("humidity", _of("room_humidity")),
    _temperature("outdoor_temperature", _of("outdoor_temperature")),
    StewardSensorDescription(
        key="last_event",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=_of("last_event"),
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
)

BOX: Final[tuple[_Row, ...]] = (
    *hub_entities(CertificateInvalid, CredentialsRejected, DemoMode),
    StewardSensorDescription(
        key="clock_difference",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda box: box.clock_difference,
    ),
    StewardButtonDescription(
        key="import_history",
        entity_category=EntityCategory.CONFIG,
        exists_fn=lambda box: True,
        value_fn=lambda box: None,
        press_fn=lambda coordinator: coordinator.async_import_history(),
    ),
    _choice(
        "import_state",
        IMPORT_STATES,
        lambda box: box.import_state,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    StewardSensorDescription(
        key="import_progress",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=lambda box: True,
        value_fn=lambda box: box.import_progress,
    ),
)

BY_READING: Final[Mapping[type[DeviceReading], Sequence[_Row]]] = {
    BoxReading: BOX,
    HomeReading: HOME,
    SourceReading: SOURCE,
    CircuitReading: CIRCUIT,
    PlaceReading: PLACE,
    ApplianceReading: APPLIANCE,
}

ENERGY: Final = (
    EnergyRow(
        kind="grid",
        reading=HomeReading,
        entities={
            "stat_energy_from": "bought_today",
            "stat_energy_to": "sold_today",
            "stat_rate": "grid_power",
        },
        history={
            "stat_energy_from": "bought",
            "stat_energy_to": "sold",
            "stat_cost": "bought_cost",
            "stat_compensation": "sold_compensation",
        },
        currency="JPY",
    ),
    EnergyRow(
        kind="solar",
        reading=HomeReading,
        entities={"stat_energy_from": "generated_today", "stat_rate": "generation"},
        history={"stat_energy_from": "solar_1"},
    ),
    EnergyRow(
        kind="battery",
        reading=HomeReading,
        entities={"stat_rate": "battery_power", "stat_soc": "battery_charge"},
        history={
            "stat_energy_from": "battery_discharge",
            "stat_energy_to": "battery_charge",
        },
    ),
    EnergyRow(
        kind="gas", reading=HomeReading, entities={"stat_energy_from": "gas_today"}
    ),
    EnergyRow(
        kind="water",
        reading=HomeReading,
        entities={"stat_energy_from": ("water_today", "hot_water_today")},
    ),
    EnergyRow(
        kind="device",
        reading=CircuitReading,
        entities={"stat_consumption": "consumed_today", "stat_rate": "power"},
        history={"stat_consumption": "{device}"},
    ),
)
"""What the Energy dashboard can show."""
