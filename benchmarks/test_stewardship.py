"""What the stewardship of a hundred devices costs beside reading them.

A hundred UPSs with new values in each poll, their outages, their energy and what it costs,
ten meters that feed the others, and caps that follow a battery. What Home Assistant does
with their states is told apart.
"""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import process_time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward import meters
from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.coordinator import PollingCoordinator
from custom_components.power_steward.devices.clock import SYSTEM_CLOCK
from custom_components.power_steward.devices.epex import costs
from custom_components.power_steward.devices.rapl import files
from custom_components.power_steward.devices.readings import HUB
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity
from tests.common import shown
from tests.simulators.epex import EpexSimulator
from tests.simulators.rapl import client
from tests.simulators.winpower import ManualClock, SimulatedUps, WinPowerSimulator

DEVICES = 100
INTERVAL = 5
"""Seconds between two polls."""
SAVED_EVERY = 3
"""Polls between two writes of the energy totals, after which meters move."""
CAPPED_EVERY = 6
"""Polls between two readings of the processors."""
MINUTES = 5
COST = "sensor.germany_and_luxembourg_cost_of_ups_99_energy"


class Stopwatch:
    """Tells the time that goes into our own work from that of Home Assistant.

    Writing a state is its work, and what of ours is called in the midst of that is ours.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand at the borders."""
        self.spent = {"own": 0.0, "home_assistant": 0.0}
        self._whose = ["home_assistant"]
        self._since = process_time()
        for where, name, whose in (
            (Entity, "async_write_ha_state", "home_assistant"),
            (costs.Costs, "_on_changed", "own"),
            (meters.RemainderSensor, "_on_power", "own"),
        ):
            monkeypatch.setattr(where, name, self._watched(getattr(where, name), whose))

    @contextmanager
    def to(self, whose: str) -> Iterator[None]:
        """Count for one of the two."""
        self._count()
        self._whose.append(whose)
        try:
            yield
        finally:
            self._count()
            self._whose.pop()

    def _count(self) -> None:
        now = process_time()
        self.spent[self._whose[-1]] += now - self._since
        self._since = now

    def _watched(self, method: Callable[..., Any], whose: str) -> Callable[..., Any]:
        @callback
        def watched(*args: Any) -> Any:
            with self.to(whose):
                return method(*args)

        return watched


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """Return the clock of coordinators and host, which the measurement turns."""
    clock = ManualClock()
    monkeypatch.setattr(
        PollingCoordinator.__init__,
        "__defaults__",
        (SYSTEM_CLOCK._replace(monotonic=clock),),
    )
    return clock


async def async_load(
    hass: HomeAssistant, kind: str, data: dict[str, Any], **options: Any
) -> PollingCoordinator[Any]:
    """Load an entry."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=kind,
        unique_id=f"{kind}_benchmark",
        data={CONF_DEVICE_TYPE: kind, **data},
        options=options,
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    coordinator: PollingCoordinator[Any] = entry.runtime_data
    return coordinator


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    """Return what tells our work from Home Assistant's."""
    return Stopwatch(monkeypatch)


@pytest.fixture
async def upses(
    hass: HomeAssistant,
    clock: ManualClock,
    stopwatch: Stopwatch,
    monkeypatch: pytest.MonkeyPatch,
    enable_custom_integrations: None,
) -> AsyncGenerator[PollingCoordinator[Any]]:
    """Return the coordinator of a hundred UPSs, in a house with all that follows them."""
    hass.loop.set_debug(False)
    host = client(clock, lambda seconds: 40.0)
    monkeypatch.setattr(files, "PowercapFiles", lambda path: host.files)
    devices = [SimulatedUps(id=f"ups-{n}", alias=f"UPS {n}") for n in range(DEVICES)]
    energies = [f"sensor.ups_{n}_energy" for n in range(DEVICES)]
    powers = [f"sensor.ups_{n}_load_power" for n in range(DEVICES)]
    feeds = [
        {"whole": powers[n], "parts": powers[n + 1 : n + 10], "complete": True}
        for n in range(0, DEVICES, 10)
    ]
    async with (
        WinPowerSimulator(upses=devices, clock=clock) as simulator,
        EpexSimulator() as market,
    ):
        login = {"username": simulator.username, "password": simulator.password}
        coordinator = await async_load(
            hass,
            "winpower",
            {"url": simulator.url, **login, "verify_ssl": True},
            feeds=feeds,
        )
        await async_load(
            hass,
            "epex",
            {
                "source": "energy_charts",
                "zone": "DE-LU",
                "currency": "EUR",
                "url": market.url,
            },
            cost_import=energies,
        )
        await async_load(
            hass,
            "rapl",
            {"path": "/host/powercap", "allow_control": True},
            battery={"battery_sensors": ["binary_sensor.ups_0_on_battery"]},
        )
        for meter in (*energies, *powers):
            assert hass.states.get(meter) is not None, meter
        yield coordinator
        for entry in hass.config_entries.async_entries(DOMAIN):
            assert await hass.config_entries.async_unload(entry.entry_id)


async def _now(readings: dict[str, Any]) -> dict[str, Any]:
    """Return readings in place of those that would have to be read."""
    return readings


def changed(coordinator: PollingCoordinator[Any], number: int) -> dict[str, Any]:
    """Return the readings with what changes from poll to poll."""
    return {
        key: replace(
            reading,
            load_power=190.0 + number % 7,
            load=8.0 + number % 3,
            battery_voltage=81.0 + number % 5 / 10,
            # Ten seconds of outage in each minute
            mode_code="4" if number % 12 < 2 else "3",
        )
        for key, reading in coordinator.data.items()
        if key != HUB
    }


async def test_a_hundred_devices(
    hass: HomeAssistant,
    upses: PollingCoordinator[Any],
    clock: ManualClock,
    stopwatch: Stopwatch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tell how much of a core all that follows from readings takes."""
    host = hass.config_entries.async_entries(DOMAIN)[2].runtime_data
    stopwatch.spent = dict.fromkeys(stopwatch.spent, 0.0)
    total = 0.0
    for number in range(MINUTES * 60 // INTERVAL):
        clock.advance(INTERVAL)
        monkeypatch.setattr(upses, "async_read", partial(_now, changed(upses, number)))
        began = process_time()
        with stopwatch.to("own"):
            await upses.async_refresh()
            if number % SAVED_EVERY == 0:
                await upses._ledger._async_save()
            if number % CAPPED_EVERY == 0:
                await host.async_refresh()
            await hass.async_block_till_done()
        total += process_time() - began
    assert shown(hass, "sensor.ups_99_outages") == str(MINUTES)
    assert float(shown(hass, "sensor.rapl_battery_lasts")) > 0
    assert float(shown(hass, COST)) > 0
    own, whole = (spent / MINUTES / 60 for spent in (stopwatch.spent["own"], total))
    print(
        f"\n{DEVICES} devices: {own:.2%} of a core, {whole:.2%} with Home Assistant's"
    )
