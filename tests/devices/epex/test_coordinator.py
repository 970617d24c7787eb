"""A price entry in Home Assistant: requests, ticks, failures, restarts."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.devices.epex.coordinator import EpexCoordinator
from custom_components.power_steward.stewardship.price_series import Span
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from tests.simulators.epex import EpexSimulator, faults, market_day

from .conftest import NOON, SetUp, Time

QUARTER = timedelta(minutes=15)
TODAY = date(2026, 1, 15)


def state(hass: HomeAssistant, key: str, device: str = "DE-LU") -> Any:
    """Return the state of the entity with a key."""
    registry = er.async_get(hass)
    for platform in ("sensor", "binary_sensor", "calendar", "image"):
        unique_id = f"epex_{device.removeprefix('hub@')}_{device}_{key}"
        if device.startswith("hub@"):
            unique_id = f"epex_{device.removeprefix('hub@')}_hub_{key}"
        if entity_id := registry.async_get_entity_id(platform, DOMAIN, unique_id):
            return hass.states.get(entity_id)
    raise AssertionError(f"no entity {key}")


def coordinator(entry: MockConfigEntry) -> EpexCoordinator:
    """Return an entry's coordinator."""
    found: EpexCoordinator = entry.runtime_data
    return found


async def later(time: Time, start: datetime, *minutes: float) -> None:
    """Go on by so many minutes from a start, one after the other."""
    for minute in minutes:
        await time.to(start + timedelta(minutes=minute))


async def test_a_good_day(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time
) -> None:
    """Three requests at first, then one a day, soon after publication."""
    entry = await set_up()
    assert entry.state is ConfigEntryState.LOADED
    assert market.asked("energy_charts") == 1
    prices = coordinator(entry).outlook.prices
    assert prices.covers(Span(*market_day(TODAY)))
    assert float(state(hass, "market_price").state) == pytest.approx(
        market.market.price_of(datetime(2026, 1, 15, 11, tzinfo=UTC)) / 1000
    )
    assert state(hass, "tomorrow_available").state == "off"
    assert state(hass, "tomorrow_average").state == "unknown"
    await later(time, NOON, 1)
    assert market.asked("energy_charts") == 2
    await later(time, NOON, 2, 10, 20, 47)
    assert market.asked("energy_charts") == 2
    await later(time, NOON, 54, 55)
    assert market.asked("energy_charts") == 3
    assert state(hass, "tomorrow_available").state == "on"
    assert state(hass, "tomorrow_average").state != "unknown"
    before = len(market.requests)
    for hours in range(1, 23):
        await time.to(NOON + timedelta(hours=hours))
    assert len(market.requests) == before
    await later(time, NOON, 1440, 1494, 1500)
    assert len(market.requests) == before + 1
    assert market.asked("smard") == market.asked("awattar") == 0


async def test_the_price_changes_at_the_edge(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time
) -> None:
    """Just before the edge the old price, at the edge the new one, by a timer."""
    await set_up()
    edge = datetime(2026, 1, 15, 11, 15, tzinfo=UTC)
    await time.to(edge - timedelta(milliseconds=50))
    before = state(hass, "market_price")
    requests = len(market.requests)
    await time.to(edge + timedelta(milliseconds=50))
    after = state(hass, "market_price")
    assert float(before.state) == market.market.price_of(edge - QUARTER) / 1000
    assert float(after.state) == market.market.price_of(edge) / 1000
    assert float(state(hass, "next_market_price").state) == pytest.approx(
        market.market.price_of(edge + QUARTER) / 1000
    )
    assert after.last_changed - edge <= timedelta(milliseconds=100)
    assert len(market.requests) <= requests + 1


async def test_statistics_of_the_day(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """Lowest, highest, average, rank and quantile are those of the market's day."""
    await set_up()
    points = list(market.market.points(*market_day(TODAY), NOON))
    prices = [point.price for point in points]
    now = market.market.price_of(datetime(2026, 1, 15, 11, tzinfo=UTC))
    average = sum(prices) / 96
    expected: dict[str, float] = {
        "today_lowest": min(prices) / 1000,
        "today_highest": max(prices) / 1000,
        "today_average": average / 1000,
        "rank": sum(price < now for price in prices),
        "quantile": (now - min(prices)) / (max(prices) - min(prices)),
    }
    for key, value in expected.items():
        assert float(state(hass, key).state) == pytest.approx(value, abs=1e-4)
    assert state(hass, "below_average").state == ("on" if now < average else "off")
    assert state(hass, "source", "hub@DE-LU").state == "energy_charts"
    assert state(hass, "market_price").attributes["attribution"].startswith("CC BY")
    assert state(hass, "market_price").attributes["unit_of_measurement"] == "EUR/kWh"


async def test_devices_are_services(
    hass: HomeAssistant, set_up: SetUp, device_registry: dr.DeviceRegistry
) -> None:
    """The zone is behind its sources, and neither is a thing."""
    entry = await set_up()
    devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert {device.entry_type for device in devices} == {dr.DeviceEntryType.SERVICE}
    assert {device.name for device in devices} == {
        "EPEX DE-LU",
        "Germany and Luxembourg",
    }


async def test_attributes_are_small(hass: HomeAssistant, set_up: SetUp) -> None:
    """No lists, unless the user wants one."""
    from homeassistant.helpers.json import json_bytes  # noqa: PLC0415

    await set_up()
    size = sum(len(json_bytes(dict(s.attributes))) for s in hass.states.async_all())
    assert size < 8192


async def test_the_forecast_as_an_attribute(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """On request, in the shape that charts know, and not for the recorder."""
    await set_up({"forecast": True, "unit": "cent"})
    shown = state(hass, "total_price")
    assert shown.attributes["unit_of_measurement"] == "ct/kWh"
    data = shown.attributes["data"]
    assert len(data) == 96
    assert data[0] == {
        "start_time": "2026-01-15T00:00:00+01:00",
        "end_time": "2026-01-15T00:15:00+01:00",
        "price": pytest.approx(
            market.market.price_of(datetime(2026, 1, 14, 23, tzinfo=UTC)) / 10
        ),
    }
    assert "data" in shown.state_info["unrecorded_attributes"]


async def test_fail_over_and_back(
    hass: HomeAssistant,
    market: EpexSimulator,
    set_up: SetUp,
    time: Time,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The next source fills in; the first one's prices replace it when it is back."""
    caplog.set_level("INFO", "custom_components.power_steward")
    market.inject(faults.status(503), source="energy_charts")
    await set_up()
    assert state(hass, "source", "hub@DE-LU").state == "smard"
    assert market.asked("awattar") == 0
    await later(time, NOON, 1, 20, 40)
    assert market.asked("energy_charts") == 2
    market.clear_faults()
    await later(time, NOON, 62, 65, 70)
    assert state(hass, "source", "hub@DE-LU").state == "energy_charts"
    assert caplog.text.count("source energy_charts fails") == 1
    assert caplog.text.count("source energy_charts works again") == 1


async def test_hours_stand_in_for_quarters(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """The last resort has hours; each slot knows where it is from."""
    for source in ("energy_charts", "smard"):
        market.inject(faults.challenge(), source=source)
    entry = await set_up()
    assert {slot.source for slot in coordinator(entry).outlook.prices} == {"awattar"}
    assert state(hass, "source", "hub@DE-LU").state == "awattar"


async def test_stand_ins_are_of_the_same_kind(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """What stood in for another source does not stand in for this one."""
    entry = await set_up({"fallbacks": ["awattar", "smard"]}, source="smard")
    assert [s.name for s in coordinator(entry).client.sources] == ["smard", "awattar"]
    entry = await set_up({"fallbacks": ["awattar"]}, source="mock", zone="AT")
    assert [s.name for s in coordinator(entry).client.sources] == ["mock"]


async def test_a_long_outage_ends(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time
) -> None:
    """After days without a network, prices are back within the hour."""
    entry = await set_up({"fallbacks": []})
    await later(time, NOON, 1)
    await market.stop()
    for hours in range(1, 60):
        await time.to(NOON + timedelta(hours=hours))
    assert state(hass, "market_price").state in ("unknown", "unavailable")
    await market.start()
    for minutes in (0, 30, 61):
        await time.to(NOON + timedelta(hours=60, minutes=minutes))
    assert coordinator(entry).outlook.prices
    assert state(hass, "market_price").state not in ("unknown", "unavailable")


async def test_nothing_at_all(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """Without any price the entry waits to be set up again."""
    market.inject(faults.status(503))
    entry = await set_up()
    assert entry.state is ConfigEntryState.SETUP_RETRY


async def test_restart_without_a_network(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time
) -> None:
    """What was known is known again, at once and without asking."""
    await time.to(NOON + timedelta(hours=2))
    entry = await set_up()
    await later(time, NOON + timedelta(hours=2), 1, 2)
    known = coordinator(entry).outlook.prices
    assert state(hass, "tomorrow_available").state == "on"
    await hass.config_entries.async_unload(entry.entry_id)
    await time.to(NOON + timedelta(hours=2, minutes=5))
    await market.stop()
    requests = len(market.requests)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert coordinator(entry).outlook.prices == known
    assert float(state(hass, "market_price").state) == pytest.approx(
        market.market.price_of(datetime(2026, 1, 15, 13, tzinfo=UTC)) / 1000
    )
    assert len(market.requests) == requests
    assert state(hass, "connected", "hub@DE-LU").state == "on"


async def test_known_prices_outlast_failures_until_they_end(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time
) -> None:
    """Then there is no price, a repair after a day, and all is well when it is back."""
    await set_up()
    await later(time, NOON, 1)
    market.inject(faults.status(503))
    start = datetime(2026, 1, 15, 12, tzinfo=UTC)
    issues = ir.async_get(hass)
    for hours in range(11):
        await time.to(start + timedelta(hours=hours))
    assert state(hass, "market_price").state not in ("unknown", "unavailable")
    assert state(hass, "connected", "hub@DE-LU").state == "off"
    for hours in range(11, 15):
        await time.to(start + timedelta(hours=hours))
    assert state(hass, "market_price").state in ("unknown", "unavailable")
    assert not issues.issues
    for hours in range(15, 27):
        await time.to(start + timedelta(hours=hours))
    assert [issue.translation_key for issue in issues.issues.values()] == [
        "prices_missing"
    ]
    market.clear_faults()
    for minutes in range(0, 240, 10):
        await time.to(start + timedelta(hours=27, minutes=minutes))
    assert state(hass, "market_price").state not in ("unknown", "unavailable")
    assert state(hass, "tomorrow_available").state == "on"
    assert not issues.issues


async def test_bad_answers_change_nothing(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time
) -> None:
    """Whatever comes for tomorrow: today's prices stay as they are."""
    entry = await set_up({"fallbacks": []})
    known = coordinator(entry).outlook.prices
    at = datetime(2026, 1, 15, 12, tzinfo=UTC)

    def yesterday(answer: dict[str, Any]) -> dict[str, Any]:
        seconds = [stamp - 2 * 86400 for stamp in answer["unix_seconds"]]
        return {**answer, "unix_seconds": seconds}

    def per_kwh(answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, "price": [p / 1000 for p in answer["price"]]}

    for fault in (
        faults.spoilt(yesterday),
        faults.spoilt(per_kwh),
        faults.truncated(),
        faults.challenge(),
        faults.rate_limit("30"),
        faults.huge(5),
        faults.bomb(),
    ):
        market.inject(fault)
        requests = len(market.requests)
        for _ in range(3):
            at += timedelta(minutes=25)
            await time.to(at)
        assert len(market.requests) > requests
        span = Span(*market_day(TODAY))
        assert coordinator(entry).outlook.prices.within(span) == known.within(span)
        assert state(hass, "tomorrow_available").state == "off"
        market.clear_faults()


async def test_volumes_where_a_source_has_them(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """The mock tells volumes; other sources have no such entity."""
    await set_up(source="mock")
    assert state(hass, "volume").state == "100.0"
    assert state(hass, "volume").attributes["unit_of_measurement"] == "MWh"


async def test_no_volumes_elsewhere(hass: HomeAssistant, set_up: SetUp) -> None:
    """What no source tells is no entity."""
    await set_up()
    with pytest.raises(AssertionError, match="volume"):
        state(hass, "volume")


async def test_unloading_stops_the_timer_and_removing_forgets(
    hass: HomeAssistant, set_up: SetUp, hass_storage: dict[str, Any], time: Time
) -> None:
    """Nothing is left behind."""
    entry = await set_up()
    await time.to(NOON + timedelta(seconds=20))
    key = f"power_steward.{entry.entry_id}.prices"
    assert len(hass_storage[key]["data"]["slots"]) == 96
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert key not in hass_storage


async def test_no_timer_is_set_after_unloading(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """What a last request brings sets none any more."""
    entry = await set_up()
    epex = coordinator(entry)
    await hass.config_entries.async_unload(entry.entry_id)
    epex.tell()
    assert epex._cancel_tick is None


async def test_a_spoilt_store_is_asked_for_anew(
    hass: HomeAssistant,
    market: EpexSimulator,
    set_up: SetUp,
    hass_storage: dict[str, Any],
) -> None:
    """Prices come from the source then."""
    entry = await set_up(load=False)
    hass_storage[f"power_steward.{entry.entry_id}.prices"] = {
        "version": 1,
        "minor_version": 1,
        "key": f"power_steward.{entry.entry_id}.prices",
        "data": {"currency": "EUR", "slots": [["x"]], "fetched": "never"},
    }
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert market.asked("energy_charts") == 1
    assert state(hass, "market_price").state != "unknown"


async def test_a_rejected_token_asks_for_another(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """Other sources stand in meanwhile."""
    entry = await set_up(source="entsoe", token="old")
    assert entry.state is ConfigEntryState.LOADED
    assert state(hass, "source", "hub@DE-LU").state == "energy_charts"
    flows = hass.config_entries.flow.async_progress()
    assert [flow["step_id"] for flow in flows] == ["epex_reauth"]


async def test_ticks_tell_only_what_changed(
    hass: HomeAssistant, set_up: SetUp, time: Time
) -> None:
    """At an edge, entities that show the same stay as they are."""
    await set_up()
    await later(time, NOON, 1, 2)
    changed: list[str] = []

    def note(event: Event[Any]) -> None:
        changed.append(event.data["entity_id"])

    hass.bus.async_listen("state_changed", note)
    await time.to(datetime(2026, 1, 15, 11, 15, tzinfo=UTC))
    assert "sensor.germany_and_luxembourg_market_price" in changed
    assert "sensor.germany_and_luxembourg_average_price_today" not in changed
    # Images also change their token now and then.
    changed = [entity_id for entity_id in changed if not entity_id.startswith("image")]
    assert len(changed) == len(set(changed))
