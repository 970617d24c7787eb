"""A real Home Assistant with a simulated device of every type, to click through.

The house loses mains in every quarter of an hour.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
import errno
from pathlib import Path
import signal
import socket
import sys
import tempfile
import time
from typing import Any

from homeassistant.util.yaml import parse_yaml

from .client import HomeAssistantClient, Json
from .demo_past import import_past
from .demo_types import DemoType, Place, aiseg2, ecoflow, epex, must, rapl, winpower
from .home_assistant import (
    HOST,
    RESTART_CODE,
    HomeAssistantFailed,
    RealHomeAssistant,
    free_port,
)

DEMO_TYPES: Sequence[DemoType[Any]] = (
    winpower.DEMO,
    aiseg2.DEMO,
    must.DEMO,
    ecoflow.DEMO,
    epex.DEMO,
    rapl.DEMO,
)
DASHBOARD = Path(__file__).parents[2] / "dashboards" / "power_steward.yaml"
FIRST_OUTAGE_AFTER = 60.0
OUTAGE_EVERY = 900.0
OUTAGE_LASTS = 120.0
SIMULATORS = "simulators"
"""The folder in Home Assistant's where the simulators keep their notes."""


class CannotStart(Exception):
    """The demo cannot start; the text tells the user why, and what to do."""


def say(text: str) -> None:
    """Tell the user what is going on."""
    print(f"==> {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class House:
    """A Home Assistant, and the simulators of what is set up in it."""

    home_assistant: RealHomeAssistant
    simulators: Sequence[tuple[DemoType[Any], Any]]

    def switch_mains(self, there: bool) -> None:
        """Let everything that has a battery lose mains, or have it back."""
        for kind, simulator in self.simulators:
            if kind.mains is not None:
                kind.mains(simulator, there)

    async def lose_mains_at_times(self) -> None:
        """Lose mains in every quarter of an hour, for ever."""
        await asyncio.sleep(FIRST_OUTAGE_AFTER)
        while True:
            say(f"the house loses mains, for {OUTAGE_LASTS:.0f} s")
            self.switch_mains(False)
            await asyncio.sleep(OUTAGE_LASTS)
            say("mains is back")
            self.switch_mains(True)
            await asyncio.sleep(OUTAGE_EVERY - OUTAGE_LASTS)


@asynccontextmanager
async def house(folder: Path, port: int) -> AsyncGenerator[House]:
    """Run the simulators and a Home Assistant in which all of them are set up.

    From then on the house loses mains at times.
    """
    async with AsyncExitStack() as stack:
        running: list[tuple[DemoType[Any], Place, Any]] = []
        for kind in DEMO_TYPES:
            say(f"starting a simulated {kind.name}")
            place = Place(folder / SIMULATORS / kind.key)
            try:
                simulator = await stack.enter_async_context(kind.start_simulator(place))
            except OSError as err:
                if err.errno != errno.EADDRINUSE:
                    raise
                raise CannotStart(
                    f"The port that the simulated {kind.name} of {folder} always had"
                    " is taken by another program: end that, or use another folder."
                ) from err
            running.append((kind, place, simulator))
        say("starting Home Assistant; the first time takes half a minute")
        home_assistant = await stack.enter_async_context(
            RealHomeAssistant(folder, port=port)
        )
        for kind, place, simulator in running:
            await add(home_assistant, kind, place, simulator)
        await open_on_dashboard(home_assistant)
        inhabited = House(
            home_assistant, [(kind, simulator) for kind, _, simulator in running]
        )
        outages = asyncio.create_task(inhabited.lose_mains_at_times())
        stack.callback(outages.cancel)
        yield inhabited


async def open_on_dashboard(home_assistant: RealHomeAssistant) -> None:
    """Import the dashboard as a user does, and open on it, unless one is there."""
    url_path = "power-steward"
    known = await home_assistant.ws("lovelace/dashboards/list")
    if any(dashboard["url_path"] == url_path for dashboard in known):
        return
    config = parse_yaml(DASHBOARD.read_text("utf-8"))
    await home_assistant.ws(
        "lovelace/dashboards/create",
        url_path=url_path,
        title="Power Steward",
        icon="mdi:shield-home",
        mode="storage",
    )
    await home_assistant.ws("lovelace/config/save", url_path=url_path, config=config)
    await home_assistant.ws(
        "frontend/set_system_data", key="core", value={"default_panel": url_path}
    )


async def add(
    home_assistant: RealHomeAssistant, kind: DemoType[Any], place: Place, simulator: Any
) -> None:
    """Add a device type as a user does, unless an earlier start did."""
    there = {entry["entry_id"] for entry in await home_assistant.entries()}
    if place.recall("entry") in there:
        return
    say(f"adding the {kind.name}")
    entry = await home_assistant.add_entry(*kind.flow_steps(simulator))
    await settle(home_assistant, kind, place, entry)


async def settle(
    home_assistant: HomeAssistantClient, kind: DemoType[Any], place: Place, entry: Json
) -> None:
    """Do what the demo does with an entry once it is added, and remember the entry."""
    entities = await entities_of(home_assistant, entry, kind.awaits)
    if kind.afterwards is not None:
        await kind.afterwards(home_assistant, entities)
    await home_assistant.until_loaded(entry["entry_id"])
    await add_to_energy(home_assistant, entry["entry_id"], imported=kind.imported)
    await put_in_areas(home_assistant, entry["entry_id"], kind.areas)
    if kind.finish is not None:
        await kind.finish(home_assistant, entry, entities)
    place.note("entry", entry["entry_id"])


async def entities_of(
    home_assistant: HomeAssistantClient, entry: Json, awaited: Sequence[str]
) -> dict[str, Json]:
    """Return an entry's entities by unique id, once those with these ends are there."""
    async with asyncio.timeout(home_assistant.patience):
        while True:
            found = {
                unique_id: entity
                for unique_id, entity in (await home_assistant.entities()).items()
                if entity["config_entry_id"] == entry["entry_id"]
            }
            if all(any(it.endswith(end) for it in found) for end in awaited):
                return found
            await asyncio.sleep(0.2)


async def add_to_energy(
    home_assistant: HomeAssistantClient, entry_id: str, *, imported: bool
) -> None:
    """Put what an entry has on the Energy dashboard, and give it a past."""
    told = await home_assistant.call_service(
        "power_steward",
        "energy_dashboard",
        answer=True,
        config_entry_id=entry_id,
        apply=True,
        imported=imported,
    )
    for change in told["service_response"]["changes"]:
        fields = change["fields"]
        if not imported and {"stat_consumption", "stat_rate"} <= fields.keys():
            await import_past(
                home_assistant, fields["stat_consumption"], fields["stat_rate"]
            )


async def put_in_areas(
    home_assistant: HomeAssistantClient, entry_id: str, areas: Mapping[str, str]
) -> None:
    """Put devices, by name, in rooms: the overview shows what is in a room."""
    there = {
        area["name"]: area["area_id"]
        for area in await home_assistant.ws("config/area_registry/list")
    }
    for device in await home_assistant.ws("config/device_registry/list"):
        area = areas.get(device["name"])
        if area is None or entry_id not in device["config_entries"]:
            continue
        if area not in there:
            created = await home_assistant.ws("config/area_registry/create", name=area)
            there[area] = created["area_id"]
        await home_assistant.ws(
            "config/device_registry/update",
            device_id=device["id"],
            area_id=there[area],
        )


async def run(folder: Path, port: int) -> None:
    """Run the demo until Home Assistant ends or the task is cancelled."""
    started = time.monotonic()
    async with house(folder, port) as running:
        say(
            f"ready after {time.monotonic() - started:.0f} s. There is no log-in;"
            " Ctrl-C ends everything. Open:"
        )
        print(running.home_assistant.url, flush=True)
        await until_stopped(running.home_assistant)


async def until_stopped(home_assistant: RealHomeAssistant) -> None:
    """Wait until Home Assistant ends for good; start it again where it asks for that."""
    while (code := await home_assistant.wait()) == RESTART_CODE:
        say("restarting Home Assistant, as it asks")
        await home_assistant.start()
        say("restarted")
    if code:
        raise HomeAssistantFailed(
            f"Home Assistant ended by itself, with code {code}:\n"
            f"{home_assistant.last_words()}"
        )
    say("Home Assistant was stopped")


def check_port(port: int) -> None:
    """Make sure that Home Assistant can have the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as err:
            raise CannotStart(
                f"Port {port} cannot be used ({err}): choose another with --port."
            ) from err


async def run_until_signal(folder: Path, port: int) -> None:
    """Run the demo and end it in good order on Ctrl-C and its like."""
    task = asyncio.ensure_future(run(folder, port))
    loop = asyncio.get_running_loop()

    def end() -> None:
        if not task.cancelling():
            say("ending everything")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    try:
        await task
    except asyncio.CancelledError:
        say("nothing is left running")


def main() -> int:
    """Run the demo as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--port",
        type=int,
        default=8123,
        help="where Home Assistant listens (default: 8123; 0: any free one)",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="keep Home Assistant's folder for the next time; otherwise it is a fresh"
        " one, removed at the end",
    )
    options = parser.parse_args()
    try:
        options.port = options.port or free_port()
        check_port(options.port)
        if options.keep is not None:
            asyncio.run(run_until_signal(options.keep.resolve(), options.port))
        else:
            with tempfile.TemporaryDirectory(
                prefix="power-steward-demo-", ignore_cleanup_errors=True
            ) as folder:
                asyncio.run(run_until_signal(Path(folder), options.port))
    except (CannotStart, HomeAssistantFailed) as err:
        print(f"scripts/demo: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
