"""A host with two processors, their caps led by a price and by a UPS."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from math import pi, sin

from tests.simulators.rapl import Folder, server

from ..client import HomeAssistantClient, Json, Step
from . import DemoType, Place


def _busy(watts: float, swing: float, period: float) -> Callable[[float], float]:
    """Return a load that goes up and down by a share of itself."""
    return lambda seconds: watts * (1 + swing * sin(2 * pi * seconds / period))


@asynccontextmanager
async def start_simulator(place: Place) -> AsyncGenerator[Folder]:
    """Run the host."""
    host = server()
    for zone, load in zip(
        host.zones,
        (
            _busy(150.0, 0.3, 200.0),
            _busy(8.0, 0.1, 90.0),
            _busy(120.0, 0.4, 330.0),
            _busy(8.0, 0.1, 110.0),
        ),
        strict=True,
    ):
        zone.load = load
    with Folder(host, place.folder / "sys") as folder:
        yield folder


def flow_steps(folder: Folder) -> Sequence[Step]:
    """Add the host, and allow its limits to be set."""
    return (
        "rapl",
        {"path": str(folder.listing)},
        {"allow_control": True},
    )


async def finish(
    home: HomeAssistantClient, entry: Json, entities: Mapping[str, Json]
) -> None:
    """Let the caps follow a price and a UPS, and arm them."""
    states = await home.states()
    price = next(name for name in states if name.endswith("_total_price"))
    # The server rack's UPS loses the mains with the house. It lasts almost an hour, so
    # that caps have to fall for it to last a little longer.
    ups = sorted(
        (name for name in states if name.endswith("_on_battery")),
        key=lambda name: "rack" not in name,
    )
    await home.options_flow(
        entry["entry_id"],
        "settings",
        {
            "prices": {"price_entity": price, "without_data": "keep", "keep": 60},
            "limits": {
                "ramp": 100,
                "dwell": 10,
                "manual_change": 60,
                "scope": "each",
                "short_term": True,
            },
            "battery": {"battery_sensors": ups[:1], "runtime": 65, "settle": 1},
            "kubernetes": {"annotate": False},
        },
    )
    by_key = {
        unique_id.rpartition("hub_")[2]: entity["entity_id"]
        for unique_id, entity in entities.items()
        if "_hub_" in unique_id
    }
    await home.wait_for(
        lambda now: now.get(by_key["armed"], {}).get("state") == "off" or None
    )
    await home.call_service(
        "select",
        "select_option",
        entity_id=by_key["capping_mode"],
        option="price_linear",
    )
    await home.call_service("switch", "turn_on", entity_id=by_key["armed"])


DEMO = DemoType(
    key="rapl",
    name="host with two processors",
    start_simulator=start_simulator,
    flow_steps=flow_steps,
    finish=finish,
    areas={"Processor power": "Server room"},
)
