"""A model that nobody knows is a device all the same, and the user is asked about it."""

import json

from custom_components.power_steward.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from ...simulators.ecoflow import SimulatedHome, SimulatedStation
from .accounts import an_entry, live, of, set_up, until
from .conftest import seen

STRANGER = "ZZ99TEST00000001"
OCEAN = "HJ31TEST00200000"


def add(home: SimulatedHome, station: SimulatedStation) -> None:
    """Put another device into the account."""
    home.stations[station.serial] = home.cloud.devices[station.serial] = station


async def test_a_stranger(hass: HomeAssistant, home: SimulatedHome) -> None:
    """It has charge and powers, its other numbers when wanted, and a repair."""
    quotas = {"pd.wattsOutSum": 43, "x.speed": 7, "x.latitude": 52.5, "x.name": "me"}
    add(home, SimulatedStation(STRANGER, "Attic", "DELTA 9", quotas=quotas))
    entry = an_entry(home)
    coordinator = await set_up(hass, entry)
    await until(lambda: live(coordinator))
    await hass.async_block_till_done()
    registry = er.async_get(hass)

    def entity_id(key: str) -> str | None:
        unique_id = coordinator.unique_id(STRANGER, key)
        return registry.async_get_entity_id("sensor", DOMAIN, unique_id)

    power, speed = entity_id("output_power"), entity_id("wire_x.speed")
    assert power is not None
    assert speed is not None
    state = hass.states.get(power)
    assert state is not None
    assert state.state == "43.0"
    disabled = registry.async_get(speed)
    assert disabled is not None
    assert disabled.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert entity_id("wire_x.latitude") is None

    # What it says for the first time later on comes too, and nothing comes twice.
    home.push(STRANGER, {"x.level": 5, "pd.wattsInSum": 8})
    await until(lambda: "x.level" in of(coordinator, STRANGER).others)
    await hass.async_block_till_done()
    assert entity_id("wire_x.level") is not None
    assert entity_id("input_power") is not None

    issues = ir.async_get(hass).issues
    [(_, issue_id)] = [key for key in issues if key[0] == DOMAIN]
    issue = issues[DOMAIN, issue_id]
    assert issue.translation_key == "model_unknown"
    assert issue.translation_placeholders == {"name": "Attic", "model": "DELTA 9"}
    told = json.dumps(coordinator.raw_answer(), default=str)
    assert "x.level" in told
    assert "52.5" not in told

    del home.cloud.devices[STRANGER], home.stations[STRANGER]
    coordinator._client._kept.clear()
    await coordinator.async_refresh()
    assert (DOMAIN, issue_id) not in ir.async_get(hass).issues


async def test_a_powerocean_is_woken(hass: HomeAssistant, home: SimulatedHome) -> None:
    """With each question it is told to go on talking."""
    answers = [payload for _, payload in seen("powerocean").messages]
    add(home, SimulatedStation(OCEAN, answers=answers))
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    await until(
        lambda: of(coordinator, OCEAN).values.get("house_power") == 936.8,
    )
    await until(lambda: bool(home.stations[OCEAN].told))
    assert home.stations[OCEAN].told[0].endswith(b"\xba\x01\x03ios")
