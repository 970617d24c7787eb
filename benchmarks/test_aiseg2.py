"""What an AiSEG2 costs: the pages of a poll, and ten years of history."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
import io
import logging
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
from custom_components.power_steward.history import (
    HistoryWriter,
    ImportedHistory,
    Series,
)
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import get_last_statistics
from homeassistant.core import HomeAssistant
from tests.simulators.aiseg2 import AiSeg2Simulator, SimulatedCircuit, SimulatedHouse
from tests.simulators.aiseg2.export import export

type Benchmark = Callable[..., Any]

LONGEST_PARSING = 0.005
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
def box() -> AiSeg2Simulator:
    """Return the box of the house."""
    return AiSeg2Simulator(house(), now=lambda: datetime(2026, 7, 14, 3, tzinfo=UTC))


@pytest.fixture
def pages(box: AiSeg2Simulator) -> list[bytes]:
    """Return the four pages of circuits."""
    return [box.circuit_page(number).body for number in range(1, 5)]


@pytest.mark.benchmark(group="all pages of one poll", timer=time.process_time)
def test_whole_poll(
    benchmark: Benchmark, box: AiSeg2Simulator, pages: list[bytes]
) -> None:
    """Read live totals, all circuits, and all totals of the day, in CPU time."""
    live = box._live().body
    graphs = [box._graph(quantity).body for quantity in range(1, 5)]

    def parse() -> None:
        codec.parse_live(200, live)
        for page in pages:
            codec.parse_circuit_page(200, page)
        for graph in graphs:
            codec.parse_graph(200, graph, "graph/51111")

    benchmark(parse)
    stats = benchmark.stats  # type: ignore[attr-defined]
    if stats is not None:  # benchmarks may be disabled
        assert stats.stats.median < LONGEST_PARSING


@pytest.mark.benchmark(group="the circuits of one poll", timer=time.process_time)
def test_selectolax(benchmark: Benchmark, pages: list[bytes]) -> None:
    """Read all pages: what the integration does."""

    def parse() -> int:
        return sum(len(codec.parse_circuit_page(200, page).circuits) for page in pages)

    assert benchmark(parse) == 32


@pytest.mark.benchmark(group="the circuits of one poll", timer=time.process_time)
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


@pytest.mark.benchmark(group="the circuits of one poll", timer=time.process_time)
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


def with_older_day(data: bytes) -> bytes:
    """Return an export with a day before all others, which moves all sums up."""
    day = date(2015, 12, 31)
    older = zipfile.ZipFile(io.BytesIO(export(house(), day, day)))
    files = io.BytesIO(data)
    with older, zipfile.ZipFile(files, "a", zipfile.ZIP_DEFLATED) as archive:
        for member in older.namelist()[1:]:
            archive.writestr(member, older.read(member))
    return files.getvalue()


class Heartbeat:
    """Tells how long the event loop is held up.

    A delay counts as far as this process was at work in it: the rest is the machine's,
    which may have other work to do.
    """

    def __init__(self) -> None:
        """Begin to beat."""
        self._held: list[tuple[float, float]] = []
        self._task = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        while True:
            due, worked = time.perf_counter() + 0.005, time.process_time()
            await asyncio.sleep(0.005)
            delay = max(time.perf_counter() - due, 0.0)
            self._held.append((min(delay, time.process_time() - worked), delay))

    def longest(self) -> tuple[float, float]:
        """Return the longest time held up, by us and in all, since the last call."""
        ours, in_all = (max(times) for times in zip(*self._held, strict=True))
        self._held.clear()
        return ours, in_all

    def stop(self) -> None:
        """Beat no more."""
        self._task.cancel()


@pytest.fixture
def like_an_installation(hass: HomeAssistant) -> Iterator[None]:
    """Switch off what only tests have: logs of every row, tracebacks of every task.

    Logs that are kept hold all rows, and the garbage collector stops everybody to look
    through them.
    """
    debugging = hass.loop.get_debug()
    hass.loop.set_debug(False)
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)
    hass.loop.set_debug(debugging)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("recorder_mock", "like_an_installation")
async def test_ten_years(
    hass: HomeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    """Import ten years, again, and with an older month; the loop is never held up."""
    data = await asyncio.to_thread(ten_years)
    writer = HistoryWriter(
        hass,
        MockConfigEntry(domain=DOMAIN, unique_id="aiseg2_bench"),
        lambda key, name: Series(f"{DOMAIN}:bench_{key}", name, "kWh", "energy", 0.001),
    )
    heartbeat = Heartbeat()

    async def run(what: str, doing: Awaitable[ImportedHistory | None]) -> Any:
        started, worked = time.perf_counter(), time.process_time()
        done = await doing
        took, worked = time.perf_counter() - started, time.process_time() - worked
        ours, in_all = heartbeat.longest()
        rows = f"{done.rows} rows of {done.months} months" if done else ""
        with capsys.disabled():
            print(
                f"\n{what:>12}: {took:5.1f} s, {worked:5.1f} s of CPU; loop held up for"
                f" {ours * 1000:3.0f} ms at most, {in_all * 1000:3.0f} ms with what"
                f" else the machine does; {rows}",
                end="",
            )
        assert ours < LONGEST_BLOCK
        return done, worked

    async def write() -> ImportedHistory:
        source = await asyncio.to_thread(Export, data)
        return await writer.async_write(source, datetime.now(UTC), lambda share: None)

    await run("idle", asyncio.sleep(3))
    _, worked = await run("all is new", write())
    # Of a machine that has other work too, only its own time counts.
    assert worked < LONGEST_IMPORT
    again, _ = await run("nothing new", write())
    assert again.rows == 0
    sums = await get_instance(hass).async_add_executor_job(
        get_last_statistics, hass, 1, f"{DOMAIN}:bench_circuit_20", True, {"sum"}
    )
    hours = (date(2016 + YEARS, 1, 1) - date(2016, 1, 1)).days * 24
    assert sums[f"{DOMAIN}:bench_circuit_20"][0]["sum"] == pytest.approx(0.04 * hours)
    data = await asyncio.to_thread(with_older_day, data)
    older, _ = await run("an older day", write())
    assert older.months == YEARS * 12 + 1
    heartbeat.stop()
