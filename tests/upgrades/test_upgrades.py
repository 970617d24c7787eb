"""What any release has stored is taken up: ids, totals, options, wishes, experience."""

import asyncio
from collections.abc import Iterator
import json
from pathlib import Path
from random import Random
import shutil
from typing import Any

import pytest

from custom_components.power_steward.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_RESTORED
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..common import shown
from ..soak.fast_time import fast_time
from ..soak.house import House, house
from .site import DEVICES, ENTITIES, ENTRIES, addresses, home_assistant, set_up
from .write import SEED

pytestmark = pytest.mark.timeout(300)

HERE = Path(__file__).parent
RELEASES = sorted(folder.name for folder in HERE.glob("v*"))
TOTALS = f"{DOMAIN}.{{}}_entry.energy"


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let timers end with Home Assistant, which unloads nothing when it stops."""
    return True


def stored(folder: Path) -> dict[str, Any]:
    """Return what files hold, by name."""
    return {
        file.name.removesuffix(".json"): json.loads(file.read_bytes())
        for file in folder.iterdir()
        if file.name.startswith((DOMAIN, ENTRIES, ENTITIES, DEVICES))
    }


def put_in_place(release: str, folder: Path, world: House | None = None) -> None:
    """Put a release's files where Home Assistant looks for them."""
    storage = folder / ".storage"
    storage.mkdir()
    for file in (HERE / release).iterdir():
        shutil.copy(file, storage / file.name.removesuffix(".json"))
    if world is not None:
        file = storage / ENTRIES
        content = json.loads(file.read_bytes())
        for entry in content["data"]["entries"]:
            entry["data"] |= addresses(world)[entry["data"]["device_type"]]
        file.write_text(json.dumps(content), "utf-8")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the kinds of all values, each with where it is; lists are as their items."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    elif value is not None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        yield path, "number" if number else type(value).__name__


def totals(content: Any) -> dict[tuple[str, str], int]:
    """Return the exact totals in a ledger's file."""
    return {
        (device, channel): int(total)
        for device, channels in content["data"].items()
        for channel, total in channels.items()
    }


@pytest.mark.parametrize("release", RELEASES)
async def test_upgrade(release: str, tmp_path: Path) -> None:
    """All entries load with what they had, and go on from there."""
    before = stored(HERE / release)
    with fast_time() as fast:
        async with house(fast, tmp_path, Random(SEED)) as world:
            put_in_place(release, tmp_path, world)
            async with home_assistant(tmp_path) as hass:
                await set_up(hass)
                await asyncio.sleep(1800)
                hold_entries(hass, before)
                hold_registries(hass, before)
                outages = await hass.services.async_call(
                    DOMAIN, "outages", {}, blocking=True, return_response=True
                )
                assert outages is not None
                devices = outages["devices"]
                assert isinstance(devices, list)
                assert len(devices) == 2
                assert shown(hass, "select.host_capping_mode") == "price_linear"
                assert shown(hass, "switch.host_capping_armed") == "on"
        after = stored(tmp_path / ".storage")
    for kind in ("winpower", "aiseg2", "must", "ecoflow", "rapl"):
        was, now = (totals(each[TOTALS.format(kind)]) for each in (before, after))
        assert was.keys() <= now.keys()
        assert all(now[channel] >= total for channel, total in was.items())
    if release == RELEASES[-1]:
        hold_format(before, after)


def hold_entries(hass: HomeAssistant, before: dict[str, Any]) -> None:
    """Hold that all entries are loaded, with their options."""
    for was in before[ENTRIES]["data"]["entries"]:
        entry = hass.config_entries.async_get_known_entry(was["entry_id"])
        assert entry.state is ConfigEntryState.LOADED, entry.title
        assert entry.unique_id == was["unique_id"]
        assert was["options"].items() <= dict(entry.options).items()


def hold_registries(hass: HomeAssistant, before: dict[str, Any]) -> None:
    """Hold that every device and entity is still there, under its ids, and provided."""
    entities, devices = er.async_get(hass), dr.async_get(hass)
    for was in before[ENTITIES]["data"]["entities"]:
        entity = entities.async_get(was["entity_id"])
        assert entity is not None, was["entity_id"]
        assert (entity.unique_id, entity.id) == (was["unique_id"], was["id"])
        state = hass.states.get(was["entity_id"])
        if was["disabled_by"] is None:
            assert state is not None, was["entity_id"]
            assert not state.attributes.get(ATTR_RESTORED), was["entity_id"]
    for was in before[DEVICES]["data"]["devices"]:
        device = devices.async_get(was["id"])
        assert device is not None, was["name"]
        assert [list(pair) for pair in device.identifiers] == was["identifiers"]


def hold_format(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Hold that what is stored is stored as the newest release does, or has a new version.

    Whoever changes what is stored raises the version of that file, writes a migration, and
    adds what the new release writes as a folder of its own.
    """
    for name, was in before.items():
        if not name.startswith(DOMAIN):
            continue
        now = after[name]
        assert now["version"] == was["version"], name
        assert now["minor_version"] == was["minor_version"], name
        assert dict(leaves(now["data"])) == dict(leaves(was["data"])), name
    was, now = (each[ENTRIES]["data"]["entries"] for each in (before, after))
    for old, new in zip(was, now, strict=True):
        assert (old["version"], old["minor_version"]) == (
            new["version"],
            new["minor_version"],
        )
        assert dict(leaves(old["data"])) == dict(leaves(new["data"]))


@pytest.mark.parametrize(
    ("version", "minor", "state"),
    [
        (2, 1, ConfigEntryState.MIGRATION_ERROR),
        (1, 2, ConfigEntryState.LOADED),
    ],
)
async def test_downgrade(
    version: int,
    minor: int,
    state: ConfigEntryState,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An entry of a later release is left alone, unless that says that it may be read."""
    with fast_time() as fast:
        async with house(fast, tmp_path, Random(SEED)) as world:
            put_in_place(RELEASES[-1], tmp_path, world)
            file = tmp_path / ".storage" / ENTRIES
            content = json.loads(file.read_bytes())
            for entry in content["data"]["entries"]:
                entry |= {"version": version, "minor_version": minor}
            file.write_text(json.dumps(content), "utf-8")
            totals_before = stored(tmp_path / ".storage")[TOTALS.format("winpower")]
            async with home_assistant(tmp_path) as hass:
                await set_up(hass)
                entries = hass.config_entries.async_entries(DOMAIN)
                assert {entry.state for entry in entries} == {state}
                assert {entry.version for entry in entries} == {version}
            after = stored(tmp_path / ".storage")[TOTALS.format("winpower")]
    assert totals(after).keys() == totals(totals_before).keys()
    assert "Traceback" not in caplog.text


async def test_later_file(tmp_path: Path) -> None:
    """A file that only a later release can read keeps its entry out, and stays."""
    with fast_time() as fast:
        async with house(fast, tmp_path, Random(SEED)) as world:
            put_in_place(RELEASES[-1], tmp_path, world)
            file = tmp_path / ".storage" / TOTALS.format("winpower")
            text = json.dumps({**json.loads(file.read_bytes()), "version": 2})
            file.write_text(text, "utf-8")
            async with home_assistant(tmp_path) as hass:
                await set_up(hass)
                states = {
                    entry.title: entry.state
                    for entry in hass.config_entries.async_entries(DOMAIN)
                }
                assert states.pop("WinPower") is not ConfigEntryState.LOADED
                assert set(states.values()) == {ConfigEntryState.LOADED}
            assert file.read_text("utf-8") == text
