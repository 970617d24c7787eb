"""Home Assistant and a host: readings, caps, what they follow, and giving back."""

import asyncio
from datetime import timedelta
import errno
import json
from pathlib import Path
import threading
import time
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.devices.rapl import coordinator, job, writer
from custom_components.power_steward.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.power_steward.stewardship.capping import Mode
from homeassistant import block_async_io
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.json import ExtendedJSONEncoder
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ...simulators.rapl import Folder, Host, Zone, amd, client, server
from ...simulators.rapl.host import Constraint
from ...simulators.winpower import ManualClock
from .conftest import Add, set_options

W = 1_000_000
ARMED = "switch.processor_power_capping_armed"
MODE = "select.processor_power_capping_mode"
MANUAL = "number.processor_power_manual_cap"
LIMIT = "number.package_0_long_term_limit"
BURST = "number.package_0_short_term_limit"
FAST = {"ramp": 100, "dwell": 0}


def shown(hass: HomeAssistant, entity: str) -> str:
    """Return the state of an entity."""
    state = hass.states.get(entity)
    assert state is not None, entity
    return state.state


async def call(hass: HomeAssistant, service: str, entity: str, **data: Any) -> None:
    """Use an entity."""
    domain = entity.partition(".")[0]
    await hass.services.async_call(
        domain, service, {"entity_id": entity, **data}, blocking=True
    )
    await hass.async_block_till_done()


async def arm(
    hass: HomeAssistant, mode: str = "manual", cap: float | None = None
) -> None:
    """Arm, as a user does."""
    await call(hass, "select_option", MODE, option=mode)
    if cap is not None:
        await call(hass, "set_value", MANUAL, value=cap)
    await call(hass, "turn_on", ARMED)


async def poll(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    clock: ManualClock,
    seconds: float = 30,
) -> None:
    """Let time pass and read again."""
    clock.advance(seconds)
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()


def issues(hass: HomeAssistant) -> set[str]:
    """Return the keys of the issues that there are."""
    return {
        issue.translation_key or ""
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN
    }


def prices(*values: float, width: int = 60) -> dict[str, Any]:
    """Return attributes with prices, the first of them now."""
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    step = timedelta(minutes=width)
    return {
        "data": [
            {
                "start_time": (start + number * step).isoformat(),
                "end_time": (start + (number + 1) * step).isoformat(),
                "price": value,
                "volume": 100.0 + number,
            }
            for number, value in enumerate(values)
        ]
    }


# Reading


async def test_entities(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """Zones are devices with power, energy and limits; nothing is written."""
    entry = await add()
    assert shown(hass, "sensor.package_0_power") == "unknown"
    await poll(hass, entry, rapl_clock)
    assert shown(hass, "sensor.package_0_power") == "12.0"
    assert shown(hass, "sensor.package_0_core_power") == "6.0"
    assert shown(hass, "sensor.psys_power") == "21.0"
    assert shown(hass, "sensor.processor_power_power_of_all_processors") == "12.0"
    assert shown(hass, "sensor.package_0_energy") == "0.0"
    assert shown(hass, "sensor.package_0_original_limit") == "28.0"
    assert shown(hass, "sensor.package_0_effective_limit") == "20.0"
    assert shown(hass, LIMIT) == "28.0"
    assert shown(hass, BURST) == "64.0"
    assert shown(hass, ARMED) == "off"
    assert shown(hass, MODE) == "off"
    assert shown(hass, MANUAL) == "28.0"
    assert shown(hass, "sensor.package_0_target") == "28.0"
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "off"
    assert shown(hass, "sensor.processor_power_access") == "controllable"
    state = hass.states.get(LIMIT)
    assert state is not None
    assert (state.attributes["min"], state.attributes["max"]) == (6.0, 28.0)
    assert state.attributes["step"] == 0.125
    assert not host.attempts


async def test_total_power(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """The power of all packages is their sum, and unknown while that of any is."""
    host.zones = server(host.clock).zones
    total = "sensor.processor_power_power_of_all_processors"
    entry = await add()
    assert shown(hass, total) == "unknown"
    await poll(hass, entry, rapl_clock)
    assert shown(hass, "sensor.package_0_power") == "150.0"
    assert shown(hass, total) == "300.0"
    host.zone("package-1").errors = {"energy_uj": errno.EIO}
    await poll(hass, entry, rapl_clock)
    assert shown(hass, total) == "unknown"
    host.zone("package-1").errors = {}
    host.zone("package-1").texts = {"energy_uj": "?", "enabled": "?"}
    await poll(hass, entry, rapl_clock)
    assert shown(hass, total) == "unknown"
    host.zone("package-1").texts = {}
    await poll(hass, entry, rapl_clock)
    await poll(hass, entry, rapl_clock)
    assert shown(hass, total) == "300.0"


async def test_energy(hass: HomeAssistant, add: Add, rapl_clock: ManualClock) -> None:
    """Energy is what the counter counted, to the microjoule."""
    entry = await add()
    for _ in range(3):
        await poll(hass, entry, rapl_clock, 10)
    ledger = entry.runtime_data._ledger
    await ledger._async_save()
    await poll(hass, entry, rapl_clock, 0.1)
    assert ledger.energy("package-0") == {"input": pytest.approx(0.1)}


async def test_without_limits(hass: HomeAssistant, add: Add, host: Host) -> None:
    """Where nothing can be limited there is nothing to limit it with."""
    host.zones = amd(host.clock).zones
    entry = await add()
    domains = {
        entity.domain
        for entity in er.async_entries_for_config_entry(
            er.async_get(hass), entry.entry_id
        )
    }
    assert domains == {"sensor", "binary_sensor"}
    assert shown(hass, "sensor.processor_power_access") == "monitor_only"


async def test_not_allowed(hass: HomeAssistant, add: Add) -> None:
    """Who does not allow limits to be set gets a dry run, and no switch."""
    await add(allow=False)
    assert hass.states.get(ARMED) is None
    assert hass.states.get(LIMIT) is None
    assert shown(hass, MODE) == "off"
    await call(hass, "select_option", MODE, option="manual")
    await call(hass, "set_value", MANUAL, value=12)
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "manual"


async def test_new_zone(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """A zone that appears later is shown without a reload."""
    entry = await add()
    host.zones.append(
        Zone(
            "intel-rapl/intel-rapl:2",
            "package-1",
            [Constraint("long_term", 28 * W)],
        )
    )
    await poll(hass, entry, rapl_clock)
    await poll(hass, entry, rapl_clock)
    assert shown(hass, "sensor.package_1_power") == "12.0"


async def test_tree_gone(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """Without its tree the entry is unavailable, and comes back by itself."""
    entry = await add()
    host.present = False
    await poll(hass, entry, rapl_clock)
    assert shown(hass, "sensor.package_0_power") == "unavailable"
    assert shown(hass, "binary_sensor.processor_power_connected") == "off"
    host.present = True
    await poll(hass, entry, rapl_clock)
    assert shown(hass, "sensor.package_0_power") == "12.0"


async def test_hanging_kernel(
    hass: HomeAssistant,
    add: Add,
    host: Host,
    rapl_clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A read that hangs holds up nobody, and no second one is sent after it."""
    entry = await add()
    monkeypatch.setattr(job, "READ_LIMIT", 0.05)
    host.hang = threading.Event()
    try:
        for _ in range(3):
            started = time.monotonic()
            await poll(hass, entry, rapl_clock)
            assert time.monotonic() - started < 1
            assert shown(hass, "sensor.package_0_power") == "unavailable"
    finally:
        host.hang.set()
    await asyncio.sleep(0.05)
    host.hang = None
    await poll(hass, entry, rapl_clock)
    assert shown(hass, "binary_sensor.processor_power_connected") == "on"


# Capping


async def test_manual_cap(hass: HomeAssistant, add: Add, host: Host) -> None:
    """Armed, a cap is set at once; disarmed, the original is back at once."""
    await add(limits=FAST)
    await arm(hass, cap=18)
    assert host.writes == [("intel-rapl/intel-rapl:0", "long_term", 18 * W)]
    assert shown(hass, LIMIT) == "18.0"
    assert shown(hass, "sensor.package_0_effective_limit") == "18.0"
    assert shown(hass, "sensor.package_0_last_change_of_a_limit") != "unknown"
    await call(hass, "turn_off", ARMED)
    assert host.limit() == 28 * W
    assert shown(hass, LIMIT) == "28.0"


async def test_limits_by_hand(hass: HomeAssistant, add: Add, host: Host) -> None:
    """Limits are set by hand when armed, show what the hardware holds, and refuse."""
    await add()
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "set_value", LIMIT, value=20)
    assert refused.value.translation_key == "not_armed"
    await call(hass, "turn_on", ARMED)
    await call(hass, "set_value", LIMIT, value=20)
    assert host.limit() == 20 * W
    assert shown(hass, LIMIT) == "20.0"
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "manual_change"
    await call(hass, "set_value", BURST, value=40)
    assert host.limit(name="short_term") == 40 * W
    with pytest.raises(ServiceValidationError):
        await call(hass, "set_value", LIMIT, value=28.5)
    host.zone("package-0").constraint("long_term").locked = True
    with pytest.raises(HomeAssistantError) as locked:
        await call(hass, "set_value", LIMIT, value=10)
    assert locked.value.translation_key == "limit_locked"
    assert shown(hass, LIMIT) == "20.0"
    with pytest.raises(ServiceValidationError):
        await call(hass, "set_value", MANUAL, value=28.1)


async def test_prices(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """Caps follow the prices of any entity, at once and at the next slot."""
    hass.states.async_set("sensor.price", "50", prices(50, 10, 30))
    entry = await add(limits=FAST, prices={"price_entity": "sensor.price"})
    await arm(hass, "price_linear")
    assert host.limit() == 6 * W
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "price_linear"
    change = shown(hass, "sensor.package_0_next_change_of_the_target")
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    assert change == (start + timedelta(hours=1)).isoformat()
    rapl_clock.advance(60)
    hass.states.async_set("sensor.price", "10", prices(10, 50, 30))
    await hass.async_block_till_done()
    assert host.limit() == 28 * W
    hass.states.async_set("sensor.price", "unavailable")
    await poll(hass, entry, rapl_clock)
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "price_linear"
    hass.states.async_set("sensor.price", "1", {"data": ["nonsense"]})
    await hass.async_block_till_done()
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "last_known"
    await poll(hass, entry, rapl_clock, 86400)
    assert "rapl_no_prices" in issues(hass)
    hass.states.async_set("sensor.price", "10", prices(10, 50, 30))
    await hass.async_block_till_done()
    assert "rapl_no_prices" not in issues(hass)


async def test_next_slot(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """The next price counts from its first second on."""
    hass.states.async_set("sensor.price", "50", prices(50, 10))
    entry = await add(limits=FAST, prices={"price_entity": "sensor.price"})
    assert entry.runtime_data._slot_timer is not None  # type: ignore[attr-defined]
    entry.runtime_data._unschedule_refresh()
    with patch.object(entry.runtime_data, "async_refresh") as refresh:
        async_fire_time_changed(
            hass,
            dt_util.utcnow().replace(minute=0, second=0)
            + timedelta(hours=1, seconds=1),
        )
        await hass.async_block_till_done()
        assert refresh.called


async def test_current_price_only(hass: HomeAssistant, add: Add, host: Host) -> None:
    """An entity without a list serves the threshold, which needs nothing else."""
    hass.states.async_set("sensor.price", "50")
    await add(limits=FAST, prices={"price_entity": "sensor.price", "threshold": 40.0})
    await arm(hass, "price_threshold")
    assert host.limit() == 6 * W
    hass.states.async_set("sensor.price", "unknown")
    await hass.async_block_till_done()
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "last_known"
    await call(hass, "select_option", MODE, option="price_rank")
    assert shown(hass, "sensor.package_0_target") == "6.0"


async def test_lost_mains(hass: HomeAssistant, add: Add, host: Host) -> None:
    """A lost mains is a lower limit within a fifth of a second."""
    hass.states.async_set("binary_sensor.ups", "off")
    await add(limits=FAST, battery={"battery_sensors": ["binary_sensor.ups"]})
    await arm(hass)
    assert host.limit() == 28 * W
    started = time.perf_counter()
    hass.states.async_set("binary_sensor.ups", "on")
    while host.limit() == 28 * W:
        await asyncio.sleep(0)
        assert time.perf_counter() - started < 2
    took = time.perf_counter() - started
    await hass.async_block_till_done()
    assert host.limit() == 22_500_000
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "on_battery"
    assert took < 0.2
    hass.states.async_set("binary_sensor.ups", "on", {"friendly_name": "UPS"})
    hass.states.async_set("binary_sensor.ups", "unavailable")
    await hass.async_block_till_done()
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "battery_unknown"


@pytest.mark.parametrize(
    ("remaining", "unit", "expected"),
    [
        ("45", "min", 28 * W),
        ("1", "h", 28 * W),
        ("60", "s", 6 * W),
        ("unknown", "s", 22_500_000),
        ("?", "s", 22_500_000),
        ("60", "parsecs", 22_500_000),
        ("60", None, 22_500_000),
    ],
)
async def test_remaining_time(
    hass: HomeAssistant,
    add: Add,
    host: Host,
    remaining: str,
    unit: str | None,
    expected: int,
) -> None:
    """How far the cap falls depends on how long the battery lasts."""
    hass.states.async_set("binary_sensor.ups", "on")
    hass.states.async_set(
        "sensor.remaining", remaining, {"unit_of_measurement": unit} if unit else {}
    )
    await add(
        limits=FAST,
        battery={
            "battery_sensors": ["binary_sensor.ups"],
            "remaining_time": "sensor.remaining",
        },
    )
    await arm(hass)
    assert host.limit() == expected


async def test_verified_again(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """Two seconds after a write the limit is looked at once more."""
    await add(limits=FAST)
    await arm(hass, cap=18)
    host.zone("package-0").constraint("long_term").value = 25 * W
    rapl_clock.advance(2)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=3))
    await hass.async_block_till_done()
    assert host.limit() == 18 * W


async def test_options_reach_the_caps(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """Hysteresis, critical load and the switch for limits do as their texts say."""
    host.zone("package-0").enabled = 0
    hass.states.async_set("sensor.price", "50")
    entry = await add(
        limits={**FAST, "enable": True, "critical_load": 150},
        prices={
            "price_entity": "sensor.price",
            "threshold": 40.0,
            "hysteresis": 5.0,
        },
    )
    host.load = 1.5
    await arm(hass, "price_threshold")
    assert host.limit() == 28 * W
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "high_load"
    host.load = 1.4
    await poll(hass, entry, rapl_clock, 60)
    assert host.limit() == 6 * W
    assert host.zone("package-0").enabled == 1
    for price, cap in (("36", 6), ("35", 28), ("39", 28), ("nan", 28)):
        hass.states.async_set("sensor.price", price)
        await poll(hass, entry, rapl_clock, 60)
        assert host.limit() == cap * W, price
    await call(hass, "turn_off", ARMED)
    assert host.zone("package-0").enabled == 0


async def test_originals_are_looked_at_twice(
    hass: HomeAssistant,
    add: Add,
    host: Host,
    rapl_clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two seconds after the originals came back somebody looks whether they stay."""
    entry = await add(limits=FAST)
    await arm(hass, cap=18)
    monkeypatch.setattr(writer, "VERIFY_AFTER", 2.0)
    await call(hass, "turn_off", ARMED)
    assert host.limit() == 28 * W
    host.zone("package-0").constraint("long_term").value = 18 * W
    for _ in range(2):
        rapl_clock.advance(2)
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=3))
        await hass.async_block_till_done()
        assert host.limit() == 28 * W
    controller = entry.runtime_data.controller  # type: ignore[attr-defined]
    assert not controller.writer.in_force and not controller.unsettled


@pytest.mark.parametrize("unit", ["kwh", "mwh"])
async def test_own_prices(hass: HomeAssistant, add: Add, host: Host, unit: str) -> None:
    """All prices and volumes of an EPEX entry lead the caps, though it lists none."""
    market = MockConfigEntry(
        domain=DOMAIN,
        title="Market",
        unique_id="epex_FR",
        data={
            "device_type": "epex",
            "source": "mock",
            "zone": "FR",
            "currency": "EUR",
        },
        options={"unit": unit},
    )
    market.add_to_hass(hass)
    assert await hass.config_entries.async_setup(market.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    price = "sensor.france_market_price"
    state = hass.states.get(price)
    assert state is not None and "data" not in state.attributes
    entry = await add(limits=FAST, prices={"price_entity": price})
    for mode in ("price_linear", "price_rank", "volume_max", "volume_average"):
        await arm(hass, mode)
        assert shown(hass, "sensor.package_0_reason_for_the_target") == mode
    found = entry.runtime_data._surroundings.market(Mode.PRICE_LINEAR)  # type: ignore[attr-defined]
    slot = found.series.at(dt_util.utcnow())
    assert slot.price == pytest.approx(float(state.state))
    assert len(found.series) >= 96 and slot.volume is not None
    # Without its source the entity is unavailable, and its prices are still known.
    hass.states.async_set(price, "unavailable", state.attributes)
    found = entry.runtime_data._surroundings.market(Mode.PRICE_THRESHOLD)  # type: ignore[attr-defined]
    assert found.series.at(dt_util.utcnow()) == slot
    for other in ("sensor.france_rank_of_the_price", "sensor.package_0_power"):
        await set_options(hass, entry, prices={"price_entity": other})
        assert entry.runtime_data._surroundings.market(Mode.PRICE_LINEAR) is None  # type: ignore[attr-defined]
    await set_options(hass, entry, prices={"price_entity": price})
    await hass.config_entries.async_unload(market.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "volume_average"


async def test_lists_that_contradict_each_other(
    hass: HomeAssistant, add: Add, host: Host
) -> None:
    """Of two prices for one time neither counts."""
    both = prices(50, 10, 30)["data"], prices(10, 50, 30)["data"]
    hass.states.async_set("sensor.price", "50", {"one": both[0], "other": both[1]})
    await add(limits=FAST, prices={"price_entity": "sensor.price"})
    await arm(hass, "price_linear")
    assert shown(hass, "sensor.package_0_reason_for_the_target") == "no_data"
    assert not host.attempts


# Giving back


async def test_unload(hass: HomeAssistant, add: Add, host: Host) -> None:
    """Unloading gives back while the entities still are there; loading goes on."""
    entry = await add(limits=FAST)
    await arm(hass, cap=18)
    order: list[str] = []

    unload = hass.config_entries.async_unload_platforms

    async def unload_platforms(*args: Any) -> bool:
        order.append(f"{host.limit()}")
        return await unload(*args)

    with patch.object(hass.config_entries, "async_unload_platforms", unload_platforms):
        await hass.config_entries.async_unload(entry.entry_id)
    assert order == [str(28 * W)]
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, ARMED) == "on"
    assert shown(hass, MANUAL) == "18.0"
    assert host.limit() == 18 * W
    await set_options(hass, entry, limits={"floor": 20.0})
    assert host.limit() == 20 * W


@pytest.mark.parametrize(
    "event", [EVENT_HOMEASSISTANT_STOP, EVENT_HOMEASSISTANT_FINAL_WRITE]
)
async def test_stop(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock, event: str
) -> None:
    """Home Assistant gives back before it stops, and writes nothing afterwards."""
    entry = await add(limits=FAST)
    await arm(hass, cap=18)
    hass.set_state(CoreState.stopping)
    hass.bus.async_fire(event)
    await hass.async_block_till_done()
    assert host.limit() == 28 * W
    await poll(hass, entry, rapl_clock)
    assert host.limit() == 28 * W
    hass.set_state(CoreState.running)


async def test_crash(
    hass: HomeAssistant, add: Add, host: Host, hass_storage: dict[str, Any]
) -> None:
    """After a crash the record on disk says what the original was."""
    entry = await add(limits=FAST)
    await arm(hass, cap=18)
    record = hass_storage[f"{DOMAIN}.{entry.entry_id}.limits"]["data"]
    assert record["limits"]["originals"] == {"package-0": {"long_term": 28 * W}}
    assert record["armed"] is True
    with patch.object(entry.runtime_data, "async_release"):
        entry.runtime_data.controller._closed = True  # type: ignore[attr-defined]
        entry.runtime_data._forget_timers()  # type: ignore[attr-defined]
        entry._on_unload.clear()  # type: ignore[union-attr]
        await hass.config_entries.async_unload(entry.entry_id)
    assert host.limit() == 18 * W
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, "sensor.package_0_original_limit") == "28.0"
    await call(hass, "turn_off", ARMED)
    assert host.limit() == 28 * W


async def test_remove(
    hass: HomeAssistant, add: Add, host: Host, hass_storage: dict[str, Any]
) -> None:
    """Removing gives back and forgets."""
    entry = await add(limits=FAST)
    await arm(hass, cap=18)
    await hass.config_entries.async_remove(entry.entry_id)
    assert host.limit() == 28 * W
    assert f"{DOMAIN}.{entry.entry_id}.limits" not in hass_storage


async def test_remove_what_does_not_load(
    hass: HomeAssistant,
    add: Add,
    host: Host,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A removed entry gives back also when it was not loaded, or says what to do."""
    entry = await add(limits=FAST)
    await arm(hass, cap=18)
    key = f"{DOMAIN}.{entry.entry_id}.limits"
    record = hass_storage[key]
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[key] = record
    host.zone("package-0").constraint("long_term").value = 18 * W
    await coordinator.async_remove(hass, entry)
    assert host.limit() == 28 * W
    hass_storage[key] = record
    host.zone("package-0").constraint("long_term").value = 18 * W
    host.zone("package-0").errors = {"write:": errno.EIO}
    with patch("custom_components.power_steward.devices.rapl.writer.RESTORE_PAUSE", 0):
        await coordinator.async_remove(hass, entry)
    assert "write 28000000 by hand" in caplog.text
    hass_storage[key] = record
    host.hang = threading.Event()
    with patch.object(job, "READ_LIMIT", 0.05):
        await coordinator.async_remove(hass, entry)
    host.hang.set()
    assert "limits could not be looked at" in caplog.text


async def test_unrestored(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """What cannot be given back is told, with what to write by hand."""
    entry = await add(limits=FAST)
    await arm(hass, cap=18)
    host.zone("package-0").errors = {"write:": errno.EIO}
    with patch("custom_components.power_steward.devices.rapl.writer.RESTORE_PAUSE", 0):
        await call(hass, "turn_off", ARMED)
        assert "rapl_not_restored" in issues(hass)
        issue = next(
            issue
            for issue in ir.async_get(hass).issues.values()
            if issue.translation_key == "rapl_not_restored"
        )
        assert issue.translation_placeholders is not None
        assert issue.translation_placeholders["microwatts"] == "28000000"
        assert issue.translation_placeholders["file"] == (
            "intel-rapl/intel-rapl:0/constraint_0_power_limit_uw"
        )
        await hass.config_entries.async_unload(entry.entry_id)
    assert "rapl_not_restored" in issues(hass)
    host.zone("package-0").errors = {}
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert host.limit() == 28 * W
    assert "rapl_not_restored" not in issues(hass)


async def test_unrestored_for_it_is_gone(
    hass: HomeAssistant, add: Add, host: Host
) -> None:
    """Of a package that is gone, its file cannot be named."""
    entry = await add(limits=FAST)
    await arm(hass, cap=18)
    host.zones = [zone for zone in host.zones if zone.name == "psys"]
    await entry.runtime_data.async_refresh()
    with patch("custom_components.power_steward.devices.rapl.writer.RESTORE_PAUSE", 0):
        await hass.config_entries.async_unload(entry.entry_id)
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_key == "rapl_not_restored"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["file"] == "package-0 long_term"


async def test_limits_that_stay_on(hass: HomeAssistant, add: Add, host: Host) -> None:
    """Limits that were switched on and stay so are told, and where to switch them off."""
    host.zone("package-0").enabled = 0
    host.zone("package-0").stays_enabled = True
    await add(limits={**FAST, "enable": True})
    await arm(hass, cap=18)
    with patch("custom_components.power_steward.devices.rapl.writer.RESTORE_PAUSE", 0):
        await call(hass, "turn_off", ARMED)
    assert host.limit() == 28 * W
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_key == "rapl_not_switched_off"
    assert issue.translation_placeholders == {
        "name": "Processor power",
        "zone": "package-0",
        "file": "intel-rapl/intel-rapl:0/enabled",
    }


# What the user has to know


async def test_repairs(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """A limit that cannot be set is told, once, until it can or the entry is gone."""
    for zone in host.zones:
        zone.errors = {"energy_uj": errno.EACCES, "write:": errno.EROFS}
    entry = await add(limits=FAST)
    assert issues(hass) == {"rapl_energy_refused"}
    assert shown(hass, "sensor.processor_power_access") == "read_only_limits"
    await arm(hass, cap=18)
    assert issues(hass) == {
        "rapl_energy_refused",
        "rapl_forbidden",
        "rapl_not_writable",
    }
    for zone in host.zones:
        zone.errors = {}
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert issues(hass) == set()
    assert host.limit() == 18 * W
    host.zone("package-0").constraint("long_term").locked = True
    await call(hass, "set_value", MANUAL, value=12)
    assert issues(hass) == {"rapl_locked"}
    assert shown(hass, "binary_sensor.package_0_limit_lock") == "off"
    host.zone("package-0").constraint("long_term").locked = False
    await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass) == set()


async def test_changed_original(
    hass: HomeAssistant, add: Add, host: Host, rapl_clock: ManualClock
) -> None:
    """An original that a reboot changed is told."""
    entry = await add(limits=FAST)
    await arm(hass, cap=18)
    await hass.config_entries.async_unload(entry.entry_id)
    host.reboot(package_0=40 * W)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert issues(hass) == {"rapl_original_changed"}


async def test_disk_full(hass: HomeAssistant, add: Add, host: Host) -> None:
    """Nothing is written before the original is on disk."""
    await add(limits=FAST)
    await call(hass, "select_option", MODE, option="manual")
    await call(hass, "set_value", MANUAL, value=18)
    with (
        patch.object(Store, "async_save", return_value=None),
        pytest.raises(HomeAssistantError),
    ):
        await call(hass, "turn_on", ARMED)
    assert not host.attempts


# Actions and diagnostics


async def test_cap_plan(hass: HomeAssistant, add: Add) -> None:
    """The plan names each package's target for each known price."""
    hass.states.async_set("sensor.price", "50", prices(50, 10, 30))
    entry = await add(limits=FAST, prices={"price_entity": "sensor.price"})
    await call(hass, "select_option", MODE, option="price_linear")
    answer = await hass.services.async_call(
        DOMAIN,
        "cap_plan",
        {"config_entry_id": entry.entry_id},
        blocking=True,
        return_response=True,
    )
    assert isinstance(answer, dict)
    packages = answer["packages"]
    assert isinstance(packages, dict)
    planned = packages["package-0"]
    assert isinstance(planned, list)
    assert [slot["target"] for slot in planned] == [6.0, 28.0, 17.0]  # type: ignore[index,call-overload]
    assert answer["armed"] is False and answer["mode"] == "price_linear"


async def test_cap_plan_elsewhere(hass: HomeAssistant, add: Add) -> None:
    """Entries that are unknown or not loaded are refused."""
    entry = await add()
    await hass.config_entries.async_unload(entry.entry_id)
    for entry_id in (entry.entry_id, "nowhere"):
        with pytest.raises(ServiceValidationError):
            await hass.services.async_call(
                DOMAIN,
                "cap_plan",
                {"config_entry_id": entry_id},
                blocking=True,
                return_response=True,
            )


async def test_raw_answer(hass: HomeAssistant, add: Add) -> None:
    """Diagnostics tell what was found, and what is recorded."""
    entry = await add()
    answer = entry.runtime_data.raw_answer()
    assert answer["folders"]["package-0"] == "intel-rapl/intel-rapl:0"
    assert answer["record"]["originals"] == {}


async def test_diagnostics(hass: HomeAssistant, add: Add, host: Host) -> None:
    """Diagnostics can be downloaded, and say nothing of who the host is."""
    entry = await add()
    told = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(told, cls=ExtendedJSONEncoder)
    assert host.boot not in text
    assert str(entry.unique_id) not in text
    assert "package-0" in text


async def test_setup_retry(hass: HomeAssistant, add: Add, host: Host) -> None:
    """Without its tree an entry is tried again."""
    entry = await add()
    await hass.config_entries.async_unload(entry.entry_id)
    host.present = False
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY


async def test_real_files(
    hass: HomeAssistant,
    tmp_path: Path,
    disable_block_async_io: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """On real files all goes the same way, and none of it in the event loop."""
    folder = await hass.async_add_executor_job(Folder, client(), tmp_path / "sys")
    flows = hass.config_entries.flow
    menu = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    flow = menu["flow_id"]
    block_async_io.enable()
    with folder:
        await flows.async_configure(flow, {"next_step_id": "rapl"})
        await flows.async_configure(flow, {"path": str(folder.listing)})
        await flows.async_configure(flow, {"allow_control": True})
        await hass.async_block_till_done()
        await arm(hass, cap=20)
        # A quarter of the room between floor and ceiling, then a minute's rest.
        assert shown(hass, LIMIT) == "22.5"
        await call(hass, "turn_off", ARMED)
        assert shown(hass, LIMIT) == "28.0"
    assert "blocking call" not in caplog.text.lower()


async def test_server(hass: HomeAssistant, add: Add, host: Host) -> None:
    """Two packages share a manual cap if the user wants that."""
    host.zones = server(host.clock).zones
    await add(limits={**FAST, "scope": "total"})
    await arm(hass, cap=200)
    assert [host.limit(f"package-{n}") for n in (0, 1)] == [100 * W] * 2
