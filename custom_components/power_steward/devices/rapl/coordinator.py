"""Reads a host's power zones and keeps its caps, and always gives them back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, override

from homeassistant.const import (
    CONF_PATH,
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.event import async_call_later, async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ...const import LOGGER
from ...coordinator import PollingCoordinator, StewardConfigEntry
from ...stewardship.bounds import WATT
from ...stewardship.capping import Mode, Situation
from ...stewardship.shedding import Share
from ..clock import SYSTEM_CLOCK
from ..errors import ClientError
from ..readings import DeviceFacts, HubReading
from . import files
from .annotations import Annotations
from .client import RaplClient
from .const import CONF_ALLOW_CONTROL, INTERVAL, SHORTEST_INTERVAL
from .controller import Controller
from .entities import HOST, PLATFORMS, ZONE
from .issues import Issues, report_unrestored
from .job import OneJob
from .models import Access, Endurance, HostReading, ZoneReading
from .options import Options, options_of
from .record import Record
from .surroundings import Surroundings
from .writer import VERIFY_AFTER, Run


def create_coordinator(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> RaplCoordinator:
    """Return the coordinator of a RAPL entry."""
    return RaplCoordinator(hass, entry)


async def async_remove(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Give back what a removed entry may have left, then forget it."""
    record = Record(hass, entry.entry_id)
    if (stored := await record.async_load()) is not None:
        controller = Controller(
            RaplClient(files.PowercapFiles(entry.data[CONF_PATH]), SYSTEM_CLOCK),
            Options(),
            record.async_save,
            Run(OneJob(hass).async_run),
            SYSTEM_CLOCK,
        )
        try:
            await controller.start(stored)
            await controller.close()
        except ClientError as err:
            LOGGER.error("%s: limits could not be looked at: %s", entry.title, err)
        report_unrestored(entry.title, controller)
    await record.async_remove()


class RaplCoordinator(PollingCoordinator[ZoneReading]):
    """The zones of the host."""

    platforms = PLATFORMS
    channels: ClassVar = {"saved": lambda zone: zone.control and zone.control.saved}
    redact = frozenset({"boot"})
    counters: ClassVar = {"input": lambda zone: zone.counted}

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry) -> None:
        """Prepare to read the entry's tree."""
        super().__init__(hass, entry, INTERVAL)
        allowed = entry.data[CONF_ALLOW_CONTROL] is True
        self._client = RaplClient(
            files.PowercapFiles(entry.data[CONF_PATH]), self.clock
        )
        self._record = Record(hass, entry.entry_id)
        self.controller = Controller(
            self._client,
            options_of(
                entry.options, allowed=allowed, zone=dt_util.get_default_time_zone()
            ),
            self._record.async_save,
            Run(OneJob(hass).async_run),
            self.clock,
        )
        self._surroundings = Surroundings(hass, entry.options, self.clock)
        self._issues = Issues(hass, entry, self.controller)
        self._annotations = Annotations(hass, entry, self._surroundings)
        self._packages: Sequence[ZoneReading] = ()
        self._started = False
        self._writes = 0
        self._slot_timer: CALLBACK_TYPE | None = None
        self._verify_timer: CALLBACK_TYPE | None = None
        self._closed = False
        self._look_again = HassJob(self._refresh_now, cancel_on_shutdown=True)
        entry.async_on_unload(self._forget_timers)
        entry.async_on_unload(self.async_release)

    @override
    async def async_config_entry_first_refresh(self) -> None:
        """Read everything once, then follow what the caps depend on."""
        for event in (EVENT_HOMEASSISTANT_STOP, EVENT_HOMEASSISTANT_FINAL_WRITE):
            self.config_entry.async_on_unload(
                self.hass.bus.async_listen(event, self._async_stop)
            )
        await super().async_config_entry_first_refresh()
        self.config_entry.async_on_unload(self._surroundings.follow(self._refresh_now))

    # Reading

    @override
    async def async_read(self) -> Mapping[str, ZoneReading]:
        if not self._started:
            await self.controller.start(await self._record.async_load())
            self._started = True
        situation = self._situation()
        readings = await self.controller.control(
            await self.controller.read(), situation, write=not self.hass.is_stopping
        )
        found = {
            reading.zone.key: replace(reading, settable=self.controller.options.allowed)
            for reading in readings
        }
        self._packages = [reading for reading in readings if reading.is_package]
        self.update_interval = max(
            SHORTEST_INTERVAL,
            min(INTERVAL, timedelta(seconds=min(self._client.interval, 3600))),
        )
        if self.controller.unsettled or self._writes != self.controller.writer.writes:
            self._writes = self.controller.writer.writes
            self._verify_soon()
        self._wake_at_next_slot(situation)
        self._issues.tell(found, situation, self._surroundings.price_entity)
        self._annotations.tell(found, situation)
        return found

    @override
    def hub(self) -> HostReading:
        tree = self._client.tree
        capped = tree.access in (Access.CONTROLLABLE, Access.READ_ONLY_LIMITS)
        allowed = self.controller.options.allowed
        return self.log.reading(
            HostReading,
            DeviceFacts(name=self.config_entry.title, model="RAPL"),
            access=tree.access,
            armed=self.controller.armed if capped and allowed else None,
            mode=self.controller.mode if capped else None,
            manual=self.controller.manual,
            bounds=self.controller.bounds,
            foreign_changes=self.controller.writer.foreign_changes if capped else None,
            total_power=self._total_power(),
            packages=len(self._packages),
            annotations_failed=self._annotations.failed,
            follows_battery=self._surroundings.follows_battery,
            endurance=self._endurance(),
        )

    def _endurance(self) -> Endurance | None:
        """Return how long the battery lasts, if the host is behind one that tells."""
        share = self.controller.share
        if share is None:
            return None
        return Endurance(
            share.seconds(share.power), share.seconds_at_floor, self._needed_cap(share)
        )

    def _needed_cap(self, share: Share) -> float | None:
        """Return the watts with which the battery lasts as long as it still has to."""
        battery = self.controller.options.rules.battery
        missing = battery.missing(self.clock.utcnow(), share.supply.lost)
        if missing <= 0:
            return self._most()
        cap = share.cap(missing)
        return None if cap is None else min(cap, self._most())

    def _most(self) -> float:
        """Return the watts to which the packages are limited without a cap of ours."""
        controls = [each.control for each in self._packages if each.control]
        return sum(control.bounds.ceiling for control in controls) / WATT

    def _total_power(self) -> float | None:
        """Return the power of all packages, unless that of any is not known."""
        powers = [
            package.power
            for package in self._packages
            if package.power is not None and package.available
        ]
        if not powers or len(powers) < len(self._packages):
            return None
        return sum(powers)

    @override
    def descriptions(
        self, reading: ZoneReading | HubReading
    ) -> Sequence[EntityDescription]:
        return HOST if isinstance(reading, HubReading) else ZONE

    @override
    def raw_answer(self) -> Any:
        tree = self._client.tree
        return {
            "access": tree.access.value,
            "energy_refused": tree.energy_refused,
            "refused": tree.refused,
            "folders": {zone.key: "/".join(zone.folder) for zone in tree.zones},
            "record": self.controller.writer.record(),
        }

    def _situation(self) -> Situation:
        return self._surroundings.situation(self.controller.mode)

    # Deciding between polls

    @callback
    def _refresh_now(self, _: datetime | None = None) -> None:
        self.config_entry.async_create_task(
            self.hass, self.async_refresh(), f"{self.name} decision"
        )

    def _wake_at_next_slot(self, situation: Situation) -> None:
        """Decide when the price changes, not up to a poll later."""
        self._forget_slot_timer()
        market = situation.market
        slot = None if market is None else market.series.at(situation.now)
        if slot is not None and not self._closed:
            self._slot_timer = async_track_point_in_utc_time(
                self.hass, self._look_again, slot.end
            )

    def _verify_soon(self) -> None:
        """Look once more: firmware and daemons take a moment to interfere."""
        self._forget_verify_timer()
        if not self._closed:
            self._verify_timer = async_call_later(
                self.hass, VERIFY_AFTER, self._look_again
            )

    @callback
    def _forget_slot_timer(self) -> None:
        if self._slot_timer is not None:
            self._slot_timer()
            self._slot_timer = None

    @callback
    def _forget_verify_timer(self) -> None:
        if self._verify_timer is not None:
            self._verify_timer()
            self._verify_timer = None

    @callback
    def _forget_timers(self) -> None:
        self._closed = True  # a last look may still be under way
        self._forget_slot_timer()
        self._forget_verify_timer()

    # What the user wants

    async def async_arm(self, armed: bool) -> None:
        """Allow limits to be set, or give all of them back."""
        await self.controller.arm(armed)

    async def async_set_mode(self, mode: str) -> None:
        """Let something else lead the caps."""
        await self.controller.set_mode(Mode(mode))

    async def async_set_manual(self, watts: float) -> None:
        """Set the cap of the mode that keeps to it."""
        await self.controller.set_manual(round(watts * WATT))

    async def async_set_limit(self, name: str, key: str, watts: float) -> None:
        """Set a package's limit by hand."""
        zones = [each for each in self.data.values() if isinstance(each, ZoneReading)]
        await self.controller.change(
            key, name, round(watts * WATT), zones, self._situation()
        )

    def cap_plan(self) -> dict[str, Any]:
        """Return the caps that are planned, by package."""
        situation = self._situation()
        plans = self.controller.plans(situation.market, situation.now)
        return {
            "mode": self.controller.mode.value,
            "armed": self.controller.armed,
            "packages": {
                key: [
                    {
                        "start": dt_util.as_local(slot.start).isoformat(),
                        "end": dt_util.as_local(slot.end).isoformat(),
                        "target": slot.target / WATT,
                        "reason": slot.reason.value,
                    }
                    for slot in planned
                ]
                for key, planned in plans.items()
            },
        }

    # Giving back

    @override
    async def async_release(self) -> None:
        """Bring the originals back; whatever comes after writes nothing more."""
        if not await self.controller.close():
            self._issues.tell_unrestored()

    async def _async_stop(self, _: Event) -> None:
        await self.async_release()
