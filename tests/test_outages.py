"""Outages as a user sees them: in entities, logbook, statistics, and by the action."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.outages import EVENT_OUTAGE, StoredOutages
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from .common import (
    async_add_winpower,
    async_load_again,
    async_wait,
    home_assistant,
    shown,
)
from .conftest import EVENING, Wait, WallClock
from .simulators.winpower import ManualClock, SimulatedUps, UpsMode, WinPowerSimulator

pytestmark = pytest.mark.usefixtures("wall")


@pytest.fixture
def ups(winpower: WinPowerSimulator) -> SimulatedUps:
    """Return the server's UPS, with a steady load and a battery that is at 90 %."""
    ups = winpower.upses[0]
    ups.load = 720.0
    ups.charge = 90
    return ups


@pytest.fixture
def told(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what the bus is told."""
    return listen(hass)


def listen(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what a bus is told from now on."""
    told: list[dict[str, Any]] = []

    @callback
    def note(event: Event) -> None:
        told.append(dict(event.data))

    hass.bus.async_listen(EVENT_OUTAGE, note)
    return told


async def async_outages(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Ask as an automation does."""
    response = await hass.services.async_call(
        DOMAIN, "outages", data, blocking=True, return_response=True
    )
    assert isinstance(response, dict)
    return response


async def async_lose_mains(ups: SimulatedUps, wait: Wait, seconds: int) -> None:
    """Let mains be away for a time that polls see as it is."""
    ups.lose_mains()
    await wait(seconds)
    ups.restore_mains()
    await wait(10)


async def test_entities(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
) -> None:
    """An outage is counted at once; when it is over, all of it is shown."""
    await async_add_winpower(hass, winpower)
    assert shown(hass, "sensor.c3k_outages") == "0"
    assert hass.states.get("sensor.c3k_last_outage") is None
    ups.lose_mains()
    await wait(5)
    assert shown(hass, "sensor.c3k_outages") == "1"
    assert shown(hass, "sensor.c3k_last_outage") == "2026-11-20T17:50:05+00:00"
    await wait(60)
    charge = float(shown(hass, "sensor.c3k_battery_charge"))
    ups.restore_mains()
    await wait(10)
    assert float(shown(hass, "sensor.c3k_last_outage_duration")) * 60 == (
        pytest.approx(62)
    )
    assert float(shown(hass, "sensor.c3k_last_outage_energy")) == pytest.approx(12.4)
    assert shown(hass, "sensor.c3k_last_outage_lowest_charge") == str(charge)
    state = hass.states.get("sensor.c3k_last_outage_duration")
    assert state is not None
    assert state.attributes["at_least"] is False


async def test_bus(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
    told: list[dict[str, Any]],
) -> None:
    """The bus is told of each step, with the device that it concerns."""
    await async_add_winpower(hass, winpower, battery_low=89.9)
    ups.charge = 89.95
    await async_lose_mains(ups, wait, 30)
    assert [event["change"] for event in told] == ["started", "battery_low", "ended"]
    device = dr.async_get(hass).async_get(told[0]["device_id"])
    assert device is not None
    assert device.name == told[0]["name"] == "C3K"
    assert told[0]["entity_id"] == "event.c3k_power_event"
    assert told[0]["end"] is None
    assert told[0]["duration"] == 0
    assert told[-1]["start"] == "2026-11-20T17:50:05+00:00"
    assert told[-1]["duration"] > 25
    assert told[-1]["energy"] == pytest.approx(told[-1]["duration"] / 5)


async def test_battery_test_is_not_counted(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
    told: list[dict[str, Any]],
) -> None:
    """A battery test is no outage, nor is a mode that says nothing."""
    await async_add_winpower(hass, winpower)
    ups.start_battery_test()
    await wait(30)
    assert shown(hass, "sensor.c3k_outages") == "0"
    ups.mode = UpsMode.POWERING_ON
    await wait(30)
    assert shown(hass, "sensor.c3k_outages") == "0"
    assert not told


async def test_device_that_cannot_tell(
    hass: HomeAssistant, winpower: WinPowerSimulator, ups: SimulatedUps, wait: Wait
) -> None:
    """What never said whether it runs on battery has no outages, not zero."""
    ups.omitted = frozenset({"mode"})
    await async_add_winpower(hass, winpower)
    await wait(10)
    assert hass.states.get("sensor.c3k_outages") is None
    assert (await async_outages(hass))["devices"] == []


async def test_server_lost_in_an_outage(
    hass: HomeAssistant, winpower: WinPowerSimulator, ups: SimulatedUps, wait: Wait
) -> None:
    """When mains came back unseen, the outage lasted at least as long as seen."""
    await async_add_winpower(hass, winpower)
    ups.lose_mains()
    await wait(11)
    await winpower.stop_listening()
    await wait(40)
    ups.restore_mains()
    await winpower.listen_again()
    await wait(60)
    assert shown(hass, "sensor.c3k_outages") == "1"
    state = hass.states.get("sensor.c3k_last_outage_duration")
    assert state is not None
    assert state.attributes["at_least"] is True
    assert float(state.state) * 60 == pytest.approx(6)


# Over restarts


async def test_restart_in_an_outage(
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    hass_storage: dict[str, Any],
    clock: ManualClock,
) -> None:
    """An outage goes on over a restart; its energy has a gap, its time has none."""
    async with home_assistant() as hass:
        entry = await async_add_winpower(hass, winpower)
        ups.lose_mains()
        await async_wait(hass, clock, 15)  # from 5 to 15
    clock.advance(45)
    async with home_assistant() as hass:
        told = listen(hass)
        await async_load_again(hass, entry)  # at 60
        assert shown(hass, "sensor.c3k_outages") == "1"
        await async_wait(hass, clock, 20)
        ups.restore_mains()
        await async_wait(hass, clock, 5)
        assert [event["change"] for event in told] == ["ended"]
        response = await async_outages(hass)
    (device,) = response["devices"]
    assert device["count"] == 1
    (outage,) = device["outages"]
    assert outage["start"] == "2026-11-20T17:50:05+00:00"
    assert outage["at_least"] is False
    seen = (15 - 5) + (outage["duration"] + 5 - 60)
    assert 75 <= outage["duration"] <= 79
    assert outage["energy"] == pytest.approx(720 * seen / 3600, rel=0.05)


@pytest.mark.parametrize("crash_after", [6, 20, 33])
async def test_crash_in_an_outage(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
    clock: ManualClock,
    crash_after: int,
) -> None:
    """After a crash, an outage that ended meanwhile is closed as far as it is on disk."""
    entry = await async_add_winpower(hass, winpower)
    ups.lose_mains()
    await wait(crash_after)
    disk = deepcopy(hass_storage)
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage.clear()
    hass_storage.update(disk)
    ups.restore_mains()
    clock.advance(600)

    async with home_assistant() as again:
        told = listen(again)
        await async_load_again(again, entry)
        assert shown(again, "sensor.c3k_outages") == "1"
        (outage,) = (await async_outages(again))["devices"][0]["outages"]
        assert outage["at_least"]
        assert crash_after - 5 - 17 <= outage["duration"] <= crash_after - 5
        assert outage["end"] is not None
        assert [event["change"] for event in told] == ["ended"]
        await async_wait(again, clock, 20)
        assert shown(again, "sensor.c3k_outages") == "1"


OUTAGE = {
    "started": "2026-11-20T10:00:00+00:00",
    "duration": 60.0,
    "over": True,
    "at_least": False,
    "unseen": 0.0,
    "energy": 12.0,
    "lowest_charge": None,
    "low": False,
}
EARLIER = {"number": 2, "seconds": 20.0}


@pytest.mark.parametrize(
    "spoilt",
    [
        [],
        None,
        {"outages": [OUTAGE]},
        {"earlier": EARLIER, "outages": 5},
        {"earlier": {"number": 2}, "outages": []},
        {"earlier": EARLIER, "outages": [{}]},
        {"earlier": EARLIER, "outages": [{**OUTAGE, "more": 1}]},
        {"earlier": EARLIER, "outages": [{**OUTAGE, "started": "2026-11-20T10:00"}]},
        {"earlier": EARLIER, "outages": [{**OUTAGE, "started": "soon"}]},
        {"earlier": EARLIER, "outages": [{**OUTAGE, "duration": "60"}]},
        {"earlier": EARLIER, "outages": [{**OUTAGE, "energy": -1}]},
        {"earlier": EARLIER, "outages": [{**OUTAGE, "over": 1}]},
        {"earlier": {"number": "2", "seconds": 1.0}, "outages": [OUTAGE]},
    ],
)
async def test_what_cannot_be_read_does_no_harm(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    winpower: WinPowerSimulator,
    caplog: pytest.LogCaptureFixture,
    spoilt: Any,
) -> None:
    """A log that no one wrote is forgotten, and one line says so; others stay."""
    winpower.upses.append(SimulatedUps(alias="Attic"))
    entry = await async_add_winpower(hass, winpower)
    await hass.config_entries.async_unload(entry.entry_id)
    key = f"{DOMAIN}.{entry.entry_id}.outages"
    good, bad = (ups.id for ups in winpower.upses)
    kept = {"earlier": EARLIER, "outages": [OUTAGE]}
    hass_storage[key] = {
        "version": 1,
        "minor_version": 1,
        "key": key,
        "data": {good: kept, bad: spoilt},
    }
    caplog.clear()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, "sensor.c3k_outages") == "3"
    assert shown(hass, "sensor.attic_outages") == "0"
    (complaint,) = (r for r in caplog.records if "Outages of" in r.message)
    assert "unreadable" in complaint.message
    await hass.config_entries.async_remove(entry.entry_id)
    assert key not in hass_storage


# The action


async def test_one_outage_of_the_house(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
    wall: WallClock,
) -> None:
    """What several devices see at once is one outage of the house."""
    attic = SimulatedUps(alias="Attic", load=360.0)
    winpower.upses.append(attic)
    await async_add_winpower(hass, winpower)
    ups.lose_mains()
    await wait(10)
    attic.lose_mains()
    await wait(10)
    ups.restore_mains()
    await wait(10)
    attic.restore_mains()
    await wait(60)
    await async_lose_mains(ups, wait, 30)

    every = await async_outages(hass)
    assert [device["name"] for device in every["devices"]] == ["C3K", "Attic"]
    first, second = every["house"]
    assert first["devices"] == ["C3K", "Attic"]
    assert first["start"] == every["devices"][0]["outages"][0]["start"]
    assert first["end"] == every["devices"][1]["outages"][0]["end"]
    assert first["energy"] == pytest.approx(
        sum(device["outages"][0]["energy"] for device in every["devices"]), abs=0.002
    )
    assert second["devices"] == ["C3K"]

    one = await async_outages(hass, device_id=every["devices"][1]["device_id"])
    assert [device["name"] for device in one["devices"]] == ["Attic"]
    assert len(one["house"]) == 1
    later = await async_outages(hass, start=datetime.fromisoformat(second["start"]))
    assert later["house"] == [second]
    assert [device["count"] for device in later["devices"]] == [2, 1]
    earlier = await async_outages(hass, end=datetime.fromisoformat(second["start"]))
    assert earlier["house"] == [first]
    assert (await async_outages(hass, start=wall()))["house"] == []


# Recorder and logbook


async def async_rows(hass: HomeAssistant, statistic_id: str) -> list[dict[str, Any]]:
    """Return all hours of a statistic."""
    await get_instance(hass).async_block_till_done()
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        datetime(2000, 1, 1, tzinfo=UTC),
        None,
        {statistic_id},
        "hour",
        None,
        {"state", "sum"},
    )
    return [dict(row) for row in found.get(statistic_id, [])]


async def test_statistics(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    clock: ManualClock,
    wait: Wait,
) -> None:
    """Minutes and number are there hour by hour, and split where an hour ends."""
    ups.id = "0A-1"
    entry = await async_add_winpower(hass, winpower)
    coordinator = entry.runtime_data
    for mains in (False, True):
        ups.mode = UpsMode.LINE if mains else UpsMode.BATTERY
        await wait(5)
    assert shown(hass, "sensor.c3k_outages") == "1"
    clock.advance(600 - 10 - 60 - 1)
    await wait(1)
    await coordinator.async_refresh()
    ups.mode = UpsMode.BATTERY
    await wait(120)
    ups.mode = UpsMode.LINE
    await wait(10)
    await hass.async_block_till_done(wait_background_tasks=True)
    (outages,) = ((await async_outages(hass))["devices"],)
    first, second = outages[0]["outages"]
    hour = EVENING.replace(minute=0).timestamp()
    split = 600 - (datetime.fromisoformat(second["start"]) - EVENING).total_seconds()
    stem = f"{DOMAIN}:winpower_0a_1_0a_1"
    minutes = await async_rows(hass, f"{stem}_outage_minutes")
    assert [row["start"] for row in minutes] == [hour, hour + 3600]
    assert [row["state"] * 60 for row in minutes] == [
        pytest.approx(first["duration"] + split),
        pytest.approx(second["duration"] - split),
    ]
    assert minutes[-1]["sum"] * 60 == pytest.approx(
        first["duration"] + second["duration"]
    )
    counts = await async_rows(hass, f"{stem}_outages")
    assert [(row["state"], row["sum"]) for row in counts] == [(2, 2), (0, 2)]


async def test_statistics_wait_for_the_start(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
) -> None:
    """An outage that ends while Home Assistant starts does not hold up its start."""
    await async_add_winpower(hass, winpower)
    hass.set_state(CoreState.starting)
    with patch.object(
        StoredOutages, "_async_write_statistics", new_callable=AsyncMock
    ) as write:
        for mode in (UpsMode.BATTERY, UpsMode.LINE):
            ups.mode = mode
            await wait(5)
        assert shown(hass, "sensor.c3k_outages") == "1"
        assert not write.called
        hass.set_state(CoreState.running)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
        await hass.async_block_till_done()
        assert write.called


async def test_logbook(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    wait: Wait,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The logbook tells of an outage in words, also if little is known of it."""
    assert await async_setup_component(hass, "logbook", {})
    await async_add_winpower(hass, winpower, battery_low=89.9)
    ups.charge = 89.95
    await async_lose_mains(ups, wait, 30)
    ups.omitted = frozenset({"batCapacity"})
    ups.lose_mains()
    await wait(11)
    await winpower.stop_listening()
    await wait(40)
    ups.restore_mains()
    await winpower.listen_again()
    await wait(60)
    await get_instance(hass).async_block_till_done()
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {"type": "logbook/get_events", "start_time": "2000-01-01T00:00:00+00:00"}
    )
    answer = await client.receive_json()
    entries = [each for each in answer["result"] if each.get("domain") == DOMAIN]
    assert [(each["name"], each["message"]) for each in entries] == [
        ("C3K", "lost mains and runs on battery"),
        ("C3K", "runs out of battery"),
        ("C3K", entries[2]["message"]),
        ("C3K", "lost mains and runs on battery"),
        ("C3K", "has mains again after at least 0:00:10, 2.0 Wh delivered"),
    ]
    assert entries[2]["message"].startswith("has mains again after 0:00:")
    assert "Wh delivered, 88 %" in entries[2]["message"]
