"""Put a load on a real Home Assistant and measure what it costs."""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
import json
from pathlib import Path
import sys
import tempfile
import time
from typing import Any

from tests.e2e.client import DOMAIN, Json
from tests.e2e.home_assistant import RealHomeAssistant, access_token

from .stores import NotHere, figures, postgresql, prometheus

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
ZONES = ("DE-LU", "FR", "AT")
CONFIGURATION = """\
homeassistant:
  name: Load
  latitude: 50.11
  longitude: 8.68
  country: DE
  currency: EUR
  time_zone: Europe/Berlin
  unit_system: metric
frontend:
history:
logbook:
energy:
load_probe:
logger:
  default: warning
  logs:
    custom_components.power_steward: info
recorder:
"""
STORES = """\
  db_url: {url}
prometheus:
"""


def say(text: str) -> None:
    """Tell the user what is going on."""
    print(f"==> {text}", file=sys.stderr, flush=True)


class PatientHomeAssistant(RealHomeAssistant):
    """A Home Assistant that may take its time to add a thousand devices."""

    patience = 300.0


@asynccontextmanager
async def sources(
    upses: int, circuits: int, stations: int, zones: Sequence[str]
) -> AsyncGenerator[list[Any]]:
    """Run the simulators in a process of their own; yield how each is added."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.load.sources"),
        *("--upses", str(upses), "--circuits", str(circuits)),
        *("--stations", str(stations), "--zones", *zones),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        steps: list[Any] = json.loads(await process.stdout.readline())
        yield steps
    finally:
        process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 10)
        if process.returncode is None:
            process.kill()
            await process.wait()


def furnish(folder: Path, configuration: str) -> None:
    """Prepare Home Assistant's folder: configuration and probe."""
    (folder / "configuration.yaml").write_text(configuration)
    components = folder / "custom_components"
    components.mkdir()
    (components / "load_probe").symlink_to(HERE / "load_probe")


async def report(home_assistant: RealHomeAssistant) -> Json:
    """Return what the probe saw since the last report."""
    answer: Json = await home_assistant.call_service(
        "load_probe", "report", answer=True
    )
    seen: Json = answer["service_response"]
    return seen


async def until_settled(home_assistant: RealHomeAssistant) -> None:
    """Wait until no more entities appear."""
    before = -1
    async with asyncio.timeout(240):
        while True:
            entries = await home_assistant.entries()
            count = len(await home_assistant.states())
            if count == before and all(it["state"] == "loaded" for it in entries):
                return
            before = count
            await asyncio.sleep(8)


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, Json]:
    """Run it, with the stores if they are wanted."""
    if not options.stores:
        furnish(folder, CONFIGURATION)
        return await observe(options, folder)
    async with postgresql() as database:
        furnish(folder, CONFIGURATION + STORES.format(url=database.url))
        seen = await observe(options, folder)
        seen["PostgreSQL"] = await database.figures()
    return seen


async def observe(options: argparse.Namespace, folder: Path) -> dict[str, Json]:
    """Add everything, wait until it is there, and watch for a while."""
    seen: dict[str, Json] = {}
    async with (
        sources(
            options.upses, options.circuits, options.stations, ZONES[: options.zones]
        ) as steps,
        PatientHomeAssistant(folder) as home_assistant,
    ):
        await asyncio.sleep(2)
        await report(home_assistant)
        await asyncio.sleep(options.idle)
        seen["empty"] = await report(home_assistant)
        began = time.monotonic()
        for steps_of_one in steps:
            say(f"adding {steps_of_one[0]}")
            await home_assistant.add_entry(*steps_of_one)
        await until_settled(home_assistant)
        say(f"everything is there after {time.monotonic() - began:.0f} s")
        seen["set-up"] = await report(home_assistant)
        async with AsyncExitStack() as stack:
            scraping = None
            if options.stores:
                target = home_assistant.url.removeprefix("http://")
                scraping = await stack.enter_async_context(
                    prometheus(target, access_token(folder))
                )
            await asyncio.sleep(options.seconds)
            seen["running"] = await report(home_assistant)
            if scraping is not None:
                seen["Prometheus"] = await figures(scraping)
        words = [it for it in home_assistant.console().splitlines() if DOMAIN in it]
        print("\n".join(words[:20]), file=sys.stderr)
    return seen


def told(seen: Mapping[str, Json]) -> str:
    """Return what was measured as text."""
    lines = []
    for phase, it in seen.items():
        if "seconds" not in it:
            lines += [f"## {phase}", *(f"  {name}: {it[name]}" for name in it)]
            continue
        lines += [
            f"## {phase}, {it['seconds']:.0f} s",
            (
                f"CPU {it['cpu']:.1%}, of it the event loop {it['loop_cpu']:.1%};"
                f" RSS {it['rss'] / 2**20:.0f} MiB;"
                f" {it['states']} states, {it['states_written']:.0f} written a second;"
                f" {it['calls']:.0f} calls of the loop a second"
            ),
            (
                f"calls of 10 ms and longer: {it['over']} by the clock,"
                f" {it['over_cpu']} by CPU time; garbage collection"
                f" {it['collecting']:.1%}, longest"
                f" {it['longest_collection'] * 1000:.0f} ms of {it['collections']}"
            ),
        ]
        lines += [
            f"  CPU {worked * 1000:6.1f} ms, clock {took * 1000:6.1f} ms, under our"
            f" frames {share:4.0%}: {name} ({where})"
            for worked, took, name, share, where in it["longest"][:12]
        ]
        lines += [f"  {share:6.1%} {name}" for name, share in it["accounts"].items()]
        lines += ["  functions, by the frame of ours or Home Assistant's:"]
        lines += [
            f"  {share:6.2%} {name}"
            for name, share in list(it["functions"].items())[:40]
        ]
        lines += ["  calls of the loop, CPU:"]
        lines += [f"  {cpu:6.2%} {name}" for name, cpu in it["by_call"].items()]
    return "\n".join(lines)


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="scripts/load", description=__doc__)
    parser.add_argument("--upses", type=int, default=1000)
    parser.add_argument("--circuits", type=int, default=200)
    parser.add_argument("--stations", type=int, default=50)
    parser.add_argument("--zones", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--idle", type=float, default=5)
    parser.add_argument(
        "--stores",
        action="store_true",
        help="the recorder on a PostgreSQL, and a Prometheus that scrapes",
    )
    parser.add_argument("--json", type=Path, help="where to write all that was seen")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(
        prefix="power-steward-load-", ignore_cleanup_errors=True
    ) as folder:
        try:
            seen = asyncio.run(measure(options, Path(folder)))
        except NotHere as err:
            parser.error(str(err))
    print(told(seen))
    if options.json is not None:
        options.json.write_text(json.dumps(seen, indent=1))


if __name__ == "__main__":
    main()
