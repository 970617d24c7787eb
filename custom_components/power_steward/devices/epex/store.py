"""What a price entry keeps on disk: prices and costs."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ...const import DOMAIN, LOGGER
from ...stewardship.price_series import PriceSeries, Slot

_VERSION: Final = 1
_DELAY: Final = 10.0
"""Seconds that several changes may share one write."""


def price_store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[dict[str, Any]]:
    """Return the store of an entry's prices."""
    return Store(hass, _VERSION, f"{DOMAIN}.{entry.entry_id}.prices")


def cost_store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[dict[str, Any]]:
    """Return the store of an entry's costs."""
    return Store(hass, _VERSION, f"{DOMAIN}.{entry.entry_id}.costs")


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget a removed entry's prices and costs."""
    await price_store(hass, entry).async_remove()
    await cost_store(hass, entry).async_remove()


def save(store: Store[dict[str, Any]], content: Mapping[str, Any]) -> None:
    """Write soon, and at the latest when Home Assistant stops."""
    store.async_delay_save(lambda: dict(content), _DELAY)


def packed(series: PriceSeries) -> list[list[Any]]:
    """Return a series fit for JSON."""
    return [
        [
            int(slot.start.timestamp()),
            int(slot.width.total_seconds()),
            slot.price,
            slot.source,
            slot.volume,
        ]
        for slot in series
    ]


def unpacked(rows: Any) -> PriceSeries:
    """Return a series as it was packed; nothing, if that is not what it is."""
    try:
        return PriceSeries(
            Slot(
                datetime.fromtimestamp(start, UTC),
                datetime.fromtimestamp(start, UTC) + timedelta(seconds=width),
                float(price),
                str(source),
                None if volume is None else float(volume),
            )
            for start, width, price, source, volume in rows
        )
    except TypeError, ValueError, OverflowError:
        LOGGER.error("Prices on disk are unreadable and are asked for anew")
        return PriceSeries()
