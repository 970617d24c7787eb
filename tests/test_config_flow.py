"""The menu, and the way from it to the steps of a device type."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.config_flow import (
    OPTIONS_FLOWS,
    PowerStewardConfigFlow,
)
from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.devices import DeviceType
from homeassistant.config_entries import SOURCE_USER, ConfigFlow
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .common import async_choose


async def test_menu_offers_each_type(hass: HomeAssistant) -> None:
    """The first step is a menu of device types."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert menu["type"] is FlowResultType.MENU
    assert menu["step_id"] == "user"
    assert menu["menu_options"] == list(DeviceType)


@pytest.mark.parametrize("device_type", DeviceType)
async def test_first_step_bears_the_name_of_the_type(
    hass: HomeAssistant, device_type: DeviceType
) -> None:
    """A menu option leads to the step of the same id, a form or another menu."""
    first = await async_choose(hass, device_type)
    assert first["type"] in (FlowResultType.FORM, FlowResultType.MENU)
    assert first["step_id"] == device_type
    assert not first.get("errors")


@pytest.mark.parametrize("device_type", DeviceType)
@pytest.mark.parametrize("reason", ["reauth", "reconfigure"])
async def test_entries_find_the_steps_of_their_type(
    hass: HomeAssistant, device_type: DeviceType, reason: str
) -> None:
    """Reauth and reconfigure lead to the steps of the entry's type."""
    entry = MockConfigEntry(domain=DOMAIN, data={CONF_DEVICE_TYPE: device_type.value})
    entry.add_to_hass(hass)
    if not hasattr(PowerStewardConfigFlow, f"async_step_{device_type}_{reason}"):
        assert reason == "reauth"  # a type without a log-in
        return
    start = getattr(entry, f"start_{reason}_flow")
    form = await start(hass)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == f"{device_type}_{reason}"


@pytest.mark.parametrize("device_type", DeviceType)
async def test_entries_find_the_options_of_their_type(
    hass: HomeAssistant, device_type: DeviceType
) -> None:
    """The options lead to the step of the entry's type."""
    assert isinstance(
        PowerStewardConfigFlow.async_get_options_flow(
            MockConfigEntry(domain=DOMAIN, data={CONF_DEVICE_TYPE: device_type.value})
        ),
        OPTIONS_FLOWS[device_type],
    )


def test_types_keep_out_of_each_others_way() -> None:
    """Steps bear the name of their type, and nothing of a type hides another's."""
    owners: dict[str, str] = {}
    for parent in PowerStewardConfigFlow.__mro__[1:]:
        if parent is ConfigFlow:
            break
        device_type = parent.__module__.split(".")[-2]
        for name in vars(parent):
            if name.startswith("async_step_"):
                step = name.removeprefix("async_step_")
                assert step.split("_")[0] == device_type
            if not name.startswith("__"):
                owner = owners.setdefault(name, device_type)
                assert owner == device_type, f"{owner} has a {name} too: rename it"
