"""The actions: what a device can be told or asked beyond its entities."""

from functools import partial
from typing import Final

import probatio

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry

from .const import DOMAIN
from .coordinator import StewardConfigEntry

ACTION_CAP_PLAN: Final = "cap_plan"
ATTR_CONFIG_ENTRY_ID: Final = "config_entry_id"

CAP_PLAN: Final = probatio.Schema({probatio.Required(ATTR_CONFIG_ENTRY_ID): cv.string})


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        ACTION_CAP_PLAN,
        partial(_async_cap_plan, hass),
        schema=CAP_PLAN,
        supports_response=SupportsResponse.ONLY,
    )


async def _async_cap_plan(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Tell the cap of each slot whose price is known."""
    entry: StewardConfigEntry = async_get_config_entry(
        hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID]
    )
    return entry.runtime_data.cap_plan()
