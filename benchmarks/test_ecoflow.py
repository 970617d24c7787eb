"""What EcoFlow's devices cost: a message, a publication, a set-up, and memory."""

import asyncio
import gc
from itertools import cycle
import json
import time
import tracemalloc
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.devices.ecoflow.codec import Topic, parse
from custom_components.power_steward.devices.ecoflow.coordinator import (
    EcoFlowCoordinator,
)
from custom_components.power_steward.devices.ecoflow.station import Station
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from tests.devices.ecoflow.accounts import (
    DELTA,
    add_devices,
    an_entry,
    live,
    quotas_of,
    until,
)
from tests.devices.ecoflow.conftest import _closed_sockets, a_station, home, seen
from tests.simulators.ecoflow import SimulatedHome

__all__ = ["_closed_sockets", "home"]

type Benchmark = Any

SIX = {
    "R351TEST00000003": "delta_2",
    "DAEBTEST00000004": "delta_max",
    "P351TEST00000005": "delta_3_plus",
    "MR51TEST00000006": "delta_pro_3",
    "BK11TEST00000007": "stream_ultra",
    "R611TEST00000008": "river_2_max",
}
"""Devices with so many values that they have some 400 entities together."""


ROUNDS = 200
ITERATIONS = 50
"""In a round, whose time is measured: a clock of CPU time takes a while itself."""


def take(station: Station, topic: Topic, payload: bytes) -> None:
    """Take a message and make the reading."""
    station.take(parse(topic, payload, station.model.family.layouts))
    station.reading(available=True)


@pytest.mark.benchmark(group="one message to a reading", timer=time.process_time)
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

    benchmark.pedantic(one, rounds=ROUNDS, iterations=ITERATIONS)


def written(values: dict[str, Any]) -> bytes:
    """Return a push without a space, as devices send it."""
    return json.dumps({"params": values}, separators=(",", ":")).encode()


@pytest.mark.benchmark(group="one message to a reading", timer=time.process_time)
@pytest.mark.parametrize("name", ["stream_micro", "alternator", "delta_3"])
def test_frames(benchmark: Benchmark, name: str) -> None:
    """Masked frames of real devices, with 1 to 4, 19 and 104 properties each."""
    device = seen(name)
    station = device.station()

    def all_of_them() -> None:
        for topic, payload in device.messages:
            take(station, topic, payload)

    benchmark.pedantic(all_of_them, rounds=ROUNDS, iterations=ITERATIONS)
    benchmark.extra_info["frames"] = len(device.messages)


async def all_there(hass: HomeAssistant, entry: MockConfigEntry) -> EcoFlowCoordinator:
    """Set an entry up, until each of its devices has said everything."""
    asyncio.get_running_loop().set_debug(False)
    await hass.config_entries.async_setup(entry.entry_id)
    coordinator = entry.runtime_data
    assert isinstance(coordinator, EcoFlowCoordinator)
    await until(lambda: live(coordinator))
    await hass.async_block_till_done()
    return coordinator


@pytest.mark.usefixtures("enable_custom_integrations")
async def test_set_up(
    hass: HomeAssistant, home: SimulatedHome, capsys: pytest.CaptureFixture[str]
) -> None:
    """The CPU of setting an account up whose entities are registered, and their memory.

    The CPU holds the simulators' share: the cloud, the broker and both ends of TLS.
    """
    home.stations.clear()
    home.cloud.devices.clear()
    add_devices(home, SIX)
    entry = an_entry(home)
    entry.add_to_hass(hass)
    await all_there(hass, entry)
    registered = len(er.async_get(hass).entities)
    spent = []
    for _ in range(5):
        assert await hass.config_entries.async_unload(entry.entry_id)
        gc.collect()
        started = time.process_time()
        await all_there(hass, entry)
        spent.append(time.process_time() - started)
    assert await hass.config_entries.async_unload(entry.entry_id)
    gc.collect()
    tracemalloc.start()
    await all_there(hass, entry)
    gc.collect()
    snapshot = tracemalloc.take_snapshot()
    tracemalloc.stop()
    ours = snapshot.filter_traces([tracemalloc.Filter(True, "*/power_steward/*")])
    held = sum(it.size for it in ours.statistics("filename"))
    with capsys.disabled():
        print(
            f"\n{registered} registry entries: set-up {min(spent) * 1000:.0f} ms CPU;"
            f" {held / registered:.0f} bytes an entity allocated by us"
        )


@pytest.mark.usefixtures("enable_custom_integrations")
async def test_push_to_state(
    hass: HomeAssistant, home: SimulatedHome, capsys: pytest.CaptureFixture[str]
) -> None:
    """The time from a push at the broker to the state, and to 50 changed states."""
    home.push(DELTA, quotas_of("delta_2"))
    entry = an_entry(home)
    entry.add_to_hass(hass)
    coordinator = await all_there(hass, entry)
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
    spent, written_states = await publish(hass, coordinator)
    with patch.object(Entity, "async_write_ha_state"):
        ours, _ = await publish(hass, coordinator)
    with capsys.disabled():
        print(
            f"\npush to state {sorted(took)[10] * 1000:.1f} ms;"
            f" publishing {min(spent) * 1000:.2f} ms, {written_states} states written,"
            f" of it ours {min(ours) * 1000:.2f} ms"
        )


async def publish(
    hass: HomeAssistant, coordinator: EcoFlowCoordinator
) -> tuple[list[float], int]:
    """Return what it takes to publish a changed module, and how many states it wrote."""
    station = coordinator._stations[DELTA]
    shown = [
        name
        for name, value in quotas_of("delta_2").items()
        if type(value) is int
        and value > 1
        and name.startswith(("pd.", "inv.", "mppt.", "bms_bmsStatus."))
    ]
    spent = []
    written_states = 0
    for turn in range(40):
        values = {name: station.raw[name] - 1 + turn % 2 * 2 for name in shown}
        station.take(parse(Topic.PUSH, written(values), {}))
        readings = {DELTA: coordinator._reading(DELTA, coordinator.clock.monotonic())}
        before = {it.entity_id: it for it in hass.states.async_all()}
        started = time.process_time()
        await coordinator._async_take(readings)
        spent.append(time.process_time() - started)
        written_states = sum(
            hass.states.get(entity_id) is not state
            for entity_id, state in before.items()
        )
    return spent, written_states
