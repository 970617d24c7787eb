"""The line: a bus with devices on it, as a pseudo-terminal or behind a TCP gateway."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
import errno
import os
from pathlib import Path
from struct import pack, unpack
import termios
import tty
from types import TracebackType
from typing import Self

from .faults import Chunk, Fault
from .frames import intact, request_length, sealed, words
from .ups import Declined, Machine

_BITS_PER_BYTE = 10


@dataclass(eq=False)
class InjectedFault:
    """A fault that waits for its requests, until `clear()`."""

    fault: Fault
    times: int | None
    function: int | None
    hits: int = 0

    def strikes(self, request: bytes) -> bool:
        """Return whether a request is one to spoil."""
        if self.times is not None and self.hits >= self.times:
            return False
        return self.function in (None, request[1])

    def clear(self) -> None:
        """Let no further request suffer."""
        self.times = self.hits

    def __enter__(self) -> Self:
        """Be in force from now on, as it was already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Be over."""
        self.clear()


class Line:
    """A bus and the devices on it; answers requests, well or ill."""

    def __init__(self, *machines: Machine, baudrate: int | None = None) -> None:
        """Connect devices; with a speed, bytes take their time."""
        self.machines = list(machines)
        self.baudrate = baudrate
        self.requests: list[bytes] = []
        self._faults: list[InjectedFault] = []

    def inject(
        self, fault: Fault, times: int | None = None, function: int | None = None
    ) -> InjectedFault:
        """Spoil the next replies, all of them unless told how many."""
        self._faults.append(injected := InjectedFault(fault, times, function))
        return injected

    def chunks(self, request: bytes) -> Iterable[Chunk]:
        """Return what goes over the line after a request."""
        self.requests.append(request)
        reply = self.reply(request)
        for injected in self._faults:
            if injected.strikes(request):
                injected.hits += 1
                return injected.fault(request, reply or b"")
        return () if reply is None else (Chunk(reply),)

    def reply(self, request: bytes) -> bytes | None:
        """Return a healthy reply, None for silence."""
        for machine in self.machines:
            if machine.unit == request[0] and machine.answers:
                return sealed(bytes([request[0]]) + _answer(machine, request[1:-2]))
        return None

    def wire_time(self, count: int) -> float:
        """Return the seconds that bytes take."""
        return count * _BITS_PER_BYTE / self.baudrate if self.baudrate else 0.0


def _answer(machine: Machine, pdu: bytes) -> bytes:
    """Return the reply to a request without its unit and checksum."""
    function = pdu[0]
    try:
        if function == 3:
            first, count = unpack(">HH", pdu[1:5])
            body = pack(f">{count}H", *machine.read(first, count))
            return bytes([3, len(body)]) + body
        if function == 6:
            first, value = unpack(">HH", pdu[1:5])
            machine.write(6, first, [value])
            return pdu
        if function == 16:
            first, count = unpack(">HH", pdu[1:5])
            machine.write(16, first, words(pdu[6 : 6 + 2 * count]))
            return pdu[:5]
    except Declined as err:
        return bytes([function | 0x80, err.code])
    return bytes([function | 0x80, 1])


class SerialPort:
    """A line on a pseudo-terminal, reachable by a name that stays."""

    def __init__(self, line: Line, link: Path) -> None:
        """Give the port a name, which a replug may change."""
        self.line = line
        self.link = link
        self._master: int | None = None
        self._keep: int | None = None
        self._received = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._arrived = asyncio.Event()
        self._halfway = asyncio.Event()

    @property
    def device(self) -> str:
        """Return the path to open."""
        return str(self.link)

    async def __aenter__(self) -> Self:
        """Plug it in."""
        self.plug()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Unplug it."""
        await self.unplug()
        self._let_go()

    def plug(self, link: Path | None = None) -> None:
        """Appear, under the old name or a new one, always as another device node."""
        self.link = link or self.link
        self._master, slave = os.openpty()
        tty.setraw(self._master, termios.TCSANOW)
        tty.setraw(slave, termios.TCSANOW)
        os.set_blocking(self._master, False)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))
        # While nobody has the slave open, reading the master fails; so keep it open.
        self._let_go()
        self._keep = slave
        asyncio.get_running_loop().add_reader(self._master, self._read)
        self._task = asyncio.create_task(self._serve())

    async def unplug(self, *, in_mid_frame: bool = False) -> None:
        """Vanish, with everybody who has the port open noticing.

        In mid-frame, if so wanted: half of the next reply is still sent, byte by byte.
        """
        if self._master is None or self._task is None:
            return
        if in_mid_frame:
            await self._halfway.wait()
        asyncio.get_running_loop().remove_reader(self._master)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self.link.unlink(missing_ok=True)
        os.close(self._master)
        self._master = None
        self._received.clear()

    def _let_go(self) -> None:
        """Give the device node's number back, which nobody else had meanwhile."""
        if self._keep is not None:
            os.close(self._keep)
            self._keep = None

    def _read(self) -> None:
        assert self._master is not None
        try:
            self._received += os.read(self._master, 4096)
        except OSError as err:
            if err.errno not in (errno.EIO, errno.EAGAIN):
                raise
        self._arrived.set()

    async def _serve(self) -> None:
        """Take requests out of what arrives, and answer them."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while request := self._take():
                await self._send(self.line.chunks(request), len(request))

    def _take(self) -> bytes | None:
        """Return the next whole request; rubbish before it is dropped."""
        data = self._received
        while (length := request_length(bytes(data))) is not None and len(
            data
        ) >= length:
            request = bytes(data[:length])
            if intact(request):
                del data[:length]
                return request
            del data[0]
        return None

    async def _send(self, chunks: Iterable[Chunk], request_length: int) -> None:
        """Send, each byte at the time at which a real line would deliver it."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self.line.wire_time(request_length)
        for chunk in chunks:
            due += chunk.after
            if self.line.baudrate is None:
                await asyncio.sleep(chunk.after)
                self._write(chunk.data)
                continue
            for sent, byte in enumerate(chunk.data):
                due += self.line.wire_time(1)
                if (pause := due - loop.time()) > 0.0005:
                    await asyncio.sleep(pause)
                self._write(bytes([byte]))
                if sent == len(chunk.data) // 2:
                    self._halfway.set()
                    self._halfway.clear()

    def _write(self, data: bytes) -> None:
        if self._master is not None and data:
            os.write(self._master, data)


class Gateway:
    """A line behind a Modbus TCP gateway."""

    def __init__(self, line: Line, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen on a port of the system's choice unless told."""
        self.line = line
        self.host = host
        self.port = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        """Start."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = await reader.readexactly(6)
                transaction, _, length = unpack(">HHH", head)
                body = await reader.readexactly(length)
                for chunk in self._replies(sealed(body)):
                    await asyncio.sleep(chunk.after)
                    frame = chunk.data[:-2]
                    writer.write(pack(">HHH", transaction, 0, len(frame)) + frame)
        except OSError, asyncio.IncompleteReadError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _replies(self, request: bytes) -> Iterable[Chunk]:
        """Return what the devices answer; for a silent one the gateway speaks."""
        chunks = list(self.line.chunks(request))
        if chunks:
            return chunks
        return [Chunk(sealed(bytes([request[0], request[1] | 0x80, 11])))]
