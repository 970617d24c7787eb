"""Outages: logged by device, kept on disk, told to whoever wants to know."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    ATTR_DEVICE_ID,
    ATTR_NAME,
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    UnitOfTime,
)
from homeassistant.core import (
    CoreState,
    Event,
    HomeAssistant,
    ServiceResponse,
    callback,
)
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.storage import Store
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util, slugify
from homeassistant.util.json import JsonValueType

from .battery import RideThrough
from .const import DOMAIN, LOGGER
from .devices.readings import DeviceReading
from .history import Series, Table
from .stewardship.outages import (
    Change,
    Earlier,
    HouseOutage,
    Look,
    Outage,
    OutageLog,
    Summary,
    hours,
    of_the_house,
)
from .stewardship.shedding import Supply

if TYPE_CHECKING:
    from .coordinator import StewardConfigEntry

EVENT_OUTAGE: Final = f"{DOMAIN}_outage"
"""Fired on the bus when an outage starts, ends, or the battery gets low in it."""
POWER_EVENT: Final = "power_event"
"""Key of the event entity that tells of the same."""
SAVE_INTERVAL: Final = timedelta(seconds=15)
"""How often an outage that goes on is written to disk."""
_VERSION: Final = 1
_FIELDS: Final = tuple(field.name for field in fields(Outage))

type _Stored = dict[str, dict[str, Any]]


class Mains(NamedTuple):
    """How to tell from a reading that mains is lost, and how the battery bears it."""

    on_battery: Callable[[Any], bool | None]
    power: Callable[[Any], float | None]
    """Watts that the load draws."""
    charge: Callable[[Any], float | None]
    """Percent."""
    low: Callable[[Any], bool | None]
    remaining: Callable[[Any], float | None]
    """Seconds that the battery lasts at this load."""

    def look(
        self, reading: DeviceReading, at: datetime, clock: float, answer_time: float
    ) -> Look:
        """Return what a reading tells; nothing, if the source does not vouch for it."""
        if not reading.available:
            return Look(at, clock, None)
        return Look(
            at,
            clock,
            self.on_battery(reading),
            self.power(reading),
            self.charge(reading),
            self.low(reading),
            answer_time,
        )

    def supply(
        self, reading: DeviceReading, battery: RideThrough | None, lost: float
    ) -> Supply | None:
        """Return the battery and its load, with a model of it if there is one."""
        load = self.power(reading) if reading.available else None
        if load is None:
            return None
        return Supply(
            load=load,
            remaining=self.remaining(reading),
            lost=lost,
            lasting=None if battery is None else battery.seconds,
            bearable=None if battery is None else battery.load_for,
        )


class News(NamedTuple):
    """What happened to an outage of a device."""

    device: str
    change: Change
    outage: Outage


class StoredOutages:
    """An entry's outages by device, written to disk at every change."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], max_gap: float
    ) -> None:
        """Take the seconds between two readings that are no gap."""
        self._hass = hass
        self._entry = entry
        self._max_gap = max_gap
        self._store = _store(hass, entry)
        self._untold: list[News] = []
        self._unsaved = False
        self.logs: dict[str, OutageLog] = {}

    async def async_load(self) -> None:
        """Take up what earlier runs saw, and keep saving until the entry unloads."""
        for device, stored in (await self._store.async_load() or {}).items():
            try:
                self.logs[device] = _log(stored, self._max_gap)
            except AttributeError, KeyError, TypeError, ValueError:
                LOGGER.error("Outages of %s are unreadable on disk", device)
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

    def look(self, device: str, look: Look) -> Summary | None:
        """Take a look at a device; return its outages, once it can tell of any."""
        log = self.logs.get(device)
        if log is None:
            if look.on_battery is None:
                return None
            log = self.logs[device] = OutageLog(self._max_gap)
        changes = log.look(look)
        if changes or log.ongoing is not None:
            self._unsaved = True
        for change in changes:
            newest = -2 if change is Change.ENDED and log.ongoing else -1
            self._untold.append(News(device, change, log.outages[newest]))
        return log.summary

    def untold(self) -> list[News]:
        """Return what happened since this was last asked."""
        untold, self._untold = self._untold, []
        return untold

    def tell(self, news: News, about: Mapping[str, str | None], now: datetime) -> None:
        """Save what happened, and tell the bus and the statistics of it.

        By the entity in ``about``, the logbook finds what belongs to a device.
        """
        self._create_task(self._async_save())
        self._hass.bus.async_fire(
            EVENT_OUTAGE,
            {**about, "change": news.change.value, **described(news.outage)},
        )
        if news.change is Change.ENDED and "recorder" in self._hass.config.components:
            name = about[ATTR_NAME] or ""

            @callback
            def write(_: HomeAssistant) -> None:
                self._create_task(self._async_write_statistics(news.device, name, now))

            if self._hass.state is CoreState.running:
                write(self._hass)
            else:
                # The recorder waits for the start, which would wait for this task.
                self._entry.async_on_unload(async_at_started(self._hass, write))

    def _create_task(self, task: Any) -> None:
        self._entry.async_create_task(self._hass, task, f"{DOMAIN} outages")

    async def _async_save(self, _: datetime | Event | None = None) -> None:
        # While it stops, Home Assistant puts writes off until its final one.
        if not self._unsaved or self._hass.state is CoreState.stopping:
            return
        self._unsaved = False
        await self._store.async_save(
            {device: _stored(log) for device, log in self.logs.items()}
        )

    async def _async_write_statistics(
        self, device: str, name: str, now: datetime
    ) -> None:
        """Write the hours of the newest finished outage."""
        texts = await async_get_translations(
            self._hass, self._hass.config.language, "common", [DOMAIN]
        )
        touched = list(hours(self.logs[device]))
        stem = slugify(f"{self._entry.unique_id or self._entry.entry_id} {device}")

        def table(key: str, unit: str | None, rows: list[Any]) -> Table:
            named = f"{name} {texts[f'component.{DOMAIN}.common.{key}']}"
            unit_class = None if unit is None else "duration"
            series = Series(f"{DOMAIN}:{stem}_{key}", named, unit, unit_class, 1)
            return Table(series, rows, begins=False)

        minutes = [
            (int(hour.start.timestamp()), hour.seconds / 60, hour.seconds_so_far / 60)
            for hour in touched
        ]
        counts = [
            (int(hour.start.timestamp()), hour.number, hour.number_so_far)
            for hour in touched
        ]
        statistics = await async_import_module(self._hass, f"{__package__}.statistics")
        await statistics.async_replace(
            self._hass,
            [
                table("outage_minutes", UnitOfTime.MINUTES, minutes),
                table("outages", None, counts),
            ],
            now,
        )


def listed(hass: HomeAssistant, data: Mapping[str, Any]) -> ServiceResponse:
    """Return the outages of every device and, read as one, those of the house."""
    devices: list[JsonValueType] = []
    names: dict[str, str] = {}
    seen: dict[str, list[Outage]] = {}
    entries: list[StewardConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    for entry in entries:
        coordinator = entry.runtime_data
        for key, log in coordinator.outages.logs.items():
            device = coordinator.device(key)
            if device is None or data.get(ATTR_DEVICE_ID, device.id) != device.id:
                continue
            names[device.id] = device.name_by_user or device.name or key
            among = [outage for outage in log.outages if _is_within(outage, data)]
            seen[device.id] = among
            devices.append(
                {
                    ATTR_DEVICE_ID: device.id,
                    ATTR_NAME: names[device.id],
                    "count": log.summary.number,
                    "outages": [described(outage) for outage in among],
                }
            )
    house: list[JsonValueType] = [
        {**described(outage), "devices": [names[device] for device in outage.devices]}
        for outage in of_the_house(seen)
    ]
    return {"devices": devices, "house": house}


def described(outage: Outage | HouseOutage) -> dict[str, Any]:
    """Return an outage fit for JSON, rounded to what is known of it."""
    duration = outage.until - outage.started
    energy, charge = outage.energy, outage.lowest_charge
    return {
        "start": outage.started.isoformat(timespec="seconds"),
        "end": outage.until.isoformat(timespec="seconds") if outage.over else None,
        "duration": round(duration.total_seconds(), 1),
        "at_least": outage.at_least,
        "energy": None if energy is None else round(energy, 3),
        "lowest_charge": charge,
    }


def _is_within(outage: Outage, data: Mapping[str, Any]) -> bool:
    """Return whether any of an outage lies in the span that was asked for."""
    start, end = data.get("start"), data.get("end")
    return (start is None or outage.until >= dt_util.as_utc(start)) and (
        end is None or outage.started < dt_util.as_utc(end)
    )


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget a removed entry's outages; its statistics stay."""
    await _store(hass, entry).async_remove()


def _store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[_Stored]:
    return Store(hass, _VERSION, f"{DOMAIN}.{entry.entry_id}.outages")


def _stored(log: OutageLog) -> dict[str, Any]:
    return {
        "earlier": log.earlier._asdict(),
        "outages": [
            {
                **{name: getattr(outage, name) for name in _FIELDS},
                "started": outage.started.isoformat(),
            }
            for outage in log.outages
        ],
    }


def _log(stored: Mapping[str, Any], max_gap: float) -> OutageLog:
    """Return a log from disk; raise for what was not written by us."""
    earlier = Earlier(**stored["earlier"])
    if not all(map(_is_amount, earlier)):
        raise ValueError("not what was earlier")
    return OutageLog(
        max_gap, [_outage(values) for values in stored["outages"]], earlier
    )


def _outage(values: Mapping[str, Any]) -> Outage:
    started = datetime.fromisoformat(values["started"])
    if (
        values.keys() != set(_FIELDS)
        or started.tzinfo is None
        or any(type(values[name]) is not bool for name in ("over", "at_least", "low"))
        or not all(_is_amount(values[name]) for name in ("duration", "unseen"))
        or not all(
            values[name] is None or _is_amount(values[name])
            for name in ("energy", "lowest_charge")
        )
    ):
        raise ValueError("not an outage")
    return Outage(**{**values, "started": started})


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value < math.inf
