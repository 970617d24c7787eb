"""The prices of a market with sunny noons, dear evenings, and five sources."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from tests.simulators.epex import EpexSimulator

from ..client import Step
from . import DemoType, Place


@asynccontextmanager
async def start_simulator(place: Place) -> AsyncGenerator[EpexSimulator]:
    """Run all sources."""
    simulator = EpexSimulator()
    await simulator.start(place.port())
    try:
        yield simulator
    finally:
        await simulator.stop()


def flow_steps(simulator: EpexSimulator) -> Sequence[Step]:
    """Add Germany's prices from Energy-Charts."""
    return (
        "epex",
        {"source": "energy_charts", "zone": "DE-LU"},
        {"more_options": {"url": simulator.url}},
    )


DEMO = DemoType(
    key="epex",
    name="market with day-ahead prices",
    start_simulator=start_simulator,
    flow_steps=flow_steps,
)
