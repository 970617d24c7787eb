"""Reads a host's power zones and keeps its caps, and always gives them back."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
import os
from typing import Any, ClassVar, Final, override

from homeassistant.const import (
    CONF_PATH,
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    UnitOfTime,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.event import (
    async_call_later,
    async_track_point_in_utc_time,
    async_track_state_change_event,
)
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import DurationConverter

from ...const import DOMAIN, LOGGER
from ...coordinator import PollingCoordinator, StewardConfigEntry
from ...stewardship.capping import WATT, Market, Mode, Reason, Situation, Slot
from ..clock import SYSTEM_CLOCK
from ..errors import CannotConnect, ClientError, RequestRefused
from ..readings import DeviceFacts, HubReading
from . import files
from .client import RaplClient
from .const import (
    CONF_ALLOW_CONTROL,
    CONF_ANNOTATE,
    CONF_BATTERY_SENSORS,
    CONF_NODE,
    CONF_PRICE_ENTITY,
    CONF_REMAINING_TIME,
    INTERVAL,
    SECTION_BATTERY,
    SECTION_KUBERNETES,
    SECTION_PRICES,
    SHORTEST_INTERVAL,
    options_of,
)
from .controller import Controller, Options
from .entities import HOST, PLATFORMS, ZONE
from .kubernetes import (
    INITIALIZED,
    MANAGER,
    MAX_POWER,
    PERIOD,
    POWER,
    PRICE,
    PROVIDER,
    UPDATED,
    VOLUME,
    Kubernetes,
)
from .models import LONG_TERM, Access, HostReading, ZoneReading
from .prices import slots_in
from .writer import LimitId, Problem, Run

READ_LIMIT: Final = 5.0
"""Seconds after which the kernel counts as hanging."""
VERIFY_AFTER: Final = 2.0
"""Seconds after a write when the limit is looked at once more."""
ANNOTATE_EVERY: Final = 300.0
DAY_WITHOUT_PRICES: Final = 86400.0
CURRENT_PRICE_HOLDS: Final = timedelta(hours=1)

_PROBLEM: Final = frozenset({"name", "limit"})
ISSUES: Final[Mapping[str, frozenset[str]]] = {
    **{f"rapl_{problem}": _PROBLEM for problem in Problem},
    "rapl_energy_refused": frozenset({"name", "path"}),
    "rapl_no_prices": frozenset({"name", "entity"}),
    "rapl_not_restored": _PROBLEM | {"watts", "microwatts", "file"},
    "rapl_not_writable": frozenset({"name", "path", "reason"}),
    "rapl_original_changed": _PROBLEM | {"before", "now"},
}
"""What the user may have to know, with what each text is given."""

_VERSION: Final = 1
_NEEDS_DATA: Final = frozenset(Mode) - {Mode.OFF, Mode.MANUAL}
_UNIT_S: Final = UnitOfTime.SECONDS


def create_coordinator(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> RaplCoordinator:
    """Return the coordinator of a RAPL entry."""
    return RaplCoordinator(hass, entry)


async def async_remove(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Give back what a removed entry may have left, then forget it."""
    store = _store(hass, entry)
    if (stored := await store.async_load()) is not None:
        job = OneJob(hass)
        controller = Controller(
            RaplClient(files.PowercapFiles(entry.data[CONF_PATH]), SYSTEM_CLOCK),
            Options(),
            _Record(hass, entry).async_save,
            Run(job.async_run),
            SYSTEM_CLOCK,
        )
        try:
            await controller.start(stored)
        except ClientError as err:
            LOGGER.error("%s: limits could not be looked at: %s", entry.title, err)
        _report_unrestored(entry.title, controller)
    await store.async_remove()


class OneJob:
    """Runs blocking calls in the executor, one at a time, and waits for none forever."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with none running."""
        self._hass = hass
        self._lock = asyncio.Lock()
        self._running: asyncio.Future[Any] | None = None

    async def async_run(self, job: Callable[..., Any], *args: Any) -> Any:
        """Run a call; raise ``CannotConnect`` while one does not come back."""
        async with self._lock:
            if self._running is not None and not self._running.done():
                raise CannotConnect("still waiting for the kernel")
            self._running = self._hass.async_add_executor_job(job, *args)
            try:
                async with asyncio.timeout(READ_LIMIT):
                    return await asyncio.shield(self._running)
            except TimeoutError as err:
                # What it raises later, nobody waits for.
                self._running.add_done_callback(
                    lambda late: late.cancelled() or late.exception()
                )
                raise CannotConnect("the kernel does not answer") from err


class _Record:
    """What has to outlast a crash, on disk before it counts as kept."""

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._store = _store(hass, entry)

    async def async_load(self) -> dict[str, Any] | None:
        return await self._store.async_load()

    async def async_save(self, record: dict[str, Any]) -> None:
        await self._store.async_save(record)
        if self._hass.is_stopping:
            # Put off until Home Assistant's final write; nothing is set meanwhile.
            return
        # A store only logs that a disk is full, and originals must not be lost.
        if await _store(self._hass, self._entry).async_load() != record:
            raise RequestRefused("the record of the originals cannot be written")


def _store(hass: HomeAssistant, entry: StewardConfigEntry) -> Store[dict[str, Any]]:
    return Store(
        hass, _VERSION, f"{DOMAIN}.{entry.entry_id}.limits", atomic_writes=True
    )


class RaplCoordinator(PollingCoordinator[ZoneReading]):
    """The zones of the host."""

    platforms = PLATFORMS
    channels: ClassVar = {"saved": lambda zone: zone.control and zone.control.saved}
    redact = frozenset({"boot"})
    counters: ClassVar = {"input": lambda zone: zone.counted}

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry) -> None:
        """Prepare to read the entry's tree."""
        super().__init__(hass, entry, INTERVAL)
        self._path: str = entry.data[CONF_PATH]
        allowed = entry.data[CONF_ALLOW_CONTROL] is True
        options = options_of(entry.options, allowed=allowed)
        self._record = _Record(hass, entry)
        self._job = OneJob(hass)
        self._client = RaplClient(files.PowercapFiles(self._path), self.clock)
        self.controller = Controller(
            self._client,
            options,
            self._record.async_save,
            Run(self._job.async_run),
            self.clock,
        )
        prices = entry.options.get(SECTION_PRICES, {})
        battery = entry.options.get(SECTION_BATTERY, {})
        kubernetes = entry.options.get(SECTION_KUBERNETES, {})
        self._price_entity: str | None = prices.get(CONF_PRICE_ENTITY)
        self._battery_sensors: list[str] = battery.get(CONF_BATTERY_SENSORS, [])
        self._remaining_time: str | None = battery.get(CONF_REMAINING_TIME)
        self._market: tuple[State, Market | None] | None = None
        self._with_data = self.clock.monotonic()
        self._started = False
        self._slot_timer: CALLBACK_TYPE | None = None
        self._verify_timer: CALLBACK_TYPE | None = None
        # What an unload could not bring back is told until it is.
        self._issues = {
            issue.removesuffix(f"_{entry.entry_id}")
            for domain, issue in ir.async_get(hass).issues
            if domain == DOMAIN and issue.endswith(f"_{entry.entry_id}")
        }
        self._kubernetes: Kubernetes | None = None
        if kubernetes.get(CONF_ANNOTATE):
            self._kubernetes = Kubernetes(
                async_get_clientsession(hass),
                os.environ,
                kubernetes.get(CONF_NODE) or os.environ.get("NODE_NAME", ""),
            )
        self._annotating = False
        self._annotations_failed: bool | None = None
        self._annotated: tuple[object, float] | None = None
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
        followed = [*self._battery_sensors]
        if self._price_entity is not None:
            followed.append(self._price_entity)
        self.config_entry.async_on_unload(
            async_track_state_change_event(self.hass, followed, self._async_react)
        )

    # Reading

    @override
    async def async_read(self) -> Mapping[str, ZoneReading]:
        if not self._started:
            await self.controller.start(await self._record.async_load())
            self._started = True
        situation = self._situation()
        before = self._last_writes()
        readings = await self.controller.control(
            await self.controller.read(), situation, write=not self.hass.is_stopping
        )
        found = {
            reading.zone.key: replace(reading, settable=self.controller.options.allowed)
            for reading in readings
        }
        self.update_interval = max(
            SHORTEST_INTERVAL,
            min(INTERVAL, timedelta(seconds=min(self._client.interval, 3600))),
        )
        if any(
            reading.control is not None
            and reading.control.last_write != before.get(key)
            for key, reading in found.items()
        ):
            self._verify_soon()
        self._wake_at_next_slot(situation)
        self._tell_problems(found, situation)
        self._annotate(found, situation)
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
            annotations_failed=self._annotations_failed,
        )

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

    def _last_writes(self) -> dict[str, datetime | None]:
        return {
            key: reading.control.last_write
            for key, reading in self.data.items()
            if isinstance(reading, ZoneReading) and reading.control is not None
        }

    # What the caps depend on

    def _situation(self) -> Situation:
        return Situation(
            self.clock.utcnow(),
            self.clock.monotonic(),
            self._read_market(),
            self._on_battery(),
            self._remaining(),
        )

    def _read_market(self) -> Market | None:
        """Return what the price entity tells, read anew only when it changed."""
        if self._price_entity is None:
            return None
        state = self.hass.states.get(self._price_entity)
        if state is None or state.state == STATE_UNAVAILABLE:
            # What it said before holds: prices that are known stay known.
            return None if self._market is None else self._market[1]
        if self._market is None or self._market[0] is not state:
            slots = slots_in(state.attributes)
            if not slots and self.controller.mode is Mode.PRICE_THRESHOLD:
                slots = _current(state)
            zone = dt_util.get_default_time_zone()
            self._market = (state, Market(slots, zone) if slots else None)
        return self._market[1]

    def _on_battery(self) -> bool | None:
        """Return whether any sensor says so; ``None`` if it may be."""
        told = [self.hass.states.get(sensor) for sensor in self._battery_sensors]
        if any(state is not None and state.state == STATE_ON for state in told):
            return True
        if all(state is not None and state.state == STATE_OFF for state in told):
            return False
        return None

    def _remaining(self) -> float | None:
        """Return the seconds that the battery lasts, if the sensor tells."""
        if self._remaining_time is None:
            return None
        state = self.hass.states.get(self._remaining_time)
        if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return None
        unit = state.attributes.get("unit_of_measurement")
        try:
            return DurationConverter.convert(float(state.state), unit, _UNIT_S)
        except ValueError, HomeAssistantError:
            return None

    @callback
    def _async_react(self, event: Event[EventStateChangedData]) -> None:
        """Decide at once when mains is lost or prices change."""
        old, new = event.data["old_state"], event.data["new_state"]
        if (
            event.data["entity_id"] in self._battery_sensors
            and old is not None
            and new is not None
            and old.state == new.state
        ):
            return
        self._refresh_now()

    @callback
    def _refresh_now(self, _: datetime | None = None) -> None:
        self.config_entry.async_create_task(
            self.hass, self.async_refresh(), f"{self.name} decision"
        )

    def _wake_at_next_slot(self, situation: Situation) -> None:
        """Decide when the price changes, not up to a poll later."""
        self._forget_slot_timer()
        market = situation.market
        slot = None if market is None else market.at(situation.now)
        if slot is not None:
            self._slot_timer = async_track_point_in_utc_time(
                self.hass, self._refresh_now, slot.end
            )

    def _verify_soon(self) -> None:
        """Look once more: firmware and daemons take a moment to interfere."""
        if self._verify_timer is not None:
            self._verify_timer()
        self._verify_timer = async_call_later(
            self.hass, VERIFY_AFTER, self._refresh_now
        )

    @callback
    def _forget_slot_timer(self) -> None:
        if self._slot_timer is not None:
            self._slot_timer()
            self._slot_timer = None

    @callback
    def _forget_timers(self) -> None:
        self._forget_slot_timer()
        if self._verify_timer is not None:
            self._verify_timer()
            self._verify_timer = None

    # What the user wants

    async def async_arm(self, armed: bool) -> None:
        """Allow limits to be set, or give all of them back."""
        await self.controller.arm(armed)

    async def async_set_mode(self, mode: str) -> None:
        """Let something else lead the caps."""
        self._market = None
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
        now = self.clock.utcnow()
        plans = self.controller.plans(self._read_market(), now)
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
            for issue, told in self._unrestored().items():
                self._create_issue(issue, *told)
            _report_unrestored(self.name, self.controller)

    async def _async_stop(self, _: Event) -> None:
        await self.async_release()

    # What the user has to know

    def _tell_problems(
        self, readings: Mapping[str, ZoneReading], situation: Situation
    ) -> None:
        """Create the issues that there are, and delete those that there were."""
        issues: dict[str, tuple[str, dict[str, str]]] = {}
        for limit, problem in self.controller.problems.items():
            if problem is not Problem.NOT_RESTORED:
                issues[f"rapl_{problem}_{limit.zone}_{limit.name}"] = (
                    f"rapl_{problem}",
                    {"limit": _named(limit)},
                )
        issues |= self._unrestored()
        for limit, (old, new) in self.controller.writer.changed_originals.items():
            issues[f"rapl_original_changed_{limit.zone}_{limit.name}"] = (
                "rapl_original_changed",
                {
                    "limit": _named(limit),
                    "before": f"{old / WATT:g}",
                    "now": f"{new / WATT:g}",
                },
            )
        if self._client.tree.energy_refused:
            issues["rapl_energy_refused"] = (
                "rapl_energy_refused",
                {"path": self._path},
            )
        if self._lacks_prices(readings, situation):
            issues["rapl_no_prices"] = (
                "rapl_no_prices",
                {"entity": self._price_entity or "-"},
            )
        if self.controller.armed and self._client.tree.refused is not None:
            issues["rapl_not_writable"] = (
                "rapl_not_writable",
                {
                    "path": self._path,
                    "reason": os.strerror(self._client.tree.refused),
                },
            )
        for issue in self._issues - issues.keys():
            ir.async_delete_issue(self.hass, DOMAIN, self._issue_id(issue))
        for issue in issues.keys() - self._issues:
            self._create_issue(issue, *issues[issue])
        self._issues = set(issues)

    def _lacks_prices(
        self, readings: Mapping[str, ZoneReading], situation: Situation
    ) -> bool:
        """Return whether the mode has been without data for a day."""
        reasons = {
            reading.control.reason
            for reading in readings.values()
            if reading.control is not None
        }
        lacking = reasons & {Reason.NO_DATA, Reason.LAST_KNOWN}
        if self.controller.mode not in _NEEDS_DATA or not lacking:
            self._with_data = situation.clock
        return situation.clock - self._with_data >= DAY_WITHOUT_PRICES

    def _unrestored(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Return the issues of what could not be brought back."""
        return {
            f"rapl_{Problem.NOT_RESTORED}_{limit.zone}_{limit.name}": (
                f"rapl_{Problem.NOT_RESTORED}",
                {
                    "limit": _named(limit),
                    "watts": f"{original / WATT:g}",
                    "microwatts": str(original),
                    "file": self._file(limit),
                },
            )
            for limit, original in self.controller.writer.failed_restores.items()
        }

    def _file(self, limit: LimitId) -> str:
        """Return the file of a limit as the user finds it."""
        for zone in self._client.tree.zones:
            if zone.key == limit.zone and limit.name in zone.constraints:
                number = zone.constraints[limit.name].number
                return f"{'/'.join(zone.folder)}/constraint_{number}_power_limit_uw"
        return _named(limit)

    def _create_issue(self, issue: str, key: str, placeholders: dict[str, str]) -> None:
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            self._issue_id(issue),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={"name": self.name, **placeholders},
        )

    def _issue_id(self, issue: str) -> str:
        return f"{issue}_{self.config_entry.entry_id}"

    # Kubernetes

    def _annotate(
        self, readings: Mapping[str, ZoneReading], situation: Situation
    ) -> None:
        """Tell the cluster, when something changed or it is time again."""
        if self._kubernetes is None or self._annotating or self.hass.is_stopping:
            return
        news = self._annotations(readings, situation)
        if self._annotated is not None:
            before, at = self._annotated
            if before == news and situation.clock - at < ANNOTATE_EVERY:
                return
        self._annotated = (news, situation.clock)
        self._annotating = True
        self.config_entry.async_create_background_task(
            self.hass,
            self._async_annotate(
                self._kubernetes,
                {**news, UPDATED: situation.now.isoformat(timespec="seconds")},
                max(
                    (
                        reading.original
                        for reading in readings.values()
                        if reading.original is not None
                    ),
                    default=None,
                ),
            ),
            f"{self.name} annotations",
        )

    def _annotations(
        self, readings: Mapping[str, ZoneReading], situation: Situation
    ) -> dict[str, str | None]:
        """Return what is true now; what is not known is taken away."""
        limits = [
            value
            for reading in readings.values()
            if reading.is_package
            and LONG_TERM in reading.limits
            and (value := reading.limits[LONG_TERM].value) is not None
        ]
        market = situation.market
        slot = None if market is None else market.at(situation.now)
        return {
            POWER: str(max(limits)) if limits else None,
            PROVIDER: self._price_entity or "none",
            PERIOD: None if slot is None else _period(slot),
            VOLUME: (
                None if slot is None or slot.volume is None else f"{slot.volume:.1f}"
            ),
            PRICE: None if slot is None or slot.price is None else f"{slot.price:.2f}",
        }

    async def _async_account(self) -> files.Account:
        try:
            return await self.hass.async_add_executor_job(files.service_account)
        except (OSError, ValueError) as err:
            raise CannotConnect("no service account") from err

    async def _async_annotate(
        self,
        kubernetes: Kubernetes,
        news: dict[str, str | None],
        reference: int | None,
    ) -> None:
        try:
            account = await self._async_account()
            if self._annotations_failed is not False and reference is not None:
                known = await kubernetes.annotations(account)
                if INITIALIZED not in known:
                    news |= {INITIALIZED: MANAGER, MAX_POWER: str(reference)}
            await kubernetes.annotate(account, news)
        except ClientError as err:
            if not self._annotations_failed:
                LOGGER.warning("%s: annotations are not written: %s", self.name, err)
            self._annotations_failed = True
        else:
            if self._annotations_failed:
                LOGGER.info("%s: annotations are written again", self.name)
            self._annotations_failed = False
        finally:
            self._annotating = False


def _current(state: State) -> list[Slot]:
    """Return the price that an entity without a list shows, for a while."""
    try:
        price = float(state.state)
    except ValueError:
        return []
    start = state.last_reported
    return [Slot(start - CURRENT_PRICE_HOLDS, start + CURRENT_PRICE_HOLDS, price)]


def _period(slot: Slot) -> str:
    """Return a slot as the seed labels it."""
    start, end = dt_util.as_local(slot.start), dt_util.as_local(slot.end)
    until = f"{end:%H:%M}"
    return f"{start:%H:%M}-{'24:00' if until == '00:00' else until}"


def _named(limit: LimitId) -> str:
    return f"{limit.zone} {limit.name}"


def _report_unrestored(name: str, controller: Controller) -> None:
    for limit, original in controller.writer.failed_restores.items():
        LOGGER.error(
            "%s: the original of %s could not be brought back; write %s by hand",
            name,
            _named(limit),
            original,
        )
