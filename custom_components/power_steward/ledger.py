"""The energy ledger on disk: what is shown is what a crash cannot take back."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, Event, HomeAssistant
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store

from .const import DOMAIN, LOGGER
from .stewardship.energy_ledger import Channel, EnergyLedger, watt_hours

SAVE_INTERVAL: Final = timedelta(seconds=15)
"""How often totals go to disk; a crash loses the energy of this time at most."""

_VERSION: Final = 1
_TOTAL: Final = re.compile(r"[0-9]{1,60}")

type _Stored = dict[str, dict[str, str]]
"""Exact totals by device and channel, as text: they outgrow 64 bits."""


class StoredLedger:
    """An entry's energy ledger, saved at intervals and shown only once saved.

    A total that is shown before it is safe would go down after a crash, and the
    statistics would take that for a new meter and count the energy twice.
    """

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], max_gap: float
    ) -> None:
        """Take the longest gap, in seconds, that may be billed."""
        self._hass = hass
        self._entry = entry
        self._ledger = EnergyLedger(max_gap)
        self._store = _store(hass, entry)
        self._saved: dict[Channel, int] = {}
        self._shown: dict[str, dict[str, float]] = {}

    async def async_load(self) -> None:
        """Go on where the last run ended, and keep saving until the entry unloads."""
        stored = await self._store.async_load()
        totals = {} if stored is None else _totals(stored)
        self._ledger.restore(totals)
        self._show(totals)
        self._entry.async_on_unload(self._async_save)
        self._entry.async_on_unload(
            async_track_time_interval(
                self._hass, self._async_save, SAVE_INTERVAL, cancel_on_shutdown=True
            )
        )
        self._entry.async_on_unload(
            self._hass.bus.async_listen(
                EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_save
            )
        )

    def record(
        self, channel: Channel, power: float | None, time: float, answer_time: float
    ) -> None:
        """Count as ``EnergyLedger.record`` does; a new channel is shown at once."""
        self._ledger.record(channel, power, time, answer_time)
        if power is not None:
            self._shown.setdefault(channel.device, {}).setdefault(channel.name, 0.0)

    def add(self, channel: Channel, microjoules: int | None) -> None:
        """Count what a device counted itself; a new channel is shown at once."""
        if microjoules is not None:
            self._ledger.add(channel, microjoules)
            self._shown.setdefault(channel.device, {}).setdefault(channel.name, 0.0)

    def energy(self, device: str) -> Mapping[str, float]:
        """Return a device's totals in Wh by channel, as far as they are on disk."""
        return dict(self._shown.get(device, {}))

    async def _async_save(self, _: datetime | Event | None = None) -> None:
        """Save, then show what is saved."""
        totals = self._ledger.snapshot()
        # While it stops, Home Assistant puts writes off until its final one.
        if totals == self._saved or self._hass.state is CoreState.stopping:
            return
        stored: _Stored = {}
        for channel, total in totals.items():
            stored.setdefault(channel.device, {})[channel.name] = str(total)
        await self._store.async_save(stored)
        # That a write failed is told by nothing but its absence.
        if await self._store.async_load() == stored:
            self._show(totals)

    def _show(self, totals: dict[Channel, int]) -> None:
        self._saved = totals
        for channel, total in totals.items():
            self._shown.setdefault(channel.device, {})[channel.name] = watt_hours(total)


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget a removed entry's totals."""
    await _store(hass, entry).async_remove()


def _store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[_Stored]:
    return Store(hass, _VERSION, f"{DOMAIN}.{entry.entry_id}.energy")


def _totals(stored: object) -> dict[Channel, int]:
    """Return the totals of a store, leaving out what no ledger wrote."""
    totals = {}
    for device, channels in _members(stored, "all devices"):
        for name, total in _members(channels, device):
            if isinstance(total, str) and _TOTAL.fullmatch(total):
                totals[Channel(device, name)] = int(total)
            else:
                LOGGER.error("Energy of %s (%s) is unreadable on disk", device, name)
    return totals


def _members(value: object, owner: str) -> Iterable[tuple[str, object]]:
    """Return the members of an object, none if it is not one."""
    if isinstance(value, dict):
        return value.items()
    LOGGER.error("Energy of %s is unreadable on disk", owner)
    return ()
