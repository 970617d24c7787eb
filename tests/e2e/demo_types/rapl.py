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
            _busy(150.0, 0.1, 200.0),
            _busy(8.0, 0.1, 90.0),
            _busy(120.0, 0.1, 330.0),
            _busy(8.0, 0.1, 110.0),
        ),
        strict=True,
    ):
        zone.load = load
    with Folder(host, place.folder / "sys") as folder:
        yield folder


def power(folder: Folder) -> float:
    """Return what processors and memory draw now, in W."""
    host = folder.host
    return sum(zone.power(host.clock()) for zone in host.zones)


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
    # The server rack's UPS, which feeds the host, loses the mains with the house. It
    # lasts almost an hour, so that caps have to fall far for it to last longer.
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
                "floor": 40,
                "ramp": 100,
                "dwell": 10,
                "manual_change": 60,
                "scope": "each",
                "short_term": True,
            },
            "battery": {"battery_sensors": ups[:1], "runtime": 90, "settle": 1},
            "kubernetes": {"annotate": False},
        },
    )
    by_key = {
        unique_id.rpartition("hub_")[2]: entity["entity_id"]
        for unique_id, entity in entities.items()
        if "_hub_" in unique_id
    }
    armed, mode = by_key["armed"], by_key["capping_mode"]

    def follows_battery(now: Mapping[str, Json]) -> bool:
        """Return whether the entry is loaded again: only then there is what lasts."""
        ends = ("_battery_lasts", "_cap_needed_for_the_battery")
        return (
            all(any(name.endswith(end) for name in now) for end in ends)
            and now[armed]["state"] == "off"
            and now[mode]["state"] != "unavailable"
        )

    await home.wait_for(follows_battery)
    await home.call_service(
        "select",
        "select_option",
        entity_id=mode,
        option="price_linear",
    )
    await home.call_service("switch", "turn_on", entity_id=armed)


DEMO = DemoType(
    key="rapl",
    name="host with two processors",
    start_simulator=start_simulator,
    flow_steps=flow_steps,
    finish=finish,
    areas={"Processor power": "Server room"},
)
