"""What an AiSEG2 costs: the pages of a poll, and ten years of history."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
import io
import time
from typing import Any
import zipfile

from bs4 import BeautifulSoup
from lxml import html  # type: ignore[import-untyped]
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.devices.aiseg2 import codec
from custom_components.power_steward.devices.aiseg2.export import Export
from custom_components.power_steward.history import HistoryWriter, Series
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import get_last_statistics
from homeassistant.core import HomeAssistant
from tests.simulators.aiseg2 import AiSeg2Simulator, SimulatedCircuit, SimulatedHouse
from tests.simulators.aiseg2.export import export

type Benchmark = Callable[..., Any]

YEARS = 10
LONGEST_BLOCK = 0.050
LONGEST_IMPORT = 60.0


def house() -> SimulatedHouse:
    """Return a house of 32 circuits, none of which is ever at 0 W."""
    return SimulatedHouse(
        [SimulatedCircuit(n, f"回路{n}", 20.0 + n) for n in range(8, 40)],
        solar=1500.0,
        battery_power=1000.0,
    )


@pytest.fixture
def pages() -> list[bytes]:
    """Return the four pages of circuits of one poll."""
    box = AiSeg2Simulator(house(), now=lambda: datetime(2026, 7, 14, tzinfo=UTC))
    return [box.circuit_page(number).body for number in range(1, 5)]


@pytest.mark.benchmark(group="the circuits of one poll")
def test_selectolax(benchmark: Benchmark, pages: list[bytes]) -> None:
    """Read all pages: what the integration does."""

    def parse() -> int:
        return sum(len(codec.parse_circuit_page(200, page).circuits) for page in pages)

    assert benchmark(parse) == 32


@pytest.mark.benchmark(group="the circuits of one poll")
def test_lxml(benchmark: Benchmark, pages: list[bytes]) -> None:
    """Only names and powers, with lxml."""

    def parse() -> int:
        return sum(
            len(
                [
                    (
                        slot.find_class("c_device")[0].text_content(),
                        slot.find_class("c_value")[0].text_content(),
                    )
                    for slot in html.fromstring(page).find_class("column")
                ]
            )
            for page in pages
        )

    assert benchmark(parse) == 32


@pytest.mark.benchmark(group="the circuits of one poll")
@pytest.mark.filterwarnings("ignore::bs4.XMLParsedAsHTMLWarning")
def test_beautifulsoup(benchmark: Benchmark, pages: list[bytes]) -> None:
    """Only names and powers, with BeautifulSoup on lxml."""

    def parse() -> int:
        found = 0
        for page in pages:
            for slot in BeautifulSoup(page, "lxml").select(".column"):
                found += bool(slot.select_one(".c_device"))
        return found

    assert benchmark(parse) == 32


def ten_years() -> bytes:
    """Return ten years of history: one day's rows under every date."""
    day = date(2016, 1, 1)
    last = date(2016 + YEARS, 1, 1)
    with zipfile.ZipFile(io.BytesIO(export(house(), day, day))) as template:
        files = {name: template.read(name).decode() for name in template.namelist()[1:]}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        costs: dict[str, list[str]] = {}
        for text in files.values():
            header, *rows = text.splitlines()
            hourly = "2016010100" in text
            moment = day
            while moment < last:
                stamp = f"{moment:%Y%m%d}"
                if hourly:
                    body = text.replace("20160101", stamp)
                    archive.writestr(f"r/hourhistory_rc_{stamp}.csv", body)
                else:
                    lines = costs.setdefault(stamp[:6], [header])
                    lines.append(rows[0].replace("20160101", stamp))
                moment += timedelta(days=1)
        for month, lines in costs.items():
            archive.writestr(f"r/daycost_rc_{month}.csv", "\n".join(lines))
    return data.getvalue()


@pytest.mark.timeout(300)
async def test_ten_years(
    recorder_mock: Recorder, hass: HomeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    """Import ten years; the loop is never held up for long."""
    data = await asyncio.to_thread(ten_years)
    entry = MockConfigEntry(domain=DOMAIN, unique_id="aiseg2_bench")
    writer = HistoryWriter(
        hass,
        entry,
        lambda key, name: Series(f"{DOMAIN}:bench_{key}", name, "kWh", "energy", 0.001),
    )
    blocks: list[float] = []

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            blocks.append(time.perf_counter() - before - 0.005)

    source = await asyncio.to_thread(Export, data)
    watcher = asyncio.create_task(watch())
    started, worked = time.perf_counter(), time.process_time()
    imported = await writer.async_write(source, datetime.now(UTC), lambda share: None)
    took, worked = time.perf_counter() - started, time.process_time() - worked
    watcher.cancel()
    again = time.perf_counter()
    assert (
        await writer.async_write(source, datetime.now(UTC), lambda s: None)
    ).rows == 0
    again = time.perf_counter() - again
    sums = await get_instance(hass).async_add_executor_job(
        get_last_statistics, hass, 1, f"{DOMAIN}:bench_circuit_20", True, {"sum"}
    )
    hours = (date(2016 + YEARS, 1, 1) - date(2016, 1, 1)).days * 24
    assert sums[f"{DOMAIN}:bench_circuit_20"][0]["sum"] == pytest.approx(0.04 * hours)
    with capsys.disabled():
        print(
            f"\n{imported.rows} rows of {imported.months} months in {took:.1f} s"
            f" ({worked:.1f} s of CPU);"
            f" loop held up for {max(blocks) * 1000:.0f} ms at most;"
            f" nothing new: {again:.2f} s"
        )
    # Of a machine that has other work too, only its own time counts.
    assert worked < LONGEST_IMPORT
    assert max(blocks) < LONGEST_BLOCK
