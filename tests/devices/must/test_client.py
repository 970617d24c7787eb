"""The client: what it asks, how often, and what it makes of no answer."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from modbus_connection import (
    ModbusConnectionError,
    ModbusError,
    ModbusSerialParams,
    ModbusTimeoutError,
    ModbusUnit,
)
from modbus_connection.tmodbus import ModbusConnection, TmodbusUnit
import pytest

from custom_components.power_steward.devices.errors import (
    AnswerDamaged,
    CannotConnect,
    ClientError,
    NoAnswer,
    NotConfirmed,
    PortForbidden,
    RequestRefused,
    ValueImpossible,
)
from custom_components.power_steward.devices.must import client as client_module, codec
from custom_components.power_steward.devices.must.client import (
    SETTINGS_EVERY,
    STRANGER,
    MustClient,
    detect,
)
from custom_components.power_steward.devices.must.models import MustReading
from custom_components.power_steward.devices.must.registers import (
    EP,
    FORBIDDEN,
    PV,
    PV2000,
    Kind,
    Register,
    Series,
)
from tests.simulators.must import (
    Battery,
    Line,
    PvInverter,
    SerialPort,
    SimulatedMust,
    faults,
)

type Connect = Callable[..., MustClient]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for answers that do not come."""
    monkeypatch.setattr(client_module, "TIMEOUT", 0.15)
    monkeypatch.setattr(client_module, "CONNECT_DELAY", 0.01)
    monkeypatch.setattr(TmodbusUnit, "set_message_spacing", lambda *_: None)


@pytest.fixture
async def connection(port: SerialPort) -> AsyncGenerator[ModbusConnection]:
    """Return a connection to the port."""
    opened = ModbusConnection(ModbusSerialParams(device=port.device))
    yield opened
    await opened.close()


@pytest.fixture
def connect(connection: ModbusConnection) -> Connect:
    """Return how to make a client on the line."""

    def connected(series: Series = EP, unit: int | None = None) -> MustClient:
        return MustClient(
            connection.for_unit(unit or series.unit),
            series,
            connection.for_unit(STRANGER),
        )

    return connected


EVERY_MACHINE = [
    SimulatedMust(),
    SimulatedMust(machine_type=2, has_pv=True),
    SimulatedMust(machine_type=2, has_second_settings=False),
    SimulatedMust(machine_type=3, battery=Battery(blocks=4)),
    SimulatedMust(machine_type=4100),
    SimulatedMust(machine_type=999),
    PvInverter(),
    PvInverter(number=1900),
    PvInverter(letters=b"EP"),
    PvInverter(has_identity=False),
    PvInverter(short_settings=True),
]


@pytest.mark.parametrize("machine", EVERY_MACHINE, ids=range(len(EVERY_MACHINE)))
async def test_no_dangerous_register_is_ever_asked_for(
    connect: Connect, line: Line, machine: SimulatedMust | PvInverter
) -> None:
    """No request of any kind touches what may switch a unit off."""
    line.machines = [machine]
    client = connect(PV if isinstance(machine, PvInverter) else EP)
    for _ in range(SETTINGS_EVERY + 2):
        reading = await client.read()
    for row in reading.family.registers:
        value = reading.values.get(row.key)
        if row.setting is not None and value is not None:
            with suppress(ValueImpossible):
                await client.write(reading, row.key, value)
    touched = {address for block in machine.touched for address in block}
    assert touched
    assert not any(address in bad for address in touched for bad in FORBIDDEN)


def another(reading: MustReading, row: Register) -> float | str | bool | None:
    """Return what a setting may be, but is not; ``None`` where nothing is allowed."""
    now = reading.values[row.key]
    if row.kind is Kind.FLAG:
        return not now
    if row.kind is Kind.ENUM:
        return next(name for name in codec.options(reading, row.key) if name != now)
    limits = codec.limits(reading, row.key)
    return limits and next(value for value in limits[:2] if value != now)


@pytest.mark.parametrize("machine", EVERY_MACHINE, ids=range(len(EVERY_MACHINE)))
async def test_every_setting(
    connect: Connect, line: Line, machine: SimulatedMust | PvInverter
) -> None:
    """Each setting arrives in its register, and is read back as what was asked for."""
    line.machines = [machine]
    client = connect(PV if isinstance(machine, PvInverter) else EP)
    reading = await client.read()
    function = 6 if isinstance(machine, PvInverter) else 16
    for row in reading.family.registers:
        if row.setting is None or reading.values.get(row.key) is None:
            continue
        if (value := another(reading, row)) is None:
            continue
        await client.write(reading, row.key, value)
        word = codec.encode(reading, row.key, value)
        assert machine.writes[-1] == (function, row.address, word)
        reading = await client.read()
        assert reading.values[row.key] == value


async def test_detection_touches_nothing_dangerous(
    connection: ModbusConnection, line: Line
) -> None:
    """Looking for models asks only for what the maker's own program asks for."""
    line.machines = []

    @asynccontextmanager
    async def open_unit(series: Series) -> AsyncIterator[ModbusUnit]:
        yield connection.for_unit(series.unit)

    with pytest.raises(NoAnswer):
        await detect(open_unit)
    asked = {
        (request[0], int.from_bytes(request[2:4]), int.from_bytes(request[4:6]))
        for request in line.requests
        if request[1] == 3
    }
    assert asked == {
        (10, 30000, 1),
        (1, 10000, 1),
        (5, 20001, 1),
        (6, 20001, 1),
        (4, 20000, 7),
    }


async def test_settings_are_read_now_and_then(connect: Connect, line: Line) -> None:
    """The settings come with every tenth poll."""
    client = connect()

    def asked() -> int:
        return sum(request[2:4] == b"\x79\x18" for request in line.requests)

    for _ in range(SETTINGS_EVERY):
        await client.read()
    assert asked() == 1
    await client.read()
    assert asked() == 2


async def test_block_that_is_not_there_is_asked_for_once(
    connect: Connect, line: Line, ups: SimulatedMust
) -> None:
    """A unit without the second settings is not bothered again."""
    ups.settings = {key: value for key, value in ups.settings.items() if key < 31011}
    client = connect()
    for _ in range(2 * SETTINGS_EVERY):
        reading = await client.read()
    assert sum(request[2:4] == b"\x79\x23" for request in line.requests) == 1
    assert "start_with_mains" not in reading.values
    assert reading.values["buzzer"] is True


async def test_silent_block_is_asked_for_once(
    connect: Connect, line: Line, ups: SimulatedMust, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence says the same as a refusal, for a block that never answered."""
    ups.machine_type = 2
    real = ups.read

    def deaf(first: int, count: int) -> list[int]:
        if first in (30030, 31011):
            ups.answers = False
        return real(first, count)

    monkeypatch.setattr(ups, "read", deaf)
    replies = line.reply

    def reply(request: bytes) -> bytes | None:
        healthy = replies(request)
        answers, ups.answers = ups.answers, True
        return healthy if answers else None

    monkeypatch.setattr(line, "reply", reply)
    client = connect()
    first = await client.read()
    assert first.family is PV2000
    before = len(line.requests)
    await client.read()
    assert len(line.requests) == before + 1


async def test_smaller_block(connect: Connect, line: Line) -> None:
    """A unit that refuses the longer block is asked for the shorter one."""
    inverter = PvInverter(short_settings=True)
    line.machines = [inverter]
    client = connect(PV)
    for _ in range(SETTINGS_EVERY + 1):
        reading = await client.read()
    assert reading.values["battery_type"] == "agm"
    assert "equalisation_voltage" not in reading.values
    assert inverter.touched.count(range(10101, 10125)) == 1


async def test_swapped_unit(connect: Connect, ups: SimulatedMust) -> None:
    """Another model in the old one's place is read by its own map."""
    client = connect()
    assert (await client.read()).family_key == "ep2000"
    ups.machine_type = 2
    assert (await client.read()).family_key == "pv2000"


async def test_settings_that_fail_do_not_fail_the_poll(
    connect: Connect, line: Line
) -> None:
    """The status is worth more than the settings, which are asked for again."""
    client = connect()
    await client.read()
    client._settings_age = SETTINGS_EVERY
    healthy = line.reply

    def reply(request: bytes) -> bytes | None:
        return None if request[2:4] == b"\x79\x18" else healthy(request)

    line.reply = reply  # type: ignore[method-assign]
    reading = await client.read()
    assert reading.values["load_power"] == 138
    assert reading.values["buzzer"] is True


async def test_refused_series(connect: Connect, line: Line) -> None:
    """A unit that refuses to say what it is is none of ours."""
    line.inject(faults.exception(2))
    with pytest.raises(RequestRefused):
        await connect().read()


async def test_inverter_writes_with_the_function_for_one(
    connect: Connect, line: Line
) -> None:
    """The inverters take the function that is proven on them."""
    inverter = PvInverter()
    line.machines = [inverter]
    client = connect(PV)
    reading = await client.read()
    await client.write(reading, "grid_charge_current", 20.0)
    assert inverter.writes == [(6, 20125, 200)]
    with pytest.raises(RequestRefused):
        await client.shut_down()


async def test_shutdown_that_does_nothing(
    connect: Connect, ups: SimulatedMust, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit that goes on delivering did not do what it was told."""
    ups.mains = False
    monkeypatch.setattr(ups, "store", lambda *_: None)
    with pytest.raises(NotConfirmed):
        await connect().shut_down()


async def test_shutdown_into_silence(
    connect: Connect, ups: SimulatedMust, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit that is silent afterwards has switched itself off."""
    ups.mains = False
    client = connect()
    await client.read()

    def store(address: int, value: int) -> None:
        ups.answers = False

    monkeypatch.setattr(ups, "store", store)
    await client.shut_down()
    assert ups.writes == [(16, 32002, 1)]


class Broken:
    """A unit that fails as the shared connection may."""

    def __init__(self, error: Exception) -> None:
        """Take the error."""
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Be willing to take any setting."""
        return lambda *_: None

    async def read_holding_registers(self, address: int, count: int) -> list[int]:
        """Fail, or answer too little."""
        if isinstance(self._error, StopIteration):
            return [0]
        raise self._error

    async def disconnect(self) -> None:
        """Fail again."""
        raise ModbusError("gone")


def caused(error: Exception, cause: Exception) -> Exception:
    """Return an error with its cause."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ModbusError("?"), CannotConnect),
        (StopIteration(), AnswerDamaged),
        (
            caused(ModbusError("?"), OSError()),
            CannotConnect,
        ),
    ],
)
async def test_odd_failures(error: Exception, expected: type[ClientError]) -> None:
    """Whatever else the connection raises becomes one of the client's errors."""
    with pytest.raises(expected):
        await MustClient(Broken(error), EP).read()  # type: ignore[arg-type]


async def test_forbidden_port() -> None:
    """A port that may not be opened is told from one that is not there."""
    error = caused(ModbusConnectionError("?"), PermissionError(13, "denied"))
    with pytest.raises(PortForbidden):
        await MustClient(Broken(error), EP).read()  # type: ignore[arg-type]
    with pytest.raises(NoAnswer):
        await MustClient(
            Broken(ModbusTimeoutError("?")),  # type: ignore[arg-type]
            EP,
        ).read()
