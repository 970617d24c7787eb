"""A power cut at a random moment: in an outage, under a cap, while history is imported."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
import json
from pathlib import Path
from random import Random
from typing import Any, Final

from aiohttp import ClientError
import pytest

from tests.simulators.aiseg2 import AiSeg2Simulator, SimulatedCircuit, SimulatedHouse
from tests.simulators.aiseg2.house import JAPAN
from tests.simulators.rapl import Folder, server
from tests.simulators.winpower import Battery, SimulatedUps, WinPowerSimulator

from .client import DOMAIN, Json, RequestFailed
from .demo_types import aiseg2, rapl, winpower
from .home_assistant import RealHomeAssistant

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.soak,  # over a minute: run by name
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("e2e"),
]

UPS_ID: Final = "7d1c6a52-5f0e-4f3b-9a61-3b0f6f2d8c01"
LOAD: Final = 500.0
ORIGINAL: Final = [205, 205]
CAP: Final = 100
MOST_LOST: Final = 15.0
"""Seconds of energy that a crash may take."""
ROUNDING: Final = 0.001
"""Joules by which a total may be off that is shown in kWh."""
POLL: Final = 5.0
CARD_DAYS: Final = 120
"""Of history, so that an import takes a while."""
AT_ONCE: Final = {
    "prices": {"without_data": "keep", "keep": 60},
    "limits": {
        "ramp": 100,
        "dwell": 1,
        "manual_change": 60,
        "scope": "each",
        "short_term": False,
    },
    "battery": {"battery_sensors": [], "runtime": 30, "settle": 1},
    "kubernetes": {"annotate": False},
}
"""Options with which a cap is in force without delay."""
UNITS_PER_JOULE: Final = 2 * 1000 * 10**9
"""Of what the ledger keeps on disk."""


@dataclass
class Site:
    """A Home Assistant, and what it looks after."""

    home: RealHomeAssistant
    ups: SimulatedUps
    box: AiSeg2Simulator
    processors: Folder
    entries: Mapping[str, Json]
    ids: Mapping[str, str]
    """Entity ids by the end of their unique ids."""

    def stored(self) -> float:
        """Return the joules of the UPS on disk."""
        name = f"{DOMAIN}.{self.entries['winpower']['entry_id']}.energy"
        content = json.loads((self.home.folder / ".storage" / name).read_bytes())
        return int(content["data"][UPS_ID]["output"]) / UNITS_PER_JOULE

    async def shown(self) -> float:
        """Return the joules of the UPS that are shown, once any are."""

        def known(states: Mapping[str, Json]) -> float | None:
            state = states.get(self.ids["output_energy"], {}).get("state")
            return None if state in (None, "unknown", "unavailable") else float(state)

        return await self.home.wait_for(known) * 3.6e6

    def limits(self) -> list[int]:
        """Return the long-term limits of the processors, in W."""
        return [
            int((self.processors.path / zone.folder / name).read_text()) // 1_000_000
            for zone in self.processors.host.packages()
            for name in ("constraint_0_power_limit_uw",)
        ]

    async def outages(self) -> list[Json]:
        """Return the outages of the UPS."""
        told = await self.home.call_service(DOMAIN, "outages", answer=True)
        return [
            outage
            for device in told["service_response"]["devices"]
            for outage in device["outages"]
        ]

    async def until_capped(self) -> None:
        """Wait for both caps to be in force."""
        async with asyncio.timeout(60):
            while max(self.limits()) > CAP:
                await asyncio.sleep(0.1)


def history_house() -> SimulatedHouse:
    """Return the house whose history is imported."""
    return SimulatedHouse(
        [
            SimulatedCircuit(number, f"回路{number}", 17.0 * number)
            for number in range(8, 16)
        ],
        solar=900.0,
        unmeasured=250.0,
    )


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Site]:
    """Return a running site."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        ups = SimulatedUps(id=UPS_ID, load=LOAD, battery=Battery(capacity_wh=5000))
        upses = await enter(WinPowerSimulator(upses=[ups]))
        box = await enter(AiSeg2Simulator(history_house(), sd_days=CARD_DAYS))
        processors = stack.enter_context(Folder(server(), tmp_path / "sys"))
        (tmp_path / "home").mkdir()
        home = await enter(RealHomeAssistant(tmp_path / "home"))
        entries = {
            "winpower": await home.add_entry(*winpower.flow_steps(upses)),
            "aiseg2": await home.add_entry(*aiseg2.flow_steps(box)),
            "rapl": await home.add_entry(*rapl.flow_steps(processors)),
        }
        await home.options_flow(entries["rapl"]["entry_id"], "settings", AT_ONCE)
        await home.until_loaded(entries["rapl"]["entry_id"])
        site = Site(home, ups, box, processors, entries, await ids(home))
        await home.call_service(
            "select",
            "select_option",
            entity_id=site.ids["capping_mode"],
            option="manual",
        )
        await home.call_service(
            "number", "set_value", entity_id=site.ids["manual_cap"], value=CAP
        )
        await home.call_service("switch", "turn_on", entity_id=site.ids["armed"])
        yield site


async def ids(home: RealHomeAssistant) -> dict[str, str]:
    """Return the entity ids by what they are for, once all of them are there."""
    ends = {
        "output_energy": f"_{UPS_ID}_energy",
        **{key: f"_hub_{key}" for key in ("capping_mode", "manual_cap", "armed")},
    }
    async with asyncio.timeout(60):
        while True:
            known = {
                name: entity["entity_id"]
                for name, end in ends.items()
                for unique_id, entity in (await home.entities()).items()
                if unique_id.endswith(end)
            }
            if known.keys() == ends.keys():
                return known
            await asyncio.sleep(0.2)


async def import_history(site: Site) -> Any:
    """Import what the card holds."""
    return await site.home.call_service(
        DOMAIN,
        "import_history",
        answer=True,
        config_entry_id=site.entries["aiseg2"]["entry_id"],
    )


async def cut_power(site: Site, chance: Random) -> None:
    """Kill Home Assistant at some moment of an import."""
    importing = asyncio.create_task(import_history(site))
    await asyncio.sleep(chance.uniform(0, 4))
    await site.home.kill()
    await asyncio.gather(importing, return_exceptions=True)
    error = importing.exception()
    assert error is None or isinstance(error, ClientError | RequestFailed | OSError)


async def rows(site: Site) -> dict[str, list[Json]]:
    """Return the imported hours of all statistics."""
    told = await site.home.ws("recorder/list_statistic_ids")
    imported = [item["statistic_id"] for item in told if item["source"] == DOMAIN]
    found: dict[str, list[Json]] = await site.home.ws(
        "recorder/statistics_during_period",
        start_time=(datetime.now(UTC) - timedelta(days=CARD_DAYS + 5)).isoformat(),
        statistic_ids=imported,
        period="hour",
        types=["state", "sum"],
    )
    return {key.rpartition("100001_")[2]: value for key, value in found.items()}


async def test_power_cut(site: Site, request: pytest.FixtureRequest) -> None:
    """Nothing is lost but seconds, nothing is there twice, nothing stays changed."""
    chance = Random(request.config.getoption("--seed"))
    await site.until_capped()
    before = await site.shown()
    site.ups.lose_mains()
    begun = site.ups.energy_delivered_wh * 3600
    first = site.stored()
    await asyncio.sleep(chance.uniform(POLL, 15))
    await cut_power(site, chance)

    # What was counted went to disk, but for the last seconds.
    total = site.stored()
    counted = site.ups.energy_delivered_wh * 3600 - begun
    assert total > before - ROUNDING
    assert total >= first + counted - LOAD * (MOST_LOST + 2 * POLL)
    assert site.limits() == [CAP, CAP]

    site.ups.restore_mains()
    await site.home.start()
    assert await site.shown() > total - ROUNDING
    await site.until_capped()
    (outage,) = await site.outages()
    assert outage["at_least"]
    async with asyncio.timeout(30):
        while (await site.outages())[-1]["end"] is None:
            await asyncio.sleep(0.5)
    await hold_history(site)
    await hold_totals(site)
    await site.home.stop()
    assert site.limits() == ORIGINAL


async def hold_history(site: Site) -> None:
    """Import to the end, and hold each hour against the house."""
    await import_history(site)
    assert (await import_history(site))["service_response"]["rows"] == 0
    found = await rows(site)
    assert found.keys() >= {"consumed", "bought", "circuit_8", "circuit_15"}
    for hours in found.values():
        starts = [row["start"] for row in hours]
        assert starts == sorted(set(starts))
        sums = list(accumulate(round(row["state"] * 1000) for row in hours))
        assert [round(row["sum"] * 1000) for row in hours] == sums
    last = datetime.fromtimestamp(found["consumed"][-1]["start"] / 1000, JAPAN)
    days = [last.date() - timedelta(days=n) for n in range(CARD_DAYS, 0, -1)]
    whole = sum(
        round(hour.consumed) for day in days for hour in site.box.house.hours(day)
    )
    today = [row for row in found["consumed"] if at(row).date() == last.date()]
    told = found["consumed"][-1]["sum"] - sum(row["state"] for row in today)
    assert round(told * 1000) == whole


def at(row: Json) -> datetime:
    """Return when an hour begins, in the box's time."""
    return datetime.fromtimestamp(row["start"] / 1000, JAPAN)


async def hold_totals(site: Site) -> None:
    """Hold that the recorder never saw a total go back."""
    entity_id = site.ids["output_energy"]
    told = await site.home.ws(
        "history/history_during_period",
        start_time="2000-01-01T00:00:00Z",
        entity_ids=[entity_id],
        minimal_response=True,
        no_attributes=True,
    )
    totals = [
        float(state["s"])
        for state in told[entity_id]
        if state["s"] not in ("unknown", "unavailable")
    ]
    assert all(earlier <= later for earlier, later in pairwise(totals))
