"""Client of one MUST UPS on a Modbus connection that others may share.

Only the blocks of the register map are ever read. The shared connection checks frames,
unit and length; the rest is here: repeated questions, a line that is emptied after an
answer went missing, read-back of everything written, and naming what went wrong.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
import errno
import struct
from typing import Final, NamedTuple

from modbus_connection import (
    ModbusConnectionError,
    ModbusError,
    ModbusExceptionError,
    ModbusProtocolError,
    ModbusTimeoutError,
    ModbusUnit,
)

from ..errors import (
    AnswerDamaged,
    CannotConnect,
    ClientError,
    LineEchoes,
    LineSettingsDiffer,
    ModelUnsupported,
    NoAnswer,
    NotConfirmed,
    NotOnBattery,
    PortBusy,
    PortForbidden,
    PortMissing,
    RequestRefused,
)
from . import codec
from .models import MustReading
from .registers import (
    EP,
    PV,
    REMOTE_SHUTDOWN,
    UNSUPPORTED,
    Block,
    Family,
    Register,
    Series,
)

TIMEOUT: Final = 1.0
"""Seconds for an answer; the longest takes a tenth of that on the wire."""
CONNECT_DELAY: Final = 0.2
"""Seconds of silence after opening, in which adapters send rubbish."""
ATTEMPTS: Final = 3
SETTINGS_EVERY: Final = 10
"""Polls from one look at the settings to the next."""
STRANGER: Final = 247
"""A unit number that no device on the line has: only an echo can answer for it."""

_LOOPBACK: Final = 0x5AC3
_NOT_SUPPORTED: Final = frozenset({1, 2, 3})
_GATEWAY: Final = frozenset({10, 11})
"""Codes by which a gateway says that the device is silent."""

type OpenUnit = Callable[[Series], AbstractAsyncContextManager[ModbusUnit]]


class Found(NamedTuple):
    """What a detection found."""

    series: Series
    reading: MustReading


class MustClient:
    """Reads and sets one UPS; the connection is the caller's and never closed.

    All requests raise the four errors of ``devices.errors`` and nothing else.
    """

    def __init__(
        self, unit: ModbusUnit, series: Series, stranger: ModbusUnit | None = None
    ) -> None:
        """Take the UPS's unit, and one that nobody is, to tell an echo by."""
        unit.set_message_spacing(series.spacing)
        unit.require_timeout(TIMEOUT)
        unit.require_connect_delay(CONNECT_DELAY)
        self._unit = unit
        self._series = series
        self._stranger = stranger
        self._family: Family | None = None
        self._identity: dict[int, int] = {}
        self._settings: dict[int, int] = {}
        self._settings_age = SETTINGS_EVERY
        self._answered: set[Block] = set()
        self._unsupported: set[Block] = set()
        self._smaller: set[Block] = set()
        self.registers: Mapping[int, int] = {}
        """The newest registers as sent, for diagnostics."""

    async def read(self) -> MustReading:
        """Read the status, and now and then the settings."""
        family = await self._known_family()
        status = await self._blocks(family.status)
        if family is not self._told_family(status):
            self._forget()
            return await self.read()
        await self._refresh_settings(family)
        self.registers = {**self._identity, **self._settings, **status}
        return codec.read_ups(family, self.registers)

    async def read_status(self) -> MustReading:
        """Read the status alone."""
        family = await self._known_family()
        return codec.read_ups(family, await self._blocks(family.status))

    async def write(
        self, reading: MustReading, key: str, value: float | str | bool
    ) -> None:
        """Set a setting and read it back.

        An answer that went missing says nothing of whether the setting arrived, so
        the read-back decides, and only what it denies is sent again.
        """
        word = codec.encode(reading, key, value)
        row = reading.family.by_key[key]
        for _ in range(2):
            with suppress(NoAnswer, AnswerDamaged):
                await self._send(row.address, word)
            if await self._shows(reading.family, row, word):
                return
        raise NotConfirmed(key)

    async def shut_down(self) -> None:
        """Cut the output at once; sent only on battery, and once."""
        family = await self._known_family()
        if not family.can_shut_down:
            raise RequestRefused("model without remote shut-down")
        if (await self.read_status()).mode != "battery":
            raise NotOnBattery("not on battery")
        await self._send(REMOTE_SHUTDOWN, 1)
        try:
            after = await self.read_status()
        except CannotConnect:
            return  # it has switched itself off
        if after.mode == "battery" and after.output_on is not False:
            raise NotConfirmed("still on battery")

    async def _known_family(self) -> Family:
        """Return the UPS's family, asking for it the first time."""
        if self._family is None:
            identity = self._series.identity
            try:
                registers = await self.read_block(identity)
            except RequestRefused:
                if self._series is EP:
                    raise
                registers = {}  # inverters of an older protocol cannot tell
            family = codec.family_of(registers, self._series.key)
            self._identity = await self._blocks(family.identity)
            self._family = family
        return self._family

    def _told_family(self, status: Mapping[int, int]) -> Family | None:
        """Return the family that a status tells of, which a swapped unit changes."""
        if self._series is not EP:
            return self._family
        return codec.family_of(status, self._series.key)

    def _forget(self) -> None:
        self._family = None
        self._settings = {}
        self._settings_age = SETTINGS_EVERY
        self._answered.clear()
        self._unsupported.clear()
        self._smaller.clear()

    async def _refresh_settings(self, family: Family) -> None:
        """Read the settings when it is time; a failure leaves that for later."""
        self._settings_age += 1
        if self._settings_age < SETTINGS_EVERY:
            return
        try:
            self._settings = await self._blocks(family.settings)
        except ClientError:
            return
        self._settings_age = 0

    async def _blocks(self, blocks: tuple[Block, ...]) -> dict[int, int]:
        """Read blocks; one that a unit does not support is asked for once."""
        registers: dict[int, int] = {}
        for block in blocks:
            if block not in self._unsupported:
                registers |= await self._supported(block)
        return registers

    async def _supported(self, block: Block) -> dict[int, int]:
        asked = block
        if block in self._smaller and block.smaller is not None:
            asked = block._replace(length=block.smaller)
        try:
            registers = await self.read_block(asked)
        except RequestRefused:
            if asked.length != block.smaller and block.smaller is not None:
                self._smaller.add(block)
                return await self._supported(block)
            if not block.optional:
                raise
        except NoAnswer:
            if not block.optional or block in self._answered:
                raise
        else:
            self._answered.add(block)
            return registers
        self._unsupported.add(block)
        return {}

    async def read_block(
        self, block: Block, attempts: int = ATTEMPTS
    ) -> dict[int, int]:
        """Read one block whole, or raise."""

        async def ask() -> dict[int, int]:
            words = await self._unit.read_holding_registers(block.first, block.length)
            if len(words) != block.length:
                raise AnswerDamaged(f"{len(words)} registers")
            return dict(enumerate(words, block.first))

        return await self._ask(ask, attempts)

    async def _send(self, address: int, word: int) -> None:
        """Write one register, once."""

        async def ask() -> None:
            if self._series.many:
                await self._unit.write_registers(address, [word])
            else:
                await self._unit.write_register(address, word)

        await self._ask(ask, attempts=1)

    async def _shows(self, family: Family, row: Register, word: int) -> bool:
        """Read a setting's block and return whether it holds the word."""
        for block in family.settings:
            if block.first <= row.address < block.first + block.length:
                self._settings |= await self._supported(block)
        return self._settings.get(row.address) == word

    async def _ask[T](self, request: Callable[[], Awaitable[T]], attempts: int) -> T:
        """Ask until an answer comes, and tell why none does."""
        failure: ClientError = NoAnswer("no answer")
        for _ in range(attempts):
            try:
                return await request()
            except ModbusExceptionError as err:
                if err.exception_code not in _GATEWAY:
                    raise RequestRefused(f"exception {err.exception_code}") from err
                failure = NoAnswer("the gateway gets no answer")
            except ModbusTimeoutError:
                failure = NoAnswer("no answer")
                await self._empty_line()
            except ModbusConnectionError as err:
                failure = _port_error(err)
                if isinstance(failure, PortBusy | PortForbidden | PortMissing):
                    raise failure from err
            except (ModbusProtocolError, struct.error) as err:
                failure = AnswerDamaged(type(err).__name__)
            except ModbusError as err:
                failure = CannotConnect(type(err).__name__)
            except AnswerDamaged as err:
                failure = err
        if isinstance(failure, NoAnswer) and await self._echoes():
            failure = LineEchoes("echo")
        raise failure

    async def _empty_line(self) -> None:
        """Drop what may still come, so that no late answer passes for the next one.

        The shared connection cannot be flushed, but opening it anew does the same.
        """
        with suppress(ModbusError):
            await self._unit.disconnect()

    async def _echoes(self) -> bool:
        """Return whether the line answers for a unit that nobody is."""
        if self._stranger is None:
            return False
        try:
            return await self._stranger.diagnostics(0, _LOOPBACK) == _LOOPBACK
        except ModbusError, struct.error:
            await self._empty_line()
            return False


async def detect(open_unit: OpenUnit) -> Found:
    """Find out which model is on the line.

    The most likely comes first; the others are asked only while it stays silent.
    """
    failure: ClientError | None = None
    for series in (EP, *UNSUPPORTED, PV):
        try:
            if series in UNSUPPORTED:
                await _name(open_unit, series)
            else:
                return await find(open_unit, series)
        except (NoAnswer, LineSettingsDiffer) as err:
            failure = failure or err
        except (AnswerDamaged, RequestRefused) as err:
            if not isinstance(failure, AnswerDamaged):
                failure = err
    failure = failure or NoAnswer("no answer")
    raise failure


async def find(open_unit: OpenUnit, series: Series) -> Found:
    """Read a UPS of a series."""
    async with (
        open_unit(series) as unit,
        open_unit(series._replace(unit=STRANGER)) as stranger,
    ):
        return Found(series, await MustClient(unit, series, stranger).read())


async def _name(open_unit: OpenUnit, series: Series) -> None:
    """Raise ``ModelUnsupported`` if a unit of a series answers."""
    async with open_unit(series) as unit:
        client = MustClient(unit, series)
        await client.read_block(series.identity, attempts=1)
    raise ModelUnsupported(series.name)


def _port_error(error: BaseException) -> CannotConnect:
    """Return what the operating system said of the port, as far as it did."""
    cause: BaseException | None = error
    while cause is not None:
        match cause.errno if isinstance(cause, OSError) else None:
            case errno.EBUSY | errno.EAGAIN:
                return PortBusy("in use")
            case errno.EACCES | errno.EPERM:
                return PortForbidden("not permitted")
            case errno.ENOENT | errno.ENODEV | errno.ENXIO:
                return PortMissing("no such port")
        cause = cause.__cause__ or cause.__context__
    return CannotConnect(type(error).__name__)
