"""Takes the pictures of the documentation's tour from the demo."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
import sys
import tempfile
from urllib.parse import urlencode

from PIL import Image
from playwright.async_api import Locator

from .client import HomeAssistantClient, Json
from .demo import house
from .demo_simulators import say
from .frontend import Frontend, frontend
from .home_assistant import access_token, address, free_port
from .programs import NoProgram, find_program

PICTURES = Path(__file__).parents[2] / "docs" / "images"
WIDE, NARROW = 1200, 560
TALL, LOW = 1680, 760
AT_REST = 1.0
"""Seconds in which a page that is complete does not change."""
AROUND_OUTAGE = timedelta(minutes=5)
"""How far back the first outage, of two minutes, is seen with what came before it."""
MINUTES = 12
"""How long the first outage, and statistics of it, may take."""


class Tour:
    """A user who goes through the demo and takes pictures."""

    def __init__(self, user: Frontend, home: HomeAssistantClient) -> None:
        """Take the user's frontend and another way to the same Home Assistant."""
        self.user = user
        self.page = user.page
        self.home = home

    async def take(self, name: str, of: Locator | None = None) -> None:
        """Take a picture of the page, or of a part of it, once it has come to rest."""
        await self.page.wait_for_load_state("networkidle")
        what = of or self.page
        before, shot = b"", await what.screenshot(animations="disabled")
        while shot != before:
            await asyncio.sleep(AT_REST)
            before, shot = shot, await what.screenshot(animations="disabled")
        picture = Image.open(BytesIO(shot)).convert("RGB").quantize(128)
        picture.save(PICTURES / f"{name}.png", optimize=True)
        say(f"{name}.png")

    async def open(self, path: str, height: int = LOW, width: int = WIDE) -> None:
        """Go to a page, in a window of some size."""
        await self.page.set_viewport_size({"width": width, "height": height})
        await self.user.open(path)

    async def device(self, name: str) -> str:
        """Return the path of a device's page."""
        (found,) = (
            device["id"]
            for device in await self.home.ws("config/device_registry/list")
            if device["name"] == name
        )
        return f"/config/devices/device/{found}"

    async def entry_id(self, title: str) -> str:
        """Return an entry."""
        (found,) = (
            entry["entry_id"]
            for entry in await self.home.entries()
            if entry["title"] == title
        )
        return str(found)

    # The pictures

    async def dashboard(self) -> None:
        """Show what the demo opens on."""
        await self.open("/power-steward/power", TALL)
        await self.user.sees("Server rack lasts", "Consumption")
        await self.user.sees_chart()
        await self.take("dashboard")

    async def add(self) -> None:
        """Show what can be watched."""
        await self.open("/")
        dialog = await self.user.add_integration()
        await dialog.sees("UPSs behind a WinPower G2 server")
        await self.take("add")

    async def ups(self) -> None:
        """Show a UPS."""
        await self.open(await self.device("Server rack"), TALL)
        await self.user.sees("Load power", "Outages")
        await self.take("ups")

    async def outages(self) -> None:
        """Show the log of outages."""
        await self.open("/logbook?entity_id=event.server_rack_power_event")
        await self.user.sees("has mains again after")
        await self.take("outages")

    async def energy(self) -> None:
        """Show the Energy dashboard."""
        await self.open("/energy", 1000)
        await self.user.sees("Energy distribution", "Solar total")
        await self.take("energy")

    async def prices(self) -> None:
        """Show the chart of the prices."""
        await self.open("/power-steward/power", TALL, NARROW)
        await self.take("prices", await self.user.sees_chart())

    async def caps(self) -> None:
        """Show power and caps of the processors over an outage."""
        names = ("power", "effective_limit")
        ids = [f"sensor.package_{number}_{name}" for number in (0, 1) for name in names]
        mains_back = datetime.fromisoformat(
            (await self.home.state("binary_sensor.server_rack_on_battery"))[
                "last_changed"
            ]
        )
        end = mains_back + AROUND_OUTAGE / 2
        # The caps rise again only when the battery has been charging for a while.
        await asyncio.sleep(max((end - datetime.now(UTC)).total_seconds(), 0))
        query = urlencode(
            {
                "entity_id": ",".join(ids),
                "start_date": (mains_back - AROUND_OUTAGE).isoformat(),
                "end_date": end.isoformat(),
            }
        )
        await self.open(f"/history?{query}")
        await self.user.sees("Effective limit")
        await self.take("caps")

    async def energy_step(self) -> None:
        """Show what would be added to the Energy dashboard, and add it again."""
        entry_id = await self.entry_id("MUST EP2000 Pro")
        await self.home.options_flow(
            entry_id, "energy_dashboard", "energy_dashboard_undo", {}
        )
        await self.home.until_loaded(entry_id)
        await self.open("/")
        dialog = await self.user.open_options(entry_id)
        await dialog.choose("init", "energy_dashboard")
        await dialog.sees("Changes")
        await self.take("energy-step")
        await dialog.submit()
        await dialog.close()


async def until_there_is_something_to_see(home: HomeAssistantClient) -> None:
    """Wait for the end of an outage, and for the statistics of some minutes."""

    def outage_is_over(states: Mapping[str, Json]) -> bool:
        on_battery = states.get("binary_sensor.server_rack_on_battery", {})
        count = states.get("sensor.server_rack_outages", {}).get("state", "0")
        return on_battery.get("state") == "off" and count not in ("0", "unknown")

    say("waiting for an outage to be over")
    await home.wait_for(outage_is_over, MINUTES * 60)
    say("waiting for statistics")
    wanted = "sensor.aiseg2_home_consumption"
    async with asyncio.timeout(MINUTES * 60):
        while not await home.ws(
            "recorder/statistics_during_period",
            start_time="2000-01-01T00:00:00Z",
            statistic_ids=[wanted],
            period="5minute",
        ):
            await asyncio.sleep(5)


async def go(home: HomeAssistantClient, program: str, profile: Path) -> None:
    """Take all pictures."""
    await until_there_is_something_to_see(home)
    async with frontend(program, home.url, profile, reduced_motion="reduce") as user:
        tour = Tour(user, home)
        pictures: tuple[Callable[[], Awaitable[None]], ...] = (
            tour.add,
            tour.dashboard,
            tour.ups,
            tour.outages,
            tour.energy,
            tour.prices,
            tour.caps,
            tour.energy_step,
        )
        for picture in pictures:
            await picture()


async def run(demo: Path | None) -> None:
    """Take all pictures of a demo that runs, or of one that is started for them."""
    program = find_program("chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder) / "profile"
        if demo is None:
            async with house(Path(folder) / "demo", free_port()) as home:
                await go(home, program, profile)
        else:
            async with HomeAssistantClient(address(demo), access_token(demo)) as home:
                await go(home, program, profile)


def main() -> int:
    """Take the pictures that the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/tour", description=__doc__)
    parser.add_argument(
        "--of",
        type=Path,
        metavar="FOLDER",
        help="the folder of a demo that runs, started with scripts/demo --keep FOLDER;"
        " otherwise one is started",
    )
    try:
        asyncio.run(run(parser.parse_args().of))
    except NoProgram as err:
        print(f"scripts/tour: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
