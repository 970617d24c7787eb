"""A MUST UPS on a serial port, and behind a gateway.

The signal USR1 pulls its adapter out, in the midst of the next reply; the next one plugs
it in again, as another device node behind the same name.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
import signal

from tests.simulators.must import Gateway, Line, SerialPort, SimulatedMust

from ..client import Step
from . import DemoType, Place

BAUDRATE = 9600
BATTERY = {"battery_capacity": 55}
"""Ah."""


@dataclass(frozen=True)
class Connected:
    """The UPS, both ways."""

    port: SerialPort
    gateway: Gateway


@asynccontextmanager
async def start_simulator(place: Place) -> AsyncGenerator[Connected]:
    """Plug the UPS in, always under the same name."""
    line = Line(SimulatedMust(load=214.0), baudrate=BAUDRATE)
    async with (
        SerialPort(line, place.folder / "ttyMUST") as port,
        Gateway(line, port=place.port()) as gateway,
        replugged_by_signal(port),
    ):
        yield Connected(port, gateway)


@asynccontextmanager
async def replugged_by_signal(port: SerialPort) -> AsyncGenerator[None]:
    """Let a signal pull the adapter out and plug it in, by turns."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    task = asyncio.create_task(replug(port, told))
    loop.add_signal_handler(signal.SIGUSR1, told.set)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)
        task.cancel()


async def replug(port: SerialPort, told: asyncio.Event) -> None:
    """Unplug and plug in, each when told."""
    while True:
        await told.wait()
        told.clear()
        await port.unplug(in_mid_frame=True)
        await told.wait()
        told.clear()
        port.plug()


def switch_mains(ups: Connected, there: bool) -> None:
    """Let the UPS lose mains or have it back."""
    for machine in ups.port.line.machines:
        assert isinstance(machine, SimulatedMust)
        machine.catch_up()
        machine.mains = there


def flow_steps(ups: Connected) -> Sequence[Step]:
    """Add the UPS by its serial port."""
    return ("must", "must_serial", {"device": ups.port.device, **BATTERY})


def gateway_steps(ups: Connected) -> Sequence[Step]:
    """Add the UPS by the gateway."""
    address = {"host": ups.gateway.host, "port": ups.gateway.port}
    return ("must", "must_tcp", address | BATTERY)


DEMO = DemoType(
    key="must",
    name="MUST UPS",
    start_simulator=start_simulator,
    flow_steps=flow_steps,
    other_ways=lambda ups: (gateway_steps(ups),),
    mains=switch_mains,
    areas={"MUST EP2000 Pro": "Office"},
)
