"""A real Home Assistant with a simulated device of every type, to click through.

The house loses mains in every quarter of an hour.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
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
from .demo_simulators import (
    CannotStart,
    Running,
    lose_mains_at_times,
    say,
    simulators,
    to_enter,
)
from .demo_types import DemoType, Place
from .home_assistant import (
    HOST,
    RESTART_CODE,
    HomeAssistantFailed,
    RealHomeAssistant,
    free_port,
)

DASHBOARD = Path(__file__).parents[2] / "dashboards" / "power_steward.yaml"


@asynccontextmanager
async def house(folder: Path, port: int) -> AsyncGenerator[RealHomeAssistant]:
    """Run the simulators and a Home Assistant in which all of them are set up.

    From then on the house loses mains at times.
    """
    async with simulators(folder) as running:
        say("starting Home Assistant; the first time takes half a minute")
        async with RealHomeAssistant(folder, port=port) as home_assistant:
            for one in running:
                await add(home_assistant, one)
            await open_on_dashboard(home_assistant)
            outages = asyncio.create_task(lose_mains_at_times(running))
            try:
                yield home_assistant
            finally:
                outages.cancel()


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


async def add(home_assistant: RealHomeAssistant, running: Running) -> None:
    """Add a device type as a user does, unless an earlier start did."""
    kind, place = running.kind, running.place
    there = {entry["entry_id"] for entry in await home_assistant.entries()}
    if place.recall("entry") in there:
        return
    say(f"adding the {kind.name}")
    entry = await home_assistant.add_entry(*kind.flow_steps(running.simulator))
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
    async with house(folder, port) as home_assistant:
        say(
            f"ready after {time.monotonic() - started:.0f} s. There is no log-in;"
            " Ctrl-C ends everything. Open:"
        )
        print(home_assistant.url, flush=True)
        await until_stopped(home_assistant)


async def run_simulators(folder: Path) -> None:
    """Run the simulators for a Home Assistant of the user's own, until cancelled."""
    async with simulators(folder) as running:
        say("ready; Ctrl-C ends everything. Add integration → Power Steward, then:")
        print(to_enter(running), flush=True)
        await lose_mains_at_times(running)


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


async def until_signal(running: Coroutine[Any, Any, None]) -> None:
    """Run the demo and end it in good order on Ctrl-C and its like."""
    task = asyncio.ensure_future(running)
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


@contextmanager
def demo_folder(kept: Path | None) -> Generator[Path]:
    """Return the folder that is kept, or a fresh one that is removed at the end."""
    if kept is not None:
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(
        prefix="power-steward-demo-", ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


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
        "--simulators",
        action="store_true",
        help="only the simulated devices, for a Home Assistant of your own on this"
        " machine; prints what to enter there",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="keep the folder of Home Assistant and the simulators for the next time;"
        " otherwise it is a fresh one, removed at the end",
    )
    options = parser.parse_args()
    try:
        with demo_folder(options.keep) as folder:
            if options.simulators:
                asyncio.run(until_signal(run_simulators(folder)))
            else:
                port = options.port or free_port()
                check_port(port)
                asyncio.run(until_signal(run(folder, port)))
    except (CannotStart, HomeAssistantFailed) as err:
        print(f"scripts/demo: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
