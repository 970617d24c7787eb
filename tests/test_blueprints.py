"""Blueprints: accepted by Home Assistant, and doing what they say."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import PropertyMock, patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
)

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint, DomainBlueprints
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict

from .devices.epex.conftest import NOON, SetUp, market, set_up, time

__all__ = ["market", "set_up", "time"]

FOLDER = Path(__file__).parents[1] / "blueprints" / "automation"
FILES = sorted((FOLDER / "power_steward").glob("*.yaml"))
UPS = "binary_sensor.ups_on_battery"
SWITCH = "input_boolean.washer"
TOLD = {"action": "test.notify", "data": {"message": "{{ message }}"}}


@pytest.fixture(autouse=True)
def _folder() -> Generator[None]:
    """Let Home Assistant find the blueprints where they are."""
    with patch.object(
        DomainBlueprints, "blueprint_folder", PropertyMock(return_value=FOLDER)
    ):
        yield


async def settle() -> None:
    """Let happen what is due, without waiting for automations that wait themselves."""
    loop = asyncio.get_running_loop()
    for _ in range(20):
        await asyncio.sleep(0)
        await loop.run_in_executor(None, int)  # also what is done in threads


type Automate = Callable[..., Any]


@pytest.fixture
async def automate(hass: HomeAssistant) -> AsyncGenerator[Automate]:
    """Return what makes an automation of a blueprint."""
    assert await async_setup_component(hass, "homeassistant", {})

    async def make(blueprint: str, **inputs: Any) -> None:
        path = f"power_steward/{blueprint}.yaml"
        assert await async_setup_component(
            hass, "input_boolean", {"input_boolean": {"washer": {}, "nas": {}}}
        )
        config = {"alias": "test", "use_blueprint": {"path": path, "input": inputs}}
        assert await async_setup_component(hass, "automation", {"automation": config})
        await hass.async_block_till_done()
        assert hass.states.get("automation.test")

    yield make
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.test"}, blocking=True
    )


async def go(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, to: datetime | timedelta
) -> None:
    """Let time pass, or go to a time."""
    moment = dt_util.utcnow() + to if isinstance(to, timedelta) else to
    freezer.move_to(moment)
    async_fire_time_changed(hass, moment)
    await settle()


def say(hass: HomeAssistant, entity_id: str, state: str, **attributes: Any) -> None:
    """Let an entity have a state."""
    hass.states.async_set(entity_id, state, attributes)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_valid(file: Path) -> None:
    """Home Assistant's validator accepts it; its address is its own."""
    data = load_yaml_dict(str(file))
    blueprint = Blueprint(
        data, expected_domain="automation", schema=AUTOMATION_BLUEPRINT_SCHEMA
    )
    assert blueprint.validate() is None
    source = blueprint.metadata["source_url"]
    assert source.endswith(f"blueprints/automation/power_steward/{file.name}")


def test_all_are_run() -> None:
    """Each blueprint has its test here."""
    text = Path(__file__).read_text("utf-8")
    assert len(FILES) == 6
    assert all(f"async def test_{file.stem}(" in text for file in FILES)


async def test_outage(hass: HomeAssistant, automate: Automate) -> None:
    """Loss and return are told with details, and logged."""
    notes = async_mock_service(hass, "test", "notify")
    logged = async_mock_service(hass, "logbook", "log")
    say(hass, UPS, "off", friendly_name="UPS on battery")
    say(hass, "sensor.charge", "97", friendly_name="Charge", unit_of_measurement="%")
    await automate("outage", on_battery=UPS, details=["sensor.charge"], notify=[TOLD])
    for state in ("on", "unavailable", "on", "off"):
        say(hass, UPS, state, friendly_name="UPS on battery")
        await settle()
    messages = [note.data["message"] for note in notes]
    assert messages == ["Mains lost: Charge 97 %", "Mains back: Charge 97 %"]
    assert [entry.data["message"] for entry in logged] == messages
    assert logged[0].data["entity_id"] == UPS


async def test_shut_down_hosts(
    hass: HomeAssistant, automate: Automate, freezer: FrozenDateTimeFactory
) -> None:
    """Hosts go down one by one, until mains is back."""
    pressed = async_mock_service(hass, "button", "press")
    ran = async_mock_service(hass, "script", "turn_on")
    say(hass, UPS, "on")
    left = {"unit_of_measurement": "min"}
    say(hass, "sensor.left", "60", **left)
    await automate(
        "shut_down_hosts",
        on_battery=UPS,
        remaining="sensor.left",
        minutes=10,
        hosts=["button.lab", "input_boolean.nas", "script.server"],
    )
    await hass.services.async_call(
        "input_boolean", "turn_on", {"entity_id": "input_boolean.nas"}, blocking=True
    )
    say(hass, "sensor.left", "unknown", **left)
    await settle()
    assert not pressed
    say(hass, "sensor.left", "9.5", **left)
    await settle()
    assert [call.data["entity_id"] for call in pressed] == [["button.lab"]]
    assert hass.states.is_state("input_boolean.nas", "on")
    await go(hass, freezer, timedelta(minutes=1, seconds=1))
    assert hass.states.is_state("input_boolean.nas", "off")
    say(hass, UPS, "off")
    await go(hass, freezer, timedelta(minutes=1, seconds=1))
    assert not ran
    # The next time, with seconds
    say(hass, UPS, "on")
    say(hass, "sensor.left", "590", unit_of_measurement="s")
    await settle()
    assert len(pressed) == 2


async def test_cheapest_window(
    hass: HomeAssistant,
    automate: Automate,
    freezer: FrozenDateTimeFactory,
    set_up: SetUp,
) -> None:
    """The appliance runs in the cheapest time before the deadline, and no longer."""
    entry = await set_up()
    prices = {"config_entry_id": entry.entry_id, "duration": {"hours": 2}}
    evening = NOON.replace(hour=17, minute=0)
    midnight = NOON.replace(hour=23, minute=0)
    await automate(
        "cheapest_window",
        prices=entry.entry_id,
        look_at="18:00:00",
        deadline="00:00:00",
        duration={"hours": 2},
        appliance=SWITCH,
    )
    await go(hass, freezer, evening)
    window = await hass.services.async_call(
        "power_steward",
        "cheapest_window",
        {**prices, "latest_end": midnight},
        blocking=True,
        return_response=True,
    )
    assert window is not None
    start = datetime.fromisoformat(str(window["start"]))
    assert evening <= start
    await go(hass, freezer, start - timedelta(seconds=5))
    if start > evening:
        assert hass.states.is_state(SWITCH, "off")
    await go(hass, freezer, start + timedelta(seconds=5))
    assert hass.states.is_state(SWITCH, "on")
    await go(hass, freezer, start + timedelta(hours=1, minutes=59))
    assert hass.states.is_state(SWITCH, "on")
    await go(hass, freezer, start + timedelta(hours=2, seconds=20))
    assert hass.states.is_state(SWITCH, "off")


def switched(state: str) -> list[dict[str, Any]]:
    """Return the action that switches the charger."""
    return [{"action": f"input_boolean.turn_{state}", "target": {"entity_id": SWITCH}}]


async def test_charge_when_cheap(
    hass: HomeAssistant,
    automate: Automate,
    freezer: FrozenDateTimeFactory,
    set_up: SetUp,
) -> None:
    """It charges in the cheapest time until full, and at once below the reserve."""
    entry = await set_up()
    say(hass, "sensor.charge", "50")
    await automate(
        "charge_when_cheap",
        prices=entry.entry_id,
        charge="sensor.charge",
        start=switched("on"),
        stop=switched("off"),
        look_at="18:00:00",
        deadline="00:00:00",
        duration={"hours": 3},
    )
    say(hass, "sensor.charge", "29")
    await settle()
    assert hass.states.is_state(SWITCH, "on")
    say(hass, "sensor.charge", "35")
    await settle()
    assert hass.states.is_state(SWITCH, "off")

    evening = NOON.replace(hour=17, minute=0)
    await go(hass, freezer, evening)
    for quarters in range(24):
        if hass.states.is_state(SWITCH, "on"):
            break
        await go(hass, freezer, evening + timedelta(minutes=15 * quarters, seconds=5))
    assert hass.states.is_state(SWITCH, "on")
    say(hass, "sensor.charge", "100")
    await settle()
    assert hass.states.is_state(SWITCH, "off")


async def test_cap_on_battery(
    hass: HomeAssistant, automate: Automate, freezer: FrozenDateTimeFactory
) -> None:
    """Limits go down at once, and up when mains is stable."""
    limits = async_mock_service(hass, "number", "set_value")
    say(hass, UPS, "off")
    await automate(
        "cap_on_battery",
        on_battery=UPS,
        limits=["number.a", "number.b"],
        low=30,
        usual=120,
    )

    def values() -> list[Any]:
        found = [call.data["value"] for call in limits]
        limits.clear()
        return found

    say(hass, UPS, "on")
    await settle()
    assert values() == [30, 30]
    say(hass, UPS, "off")
    await go(hass, freezer, timedelta(minutes=1))
    say(hass, UPS, "on")
    await go(hass, freezer, timedelta(minutes=2))
    assert values() == [30, 30]
    say(hass, UPS, "off")
    await settle()
    await go(hass, freezer, timedelta(minutes=2, seconds=1))
    assert values() == [120, 120]


async def test_stale_device(
    hass: HomeAssistant, automate: Automate, freezer: FrozenDateTimeFactory
) -> None:
    """Silence is told once it lasts, and its end."""
    notes = async_mock_service(hass, "test", "notify")
    load, hub = "sensor.load", "binary_sensor.connected"
    say(hass, load, "300", friendly_name="Load")
    say(hass, hub, "on", friendly_name="Connected")
    await automate("stale_device", entities=[load], connected=[hub], notify=[TOLD])
    for entity, nothing in ((load, "unavailable"), (hub, "off")):
        say(hass, entity, nothing, friendly_name="It")
        await settle()
        await go(hass, freezer, timedelta(minutes=9))
        assert not notes
        await go(hass, freezer, timedelta(minutes=1, seconds=1))
        assert notes.pop().data["message"].startswith("It: silent since ")
        say(hass, entity, "300" if entity == load else "on", friendly_name="It")
        await settle()
        assert notes.pop().data["message"] == "It: back"
