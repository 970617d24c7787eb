"""Every value of every family is an entity with a name, and shows what was said."""

import json
from pathlib import Path
from string import Formatter

import pytest

from custom_components.power_steward.binary_sensor import StewardBinarySensorDescription
from custom_components.power_steward.devices.ecoflow.entities import (
    COUNTED,
    entities_of,
)
from custom_components.power_steward.devices.ecoflow.models.registry import (
    MODELS,
    UNKNOWN,
)
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ...simulators.ecoflow import SimulatedHome
from .accounts import DELTA, an_entry, live, set_up, until
from .conftest import NAMES, seen

TEXTS = json.loads(
    Path(__file__)
    .parents[3]
    .joinpath("custom_components/power_steward/translations/en.json")
    .read_text("utf-8")
)["entity"]


@pytest.mark.parametrize("name", NAMES)
def test_entities_of_devices(name: str) -> None:
    """Each value that a device has said has its entity, with that value."""
    device = seen(name)
    station = device.told()
    reading = station.reading(available=True)
    shown = {
        description.key: description.value_fn(reading)
        for description in entities_of(station.model.family)
        if description.exists(reading)
    }
    assert shown == {
        key: value for key, value in device.values.items() if value is not None
    }


@pytest.mark.parametrize("model", [*MODELS, UNKNOWN], ids=lambda model: model.name)
def test_names(model: object) -> None:
    """Every entity has a text, and texts with a number get it."""
    assert isinstance(model, type(UNKNOWN))
    descriptions = entities_of(model.family)
    keys = [description.key for description in descriptions]
    assert len(keys) == len(set(keys))
    assert descriptions[-len(COUNTED) :] == COUNTED
    for description in descriptions:
        switch = isinstance(description, StewardBinarySensorDescription)
        texts = TEXTS["binary_sensor" if switch else "sensor"]
        text = texts[description.translation_key or description.key]["name"]
        assert [name for _, name, _, _ in Formatter().parse(text) if name] == list(
            description.placeholders or ()
        )


async def test_a_device_in_home_assistant(
    hass: HomeAssistant, home: SimulatedHome
) -> None:
    """Entities appear as their values do, and go when the device falls silent."""
    home.push(DELTA, {"bms_slave.soc": 40, "mppt.cfgAcEnabled": 1})
    entry = an_entry(home)
    coordinator = await set_up(hass, entry)
    await until(lambda: live(coordinator))
    await hass.async_block_till_done()
    registry = er.async_get(hass)

    def state(platform: str, key: str) -> str | None:
        entity_id = registry.async_get_entity_id(
            platform, "power_steward", f"{entry.unique_id}_{DELTA}_{key}"
        )
        if entity_id is None or (it := hass.states.get(entity_id)) is None:
            return None
        return it.state

    assert state("sensor", "output_power") == "43.0"
    assert state("binary_sensor", "ac_output") == "on"
    assert state("sensor", "battery_charge_1") == "40.0"
    assert state("sensor", "battery_charge_2") is None
    entity_id = registry.async_get_entity_id(
        "sensor", "power_steward", f"{entry.unique_id}_{DELTA}_battery_charge_1"
    )
    assert entity_id == "sensor.kitchen_pack_2_battery_charge"
    home.push(DELTA, {"pd.wattsOutSum": 44})
    await until(lambda: state("sensor", "output_power") == "44.0")
    home.say_status(DELTA, online=False)
    await until(lambda: state("sensor", "output_power") == STATE_UNAVAILABLE)
    assert state("sensor", "energy_output") != STATE_UNAVAILABLE
