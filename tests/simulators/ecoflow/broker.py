"""The cloud's broker: MQTT 3.1.1 over TLS, as far as EcoFlow's clients use it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import ssl
from typing import Self

from ..tls import SelfSigned, listen

type Published = Callable[[str, bytes], Awaitable[None]]

_CONNECT, _CONNACK, _PUBLISH, _PUBACK = 1, 2, 3, 4
_SUBSCRIBE, _SUBACK, _PINGREQ, _PINGRESP, _DISCONNECT = 8, 9, 12, 13, 14

_BAD_CREDENTIALS = 4
_NOT_AUTHORIZED = 5


@dataclass(eq=False)
class _Session:
    """A client that is connected."""

    client_id: str
    writer: asyncio.StreamWriter
    topics: set[str] = field(default_factory=set)
    next_id: int = 1

    def send(self, kind: int, body: bytes, flags: int = 0) -> None:
        """Send a packet."""
        self.writer.write(bytes([kind << 4 | flags]) + _length(len(body)) + body)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send a message with QoS 1."""
        self.next_id = self.next_id % 65535 + 1
        name = topic.encode()
        head = len(name).to_bytes(2) + name + self.next_id.to_bytes(2)
        self.send(_PUBLISH, head + payload, flags=0b0010 | retain)


class SimulatedBroker:
    """A broker on a real socket; what it does wrong, it does as told."""

    def __init__(self, *, tls: SelfSigned | None = None) -> None:
        """Make a broker that listens within ``async with``."""
        self.certificate = tls
        self.passwords: dict[str, str] = {}
        """By account, as the certification gives them."""
        self.client_id_must_end: dict[str, str] = {}
        """By account, what the broker wants to see at the end of client ids."""
        self.on_publish: Published | None = None
        self.refuse_with: int | None = None
        """CONNACK code for everyone."""
        self.frozen = False
        """Whether nothing is delivered any more, though connections stay."""
        self.connects: list[str] = []
        """Client ids of all that connected."""
        self.published: list[tuple[str, bytes]] = []
        self._sessions: dict[str, _Session] = {}
        self._server: asyncio.Server | None = None
        self._context: ssl.SSLContext | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        """Start on a free port."""
        if self.certificate is not None:
            self._context = await asyncio.to_thread(self.certificate.server_context)
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def listen(self) -> None:
        """Accept connections, on the same port as before."""
        self._server = await listen(
            self._protocol, "127.0.0.1", self.port, self._context
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop everyone and accept nobody, as a broker that restarts."""
        if self._server is None:
            return
        self._server.close()
        self.drop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server.abort_clients()
        await self._server.wait_closed()
        self._server = None

    @property
    def listening(self) -> bool:
        """Return whether anybody is accepted."""
        return self._server is not None

    @property
    def client_ids(self) -> list[str]:
        """Return who is connected."""
        return list(self._sessions)

    def subscribers(self, topic: str) -> int:
        """Return how many listen to a topic."""
        return sum(topic in session.topics for session in self._sessions.values())

    def deliver(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send a message to all who listen."""
        if self.frozen:
            return
        for session in self._sessions.values():
            if topic in session.topics:
                session.publish(topic, payload, retain=retain)

    def deliver_astray(self, topic: str, payload: bytes) -> None:
        """Send a message to all, whether they listen to the topic or not."""
        for session in self._sessions.values():
            session.publish(topic, payload)

    def drop(self) -> None:
        """Cut all connections."""
        for session in tuple(self._sessions.values()):
            session.writer.transport.abort()
        self._sessions.clear()

    def steal(self, client_id: str) -> None:
        """Be another client with the same id: the session that has it ends."""
        if session := self._sessions.pop(client_id, None):
            session.writer.transport.abort()

    def _protocol(self) -> asyncio.Protocol:
        reader = asyncio.StreamReader()
        return asyncio.StreamReaderProtocol(reader, self._accept)

    def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        session: _Session | None = None
        try:
            while True:
                kind, flags, body = await _packet(reader)
                if kind == _CONNECT:
                    session = self._connect(writer, body)
                    if session is None:
                        await writer.drain()
                        return
                elif kind == _DISCONNECT or session is None:
                    return
                else:
                    await self._handle(session, kind, flags, body)
        except asyncio.IncompleteReadError, ConnectionError, ssl.SSLError:
            pass
        finally:
            if session is not None and self._sessions.get(session.client_id) is session:
                del self._sessions[session.client_id]
            writer.close()

    def _connect(self, writer: asyncio.StreamWriter, body: bytes) -> _Session | None:
        """Let a client in, and end its older session; or turn it away."""
        at = 10
        texts = []
        while at < len(body):
            length = int.from_bytes(body[at : at + 2])
            texts.append(body[at + 2 : at + 2 + length].decode())
            at += 2 + length
        client_id, account, password = (*texts, "", "", "")[:3]
        session = _Session(client_id, writer)
        code = self.refuse_with
        if code is None and self.passwords.get(account) != password:
            code = _BAD_CREDENTIALS
        if code is None and not client_id.endswith(
            self.client_id_must_end.get(account, "")
        ):
            code = _NOT_AUTHORIZED
        session.send(_CONNACK, bytes([0, code or 0]))
        if code is not None:
            return None
        self.steal(client_id)
        self._sessions[client_id] = session
        self.connects.append(client_id)
        return session

    async def _handle(
        self, session: _Session, kind: int, flags: int, body: bytes
    ) -> None:
        if kind == _PINGREQ:
            session.send(_PINGRESP, b"")
        elif kind == _SUBSCRIBE:
            codes = bytearray()
            at = 2
            while at < len(body):
                length = int.from_bytes(body[at : at + 2])
                session.topics.add(body[at + 2 : at + 2 + length].decode())
                at += 3 + length
                codes.append(1)
            session.send(_SUBACK, body[:2] + codes)
        elif kind == _PUBLISH:
            length = int.from_bytes(body[:2])
            topic = body[2 : 2 + length].decode()
            at = 2 + length
            if flags & 0b0110:
                session.send(_PUBACK, body[at : at + 2])
                at += 2
            self.published.append((topic, body[at:]))
            if self.on_publish is not None and not self.frozen:
                await self.on_publish(topic, body[at:])


async def _packet(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return first >> 4, first & 0x0F, await reader.readexactly(length)


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, byte = value >> 7, value & 0x7F
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)
