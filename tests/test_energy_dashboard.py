"""The guided Energy dashboard: shown, checked, added on consent, and taken back."""

import sys
from typing import Any

import probatio
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.power_steward import energy_dashboard
from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.history import statistic_id
from homeassistant.components.energy import data
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.models import (
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import Context, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .common import async_add_winpower
from .devices.aiseg2.conftest import _no_rest, async_add as async_add_aiseg2, box
from .devices.epex.conftest import SetUp, market, set_up, time
from .devices.must.conftest import AddEntry, add_entry, line, port, ups
from .simulators.aiseg2 import AiSeg2Simulator
from .simulators.winpower import WinPowerSimulator

__all__ = [
    "_no_rest",
    "add_entry",
    "box",
    "line",
    "market",
    "port",
    "set_up",
    "time",
    "ups",
]

UPS = {
    "stat_consumption": "sensor.c3k_energy",
    "stat_rate": "sensor.c3k_load_power",
    "name": "C3K",
}


@pytest.fixture
async def entry(
    recorder_mock: Recorder, hass: HomeAssistant, winpower: WinPowerSimulator
) -> StewardConfigEntry:
    """Return an entry with a UPS, beside an Energy dashboard without anything."""
    assert await async_setup_component(hass, "energy", {})
    winpower.upses[0].load = 300.0
    return await async_add_winpower(hass, winpower)


async def preferences(hass: HomeAssistant) -> Any:
    """Return what is on the dashboard."""
    return (await data.async_get_manager(hass)).data


async def devices(hass: HomeAssistant) -> Any:
    """Return the dashboard's devices."""
    return (await preferences(hass))["device_consumption"]


async def go(
    hass: HomeAssistant, entry: StewardConfigEntry, *answers: Any
) -> ConfigFlowResult:
    """Go through the options to the dashboard, and on."""
    flows = hass.config_entries.options
    step = await flows.async_init(entry.entry_id)
    for answer in ("energy_dashboard", *answers):
        told = {"next_step_id": answer} if isinstance(answer, str) else answer
        step = await flows.async_configure(step["flow_id"], told)
    await hass.async_block_till_done()
    return step


async def call(hass: HomeAssistant, entry: StewardConfigEntry, **told: Any) -> Any:
    """Call the action."""
    return await hass.services.async_call(
        DOMAIN,
        "energy_dashboard",
        {"config_entry_id": entry.entry_id, **told},
        blocking=True,
        return_response=True,
    )


def labels(form: ConfigFlowResult) -> list[str]:
    """Return the changes that a form offers."""
    schema = form["data_schema"]
    assert schema is not None
    return [option["label"] for option in schema.schema["changes"].config["options"]]


async def test_steps(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """What would be added is shown, added on consent, and taken back."""
    form = await go(hass, entry)
    assert form["step_id"] == "energy_dashboard_add"
    assert labels(form) == ["+ Device: C3K Energy, C3K Load power"]
    assert await preferences(hass) is None  # it was only tried
    schema = form["data_schema"]
    assert schema is not None

    before = dict(entry.options)
    end = await hass.config_entries.options.async_configure(form["flow_id"], schema({}))
    assert end["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == before
    assert await devices(hass) == [UPS]

    done = await go(hass, entry, "energy_dashboard_add")
    assert done["step_id"] == "energy_dashboard_complete"
    flow = hass.config_entries.options.async_configure(done["flow_id"], {})
    assert (await flow)["type"] is FlowResultType.CREATE_ENTRY

    undo = await go(hass, entry, "energy_dashboard_undo")
    assert undo["description_placeholders"] == {
        "lines": "- Device: C3K Energy, C3K Load power"
    }
    assert await devices(hass) == [UPS]
    await hass.config_entries.options.async_configure(undo["flow_id"], {})
    assert await devices(hass) == []
    assert (await go(hass, entry))["step_id"] == "energy_dashboard_add"


async def test_nothing_chosen(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Without consent nothing is written, and there is nothing to undo."""
    await go(hass, entry, {"changes": []})
    assert await preferences(hass) is None
    assert await energy_dashboard.async_added(hass, entry) == []


async def test_findings(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """What Home Assistant's own check finds is shown, and not chosen by default."""
    hass.states.async_set(
        "sensor.c3k_energy",
        "5",
        {
            "device_class": "energy",
            "unit_of_measurement": "bananas",
            "state_class": "total_increasing",
        },
    )
    form = await go(hass, entry)
    (label,) = labels(form)
    assert label.endswith(" ⚠ Unexpected unit of measurement")
    schema = form["data_schema"]
    assert schema is not None
    assert schema({}) == {"changes": []}
    response = await call(hass, entry, apply=True)
    assert response["applied"] == []
    assert response["changes"][0]["findings"] == ["Unexpected unit of measurement"]


async def test_action(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """The action tells, applies once, and undoes."""
    told = await call(hass, entry)
    assert told == {
        "changes": [
            {
                "kind": "device",
                "into": None,
                "fields": UPS,
                "text": "Device: C3K Energy, C3K Load power",
                "findings": [],
            }
        ],
        "by_hand": False,
        "applied": [],
    }
    applied = await call(hass, entry, apply=True)
    assert applied["applied"] == ["device sensor.c3k_energy"]
    again = await call(hass, entry, apply=True)
    assert again == {"changes": [], "by_hand": False, "applied": []}
    assert await devices(hass) == [UPS]
    assert await call(hass, entry, undo=True) == {
        "undone": [told["changes"][0]["text"]]
    }
    assert await devices(hass) == []
    assert await call(hass, entry, undo=True) == {"undone": []}


async def test_only_administrators(
    hass: HomeAssistant, entry: StewardConfigEntry, hass_read_only_user: Any
) -> None:
    """As by hand, only administrators change the dashboard."""
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            "energy_dashboard",
            {"config_entry_id": entry.entry_id, "apply": True},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )


async def test_what_is_there_stays(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> None:
    """The rest of the dashboard is as it was, before and after."""
    manager: Any = await data.async_get_manager(hass)
    mine = {"stat_consumption": "sensor.oven"}
    solar = {"type": "solar", "stat_energy_from": "sensor.roof"}
    await manager.async_update(
        {"energy_sources": [solar], "device_consumption": [mine]}
    )
    before = dict(await preferences(hass))
    await call(hass, entry, apply=True)
    assert await devices(hass) == [mine, UPS]
    await call(hass, entry, undo=True)
    assert await preferences(hass) == before


async def test_survives_a_reload_and_ends_with_the_entry(
    hass: HomeAssistant, entry: StewardConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """What was added is remembered until the entry is removed."""
    await call(hass, entry, apply=True)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert await energy_dashboard.async_added(hass, entry)
    key = f"{DOMAIN}.{entry.entry_id}.energy_dashboard"
    assert key in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    assert key not in hass_storage
    assert await devices(hass) == [UPS]


async def test_disabled_entities_are_left_out(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> None:
    """A meter without statistics is none."""
    registry = er.async_get(hass)
    registry.async_update_entity(
        "sensor.c3k_energy", disabled_by=er.RegistryEntryDisabler.USER
    )
    form = await go(hass, entry)
    assert form["step_id"] == "energy_dashboard_complete"


async def test_below_what_feeds(
    hass: HomeAssistant, entry: StewardConfigEntry, winpower: WinPowerSimulator
) -> None:
    """A device stands below the one that feeds it, also if it was there before."""
    manager: Any = await data.async_get_manager(hass)
    host = {"stat_consumption": "sensor.host", "stat_rate": "sensor.host_power"}
    await manager.async_update({"energy_sources": [], "device_consumption": [host]})
    hass.config_entries.async_update_entry(
        entry,
        options={
            "feeds": [{"whole": UPS["stat_rate"], "parts": ["sensor.host_power"]}]
        },
    )
    response = await call(hass, entry, apply=True)
    assert [change["text"] for change in response["changes"]] == [
        "Device: C3K Energy, C3K Load power",
        "Device: sensor.host, below C3K Energy",
    ]
    below = {**host, "included_in_stat": UPS["stat_consumption"]}
    assert await devices(hass) == [below, UPS]
    await call(hass, entry, undo=True)
    assert await devices(hass) == [host]


# Where it cannot be done


async def test_not_loaded(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Of an entry that is not loaded nothing is known."""
    await hass.config_entries.async_unload(entry.entry_id)
    form = await go(hass, entry)
    assert form["step_id"] == "energy_dashboard_offline"
    end = await hass.config_entries.options.async_configure(form["flow_id"], {})
    assert end["type"] is FlowResultType.CREATE_ENTRY


async def assert_by_hand(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Make sure that the user is told what to do, and nothing is done."""
    form = await go(hass, entry)
    assert form["step_id"] == "energy_dashboard_by_hand"
    assert form["description_placeholders"] == {
        "lines": "- Device: C3K Energy, C3K Load power"
    }
    end = await hass.config_entries.options.async_configure(form["flow_id"], {})
    assert end["type"] is FlowResultType.CREATE_ENTRY
    response = await call(hass, entry, apply=True)
    assert response["by_hand"]
    assert response["applied"] == []


async def test_without_energy(hass: HomeAssistant, winpower: WinPowerSimulator) -> None:
    """Without Energy there are instructions."""
    winpower.upses[0].load = 300.0
    await assert_by_hand(hass, await async_add_winpower(hass, winpower))


async def test_preferences_with_other_fields(
    hass: HomeAssistant, entry: StewardConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Preferences that do not take our items are left alone."""
    from custom_components.power_steward import energy_preferences  # noqa: PLC0415

    def refuse(item: Any) -> Any:
        raise probatio.Invalid("extra keys not allowed")

    monkeypatch.setattr(energy_preferences, "DEVICE_CONSUMPTION_SCHEMA", refuse)
    await assert_by_hand(hass, entry)
    assert await preferences(hass) is None


async def test_energy_with_other_names(
    hass: HomeAssistant, entry: StewardConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An Energy that has not what we need is left alone."""
    name = "custom_components.power_steward.energy_preferences"
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.delattr(data, "ENERGY_SOURCE_SCHEMA")
    await assert_by_hand(hass, entry)
    sys.modules.pop(name, None)


# What the tables of other types bring


async def changes(hass: HomeAssistant, entry: StewardConfigEntry, **told: Any) -> Any:
    """Return what an entry would add, by kind."""
    response = await call(hass, entry, **told)
    return {change["kind"]: change["fields"] for change in response["changes"]}


async def async_import(
    hass: HomeAssistant, entry: StewardConfigEntry, *keys: str
) -> None:
    """Let the recorder have statistics of an entry's history."""
    hour = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    for key in keys:
        metadata = StatisticMetaData(
            has_sum=True,
            mean_type=StatisticMeanType.NONE,
            name=key,
            source=DOMAIN,
            statistic_id=statistic_id(entry, key),
            unit_class="energy",
            unit_of_measurement="kWh",
        )
        async_add_external_statistics(hass, metadata, [{"start": hour, "sum": 1.0}])
    await async_wait_recording_done(hass)


async def test_home(
    recorder_mock: Recorder, hass: HomeAssistant, box: AiSeg2Simulator
) -> None:
    """A home brings its grid, its sun, its water and, of its past, its battery."""
    assert await async_setup_component(hass, "energy", {})
    entry = await async_add_aiseg2(hass, box)
    assert await changes(hass, entry) == {
        "grid": {
            "stat_energy_from": "sensor.aiseg2_home_bought_today",
            "stat_energy_to": "sensor.aiseg2_home_sold_today",
            "stat_rate": "sensor.aiseg2_home_grid_power",
            "type": "grid",
            "cost_adjustment_day": 0.0,
        },
        "solar": {
            "stat_energy_from": "sensor.aiseg2_home_generated_today",
            "stat_rate": "sensor.aiseg2_home_generation",
            "type": "solar",
        },
        "water": {
            "stat_energy_from": "sensor.aiseg2_home_hot_water_today",
            "type": "water",
        },
    }
    assert await energy_dashboard.async_meters(hass) == (
        ["sensor.aiseg2_home_bought_today"],
        ["sensor.aiseg2_home_sold_today"],
    )
    keys = ("bought", "sold", "bought_cost", "battery_charge", "battery_discharge")
    await async_import(hass, entry, *keys, "circuit_8")
    past = await changes(hass, entry, imported=True)
    assert past["grid"]["stat_energy_from"] == statistic_id(entry, "bought")
    assert past["battery"]["stat_energy_to"] == statistic_id(entry, "battery_charge")
    assert past["device"]["stat_consumption"] == statistic_id(entry, "circuit_8")
    assert "stat_cost" not in past["grid"]  # yen are no euros
    await hass.config.async_update(currency="JPY")
    past = await changes(hass, entry, imported=True)
    assert past["grid"]["stat_cost"] == statistic_id(entry, "bought_cost")
    menu = await go(hass, entry)
    assert menu["menu_options"] == ["energy_dashboard_add", "energy_dashboard_imported"]
    form = await go(hass, entry, "energy_dashboard_imported")
    assert any("Battery" in label for label in labels(form))


@pytest.mark.parametrize("first", [True, False])
async def test_imported_history_or_the_meter(
    recorder_mock: Recorder, hass: HomeAssistant, box: AiSeg2Simulator, first: bool
) -> None:
    """What is counted by a meter is not counted by its past too, power or not."""
    assert await async_setup_component(hass, "energy", {})
    entry = await async_add_aiseg2(hass, box)
    er.async_get(hass).async_update_entity(
        "sensor.aiseg2_home_grid_power", disabled_by=er.RegistryEntryDisabler.USER
    )
    await async_import(hass, entry, "bought", "sold")
    await call(hass, entry, apply=True, imported=first)
    assert (await preferences(hass))["energy_sources"]
    assert "grid" not in await changes(hass, entry, imported=not first)


async def test_imported_history_by_name(
    recorder_mock: Recorder, hass: HomeAssistant, box: AiSeg2Simulator
) -> None:
    """Imported statistics are called by their names, before and after."""
    assert await async_setup_component(hass, "energy", {})
    entry = await async_add_aiseg2(hass, box)
    await async_import(hass, entry, "bought", "sold")
    grid = "Grid: Home Grid power, bought, sold"
    form = await go(hass, entry, "energy_dashboard_imported")
    assert f"+ {grid}" in labels(form)
    await call(hass, entry, apply=True, imported=True)
    assert grid in await energy_dashboard.async_added(hass, entry)


async def test_battery(
    recorder_mock: Recorder, hass: HomeAssistant, add_entry: AddEntry
) -> None:
    """A UPS brings its battery, with the capacity that the user has said."""
    assert await async_setup_component(hass, "energy", {})
    entry: Any = add_entry({"battery_capacity": 110.0})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    found = await changes(hass, entry)
    volts = entry.runtime_data.ride_through("ups").battery.nominal_voltage
    assert found["battery"]["capacity"] == pytest.approx(0.11 * volts)
    assert found["battery"]["type"] == "battery"
    hass.config_entries.async_update_entry(entry, options={})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert "capacity" not in (await changes(hass, entry))["battery"]


async def test_prices(
    recorder_mock: Recorder, hass: HomeAssistant, set_up: SetUp
) -> None:
    """Prices in the home's currency go to grid connections without any."""
    assert await async_setup_component(hass, "energy", {})
    manager: Any = await data.async_get_manager(hass)
    grid = {
        "type": "grid",
        "stat_energy_from": "sensor.meter",
        "cost_adjustment_day": 0,
    }
    await manager.async_update({"energy_sources": [grid]})
    entry: Any = await set_up()
    flows = hass.config_entries.options
    assert (await flows.async_init(entry.entry_id))["step_id"] == "epex_options"
    price = "sensor.germany_and_luxembourg_total_price"
    assert await changes(hass, entry, apply=True) == {
        "grid": {"entity_energy_price": price}
    }
    assert (await preferences(hass))["energy_sources"][0][
        "entity_energy_price"
    ] == price
    await call(hass, entry, undo=True)
    assert (await preferences(hass))["energy_sources"][0]["entity_energy_price"] is None
    await hass.config.async_update(currency="JPY")
    assert await changes(hass, entry) == {}
