"""The actions: what an entry or a device can be told or asked beyond its entities.

An action is a function of its name in ``devices/<type>/actions.py``, which is loaded
when it is first called: it takes the coordinator, the device's key (the hub's, if the
action names an entry) and the data, and returns the response. An action over all devices
is a function of its own at the top: it takes the data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from types import ModuleType
from typing import Any, Final

import probatio

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.service import (
    async_get_config_entry,
    async_register_admin_service,
)

from . import outages
from .const import CONF_DEVICE_TYPE, DOMAIN
from .coordinator import StewardConfigEntry
from .devices.readings import HUB

type Overall = Callable[[HomeAssistant, Mapping[str, Any]], ServiceResponse]


@dataclass(frozen=True, kw_only=True)
class Action:
    """What an action is called, what it takes, and what it gives back."""

    name: str
    target: str = ATTR_CONFIG_ENTRY_ID
    """The field that names the entry or the device."""
    overall: Overall | None = None
    """What answers an action over all devices, which has no target."""
    fields: Mapping[probatio.Marker, Any] = field(default_factory=dict)
    """What it takes beside its target."""
    response: SupportsResponse = SupportsResponse.ONLY
    admin: bool = False
    """Whether only administrators may call it."""
    module: str | None = None
    """The module that serves all device types, if it is no type's own."""

    @property
    def schema(self) -> probatio.Schema:
        """Return the schema of a call's data."""
        target = {} if self.overall else {probatio.Required(self.target): cv.string}
        return probatio.Schema({**target, **self.fields})


_WATTS: Final = probatio.All(probatio.Coerce(float), probatio.Range(min=0, max=100_000))
_MINUTES: Final = probatio.All(probatio.Coerce(float), probatio.Range(min=1, max=6000))

_PRICES: Final = ("total", "market", "export")
_WINDOW: Final[Mapping[probatio.Marker, Any]] = {
    probatio.Required("duration"): cv.time_period,
    probatio.Optional("earliest_start"): cv.datetime,
    probatio.Optional("latest_end"): cv.datetime,
    probatio.Optional("contiguous", default=True): cv.boolean,
    probatio.Optional("shortest_run", default=timedelta()): cv.positive_time_period,
    probatio.Optional("most_starts"): cv.positive_int,
    probatio.Optional("limit"): probatio.Coerce(float),
    probatio.Optional("price", default="total"): probatio.In(_PRICES),
}

ACTIONS: Final = (
    Action(name="cap_plan"),
    Action(name="cheapest_window", fields=_WINDOW),
    Action(name="dearest_window", fields=_WINDOW),
    Action(
        name="energy_dashboard",
        fields={
            probatio.Optional("imported", default=False): cv.boolean,
            probatio.Optional("apply", default=False): cv.boolean,
            probatio.Optional("undo", default=False): cv.boolean,
        },
        response=SupportsResponse.OPTIONAL,
        admin=True,
        module="energy_dashboard",
    ),
    Action(
        name="fetch_now",
        fields={probatio.Optional("since"): cv.date},
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="get_prices",
        fields={
            probatio.Optional("start"): cv.datetime,
            probatio.Optional("end"): cv.datetime,
            probatio.Optional("resolution"): probatio.All(
                probatio.Coerce(int), probatio.In((15, 30, 60))
            ),
        },
    ),
    Action(
        name="import_history",
        fields={probatio.Optional("path"): cv.string},
        response=SupportsResponse.OPTIONAL,
        admin=True,
    ),
    Action(
        name="outages",
        overall=outages.listed,
        fields={
            probatio.Optional(ATTR_DEVICE_ID): cv.string,
            probatio.Optional("start"): cv.datetime,
            probatio.Optional("end"): cv.datetime,
        },
    ),
    Action(
        name="ride_through",
        target=ATTR_DEVICE_ID,
        fields={
            probatio.Optional("loads", default=[]): probatio.All(
                cv.ensure_list, [_WATTS]
            ),
            probatio.Optional("minutes"): _MINUTES,
        },
    ),
    Action(
        name="shutdown",
        target=ATTR_DEVICE_ID,
        fields={probatio.Required("confirm"): cv.boolean},
        response=SupportsResponse.NONE,
        admin=True,
    ),
)


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions."""
    for action in ACTIONS:
        if action.admin:
            async_register_admin_service(
                hass,
                DOMAIN,
                action.name,
                partial(_async_call, action),
                action.schema,
                action.response,
            )
        else:
            hass.services.async_register(
                DOMAIN,
                action.name,
                partial(_async_call, action),
                schema=action.schema,
                supports_response=action.response,
            )


def unsupported(name: str) -> ServiceValidationError:
    """Return the error of an action that an entry or a device does not have."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="action_unsupported",
        translation_placeholders={"name": name},
    )


async def _async_call(action: Action, call: ServiceCall) -> ServiceResponse:
    """Hand a call to the device type of what it names."""
    data = dict(call.data)
    if action.overall is not None:
        return action.overall(call.hass, data)
    target = data.pop(action.target)
    if action.target == ATTR_DEVICE_ID:
        entry, device_key = _device(call.hass, target)
    else:
        entry, device_key = _entry(call.hass, target), HUB
    module = await _async_module(call.hass, entry, action)
    handler = getattr(module, action.name, None)
    if handler is None:
        raise unsupported(entry.title)
    response: ServiceResponse = await handler(entry.runtime_data, device_key, data)
    return response if call.return_response else None


def _entry(hass: HomeAssistant, entry_id: str) -> StewardConfigEntry:
    entry: StewardConfigEntry = async_get_config_entry(hass, DOMAIN, entry_id)
    return entry


def _device(hass: HomeAssistant, device_id: str) -> tuple[StewardConfigEntry, str]:
    """Return the entry of a device, and the device's key in its readings."""
    device = dr.async_get(hass).async_get(device_id)
    if device is not None:
        entry = _entry(hass, device.config_entry_id)
        coordinator = entry.runtime_data
        for key in coordinator.data:
            if coordinator.identifier(key) in device.identifiers:
                return entry, key
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="device_unknown",
        translation_placeholders={"device": device_id},
    )


async def _async_module(
    hass: HomeAssistant, entry: StewardConfigEntry, action: Action
) -> ModuleType | None:
    """Return what serves an action for an entry's device type, if anything does."""
    device_type = entry.data[CONF_DEVICE_TYPE]
    name = f"{__package__}.{action.module or f'devices.{device_type}.actions'}"
    try:
        return await async_import_module(hass, name)
    except ModuleNotFoundError as err:
        if err.name != name:
            raise
        return None
