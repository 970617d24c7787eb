"""From clients to readings: schedule, back-off and errors, once for every type."""

from abc import abstractmethod
import asyncio
from collections import OrderedDict
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_NAME, Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    HomeAssistantError,
    ServiceValidationError,
)
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .battery import RideThrough
from .const import BACK_OFF_LIMIT, DOMAIN, LOGGER
from .devices.clock import SYSTEM_CLOCK, Clock
from .devices.connection import ConnectionLog
from .devices.errors import (
    AnswerNotUnderstood,
    ClientError,
    CredentialsRejected,
    UserMistake,
)
from .devices.readings import HUB, DeviceFacts, DeviceReading, HubReading
from .ledger import StoredLedger
from .outages import POWER_EVENT, Mains, News, StoredOutages
from .slices import SLICE, in_slices
from .stewardship.energy_ledger import Channel
from .stewardship.price_series import PriceSeries
from .stewardship.shedding import Supply

type StewardConfigEntry = ConfigEntry[PollingCoordinator[Any]]
"""An entry's runtime data is its coordinator."""


GAP_IN_INTERVALS: Final = 3
"""The longest gap between two readings that the ledger bills, in poll intervals."""


class PollingCoordinator[ReadingT: DeviceReading](
    DataUpdateCoordinator[dict[str, ReadingT | HubReading]]
):
    """Reads an entry's devices at an interval; ``data`` maps device key to reading."""

    config_entry: StewardConfigEntry

    platforms: ClassVar[Sequence[Platform]]
    """The platforms that this type's descriptions need."""
    channels: ClassVar[Mapping[str, Callable[[Any], float | None]]] = {}
    """What the ledger counts: by channel, how to tell the power in W."""
    counters: ClassVar[Mapping[str, Callable[[Any], int | None]]] = {}
    """What devices count themselves: by channel, the new energy in µJ."""
    mains: ClassVar[Mains | None] = None
    """How devices tell that mains is lost, where they can."""
    slice: ClassVar = SLICE
    """Seconds for which readings are dealt with at a stretch."""
    back_off_limit: ClassVar[timedelta] = BACK_OFF_LIMIT
    """Longest pause between two attempts to reach a source that is down."""
    redact: ClassVar[frozenset[str]] = frozenset()
    """Keys that diagnostics must not show, beside those common to all types."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StewardConfigEntry,
        interval: timedelta,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Prepare to poll at this interval while all is well."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=interval,
        )
        self.data = {}
        self.clock = clock
        self.log = ConnectionLog()
        self._interval = interval
        max_gap = GAP_IN_INTERVALS * interval.total_seconds()
        self._ledger = StoredLedger(hass, entry, max_gap)
        self.outages = StoredOutages(hass, entry, max_gap)
        self._reported: set[tuple[str, str]] = set()
        self._onlookers: list[Callable[[str], None]] = []
        self._watchers: dict[str, list[CALLBACK_TYPE]] = {}
        self._told: dict[str, tuple[bool, DeviceReading | None]] = {}
        self._untold: OrderedDict[str, None] = OrderedDict()
        self._telling: asyncio.Task[None] | None = None

    @abstractmethod
    async def async_read(self) -> Mapping[str, ReadingT]:
        """Read all devices; raise nothing but client errors."""

    @abstractmethod
    def hub(self) -> HubReading:
        """Return the reading of what the entry speaks to."""

    @abstractmethod
    def descriptions(
        self, reading: ReadingT | HubReading
    ) -> Sequence[EntityDescription]:
        """Return the entities that a device may have."""

    @callback
    def async_refresh_hub(self) -> None:
        """Show what is new of the hub between two polls."""
        if self.data:
            self.data = {**self.data, HUB: self.hub()}
            self.async_update_listeners()

    async def async_release(self) -> None:
        """Give back what was changed on the devices, while there still are entities."""

    async def async_command(self, command: Awaitable[None]) -> None:
        """Run a client's command, then show what the device says.

        The command has read back what it did; if it failed, the refresh shows that.
        """
        try:
            await command
        except ClientError as err:
            mistake = isinstance(err, UserMistake)
            kind = ServiceValidationError if mistake else HomeAssistantError
            raise kind(
                translation_domain=DOMAIN,
                translation_key=err.key,
                translation_placeholders={"name": self.name, "reason": str(err)},
            ) from err
        finally:
            await self.async_refresh()
            if self._telling is not None:
                await self._telling

    def ride_through(self, device_key: str) -> RideThrough | None:
        """Return what tells how long a device's battery lasts, where that is known."""
        return None

    def supply(self, device_id: str | None) -> Supply | None:
        """Return a device's battery and its load as they are now, if both are told."""
        for key, reading in self.data.items():
            device = self.device(key)
            if device is not None and device.id == device_id and key != HUB:
                if self.mains is not None and self.last_update_success:
                    log = self.outages.logs.get(key)
                    outage = None if log is None else log.ongoing
                    return self.mains.supply(
                        reading,
                        self.ride_through(key),
                        0.0 if outage is None else outage.duration,
                    )
        return None

    def known_prices(self, key: str) -> PriceSeries | None:
        """Return all known prices per MWh behind an entity; most types have none."""
        return None

    def raw_answer(self) -> Any:
        """Return the newest answer as the source sent it, for diagnostics."""
        return None

    def identifier(self, device_key: str) -> tuple[str, str]:
        """Return a device's identifier in the device registry."""
        return DOMAIN, f"{self.config_entry.unique_id}_{device_key}"

    def unique_id(self, device_key: str, key: str) -> str:
        """Return the unique id of one of a device's entities."""
        return f"{self.config_entry.unique_id}_{device_key}_{key}"

    def device(self, device_key: str) -> dr.DeviceEntry | dr.ChildDeviceEntry | None:
        """Return a device's entry in the device registry."""
        registry = dr.async_get(self.hass)
        identifier, entry_id = self.identifier(device_key), self.config_entry.entry_id
        return registry.async_get_device_by_identifier(
            identifier, entry_id
        ) or registry.async_get_child_device_by_identifier(identifier, entry_id)

    @callback
    @override
    def async_add_listener(
        self, update_callback: CALLBACK_TYPE, context: Any = None
    ) -> Callable[[], None]:
        """Listen to all updates or, with a device key as context, to that device's."""
        if context is None:
            return super().async_add_listener(update_callback)
        watchers = self._watchers.setdefault(context, [])
        watchers.append(update_callback)
        # Whoever comes late may have missed something: tell them all once more.
        self._told.pop(context, None)
        self._untold[context] = None
        return partial(watchers.remove, update_callback)

    @callback
    def async_look_on(self, onlooker: Callable[[str], None]) -> CALLBACK_TYPE:
        """Have each device that has news looked at, before its own listeners hear."""
        self._onlookers.append(onlooker)
        # The base class polls for nobody but listeners of its own.
        end = super().async_add_listener(_hear_nothing)

        def look_away() -> None:
            self._onlookers.remove(onlooker)
            end()

        return look_away

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Tell the listeners, those of a device only if it has news."""
        self._async_tell((*self._told, *self.data))

    @callback
    def _async_tell(self, keys: Iterable[str]) -> None:
        """Tell all, and those of devices that may have news: at once, if soon done."""
        super().async_update_listeners()
        self._untold.update(dict.fromkeys(keys))
        if self._telling is None or self._telling.done():
            self._telling = self.config_entry.async_create_task(
                self.hass, self._async_tell_devices(), f"{self.name} telling"
            )

    async def _async_tell_devices(self) -> None:
        async for key in in_slices(self._pending(), self.clock.monotonic):
            self._tell_device(key)

    def _pending(self) -> Iterator[str]:
        while self._untold:
            yield self._untold.popitem(last=False)[0]

    def _tell_device(self, key: str) -> None:
        """Tell what there is of a device, unless that was told already."""
        news = (self.last_update_success, self.data.get(key))
        told = self._told.get(key)
        if told is not None and told[0] is news[0] and told[1] is news[1]:
            return
        self._told[key] = news
        for onlooker in tuple(self._onlookers):
            self._tell(partial(onlooker, key))
        for watcher in tuple(self._watchers.get(key, ())):
            self._tell(watcher)

    def _tell(self, listener: CALLBACK_TYPE) -> None:
        try:
            listener()
        except Exception:  # noqa: BLE001
            LOGGER.exception("An entity of %s failed", self.name)

    @override
    async def _async_setup(self) -> None:
        """Take up the energy totals and the outages."""
        await self._ledger.async_load()
        await self.outages.async_load()

    @override
    async def _async_update_data(self) -> dict[str, ReadingT | HubReading]:
        started = self.clock.monotonic()
        try:
            readings = await self.async_read()
        except ClientError as err:
            raise self._failed(err) from err
        except Exception as err:
            if self.last_update_success:
                LOGGER.exception("Reading %s failed in an unforeseen way", self.name)
            raise self._failed(AnswerNotUnderstood(type(err).__name__)) from err
        self.log.response_time = self.clock.monotonic() - started
        counted = await self._async_counted(readings)
        self.log.succeeded(self.clock.utcnow(), readings.values(), len(counted))
        data: dict[str, ReadingT | HubReading] = {HUB: self.hub(), **counted}
        await self._async_introduce(data)
        return data

    async def _async_counted(
        self, readings: Mapping[str, ReadingT]
    ) -> dict[str, ReadingT]:
        """Count what was read; say what of it cannot be used."""
        now = self.clock.monotonic()
        counted = {
            key: self._counted(key, reading, now)
            async for key, reading in self.in_slices(readings.items())
            # Whatever a source calls a device, this key is taken.
            if key != HUB
        }
        self._report_rejected(readings)
        return counted

    async def _async_introduce(self, news: Mapping[str, ReadingT | HubReading]) -> None:
        """Register new devices, hub first, and what changed; tell of outages."""
        async for key, reading in self.in_slices(news.items()):
            if key not in self.data or self.data[key].facts != reading.facts:
                self._register_device(key, reading.facts)
        async for told in self.in_slices(self.outages.untold()):
            self._tell_outage(told, news[told.device].facts.name)

    def in_slices[T](self, items: Iterable[T]) -> AsyncIterator[T]:
        """Yield the items, with pauses where there are many."""
        # Before there is anything, nothing is pushed either.
        seconds = self.slice if self.data else SLICE
        return in_slices(items, self.clock.monotonic, seconds)

    def measured_at(self, key: str, now: float) -> float:
        """Return when a device measured what is read now, by the steady clock."""
        return now

    def _counted(self, key: str, reading: ReadingT, now: float) -> ReadingT:
        """Count a device's energy and return the reading with it.

        A reading that says nothing new is returned as the old one, so that what
        follows can tell by identity.
        """
        measured_at = self.measured_at(key, now)
        for name, power in self.channels.items():
            self._ledger.record(
                Channel(key, name),
                power(reading) if reading.available else None,
                measured_at,
                self.log.response_time or 0.0,
            )
        for name, new in self.counters.items():
            self._ledger.add(Channel(key, name), new(reading))
        more: dict[str, Any] = {}
        if self.channels or self.counters:
            more["energy"] = self._ledger.energy(key)
        if self.mains is not None:
            answer_time = self.log.response_time or 0.0
            look = self.mains.look(reading, self.clock.utcnow(), now, answer_time)
            more["outages"] = self.outages.look(key, look)
        if more:
            reading = replace(reading, **more)
        old: Any = self.data.get(key)
        return old if old == reading else reading

    def _tell_outage(self, news: News, name: str) -> None:
        """Tell what changed of a device's outage, once the device is registered."""
        device = self.device(news.device)
        about = {
            ATTR_DEVICE_ID: None if device is None else device.id,
            ATTR_ENTITY_ID: er.async_get(self.hass).async_get_entity_id(
                Platform.EVENT, DOMAIN, self.unique_id(news.device, POWER_EVENT)
            ),
            ATTR_NAME: name,
        }
        self.outages.tell(news, about, self.clock.utcnow())

    def _failed(self, err: ClientError) -> Exception:
        """Note a failure and return it as Home Assistant's, with the next pause."""
        self.log.failed(err)
        if not self.data:
            return self._translated(err)
        self.data = {**self.data, HUB: self.hub()}
        if not self.last_update_success:
            # Of a failure after a failure the base class tells nobody.
            self.async_update_listeners()
        pause = max(self._retry_pause(), err.retry_after or 0)
        return self._translated(err, retry_after=pause)

    def _translated(
        self, err: ClientError, retry_after: float | None = None
    ) -> ConfigEntryAuthFailed | UpdateFailed:
        """Map a client's error to Home Assistant's: the one place for all types."""
        placeholders = {"name": self.name, "reason": str(err)}
        if isinstance(err, CredentialsRejected):
            return ConfigEntryAuthFailed(
                translation_domain=DOMAIN,
                translation_key=err.key,
                translation_placeholders=placeholders,
            )
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=err.key,
            translation_placeholders=placeholders,
            retry_after=retry_after,
        )

    def _retry_pause(self) -> float:
        """Return the seconds from a failed poll to the next."""
        # While a UPS runs on battery, the interval in force is shorter than usual.
        interval = self.update_interval or self._interval
        return self._pause(interval, self.log.failures_in_a_row)

    def _pause(self, first: timedelta, attempts: int) -> float:
        """Return the seconds until the next attempt: doubled up to the limit."""
        pause: timedelta = min(first * 2 ** min(attempts - 1, 10), self.back_off_limit)
        return max(first, pause).total_seconds()

    def _report_rejected(self, readings: Mapping[str, ReadingT]) -> None:
        """Log each value of a device that cannot be used, once."""
        for key, reading in readings.items():
            new = [
                name for name in reading.rejected if (key, name) not in self._reported
            ]
            if new:
                self._reported.update((key, name) for name in new)
                LOGGER.warning(
                    "%s: %s reports values that cannot be right, shown as unknown: %s",
                    self.name,
                    reading.facts.name,
                    ", ".join(new),
                )

    def _register_device(self, key: str, facts: DeviceFacts) -> None:
        registry = dr.async_get(self.hass)
        parent = None if facts.part_of is None else self.device(facts.part_of)
        if parent is not None:
            registry.async_get_or_create_child(
                config_entry_id=self.config_entry.entry_id,
                identifiers={self.identifier(key)},
                parent_device_id=parent.id,
                name=facts.name,
                translation_key=facts.translation_key,
                translation_placeholders=dict(facts.translation_placeholders or ()),
            )
            return
        hub = None if key == HUB else self.device(HUB)
        registry.async_get_or_create(
            config_entry_id=self.config_entry.entry_id,
            identifiers={self.identifier(key)},
            connections=(
                {(dr.CONNECTION_NETWORK_MAC, facts.mac)} if facts.mac else set()
            ),
            name=facts.name,
            manufacturer=facts.manufacturer,
            model=facts.model,
            serial_number=facts.serial_number,
            sw_version=facts.sw_version,
            configuration_url=facts.configuration_url,
            entry_type=dr.DeviceEntryType.SERVICE if facts.service else None,
            via_device_id=None if hub is None else hub.id,
        )


def _hear_nothing() -> None:
    """Be a listener, and no more."""
