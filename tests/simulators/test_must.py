"""The simulator says what the MUST protocol says."""

import asyncio
from collections.abc import AsyncGenerator
import os
from pathlib import Path
import termios
import time
import tty

import pytest

from .must import Battery, Gateway, Line, PvInverter, SerialPort, SimulatedMust, faults
from .must.frames import crc, intact, sealed, words

STATUS = bytes.fromhex("0A03 7530 001B 1EB9")
SETTINGS = bytes.fromhex("0A03 7918 000A 5DED")
SILENT_BUZZER = bytes.fromhex("0A10 791E 0001 02 0001 FFD9")


def ask(line: Line, request: bytes) -> bytes:
    """Return what a line answers, without the line's time."""
    return b"".join(chunk.data for chunk in line.chunks(request))


def test_crc() -> None:
    """The checksum is the one of the Modbus guide."""
    assert crc(b"123456789") == b"\x37\x4b"
    assert intact(STATUS)
    assert not intact(STATUS[:-1] + b"\0")


def test_status() -> None:
    """27 registers in 59 bytes, with the predecessor's values in them."""
    reply = ask(Line(SimulatedMust()), STATUS)
    assert len(reply) == 59
    assert intact(reply)
    sent = words(reply[3:-2])
    assert sent[5:9] == [2256, 501, 2248, 500]
    assert sent[10] == 138


@pytest.mark.parametrize(
    ("machine_type", "on_mains", "on_battery"),
    [(0, 4, 3), (2, 4, 3), (3, 2, 1), (4100, 2, 1)],
)
def test_states(machine_type: int, on_mains: int, on_battery: int) -> None:
    """Each type numbers its states in its own way."""
    ups = SimulatedMust(machine_type=machine_type)
    assert ups.registers()[30002] == on_mains
    ups.mains = False
    assert ups.registers()[30002] == on_battery
    assert ups.registers()[30015] < 0


def test_write() -> None:
    """A write is confirmed as documented, and read back."""
    ups = SimulatedMust()
    line = Line(ups)
    assert ask(line, SILENT_BUZZER) == bytes.fromhex("0A10 791E 0001 79E8")
    assert words(ask(line, SETTINGS)[3:-2])[6] == 1


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ("0A03 8000 0001", "0A83 02"),
        ("0A10 8000 0001 02 0001", "0A90 02"),
        ("0A06 8000 0001", "0A86 02"),
        ("0A07 0000 0000", "0A87 01"),
    ],
)
def test_exceptions(request_: str, reply: str) -> None:
    """What is not there, or not understood, is declined."""
    request = sealed(bytes.fromhex(request_))
    assert ask(Line(SimulatedMust()), request) == sealed(bytes.fromhex(reply))


def test_nobody_answers_for_others() -> None:
    """A unit is silent when others are asked."""
    assert ask(Line(SimulatedMust(unit=11)), STATUS) == b""


def test_discharge() -> None:
    """The battery runs empty, the load is off, and mains brings it back."""
    now = [0.0]
    ups = SimulatedMust(clock=lambda: now[0], load=400, mains=False)
    volts = []
    while ups.on_battery:
        volts.append(ups.battery_volts)
        now[0] += 60
    assert 40 < len(volts) < 90
    assert volts == sorted(volts, reverse=True)
    assert ups.registers()[30002] == 6
    assert ups.registers()[30007] == 0
    ups.mains = True
    now[0] += 3600
    assert not ups.on_battery
    assert ups.registers()[30002] == 4
    assert 10 < ups.battery.charge < 30


def test_larger_load_gets_less_out() -> None:
    """Peukert's law, seen from outside."""

    def hours(load: float) -> float:
        now = [0.0]
        ups = SimulatedMust(clock=lambda: now[0], load=load, mains=False)
        while ups.on_battery:
            now[0] += 30
        return now[0] / 3600

    assert hours(600) * 600 < hours(200) * 200 * 0.9


def test_outages_by_script() -> None:
    """Mains goes and comes as told."""
    now = [0.0]
    ups = SimulatedMust(clock=lambda: now[0])
    ups.outage_every(900, 180, 60)
    there = []
    for now[0] in (30, 100, 230, 300, 970, 1200):
        there.append(not ups.on_battery)
    assert there == [True, False, False, True, False, True]


def test_inverter() -> None:
    """The other series says its name in two letters."""
    request = bytes.fromhex("0403 4E20 0007 12BF")
    reply = ask(Line(PvInverter()), request)
    assert reply == bytes.fromhex("0403 0E 5056 0708 0001 0929 27DB 5020 28AF E363")


# --- the port ---------------------------------------------------------------------------


@pytest.fixture
async def port(tmp_path: Path) -> AsyncGenerator[SerialPort]:
    """Return a port at 9600 baud."""
    line = Line(SimulatedMust(), baudrate=9600)
    async with SerialPort(line, tmp_path / "tty") as plugged:
        yield plugged


async def exchange(port: SerialPort, request: bytes, seconds: float = 0.5) -> bytes:
    """Send bytes to a port and return what comes within a time."""
    file = os.open(port.device, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        tty.setraw(file, termios.TCSANOW)
        os.write(file, request)
        received = b""
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(received) < 59:
            await asyncio.sleep(0.002)
            try:
                received += os.read(file, 4096)
            except BlockingIOError:
                continue
        return received
    finally:
        os.close(file)


async def test_port_takes_the_wires_time(port: SerialPort) -> None:
    """67 bytes take 70 ms, rubbish before a request notwithstanding."""
    started = time.monotonic()
    reply = await exchange(port, STATUS)
    assert intact(reply)
    assert time.monotonic() - started >= 67 * 10 / 9600
    assert intact(await exchange(port, b"\x0a\x03\x00" + STATUS))


async def test_replug(port: SerialPort, tmp_path: Path) -> None:
    """An unplugged port is gone, and comes back where it is told."""
    await port.unplug()
    await port.unplug()
    assert not port.link.exists()
    port.plug(tmp_path / "other")
    assert intact(await exchange(port, STATUS))


async def test_gateway() -> None:
    """A gateway wraps the same answers, and answers for a silent unit."""
    async with Gateway(Line(SimulatedMust())) as gateway:
        reader, writer = await asyncio.open_connection(gateway.host, gateway.port)
        writer.write(bytes.fromhex("0001 0000 0006 0A03 7530 001B"))
        assert (await reader.readexactly(63))[:9] == bytes.fromhex(
            "0001 0000 0039 0A03 36"
        )
        writer.write(bytes.fromhex("0002 0000 0006 0B03 7530 001B"))
        assert await reader.readexactly(9) == bytes.fromhex("0002 0000 0003 0B83 0B")
        writer.close()


# --- faults -----------------------------------------------------------------------------


def test_faults() -> None:
    """Each fault does what its name says."""
    line = Line(SimulatedMust())
    healthy = ask(line, STATUS)
    with line.inject(faults.silence()):
        assert ask(line, STATUS) == b""
    with line.inject(faults.damaged()):
        assert len(spoilt := ask(line, STATUS)) == 59
        assert not intact(spoilt)
    with line.inject(faults.short()):
        assert healthy.startswith(ask(line, STATUS))
    with line.inject(faults.long()):
        assert intact(longer := ask(line, STATUS))
        assert len(longer) == 59 + 8
    with line.inject(faults.other_unit()):
        assert ask(line, STATUS)[0] == 11
    with line.inject(faults.echo()):
        assert ask(line, STATUS) == STATUS + healthy
    with line.inject(faults.noise(5)):
        assert ask(line, STATUS)[5:] == healthy
    with line.inject(faults.exception(4)):
        assert ask(line, STATUS)[:3] == b"\x0a\x83\x04"
    with line.inject(faults.nothing_but(0xFFFF)):
        assert set(words(ask(line, STATUS)[3:-2])) == {0xFFFF}
    with line.inject(faults.dripping(1)):
        assert len(list(line.chunks(STATUS))) == 59
    line.inject(faults.silence(), times=1, function=16)
    assert ask(line, STATUS) == healthy
    assert ask(line, SILENT_BUZZER) == b""
    assert ask(line, SILENT_BUZZER) != b""


def test_battery_of_two_blocks() -> None:
    """A bank of 24 V has twice the volts and half the current."""
    one, two = Battery(), Battery(blocks=2)
    assert two.rest_voltage == 2 * one.rest_voltage
    assert two.amperes(200) == pytest.approx(one.amperes(200) / 2, rel=0.02)
