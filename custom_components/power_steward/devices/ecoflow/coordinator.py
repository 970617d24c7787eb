"""Listens to an EcoFlow account's devices and keeps them talking."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from heapq import heappop, heappush
from itertools import repeat
import math
import random
from typing import Any, ClassVar, Final, override
from uuid import NAMESPACE_OID, uuid5

from yarl import URL

from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.entity import EntityDescription
from homeassistant.util.ssl import client_context

from ...const import CONF_INTERVAL, LOGGER
from ...coordinator import StewardConfigEntry
from ...outages import Mains
from ...push_coordinator import PushCoordinator
from ...slices import in_slices
from ..errors import (
    CannotConnect,
    ClientError,
    NotConfirmed,
    RequestRefused,
    UserMistake,
    ValueImpossible,
)
from ..readings import DeviceFacts, HubReading
from .answers import Certification, ListedDevice, NotAllowed
from .client import AccountClient, DeveloperClient
from .codec import Parsed, Topic, flattened, parse
from .commands import ask_binary, ask_json, next_number
from .const import (
    CONF_ACCESS_KEY,
    CONF_COALESCE,
    CONF_GENERATION,
    CONF_SECRET_KEY,
    DEFAULT_COALESCE,
    DEFAULT_INTERVAL,
)
from .entities import CONNECTION, PLATFORMS, entities_of
from .models import Family
from .models.quantities import Number
from .models.reading import StationReading
from .models.registry import GENERIC, model_of
from .session import (
    AccountRoute,
    Arrived,
    CertificationRefused,
    Connection,
    DeveloperRoute,
    Route,
    connected,
)
from .station import Station
from .unknown import ask_about, ask_no_more, others_of
from .watchdog import State, Step, Watchdog

CERTIFICATION_LIFETIME: Final = 20 * 3600.0
"""Seconds after which a session goes on with a new certification."""
SHORT_SESSION: Final = 15.0
SHORT_SESSIONS_BEFORE_NEW_ID: Final = 3
"""So many sessions in a row that end at once mean that another has our client id."""
ANSWER_TIMEOUT: Final = 10.0
"""Seconds in which a device has to answer a command, and to obey it."""
ANSWER_ATTEMPTS: Final = 4
REPLAY_TOLERANCE: Final = 60.0
"""Seconds by which a message may be older than one that came before it."""


def create_coordinator(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> EcoFlowCoordinator:
    """Return the coordinator of an EcoFlow entry."""
    interval = entry.options.get(CONF_INTERVAL, DEFAULT_INTERVAL.total_seconds())
    return EcoFlowCoordinator(hass, entry, timedelta(seconds=interval))


class EcoFlowCoordinator(PushCoordinator[StationReading]):
    """The devices of one account, by either way in."""

    platforms = PLATFORMS
    channels: ClassVar = {
        "input": lambda station: station.values.get("input_power"),
        "output": lambda station: station.values.get("output_power"),
        "solar": lambda station: station.values.get("solar_power"),
    }
    mains: ClassVar = Mains(
        on_battery=lambda station: station.on_battery,
        power=lambda station: station.values.get("output_power"),
        charge=lambda station: station.values.get("charge"),
        low=lambda station: station.battery_low,
        remaining=lambda station: station.values.get("remaining_time"),
    )

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, interval: timedelta
    ) -> None:
        """Prepare to listen with the entry's credentials."""
        super().__init__(hass, entry, interval)
        session = async_get_clientsession(hass)
        url = URL(entry.data[CONF_URL])
        self._client: DeveloperClient | AccountClient
        if CONF_ACCESS_KEY in entry.data:
            self._client = DeveloperClient(
                session,
                url,
                entry.data[CONF_ACCESS_KEY],
                entry.data[CONF_SECRET_KEY],
                self.clock,
            )
        else:
            self._client = AccountClient(
                session,
                url,
                entry.data[CONF_USERNAME],
                entry.data[CONF_PASSWORD],
                self.clock,
            )
        self._coalesce: float = entry.options.get(CONF_COALESCE, DEFAULT_COALESCE)
        self._watchdog = Watchdog(lambda: random.uniform(0.5, 1))
        self._stations: dict[str, Station] = {}
        self._serials: frozenset[str] = frozenset()
        self._states: dict[str, State] = {}
        self._newest: dict[str, float] = {}
        self._not_allowed: set[str] = set()
        self._certification: Certification | None = None
        self._certified_at = 0.0
        self._connection: Connection | None = None
        self._number = 0
        self._look_at = 0.0
        """When to look after all devices again; a message is looked at when it comes."""
        self._dirty: set[str] = set()
        self._due_at: list[tuple[float, str]] = []
        """When to publish what is dirty, as a heap."""
        self._published: dict[str, float] = {}
        self._short_sessions = 0
        self._awaited: dict[int, asyncio.Future[bool]] = {}
        """Commands by number that wait for the device's word."""
        self._news: dict[str, asyncio.Event] = {}
        """Devices of which a command waits for news."""

    @override
    async def async_read(self) -> Mapping[str, StationReading]:
        """List the devices; of a developer's, read the values that did not come."""
        listed = await self._client.devices()
        self._take_list(listed)
        if isinstance(self._client, DeveloperClient):
            for device in listed:
                if self._needs_reading(device.serial):
                    await self._read_quotas(self._client, device.serial)
        now = self.clock.monotonic()
        return {serial: self._reading(serial, now) for serial in self._stations}

    @override
    async def async_listen(self) -> AsyncGenerator[Mapping[str, StationReading]]:
        certification = await self._certified()
        route, client_id = await self._identity(certification)
        began = self.clock.monotonic()
        serials = self._serials
        try:
            async with connected(
                certification, client_id, route, serials, client_context()
            ) as connection:
                self._connection = connection
                self._look_at = self.clock.monotonic()
                self._watchdog.connected(self._look_at)
                yield {}
                async for readings in self._async_converse(connection, serials):
                    yield readings
        except CannotConnect as err:
            if isinstance(err, CertificationRefused):
                self._certification = None
            self._note_end(self.clock.monotonic() - began)
            raise
        finally:
            self._connection = None
            self._watchdog.disconnected()

    async def _async_converse(
        self, connection: Connection, serials: frozenset[str]
    ) -> AsyncIterator[Mapping[str, StationReading]]:
        """Take what comes and ask what is due, until the session has to be made anew."""
        # Whatever waits in the queue comes without a pause.
        async for _ in in_slices(repeat(None), self.clock.monotonic):
            if self._serials is not serials:
                return
            now = self.clock.monotonic()
            if now - self._certified_at >= CERTIFICATION_LIFETIME:
                self._certification = None
                return
            step = Step.NONE
            if now >= self._look_at:
                actions = self._watchdog.act(now)
                for serial in actions.ask:
                    await self._ask(connection, serial)
                for serial in self._stations:
                    self._note_state(serial, now)
                self._look_at = now + self._watchdog.next_act(now)
                step = actions.step
            if readings := self._due(now):
                yield readings
            if step is not Step.NONE:
                LOGGER.debug("%s: devices are silent, connecting anew", self.name)
                if step is Step.RENEW:
                    self._certification = None
                return
            if arrived := await connection.receive(self._patience(now)):
                self._take(arrived)

    async def async_set(self, serial: str, key: str, value: Number) -> None:
        """Set a value; return once the device says that it is so.

        Raises ``RequestRefused`` if the device declines, ``NotConfirmed`` if it does
        not answer or goes on as before, and the other client errors; what is shown is
        then what it says.
        """
        control = next(
            it for it in self._stations[serial].model.controls if it.key == key
        )
        if not control.accepts(value):
            raise ValueImpossible(f"{key} cannot be {value}")
        self._number = number = next_number(self._number)
        command = control.build(value)
        if isinstance(self._client, DeveloperClient):
            if (body := command.developer(serial)) is None:
                raise UserMistake(f"{key} cannot be set with developer keys")
            await self._client.set(body)
        else:
            await self._send(serial, number, command.app(serial, number))
        if not await self._becomes(serial, lambda values: values.get(key) == value):
            raise NotConfirmed(f"{key} did not change")

    async def _send(self, serial: str, number: int, payload: bytes) -> None:
        """Send a command and wait for the device's word on it.

        A device that only changes what it says, without a word, has obeyed too: so
        silence is no refusal yet.
        """
        if self._connection is None:
            raise CannotConnect("no connection to the broker")
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._awaited[number] = answer
        try:
            await self._connection.command(serial, payload)
            async with asyncio.timeout(ANSWER_TIMEOUT):
                accepted = await answer
        except TimeoutError:
            return
        finally:
            del self._awaited[number]
        if not accepted:
            raise RequestRefused("the device declines")

    async def _becomes(
        self, serial: str, so: Callable[[Mapping[str, Number | None]], bool]
    ) -> bool:
        """Wait until a device says that something is so; ask it now and then."""
        for attempts_left in reversed(range(ANSWER_ATTEMPTS)):
            if self._is(serial, so):
                return True
            if isinstance(self._client, DeveloperClient):
                # Values over REST lag behind those that are pushed.
                if not attempts_left:
                    await self._read_quotas(self._client, serial)
            elif self._connection is not None:
                await self._ask(self._connection, serial)
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_TIMEOUT / ANSWER_ATTEMPTS):
                    while not self._is(serial, so):
                        await self._news.setdefault(serial, asyncio.Event()).wait()
        return self._is(serial, so)

    def _is(
        self, serial: str, so: Callable[[Mapping[str, Number | None]], bool]
    ) -> bool:
        """Whether a device that is still there says that something is so."""
        station = self._stations.get(serial)
        return station is not None and so(station.values)

    async def _certified(self) -> Certification:
        """Return a certification that is good for a while yet."""
        now = self.clock.monotonic()
        if (
            self._certification is None
            or now - self._certified_at >= CERTIFICATION_LIFETIME
        ):
            self._certification = await self._client.certification()
            self._certified_at = now
        return self._certification

    async def _identity(self, certification: Certification) -> tuple[Route, str]:
        """Return our topics and our client id, the same for as long as may be.

        The broker counts a developer's client ids and ends one of two sessions with
        the same id.
        """
        entry = self.config_entry
        if isinstance(self._client, DeveloperClient):
            account = certification.account
            return DeveloperRoute(account), f"power-steward-{account}-{entry.entry_id}"
        user_id = await self._client.user_id()
        name = f"{entry.entry_id}-{entry.data.get(CONF_GENERATION, 0)}"
        unique = str(uuid5(NAMESPACE_OID, name)).upper()
        return AccountRoute(user_id), f"ANDROID_{unique}_{user_id}"

    def _note_end(self, lasted: float) -> None:
        """Change the client id if somebody else seems to use it."""
        if self._connection is None:
            return
        if lasted > SHORT_SESSION:
            self._short_sessions = 0
            return
        self._short_sessions += 1
        if self._short_sessions >= SHORT_SESSIONS_BEFORE_NEW_ID and isinstance(
            self._client, AccountClient
        ):
            self._short_sessions = 0
            data = self.config_entry.data
            generation = data.get(CONF_GENERATION, 0) + 1
            LOGGER.warning(
                "Another client ends the sessions of %s; going on under another id",
                self.name,
            )
            self.hass.config_entries.async_update_entry(
                self.config_entry, data={**data, CONF_GENERATION: generation}
            )

    def _take_list(self, listed: Sequence[ListedDevice]) -> None:
        """Take up new devices, let go of those that are gone."""
        now = self.clock.monotonic()
        for device in listed:
            if device.serial not in self._stations:
                station = _station(device)
                family = station.model.family
                self._stations[device.serial] = station
                ask_about(self.hass, self.config_entry, station)
                self._watchdog.watch(
                    device.serial, family.ask_interval, family.stale_after, now
                )
            if device.online is not None:
                self._watchdog.told(device.serial, online=device.online, now=now)
        gone = self._stations.keys() - {device.serial for device in listed}
        self._watchdog.forget(gone)
        for serial in gone:
            del self._stations[serial]
            self._states.pop(serial, None)
            ask_no_more(self.hass, self.config_entry, serial)
        if self._serials != self._stations.keys():
            self._serials = frozenset(self._stations)
        self._look_at = now

    def _needs_reading(self, serial: str) -> bool:
        """Whether REST has to be asked: nothing is known, or nothing comes."""
        if serial in self._not_allowed:
            return False
        state = self._watchdog.state(serial, self.clock.monotonic())
        silent = state in (State.QUIET, State.STALE, State.BACK)
        return silent or not self._stations[serial].raw

    async def _read_quotas(self, client: DeveloperClient, serial: str) -> None:
        """Read a device's values; one that may not be read spoils no other.

        The values of a device that is offline are old ones.
        """
        now = self.clock.monotonic()
        try:
            values = await client.quotas(serial)
        except NotAllowed:
            self._not_allowed.add(serial)
            LOGGER.warning(
                "%s may not read %s with developer keys", self.name, serial[:4]
            )
            return
        if values and self._watchdog.state(serial, now) is not State.OFFLINE:
            self._watchdog.heard(serial, now)
            self._merge(serial, Parsed(flattened(values)))

    async def _ask(self, connection: Connection, serial: str) -> None:
        """Ask a device for all its values."""
        self._number = next_number(self._number)
        family = self._stations[serial].model.family
        if await connection.ask(serial, *_questions(family, self._number)):
            if family.wake is not None:
                await connection.command(serial, family.wake(self._number))
            return
        if isinstance(self._client, DeveloperClient):
            try:
                await self._read_quotas(self._client, serial)
            except ClientError as err:
                LOGGER.debug("%s: %s of %s", self.name, err, serial[:4])

    def _take(self, arrived: Arrived) -> None:
        """Take a message, unless it is an old one that comes again."""
        serial = arrived.serial
        if (station := self._stations.get(serial)) is None:
            return
        parsed = parse(arrived.topic, arrived.payload, station.model.family.layouts)
        if parsed.sent_at is not None:
            newest = self._newest.get(serial, 0.0)
            if parsed.sent_at < newest - REPLAY_TOLERANCE:
                return
            now = self.clock.utcnow().timestamp()
            self._newest[serial] = max(newest, min(parsed.sent_at, now))
        monotonic = self.clock.monotonic()
        if parsed.values or parsed.acks:
            self._watchdog.heard(serial, monotonic)
        if parsed.online is not None and (
            arrived.topic is Topic.STATUS or not parsed.values
        ):
            self._watchdog.told(serial, online=parsed.online, now=monotonic)
            self._look_at = monotonic
        self._note_state(serial, monotonic)
        for ack in parsed.acks:
            answer = self._awaited.get(ack.id or 0)
            if answer is not None and not answer.done():
                answer.set_result(ack.accepted)
        self._merge(serial, parsed)

    def _merge(self, serial: str, parsed: Parsed) -> None:
        """Merge what a device says; what is new is to be published."""
        if self._stations[serial].take(parsed):
            self._to_publish(serial)
            if news := self._news.pop(serial, None):
                news.set()

    def _note_state(self, serial: str, now: float) -> None:
        """Publish a device that came to life or ceased to hold what it said."""
        state = self._watchdog.state(serial, now)
        before = self._states.get(serial)
        if state is not before:
            self._states[serial] = state
            if (state in _HOLDS) is not (before in _HOLDS):
                self._to_publish(serial)

    def _to_publish(self, serial: str) -> None:
        """Publish a device as soon as it has waited long enough since the last time."""
        if serial not in self._dirty:
            self._dirty.add(serial)
            due_at = self._published.get(serial, -math.inf) + self._coalesce
            heappush(self._due_at, (due_at, serial))

    def _due(self, now: float) -> dict[str, StationReading]:
        """Return the changed readings that have waited long enough."""
        due = {}
        while self._due_at and self._due_at[0][0] <= now:
            _, serial = heappop(self._due_at)
            self._dirty.remove(serial)
            if serial in self._stations:
                self._published[serial] = now
                due[serial] = self._reading(serial, now)
        return due

    def _patience(self, now: float) -> float:
        """Return in how many seconds there is something to do but to listen."""
        until = (
            min(self._look_at, self._due_at[0][0]) if self._due_at else self._look_at
        )
        return max(until - now, 0.01)

    def _reading(self, serial: str, now: float) -> StationReading:
        station = self._stations[serial]
        holds = bool(station.raw) and self._watchdog.state(serial, now) in _HOLDS
        return station.reading(available=holds)

    @override
    def measured_at(self, key: str, now: float) -> float:
        return self._watchdog.heard_at(key)

    @override
    def hub(self) -> HubReading:
        return self.log.reading(
            HubReading,
            DeviceFacts(
                name=self.config_entry.title,
                manufacturer="EcoFlow",
                model="EcoFlow cloud",
            ),
        )

    @override
    def descriptions(
        self, reading: StationReading | HubReading
    ) -> Sequence[EntityDescription]:
        if isinstance(reading, HubReading):
            return CONNECTION
        described = entities_of(
            self._stations[reading.serial].model,
            developer=isinstance(self._client, DeveloperClient),
        )
        return (*described, *others_of(reading)) if reading.others else described

    @override
    def raw_answer(self) -> Any:
        """Return what devices sent."""
        return [
            {**station.told(), "state": self._states.get(serial)}
            for serial, station in self._stations.items()
        ]


_HOLDS: Final = frozenset({State.LIVE, State.QUIET})
"""States in which a device's values hold."""


def _questions(family: Family, number: int) -> list[bytes]:
    """Return the requests for all values; nobody knows what an unknown model speaks."""
    questions = []
    if family.layouts:
        questions.append(ask_binary(number))
    if family is GENERIC or not family.layouts:
        questions.append(ask_json(number))
    return questions


def _station(device: ListedDevice) -> Station:
    model = model_of(device.serial, device.product)
    return Station(
        device.serial,
        model,
        DeviceFacts(
            name=device.name or f"{model.name} {device.serial[-4:]}",
            manufacturer="EcoFlow",
            model=device.product or model.name,
            serial_number=device.serial,
        ),
    )
