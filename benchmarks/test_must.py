"""What a poll of a MUST UPS costs, against the time that its bytes take on the wire."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from statistics import median
import time
from typing import Any

from modbus_connection import ModbusSerialParams
from modbus_connection.tmodbus import ModbusConnection
import pytest

from custom_components.power_steward.devices.must import codec
from custom_components.power_steward.devices.must.client import MustClient
from custom_components.power_steward.devices.must.registers import EP, EP2000
from tests.simulators.must import Line, SerialPort, SimulatedMust

BAUDRATE = 9600
BYTES = 8 + 59
"""A request for the status, and its answer."""
BITS_PER_BYTE = 10
POLLS = 40
PAUSE = 0.25
"""Between polls, so that none waits for the silence after the one before."""


@pytest.mark.benchmark
async def test_poll_against_the_wire(tmp_path: Path) -> None:
    """A poll of the status takes little more than its bytes do."""
    wire = BYTES * BITS_PER_BYTE / BAUDRATE
    line = Line(SimulatedMust(), baudrate=BAUDRATE)
    async with SerialPort(line, tmp_path / "ttyMUST") as port:
        connection = ModbusConnection(ModbusSerialParams(device=port.device))
        client = MustClient(connection.for_unit(EP.unit), EP)
        await client.read()
        took = []
        for _ in range(POLLS):
            await asyncio.sleep(PAUSE)
            started = time.perf_counter()
            await client.read_status()
            took.append(time.perf_counter() - started)
        await connection.close()
    factor = median(took) / wire
    print(
        f"status poll: median {median(took) * 1000:.1f} ms, {factor:.2f} times the wire"
        f" (best {min(took) / wire:.2f}, worst {max(took) / wire:.2f})"
    )
    assert factor < 1.3


@pytest.mark.benchmark(group="registers of one UPS")
def test_registers_to_reading(benchmark: Callable[..., Any]) -> None:
    """Make a reading of a status and its settings."""
    registers = SimulatedMust().registers()
    reading = benchmark(codec.read_ups, EP2000, registers)
    assert reading.mode == "line"
