"""A station is a UPS: its outages are logged, and caps make its battery last."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.coordinator import PollingCoordinator
from custom_components.power_steward.devices.clock import Clock
from custom_components.power_steward.devices.ecoflow.coordinator import (
    EcoFlowCoordinator,
)
from custom_components.power_steward.devices.rapl import files
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant

from ...common import shown
from ...conftest import EVENING
from ...simulators.ecoflow import SimulatedHome
from ...simulators.rapl import Host, client
from ...simulators.winpower import ManualClock
from .accounts import (
    DELTA,
    STREAM,
    an_entry,
    entity_id_of,
    live,
    of,
    set_up,
    state_of,
    until,
)

ON_MAINS = {
    "inv.acInVol": 230_000,
    "pd.wattsOutSum": 400,
    "bms_emsStatus.lcdShowSoc": 50,
    "bms_emsStatus.dsgRemainTime": 27,
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """Return the clock of coordinators and host, which tests turn."""
    clock = ManualClock()
    begun = clock.now
    monkeypatch.setattr(
        PollingCoordinator.__init__,
        "__defaults__",
        (Clock(clock, lambda: EVENING + timedelta(seconds=clock.now - begun)),),
    )
    return clock


@pytest.fixture
async def station(
    hass: HomeAssistant, clock: ManualClock, home: SimulatedHome
) -> EcoFlowCoordinator:
    """Return the account, with a half-empty station on mains."""
    home.push(DELTA, ON_MAINS)
    coordinator = await set_up(hass, an_entry(home))

    def becomes_live() -> bool:
        clock.advance(0.2)
        return live(coordinator)

    await until(becomes_live)
    await hass.async_block_till_done()
    return coordinator


class Turn:
    """Lets time pass, and the station say something new."""

    def __init__(
        self, home: SimulatedHome, clock: ManualClock, coordinator: EcoFlowCoordinator
    ) -> None:
        """Take what to turn."""
        self._home = home
        self._clock = clock
        self._coordinator = coordinator

    def advance(self, seconds: float) -> None:
        """Let time pass in which the station says nothing."""
        self._clock.advance(seconds)

    async def __call__(self, seconds: float, values: Mapping[str, Any]) -> None:
        """Wait until what the station says after a while has arrived."""
        self.advance(seconds)
        before = of(self._coordinator, DELTA)
        self._home.push(DELTA, values)
        await until(lambda: of(self._coordinator, DELTA) is not before)
        await self._coordinator.hass.async_block_till_done()


@pytest.fixture
def turn(home: SimulatedHome, clock: ManualClock, station: EcoFlowCoordinator) -> Turn:
    """Return what lets time pass."""
    return Turn(home, clock, station)


async def async_outages(hass: HomeAssistant) -> Any:
    """Return the outages of the only device that has a log."""
    response: Any = await hass.services.async_call(
        DOMAIN, "outages", {}, blocking=True, return_response=True
    )
    (device,) = response["devices"]
    assert device["name"] == "Kitchen"
    return device["outages"]


async def test_an_outage(
    hass: HomeAssistant, turn: Turn, station: EcoFlowCoordinator
) -> None:
    """What a station tells of an outage is under the keys of a UPS, and logged."""
    assert state_of(hass, "binary_sensor", "mains") == "on"
    assert state_of(hass, "binary_sensor", "on_battery") == "off"
    assert state_of(hass, "sensor", "remaining_time") == "27.0"
    assert state_of(hass, "sensor", "outage_count") == "0"
    assert await async_outages(hass) == []

    await turn(5, {"inv.acInVol": 0})
    assert state_of(hass, "binary_sensor", "mains") == "off"
    assert state_of(hass, "binary_sensor", "on_battery") == "on"
    assert state_of(hass, "sensor", "outage_count") == "1"
    event = hass.states.get(entity_id_of(hass, "event", "power_event") or "")
    assert event is not None
    assert event.attributes["event_type"] == "mains_lost"

    begun = station.clock.utcnow()
    await turn(45, {"bms_emsStatus.lcdShowSoc": 49})
    await turn(45, {"inv.acInVol": 229_000})
    assert state_of(hass, "binary_sensor", "on_battery") == "off"
    assert await async_outages(hass) == [
        {
            "start": begun.isoformat(timespec="seconds"),
            "end": (begun + timedelta(seconds=90)).isoformat(timespec="seconds"),
            "duration": 90.0,
            "at_least": False,
            "energy": 10.0,
            "lowest_charge": 49.0,
        }
    ]


async def test_without_a_load(
    hass: HomeAssistant, turn: Turn, station: EcoFlowCoordinator
) -> None:
    """Without a load nothing is an outage, and nothing ends one but mains."""
    await turn(5, {"pd.wattsOutSum": 0})
    await turn(5, {"inv.acInVol": 0})
    assert state_of(hass, "binary_sensor", "on_battery") == "unknown"
    assert await async_outages(hass) == []

    await turn(5, {"pd.wattsOutSum": 40})
    await turn(5, {"pd.wattsOutSum": 0})
    await turn(5, {"pd.wattsOutSum": 40})
    (outage,) = await async_outages(hass)
    assert (outage["duration"], outage["end"]) == (10, None)
    await turn(5, {"pd.wattsOutSum": 0})
    await turn(5, {"inv.acInVol": 230_000})
    (outage,) = await async_outages(hass)
    assert outage["duration"] == 20
    assert not outage["at_least"]


async def test_devices_that_cannot_tell(
    hass: HomeAssistant, station: EcoFlowCoordinator
) -> None:
    """A micro-inverter without a battery has no log."""
    assert of(station, STREAM).outages is None
    assert of(station, STREAM).on_battery is None
    assert STREAM not in station.outages.logs


@pytest.fixture
def host(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Host:
    """Return a host whose processor takes 100 W, or what its cap leaves of that."""
    host = client(clock, lambda seconds: 100.0)
    host.zone("package-0").constraint("long_term").value = 125_000_000
    host.zones = [zone for zone in host.zones if zone.name != "psys"][:1]
    monkeypatch.setattr(files, "PowercapFiles", lambda path: host.files)
    return host


async def test_caps(
    hass: HomeAssistant, host: Host, turn: Turn, clock: ManualClock
) -> None:
    """27 minutes at 400 W are 30 at 360 W: 40 of the processor's 100 W have to go."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Host",
        unique_id="rapl_host",
        data={
            CONF_DEVICE_TYPE: "rapl",
            "path": "/host/powercap",
            "allow_control": True,
        },
        options={
            "limits": {"floor": 50},
            "battery": {
                "battery_sensors": [entity_id_of(hass, "binary_sensor", "on_battery")]
            },
        },
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    for _ in range(2):
        clock.advance(10)
        host.advance()
        await entry.runtime_data.async_refresh()
    await hass.services.async_call(
        "select",
        "select_option",
        {ATTR_ENTITY_ID: "select.host_capping_mode", "option": "manual"},
        blocking=True,
    )
    await hass.services.async_call(
        "switch",
        "turn_on",
        {ATTR_ENTITY_ID: "switch.host_capping_armed"},
        blocking=True,
    )
    await hass.async_block_till_done()
    assert host.limit() == 125_000_000
    assert shown(hass, "sensor.host_battery_lasts") == "27.0"

    await turn(5, {"inv.acInVol": 0})
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "on_battery"
    assert host.limit() == 60_000_000


async def test_energy_of_a_silent_station(
    hass: HomeAssistant,
    turn: Turn,
    station: EcoFlowCoordinator,
    home: SimulatedHome,
    hass_storage: dict[str, Any],
) -> None:
    """Counted is up to what a station said last, not what it may draw meanwhile."""
    await turn(30, {"pd.wattsOutSum": 402})

    home.stations[DELTA].silent = True
    turn.advance(100)
    await station.async_refresh()
    assert of(station, DELTA).available
    home.stations[DELTA].silent = False
    await turn(20, {"pd.wattsOutSum": 404})

    for _ in range(2):
        turn.advance(100)
        await station.async_refresh()
    home.stations[DELTA].silent = False
    await turn(10, {"pd.wattsOutSum": 406})

    entry_id = station.config_entry.entry_id
    assert await hass.config_entries.async_unload(entry_id)
    stored = hass_storage[f"{DOMAIN}.{entry_id}.energy"]["data"]
    joules = int(stored[DELTA]["output"]) / (2 * 1000 * 10**9)
    # It was heard for the first time some tenths of a second before the thirty.
    assert joules == pytest.approx(30 * 401 + 120 * 403, rel=0.01)
