"""The entities of a host and its power zones, one row a value."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.number import NumberDeviceClass, NumberMode
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    Platform,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfTime,
)

from ...binary_sensor import StewardBinarySensorDescription
from ...entity import StewardDescription
from ...hub import hub_entities
from ...number import StewardNumberDescription
from ...select import StewardSelectDescription
from ...sensor import StewardSensorDescription
from ...stewardship.bounds import WATT, Bounds, Microwatts
from ...stewardship.capping import Mode, Reason
from ...stewardship.energy_dashboard import EnergyRow
from ...switch import StewardSwitchDescription
from .models import (
    LONG_TERM,
    PEAK_POWER,
    SHORT_TERM,
    Access,
    Control,
    Endurance,
    HostReading,
    Limit,
    ZoneReading,
)

if TYPE_CHECKING:
    from .coordinator import RaplCoordinator

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
)

type _Zone = StewardDescription[ZoneReading]
type _Value = Callable[[ZoneReading], Any]


def _watts(power: Microwatts | None) -> float | None:
    return None if power is None else power / WATT


def _limit(zone: ZoneReading, name: str) -> Limit:
    return zone.limits.get(name) or Limit(None)


def _power(
    key: str, value: Callable[[Any], float | None], **more: Any
) -> StewardDescription[Any]:
    return StewardSensorDescription(
        key=key,
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=value,
        **more,
    )


def _fact(key: str, value: _Value, *, enabled: bool = False, **more: Any) -> _Zone:
    """Describe what a zone says of itself: no measurement."""
    return StewardSensorDescription(
        key=key,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
        value_fn=value,
        **more,
    )


def _limit_fact(key: str, value: _Value, *, enabled: bool = False) -> _Zone:
    return _fact(
        key,
        value,
        enabled=enabled,
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=1,
    )


def _window(key: str, name: str) -> _Zone:
    return _fact(
        key,
        lambda zone: _limit(zone, name).window,
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MICROSECONDS,
        suggested_unit_of_measurement=UnitOfTime.MILLISECONDS,
        suggested_display_precision=1,
    )


def _energy(key: str, channel: str, **more: Any) -> _Zone:
    return StewardSensorDescription(
        key=key,
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=3,
        # The ledger's total stays true while the zone is out of reach.
        shown_when_unavailable=True,
        value_fn=lambda zone: zone.energy.get(channel),
        **more,
    )


def _decided(key: str, value: Callable[[Control], Any], **more: Any) -> _Zone:
    """Describe what the policy makes of a package."""
    return StewardSensorDescription(
        key=key,
        exists_fn=lambda zone: zone.control is not None,
        value_fn=lambda zone: None if zone.control is None else value(zone.control),
        **more,
    )


def _range(zone: ZoneReading, name: str) -> tuple[float, float, float] | None:
    """Return the least, the most and the step that a limit may be set to, in W."""
    if zone.control is None:
        return None
    bounds = zone.control.bounds
    most = bounds.ceiling
    if name == SHORT_TERM:
        most = zone.burst_original or most
    return bounds.floor / WATT, most / WATT, bounds.step / WATT


async def _set_limit(
    name: str, coordinator: RaplCoordinator, key: str, watts: float
) -> None:
    await coordinator.async_set_limit(name, key, watts)


def _settable(key: str, name: str) -> _Zone:
    return StewardNumberDescription(
        key=key,
        device_class=NumberDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        mode=NumberMode.BOX,
        entity_category=EntityCategory.CONFIG,
        exists_fn=lambda zone: (
            zone.settable and zone.control is not None and name in zone.limits
        ),
        value_fn=lambda zone: _watts(_limit(zone, name).value),
        limits_fn=lambda zone: _range(zone, name),
        set_fn=partial(_set_limit, name),
    )


ZONE: Final[tuple[_Zone, ...]] = (
    _power("power", lambda zone: zone.power, exists_fn=lambda zone: True),
    _energy("energy", "input", exists_fn=lambda zone: zone.zone.range is not None),
    _decided(
        "target",
        lambda control: _watts(control.target),
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
    ),
    _decided(
        "reason",
        lambda control: control.reason.value,
        device_class=SensorDeviceClass.ENUM,
        options=[reason.value for reason in Reason],
    ),
    _decided(
        "next_change",
        lambda control: control.next_change,
        device_class=SensorDeviceClass.TIMESTAMP,
    ),
    _power("saved_power", lambda zone: zone.control and zone.control.saved),
    _energy("saved_energy", "saved"),
    _settable("long_term_limit", LONG_TERM),
    _settable("short_term_limit", SHORT_TERM),
    _limit_fact(
        "effective_limit",
        lambda zone: _watts(zone.effective) if zone.is_package else None,
        enabled=True,
    ),
    _limit_fact("original_limit", lambda zone: _watts(zone.original), enabled=True),
    _limit_fact("long_term_limit", lambda zone: _watts(_limit(zone, LONG_TERM).value)),
    _limit_fact(
        "short_term_limit", lambda zone: _watts(_limit(zone, SHORT_TERM).value)
    ),
    _limit_fact(
        "peak_power_limit", lambda zone: _watts(_limit(zone, PEAK_POWER).value)
    ),
    _limit_fact(
        "long_term_maximum", lambda zone: _watts(_limit(zone, LONG_TERM).maximum)
    ),
    _limit_fact("twin_limit", lambda zone: _watts(zone.twin_limit)),
    _window("long_term_window", LONG_TERM),
    _window("short_term_window", SHORT_TERM),
    _fact(
        "last_write",
        lambda zone: zone.control and zone.control.last_write,
        enabled=True,
        device_class=SensorDeviceClass.TIMESTAMP,
        exists_fn=lambda zone: zone.settable and zone.control is not None,
    ),
    _fact("last_error", lambda zone: zone.control and zone.control.last_error),
    StewardBinarySensorDescription(
        key="limit_enabled",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda zone: zone.enabled if zone.limits else None,
    ),
    StewardBinarySensorDescription(
        key="limit_locked",
        device_class=BinarySensorDeviceClass.LOCK,
        entity_category=EntityCategory.DIAGNOSTIC,
        # Lit means unlocked; that a limit is free shows only when it was set.
        value_fn=lambda zone: None if zone.locked is None else not zone.locked,
    ),
)


def _manual_range(bounds: Bounds | None) -> tuple[float, float, float] | None:
    if bounds is None:
        return None
    return bounds.floor / WATT, bounds.ceiling / WATT, 0.125


async def _arm(coordinator: RaplCoordinator, _: str, armed: bool) -> None:
    await coordinator.async_arm(armed)


async def _set_mode(coordinator: RaplCoordinator, _: str, mode: str) -> None:
    await coordinator.async_set_mode(mode)


async def _set_manual(coordinator: RaplCoordinator, _: str, watts: float) -> None:
    await coordinator.async_set_manual(watts)


def _manual(host: HostReading) -> float | None:
    """Return the manual cap; none was set means no restriction."""
    if host.manual is None:
        return None if host.bounds is None else host.bounds.ceiling / WATT
    return host.manual / WATT


def _endurance(
    key: str, value: Callable[[Endurance], float | None]
) -> StewardDescription[Any]:
    return StewardSensorDescription(
        key=key,
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        exists_fn=lambda host: host.follows_battery,
        value_fn=lambda host: host.endurance and value(host.endurance),
    )


HOST: Final[tuple[StewardDescription[Any], ...]] = (
    *hub_entities(),
    StewardSwitchDescription(
        key="armed",
        entity_category=EntityCategory.CONFIG,
        value_fn=lambda host: host.armed,
        set_fn=_arm,
    ),
    StewardSelectDescription(
        key="capping_mode",
        options=[mode.value for mode in Mode],
        entity_category=EntityCategory.CONFIG,
        value_fn=lambda host: host.mode and host.mode.value,
        set_fn=_set_mode,
    ),
    StewardNumberDescription(
        key="manual_cap",
        device_class=NumberDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        mode=NumberMode.BOX,
        entity_category=EntityCategory.CONFIG,
        exists_fn=lambda host: host.mode is not None and host.bounds is not None,
        value_fn=_manual,
        limits_fn=lambda host: _manual_range(host.bounds),
        set_fn=_set_manual,
    ),
    _power(
        "total_power",
        lambda host: host.total_power,
        exists_fn=lambda host: host.packages > 0,
    ),
    _endurance("battery_lasts", lambda endurance: endurance.present),
    _endurance("battery_lasts_at_floor", lambda endurance: endurance.at_floor),
    _power(
        "needed_cap",
        lambda host: host.endurance and host.endurance.cap,
        exists_fn=lambda host: host.follows_battery,
    ),
    StewardSensorDescription(
        key="access",
        device_class=SensorDeviceClass.ENUM,
        options=[access.value for access in Access],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda host: host.access.value,
    ),
    StewardSensorDescription(
        key="foreign_changes",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda host: host.foreign_changes,
    ),
    StewardBinarySensorDescription(
        key="annotations_failed",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda host: host.annotations_failed,
    ),
)

ENERGY: Final = (
    EnergyRow(
        kind="device",
        entities={"stat_consumption": "energy", "stat_rate": "power"},
        reading=ZoneReading,
        # Its parts are in it already.
        fits=lambda zone: zone.is_package,
    ),
)
"""What the Energy dashboard can show."""
