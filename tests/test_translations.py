"""Texts: one for each that is shown, none that is not."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.power_steward as integration
from custom_components.power_steward.actions import ACTIONS
from custom_components.power_steward.config_flow import PowerStewardConfigFlow
from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.devices import DeviceType, errors
from custom_components.power_steward.event import StewardEventDescription
from custom_components.power_steward.stewardship.outages import Change
from custom_components.power_steward.system_health import system_health_info
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from homeassistant.util.yaml import parse_yaml

from .common import async_choose, descriptions, key_of
from .texts import ENGLISH, ROOT, assert_same, leaves, placeholders

PLATFORMS = sorted(ENGLISH["entity"])

EPEX = "devices.epex"
KEYS = {
    error.key
    for error in vars(errors).values()
    if isinstance(error, type)
    and issubclass(error, errors.ClientError)
    and error is not errors.ClientError
}
"""What a client's failure may be called."""
COMMANDS = {
    "limit_locked",
    "not_armed",
    "not_confirmed",
    "not_on_battery",
    "not_permitted",
    "value_impossible",
}
"""Errors that only commands meet, never a form."""


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
    for part in ("menu_options", "menu_option_descriptions"):
        assert_same(f"config.step.user.{part} in en.json", user[part], DeviceType)


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
    assert_same("config.step in en.json", ENGLISH["config"]["step"], shared | steps)


async def forms(
    hass: HomeAssistant, device_type: DeviceType
) -> list[tuple[str, ConfigFlowResult]]:
    """Return the forms that a device type shows first, with where their texts are."""
    entry = MockConfigEntry(domain=DOMAIN, data={CONF_DEVICE_TYPE: device_type.value})
    entry.add_to_hass(hass)
    shown = [
        *(("config", form) for form in await first_forms(hass, device_type)),
        ("config", await entry.start_reconfigure_flow(hass)),
        ("options", await hass.config_entries.options.async_init(entry.entry_id)),
        *(("options", form) for form in await options_forms(hass, entry)),
    ]
    if hasattr(PowerStewardConfigFlow, f"async_step_{device_type}_reauth"):
        shown.append(("config", await entry.start_reauth_flow(hass)))
    return shown


async def options_forms(
    hass: HomeAssistant, entry: MockConfigEntry
) -> list[ConfigFlowResult]:
    """Return the forms that an entry's menu of options offers."""
    flows = hass.config_entries.options
    menu = await flows.async_init(entry.entry_id)
    if menu["step_id"] != "init":
        return []  # a menu of the type's own
    forms = []
    for option in cast("list[str]", menu["menu_options"]):
        flow = await flows.async_init(entry.entry_id)
        forms.append(
            await flows.async_configure(flow["flow_id"], {"next_step_id": option})
        )
    return forms


async def first_forms(
    hass: HomeAssistant, device_type: DeviceType
) -> list[ConfigFlowResult]:
    """Return the form of a type's first step, or the forms that its menu offers."""
    first = await async_choose(hass, device_type)
    if first["type"] is FlowResultType.FORM:
        return [first]
    texts = ENGLISH["config"]["step"][first["step_id"]]
    options = list(cast("list[str]", first["menu_options"]))
    assert texts["menu_options"].keys() == set(options)
    assert texts["menu_option_descriptions"].keys() == set(options)
    forms = []
    for option in options:
        menu = await async_choose(hass, device_type)
        forms.append(
            await hass.config_entries.flow.async_configure(
                menu["flow_id"], {"next_step_id": option}
            )
        )
    return forms


def assert_fields(texts: Mapping[str, Any], schema: Mapping[Any, Any]) -> None:
    """Make sure that fields have texts, those of sections in the section's."""
    sections = {
        str(field): value for field, value in schema.items() if is_section(value)
    }
    fields = {str(field) for field in schema} - sections.keys()
    # A form may ask for one thing or another, with texts for both.
    assert fields <= texts.get("data", {}).keys()
    assert texts.get("data_description", {}).keys() == texts.get("data", {}).keys()
    assert texts.get("sections", {}).keys() == sections.keys()
    for name, value in sections.items():
        assert_fields(texts["sections"][name], value.schema.schema)


def is_section(value: object) -> bool:
    """Tell a section of a form from a field."""
    return isinstance(value, section)


@pytest.mark.parametrize("device_type", DeviceType)
async def test_fields(hass: HomeAssistant, device_type: DeviceType) -> None:
    """Each field has a name and a description, and all placeholders are filled."""
    for category, form in await forms(hass, device_type):
        texts = ENGLISH[category]["step"][form["step_id"]]
        if form["type"] is FlowResultType.MENU:
            assert texts["menu_options"].keys() == set(
                cast("list[str]", form["menu_options"])
            )
            continue
        schema = form["data_schema"]
        assert schema is not None
        assert_fields(texts, schema.schema)
        given = set(form["description_placeholders"] or {})
        assert set().union(*map(placeholders, leaves(texts).values())) <= given


def test_errors() -> None:
    """Each error of a form has a text."""
    mistakes = {
        str(call.args[1].value)
        for _, call in calls("FormMistake")
        if isinstance(call.args[1], ast.Constant)
    }
    raised = {
        error.key
        for error in vars(errors).values()
        if isinstance(error, type)
        and issubclass(error, errors.ClientError)
        and any(EPEX not in module.__name__ for module, _ in calls(error.__name__))
    }
    tables = {
        error
        for module in modules()
        for error in getattr(module, "ERRORS", {}).values()
    }
    # Of prices, errors of clients have texts of their own.
    epex = {key for key in ENGLISH["config"]["error"] if key.startswith("epex_")}
    assert epex <= {f"epex_{key}" for key in KEYS}
    # Commands fail too, but not in forms.
    shown = raised - COMMANDS
    wanted = mistakes | shown | tables | epex
    assert_same("config.error in en.json", ENGLISH["config"]["error"], wanted)


def test_aborts() -> None:
    """Each end of a flow without an entry has a text, if it is not Home Assistant's."""
    reasons = {argument(*call, "reason") for call in calls("async_abort")}
    wanted = reasons | {"already_configured"}
    assert_same("config.abort in en.json", ENGLISH["config"]["abort"], wanted)


# Entities


@pytest.mark.parametrize("platform", PLATFORMS)
def test_entities(platform: str) -> None:
    """Each entity has a name."""
    texts = ENGLISH["entity"][platform]
    wanted = {key_of(item) for item in descriptions(platform)}
    assert_same(f"entity.{platform} in en.json", texts, wanted)
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
    """Each state that is a word is translated, and there are no others."""
    for platform in ("select", "sensor"):
        words: dict[str, set[str]] = {}
        for item in descriptions(platform):
            if (options := getattr(item, "options", None)) is not None:
                words.setdefault(key_of(item), set()).update(options)
        for key, every in words.items():
            place = f"entity.{platform}.{key}.state in en.json"
            assert_same(place, ENGLISH["entity"][platform][key]["state"], every)


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
    assert texts.keys() >= KEYS
    for key in KEYS:
        assert placeholders(texts[key]["message"]) == {"name", "reason"}


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
        key for issue in issues for key in reported(*issue)
    }
    for module, call in issues:
        (given,) = (
            item.value
            for item in call.keywords
            if item.arg == "translation_placeholders"
        )
        assert isinstance(given, ast.Dict)
        names = {key.value for key in given.keys if isinstance(key, ast.Constant)}
        more = any(key is None for key in given.keys)  # unpacked, so not told here
        for key in reported(module, call):
            texts = ENGLISH["issues"][key]
            assert texts.keys() == {"title", "description"}
            assert more or all(placeholders(text) <= names for text in texts.values())


def reported(module: ModuleType, call: ast.Call) -> set[str]:
    """Return the keys of the issues that a call may report."""
    (key,) = (item.value for item in call.keywords if item.arg == "translation_key")
    if isinstance(key, ast.Name) and hasattr(module, "ISSUES"):
        issues: frozenset[str] = module.ISSUES
        return set(issues)
    return {argument(module, call, "translation_key")}


async def test_system_health(hass: HomeAssistant) -> None:
    """Each line of system health has a label."""
    info = await system_health_info(hass)
    assert ENGLISH["system_health"]["info"].keys() == info.keys()


def test_services() -> None:
    """Each action has texts, and there are none for actions that do not exist."""
    services = parse_yaml((ROOT / "services.yaml").read_text())
    assert isinstance(services, dict)
    assert ENGLISH["services"].keys() == services.keys() == {a.name for a in ACTIONS}
    for name, service in services.items():
        texts = ENGLISH["services"][name]
        assert texts["fields"].keys() == service["fields"].keys()
        for text in (texts, *texts["fields"].values()):
            assert text["name"]
            assert text["description"]


def test_logbook() -> None:
    """What the logbook and the statistics say has texts, filled with what is known."""
    texts = ENGLISH["common"]
    changes = {f"outage_{change}" for change in Change}
    parts = {"outage_at_least", "outage_energy", "outage_lowest_charge"}
    assert texts.keys() == changes | parts | {"outage_minutes", "outages"}
    known = {"duration", "energy", "lowest_charge"}
    assert all(placeholders(text) <= known for text in texts.values())


def test_device_names() -> None:
    """Names of devices that have none of their own are there."""
    assert ENGLISH["device"].keys() == {"circuit", "home"}


def test_nothing_else() -> None:
    """All sections are looked at above."""
    assert ENGLISH.keys() == {
        "common",
        "config",
        "device",
        "entity",
        "exceptions",
        "issues",
        "options",
        "selector",
        "services",
        "system_health",
    }
