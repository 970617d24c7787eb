"""What energy costs in Home Assistant: meters, corrections, restarts, statistics."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    do_adhoc_statistics,
)

from custom_components.power_steward.const import DOMAIN
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from tests.simulators.epex import EpexSimulator, faults

from .conftest import NOON, SetUp, Time
from .test_actions import by_hours
from .test_coordinator import later, state

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOUSE = {"cost_import": ["sensor.house"]}

type Read = Callable[[str, float | str], Any]


@pytest.fixture
def read(hass: HomeAssistant) -> Read:
    """Return a function by which a meter shows kWh."""

    async def show(meter: str, energy: float | str) -> None:
        hass.states.async_set(
            meter, str(energy), {"unit_of_measurement": "kWh", "friendly_name": "House"}
        )
        await hass.async_block_till_done()

    return show


def cost(hass: HomeAssistant, meter: str = "sensor.house") -> float:
    """Return what a meter's energy has cost."""
    return float(state(hass, f"cost_{meter.replace('.', '_')}").state)


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload an entry and set it up again."""
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_costs(
    hass: HomeAssistant,
    market: EpexSimulator,
    set_up: SetUp,
    time: Time,
    hass_storage: dict[str, Any],
) -> None:
    """Each meter's energy at the price of its time, also after a restart."""
    market.market.price_of = by_hours
    unit = {"unit_of_measurement": "Wh", "friendly_name": "House"}
    hass.states.async_set("sensor.house", "1000", unit)
    hass.states.async_set("sensor.solar", "unknown", {"unit_of_measurement": "kWh"})
    entry = await set_up({"grid_fee": 0.1, **HOUSE, "cost_export": ["sensor.solar"]})
    shown = state(hass, "cost_sensor_house")
    assert shown.name == "Germany and Luxembourg Cost of House"
    assert shown.state == "0.0"
    assert shown.attributes["unit_of_measurement"] == "EUR"
    assert shown.attributes["state_class"] == "total"
    assert shown.attributes["last_reset"] == NOON.isoformat()
    assert state(hass, "cost_sensor_solar").state == "unknown"
    # From 12:07 to 13:07 market time: 53 minutes at 0.11 + 0.1, 7 at 0.12 + 0.1
    await time.to(NOON + HOUR)
    chart = state(hass, "chart")
    hass.states.async_set("sensor.house", "2000", unit)
    await hass.async_block_till_done()
    assert state(hass, "chart") is chart
    expected = pytest.approx((53 * 0.21 + 7 * 0.22) / 60, abs=1e-6)
    assert cost(hass) == expected
    for odd in ("unavailable", "nan", "inf"):
        hass.states.async_set("sensor.house", odd, unit)
    hass.states.async_set("sensor.house", "9000", {"unit_of_measurement": "lm"})
    hass.states.async_set("sensor.solar", "5", {"unit_of_measurement": "kWh"})
    hass.states.async_remove("sensor.house")
    await hass.async_block_till_done()
    assert cost(hass) == expected
    assert cost(hass, "sensor.solar") == 0
    await restart(hass, entry)
    assert cost(hass) == expected
    assert state(hass, "cost_sensor_house").attributes["last_reset"] == (
        NOON.isoformat()
    )


async def test_a_meter_that_stands_still_has_used_nothing(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time, read: Read
) -> None:
    """What comes after it reported the same was used after that."""
    market.market.price_of = by_hours
    await read("sensor.house", 10)
    await set_up(HOUSE)
    for minutes in (30, 60, 110):
        await time.to(NOON + timedelta(minutes=minutes))
        await read("sensor.house", 10)
    # From 13:57 to 14:07 market time
    await time.to(NOON + 2 * HOUR)
    await read("sensor.house", 11)
    assert cost(hass) == pytest.approx(0.3 * 0.12 + 0.7 * 0.13, abs=1e-6)


async def test_hours_are_corrected_by_quarters(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time, read: Read
) -> None:
    """While a source stood in, an hour had its mean; then the cost is put right."""
    market.market.price_of = lambda moment: float(moment.minute * 10)
    for source in ("energy_charts", "smard"):
        market.inject(faults.status(503), source=source)
    await read("sensor.house", 0)
    entry = await set_up({"factor": 2.0, **HOUSE})
    await time.to(NOON + timedelta(minutes=8))
    await read("sensor.house", 8)
    # Eight minutes at twice the hour's mean of 0.225
    assert cost(hass) == pytest.approx(8 * 2 * 0.225)
    market.clear_faults()
    await restart(hass, entry)
    assert cost(hass) == pytest.approx(8 * 2 * 0.225)
    await later(time, NOON, 9, 69, 70)
    assert state(hass, "source", "hub@DE-LU").state == "energy_charts"
    # In truth it was the quarter hour of 12:00: free
    assert cost(hass) == 0
    assert state(hass, "cost_sensor_house").attributes["last_reset"] == (
        NOON.isoformat()
    )


async def test_another_tariff_leaves_the_past_alone(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time, read: Read
) -> None:
    """What was paid by the tariff of its time stays, what follows is by the new one."""
    market.market.price_of = lambda moment: 100.0
    await read("sensor.house", 0)
    entry = await set_up(HOUSE)
    await time.to(NOON + timedelta(minutes=2))
    await read("sensor.house", 1)
    hass.config_entries.async_update_entry(entry, options={**HOUSE, "vat": 100.0})
    await restart(hass, entry)
    assert cost(hass) == pytest.approx(0.1)
    await time.to(NOON + timedelta(minutes=4))
    await read("sensor.house", 2)
    assert cost(hass) == pytest.approx(0.3)


async def test_prices_that_come_late(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time, read: Read
) -> None:
    """Energy of days without prices waits, and is priced when the source is back."""
    market.market.price_of = by_hours
    await read("sensor.house", 0)
    await set_up({**HOUSE, "fallbacks": []})
    await later(time, NOON, 1, 2)
    await market.stop()
    for hours in range(1, 8 * 24 + 1):
        await time.to(NOON + hours * HOUR)
        if hours % 24 == 0:
            await read("sensor.house", hours)
    await market.start()
    back = NOON + 8 * DAY + HOUR
    await later(time, back, 0, 11, 12, 13, 14, 15)
    assert cost(hass) == pytest.approx(8 * sum(range(24)) / 100, abs=1e-6)
    # Having been asked for once, the past is not asked for again
    asked = len(market.requests)
    await later(time, back, 20, 40)
    assert len(market.requests) == asked


async def test_a_past_that_nobody_knows_is_asked_for_once_a_day(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time, read: Read
) -> None:
    """The energy waits; the sources are left alone."""
    for days in range(1, 9):
        market.market.missing.add((NOON - days * DAY).date())
    await time.to(NOON - 8 * DAY)
    await read("sensor.house", 0)
    entry = await set_up({**HOUSE, "fallbacks": []}, load=False)
    await hass.config_entries.async_setup(entry.entry_id)
    await time.to(NOON)
    await read("sensor.house", 1)
    await restart(hass, entry)
    for minutes in range(1, 50):
        await time.to(NOON + timedelta(minutes=minutes))

    def of_the_past() -> list[dict[str, str]]:
        return [r.query for r in market.requests if r.query["start"] != r.query["end"]]

    week = {"bzn": "DE-LU", "start": "2026-01-07", "end": "2026-01-13"}
    assert of_the_past() == [week]
    for hours in range(2, 23):
        await time.to(NOON + hours * HOUR)
    assert of_the_past() == [week]
    await later(time, NOON + DAY, 10, 70, 130)
    assert of_the_past() == [week, {**week, "end": "2026-01-14"}]
    assert cost(hass) > 0


async def test_what_is_written_soon_is_on_disk_soon(
    hass: HomeAssistant,
    market: EpexSimulator,
    set_up: SetUp,
    time: Time,
    read: Read,
    hass_storage: dict[str, Any],
) -> None:
    """Also with a meter that counts every few seconds."""
    await read("sensor.house", 0)
    entry = await set_up(HOUSE)
    key = f"power_steward.{entry.entry_id}.costs"
    for seconds in range(5, 65, 5):
        await time.to(NOON + timedelta(seconds=seconds))
        await read("sensor.house", seconds)
    assert hass_storage[key]["data"]["meters"]["sensor.house"]["energy"] >= 40


@pytest.mark.parametrize(
    "kept",
    [
        {"currency": "EUR", "meters": {"sensor.house": {"energy": 1}}},
        {"currency": "EUR", "meters": {"sensor.house": 5}},
        {
            "currency": "SEK",
            "meters": {
                "sensor.house": {
                    "energy": 1.0,
                    "at": 1.0,
                    "since": 1.0,
                    "cost": 100.0,
                    "waiting": [],
                    "open": [],
                }
            },
        },
        {},
    ],
)
async def test_costs_that_begin_anew(
    hass: HomeAssistant,
    set_up: SetUp,
    read: Read,
    hass_storage: dict[str, Any],
    kept: dict[str, Any],
) -> None:
    """Spoilt on disk, or in another currency: from zero, and said so."""
    entry = await set_up(HOUSE, load=False)
    key = f"power_steward.{entry.entry_id}.costs"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": kept}
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert state(hass, "cost_sensor_house").state == "unknown"
    await read("sensor.house", 7)
    shown = state(hass, "cost_sensor_house")
    assert shown.state == "0.0"
    assert shown.attributes["last_reset"] == NOON.isoformat()


async def test_a_meter_that_was_not_followed_begins_anew(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time, read: Read
) -> None:
    """What it counted meanwhile is nobody's business."""
    market.market.price_of = lambda moment: 100.0
    await read("sensor.house", 0)
    entry = await set_up(HOUSE)
    await time.to(NOON + timedelta(minutes=2))
    await read("sensor.house", 1)
    assert cost(hass) == pytest.approx(0.1)
    for options in ({"cost_import": ["sensor.solar"]}, HOUSE):
        hass.config_entries.async_update_entry(entry, options=options)
        await restart(hass, entry)
        await read("sensor.house", 50)
    assert cost(hass) == 0
    assert state(hass, "cost_sensor_house").attributes["last_reset"] == (
        (NOON + timedelta(minutes=2)).isoformat()
    )


async def async_rows(
    hass: HomeAssistant, statistic_id: str, *kinds: Any, period: Any = "hour"
) -> list[Any]:
    """Return what the recorder knows."""
    recorder = get_instance(hass)
    # Blocking until done does not wait for the task that is at work.
    done = hass.loop.create_future()
    recorder.queue_task(SynchronizeTask(done))
    await done
    found = await recorder.async_add_executor_job(
        statistics_during_period,
        hass,
        NOON - 400 * DAY,
        None,
        {statistic_id},
        period,
        None,
        set(kinds),
    )
    rows: list[Any] = found.get(statistic_id, [])
    return rows


async def test_what_the_recorder_makes_of_corrections(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    market: EpexSimulator,
    set_up: SetUp,
    time: Time,
    read: Read,
    hass_storage: dict[str, Any],
) -> None:
    """Its sum follows a cost that is put right, and outlasts one that begins anew."""
    market.market.price_of = lambda moment: 100.0
    await read("sensor.house", 0)
    entry = await set_up(HOUSE)
    shown = state(hass, "cost_sensor_house").entity_id
    sums = []

    async def compile_until(minutes: int) -> None:
        await get_instance(hass).async_block_till_done()
        do_adhoc_statistics(hass, start=NOON + timedelta(minutes=minutes - 5))
        rows = await async_rows(hass, shown, "sum", "state", period="5minute")
        sums.append(rows[-1]["sum"])

    noon = NOON.replace(minute=10)
    await time.to(noon - timedelta(seconds=30))
    await read("sensor.house", 10)
    await compile_until(3)
    # The source says something else of today
    market.market.price_of = lambda moment: 60.0
    await time.to(noon + timedelta(minutes=2))
    await hass.services.async_call(
        DOMAIN,
        "fetch_now",
        {"config_entry_id": entry.entry_id},
        blocking=True,
        return_response=True,
    )
    await hass.async_block_till_done()
    assert cost(hass) == pytest.approx(0.6)
    await compile_until(8)
    # What was on disk is lost
    await hass.config_entries.async_unload(entry.entry_id)
    del hass_storage[f"power_steward.{entry.entry_id}.costs"]
    await time.to(noon + timedelta(minutes=6))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert cost(hass) == 0
    await time.to(noon + timedelta(minutes=7))
    await read("sensor.house", 15)
    assert cost(hass) == pytest.approx(0.3)
    await compile_until(13)
    assert sums == pytest.approx([1.0, 0.6, 0.9])


async def test_prices_become_statistics(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    market: EpexSimulator,
    set_up: SetUp,
    time: Time,
) -> None:
    """Hours that are over, of what is held and of the past on request."""
    market.market.price_of = by_hours
    entry = await set_up()
    name = "power_steward:epex_de_lu_price"
    rows = await async_rows(hass, name, "mean", "min", "max")
    # From midnight in Brussels to 11:00 UTC
    assert [row["mean"] for row in rows] == [0.23, *(n / 100 for n in range(11))]
    assert rows[0]["start"] == datetime(2026, 1, 14, 23, tzinfo=UTC).timestamp()
    await later(time, NOON, 1)
    market.market.missing = {date(2026, 1, 14)}
    # Today is not the past, and yesterday is not known any more
    wanted = (("2026-01-05", 216), ("2026-01-15", 0), ("2026-01-14", 0))
    for minutes, (since, hours) in enumerate(wanted, start=3):
        await later(time, NOON, minutes)
        answer = await hass.services.async_call(
            DOMAIN,
            "fetch_now",
            {"config_entry_id": entry.entry_id, "since": since},
            blocking=True,
            return_response=True,
        )
        assert answer is not None
        assert answer["imported_hours"] == hours
    rows = await async_rows(hass, name, "mean", "min", "max")
    assert len(rows) == 240 + 12
    assert rows[0]["start"] == datetime(2026, 1, 4, 23, tzinfo=UTC).timestamp()
