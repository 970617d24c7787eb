"""The entities of an AiSEG2 and of all that it watches, as Home Assistant shows them."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from syrupy.assertion import SnapshotAssertion

from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.json import json_loads
from tests.simulators.aiseg2 import AiSeg2Simulator

from ...common import shown
from ...conftest import Wait
from .conftest import async_add
from .homes import PLACES, appliances
from .test_history import STEM, async_import


@pytest.fixture
def box(box: AiSeg2Simulator) -> AiSeg2Simulator:
    """Return a box with something of every kind; two of its circuits share a name."""
    del box.house.circuits[4:]
    box.house.places = list(PLACES)
    box.house.appliances = appliances()
    box.house.battery_power = 2000.0
    box.house.gas = True
    box.meter = True
    box.sd_days = 2
    return box


@pytest.mark.usefixtures("all_enabled")
async def test_entities(
    hass: HomeAssistant, box: AiSeg2Simulator, wait: Wait, snapshot: SnapshotAssertion
) -> None:
    """All that the box tells has its entities, and they are what they should be."""
    entry = await async_add(hass, box)
    await wait(31)
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    changing = ("clock_difference", "last_success", "response_time", "solar_energy")
    assert {
        entity.entity_id: {
            "unique_id": entity.unique_id,
            "category": entity.entity_category and entity.entity_category.value,
            "state": None
            if entity.unique_id.endswith(changing)
            else shown(hass, entity.entity_id),
            "attributes": (state := hass.states.get(entity.entity_id))
            and json_loads(json_bytes(state.attributes)),
        }
        for entity in sorted(found, key=lambda entity: entity.entity_id)
    } == snapshot


async def test_energy_dashboard(
    recorder_mock: Recorder, hass: HomeAssistant, box: AiSeg2Simulator, wait: Wait
) -> None:
    """The Energy dashboard takes totals of the day and imported history alike."""
    box.house.solar = lambda moment: 4000.0 if 9 <= moment.hour < 15 else 0.0
    assert await async_setup_component(hass, "energy", {})
    entry = await async_add(hass, box)
    await wait(31)
    await async_import(hass, entry)
    await async_wait_recording_done(hass)
    now = dt_util.utcnow()
    do_adhoc_statistics(
        hass,
        start=now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0),
    )
    await async_wait_recording_done(hass)
    home = "sensor.aiseg2_home"
    preferences: Any = {
        "energy_sources": [
            {
                "type": "grid",
                "stat_energy_from": f"{home}_bought_today",
                "stat_energy_to": f"{home}_sold_today",
                "stat_rate": f"{home}_grid_power",
                "cost_adjustment_day": 0,
            },
            {
                "type": "grid",
                "stat_energy_from": f"{STEM}_bought",
                "stat_energy_to": f"{STEM}_sold",
                "stat_cost": f"{STEM}_bought_cost",
                "stat_compensation": f"{STEM}_sold_compensation",
                "cost_adjustment_day": 0,
            },
            {
                "type": "solar",
                "stat_energy_from": f"{home}_generated_today",
                "stat_rate": f"{home}_generation",
            },
            {
                "type": "solar",
                "stat_energy_from": "sensor.aiseg2_tai_yang_guang_fa_dian_energy",
            },
            {
                "type": "battery",
                "stat_energy_from": f"{STEM}_battery_discharge",
                "stat_energy_to": f"{STEM}_battery_charge",
                "stat_soc": f"{home}_battery_charge",
            },
            {"type": "gas", "stat_energy_from": f"{home}_gas_today"},
            {"type": "water", "stat_energy_from": f"{home}_hot_water_today"},
        ],
        "device_consumption": [
            {
                "stat_consumption": "sensor.aiseg2_kitutin_consumed_today",
                "stat_rate": "sensor.aiseg2_kitutin_power",
            },
            {"stat_consumption": f"{STEM}_circuit_10"},
        ],
        "device_consumption_water": [],
    }
    manager = await async_get_manager(hass)
    await manager.async_update(preferences)
    result = await async_validate(hass)
    assert len(result.energy_sources) == 7
    for issues in (*result.energy_sources, *result.device_consumption):
        assert not issues.issues
