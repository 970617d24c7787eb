"""What a cycle over four processors costs, a decision, and a lost mains."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.power_steward.devices.clock import SYSTEM_CLOCK
from custom_components.power_steward.devices.rapl.client import RaplClient
from custom_components.power_steward.devices.rapl.files import PowercapFiles
from custom_components.power_steward.stewardship.bounds import WATT, Bounds
from custom_components.power_steward.stewardship.cap_plan import plan
from custom_components.power_steward.stewardship.capping import (
    Mode,
    Rules,
    Situation,
    State,
    decide,
)
from custom_components.power_steward.stewardship.market import Market
from custom_components.power_steward.stewardship.price_series import PriceSeries, Slot
from tests.simulators.rapl import Folder, server

type Benchmark = Callable[..., Any]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
BOUNDS = Bounds(10 * WATT, 50 * WATT, 125_000)
RULES = Rules(mode=Mode.PRICE_RANK)


@pytest.fixture
def market() -> Market:
    """Return two days of quarter-hours."""
    start = NOW.replace(hour=0)
    return Market(
        PriceSeries(
            Slot(start + n * QUARTER, start + (n + 1) * QUARTER, (n * 37) % 101)
            for n in range(192)
        ),
        UTC,
    )


@pytest.mark.benchmark(group="four packages with parts")
def test_read(benchmark: Benchmark, tmp_path: Path) -> None:
    """Read real files: the one job of a cycle."""
    host = server(sockets=4)
    folder = Folder(host, tmp_path / "sys")
    client = RaplClient(PowercapFiles(str(folder.listing)), SYSTEM_CLOCK)
    client.read()
    assert len(benchmark(client.read)) == 8


@pytest.mark.benchmark(group="policy")
def test_decision(benchmark: Benchmark, market: Market) -> None:
    """Decide on a package, on battery and with prices."""
    situation = Situation(NOW, 1000.0, market, on_battery=True, remaining=100.0)
    _, state = decide(RULES, BOUNDS, State(), situation)
    assert benchmark(decide, RULES, BOUNDS, state, situation)[0].target < 50 * WATT


@pytest.mark.benchmark(group="policy")
def test_plan(benchmark: Benchmark, market: Market) -> None:
    """Plan two days, which is done when prices or settings change."""
    assert len(benchmark(plan, RULES, BOUNDS, market, NOW)) == 144
