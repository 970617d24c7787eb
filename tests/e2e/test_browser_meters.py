"""What the browser shows of meters that disagree, in a Home Assistant in a hurry."""

from collections.abc import AsyncGenerator
from pathlib import Path

from playwright.async_api import expect
import pytest

from tests.simulators.winpower import WinPowerSimulator

from .conftest import required
from .demo_types import winpower
from .frontend import frontend, said
from .home_assistant import HERE, RealHomeAssistant

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("e2e"),
]
WHOLE, PART = "sensor.server_rack_load_power", "sensor.machine_hall_load_power"


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncGenerator[RealHomeAssistant]:
    """Return a Home Assistant whose checks of meters take seconds."""
    home = RealHomeAssistant(tmp_path)
    name = "short_periods"
    (tmp_path / "custom_components" / name).symlink_to(HERE / name)
    with (tmp_path / "configuration.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{name}:\n")
    async with home:
        yield home


@pytest.fixture
async def upses() -> AsyncGenerator[WinPowerSimulator]:
    """Return a server of UPSs: a rack's of 300 W, and a hall's of 30 W."""
    simulator = WinPowerSimulator(upses=winpower.upses())
    rack, hall, _ = simulator.upses
    rack.load, hall.load = 300.0, 30.0
    await simulator.start()
    yield simulator
    await simulator.stop()


async def test_meters_disagree(
    hasty: RealHomeAssistant, upses: WinPowerSimulator, profile: Path
) -> None:
    """The repair names the meters and what is left, and goes once they agree."""
    entry = await hasty.add_entry(*winpower.flow_steps(upses))
    await hasty.wait_for(lambda states: {WHOLE, PART} <= states.keys())
    feeds = [{"whole": WHOLE, "parts": [PART]}]
    await hasty.options_flow(entry["entry_id"], "feeds", {"feeds": feeds})
    async with frontend(required("chromium"), hasty.url, profile) as user:
        await user.open("/config/repairs")
        whole = "Server rack Load power"
        title = said("issues.meters_disagree.title", whole=whole)
        await user.page.get_by_text(title).first.click()
        await user.sees(
            said(
                "issues.meters_disagree.description",
                whole=whole,
                parts="Machine hall Load power",
                share="15%",
                left="270",
            )
        )
        await user.picture("repair-meters")
        await user.page.keyboard.press("Escape")
        upses.upses[1].load = 300.0
        await expect(user.page.get_by_text(title)).to_have_count(0)
