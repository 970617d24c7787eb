"""Polls an AiSEG2: the live totals each time, the other pages when they are due."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
import json
import math
from typing import Any, ClassVar, Final, override

from aiohttp import DigestAuthMiddleware, DummyCookieJar

from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.entity import EntityDescription

from ...const import CONF_INTERVAL, DOMAIN, LOGGER
from ...coordinator import PollingCoordinator, StewardConfigEntry
from ...history import ImportedHistory
from ..errors import (
    AnswerNotUnderstood,
    CannotConnect,
    ClientError,
    CredentialsRejected,
    DemoMode,
    PageMissing,
    PageNotUnderstood,
)
from ..readings import DeviceFacts, DeviceReading, HubReading
from .client import AIR, EQUIPMENT, AiSeg2Client
from .const import CONF_CIRCUIT_ENERGY, DEFAULT_INTERVAL
from .entities import BY_READING, PLATFORMS
from .history import HistoryImport
from .home import Home
from .models import BoxReading, DayGraph, Identity, Live, PageParts, SourceReading

FAILURES_BEFORE_REPAIR: Final = 3
"""Failures in a row after which a page's values are dropped, and a repair is raised."""
DAY: Final = 86_400.0
HOUR: Final = 3_600.0
CIRCUIT_ROUND: Final = 1_800.0
"""Seconds between two readings of each circuit's energy."""
FIRST_ROUND_AT_ONCE: Final = 4
CLOCK_TOLERANCE: Final = 300.0
"""Seconds by which the box's clock may be off before it is worth a word."""
MAX_PAUSE: Final = 300.0
CONSUMED: Final = 2


def create_coordinator(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> AiSeg2Coordinator:
    """Return the coordinator of an AiSEG2 entry."""
    return AiSeg2Coordinator(
        hass,
        entry,
        timedelta(
            seconds=entry.options.get(CONF_INTERVAL, DEFAULT_INTERVAL.total_seconds())
        ),
    )


@dataclass(slots=True, eq=False)
class _Tier:
    """A page, or some that belong together, and when to read it."""

    name: str
    interval: float
    read: Callable[[], Awaitable[None]]
    forget: Callable[[], None]
    optional: bool = False
    """Whether the page may be none of ours until it was understood once."""
    due: float = -math.inf
    failures: int = 0
    understood: bool = False


class AiSeg2Coordinator(PollingCoordinator[DeviceReading]):
    """One box, and the home behind it."""

    platforms = PLATFORMS
    channels: ClassVar = {
        "output": lambda reading: (
            reading.power if isinstance(reading, SourceReading) else None
        )
    }
    back_off_limit = timedelta(seconds=MAX_PAUSE)
    redact = frozenset(
        f"{letter}_d_{number}_title" for letter in "gu" for number in range(1, 10)
    )

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, interval: timedelta
    ) -> None:
        """Prepare to poll with the entry's account."""
        super().__init__(hass, entry, interval)
        self.client = AiSeg2Client(
            async_create_clientsession(
                hass,
                cookie_jar=DummyCookieJar(),
                middlewares=(
                    DigestAuthMiddleware(
                        entry.data[CONF_USERNAME], entry.data[CONF_PASSWORD]
                    ),
                ),
            ),
            entry.data[CONF_HOST],
            clock=self.clock,
        )
        self._history = HistoryImport(hass, entry, self.client, self.async_refresh_hub)
        self._home = Home()
        self._identity: Identity | None = None
        self._firmware: str | None = None
        self._clock_difference: float | None = None
        self._clock_reported = False
        self._catalogue_read = -math.inf
        self._queue: deque[int] = deque()
        self._first_round = True
        self._round_over = -math.inf
        self._issues: set[str] = set()
        seconds = interval.total_seconds()
        self._seconds = seconds
        self._identity_tier = _Tier(
            "setting/etc/743", math.inf, self._read_identity, _nothing, optional=True
        )
        self._live_tier = _Tier("electricflow/111/update", 0, self._read_live, _nothing)
        self._catalogue_tier = _Tier(
            "setting/installation/734", DAY, self._read_catalogue, self._forget_circuits
        )
        self._tiers = {
            tier.name: tier
            for tier in (
                self._identity_tier,
                _Tier(
                    "smartmeter/2",
                    seconds,
                    self._read_meter,
                    self._forget_meter,
                    optional=True,
                ),
                self._catalogue_tier,
                _Tier(
                    "electricflow/1113",
                    self._every(4, 15, 60),
                    self._read_circuits,
                    self._home.forget_powers,
                ),
            )
        }
        self._add_total(CONSUMED)

    def _every(self, polls: float, least: float, most: float) -> float:
        """Return an interval of some polls, within limits, in seconds."""
        return max(self._seconds, min(max(polls * self._seconds, least), most))

    @override
    async def async_read(self) -> Mapping[str, DeviceReading]:
        started = self.clock.monotonic()
        try:
            await self._live_tier.read()
        except PageNotUnderstood as err:
            self._count_failure(self._live_tier, err)
            raise
        self._succeeded(self._live_tier)
        await self._read_what_is_due(started)
        self._clear_issue(DemoMode.key)
        return self._home.readings()

    async def _read_what_is_due(self, started: float) -> None:
        """Read the pages that are due, and those that they lead to.

        There is an end to it when the next poll is near, and when the box falls silent.
        """
        visited: set[str] = set()
        while names := [name for name in self._tiers if name not in visited]:
            for name in names:
                visited.add(name)
                late = self.clock.monotonic() - started > max(self._seconds, 10)
                if late and self.data:
                    return
                if not await self._visit(self._tiers[name]):
                    return

    async def _visit(self, tier: _Tier) -> bool:
        """Read a page if it is due; it may fail alone. Tell whether the box answers."""
        if tier.due > self.clock.monotonic():
            return True
        try:
            await tier.read()
        except DemoMode:
            self._raise_demo_mode()
            raise
        except CredentialsRejected:
            raise
        except PageMissing:
            tier.due = math.inf
            tier.forget()
        except ClientError as err:
            self._count_failure(tier, err)
            return not isinstance(err, CannotConnect)
        else:
            self._succeeded(tier)
        return True

    def _succeeded(self, tier: _Tier) -> None:
        if tier.failures:
            if tier is not self._live_tier:
                LOGGER.info("%s: page %s can be read again", self.name, tier.name)
            self._clear_issue(tier.name)
        tier.failures = 0
        tier.understood = True
        tier.due = self.clock.monotonic() + tier.interval

    def _count_failure(self, tier: _Tier, err: ClientError) -> None:
        """Note that a page failed; in the end drop what it told, and say so."""
        now = self.clock.monotonic()
        if tier.optional and not tier.understood and isinstance(err, PageNotUnderstood):
            LOGGER.debug("%s has no page %s: %s", self.name, tier.name, err)
            tier.due = now + DAY
            return
        tier.failures += 1
        pause = max(tier.interval, self._seconds) * 2 ** min(tier.failures - 1, 10)
        tier.due = now + min(pause, max(MAX_PAUSE, self._seconds))
        if tier.failures == 1 and tier is not self._live_tier:
            LOGGER.warning("%s: page %s failed: %s", self.name, tier.name, err)
        if tier.failures < FAILURES_BEFORE_REPAIR:
            return
        tier.forget()
        if isinstance(err, PageNotUnderstood):
            self._raise_page(tier.name, err)

    # What is read

    async def _read_live(self) -> None:
        live: Live = await self.client.live()
        self._home.live = live

    async def _read_identity(self) -> None:
        self._identity = await self.client.identity()
        self._note(self._identity.parts)

    async def _read_meter(self) -> None:
        self._home.meter = (await self.client.meter()).power

    def _forget_meter(self) -> None:
        self._home.meter = None

    async def _read_catalogue(self) -> None:
        catalogue = await self.client.catalogue()
        self._catalogue_read = self.clock.monotonic()
        self._note(catalogue.parts)
        self._home.take_catalogue(catalogue.circuits)
        if not catalogue.circuits or not self.config_entry.options.get(
            CONF_CIRCUIT_ENERGY, True
        ):
            return
        name = "graph/584"
        if name not in self._tiers:
            self._tiers[name] = _Tier(
                name,
                0,
                self._read_circuit_totals,
                self._home.forget_circuit_totals,
                optional=True,
                # Not while Home Assistant waits for the first values.
                due=self.clock.monotonic() + self._seconds / 2,
            )

    def _forget_circuits(self) -> None:
        """Keep the circuits' identity: a setting page that fails does not end them."""

    async def _read_circuits(self) -> None:
        """Read the live list; once more if circuits changed places meanwhile."""
        if not self._home.catalogue:
            return
        agreed = self._home.take_powers(await self.client.circuits())
        if not agreed:
            agreed = self._home.take_powers(await self.client.circuits())
        tier = self._catalogue_tier
        if self._home.unknown_names or not agreed:
            # A circuit is new or renamed. The catalogue is a setting page, which is
            # not to be read often.
            tier.due = min(tier.due, self._catalogue_read + HOUR)
        if not agreed:
            raise AnswerNotUnderstood("the circuits do not fit the catalogue")

    async def _read_circuit_totals(self) -> None:
        """Read some circuits' energy; all of them in a round, then rest."""
        tier = self._tiers["graph/584"]
        if not self._queue:
            self._queue.extend(circuit.number for circuit in self._home.catalogue)
            self._round_over = self.clock.monotonic() + CIRCUIT_ROUND
        for _ in range(FIRST_ROUND_AT_ONCE if self._first_round else 1):
            if self._queue:
                number = self._queue.popleft()
                self._home.take_circuit_total(
                    number, await self.client.circuit_energy(number)
                )
        tier.interval = 0
        if not self._queue:
            self._first_round = False
            tier.interval = max(self._round_over - self.clock.monotonic(), 0)

    def _add_total(self, quantity: int) -> None:
        """Read a quantity's total of the day from now on."""
        name = f"graph/5{quantity}111"
        if name in self._tiers:
            return

        async def read() -> None:
            graph = await self.client.graph(quantity)
            self._home.take_total(quantity, graph)
            if quantity == CONSUMED:
                self._look_around(graph)

        def forget() -> None:
            self._home.forget_total(quantity)

        self._tiers[name] = _Tier(name, self._every(20, 60, 300), read, forget)

    def _look_around(self, graph: DayGraph) -> None:
        """Take what else the page of consumption tells: clock, quantities, equipment."""
        self._note(graph.parts)
        self._home.output_limited = graph.parts.output_limited
        for quantity in sorted(graph.quantities):
            self._add_total(quantity)
        interval = self._every(8, 30, 120)
        if AIR in graph.parts.links:
            self._add(
                _Tier("airenvironment/41", interval, self._read_air, self._forget_air)
            )
        if EQUIPMENT in graph.parts.links:
            self._add(self._appliance_tier("devices/device/32", self._read_equipment))
        clock = graph.parts.clock
        if clock is not None:
            ahead = (clock - self.clock.utcnow()).total_seconds()
            self._clock_difference = float(round(ahead))
            if abs(ahead) > CLOCK_TOLERANCE and not self._clock_reported:
                self._clock_reported = True
                LOGGER.warning("The clock of %s is off by %.0f s", self.name, ahead)

    def _add(self, tier: _Tier) -> None:
        self._tiers.setdefault(tier.name, tier)

    async def _read_air(self) -> None:
        self._home.places = await self.client.places()

    def _forget_air(self) -> None:
        self._home.places = ()

    def _appliance_tier(
        self, name: str, read: Callable[[], Awaitable[None]], *, optional: bool = False
    ) -> _Tier:
        def forget() -> None:
            self._home.appliances.pop(name, None)

        return _Tier(name, self._every(8, 30, 120), read, forget, optional=optional)

    async def _read_equipment(self) -> None:
        """Read the panels; lists of single devices follow where there are some."""
        pages = await self.client.equipment()
        self._home.appliances["devices/device/32"] = tuple(
            appliance for page in pages for appliance in page.appliances
        )
        if any(item.eoj.startswith("0x0130") for item in pages[0].equipment):
            name = "devices/device/321"
            self._add(
                self._appliance_tier(name, self._read_air_conditioners, optional=True)
            )
        for number, page in enumerate(pages, 1):
            for appliance in page.appliances:
                _, _, identity = appliance.key.partition("_")
                node, _, eoj = identity.partition("_")
                if appliance.kind == "fire_alarm" and eoj.startswith("0x0019"):
                    self._add_receiver(number, node, eoj)

    async def _read_air_conditioners(self) -> None:
        found: dict[str, Any] = {}
        for number in range(1, 11):
            page = await self.client.air_conditioners(number)
            new = {item.key: item for item in page.appliances if item.key not in found}
            found |= new
            if not new or len(found) >= (page.total or 0):
                break
        self._home.appliances["devices/device/321"] = tuple(found.values())

    def _add_receiver(self, page: int, node: str, eoj: str) -> None:
        name = f"devices/device/32h {node}"

        async def read() -> None:
            alarms = await self.client.fire_alarms(page, node, eoj)
            self._home.appliances[name] = alarms.appliances

        self._add(self._appliance_tier(name, read, optional=True))

    def _note(self, parts: PageParts) -> None:
        self._firmware = parts.firmware or self._firmware

    # What the others get

    @override
    def hub(self) -> BoxReading:
        return self.log.reading(
            BoxReading,
            DeviceFacts(
                name=self.config_entry.title,
                manufacturer="Panasonic",
                model="AiSEG2",
                sw_version=self._firmware,
                mac=self._identity.mac if self._identity else None,
                configuration_url=f"http://{self.config_entry.data[CONF_HOST]}",
            ),
            clock_difference=self._clock_difference,
            import_state=self._history.state,
            import_progress=self._history.progress,
        )

    @override
    def descriptions(
        self, reading: DeviceReading | HubReading
    ) -> Sequence[EntityDescription]:
        return BY_READING[type(reading)]

    async def async_import_history(self, path: str | None = None) -> ImportedHistory:
        """Import what a file, or the box itself, has of the past."""
        return await self._history.async_import(path, self.clock.utcnow())

    @override
    def raw_answer(self) -> Any:
        return json.loads(self.client.newest_live or b"{}")

    # Repairs

    def _raise_demo_mode(self) -> None:
        if (issue_id := self._new_issue(DemoMode.key)) is not None:
            ir.async_create_issue(
                self.hass,
                DOMAIN,
                issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key=DemoMode.key,
                translation_placeholders={"name": self.name},
            )

    def _raise_page(self, page: str, err: PageNotUnderstood) -> None:
        if (issue_id := self._new_issue(page)) is not None:
            ir.async_create_issue(
                self.hass,
                DOMAIN,
                issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key="page_not_understood",
                translation_placeholders={
                    "name": self.name,
                    "page": err.page,
                    "firmware": err.firmware or self._firmware or "?",
                },
            )

    def _new_issue(self, about: str) -> str | None:
        """Return the id of an issue that is not raised yet."""
        issue_id = self._issue_id(about)
        if issue_id in self._issues:
            return None
        if not self._issues:
            self.config_entry.async_on_unload(self._clear_issues)
        self._issues.add(issue_id)
        return issue_id

    def _issue_id(self, about: str) -> str:
        return f"{about.replace('/', '_')}_{self.config_entry.entry_id}"

    def _clear_issue(self, about: str) -> None:
        issue_id = self._issue_id(about)
        if issue_id in self._issues:
            self._issues.discard(issue_id)
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)

    def _clear_issues(self) -> None:
        for issue_id in self._issues:
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)
        self._issues.clear()


def _nothing() -> None:
    """Have nothing to forget."""
