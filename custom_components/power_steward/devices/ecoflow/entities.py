"""The entities of EcoFlow's devices: one for each value of a family's table."""

from typing import Any, Final, NamedTuple

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
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
from ...sensor import StewardSensorDescription
from ...stewardship.energy_dashboard import EnergyRow
from ..errors import CertificateInvalid, CredentialsRejected
from .models import Family
from .models.quantities import Quantity, Use, kind_of, split
from .models.reading import StationReading

PLATFORMS: Final = (Platform.BINARY_SENSOR, Platform.SENSOR)
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
_BATTERIES: Final = frozenset({"charge", "battery_charge"})
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


def _description(key: str) -> _Station:
    """Describe a value; packs after the first have their number in the name."""
    quantity, use = kind_of(key)
    stem, number = split(key)
    shared: dict[str, Any] = {
        "key": key,
        "translation_key": stem if number is None else f"{stem}_of_pack",
        "placeholders": None if number is None else {"pack": str(number + 1)},
        "entity_category": _CATEGORIES[use],
        "entity_registry_enabled_default": use is not Use.RARE,
        "value_fn": lambda station: station.values.get(key),
    }
    if quantity is Quantity.ON_OFF:
        opening = BinarySensorDeviceClass.OPENING if stem == "lid_open" else None
        return StewardBinarySensorDescription(device_class=opening, **shared)
    shown = _SHOWN[quantity]
    return StewardSensorDescription(
        device_class=(
            SensorDeviceClass.BATTERY if stem in _BATTERIES else shown.device_class
        ),
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


_BY_FAMILY: Final[dict[str, tuple[_Station, ...]]] = {}


def entities_of(family: Family) -> tuple[_Station, ...]:
    """Return what devices of a family may have."""
    if family.name not in _BY_FAMILY:
        keys = dict.fromkeys(row.key for row in family.rows)
        keys |= dict.fromkeys(derived.key for derived in family.derived)
        _BY_FAMILY[family.name] = (*map(_description, keys), *COUNTED)
    return _BY_FAMILY[family.name]


CONNECTION: Final = hub_entities(CertificateInvalid, CredentialsRejected)

ENERGY: Final = (
    EnergyRow(
        kind="battery",
        entities={
            "stat_energy_from": ("battery_energy_discharged", "energy_output"),
            "stat_energy_to": ("battery_energy_charged", "energy_input"),
            "stat_soc": "charge",
        },
    ),
    EnergyRow(
        kind="solar",
        entities={"stat_energy_from": "energy_solar", "stat_rate": "solar_power"},
    ),
)
"""What the Energy dashboard can show."""
