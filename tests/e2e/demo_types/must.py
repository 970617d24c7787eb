"""A MUST UPS on a serial port, which loses the mains in every quarter of an hour."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from tests.simulators.must import Line, SerialPort, SimulatedMust

from ..client import Step
from . import DemoType, Place

OUTAGE_EVERY = 900.0
OUTAGE_LASTS = 180.0
FIRST_OUTAGE_AFTER = 150.0
BAUDRATE = 9600


@asynccontextmanager
async def start_simulator(place: Place) -> AsyncGenerator[SerialPort]:
    """Plug the UPS in, always under the same name."""
    ups = SimulatedMust(load=214.0)
    ups.outage_every(OUTAGE_EVERY, OUTAGE_LASTS, FIRST_OUTAGE_AFTER)
    line = Line(ups, baudrate=BAUDRATE)
    async with SerialPort(line, place.folder / "ttyMUST") as port:
        yield port


def flow_steps(port: SerialPort) -> Sequence[Step]:
    """Add the UPS."""
    return ("must", "must_serial", {"device": port.device})


DEMO = DemoType(
    key="must",
    name="MUST UPS",
    start_simulator=start_simulator,
    flow_steps=flow_steps,
    areas={"MUST EP2000 Pro": "Office"},
)
