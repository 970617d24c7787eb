"""Texts: one for each that is shown, none that is not, the same in each language."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
import json
from pathlib import Path
import re
from types import ModuleType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.power_steward as integration
from custom_components.power_steward.config_flow import PowerStewardConfigFlow
from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.devices import DeviceType, errors
from custom_components.power_steward.devices.ecoflow.entities import entities_of
from custom_components.power_steward.devices.ecoflow.models.registry import (
    MODELS,
    UNKNOWN,
)
from custom_components.power_steward.devices.errors import KEYS
from custom_components.power_steward.event import StewardEventDescription
from custom_components.power_steward.system_health import system_health_info
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.core import HomeAssistant

from .common import async_choose, descriptions

ROOT = Path(integration.__file__).parent
LANGUAGES = sorted((ROOT / "translations").glob("*.json"))
ENGLISH: dict[str, Any] = json.loads((ROOT / "translations/en.json").read_text())
PLATFORMS = sorted(ENGLISH["entity"])

type Leaves = dict[str, str]


def leaves(texts: Mapping[str, Any], path: str = "") -> Leaves:
    """Return all texts of a language by their path."""
    found: Leaves = {}
    for key, value in texts.items():
        if isinstance(value, str):
            found[f"{path}{key}"] = value
        else:
            found |= leaves(value, f"{path}{key}.")
    return found


def placeholders(text: str) -> set[str]:
    """Return the placeholders in a text."""
    return set(re.findall(r"{(\w+)}", text))


def modules() -> Iterator[ModuleType]:
    """Return all modules of the integration."""
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        name = ".".join((integration.__name__, *parts)).removesuffix(".__init__")
        yield import_module(name)


@cache
def all_calls() -> list[tuple[ModuleType, ast.Call]]:
    """Return what is called in all modules."""
    return [
        (module, node)
        for module in modules()
        for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text()))
        if isinstance(node, ast.Call)
    ]


def calls(name: str) -> list[tuple[ModuleType, ast.Call]]:
    """Return the calls of a function or class by its name, over all modules."""
    return [
        (module, call)
        for module, call in all_calls()
        if name in (getattr(call.func, "attr", None), getattr(call.func, "id", None))
    ]


def argument(module: ModuleType, call: ast.Call, name: str) -> Any:
    """Return the value of a keyword argument."""
    (value,) = (item.value for item in call.keywords if item.arg == name)
    return eval(ast.unparse(value), vars(module))  # noqa: S307


# Flows


def test_menu() -> None:
    """Each device type has a label and a description in the menu."""
    user = ENGLISH["config"]["step"]["user"]
    assert user["menu_options"].keys() == set(DeviceType)
    assert user["menu_option_descriptions"].keys() == set(DeviceType)


def test_steps() -> None:
    """Each step that shows something has texts."""
    shared = {"user"}  # reauth and reconfigure only lead on
    steps = {
        name.removeprefix("async_step_")
        for parent in PowerStewardConfigFlow.__mro__[1:]
        if issubclass(parent, ConfigFlow) and parent is not ConfigFlow
        for name in vars(parent)
        if name.startswith("async_step_")
    }
    assert ENGLISH["config"]["step"].keys() == shared | steps


async def forms(
    hass: HomeAssistant, device_type: DeviceType
) -> list[tuple[str, ConfigFlowResult]]:
    """Return the forms that a device type shows first, with where their texts are."""
    entry = MockConfigEntry(domain=DOMAIN, data={CONF_DEVICE_TYPE: device_type.value})
    entry.add_to_hass(hass)
    return [
        ("config", await async_choose(hass, device_type)),
        ("config", await entry.start_reauth_flow(hass)),
        ("config", await entry.start_reconfigure_flow(hass)),
        ("options", await hass.config_entries.options.async_init(entry.entry_id)),
    ]


@pytest.mark.parametrize("device_type", DeviceType)
async def test_fields(hass: HomeAssistant, device_type: DeviceType) -> None:
    """Each field has a name and a description, and all placeholders are filled."""
    for section, form in await forms(hass, device_type):
        texts = ENGLISH[section]["step"][form["step_id"]]
        schema = form["data_schema"]
        assert schema is not None
        assert texts["data"].keys() == {str(field) for field in schema.schema}
        assert texts["data_description"].keys() == texts["data"].keys()
        given = set(form["description_placeholders"] or {})
        assert set().union(*map(placeholders, leaves(texts).values())) <= given


def test_errors() -> None:
    """Each error of a form has a text."""
    mistakes = {
        call.args[1].value
        for _, call in calls("_Mistake")
        if isinstance(call.args[1], ast.Constant)
    }
    raised = {
        error.key
        for error in vars(errors).values()
        if isinstance(error, type)
        and issubclass(error, errors.ClientError)
        and calls(error.__name__)
    }
    assert ENGLISH["config"]["error"].keys() == mistakes | raised


def test_aborts() -> None:
    """Each end of a flow without an entry has a text, if it is not Home Assistant's."""
    reasons = {argument(*call, "reason") for call in calls("async_abort")}
    assert ENGLISH["config"]["abort"].keys() == reasons | {"already_configured"}


# Entities


def being_built(platform: str) -> set[str]:
    """Return the texts of EcoFlow, which the menu does not offer yet."""
    return {
        item.translation_key or item.key
        for model in (*MODELS, UNKNOWN)
        for item in entities_of(model.family)
        if type(item).__module__.endswith(f".{platform}")
    }


@pytest.mark.parametrize("platform", PLATFORMS)
def test_entities(platform: str) -> None:
    """Each entity has a name."""
    texts = ENGLISH["entity"][platform]
    keys = {item.key for item in descriptions(platform)}
    assert texts.keys() == keys | being_built(platform)
    assert all(text["name"] for text in texts.values())


def test_platforms() -> None:
    """There are names for the entities of each platform that describes some."""
    platforms = {
        module.__name__.rpartition(".")[2]
        for module in modules()
        if hasattr(module, "PARALLEL_UPDATES")
    }
    assert set(PLATFORMS) == platforms


def test_states() -> None:
    """Each state that is a word is translated."""
    texts = ENGLISH["entity"]["sensor"]
    for sensor in descriptions("sensor"):
        assert isinstance(sensor, SensorEntityDescription)
        if sensor.options is not None:
            assert texts[sensor.key]["state"].keys() == set(sensor.options)


def test_event_types() -> None:
    """Each event type is translated."""
    texts = ENGLISH["entity"]["event"]
    for event in descriptions("event"):
        assert isinstance(event, StewardEventDescription)
        types = texts[event.key]["state_attributes"]["event_type"]["state"]
        assert types.keys() == set(event.edges)


# The rest


def test_exceptions() -> None:
    """Each error of a client has a text, with the placeholders that are filled."""
    texts = ENGLISH["exceptions"]
    assert texts.keys() == set(KEYS)
    for text in texts.values():
        assert placeholders(text["message"]) == {"name", "reason"}


def test_raised_exceptions() -> None:
    """Whatever Home Assistant is told to have failed comes with a translation."""
    for name in (
        "ConfigEntryAuthFailed",
        "ConfigEntryError",
        "ConfigEntryNotReady",
        "HomeAssistantError",
        "ServiceValidationError",
        "UpdateFailed",
    ):
        for _, call in calls(name):
            assert {"translation_domain", "translation_key"} <= {
                item.arg for item in call.keywords
            }


def test_issues() -> None:
    """Each issue has a title and a description, with the placeholders it fills."""
    issues = calls("async_create_issue")
    assert ENGLISH["issues"].keys() == {
        argument(*issue, "translation_key") for issue in issues
    }
    for module, call in issues:
        (given,) = (
            item.value
            for item in call.keywords
            if item.arg == "translation_placeholders"
        )
        assert isinstance(given, ast.Dict)
        names = {key.value for key in given.keys if isinstance(key, ast.Constant)}
        texts = ENGLISH["issues"][argument(module, call, "translation_key")]
        assert texts.keys() == {"title", "description"}
        assert all(placeholders(text) <= names for text in texts.values())


async def test_system_health(hass: HomeAssistant) -> None:
    """Each line of system health has a label."""
    info = await system_health_info(hass)
    assert ENGLISH["system_health"]["info"].keys() == info.keys()


def test_services() -> None:
    """Each action has texts, and there are none for actions that do not exist."""
    assert ("services" in ENGLISH) == (ROOT / "services.yaml").exists()


def test_nothing_else() -> None:
    """All sections are looked at above."""
    assert ENGLISH.keys() == {
        "config",
        "entity",
        "exceptions",
        "issues",
        "options",
        "selector",
        "system_health",
    }


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda path: path.stem)
def test_languages(language: Path) -> None:
    """Each language says all, with the same placeholders."""
    texts = leaves(json.loads(language.read_text()))
    english = leaves(ENGLISH)
    assert texts.keys() == english.keys()
    for path, text in texts.items():
        assert placeholders(text) == placeholders(english[path]), path
        assert text.strip() == text, path
        assert not re.search(r"<|>|https?://", text), path
