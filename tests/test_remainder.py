"""What feeds what: named in the options, shown as a remainder, told when it is wrong."""

from typing import Any

import pytest

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import StewardConfigEntry
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from .common import async_add_winpower, async_settings, shown
from .conftest import Wait
from .simulators.winpower import WinPowerSimulator

WHOLE = "sensor.c3k_load_power"
HOST = "sensor.host_power"
LEFT = "sensor.c3k_unexplained_remainder"
HOUR = 3600


@pytest.fixture
async def entry(hass: HomeAssistant, winpower: WinPowerSimulator) -> StewardConfigEntry:
    """Return an entry with a UPS that delivers 300 W."""
    winpower.upses[0].load = 300.0
    return await async_add_winpower(hass, winpower, interval=300)


def host(hass: HomeAssistant, power: str, unit: str = "W") -> None:
    """Let a host report its power."""
    hass.states.async_set(HOST, power, {"unit_of_measurement": unit})


async def name(
    hass: HomeAssistant, entry: StewardConfigEntry, *feeds: dict[str, Any]
) -> ConfigFlowResult:
    """Say in the options what feeds what."""
    flows = hass.config_entries.options
    menu = await flows.async_init(entry.entry_id)
    form = await flows.async_configure(menu["flow_id"], {"next_step_id": "feeds"})
    assert form["step_id"] == "feeds"
    result = await flows.async_configure(form["flow_id"], {"feeds": list(feeds)})
    await hass.async_block_till_done()
    return result


def feed(*parts: str, **more: Any) -> dict[str, Any]:
    """Return what the UPS feeds."""
    return {"whole": WHOLE, "parts": list(parts), **more}


def issue(hass: HomeAssistant) -> ir.IssueEntry | None:
    """Return the repair, if there is any."""
    issues = [
        item
        for (domain, _), item in ir.async_get(hass).issues.items()
        if domain == DOMAIN
    ]
    return issues[0] if issues else None


async def test_remainder(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """The remainder is in watts, and unknown as soon as any part is."""
    host(hass, "0.28", "kW")
    await name(hass, entry, feed(HOST))
    assert float(shown(hass, LEFT)) == pytest.approx(20)
    host(hass, "310")
    await hass.async_block_till_done()
    assert float(shown(hass, LEFT)) == -10
    for nothing in (("unavailable", "W"), ("250", "kWh")):
        host(hass, *nothing)
        await hass.async_block_till_done()
        assert shown(hass, LEFT) == "unknown"
    hass.states.async_remove(HOST)
    await hass.async_block_till_done()
    assert shown(hass, LEFT) == "unknown"
    registry = er.async_get(hass)
    (left, whole) = (registry.async_get(name) for name in (LEFT, WHOLE))
    assert left is not None
    assert whole is not None
    assert left.device_id == whole.device_id


async def test_disagreement(
    hass: HomeAssistant, entry: StewardConfigEntry, wait: Wait
) -> None:
    """A wrong scale for an hour is told, until it is right."""
    host(hass, "28")
    await name(hass, entry, feed(HOST))
    await wait(HOUR // 2)
    assert issue(hass) is None
    await wait(HOUR)
    told = issue(hass)
    assert told is not None
    assert told.translation_key == "meters_disagree"
    assert told.issue_id.endswith(entry.entry_id)
    assert told.translation_placeholders == {
        "whole": "C3K Load power",
        "parts": "host power",
        "share": "15%",
        "left": "272",
    }
    host(hass, "280")
    await wait(HOUR)
    assert issue(hass) is None


async def test_options_live_together(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> None:
    """The type's settings leave the feeds alone, and the other way round."""
    feeds = [feed(HOST, complete=False)]
    await name(hass, entry, *feeds)
    assert entry.options["feeds"] == feeds
    form = await async_settings(hass, entry)
    await hass.config_entries.options.async_configure(
        form["flow_id"], {"interval": 60, "battery_low": 20}
    )
    assert entry.options["feeds"] == feeds
    assert entry.options["interval"] == 60
    await name(hass, entry)
    assert entry.options["feeds"] == []
    assert entry.options["interval"] == 60
    assert er.async_get(hass).async_get(LEFT) is None


@pytest.mark.parametrize(
    "feeds",
    [[feed(WHOLE)], [feed(HOST), feed(HOST)]],
    ids=["itself", "twice"],
)
async def test_impossible(
    hass: HomeAssistant, entry: StewardConfigEntry, feeds: list[dict[str, Any]]
) -> None:
    """Nothing feeds itself or is fed twice."""
    form = await name(hass, entry, *feeds)
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"feeds": "fed_twice"}
    flows = hass.config_entries.options
    end = await flows.async_configure(form["flow_id"], {"feeds": [feed(HOST)]})
    assert end["type"] is FlowResultType.CREATE_ENTRY


async def test_gone(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A power that is no longer there has no remainder."""
    await name(hass, entry, feed(HOST))
    er.async_get(hass).async_update_entity(WHOLE, new_entity_id="sensor.other")
    await hass.config_entries.async_reload(entry.entry_id)
    assert f"there is no {WHOLE} any more" in caplog.text
    assert er.async_get(hass).async_get(LEFT) is None


async def test_offered(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """The powers of the entry can feed; nothing else can."""
    flows = hass.config_entries.options
    menu = await flows.async_init(entry.entry_id)
    form = await flows.async_configure(menu["flow_id"], {"next_step_id": "feeds"})
    schema = form["data_schema"]
    assert schema is not None
    fields = schema.schema["feeds"].config["fields"]
    offered = fields["whole"]["selector"].config["include_entities"]
    assert WHOLE in offered
    assert "sensor.c3k_energy" not in offered
    assert (await async_settings(hass, entry))["step_id"] == "winpower_options"
