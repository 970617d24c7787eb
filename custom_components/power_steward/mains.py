"""What every device that notices a loss of mains tells of it, the same for all types."""

from typing import Any, Final, Protocol

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfRatio, UnitOfTime

from .entity import StewardDescription
from .event import Edge, StewardEventDescription
from .outages import POWER_EVENT
from .sensor import StewardSensorDescription
from .stewardship.outages import Outage


class Backup(Protocol):
    """A reading of what carries a load when mains is lost."""

    @property
    def on_battery(self) -> bool | None:
        """Whether the battery carries the load because mains is lost."""

    @property
    def battery_low(self) -> bool | None:
        """Whether the charge is at or below the user's threshold."""

    @property
    def fault(self) -> bool | None:
        """Whether the device has a fault."""


def _conditions(backup: Backup) -> dict[str, bool | None]:
    """Return the conditions whose changes are events."""
    return {
        "on_battery": backup.on_battery,
        # Charging after an outage, a battery is still low; that is no news.
        "battery_low": (
            None
            if backup.battery_low is None or backup.on_battery is None
            else backup.battery_low and backup.on_battery
        ),
        "fault": backup.fault,
    }


def _last(key: str, value: str, **more: Any) -> StewardDescription[Any]:
    """Describe a value of the newest outage."""

    def of(reading: Any) -> Any:
        last = _newest(reading)
        return None if last is None else getattr(last, value)

    return StewardSensorDescription(
        key=key,
        entity_category=EntityCategory.DIAGNOSTIC,
        shown_when_unavailable=True,
        value_fn=of,
        **more,
    )


def _newest(reading: Any) -> Outage | None:
    last: Outage | None = None if reading.outages is None else reading.outages.last
    return last


def _vouched(reading: Any) -> dict[str, Any] | None:
    """Return how far the duration is known."""
    last = _newest(reading)
    return None if last is None else {"at_least": last.at_least}


MAINS_ENTITIES: Final[tuple[StewardDescription[Any], ...]] = (
    StewardEventDescription(
        key=POWER_EVENT,
        event_types=["mains_lost", "mains_back", "battery_low", "fault"],
        edges={
            "mains_lost": Edge("on_battery", to=True),
            "mains_back": Edge("on_battery", to=False),
            "battery_low": Edge("battery_low", to=True),
            "fault": Edge("fault", to=True),
        },
        exists_fn=lambda reading: any(
            is_so is not None for is_so in _conditions(reading).values()
        ),
        value_fn=_conditions,
    ),
    StewardSensorDescription(
        key="outage_count",
        # An increasing total that a crash takes back would count as a new meter.
        state_class=SensorStateClass.TOTAL,
        shown_when_unavailable=True,
        value_fn=lambda reading: reading.outages and reading.outages.number,
    ),
    _last("last_outage", "started", device_class=SensorDeviceClass.TIMESTAMP),
    _last(
        "last_outage_duration",
        "duration",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=1,
        attributes_fn=_vouched,
    ),
    _last(
        "last_outage_energy",
        "energy",
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_display_precision=1,
    ),
    _last(
        "last_outage_lowest_charge",
        "lowest_charge",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
    ),
)
