"""Every value of every family is an entity with a name, and shows what was said."""

from collections.abc import Mapping
import json
from pathlib import Path
from string import Formatter
import time
from typing import Any

import pytest

from custom_components.power_steward.devices.ecoflow import coordinator as module
from custom_components.power_steward.devices.ecoflow.commands import ask_json
from custom_components.power_steward.devices.ecoflow.entities import (
    CHOICES,
    COUNTED,
    entities_of,
)
from custom_components.power_steward.devices.ecoflow.models import Model
from custom_components.power_steward.devices.ecoflow.models.registry import (
    MODELS,
    UNKNOWN,
)
from custom_components.power_steward.entity import StewardControlDescription
from custom_components.power_steward.mains import MAINS_ENTITIES
from custom_components.power_steward.number import StewardNumberDescription
from custom_components.power_steward.select import StewardSelectDescription
from homeassistant.const import (
    EVENT_STATE_CHANGED,
    EVENT_STATE_REPORTED,
    STATE_UNAVAILABLE,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ...simulators.ecoflow import SimulatedHome
from .accounts import (
    DELTA,
    STREAM,
    an_entry,
    entity_id_of,
    live,
    of,
    set_up,
    state_of,
    until,
)
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
        for description in entities_of(station.model, developer=False)
        if description.exists(reading) and description not in MAINS_ENTITIES
    }
    chosen = {
        control.key: CHOICES[control.key]
        for control in station.model.controls
        if control.options
    }
    assert shown == {
        key: chosen[key].get(value) if key in chosen else value
        for key, value in device.values.items()
        if value is not None
    }


@pytest.mark.parametrize("developer", [False, True])
@pytest.mark.parametrize("model", [*MODELS, UNKNOWN], ids=lambda model: model.name)
def test_names(model: Model, developer: bool) -> None:
    """Every entity has a text, and texts with a number get it."""
    descriptions = entities_of(model, developer=developer)
    keys = [description.key for description in descriptions]
    assert len(keys) == len(set(keys))
    assert descriptions[-len(COUNTED) :] == COUNTED
    for description in descriptions:
        texts = TEXTS[type(description).__module__.rpartition(".")[2]]
        text = texts[description.translation_key or description.key]["name"]
        assert [name for _, name, _, _ in Formatter().parse(text) if name] == list(
            description.placeholders or ()
        )


def test_who_can_tell_of_outages() -> None:
    """Stations and panels can, what has no battery or does not know mains cannot."""
    can = {
        model.name
        for model in (*MODELS, UNKNOWN)
        if all(it in entities_of(model, developer=False) for it in MAINS_ENTITIES)
    }
    assert can >= {"Delta 2 Max", "River 3", "Stream Ultra", "Smart Home Panel 2"}
    assert can.isdisjoint(
        {"Smart Plug", "PowerStream", "Stream Micro", "River Mini", "Wave 2", "Blade"}
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_controls(model: Model) -> None:
    """What a model lets be set is a control within its limits, and nothing else is."""
    by_app, by_keys = (
        {
            description.key: description
            for description in entities_of(model, developer=developer)
            if isinstance(description, StewardControlDescription)
        }
        for developer in (False, True)
    )
    controls = {control.key: control for control in model.controls}
    assert by_app.keys() == controls.keys()
    assert by_keys.keys() == {
        key for key, control in controls.items() if control.for_developers
    }
    for key, description in by_app.items():
        control = controls[key]
        if isinstance(description, StewardSelectDescription):
            assert description.options == [
                CHOICES[key][value] for value in control.options
            ]
        elif isinstance(description, StewardNumberDescription):
            assert description.native_min_value == control.low
            assert description.native_max_value == control.high


async def control(
    hass: HomeAssistant, platform: str, key: str, service: str, **data: Any
) -> None:
    """Operate a control of the station in the kitchen."""
    entity_id = entity_id_of(hass, platform, key)
    await hass.services.async_call(
        platform, service, {"entity_id": entity_id, **data}, blocking=True
    )


SETTINGS = {
    "mppt.cfgAcEnabled": 0,
    "bms_emsStatus.maxChargeSoc": 80,
    "pd.lcdOffSec": 300,
    "mppt.dcChgCurrent": 8000,
}
OBEYS = {
    "acOutCfg": "mppt.cfgAcEnabled",
    "upsConfig": "bms_emsStatus.maxChargeSoc",
    "lcdCfg": "pd.lcdOffSec",
}


async def test_operating_a_station(hass: HomeAssistant, home: SimulatedHome) -> None:
    """Switch, number and choice are sent, and show what the station then says."""
    home.stations[DELTA].obeys = OBEYS
    home.push(DELTA, SETTINGS)
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    await hass.async_block_till_done()
    assert state_of(hass, "switch", "ac_output") == "off"
    assert state_of(hass, "number", "charge_limit") == "80.0"
    assert state_of(hass, "select", "screen_timeout") == "5_minutes"
    assert state_of(hass, "select", "car_charging_current") == "8_amperes"

    await control(hass, "switch", "ac_output", "turn_on")
    assert state_of(hass, "switch", "ac_output") == "on"
    await control(hass, "switch", "ac_output", "turn_off")
    assert state_of(hass, "switch", "ac_output") == "off"
    await control(hass, "number", "charge_limit", "set_value", value=95)
    assert state_of(hass, "number", "charge_limit") == "95.0"
    await control(hass, "select", "screen_timeout", "select_option", option="never")
    assert state_of(hass, "select", "screen_timeout") == "never"
    quotas = home.stations[DELTA].quotas
    assert quotas is not None
    assert quotas["pd.lcdOffSec"] == 0

    # Another way of setting it is shown as well; a time that has no name is unknown.
    home.push(DELTA, {"pd.lcdOffSec": 77, "bms_emsStatus.maxChargeSoc": 60})
    await until(lambda: state_of(hass, "number", "charge_limit") == "60.0")
    assert state_of(hass, "select", "screen_timeout") == "unknown"


async def test_a_station_that_does_not_obey(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not confirmed is an error, and what the station says is shown."""
    home.stations[DELTA].obeys = {"upsConfig": "something.else"}
    home.push(DELTA, SETTINGS)
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    await hass.async_block_till_done()
    with pytest.raises(HomeAssistantError) as refused:
        await control(hass, "switch", "ac_output", "turn_on")
    assert refused.value.translation_key == "request_refused"
    monkeypatch.setattr(module, "ANSWER_TIMEOUT", 0.4)
    with pytest.raises(HomeAssistantError) as unconfirmed:
        await control(hass, "number", "charge_limit", "set_value", value=90)
    assert unconfirmed.value.translation_key == "not_confirmed"
    with pytest.raises(ServiceValidationError) as impossible:
        await control(hass, "number", "charge_limit", "set_value", value=90.5)
    assert impossible.value.translation_key == "value_impossible"
    with pytest.raises(ServiceValidationError):
        await control(hass, "number", "charge_limit", "set_value", value=10)
    assert state_of(hass, "switch", "ac_output") == "off"
    assert state_of(hass, "number", "charge_limit") == "80.0"
    assert of(coordinator, DELTA).values["charge_limit"] == 80


async def test_a_device_in_home_assistant(
    hass: HomeAssistant, home: SimulatedHome
) -> None:
    """Entities appear as their values do, and go when the device falls silent."""
    home.push(DELTA, {"bms_slave.soc": 40, "mppt.cfgAcEnabled": 1})
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    await hass.async_block_till_done()

    def state(platform: str, key: str) -> str | None:
        return state_of(hass, platform, key)

    assert state("sensor", "output_power") == "43.0"
    assert state("switch", "ac_output") == "on"
    assert state("sensor", "battery_charge_1") == "40.0"
    assert state("sensor", "battery_charge_2") is None
    entity_id = entity_id_of(hass, "sensor", "battery_charge_1")
    assert entity_id == "sensor.kitchen_pack_2_battery_charge"
    home.push(DELTA, {"pd.wattsOutSum": 44})
    await until(lambda: state("sensor", "output_power") == "44.0")
    home.say_status(DELTA, online=False)
    await until(lambda: state("sensor", "output_power") == STATE_UNAVAILABLE)
    assert state("sensor", "energy_output") != STATE_UNAVAILABLE


async def test_an_unchanged_message(hass: HomeAssistant, home: SimulatedHome) -> None:
    """What was known already writes no state, be it pushed or answered."""
    del home.stations[STREAM], home.cloud.devices[STREAM]
    home.push(DELTA, {**SETTINGS, "pd.wattsOutSum": 0})
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    await hass.async_block_till_done()
    written: list[tuple[str, str]] = []

    @callback
    def note(event: Event[Any]) -> None:
        written.append((str(event.event_type), event.data["entity_id"]))

    @callback
    def ours(data: Mapping[str, Any]) -> bool:
        return ".kitchen_" in str(data["entity_id"])

    stops = [
        hass.bus.async_listen(kind, note, ours)
        for kind in (EVENT_STATE_CHANGED, EVENT_STATE_REPORTED)
    ]
    known = dict(home.stations[DELTA].quotas or {})
    for number in range(20):
        home.push(DELTA, known, id=number, timestamp=int(time.time() * 1000))
    asked = home.stations[DELTA].asked
    assert coordinator._connection is not None
    await coordinator._connection.ask(DELTA, ask_json(999_912_345))
    await until(lambda: home.stations[DELTA].asked > asked)
    home.push(DELTA, {"bms_emsStatus.maxChargeSoc": 81})
    await until(lambda: state_of(hass, "number", "charge_limit") == "81.0")
    for stop in stops:
        stop()
    entity_id = entity_id_of(hass, "number", "charge_limit")
    assert written == [(EVENT_STATE_CHANGED, entity_id)]
