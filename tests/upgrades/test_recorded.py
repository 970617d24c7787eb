"""What a release has noted of the recorder and of the dashboard is still understood."""

import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.power_steward.const import DOMAIN
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from ..devices.aiseg2.conftest import _no_rest, async_add, box
from ..devices.aiseg2.test_history import async_import
from ..simulators.aiseg2 import AiSeg2Simulator
from ..test_energy_dashboard import call, go, preferences
from .test_upgrades import HERE, RELEASES, leaves

__all__ = ["_no_rest", "box"]


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> Path:
    """Return the folder of a release."""
    return HERE / str(request.param)


@pytest.fixture(autouse=True)
def card(box: AiSeg2Simulator) -> None:
    """Have a card that holds a day and this morning."""
    box.house.circuits = box.house.circuits[:2]
    box.sd_days = 1


def noted(release: Path, name: str) -> dict[str, Any]:
    """Return what a release has on disk of an AiSEG2's entry."""
    file = release / f"{DOMAIN}.aiseg2_entry.{name}.json"
    content: dict[str, Any] = json.loads(file.read_bytes())
    return content


async def test_history(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    box: AiSeg2Simulator,
    release: Path,
) -> None:
    """What was imported before is not imported again."""
    entry = await async_add(hass, box)
    assert (await async_import(hass, entry))["rows"] > 0
    key = f"{DOMAIN}.{entry.entry_id}.history"
    before = noted(release, "history")
    assert dict(leaves(hass_storage[key]["data"])) == dict(leaves(before["data"]))
    hass_storage[key] = before | {"key": key}
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert await async_import(hass, entry) == {"months": 0, "rows": 0}


async def test_dashboard(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    box: AiSeg2Simulator,
    release: Path,
) -> None:
    """What was added to the Energy dashboard can still be taken back."""
    assert await async_setup_component(hass, "energy", {})
    entry = await async_add(hass, box)
    await call(hass, entry, apply=True)
    key = f"{DOMAIN}.{entry.entry_id}.energy_dashboard"
    before = noted(release, "energy_dashboard")
    assert hass_storage[key]["data"] == before["data"]
    hass_storage[key] = before | {"key": key}
    step = await go(hass, entry, "energy_dashboard_undo")
    await hass.config_entries.options.async_configure(step["flow_id"], {})
    after = await preferences(hass)
    assert after["device_consumption"] == []
    assert after["energy_sources"] == []
