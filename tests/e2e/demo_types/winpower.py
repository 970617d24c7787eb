"""A WinPower G2 server with three unlike UPSs, one of which may lose the mains."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from math import pi, sin

from tests.simulators.winpower import SimulatedUps, WinPowerSimulator

from ..client import Step
from . import DemoType, Place

RACK_REST = 150.0
"""W in the server rack beside the host: disks, switches and fans."""


def _swinging(watts: float, swing: float, period: float) -> Callable[[float], float]:
    """Return a load that goes up and down by a share of itself."""
    return lambda seconds: watts * (1 + swing * sin(2 * pi * seconds / period))


def upses() -> list[SimulatedUps]:
    """Return the UPSs, which are the same at every start."""
    rack = SimulatedUps(
        id="7d1c6a52-5f0e-4f3b-9a61-3b0f6f2d8c01",
        alias="Server rack",
        load=RACK_REST,
    )
    hall = SimulatedUps.three_phase(
        id="7d1c6a52-5f0e-4f3b-9a61-3b0f6f2d8c02",
        alias="Machine hall",
        create_time="2026-02-11T08:03:55.120041",
        load=_swinging(880.0, 0.1, 420.0),
    )
    desk = SimulatedUps.line_interactive(
        id="7d1c6a52-5f0e-4f3b-9a61-3b0f6f2d8c03",
        alias="Desk",
        create_time="2026-03-02T17:20:31.904418",
    )
    return [rack, hall, desk]


@asynccontextmanager
async def start_simulator(place: Place) -> AsyncGenerator[WinPowerSimulator]:
    """Run the server."""
    simulator = WinPowerSimulator(upses=upses())
    await simulator.start(place.port())
    try:
        yield simulator
    finally:
        await simulator.stop()


def feed(simulator: WinPowerSimulator, host: Callable[[], float]) -> None:
    """Let the server rack's UPS carry a host, given its power in W as it is now."""
    simulator.upses[0].load = lambda _: RACK_REST + host()


def switch_mains(simulator: WinPowerSimulator, there: bool) -> None:
    """Let the server rack lose mains or have it back; the others are elsewhere."""
    simulator.settle()
    rack = simulator.upses[0]
    if there:
        rack.restore_mains()
    else:
        rack.lose_mains()


def flow_steps(simulator: WinPowerSimulator) -> Sequence[Step]:
    """Add the server."""
    return (
        "winpower",
        {
            "url": simulator.url,
            "username": simulator.username,
            "password": simulator.password,
            "verify_ssl": True,
        },
    )


DEMO = DemoType(
    key="winpower",
    name="WinPower G2 server",
    start_simulator=start_simulator,
    flow_steps=flow_steps,
    mains=switch_mains,
    areas={
        "Server rack": "Server room",
        "Machine hall": "Workshop",
        "Desk": "Office",
    },
)
