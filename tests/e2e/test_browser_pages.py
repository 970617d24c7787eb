"""What the demo shows in the browser: devices, energy, prices, repairs."""

import re

from playwright.async_api import expect
import pytest

from tests.simulators.ecoflow import SimulatedHome, SimulatedStation
from tests.simulators.ecoflow.cloud import Account

from .client import HomeAssistantClient
from .demo_types import ecoflow
from .frontend import Frontend, said

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("e2e"),
]


@pytest.mark.parametrize(
    ("device", "entities"),
    [
        ("Server rack", ("Load power", "Battery charge", "Outages")),
        ("Home", ("Consumption", "Grid power")),
        ("MUST EP2000 Pro", ("Load power", "Remaining time", "Outages")),
        ("Garden house", ("Battery charge", "AC output", "X-Boost")),
        ("Germany and Luxembourg", ("Total price", "Price chart", "Cheap hours")),
        ("Processor power", ("Capping armed", "Capping mode", "Package 0 DRAM")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_device(
    device: str,
    entities: tuple[str, ...],
    frontend: Frontend,
    home: HomeAssistantClient,
) -> None:
    """A device's page shows its values under their names."""
    (found,) = (
        found["id"]
        for found in await home.ws("config/device_registry/list")
        if found["name"] == device
    )
    await frontend.page.set_viewport_size({"width": 1280, "height": 2000})
    await frontend.open(f"/config/devices/device/{found}")
    await frontend.sees(device, *entities)
    await frontend.picture(f"device-{device.lower().replace(' ', '-')}")


async def test_energy_dashboard(frontend: Frontend) -> None:
    """The Energy dashboard shows what went where today."""
    await frontend.open("/energy")
    await frontend.sees("Energy distribution", "Solar total", "Grid total")
    await frontend.sees(re.compile(r"[1-9][\d.,]*\s*kWh"))
    await frontend.picture("energy")
    await frontend.open("/energy/electricity")
    await frontend.sees("Server rack")
    await frontend.picture("energy-electricity")


async def test_dashboard(frontend: Frontend) -> None:
    """The demo opens on its dashboard, with the chart of the prices drawn."""
    await frontend.page.set_viewport_size({"width": 1280, "height": 1300})
    await frontend.open("/")
    await frontend.sees("Uninterruptible power", "Server rack lasts", "Prices")
    await frontend.sees_chart()
    await frontend.picture("dashboard")


async def test_repairs(frontend: Frontend, home: HomeAssistantClient) -> None:
    """A repair says what to do, and goes with what it was for."""
    stranger = SimulatedStation("ZZ99TEST00000001", "Shed", "DELTA 9")
    account = Account(user_id="1000000000000000002")
    async with SimulatedHome([stranger], account, tls=False) as cloud:
        entry = await home.add_entry(*ecoflow.flow_steps(cloud))
        try:
            await frontend.open("/config/repairs")
            title = said("issues.model_unknown.title", name="Shed")
            await frontend.page.get_by_text(title).first.click()
            text = said(
                "issues.model_unknown.description", name="Shed", model="DELTA 9"
            )
            await frontend.sees(text)
            await frontend.picture("repair")
            await frontend.page.keyboard.press("Escape")
        finally:
            await home.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")
        await expect(frontend.page.get_by_text(title)).to_have_count(0)
