"""What a poll of a WinPower G2 server costs, by number of UPSs."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.coordinator import PollingCoordinator
from custom_components.power_steward.devices.readings import HUB
from custom_components.power_steward.devices.winpower import codec
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from tests.simulators.winpower import SimulatedUps, WinPowerSimulator

type Benchmark = Callable[..., Any]


@pytest.fixture
def page() -> bytes:
    """Return an answer that lists twenty UPSs."""
    return json.dumps(
        {
            "total": 20,
            "pageSize": 20,
            "currentPage": 1,
            "data": [SimulatedUps(id=f"ups-{i}").record() for i in range(20)],
            "code": "000000",
            "msg": "OK",
        }
    ).encode()


@pytest.mark.benchmark(group="one page of 20 UPSs")
def test_json_alone(benchmark: Benchmark, page: bytes) -> None:
    """Decode the JSON: the part that any client has."""
    assert benchmark(json.loads, page)["total"] == 20


@pytest.mark.benchmark(group="one page of 20 UPSs")
def test_bytes_to_readings(benchmark: Benchmark, page: bytes) -> None:
    """Decode the JSON and make readings."""
    assert len(benchmark(codec.parse_page, 200, page).upses) == 20


@pytest.fixture(params=[1, 100])
async def coordinator(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    enable_custom_integrations: None,
) -> AsyncGenerator[PollingCoordinator[Any]]:
    """Return the coordinator of a loaded entry with one or a hundred UPSs."""
    upses = [
        SimulatedUps(id=f"ups-{i}", alias=f"UPS {i}") for i in range(request.param)
    ]
    async with WinPowerSimulator(upses=upses) as simulator:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="WinPower",
            unique_id="winpower_ups-0",
            data={
                CONF_DEVICE_TYPE: "winpower",
                CONF_URL: simulator.url,
                CONF_USERNAME: simulator.username,
                CONF_PASSWORD: simulator.password,
                CONF_VERIFY_SSL: True,
            },
        )
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED
        yield entry.runtime_data
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.benchmark(group="publish a poll")
async def test_nothing_changed(
    benchmark: Benchmark, coordinator: PollingCoordinator[Any]
) -> None:
    """Tell all entities of a poll that brought nothing new."""
    benchmark(coordinator.async_set_updated_data, coordinator.data)


@pytest.mark.benchmark(group="publish a poll")
async def test_every_load_changed(
    benchmark: Benchmark, coordinator: PollingCoordinator[Any]
) -> None:
    """Tell all entities of a poll in which each UPS has another load."""
    watts = iter(range(10**9))

    def publish() -> None:
        power = float(next(watts))
        coordinator.async_set_updated_data(
            {
                key: reading if key == HUB else replace(reading, load_power=power)
                for key, reading in coordinator.data.items()
            }
        )

    benchmark(publish)
