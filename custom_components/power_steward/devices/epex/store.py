"""What a price entry keeps on disk: prices and costs."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ...const import DOMAIN, LOGGER
from ...stewardship.price_series import PriceSeries, Slot

PRICES: Final = "prices"
COSTS: Final = "costs"

_VERSION: Final = 1
_DELAY: Final = 15.0
"""Seconds that several changes may share one write; a crash loses no more."""


class Kept:
    """Something on disk that is written soon after it changed, or when it is left."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        name: str,
        content: Callable[[], dict[str, Any]],
    ) -> None:
        """Take what tells the content when it is to be written."""
        self._entry = entry
        self._store = _store(hass, entry, name)
        self._content = content
        self._pending = False

    async def async_load(self) -> Mapping[str, Any]:
        """Return what was written last, and write changes until the entry unloads."""
        self._entry.async_on_unload(self._async_write)
        return await self._store.async_load() or {}

    def changed(self) -> None:
        """Write soon; further changes until then do not put it off."""
        if not self._pending:
            self._pending = True
            self._store.async_delay_save(self._written, _DELAY)

    async def _async_write(self) -> None:
        if self._pending:
            await self._store.async_save(self._written())

    def _written(self) -> dict[str, Any]:
        self._pending = False
        return self._content()


def _store(
    hass: HomeAssistant, entry: ConfigEntry[Any], name: str
) -> Store[dict[str, Any]]:
    return Store(hass, _VERSION, f"{DOMAIN}.{entry.entry_id}.{name}")


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget a removed entry's prices and costs."""
    for name in (PRICES, COSTS):
        await _store(hass, entry, name).async_remove()


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
