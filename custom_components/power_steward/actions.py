"""Actions: registered once, each for the entries of one device type."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import probatio

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry

from .const import CONF_DEVICE_TYPE, DOMAIN
from .coordinator import StewardConfigEntry


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that can be asked of an entry."""

    name: str
    device_type: str
    handler: Callable[[Any, dict[str, Any]], Awaitable[dict[str, Any]]]
    """Takes the entry's coordinator and the action's data, returns the response."""
    fields: dict[probatio.Marker, Any] = field(default_factory=dict)
    """What it takes beside the entry."""
    response: SupportsResponse = SupportsResponse.ONLY


@callback
def async_register(hass: HomeAssistant, actions: Iterable[Action]) -> None:
    """Register actions."""
    for action in actions:
        hass.services.async_register(
            DOMAIN,
            action.name,
            partial(_async_call, action),
            schema=probatio.Schema(
                {probatio.Required(ATTR_CONFIG_ENTRY_ID): cv.string, **action.fields}
            ),
            supports_response=action.response,
        )


async def _async_call(action: Action, call: ServiceCall) -> ServiceResponse:
    """Hand a call to the entry that it names."""
    data = dict(call.data)
    entry: StewardConfigEntry = async_get_config_entry(
        call.hass, DOMAIN, data.pop(ATTR_CONFIG_ENTRY_ID)
    )
    if entry.data[CONF_DEVICE_TYPE] != action.device_type:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="wrong_device_type",
            translation_placeholders={"name": entry.title},
        )
    response = await action.handler(entry.runtime_data, data)
    return response if call.return_response else None
