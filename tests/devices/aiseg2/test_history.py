"""Years of history: hourly, exact, idempotent, resumable."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
import re
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import OperationalError

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.history import Series, Table
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.common import shown
from tests.simulators.aiseg2 import AiSeg2Simulator, Answer, SimulatedCircuit
from tests.simulators.aiseg2.export import export

from .conftest import async_add

STEM = "power_steward:aiseg2_02005e100001"


@pytest.fixture
def box(box: AiSeg2Simulator) -> AiSeg2Simulator:
    """Return a box with a card that holds three days and this morning."""
    box.house.circuits = box.house.circuits[:3]
    box.house.solar = lambda moment: 2000.0 if 9 <= moment.hour < 15 else 0.0
    box.sd_days = 3
    return box


async def async_import(
    hass: HomeAssistant, entry: StewardConfigEntry, **more: Any
) -> dict[str, Any]:
    """Import as an automation does."""
    response = await hass.services.async_call(
        DOMAIN,
        "import_history",
        {"config_entry_id": entry.entry_id, **more},
        blocking=True,
        return_response=True,
    )
    assert isinstance(response, dict)
    return response


async def async_rows(hass: HomeAssistant, key: str) -> list[dict[str, Any]]:
    """Return all hours of a statistic."""
    await get_instance(hass).async_block_till_done()
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        datetime(2000, 1, 1, tzinfo=UTC),
        None,
        {f"{STEM}_{key}"},
        "hour",
        None,
        {"state", "sum"},
    )
    return [dict(row) for row in found.get(f"{STEM}_{key}", [])]


async def test_import(
    recorder_mock: Recorder, hass: HomeAssistant, box: AiSeg2Simulator
) -> None:
    """Each hour that is over is there once, and sums go on from hour to hour."""
    entry = await async_add(hass, box)
    first = await async_import(hass, entry)
    assert first["months"] == 1
    bought = await async_rows(hass, "bought")
    assert len(bought) == 3 * 24 + 9
    assert bought[0]["start"] == datetime(2026, 7, 10, 15, tzinfo=UTC).timestamp()
    assert bought[0]["state"] == pytest.approx(0.324)
    assert bought[-1]["sum"] == pytest.approx(sum(row["state"] for row in bought))
    circuit = await async_rows(hass, "circuit_10")
    assert circuit[71]["sum"] == pytest.approx(0.224 * 72)
    # A day's cost is shared out by what was bought, and is exact for the day.
    cost = await async_rows(hass, "bought_cost")
    assert len(cost) == 3 * 24 + 9
    day = sum(round(row["state"] * 1000) for row in bought[:24])
    assert cost[23]["sum"] == pytest.approx(day * 31.5 / 1000, abs=0.001)
    assert await async_rows(hass, "ev_charge") == []
    assert shown(hass, "sensor.aiseg2_history_import") == "done"
    assert shown(hass, "sensor.aiseg2_history_import_progress") == "100.0"


async def test_second_run(
    recorder_mock: Recorder, hass: HomeAssistant, box: AiSeg2Simulator, wait: Any
) -> None:
    """A second run changes nothing; a later one adds what is new."""
    entry = await async_add(hass, box)
    await async_import(hass, entry)
    before = await async_rows(hass, "consumed")
    assert await async_import(hass, entry) == {"months": 0, "rows": 0}
    assert await async_rows(hass, "consumed") == before


async def test_rotated_card(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    tmp_path: Path,
) -> None:
    """What a card no longer holds stays, also within a month, and sums go on."""
    entry = await async_add(hass, box)
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    file = tmp_path / "rireki.zip"

    async def days(first: date, last: date) -> None:
        file.write_bytes(export(box.house, first, last))
        await async_import(hass, entry, path=str(file))

    await days(date(2026, 5, 20), date(2026, 6, 10))
    await days(date(2026, 6, 5), date(2026, 6, 20))
    rows = await async_rows(hass, "circuit_10")
    assert len(rows) == 32 * 24
    assert rows[-1]["sum"] == pytest.approx(0.224 * len(rows))
    # An older card brings what came before; all sums move up.
    await days(date(2026, 4, 1), date(2026, 4, 30))
    rows = await async_rows(hass, "circuit_10")
    assert len(rows) == 62 * 24
    assert rows[-1]["sum"] == pytest.approx(0.224 * len(rows))
    assert [row["sum"] for row in rows] == sorted(row["sum"] for row in rows)


async def test_gaps_stay(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    tmp_path: Path,
) -> None:
    """Days that the card does not hold are not invented."""
    entry = await async_add(hass, box)
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    file = tmp_path / "rireki.zip"
    for day in (date(2026, 6, 1), date(2026, 6, 20)):
        file.write_bytes(export(box.house, day, day))
        await async_import(hass, entry, path=str(file))
    rows = await async_rows(hass, "circuit_10")
    assert len(rows) == 48
    assert (
        rows[24]["start"] - rows[23]["start"]
        == timedelta(days=18, hours=1).total_seconds()
    )
    assert rows[24]["sum"] - rows[23]["sum"] == pytest.approx(0.224)


async def test_lost_statistics(
    recorder_mock: Recorder, hass: HomeAssistant, box: AiSeg2Simulator
) -> None:
    """If the recorder has lost what was written, it is written anew."""
    entry = await async_add(hass, box)
    await async_import(hass, entry)
    before = await async_rows(hass, "consumed")
    get_instance(hass).async_clear_statistics([f"{STEM}_consumed"])
    await get_instance(hass).async_block_till_done()
    assert (await async_import(hass, entry))["months"] == 1
    assert await async_rows(hass, "consumed") == before


async def test_interrupted(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run that broke off is taken up where it ended."""
    from custom_components.power_steward import statistics  # noqa: PLC0415

    entry = await async_add(hass, box)
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    file = tmp_path / "rireki.zip"
    file.write_bytes(export(box.house, date(2026, 4, 25), date(2026, 6, 5)))
    whole, calls = statistics.async_replace, 0

    async def broken(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError("disk")
        await whole(*args)

    monkeypatch.setattr(statistics, "async_replace", broken)
    with pytest.raises(OSError, match="disk"):
        await async_import(hass, entry, path=str(file))
    assert shown(hass, "sensor.aiseg2_history_import") == "failed"
    assert (await async_import(hass, entry, path=str(file)))["months"] == 2
    rows = await async_rows(hass, "circuit_10")
    assert len(rows) == 42 * 24
    assert rows[-1]["sum"] == pytest.approx(0.224 * len(rows))


async def test_button(
    recorder_mock: Recorder, hass: HomeAssistant, box: AiSeg2Simulator
) -> None:
    """The button imports what the card in the box holds."""
    await async_add(hass, box)
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.aiseg2_import_history"}, blocking=True
    )
    assert len(await async_rows(hass, "consumed")) == 81


async def test_no_recorder(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """Without the recorder there is no history."""
    entry = await async_add(hass, box)
    with pytest.raises(ServiceValidationError) as caught:
        await async_import(hass, entry)
    assert caught.value.translation_key == "no_recorder"


async def test_refusals(
    recorder_mock: Recorder, hass: HomeAssistant, box: AiSeg2Simulator, tmp_path: Path
) -> None:
    """What cannot be imported is refused with a reason."""
    entry = await async_add(hass, box)

    async def refused(**more: Any) -> str | None:
        with pytest.raises(HomeAssistantError) as caught:
            await async_import(hass, entry, **more)
        return caught.value.translation_key

    assert await refused(path="/etc/passwd") == "path_not_allowed"
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    file = tmp_path / "rireki.zip"
    assert await refused(path=str(file)) == "file_not_readable"
    file.write_bytes(b"no zip")
    assert await refused(path=str(file)) == "not_an_export"
    box.sd_days = None
    assert await refused() == "request_refused"
    box.inject(lambda _: Answer(b"", 500), "/set/")
    assert await refused() == "request_refused"
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(
            DOMAIN, "import_history", {"config_entry_id": "none"}, blocking=True
        )


async def test_one_at_a_time(
    recorder_mock: Recorder, hass: HomeAssistant, box: AiSeg2Simulator
) -> None:
    """A second run does not start while one is under way."""
    entry = await async_add(hass, box)
    box.inject(lambda _: None, "/set/", times=1)
    task = hass.async_create_task(async_import(hass, entry))
    while not box.count("/set/exectop2.cgi"):
        await hass.async_add_executor_job(lambda: None)
    with pytest.raises(ServiceValidationError) as caught:
        await async_import(hass, entry)
    assert caught.value.translation_key == "import_running"
    await box.stop()
    with pytest.raises(HomeAssistantError):
        await task


def test_circuits_of_the_house(box: AiSeg2Simulator) -> None:
    """Inputs that are not used have no column of their own."""
    box.house.circuits = [SimulatedCircuit(8, "A"), SimulatedCircuit(50, "Z")]
    assert box.house.circuit(50).label == "分43"


async def test_failure_of_the_recorder(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What goes wrong in the recorder's thread is told, and a later run succeeds."""
    from custom_components.power_steward import statistics  # noqa: PLC0415

    entry = await async_add(hass, box)

    def broken(*args: Any) -> None:
        raise OperationalError("insert", {}, Exception("locked"))

    with monkeypatch.context() as patched:
        patched.setattr(statistics, "_insert", broken)
        with pytest.raises(OperationalError):
            await async_import(hass, entry)
    assert (await async_import(hass, entry))["months"] == 1
    assert len(await async_rows(hass, "consumed")) == 81


@pytest.mark.parametrize("dialect", [mysql.dialect, postgresql.dialect, sqlite.dialect])
def test_databases(dialect: Any) -> None:
    """Each kind of database gets rows in the shape that its driver wants."""
    from custom_components.power_steward import statistics  # noqa: PLC0415

    connection = Mock(dialect=dialect())
    statistics._insert(connection, [(1, 2.0, 3, 4.0, 5.0)])
    ((text, rows), _) = connection.exec_driver_sql.call_args
    assert "INSERT INTO statistics" in text
    (row,) = rows
    values = list(row.values()) if isinstance(row, dict) else list(row)
    assert sorted(values) == [1, 2.0, 3, 4.0, 5.0]
    columns = re.findall(r"\w+", text.split("(")[1].split(")")[0])
    named = row if isinstance(row, dict) else dict(zip(columns, row, strict=True))
    assert (named["metadata_id"], named["start_ts"], named["sum"]) == (1, 3, 5.0)


async def test_task_in_the_log(hass: HomeAssistant) -> None:
    """The recorder may log its tasks, but not the rows that they bring."""
    from custom_components.power_steward import statistics  # noqa: PLC0415

    rows = [(3600 * hour, 1.5, 1.5 * hour) for hour in range(744)]
    table = Table(Series(f"{STEM}_bought", "x", "kWh", "energy", 0.001), rows, True)
    task = statistics.ReplaceStatistics([table], 0.0, hass.loop.create_future())
    assert len(repr(task)) < 200


async def test_cancelled(recorder_mock: Recorder, hass: HomeAssistant) -> None:
    """Nobody need be there any more when the recorder is done."""
    from custom_components.power_steward import statistics  # noqa: PLC0415

    done = hass.loop.create_future()
    done.cancel()
    statistics._settle(done, None)
    assert done.cancelled()
