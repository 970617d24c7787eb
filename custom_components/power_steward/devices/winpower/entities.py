"""The entities of a WinPower G2 server and its UPSs, one row a value."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    Platform,
    UnitOfApparentPower,
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
from ...sensor import StewardSensorDescription
from ...stewardship.energy_dashboard import EnergyRow
from ..errors import CertificateInvalid, CredentialsRejected, SessionRejected
from .models import BATTERY_STATUSES, MODES, STATUSES, UpsReading

PLATFORMS: Final = (Platform.BINARY_SENSOR, Platform.EVENT, Platform.SENSOR)

type _Ups = StewardDescription[UpsReading]
type _Value = Callable[[UpsReading], Any]


def _measured(
    key: str,
    device_class: SensorDeviceClass | None,
    unit: str,
    value: _Value,
    *,
    precision: int = 0,
    **more: Any,
) -> _Ups:
    return StewardSensorDescription(
        key=key,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=precision,
        value_fn=value,
        **more,
    )


def _voltage(key: str, value: _Value) -> _Ups:
    unit = UnitOfElectricPotential.VOLT
    return _measured(key, SensorDeviceClass.VOLTAGE, unit, value, precision=1)


def _current(key: str, value: _Value) -> _Ups:
    unit = UnitOfElectricCurrent.AMPERE
    return _measured(key, SensorDeviceClass.CURRENT, unit, value, precision=1)


def _frequency(key: str, value: _Value) -> _Ups:
    unit = UnitOfFrequency.HERTZ
    return _measured(key, SensorDeviceClass.FREQUENCY, unit, value, precision=1)


def _power(key: str, value: _Value) -> _Ups:
    return _measured(key, SensorDeviceClass.POWER, UnitOfPower.WATT, value)


def _apparent_power(key: str, value: _Value) -> _Ups:
    unit = UnitOfApparentPower.VOLT_AMPERE
    return _measured(key, SensorDeviceClass.APPARENT_POWER, unit, value)


def _fact(
    key: str,
    value: _Value,
    unit: str | None = None,
    device_class: SensorDeviceClass | None = None,
    *,
    enabled: bool = False,
    precision: int | None = None,
) -> _Ups:
    """Describe what is fixed, or a code: not a measurement."""
    return StewardSensorDescription(
        key=key,
        device_class=device_class,
        native_unit_of_measurement=unit,
        suggested_display_precision=precision,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
        value_fn=value,
    )


def _rated(key: str, unit: str, kind: SensorDeviceClass, value: _Value) -> _Ups:
    return _fact(key, value, unit, kind, enabled=True, precision=0)


def _state(key: str, codes: dict[str, str], value: _Value, code: _Value) -> _Ups:
    """Describe a code with documented meanings; for others it is unknown."""
    return StewardSensorDescription(
        key=key,
        device_class=SensorDeviceClass.ENUM,
        options=list(codes.values()),
        exists_fn=lambda ups: code(ups) is not None,
        value_fn=value,
    )


def _condition(
    key: str,
    value: _Value,
    device_class: BinarySensorDeviceClass | None = None,
    **more: Any,
) -> _Ups:
    return StewardBinarySensorDescription(
        key=key, device_class=device_class, value_fn=value, **more
    )


def _setting(key: str, value: _Value) -> _Ups:
    """Describe a setting of the UPS, which only the server's own pages can change."""
    return _condition(key, value, entity_category=EntityCategory.DIAGNOSTIC)


MEASUREMENTS: Final[tuple[_Ups, ...]] = (
    _power("load_power", lambda ups: ups.load_power),
    _measured("load", None, UnitOfRatio.PERCENTAGE, lambda ups: ups.load),
    _apparent_power("load_apparent_power", lambda ups: ups.load_apparent_power),
    StewardSensorDescription(
        key="energy",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=3,
        # The ledger's total stays true while the server cannot reach the UPS.
        shown_when_unavailable=True,
        value_fn=lambda ups: ups.energy.get("output"),
    ),
    _measured(
        "battery_charge",
        SensorDeviceClass.BATTERY,
        UnitOfRatio.PERCENTAGE,
        lambda ups: ups.battery_charge,
    ),
    _measured(
        "remaining_time",
        SensorDeviceClass.DURATION,
        UnitOfTime.SECONDS,
        lambda ups: ups.remaining_time,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
    ),
    _voltage("battery_voltage", lambda ups: ups.battery_voltage),
    _voltage("battery_voltage_negative", lambda ups: ups.battery_voltage_negative),
    _voltage("input_voltage", lambda ups: ups.input_voltage.l1),
    _voltage("input_voltage_l2", lambda ups: ups.input_voltage.l2),
    _voltage("input_voltage_l3", lambda ups: ups.input_voltage.l3),
    _frequency("input_frequency", lambda ups: ups.input_frequency),
    _voltage("output_voltage", lambda ups: ups.output_voltage.l1),
    _voltage("output_voltage_l2", lambda ups: ups.output_voltage.l2),
    _voltage("output_voltage_l3", lambda ups: ups.output_voltage.l3),
    _current("output_current", lambda ups: ups.output_current.l1),
    _current("output_current_l2", lambda ups: ups.output_current.l2),
    _current("output_current_l3", lambda ups: ups.output_current.l3),
    _frequency("output_frequency", lambda ups: ups.output_frequency),
    # On a single phase the first one repeats the total.
    _power("load_power_l1", lambda ups: ups.load_power_phase.l1),
    _power("load_power_l2", lambda ups: ups.load_power_phase.l2),
    _power("load_power_l3", lambda ups: ups.load_power_phase.l3),
    _apparent_power(
        "load_apparent_power_l1", lambda ups: ups.load_apparent_power_phase.l1
    ),
    _apparent_power(
        "load_apparent_power_l2", lambda ups: ups.load_apparent_power_phase.l2
    ),
    _apparent_power(
        "load_apparent_power_l3", lambda ups: ups.load_apparent_power_phase.l3
    ),
    _measured(
        "temperature",
        SensorDeviceClass.TEMPERATURE,
        UnitOfTemperature.CELSIUS,
        lambda ups: ups.temperature,
        precision=1,
    ),
)

STATES: Final[tuple[_Ups, ...]] = (
    _state("mode", MODES, lambda ups: ups.mode, lambda ups: ups.mode_code),
    _state(
        "status",
        STATUSES,
        lambda ups: STATUSES.get(ups.status_code or ""),
        lambda ups: ups.status_code,
    ),
    _state(
        "battery_status",
        BATTERY_STATUSES,
        lambda ups: BATTERY_STATUSES.get(ups.battery_status_code or ""),
        lambda ups: ups.battery_status_code,
    ),
    _fact(
        "fault_code",
        lambda ups: None if ups.fault_code is None else ups.fault_code or "none",
        enabled=True,
    ),
    _fact("active_alarms", lambda ups: ups.active_alarms, enabled=True),
    # No source documents what the codes of a test mean.
    _fact("test_status_code", lambda ups: ups.test_status_code, enabled=True),
    _fact("mode_code", lambda ups: ups.mode_code),
    _fact("status_code", lambda ups: ups.status_code),
    _fact("battery_status_code", lambda ups: ups.battery_status_code),
    _fact("input_transformer_type", lambda ups: ups.input_transformer_type),
    _fact("output_voltage_type", lambda ups: ups.output_voltage_type),
    _condition(
        "connected",
        lambda ups: ups.connected,
        BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        shown_when_unavailable=True,
    ),
    _condition("on_battery", lambda ups: ups.on_battery),
    _condition(
        "battery_low", lambda ups: ups.battery_low, BinarySensorDeviceClass.BATTERY
    ),
    _condition(
        "charging", lambda ups: ups.charging, BinarySensorDeviceClass.BATTERY_CHARGING
    ),
    _condition("bypass", lambda ups: ups.bypass),
    _condition(
        "battery_test", lambda ups: ups.battery_test, BinarySensorDeviceClass.RUNNING
    ),
    _condition("fault", lambda ups: ups.fault, BinarySensorDeviceClass.PROBLEM),
    _condition("alarm", lambda ups: ups.alarm, BinarySensorDeviceClass.PROBLEM),
)

FACTS: Final[tuple[_Ups, ...]] = (
    _rated(
        "rated_apparent_power",
        UnitOfApparentPower.VOLT_AMPERE,
        SensorDeviceClass.APPARENT_POWER,
        lambda ups: ups.rated_apparent_power,
    ),
    _rated(
        "rated_voltage",
        UnitOfElectricPotential.VOLT,
        SensorDeviceClass.VOLTAGE,
        lambda ups: ups.rated_voltage,
    ),
    _rated(
        "rated_frequency",
        UnitOfFrequency.HERTZ,
        SensorDeviceClass.FREQUENCY,
        lambda ups: ups.rated_frequency,
    ),
    _rated(
        "rated_battery_voltage",
        UnitOfElectricPotential.VOLT,
        SensorDeviceClass.VOLTAGE,
        lambda ups: ups.rated_battery_voltage,
    ),
    _rated(
        "rated_block_voltage",
        UnitOfElectricPotential.VOLT,
        SensorDeviceClass.VOLTAGE,
        lambda ups: ups.rated_block_voltage,
    ),
    _fact("battery_blocks", lambda ups: ups.battery_blocks, enabled=True),
    _fact("battery_modules", lambda ups: ups.battery_modules),
    _fact("input_phases", lambda ups: ups.input_phases),
    _fact("output_phases", lambda ups: ups.output_phases),
    _fact("input_sources", lambda ups: ups.input_sources),
    _fact("modules", lambda ups: ups.modules),
    _fact(
        "auto_test_period",
        lambda ups: ups.auto_test_period,
        UnitOfTime.DAYS,
        SensorDeviceClass.DURATION,
        enabled=True,
    ),
    _setting("beeper", lambda ups: ups.beeper),
    _setting("bypass_when_off", lambda ups: ups.bypass_when_off),
    _setting("auto_restart", lambda ups: ups.auto_restart),
    _setting("monitored", lambda ups: ups.monitored),
)

UPS: Final = (*MEASUREMENTS, *STATES, *MAINS_ENTITIES, *FACTS)

SERVER: Final[tuple[StewardDescription[Any], ...]] = (
    *hub_entities(CertificateInvalid, CredentialsRejected, SessionRejected),
    StewardBinarySensorDescription(
        key="authenticated",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda server: server.authenticated,
    ),
    StewardSensorDescription(
        key="token_expires",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists_fn=lambda server: True,
        value_fn=lambda server: server.token_expires,
    ),
    StewardSensorDescription(
        key="logins",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda server: server.logins,
    ),
)

ENERGY: Final = (
    EnergyRow(
        kind="device",
        entities={"stat_consumption": "energy", "stat_rate": "load_power"},
    ),
)
"""What the Energy dashboard can show."""
