"""What discharges teach is kept, and taken up again."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.devices.clock import Clock
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.simulators.must import Battery, SimulatedMust

from .conftest import AddEntry

STEP = 20.0


class Time:
    """A clock that moves when it is turned."""

    def __init__(self) -> None:
        """Begin at some time."""
        self.now = 5000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def time() -> Time:
    """Return the clock of UPS and coordinator."""
    return Time()


@pytest.fixture
def ups(time: Time) -> SimulatedMust:
    """Return a UPS with a small battery that holds less than it says."""
    return SimulatedMust(load=300, clock=time, battery=Battery(capacity=10))


async def run(hass: HomeAssistant, entry: MockConfigEntry, time: Time) -> None:
    """Let some time pass and poll."""
    time.now += STEP
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()


async def loaded(hass: HomeAssistant, add_entry: AddEntry, time: Time) -> Any:
    """Return a loaded entry for a battery of 12 Ah."""
    entry = add_entry({"battery_capacity": 12})
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    entry.runtime_data.clock = Clock(time, dt_util.utcnow)
    return entry


async def test_learns_and_remembers(
    hass: HomeAssistant,
    add_entry: AddEntry,
    ups: SimulatedMust,
    time: Time,
    hass_storage: dict[str, Any],
) -> None:
    """A discharge corrects the estimate, and a reload does not forget it."""
    entry = await loaded(hass, add_entry, time)
    ups.mains = False
    for _ in range(30):
        await run(hass, entry, time)
    ups.mains = True
    await run(hass, entry, time)
    experience = entry.runtime_data.ride_through("ups").experience
    assert experience.discharges == 1
    assert 0.6 < experience.capacity < 0.95
    kept = hass_storage[f"{DOMAIN}.{entry.entry_id}.battery"]["data"]["ups"]
    assert kept["capacity"] == experience.capacity
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.ride_through("ups").experience == experience
    await hass.async_block_till_done()
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert f"{DOMAIN}.{entry.entry_id}.battery" not in hass_storage


async def test_discharge_to_the_end(
    hass: HomeAssistant, add_entry: AddEntry, ups: SimulatedMust, time: Time
) -> None:
    """A battery that ran empty teaches, too; the UPS is off, but answers."""
    entry = await loaded(hass, add_entry, time)
    ups.mains = False
    for _ in range(200):
        await run(hass, entry, time)
        if not ups.on_battery:
            break
    experience = entry.runtime_data.ride_through("ups").experience
    assert experience.discharges == 1
    mode = hass.states.get("sensor.must_ep2000_pro_work_state")
    assert mode is not None
    assert mode.state == "off"


@pytest.mark.parametrize(
    "stored",
    [
        {"ups": {"capacity": 0.8}},
        {"ups": {"capacity": "x", "resistance": 1, "seen": 1, "discharges": 1}},
        {"ups": {"capacity": -1, "resistance": 1, "seen": 1, "discharges": 1}},
    ],
)
async def test_unreadable_experience(
    hass: HomeAssistant,
    add_entry: AddEntry,
    time: Time,
    stored: dict[str, Any],
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What cannot be read from disk is forgotten, and said so."""
    entry = add_entry()
    key = f"{DOMAIN}.{entry.entry_id}.battery"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": stored}
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.runtime_data.ride_through("ups").experience.discharges == 0
    assert "is unreadable" in caplog.text


async def test_nominal_voltage_of_the_user(
    hass: HomeAssistant, add_entry: AddEntry, time: Time
) -> None:
    """A nominal voltage that the user gives counts more than the reported one."""
    entry = add_entry({"battery_nominal_voltage": 24})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.runtime_data.ride_through("ups").battery.blocks == 2
