"""The entities of a zone's prices and of their sources, one row a value."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, Platform, UnitOfEnergy

from ...binary_sensor import StewardBinarySensorDescription
from ...calendar import Occasion, StewardCalendarDescription
from ...entity import StewardDescription
from ...hub import hub_entities
from ...image import StewardImageDescription
from ...sensor import StewardSensorDescription
from ...stewardship.energy_dashboard import PRICE, EnergyRow
from ...stewardship.price_series import Slot, Statistics
from ...stewardship.windows import Window
from ..errors import CertificateInvalid, CredentialsRejected, RateLimited
from .chart import draw
from .const import SOURCES as SOURCE_NAMES
from .models import ZoneReading
from .preferences import Preferences

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.CALENDAR,
    Platform.IMAGE,
    Platform.SENSOR,
)

type _Zone = StewardDescription[ZoneReading]
type _Value = Callable[[ZoneReading], Any]


class _Rows:
    """Makes rows in the user's unit and currency."""

    def __init__(self, preferences: Preferences, currency: str) -> None:
        self._unit = preferences.unit
        self._currency = currency

    def price(
        self,
        key: str,
        value: Callable[[ZoneReading], float | None],
        *,
        measured: bool = False,
        enabled: bool = True,
        attributes: Callable[[ZoneReading], Mapping[str, Any]] | None = None,
    ) -> _Zone:
        """Describe a price per MWh; only the present one is a measurement."""

        def shown(reading: ZoneReading) -> float | None:
            price = value(reading)
            return None if price is None else self._unit.shown(price)

        return StewardSensorDescription(
            key=key,
            native_unit_of_measurement=self._unit.name,
            state_class=SensorStateClass.MEASUREMENT if measured else None,
            suggested_display_precision=max(self._unit.digits - 2, 1),
            entity_registry_enabled_default=enabled,
            exists_fn=_always,
            value_fn=shown,
            attributes_fn=attributes,
        )

    def day(self, day: str) -> tuple[_Zone, ...]:
        """Describe a day's statistics."""

        def of(part: Callable[[Statistics], Any]) -> _Value:
            def value(reading: ZoneReading) -> Any:
                stats = getattr(reading, day)
                return None if stats is None else part(stats)

            return value

        return (
            self.price(f"{day}_lowest", of(lambda stats: stats.lowest.price)),
            _time(f"{day}_lowest_at", of(lambda stats: stats.lowest.start)),
            self.price(f"{day}_highest", of(lambda stats: stats.highest.price)),
            _time(f"{day}_highest_at", of(lambda stats: stats.highest.start)),
            self.price(f"{day}_average", of(lambda stats: stats.average)),
            self.price(f"{day}_median", of(lambda stats: stats.median), enabled=False),
        )

    def cost(self, meter: str, name: str) -> _Zone:
        """Describe what a meter's energy has cost."""
        return StewardSensorDescription(
            key=f"cost_{meter.replace('.', '_')}",
            translation_key="cost",
            translation_placeholders={"meter": name},
            device_class=SensorDeviceClass.MONETARY,
            native_unit_of_measurement=self._currency,
            state_class=SensorStateClass.TOTAL,
            suggested_display_precision=2,
            exists_fn=lambda reading: meter in reading.costs,
            value_fn=lambda reading: reading.costs.get(meter),
        )

    def _occasions(self, windows: Iterable[Window]) -> Iterator[Occasion]:
        for window in windows:
            price = f"{self._unit.shown(window.price):.4g} {self._unit.name}"
            for run in window.runs:
                yield Occasion(run.start, run.end, price)

    def calendar(self) -> _Zone:
        """Describe the cheap windows; each run bears its window's mean price."""

        shown: tuple[tuple[Window, ...], tuple[Occasion, ...]] = ((), ())

        def occasions(reading: ZoneReading) -> tuple[Occasion, ...]:
            nonlocal shown
            # The same windows all day long
            if shown[0] is not reading.windows:
                shown = reading.windows, tuple(self._occasions(reading.windows))
            return shown[1]

        return StewardCalendarDescription(
            key="cheap_windows", exists_fn=_always, value_fn=occasions
        )


def _price(slot: Slot | None) -> float | None:
    return None if slot is None else slot.price


def _always(_: object) -> bool:
    return True


def _time(key: str, value: _Value) -> _Zone:
    return StewardSensorDescription(
        key=key,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        exists_fn=_always,
        value_fn=value,
    )


def _licence(reading: ZoneReading) -> dict[str, Any]:
    """Return the words that the licence of the prices asks for."""
    if reading.attribution is None:
        return {}
    return {"attribution": reading.attribution}


def _with_forecast(reading: ZoneReading) -> dict[str, Any]:
    attributes = _licence(reading)
    if reading.forecast is not None:
        attributes["data"] = reading.forecast
    return attributes


def zone_entities(
    preferences: Preferences, currency: str, meters: Mapping[str, str]
) -> tuple[_Zone, ...]:
    """Return the rows of a zone, with a cost for each of the meters."""
    rows = _Rows(preferences, currency)
    return (
        rows.price(
            "market_price",
            lambda zone: _price(zone.market),
            measured=True,
            attributes=_licence,
        ),
        rows.price(
            "total_price",
            lambda zone: _price(zone.total),
            measured=True,
            attributes=_with_forecast,
        ),
        rows.price(
            "export_price",
            lambda zone: _price(zone.export),
            measured=True,
            enabled=not preferences.export.is_plain,
        ),
        rows.price(
            "next_market_price",
            lambda zone: _price(zone.next_market),
        ),
        rows.price("next_total_price", lambda zone: _price(zone.next_total)),
        *rows.day("today"),
        *rows.day("tomorrow"),
        StewardSensorDescription(
            key="rank",
            state_class=SensorStateClass.MEASUREMENT,
            exists_fn=_always,
            value_fn=lambda zone: zone.rank,
        ),
        StewardSensorDescription(
            key="quantile",
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=2,
            exists_fn=_always,
            value_fn=lambda zone: zone.quantile,
        ),
        StewardBinarySensorDescription(
            key="below_average",
            exists_fn=_always,
            value_fn=lambda zone: zone.below_average,
        ),
        StewardBinarySensorDescription(
            key="tomorrow_available", value_fn=lambda zone: zone.tomorrow_available
        ),
        StewardBinarySensorDescription(
            key="cheap_now", exists_fn=_always, value_fn=lambda zone: zone.cheap
        ),
        rows.calendar(),
        StewardImageDescription(
            key="chart",
            content_type="image/svg+xml",
            draw=draw,
            value_fn=lambda zone: zone.picture,
        ),
        StewardSensorDescription(
            key="volume",
            native_unit_of_measurement=UnitOfEnergy.MEGA_WATT_HOUR,
            suggested_display_precision=1,
            value_fn=lambda zone: zone.market and zone.market.volume,
        ),
        StewardSensorDescription(
            key="volume_today",
            native_unit_of_measurement=UnitOfEnergy.MEGA_WATT_HOUR,
            suggested_display_precision=1,
            entity_registry_enabled_default=False,
            value_fn=lambda zone: zone.volume_total,
        ),
        *(rows.cost(meter, name) for meter, name in meters.items()),
    )


SOURCES: Final[tuple[StewardDescription[Any], ...]] = (
    *hub_entities(CertificateInvalid, CredentialsRejected, RateLimited),
    StewardSensorDescription(
        key="source",
        device_class=SensorDeviceClass.ENUM,
        options=list(SOURCE_NAMES),
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=_always,
        value_fn=lambda hub: hub.source if hub.source in SOURCE_NAMES else None,
    ),
    StewardSensorDescription(
        key="prices_fetched",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        exists_fn=_always,
        value_fn=lambda hub: hub.fetched,
    ),
    StewardSensorDescription(
        key="next_fetch",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists_fn=_always,
        value_fn=lambda hub: hub.next_fetch,
    ),
)

ENERGY: Final = (
    EnergyRow(
        kind=PRICE,
        entities={
            "entity_energy_price": "total_price",
            "entity_energy_price_export": "export_price",
        },
    ),
)
"""What the Energy dashboard can show."""
