"""What discharges teach is kept, and taken up again."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.devices.clock import Clock
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
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


async def loaded(
    hass: HomeAssistant,
    add_entry: AddEntry,
    time: Time,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """Return a loaded entry, for a battery of 12 Ah unless told."""
    entry = add_entry({"battery_capacity": 12} if options is None else options)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    entry.runtime_data.clock = Clock(time, dt_util.utcnow)
    return entry


def told(hass: HomeAssistant) -> list[str]:
    """Return the states of the remaining time and its bounds."""
    states = []
    for end in ("", "_at_least", "_at_most"):
        state = hass.states.get(f"sensor.must_ep2000_pro_remaining_time{end}")
        assert state is not None
        states.append(state.state)
    return states


def ups_id(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return the id of the entry's UPS."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"{entry.unique_id}_ups"), entry.entry_id
    )
    assert device is not None
    return device.id


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


async def test_battery_that_nobody_described(
    hass: HomeAssistant, add_entry: AddEntry, ups: SimulatedMust, time: Time
) -> None:
    """Without a capacity, no time is told until a tenth of the battery was measured."""
    entry = await loaded(hass, add_entry, time, {})
    assert told(hass) == [STATE_UNKNOWN] * 3
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(
            DOMAIN,
            "ride_through",
            {"device_id": ups_id(hass, entry), "loads": [100]},
            blocking=True,
            return_response=True,
        )
    ups.mains = False
    while ups.battery.charge > 80:
        await run(hass, entry, time)
    minutes, low, high = map(float, told(hass))
    assert low < minutes < high
    now = time.now
    while ups.on_battery:
        await run(hass, entry, time)
    assert minutes == pytest.approx((time.now - now) / 60, rel=0.25)
    # Of a description that there is not, nothing can be a percentage.
    find = partial(er.async_get(hass).async_get_entity_id, "sensor", DOMAIN)
    assert find("must_test_ups_learned_discharges") is not None
    assert find("must_test_ups_learned_capacity") is None


async def test_other_battery(
    hass: HomeAssistant, add_entry: AddEntry, ups: SimulatedMust, time: Time
) -> None:
    """With another capacity, what was learnt of the battery before counts no more."""
    entry = await loaded(hass, add_entry, time)
    ups.mains = False
    for _ in range(30):
        await run(hass, entry, time)
    ups.mains = True
    await run(hass, entry, time)
    assert entry.runtime_data.ride_through("ups").experience.discharges == 1
    hass.config_entries.async_update_entry(entry, options={"battery_capacity": 20})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.runtime_data.ride_through("ups").experience.discharges == 0


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
