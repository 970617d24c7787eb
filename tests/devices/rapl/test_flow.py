"""Adding the host, allowing its limits to be set, and changing both."""

from datetime import time
import threading
from typing import Any

import pytest

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.devices.rapl import job
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import instance_id
from homeassistant.util import dt as dt_util
from tests.common import async_settings

from ...simulators.rapl import Host, amd
from .conftest import PATH, Add, set_options


async def first_form(hass: HomeAssistant) -> Any:
    """Choose the device type in the menu."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert menu["type"] is FlowResultType.MENU and "rapl" in menu["menu_options"]
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": "rapl"}
    )


async def reconfigure(hass: HomeAssistant, entry: StewardConfigEntry) -> Any:
    """Start to change an entry."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )


async def test_add(hass: HomeAssistant, host: Host) -> None:
    """The kernel's folder is suggested, and setting limits has to be allowed."""
    form = await first_form(hass)
    assert form["step_id"] == "rapl"
    assert form["data_schema"]({}) == {"path": "/sys/class/powercap"}
    flow = form["flow_id"]
    form = await hass.config_entries.flow.async_configure(flow, {"path": f" {PATH} "})
    assert form["data_schema"] is not None
    assert form["step_id"] == "rapl_arm"
    assert form["data_schema"]({}) == {"allow_control": False}
    result = await hass.config_entries.flow.async_configure(
        flow, {"allow_control": True}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {
        "device_type": "rapl",
        "path": PATH,
        "allow_control": True,
    }
    assert result["result"].unique_id == f"rapl_{await instance_id.async_get(hass)}"
    await hass.async_block_till_done()
    assert result["result"].state is ConfigEntryState.LOADED
    assert not host.attempts


async def test_only_once(hass: HomeAssistant, add: Add) -> None:
    """There is one host, and one who sets its limits."""
    await add()
    result = await first_form(hass)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


@pytest.mark.parametrize("allow", [True, False])
async def test_without_limits(hass: HomeAssistant, host: Host, allow: bool) -> None:
    """Where nothing can be limited, nobody is asked to allow it."""
    host.zones = amd(host.clock).zones
    form = await first_form(hass)
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"path": PATH}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["allow_control"] is False


@pytest.mark.parametrize("step", ["rapl", "rapl_reconfigure"])
@pytest.mark.parametrize("error", ["missing", "masked", "no_zones", "unsafe", "hangs"])
async def test_errors(
    hass: HomeAssistant,
    host: Host,
    add: Add,
    monkeypatch: pytest.MonkeyPatch,
    error: str,
    step: str,
) -> None:
    """What is wrong with a folder is told, and can be mended."""
    if step == "rapl":
        form = await first_form(hass)
    else:
        entry = await add()
        form = await reconfigure(hass, entry)
    zones = host.zones
    monkeypatch.setattr(job, "READ_LIMIT", 0.05)
    match error:
        case "missing":
            host.present = False
        case "masked":
            host.zones, host.is_masked = [], True
        case "no_zones":
            host.zones = []
        case "unsafe":
            host.links = True
        case "hangs":
            host.hang = threading.Event()
    form = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"path": PATH}
    )
    expected = "cannot_connect" if error == "hangs" else f"rapl_{error}"
    assert form["step_id"] == step and form["errors"] == {"path": expected}
    if host.hang is not None:
        host.hang.set()
    host.hang, host.zones, host.present = None, zones, True
    host.links = host.is_masked = False
    form = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"path": PATH}
    )
    assert form["step_id"] == f"{step}_arm"
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"allow_control": False}
    )
    assert result["type"] in (FlowResultType.CREATE_ENTRY, FlowResultType.ABORT)
    await hass.async_block_till_done()


@pytest.mark.parametrize("limited", [True, False])
async def test_reconfigure(
    hass: HomeAssistant, host: Host, add: Add, limited: bool
) -> None:
    """The folder can move, and what was allowed can be forbidden again."""
    entry = await add()
    if not limited:
        host.zones = amd(host.clock).zones
    form = await reconfigure(hass, entry)
    assert form["step_id"] == "rapl_reconfigure"
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"path": "/elsewhere"}
    )
    if limited:
        assert result["step_id"] == "rapl_reconfigure_arm"
        result = await hass.config_entries.flow.async_configure(
            form["flow_id"], {"allow_control": False}
        )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["path"] == "/elsewhere"
    assert entry.data["allow_control"] is False
    assert entry.state is ConfigEntryState.LOADED


async def test_options(hass: HomeAssistant, add: Add) -> None:
    """Options come with defaults, and are kept by section."""
    entry = await add()
    result = await set_options(
        hass,
        entry,
        limits={"floor": 8.0, "ramp": 50},
        battery={"until": "22:00:00"},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["limits"]["floor"] == 8.0
    assert entry.options["limits"]["dwell"] == 60
    assert entry.options["prices"] == {
        "without_data": "keep",
        "keep": 60,
        "hysteresis": 0,
    }
    rules = entry.runtime_data.controller.options.rules  # type: ignore[attr-defined]
    assert rules.ramp == 0.5
    assert rules.battery.until == time(22, tzinfo=dt_util.get_default_time_zone())
    form = await async_settings(hass, entry)
    assert form["step_id"] == "rapl_options"


@pytest.mark.parametrize(
    ("floor", "ceiling", "loaded", "fits"),
    [
        (29.0, None, True, False),
        (20.0, 19.0, True, False),
        (28.0, None, True, True),
        (20.0, 20.0, True, True),
        (29.0, None, False, True),
        (20.0, 19.0, False, False),
    ],
)
async def test_floor_over_ceiling(
    hass: HomeAssistant,
    add: Add,
    floor: float,
    ceiling: float | None,
    loaded: bool,
    fits: bool,
) -> None:
    """A floor above the ceiling or the original is not accepted."""
    entry = await add()
    if not loaded:
        await hass.config_entries.async_unload(entry.entry_id)
    limits = {"floor": floor} | ({} if ceiling is None else {"ceiling": ceiling})
    result = await set_options(hass, entry, limits=limits)
    if fits:
        assert result["type"] is FlowResultType.CREATE_ENTRY
    else:
        assert result["errors"] == {"base": "rapl_floor_over_ceiling"}
