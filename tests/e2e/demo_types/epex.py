"""The prices of a market with sunny noons, dear evenings, and five sources."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from tests.simulators.epex import EpexSimulator

from ..client import Json, Step
from . import DemoType, EnergyPrefs, Place


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


def energy_prefs(entities: Mapping[str, Json]) -> EnergyPrefs:
    """Bring nothing: a price belongs to a meter, and there is none."""
    return EnergyPrefs()


DEMO = DemoType(
    key="epex",
    name="market with day-ahead prices",
    start_simulator=start_simulator,
    flow_steps=flow_steps,
    energy_prefs=energy_prefs,
)
