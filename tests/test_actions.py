"""Actions: there without an entry, checked in one place, and who may call them."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.actions import ACTIONS, Action
from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

OF_ENTRIES = [
    action
    for action in ACTIONS
    if action.overall is None and action.target == ATTR_CONFIG_ENTRY_ID
]
OF_DEVICES = [action for action in ACTIONS if action.target == ATTR_DEVICE_ID]
NEEDED: dict[str, dict[str, Any]] = {
    "cheapest_window": {"duration": "01:00:00"},
    "dearest_window": {"duration": "01:00:00"},
    "shutdown": {"confirm": True},
}
"""What the actions demand beside the entry or device."""


def name_of(action: Action) -> str:
    """Return what a test case is called."""
    return action.name


@pytest.fixture(autouse=True)
async def _set_up(hass: HomeAssistant) -> None:
    """Load the integration without any entry."""
    assert await async_setup_component(hass, DOMAIN, {})


async def call(
    hass: HomeAssistant, action: Action, target: str, context: Context | None = None
) -> None:
    """Call an action for an entry or a device."""
    data = {action.target: target, **NEEDED.get(action.name, {})}
    if action.overall is not None:
        del data[action.target]
    await hass.services.async_call(
        DOMAIN,
        action.name,
        data,
        blocking=True,
        context=context,
        return_response=action.response is SupportsResponse.ONLY,
    )


def an_entry(
    hass: HomeAssistant,
    state: ConfigEntryState = ConfigEntryState.LOADED,
    domain: str = DOMAIN,
    device_type: str = "winpower",
) -> MockConfigEntry:
    """Return an entry that is in some state."""
    entry = MockConfigEntry(domain=domain, data={CONF_DEVICE_TYPE: device_type})
    entry.add_to_hass(hass)
    entry.mock_state(hass, state)
    return entry


def test_there_without_an_entry(hass: HomeAssistant) -> None:
    """Automations that use them are valid before any entry is loaded."""
    assert hass.services.async_services_for_domain(DOMAIN).keys() == {
        action.name for action in ACTIONS
    }


@pytest.mark.parametrize("action", OF_ENTRIES, ids=name_of)
async def test_entries_that_cannot_be_asked(
    hass: HomeAssistant, action: Action
) -> None:
    """An entry that is unknown, another's, not loaded or of another type is refused."""
    for target, key in (
        ("01NOBODY", "service_config_entry_not_found"),
        (
            an_entry(hass, domain="sun").entry_id,
            "service_config_entry_wrong_domain",
        ),
        (
            an_entry(hass, ConfigEntryState.NOT_LOADED).entry_id,
            "service_config_entry_not_loaded",
        ),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await call(hass, action, target)
        assert refused.value.translation_key == key


@pytest.mark.parametrize(
    "action",
    [action for action in OF_ENTRIES if action.module is None],
    ids=name_of,
)
async def test_types_without_the_action(hass: HomeAssistant, action: Action) -> None:
    """An entry of a type that does not have the action is refused."""
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, action, an_entry(hass).entry_id)
    assert refused.value.translation_key == "action_unsupported"


@pytest.mark.parametrize("action", OF_DEVICES, ids=name_of)
async def test_devices_that_cannot_be_asked(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, action: Action
) -> None:
    """A device that is unknown, or another integration's, is refused."""
    other = an_entry(hass, domain="sun")
    device = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("sun", "sun")}
    )
    for target, key in (
        ("nobody", "device_unknown"),
        (device.id, "service_config_entry_wrong_domain"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await call(hass, action, target)
        assert refused.value.translation_key == key


def test_what_changes_something_is_for_administrators() -> None:
    """Settings, history and power are theirs; to ask is free to everybody."""
    assert {action.name for action in ACTIONS if action.admin} == {
        "energy_dashboard",
        "import_history",
        "shutdown",
    }


@pytest.mark.parametrize(
    "action", [action for action in ACTIONS if action.admin], ids=name_of
)
async def test_others_are_refused(
    hass: HomeAssistant, action: Action, hass_read_only_user: Any
) -> None:
    """Who is no administrator is told so before anything is looked at."""
    with pytest.raises(Unauthorized):
        await call(hass, action, "01NOBODY", Context(user_id=hass_read_only_user.id))
