"""Hourly means of the market's price as statistics of their own.

They reach back as far as a source does, also to before the sensor existed.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant

from ...const import DOMAIN
from ...stewardship.price_series import WIDTHS, PriceSeries, Slot, Span

if TYPE_CHECKING:
    from .coordinator import EpexCoordinator

_HOUR = WIDTHS[-1]


def statistic_id(unique_id: str) -> str:
    """Return the id of an entry's statistics."""
    name = "".join(c if c.isalnum() else "_" for c in unique_id.lower())
    return f"{DOMAIN}:{name}_price"


async def async_import_history(
    hass: HomeAssistant,
    coordinator: EpexCoordinator,
    series: PriceSeries | None = None,
) -> int:
    """Import the hours that are over; return how many."""
    if "recorder" not in hass.config.components:
        return 0
    # Only a loaded recorder may be imported.
    from homeassistant.components.recorder.models import (  # noqa: PLC0415
        StatisticData,
        StatisticMeanType,
        StatisticMetaData,
    )
    from homeassistant.components.recorder.statistics import (  # noqa: PLC0415
        async_add_external_statistics,
    )

    known = coordinator.outlook.prices if series is None else series
    if not known:
        return 0
    past = known.within(Span(known[0].start, coordinator.clock.utcnow()))
    unit = coordinator.preferences.unit
    rows = []
    for hour, low, high in _hours(past):
        mean, least, most = (unit.shown(price) for price in (hour.price, low, high))
        rows.append(StatisticData(start=hour.start, mean=mean, min=least, max=most))
    async_add_external_statistics(
        hass,
        StatisticMetaData(
            mean_type=StatisticMeanType.ARITHMETIC,
            has_sum=False,
            name=coordinator.config_entry.title,
            source=DOMAIN,
            statistic_id=statistic_id(coordinator.config_entry.unique_id or ""),
            unit_class=None,
            unit_of_measurement=unit.name,
        ),
        rows,
    )
    return len(rows)


def _hours(past: PriceSeries) -> Iterable[tuple[Slot, float, float]]:
    """Return whole hours with their lowest and highest price."""
    for hour in past.resampled(_HOUR):
        prices = [slot.price for slot in past.within(Span(hour.start, hour.end))]
        yield hour, min(prices), max(prices)
