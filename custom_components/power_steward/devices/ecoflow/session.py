"""A session with the cloud's broker (EcoFlow protocol, chapters 2.6, 3.4 and 3.5)."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
import logging
import ssl
from typing import Any, Final, NamedTuple

import aiomqtt

from ..errors import AnswerNotUnderstood, CannotConnect, CertificateInvalid
from .answers import Certification
from .codec import MAX_PAYLOAD, Topic

KEEP_ALIVE: Final = 30
"""Seconds; the broker drops who is silent for about 200."""
TIMEOUT: Final = 10.0
"""Seconds for the broker to confirm; the library notices no loss while it waits."""
MAX_QUEUED: Final = 500
"""Messages that may wait; a broker that floods us loses the newest."""

_LOGGER: Final = logging.getLogger(__name__)
_LOGGER.setLevel(logging.CRITICAL)
"""The library's words on each packet are of no use to anybody."""
_REFUSED: Final = frozenset({4, 5, 134, 135})
"""Bad user name or password, and not authorised, in both versions' numbers."""


class CertificationRefused(CannotConnect):
    """The broker does not accept the certification; a new one may help."""


class Arrived(NamedTuple):
    """A message on one of our topics."""

    serial: str
    topic: Topic
    payload: bytes


class DeveloperRoute(NamedTuple):
    """The topics that belong to a developer's keys; values come unasked."""

    account: str

    def topics(self, serial: str) -> Mapping[str, Topic]:
        """Return what to subscribe to for a device."""
        stem = f"/open/{self.account}/{serial}"
        return {
            f"{stem}/quota": Topic.PUSH,
            f"{stem}/set_reply": Topic.SET_REPLY,
            f"{stem}/status": Topic.STATUS,
        }

    def ask_topic(self, serial: str) -> str | None:
        """Return where to ask for all values: nowhere, there is REST for it."""
        return None

    def set_topic(self, serial: str) -> str:
        """Return where to send commands."""
        return f"/open/{self.account}/{serial}/set"


class AccountRoute(NamedTuple):
    """The topics that the app uses for an account."""

    user_id: str

    def topics(self, serial: str) -> Mapping[str, Topic]:
        """Return what to subscribe to for a device."""
        stem = f"/app/{self.user_id}/{serial}/thing/property"
        return {
            f"/app/device/property/{serial}": Topic.PUSH,
            f"{stem}/get_reply": Topic.GET_REPLY,
            f"{stem}/set_reply": Topic.SET_REPLY,
            f"/app/device/status/{serial}": Topic.STATUS,
        }

    def ask_topic(self, serial: str) -> str | None:
        """Return where to ask for all values."""
        return f"/app/{self.user_id}/{serial}/thing/property/get"

    def set_topic(self, serial: str) -> str:
        """Return where to send commands."""
        return f"/app/{self.user_id}/{serial}/thing/property/set"


type Route = DeveloperRoute | AccountRoute


class Connection:
    """A connection while it lasts."""

    def __init__(
        self, client: aiomqtt.Client, route: Route, topics: Mapping[str, Arrived]
    ) -> None:
        """Know what each topic stands for."""
        self._client = client
        self._route = route
        self._topics = topics
        self._next: asyncio.Future[aiomqtt.Message] | None = None
        self.ignored = 0
        """Messages on topics that are not ours, kept from earlier, or too long."""

    async def receive(self, seconds: float) -> Arrived | None:
        """Return the next message, ``None`` if there is none in time.

        Whoever waits for one is never called off, for the library loses a message
        that comes at that moment.
        """
        until = asyncio.get_running_loop().time() + seconds
        with _client_errors():
            while True:
                if self._next is None:
                    self._next = asyncio.ensure_future(anext(self._client.messages))
                left = max(until - asyncio.get_running_loop().time(), 0)
                if not (await asyncio.wait((self._next,), timeout=left))[0]:
                    return None
                message, self._next = self._next, None
                if arrived := self._arrived(message.result()):
                    return arrived

    async def close(self) -> None:
        """Wait for no more messages."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)

    async def ask(self, serial: str, *questions: bytes) -> bool:
        """Ask for all values; return whether there is a topic to ask on."""
        topic = self._route.ask_topic(serial)
        if topic is None:
            return False
        for question in questions:
            await self._publish(topic, question, qos=0)
        return True

    async def command(self, serial: str, payload: bytes) -> None:
        """Send a command."""
        await self._publish(self._route.set_topic(serial), payload, qos=1)

    async def _publish(self, topic: str, payload: bytes, *, qos: int) -> None:
        with _client_errors():
            await self._client.publish(topic, payload, qos=qos)

    def _arrived(self, message: aiomqtt.Message) -> Arrived | None:
        """Return a message with its device; what is old or not ours is nothing."""
        known = self._topics.get(str(message.topic))
        payload: Any = message.payload
        if (
            known is None
            or message.retain
            or not isinstance(payload, bytes)
            or len(payload) > MAX_PAYLOAD
        ):
            self.ignored += 1
            return None
        return known._replace(payload=payload)


@asynccontextmanager
async def connected(
    certification: Certification,
    client_id: str,
    route: Route,
    serials: Iterable[str],
    tls_context: ssl.SSLContext,
) -> AsyncIterator[Connection]:
    """Be connected and subscribed for these devices.

    Raises the client errors, and ``CertificationRefused`` where the broker wants
    other credentials.
    """
    topics = {
        topic: Arrived(serial, kind, b"")
        for serial in serials
        for topic, kind in route.topics(serial).items()
    }
    client = aiomqtt.Client(
        certification.host,
        certification.port,
        username=certification.account,
        password=certification.password,
        identifier=client_id,
        clean_session=True,
        keepalive=KEEP_ALIVE,
        timeout=TIMEOUT,
        max_queued_incoming_messages=MAX_QUEUED,
        tls_context=tls_context if certification.tls else None,
        logger=_LOGGER,
    )
    try:
        with _client_errors():
            async with client:
                if topics:
                    await client.subscribe([(topic, 1) for topic in topics])
                connection = Connection(client, route, topics)
                try:
                    yield connection
                finally:
                    await connection.close()
    finally:
        # The library keeps why a connection ended; unread, asyncio would complain.
        end = getattr(client, "_disconnected", None)
        if isinstance(end, asyncio.Future) and end.done() and not end.cancelled():
            end.exception()


@contextmanager
def _client_errors() -> Iterator[None]:
    """Raise the library's errors as ours; only their kind goes into the text."""
    try:
        yield
    except aiomqtt.MqttCodeError as err:
        code = getattr(err.rc, "value", err.rc)
        if isinstance(err, aiomqtt.exceptions.MqttConnectError) and code in _REFUSED:
            raise CertificationRefused(f"broker's code {code}") from err
        raise CannotConnect(f"broker's code {code}") from err
    except aiomqtt.MqttError as err:
        if "CERTIFICATE_VERIFY_FAILED" in str(err):
            raise CertificateInvalid("broker") from err
        raise CannotConnect("broker") from err
    except ValueError as err:
        raise AnswerNotUnderstood("broker's address") from err
