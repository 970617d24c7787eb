"""What EcoFlow's devices cost: a message, a publication, a set-up, and memory."""

import asyncio
from collections.abc import Callable
import gc
from itertools import cycle
import json
import time
import tracemalloc
from typing import Any

import pytest

from custom_components.power_steward.devices.ecoflow.codec import Topic, parse
from custom_components.power_steward.devices.ecoflow.coordinator import (
    EcoFlowCoordinator,
)
from custom_components.power_steward.devices.ecoflow.station import Station
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.devices.ecoflow.accounts import DELTA, an_entry, live, of, set_up, until
from tests.devices.ecoflow.conftest import a_station, home, seen
from tests.simulators.ecoflow import SimulatedHome, SimulatedStation

__all__ = ["home"]

type Benchmark = Callable[..., Any]

FOUR = {
    "R331TEST00000002": "delta_2",
    "R351TEST00000003": "delta_2",
    "P351TEST00000004": "delta_3_plus",
    "BK11TEST00000005": "stream_ultra",
}


def quotas_of(name: str) -> dict[str, Any]:
    """Return all that a device of JSON said."""
    merged: dict[str, Any] = {}
    for _, payload in seen(name).messages:
        message = json.loads(payload)
        merged |= message.get("params") or message["data"]["quotaMap"]
    return merged


def take(station: Station, topic: Topic, payload: bytes) -> None:
    """Take a message and make the reading."""
    station.take(parse(topic, payload, station.model.family.layouts))
    station.reading(available=True)


@pytest.mark.benchmark(group="one message to a reading")
def test_json_of_1_kb(benchmark: Benchmark) -> None:
    """A push of 1 kB, as a device writes it, in which two values change each time."""
    names = [*quotas_of("delta_2").items()]
    payloads: list[bytes] = []
    for watts in (43, 44):
        values: dict[str, Any] = {"pd.wattsOutSum": watts, "inv.outputWatts": watts}
        for name, value in names:
            if len(written(values)) >= 1000:
                break
            values.setdefault(name, value)
        payloads.append(written(values))
    assert all(1000 <= len(payload) < 1050 for payload in payloads)
    station = a_station("R331TEST00000001")
    in_turn = cycle(payloads)

    def one() -> None:
        take(station, Topic.PUSH, next(in_turn))

    benchmark(one)


def written(values: dict[str, Any]) -> bytes:
    """Return a push without a space, as devices send it."""
    return json.dumps({"params": values}, separators=(",", ":")).encode()


@pytest.mark.benchmark(group="one message to a reading")
@pytest.mark.parametrize("name", ["stream_micro", "alternator", "delta_3"])
def test_frames(benchmark: Benchmark, name: str) -> None:
    """Masked frames of real devices, with 1 to 4, 19 and 104 properties each."""
    device = seen(name)
    station = device.station()

    def all_of_them() -> None:
        for topic, payload in device.messages:
            take(station, topic, payload)

    benchmark(all_of_them)
    benchmark.extra_info["frames"] = len(device.messages)  # type: ignore[attr-defined]


def add_four(home: SimulatedHome) -> None:
    """Put four more stations with all their values into the account."""
    for serial, name in FOUR.items():
        json_speaking = not serial.startswith(("P351", "BK11"))
        station = (
            SimulatedStation(serial, quotas=quotas_of(name))
            if json_speaking
            else SimulatedStation(
                serial, answers=[payload for _, payload in seen(name).messages]
            )
        )
        home.stations[serial] = home.cloud.devices[serial] = station


async def all_there(hass: HomeAssistant, home: SimulatedHome) -> EcoFlowCoordinator:
    """Set an entry with them up, until each has said everything."""
    asyncio.get_running_loop().set_debug(False)
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    await hass.async_block_till_done()
    return coordinator


def entities(hass: HomeAssistant) -> int:
    """Return how many entities there are in the registry."""
    return len(er.async_get(hass).entities)


@pytest.mark.usefixtures("enable_custom_integrations")
async def test_set_up(
    hass: HomeAssistant, home: SimulatedHome, capsys: pytest.CaptureFixture[str]
) -> None:
    """The CPU that adding four stations takes, and the memory of their entities.

    The CPU holds the simulators' share: the cloud, the broker and both ends of TLS.
    """
    coordinator = await all_there(hass, home)
    entry = coordinator.config_entry
    before = entities(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    add_four(home)
    coordinator._client._kept.clear()
    gc.collect()
    tracemalloc.start()
    await hass.config_entries.async_setup(entry.entry_id)
    again = entry.runtime_data
    assert isinstance(again, EcoFlowCoordinator)
    await until(lambda: live(again))
    await hass.async_block_till_done()
    gc.collect()
    snapshot = tracemalloc.take_snapshot()
    tracemalloc.stop()
    ours = snapshot.filter_traces([tracemalloc.Filter(True, "*/power_steward/*")])
    held = sum(it.size for it in ours.statistics("filename"))
    added = entities(hass) - before
    assert await hass.config_entries.async_unload(entry.entry_id)
    started = time.process_time()
    await hass.config_entries.async_setup(entry.entry_id)
    once_more = entry.runtime_data
    assert isinstance(once_more, EcoFlowCoordinator)
    await until(lambda: live(once_more))
    await hass.async_block_till_done()
    spent = time.process_time() - started
    with capsys.disabled():
        print(
            f"\n{entities(hass)} entities: set-up {spent * 1000:.0f} ms CPU;"
            f" {held / added:.0f} bytes an entity allocated by us"
        )


@pytest.mark.usefixtures("enable_custom_integrations")
async def test_push_to_state(
    hass: HomeAssistant, home: SimulatedHome, capsys: pytest.CaptureFixture[str]
) -> None:
    """The time from a push at the broker to the state, and to 50 changed states."""
    home.push(DELTA, quotas_of("delta_2"))
    coordinator = await all_there(hass, home)
    coordinator._coalesce = 0
    took = []
    for watts in range(20):
        changed = asyncio.Event()

        def note(event: Event[Any], changed: asyncio.Event = changed) -> None:
            changed.set()

        stop = hass.bus.async_listen("state_changed", note)
        started = time.perf_counter()
        home.push(DELTA, {"pd.wattsOutSum": 1000 + watts})
        await changed.wait()
        took.append(time.perf_counter() - started)
        stop()
        await asyncio.sleep(0.01)
    station = coordinator._stations[DELTA]
    spent = []
    for turn in range(20):
        station.take(parse(Topic.PUSH, module_with(turn), {}))
        readings = {DELTA: coordinator._reading(DELTA, coordinator.clock.monotonic())}
        before = hass.states.async_all("sensor")
        started = time.process_time()
        await coordinator._async_take(readings)
        spent.append(time.process_time() - started)
        written_states = sum(
            hass.states.get(state.entity_id) is not state for state in before
        )
    assert of(coordinator, DELTA).available
    with capsys.disabled():
        print(
            f"\npush to state {sorted(took)[10] * 1000:.1f} ms;"
            f" publishing {sorted(spent)[10] * 1000:.2f} ms,"
            f" {written_states} states written"
        )


def module_with(turn: int) -> bytes:
    """Return a push of one module in which a few values of many are new."""
    return written({"pd.wattsOutSum": turn, "pd.wattsInSum": turn, "pd.soc": 85})
