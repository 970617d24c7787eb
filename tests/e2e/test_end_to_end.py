"""The demo, as a user starts it: a real Home Assistant with our integration in it."""

import asyncio
from collections.abc import Iterable, Mapping
from itertools import pairwise
import os
import re
import signal
import time
from typing import Any

import pytest

from .client import HomeAssistantClient, Json
from .demo_process import ORIGINAL, Demo
from .demo_types import ecoflow, winpower
from .home_assistant import access_token, complaints, process_id

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("e2e"),  # in order, and in one process
]

RACK, HALL, DESK = (ups.id for ups in winpower.upses())
MEASURED = (RACK, HALL)
"""The UPSs that report their load in watts, of which energy is counted."""
CAPPED = {key: {205: 100, 246: 125}[watts] for key, watts in ORIGINAL.items()}
"""The same with a manual cap of 100 W."""
MEMORY = 16
"""W that the memory of the host draws, about."""
PULLED_OUT = "The port of MUST EP2000 Pro is not there"
"""What the log says, once, of an adapter that is gone."""
TOO_BUSY = "does not answer (TimeoutError)"
"""What it says where the machine left a simulator no time to answer."""


@pytest.fixture(scope="module", autouse=True)
def _only_what_these_tests_do(demo: Demo) -> None:
    """Leave out of the log what others did to the demo before."""
    demo.forget_console()


@pytest.fixture
async def ids(home: HomeAssistantClient) -> dict[tuple[str, str], str]:
    """Return the entity ids by UPS and key."""
    return await entity_ids(home)


async def winpower_entry(home: HomeAssistantClient) -> Json:
    """Return the entry of the WinPower server, which is one of several."""
    (entry,) = (
        entry for entry in await home.entries() if entry["title"].startswith("WinPower")
    )
    return entry


async def entity_ids(home: HomeAssistantClient) -> dict[tuple[str, str], str]:
    """Return the entity ids by UPS and key."""
    return {
        (match[1], match[2]): entity["entity_id"]
        for unique_id, entity in (await home.entities()).items()
        if (match := re.fullmatch(rf".*_({RACK}|{HALL}|{DESK})_(\w+)", unique_id))
    }


async def energies(
    home: HomeAssistantClient,
    ids: Mapping[tuple[str, str], str],
    *,
    above: float = -1.0,
) -> dict[str, float]:
    """Return the energy of the UPSs that count it, once all of it is known."""

    def known(states: Mapping[str, Json]) -> dict[str, float] | None:
        try:
            found = {
                ups: float(states[ids[ups, "energy"]]["state"]) for ups in MEASURED
            }
        except KeyError, ValueError:
            return None
        return found if found[HALL] > above else None

    return await home.wait_for(known)


async def until_written(demo: Demo, entity_ids: Iterable[str]) -> None:
    """Wait for Home Assistant to write its registry: at rest for ten seconds, it does."""
    registry = demo.folder / ".storage/core.entity_registry"
    missing = {f'"{entity_id}"' for entity_id in entity_ids}
    async with asyncio.timeout(120):
        while missing:
            if registry.exists():
                text = registry.read_text("utf-8")
                missing = {entity_id for entity_id in missing if entity_id not in text}
            await asyncio.sleep(1)


async def until_capped(demo: Demo) -> None:
    """Wait for all limits of the processors to be capped; in an outage, lower ones are."""
    async with asyncio.timeout(HomeAssistantClient.patience):
        while any(demo.limits()[key] > watts for key, watts in CAPPED.items()):
            await asyncio.sleep(0.1)


async def test_states(
    home: HomeAssistantClient, ids: dict[tuple[str, str], str]
) -> None:
    """Every UPS is a device of its own, with what it measures."""
    entry = await winpower_entry(home)
    assert entry["state"] == "loaded"
    devices = [
        device["name"]
        for device in await home.ws("config/device_registry/list")
        # Parts of devices name their device, not an entry.
        if entry["entry_id"] in device.get("config_entries", ())
    ]
    assert {"Server rack", "Machine hall", "Desk"} < set(devices)

    states = await home.states()
    rack = states[ids[RACK, "load_power"]]
    assert winpower.RACK_REST < float(rack["state"]) < 500
    assert rack["attributes"]["unit_of_measurement"] == "W"
    assert rack["attributes"]["device_class"] == "power"
    assert float(states[ids[HALL, "load_power"]]["state"]) > 700
    for ups in (RACK, HALL, DESK):
        assert 0 < float(states[ids[ups, "battery_charge"]]["state"]) <= 100
        assert states[ids[ups, "on_battery"]]["state"] in ("on", "off")


async def test_statistics(
    home: HomeAssistantClient, ids: dict[tuple[str, str], str]
) -> None:
    """Power and energy have long-term statistics, of the right kind."""
    statistics = {
        item["statistic_id"]: item
        for item in await home.ws("recorder/list_statistic_ids")
    }
    for ups in MEASURED:
        energy = statistics[ids[ups, "energy"]]
        assert energy["has_sum"]
        assert energy["mean_type"] == 0
        assert energy["unit_class"] == "energy"
        assert energy["statistics_unit_of_measurement"] == "kWh"
        power = statistics[ids[ups, "load_power"]]
        assert not power["has_sum"]
        assert power["mean_type"] == 1
        assert power["unit_class"] == "power"
        assert power["statistics_unit_of_measurement"] == "W"
    issues = await home.ws("recorder/validate_statistics")
    # An entity that was removed leaves its statistics behind.
    assert not issues.keys() & {
        entity["entity_id"] for entity in (await home.entities()).values()
    }


async def test_dashboard(home: HomeAssistantClient) -> None:
    """The demo opens on a dashboard of entities that are all there."""
    core = await home.ws("frontend/get_system_data", key="core")
    assert core["value"] == {"default_panel": "power-steward"}
    config = await home.ws("lovelace/config", url_path="power-steward")
    platforms = "binary_sensor|calendar|event|image|select|sensor|switch"
    shown = set(re.findall(rf"'((?:{platforms})\.\w+)'", str(config)))
    assert len(shown) > 20
    assert shown - (await home.states()).keys() == set()


async def test_energy_dashboard(
    home: HomeAssistantClient, ids: dict[tuple[str, str], str]
) -> None:
    """The Energy dashboard takes the UPSs as devices, with their power."""
    prefs = await home.ws("energy/get_prefs")
    assert {(ids[ups, "energy"], ids[ups, "load_power"]) for ups in MEASURED} <= {
        (device["stat_consumption"], device.get("stat_rate"))
        for device in prefs["device_consumption"]
    }
    validation = await home.ws("energy/validate")
    issues = {
        issue["type"] for issues in validation["device_consumption"] for issue in issues
    }
    # True of every new sensor until the statistics of its first five minutes.
    assert issues <= {"statistics_not_defined"}


async def test_prometheus(
    home: HomeAssistantClient, ids: dict[tuple[str, str], str]
) -> None:
    """Home Assistant's exporter gives what an exporter of ours would."""
    metrics = await home.text("/api/prometheus")
    for metric, key in (
        ("homeassistant_sensor_power_w", "load_power"),
        ("homeassistant_sensor_energy_kwh", "energy"),
        ("homeassistant_sensor_battery_percent", "battery_charge"),
        ("homeassistant_binary_sensor_state", "on_battery"),
    ):
        entity_id = re.escape(ids[RACK, key])
        line = rf'^{metric}\{{[^}}]*entity="{entity_id}"[^}}]*\}} [0-9.e+-]+$'
        assert re.search(line, metrics, re.MULTILINE), line


async def test_options(
    home: HomeAssistantClient, ids: dict[tuple[str, str], str]
) -> None:
    """Changed options are taken over without a restart, and energy goes on."""
    entry = await winpower_entry(home)
    before = await energies(home, ids)
    end = await home.options_flow(
        entry["entry_id"], "settings", {"interval": 2, "battery_low": 25}
    )
    assert end["type"] == "create_entry"
    await asyncio.sleep(5)  # time for two polls
    # To reload is also to save, and energy is shown once it is saved.
    await home.options_flow(
        entry["entry_id"], "settings", {"interval": 5, "battery_low": 20}
    )
    after = await energies(home, ids, above=before[HALL])
    assert after[RACK] >= before[RACK]
    entry = await winpower_entry(home)
    assert entry["state"] == "loaded"


async def test_caps(
    demo: Demo, home: HomeAssistantClient, ids: dict[tuple[str, str], str]
) -> None:
    """A cap that the user sets is in force at both processors, and their UPS feels it."""
    entities = {
        unique_id.rpartition("_hub_")[2]: entity["entity_id"]
        for unique_id, entity in (await home.entities()).items()
        if unique_id.startswith("rapl_")
    }
    await home.call_service(
        "select", "select_option", entity_id=entities["capping_mode"], option="manual"
    )
    await home.call_service(
        "number", "set_value", entity_id=entities["manual_cap"], value=100
    )
    await until_capped(demo)

    def carries_what_is_capped(states: Mapping[str, Json]) -> bool:
        limits = demo.limits()
        capped = sum(limits[f"intel-rapl:{number} 0"] for number in (0, 1))
        carried = float(states[ids[RACK, "load_power"]]["state"])
        return abs(carried - winpower.RACK_REST - MEMORY - capped) < 5

    await home.wait_for(carries_what_is_capped)


async def test_ecoflow(home: HomeAssistantClient) -> None:
    """The account's devices push, and a switch, a number and a choice are obeyed."""
    (entry,) = (
        entry for entry in await home.entries() if entry["title"].startswith("EcoFlow")
    )
    assert entry["state"] == "loaded"
    ids = {
        unique_id.partition("_")[2].partition("_")[2]: entity["entity_id"]
        for unique_id, entity in (await home.entities()).items()
        if entity["config_entry_id"] == entry["entry_id"]
    }

    async def operate(key: str, service: str, **data: Any) -> None:
        domain = ids[key].partition(".")[0]
        await home.call_service(domain, service, entity_id=ids[key], **data)

    async def shows(key: str, state: str) -> None:
        await home.wait_for(lambda states: states[ids[key]]["state"] == state)

    station, balcony, plug = ecoflow.STATION, ecoflow.POWERSTREAM, ecoflow.SMART_PLUG
    await shows(f"{station}_ac_output", "on")
    await operate(f"{station}_ac_output", "turn_off")
    await shows(f"{station}_ac_output", "off")
    await shows(f"{station}_output_power", "0.0")
    await operate(f"{station}_ac_output", "turn_on")
    await operate(f"{station}_screen_timeout", "select_option", option="never")
    await shows(f"{station}_screen_timeout", "never")
    await operate(f"{balcony}_base_load", "set_value", value=80)
    await shows(f"{balcony}_base_load", "80.0")
    await operate(f"{plug}_switch", "turn_off")
    await shows(f"{plug}_power", "0.0")
    await operate(f"{plug}_switch", "turn_on")
    await shows(f"{plug}_switch", "on")


async def test_replug(demo: Demo, home: HomeAssistantClient) -> None:
    """A pulled-out adapter takes the UPS's entities along; they soon come back."""
    load_power = next(
        entity["entity_id"]
        for unique_id, entity in (await home.entities()).items()
        if unique_id.startswith("must_") and unique_id.endswith("_ups_load_power")
    )
    link = demo.folder / "simulators" / "must" / "ttyMUST"
    node = link.readlink()

    def there(states: Mapping[str, Json]) -> bool:
        return bool(states[load_power]["state"] != "unavailable")

    await home.wait_for(there)
    demo.send(signal.SIGUSR1)
    await home.wait_for(lambda states: not there(states))
    demo.send(signal.SIGUSR1)
    while not link.exists():
        await asyncio.sleep(0.05)
    plugged = time.monotonic()
    await home.wait_for(there)
    assert time.monotonic() - plugged < 5
    assert link.readlink() != node
    texts = [record.text for record in complaints(demo.console())]
    assert sum(PULLED_OUT in text for text in texts) == 1


async def test_power_cut(demo: Demo, home: HomeAssistantClient) -> None:
    """What was shown of energy before a `kill -9` is still there after it."""
    ids = await entity_ids(home)
    before = await energies(home, ids, above=0)
    await until_written(demo, ids.values())
    os.kill(process_id(demo.folder), signal.SIGKILL)
    assert demo.wait() == 1, "the demo should tell that Home Assistant ended"

    demo.start()
    async with HomeAssistantClient(demo.url, access_token(demo.folder)) as again:
        assert await entity_ids(again) == ids
        after = await energies(again, ids)
        history = await again.ws(
            "history/history_during_period",
            start_time="2000-01-01T00:00:00Z",
            entity_ids=[ids[ups, "energy"] for ups in MEASURED],
            minimal_response=True,
            no_attributes=True,
        )
    for ups in MEASURED:
        assert after[ups] >= before[ups]
        totals = [
            float(state["s"])
            for state in history[ids[ups, "energy"]]
            if state["s"] not in ("unknown", "unavailable")
        ]
        assert all(earlier <= later for earlier, later in pairwise(totals))
    await until_capped(demo)


def test_originals_come_back(demo: Demo) -> None:
    """An end in good order gives back also what a crash had left."""
    assert demo.end(signal.SIGTERM) == 0
    assert demo.limits() == ORIGINAL
    demo.start()


def test_nothing_is_left(demo: Demo) -> None:
    """Ctrl-C ends Home Assistant too, and its log has nothing against us."""
    home_assistant = process_id(demo.folder)
    assert demo.end(signal.SIGINT) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(home_assistant, 0)
    assert demo.limits() == ORIGINAL
    texts = [record.text for record in complaints(demo.console())]
    foreseen = (PULLED_OUT, TOO_BUSY)
    assert [text for text in texts if not any(part in text for part in foreseen)] == []
