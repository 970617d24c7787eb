"""Writes what this release stores: python -m tests.upgrades.write FOLDER.

Only ever for a folder that is not there yet: what is there, users have on their disks.
"""

import asyncio
import json
from pathlib import Path
import random
from random import Random
import sys
import tempfile

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .. import plugin_compat  # noqa: F401 - before the test plugin
from ..soak.fast_time import fast_time
from ..soak.house import House, entries, house
from .site import COST_METERS, ENTRIES, KEPT, addresses, home_assistant, set_up

SEED = 20261130


async def write(folder: Path) -> None:
    """Live through an hour with all device types, and leave what it stored."""
    random.seed(SEED)
    with fast_time() as fast:
        async with house(fast, folder, Random(SEED)) as world:
            async with home_assistant(folder) as hass:
                for kind, new in entries(world).items():
                    new.add_to_hass(hass)
                    if kind == "epex":
                        hass.config_entries.async_update_entry(
                            new, options={**new.options, **COST_METERS}
                        )
                hass.config_entries._async_schedule_save()
                await set_up(hass)
                for entry in hass.config_entries.async_entries():
                    assert entry.state is ConfigEntryState.LOADED, entry.title
                await eventful_hour(hass, world)
            forget_addresses(folder, world)


async def eventful_hour(hass: HomeAssistant, world: House) -> None:
    """Let all happen that leaves something on disk."""
    await asyncio.sleep(120)
    for action, data in (
        ("select.select_option", {"option": "price_linear"}),
        ("switch.turn_on", {}),
    ):
        domain, _, service = action.partition(".")
        name = "capping_mode" if domain == "select" else "capping_armed"
        await hass.services.async_call(
            domain, service, {"entity_id": f"{domain}.host_{name}", **data}, True
        )
    world.ups.lose_mains()
    world.must.mains = False
    await asyncio.sleep(1500)
    world.ups.restore_mains()
    world.must.mains = True
    await asyncio.sleep(1980)


def forget_addresses(folder: Path, world: House) -> None:
    """Take out of the entries where the simulators happened to listen."""
    file = folder / ".storage" / ENTRIES
    text = file.read_text("utf-8")
    for kind, fields in addresses(world).items():
        for name, value in fields.items():
            text = text.replace(json.dumps(value), json.dumps(f"{kind} {name}"))
    file.write_text(text, "utf-8")


def main(target: Path) -> None:
    """Write into a new folder."""
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(write(folder))
        for pattern in KEPT:
            for file in sorted((folder / ".storage").glob(pattern)):
                content = json.loads(file.read_bytes())
                text = json.dumps(content, ensure_ascii=False)
                (target / f"{file.name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
