"""The integration's actions; entries say what they can do of them."""

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

IMPORT_HISTORY: Final = "import_history"
CONF_ENTRY: Final = "config_entry_id"
CONF_PATH: Final = "path"

_IMPORT_HISTORY: Final = probatio.Schema(
    {
        probatio.Required(CONF_ENTRY): cv.string,
        probatio.Optional(CONF_PATH): cv.string,
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        IMPORT_HISTORY,
        _async_import_history,
        schema=_IMPORT_HISTORY,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_import_history(call: ServiceCall) -> ServiceResponse:
    """Import an entry's history; return how much was new."""
    entry: StewardConfigEntry = async_get_config_entry(
        call.hass, DOMAIN, call.data[CONF_ENTRY]
    )
    imported = await entry.runtime_data.async_import_history(call.data.get(CONF_PATH))
    return {"months": imported.months, "rows": imported.rows}
