"""A simulated host in place of this machine's own, on a clock that tests turn."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import (
    PollingCoordinator,
    StewardConfigEntry,
)
from custom_components.power_steward.devices.clock import SYSTEM_CLOCK
from custom_components.power_steward.devices.rapl import files, writer
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.common import async_settings

from ...simulators.rapl import Host, client
from ...simulators.winpower import ManualClock

type Add = Callable[..., Awaitable[StewardConfigEntry]]

PATH = "/host/powercap"


@pytest.fixture
def rapl_clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """Return the clock of host and coordinator."""
    clock = ManualClock()
    monkeypatch.setattr(
        PollingCoordinator.__init__,
        "__defaults__",
        (SYSTEM_CLOCK._replace(monotonic=clock),),
    )
    return clock


@pytest.fixture
def host(rapl_clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Host:
    """Return the host that Home Assistant seems to run on."""
    host = client(rapl_clock)
    monkeypatch.setattr(files, "PowercapFiles", lambda path: host.files)
    # Nothing interferes unless a test says so; then it sets this itself.
    monkeypatch.setattr(writer, "VERIFY_AFTER", 0.0)
    return host


@pytest.fixture
def add(hass: HomeAssistant, host: Host) -> Add:
    """Return what adds the host as a user does, and sets options if there are any."""

    async def add(*, allow: bool = True, **options: Any) -> StewardConfigEntry:
        flows = hass.config_entries.flow
        menu = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
        flow = menu["flow_id"]
        await flows.async_configure(flow, {"next_step_id": "rapl"})
        result = await flows.async_configure(flow, {"path": PATH})
        if result.get("step_id") == "rapl_arm":
            result = await flows.async_configure(flow, {"allow_control": allow})
        assert result["type"] is FlowResultType.CREATE_ENTRY, result
        await hass.async_block_till_done()
        entry: StewardConfigEntry = result["result"]
        if options:
            await set_options(hass, entry, **options)
        return entry

    return add


async def set_options(
    hass: HomeAssistant, entry: StewardConfigEntry, **changes: Any
) -> Any:
    """Change options as a user does; sections that are not named stay as they are."""
    form = await async_settings(hass, entry)
    schema = form["data_schema"]
    assert schema is not None
    sections = ("prices", "limits", "battery", "kubernetes")
    given = {
        name: {**entry.options.get(name, {}), **changes.get(name, {})}
        for name in sections
    }
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], schema(given)
    )
    await hass.async_block_till_done()
    return result
