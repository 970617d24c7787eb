"""The actions: what a device can be told or asked beyond its entities."""

from functools import partial
from typing import Any, Final

import probatio

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import (
    async_get_config_entry,
    async_register_admin_service,
)

from .const import DOMAIN
from .coordinator import PollingCoordinator, StewardConfigEntry

ACTION_RIDE_THROUGH: Final = "ride_through"
ACTION_SHUTDOWN: Final = "shutdown"
ATTR_CONFIRM: Final = "confirm"
ATTR_LOADS: Final = "loads"
ATTR_MINUTES: Final = "minutes"

_WATTS: Final = probatio.All(probatio.Coerce(float), probatio.Range(min=0, max=100_000))
_MINUTES: Final = probatio.All(probatio.Coerce(float), probatio.Range(min=1, max=6000))

RIDE_THROUGH: Final = probatio.Schema(
    {
        probatio.Required(ATTR_DEVICE_ID): cv.string,
        probatio.Optional(ATTR_LOADS, default=[]): probatio.All(
            cv.ensure_list, [_WATTS]
        ),
        probatio.Optional(ATTR_MINUTES): _MINUTES,
    }
)
SHUTDOWN: Final = probatio.Schema(
    {
        probatio.Required(ATTR_DEVICE_ID): cv.string,
        probatio.Required(ATTR_CONFIRM): cv.boolean,
    }
)


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        ACTION_RIDE_THROUGH,
        partial(_async_ride_through, hass),
        schema=RIDE_THROUGH,
        supports_response=SupportsResponse.ONLY,
    )
    async_register_admin_service(
        hass, DOMAIN, ACTION_SHUTDOWN, partial(_async_shutdown, hass), schema=SHUTDOWN
    )


def _target(
    hass: HomeAssistant, call: ServiceCall
) -> tuple[PollingCoordinator[Any], str]:
    """Return who looks after the device that a call means, and the device's key."""
    device_id = call.data[ATTR_DEVICE_ID]
    device = dr.async_get(hass).async_get(device_id)
    if device is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="device_unknown",
            translation_placeholders={"device": device_id},
        )
    entry: StewardConfigEntry = async_get_config_entry(
        hass, DOMAIN, device.config_entry_id
    )
    coordinator = entry.runtime_data
    for key in coordinator.data:
        if coordinator.identifier(key) in device.identifiers:
            return coordinator, key
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="device_unknown",
        translation_placeholders={"device": device_id},
    )


async def _async_ride_through(
    hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    """Tell how long a battery carries loads, and what load it carries for so long."""
    coordinator, key = _target(hass, call)
    battery = coordinator.ride_through(key)
    if battery is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="action_unsupported",
            translation_placeholders={"name": coordinator.name},
        )
    answer: dict[str, Any] = {ATTR_LOADS: []}
    for load in call.data[ATTR_LOADS]:
        lasts = battery.other_minutes(load)
        if lasts is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="battery_unknown",
                translation_placeholders={"name": coordinator.name},
            )
        answer[ATTR_LOADS].append(
            {
                "load": load,
                "minutes": round(lasts.minutes, 1),
                "low": round(lasts.low, 1),
                "high": round(lasts.high, 1),
            }
        )
    if (minutes := call.data.get(ATTR_MINUTES)) is not None:
        power = battery.power(minutes)
        if power is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="battery_unknown",
                translation_placeholders={"name": coordinator.name},
            )
        answer["load"] = round(power, 1)
    return answer


async def _async_shutdown(hass: HomeAssistant, call: ServiceCall) -> None:
    """Cut a device's output at once."""
    if not call.data[ATTR_CONFIRM]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="confirm_missing",
        )
    coordinator, key = _target(hass, call)
    await coordinator.async_command(coordinator.async_shut_down_device(key))
