"""A MUST UPS on a serial port.

The signal USR1 pulls its adapter out, in the midst of the next reply; the next one plugs
it in again, as another device node behind the same name.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
import signal

from tests.simulators.must import Line, SerialPort, SimulatedMust

from ..client import Step
from . import DemoType, Place

BAUDRATE = 9600


@asynccontextmanager
async def start_simulator(place: Place) -> AsyncGenerator[SerialPort]:
    """Plug the UPS in, always under the same name."""
    line = Line(SimulatedMust(load=214.0), baudrate=BAUDRATE)
    async with (
        SerialPort(line, place.folder / "ttyMUST") as port,
        replugged_by_signal(port),
    ):
        yield port


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


def switch_mains(port: SerialPort, there: bool) -> None:
    """Let the UPS lose mains or have it back."""
    for ups in port.line.machines:
        assert isinstance(ups, SimulatedMust)
        ups.catch_up()
        ups.mains = there


def flow_steps(port: SerialPort) -> Sequence[Step]:
    """Add the UPS."""
    return ("must", "must_serial", {"device": port.device, "battery_capacity": 55})


DEMO = DemoType(
    key="must",
    name="MUST UPS",
    start_simulator=start_simulator,
    flow_steps=flow_steps,
    mains=switch_mains,
    areas={"MUST EP2000 Pro": "Office"},
)
