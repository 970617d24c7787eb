"""What the tests of MUST UPSs share: a UPS on a serial port, and an entry for it."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.devices.must.const import CONF_SERIES, CONF_UNIT
from homeassistant.const import CONF_DEVICE
from homeassistant.core import HomeAssistant
from tests.simulators.must import Line, SerialPort, SimulatedMust

type AddEntry = Callable[..., MockConfigEntry]


@pytest.fixture
def ups() -> SimulatedMust:
    """Return the UPS on the line."""
    return SimulatedMust()


@pytest.fixture
def line(ups: SimulatedMust) -> Line:
    """Return the line."""
    return Line(ups)


@pytest.fixture
async def port(line: Line, tmp_path: Path) -> AsyncGenerator[SerialPort]:
    """Return the serial port, plugged in."""
    async with SerialPort(line, tmp_path / "ttyMUST") as plugged:
        yield plugged


@pytest.fixture
def add_entry(hass: HomeAssistant, port: SerialPort) -> AddEntry:
    """Return how to add an entry for the UPS on the port."""

    def add(options: dict[str, Any] | None = None, **data: Any) -> MockConfigEntry:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="MUST EP2000 Pro",
            unique_id="must_test",
            data={
                CONF_DEVICE_TYPE: "must",
                CONF_SERIES: "ep",
                CONF_UNIT: 10,
                CONF_DEVICE: port.device,
                **data,
            },
            options={"battery_capacity": 55} if options is None else options,
        )
        entry.add_to_hass(hass)
        return entry

    return add


@pytest.fixture
async def entry(hass: HomeAssistant, add_entry: AddEntry) -> MockConfigEntry:
    """Return a loaded entry."""
    added = add_entry()
    assert await hass.config_entries.async_setup(added.entry_id)
    await hass.async_block_till_done()
    return added
