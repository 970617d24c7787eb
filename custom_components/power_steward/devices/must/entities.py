"""The entities of a MUST UPS: those of the register map's rows, and what follows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.number import NumberDeviceClass
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
    UnitOfReactivePower,
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
from ..errors import (
    AnswerDamaged,
    LineEchoes,
    NoAnswer,
    NothingMeasured,
    PortBusy,
    PortForbidden,
    PortMissing,
)
from . import codec
from .models import MustReading, Value
from .registers import (
    EP1800,
    EP2000,
    EP3300,
    EP3300_TLV,
    FAMILIES,
    PV1800,
    PV1900,
    PV2000,
    UNKNOWN_EP,
    Code,
    Family,
    Kind,
    Register,
)

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
)

type _Ups = StewardDescription[MustReading]
type _Value = Callable[[MustReading], Any]


class _Unit(NamedTuple):
    """How a kind of register is shown."""

    unit: str | None = None
    device_class: SensorDeviceClass | None = None
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    precision: int | None = 0


_UNITS: Final[Mapping[Kind, _Unit]] = {
    Kind.VOLTAGE: _Unit(
        UnitOfElectricPotential.VOLT, SensorDeviceClass.VOLTAGE, precision=1
    ),
    Kind.CURRENT: _Unit(
        UnitOfElectricCurrent.AMPERE, SensorDeviceClass.CURRENT, precision=1
    ),
    Kind.FREQUENCY: _Unit(
        UnitOfFrequency.HERTZ, SensorDeviceClass.FREQUENCY, precision=1
    ),
    Kind.POWER: _Unit(UnitOfPower.WATT, SensorDeviceClass.POWER),
    Kind.APPARENT_POWER: _Unit(
        UnitOfApparentPower.VOLT_AMPERE, SensorDeviceClass.APPARENT_POWER
    ),
    Kind.REACTIVE_POWER: _Unit(
        UnitOfReactivePower.VOLT_AMPERE_REACTIVE, SensorDeviceClass.REACTIVE_POWER
    ),
    Kind.PERCENT: _Unit(UnitOfRatio.PERCENTAGE),
    Kind.TEMPERATURE: _Unit(UnitOfTemperature.CELSIUS, SensorDeviceClass.TEMPERATURE),
    Kind.RUNTIME: _Unit(UnitOfTime.MINUTES, SensorDeviceClass.DURATION),
    Kind.CAPACITY: _Unit("Ah"),
    Kind.ENERGY: _Unit(
        UnitOfEnergy.KILO_WATT_HOUR,
        SensorDeviceClass.ENERGY,
        SensorStateClass.TOTAL_INCREASING,
        precision=1,
    ),
    Kind.CODE: _Unit(state_class=None, precision=None),
}


def _of(key: str) -> _Value:
    """Return how to take a register's value from a reading."""

    def value(ups: MustReading) -> Value:
        return ups.values.get(key)

    return value


def _category(row: Register) -> EntityCategory | None:
    return EntityCategory.DIAGNOSTIC if row.diagnostic else None


def _measured(row: Register) -> _Ups:
    shown = _UNITS[row.kind]
    device_class = shown.device_class
    if row.key == "battery_charge":
        device_class = SensorDeviceClass.BATTERY
    rated = row.key.startswith("rated_") or row.setting is not None
    return StewardSensorDescription(
        key=row.key,
        device_class=device_class,
        native_unit_of_measurement=shown.unit,
        state_class=None if rated else shown.state_class,
        suggested_display_precision=shown.precision,
        entity_category=_category(row),
        entity_registry_enabled_default=row.enabled,
        value_fn=_of(row.key),
    )


def _options(key: str) -> list[str]:
    """Return the states that a key has in any family, so that it is one entity."""
    names = (
        name
        for family in FAMILIES
        for row in family.registers
        if row.key == key
        for name in row.codes.values()
    )
    return [*dict.fromkeys(names)]


def _state(row: Register) -> _Ups:
    return StewardSensorDescription(
        key=row.key,
        device_class=SensorDeviceClass.ENUM,
        options=_options(row.key),
        entity_category=_category(row),
        entity_registry_enabled_default=row.enabled,
        value_fn=_of(row.key),
    )


def _flag(row: Register) -> _Ups:
    return StewardBinarySensorDescription(
        key=row.key,
        entity_category=_category(row),
        entity_registry_enabled_default=row.enabled,
        value_fn=_of(row.key),
    )


async def _set(key: str, coordinator: Any, device_key: str, value: Any) -> None:
    await coordinator.async_set(device_key, key, value)


def _control(row: Register) -> _Ups:
    common: dict[str, Any] = {
        "key": row.key,
        "entity_category": EntityCategory.CONFIG,
        "entity_registry_enabled_default": row.enabled,
        "value_fn": _of(row.key),
        "set_fn": partial(_set, row.key),
    }
    if row.kind is Kind.FLAG:
        return StewardSwitchDescription(**common)
    if row.kind is Kind.ENUM:
        return StewardSelectDescription(
            options=list(row.codes.values()),
            options_fn=lambda ups: codec.options(ups, row.key),
            **common,
        )
    shown = _UNITS[row.kind]
    return StewardNumberDescription(
        device_class=(
            None
            if shown.device_class is None
            else NumberDeviceClass(shown.device_class)
        ),
        native_unit_of_measurement=shown.unit,
        limits_fn=lambda ups: codec.limits(ups, row.key),
        exists_fn=lambda ups: (
            ups.values.get(row.key) is not None
            and codec.limits(ups, row.key) is not None
        ),
        **common,
    )


def _described(row: Register) -> _Ups:
    """Return a row's entity."""
    if row.setting is not None:
        return _control(row)
    if row.kind is Kind.FLAG:
        return _flag(row)
    return _state(row) if row.kind is Kind.ENUM else _measured(row)


_WITH_SUN: Final = ("pv_present", "pv_voltage")


def _with_sun(description: _Ups) -> _Ups:
    """Return an entity that only units with solar panels get."""

    def exists(ups: MustReading) -> bool:
        has_panels = any(ups.values.get(key) for key in _WITH_SUN)
        return has_panels and description.value_fn(ups) is not None

    return replace(description, exists_fn=exists)


_COMPUTED: Final = frozenset({"charge_stage", "avr"})
"""Rows whose meaning depends on others, so that the reading tells the value."""

MODES: Final = (
    "powering_on",
    "line",
    "battery",
    "charging",
    "bypass",
    "grid_tie",
    "off_grid",
    "standby",
    "service",
    "stopped",
    "off",
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


def _problem(key: str, value: _Value) -> _Ups:
    return _condition(key, value, BinarySensorDeviceClass.PROBLEM)


def _energy(key: str, channel: str) -> _Ups:
    return StewardSensorDescription(
        key=key,
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=3,
        # The ledger's total stays true while the UPS is out of reach.
        shown_when_unavailable=True,
        value_fn=lambda ups: ups.energy.get(channel),
    )


def _time(key: str, part: str, *, enabled: bool = True) -> _Ups:
    return StewardSensorDescription(
        key=key,
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_registry_enabled_default=enabled,
        exists_fn=lambda ups: ups.experience is not None,
        value_fn=lambda ups: (
            None if ups.remaining is None else round(getattr(ups.remaining, part), 1)
        ),
    )


def _names(codes: Iterable[Code]) -> list[str]:
    return [*dict.fromkeys(name for code in codes for name in code.names.values())]


_FAULTS: Final = _names(code for family in FAMILIES for code in family.faults)
_ALARMS: Final = _names(code for family in FAMILIES for code in family.alarms)


def _first(key: str, options: list[str], names: str, any_told: _Value) -> _Ups:
    """Describe the first name of what is reported, if it has one."""

    def value(ups: MustReading) -> str | None:
        told: tuple[str, ...] = getattr(ups, names)
        if told:
            return told[0]
        return None if any_told(ups) in (None, True) else "none"

    return StewardSensorDescription(
        key=key,
        device_class=SensorDeviceClass.ENUM,
        options=["none", *options],
        exists_fn=lambda ups: any_told(ups) is not None,
        value_fn=value,
    )


def _fault_code(ups: MustReading) -> str | None:
    """Return the codes as sent, by which a fault without a name can be looked up."""
    if not ups.fault_codes:
        return None
    if not any(ups.fault_codes):
        return "none"
    return " ".join(str(code) for code in ups.fault_codes)


def _diagnostic(key: str, value: _Value, unit: str | None = None) -> _Ups:
    return StewardSensorDescription(
        key=key,
        native_unit_of_measurement=unit,
        state_class=None if unit is None else SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=value,
    )


def _learned(factor: str) -> _Value:
    """Return how to take what discharges taught, in percent of the description."""

    def value(ups: MustReading) -> float | None:
        learned = ups.experience
        if learned is None or not learned.described_capacity:
            return None
        percent: float = getattr(learned, factor) * 100
        return percent

    return value


COMPUTED: Final[tuple[_Ups, ...]] = (
    StewardSensorDescription(
        key="work_state",
        device_class=SensorDeviceClass.ENUM,
        options=list(MODES),
        exists_fn=lambda ups: "work_state_code" in ups.values,
        value_fn=lambda ups: ups.mode,
    ),
    _energy("energy", "output"),
    _energy("energy_charged", "charge"),
    _energy("energy_discharged", "discharge"),
    _time("remaining_time", "minutes"),
    _time("remaining_time_low", "low"),
    _time("remaining_time_high", "high"),
    _diagnostic("learned_capacity", _learned("capacity"), UnitOfRatio.PERCENTAGE),
    _diagnostic("learned_resistance", _learned("resistance"), UnitOfRatio.PERCENTAGE),
    _diagnostic(
        "learned_discharges",
        lambda ups: None if ups.experience is None else ups.experience.discharges,
    ),
    _condition("on_battery", lambda ups: ups.on_battery),
    _condition("mains", lambda ups: ups.mains, BinarySensorDeviceClass.POWER),
    _condition(
        "charging", lambda ups: ups.charging, BinarySensorDeviceClass.BATTERY_CHARGING
    ),
    _problem("overload", lambda ups: ups.overload),
    _problem("fault", lambda ups: ups.fault),
    _problem("alarm", lambda ups: ups.alarm),
    _problem("input_voltage_low", lambda ups: ups.input_low),
    _condition(
        "battery_low", lambda ups: ups.battery_low, BinarySensorDeviceClass.BATTERY
    ),
    _problem("temperature_high", lambda ups: ups.temperature_high),
    _problem("load_high", lambda ups: ups.load_high),
    StewardSensorDescription(
        key="fault_code",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_fault_code,
    ),
    StewardSensorDescription(
        key="active_alarms",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda ups: ups.alarm_count,
    ),
    StewardSensorDescription(
        key="charge_stage",
        device_class=SensorDeviceClass.ENUM,
        options=["none", "constant_current", "constant_voltage", "float"],
        value_fn=lambda ups: ups.charge_stage,
    ),
    StewardSensorDescription(
        key="avr",
        device_class=SensorDeviceClass.ENUM,
        options=["bypass", "step_down", "boost", "extended_boost"],
        exists_fn=lambda ups: "avr" in ups.values,
        value_fn=lambda ups: ups.avr,
    ),
    *MAINS_ENTITIES,
)


def _rows(family: Family) -> tuple[_Ups, ...]:
    """Return the entities of a family's rows."""
    described = []
    for row in family.registers:
        if row.shown and row.key not in _COMPUTED:
            description = _described(row)
            if family is PV2000 and row.key.startswith("pv_"):
                description = _with_sun(description)
            described.append(description)
    return tuple(described)


def _told(family: Family) -> tuple[_Ups, ...]:
    """Return what names a family's faults and alarms."""
    told = []
    if _names(family.faults):
        told.append(_first("fault_name", _FAULTS, "faults", lambda ups: ups.fault))
    if _names(family.alarms):
        told.append(
            _first(
                "alarm_name",
                _ALARMS,
                "alarms",
                lambda ups: None if ups.alarm_count is None else bool(ups.alarm_count),
            )
        )
    return tuple(told)


def _all(family: Family) -> tuple[_Ups, ...]:
    return (*_rows(family), *_told(family), *COMPUTED)


EP2000_ENTITIES: Final = _all(EP2000)
PV2000_ENTITIES: Final = _all(PV2000)
EP3300_ENTITIES: Final = _all(EP3300)
EP3300_TLV_ENTITIES: Final = _all(EP3300_TLV)
PV1800_ENTITIES: Final = _all(PV1800)
PV1900_ENTITIES: Final = _all(PV1900)
EP1800_ENTITIES: Final = _all(EP1800)
UNKNOWN_ENTITIES: Final = _rows(UNKNOWN_EP)

ENTITIES: Final[Mapping[str, tuple[_Ups, ...]]] = {
    EP2000.key: EP2000_ENTITIES,
    PV2000.key: PV2000_ENTITIES,
    EP3300.key: EP3300_ENTITIES,
    EP3300_TLV.key: EP3300_TLV_ENTITIES,
    PV1800.key: PV1800_ENTITIES,
    PV1900.key: PV1900_ENTITIES,
    EP1800.key: EP1800_ENTITIES,
    UNKNOWN_EP.key: UNKNOWN_ENTITIES,
}
"""What a unit of each family may have."""

CONNECTION: Final = hub_entities(
    AnswerDamaged,
    LineEchoes,
    NoAnswer,
    NothingMeasured,
    PortBusy,
    PortForbidden,
    PortMissing,
)


def _capacity(coordinator: Any, device_key: str) -> float | None:
    """Return a battery's kWh, if the user has said what it holds."""
    battery = coordinator.ride_through(device_key).battery
    if not battery.described:
        return None
    return float(battery.capacity * battery.nominal_voltage / 1000)


ENERGY: Final = (
    EnergyRow(
        kind="device",
        entities={"stat_consumption": "energy", "stat_rate": "load_power"},
    ),
    EnergyRow(
        kind="battery",
        entities={
            "stat_energy_from": "energy_discharged",
            "stat_energy_to": "energy_charged",
            "stat_soc": "battery_charge",
        },
        capacity=_capacity,
    ),
)
"""What the Energy dashboard can show."""
