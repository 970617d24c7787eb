"""The Energy dashboard's preferences: read, checked and written.

Apart from the rest, because Home Assistant's Energy need not be there, nor be as we know
it; whatever differs is ``PreferencesUnknown``, and nothing is written then.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import probatio

from homeassistant.components.energy.data import (
    DEVICE_CONSUMPTION_SCHEMA,
    ENERGY_SOURCE_SCHEMA,
    EnergyManager,
    async_get_manager,
)
from homeassistant.components.energy.validate import (
    EnergyPreferencesValidation,
    async_validate,
)
from homeassistant.core import HomeAssistant

from .stewardship.energy_dashboard import (
    DEVICES,
    SOURCES,
    WATER_DEVICES,
    Preferences,
    PreferencesUnknown,
)


async def async_read(hass: HomeAssistant) -> Preferences:
    """Return the preferences, empty ones if there are none."""
    data: Any = (await async_get_manager(hass)).data
    return EnergyManager.default_preferences() if data is None else data  # type: ignore[return-value]


async def async_write(hass: HomeAssistant, preferences: Preferences) -> None:
    """Write preferences that Home Assistant's schemas accept."""
    await (await async_get_manager(hass)).async_update(_accepted(preferences))


async def async_findings(
    hass: HomeAssistant, preferences: Preferences
) -> Mapping[str, Sequence[frozenset[str]]]:
    """Return what Home Assistant's own validation says of preferences."""
    manager = await async_get_manager(hass)
    present, manager.data = manager.data, _accepted(preferences)
    try:
        # It collects all there is to look at before it first waits for the recorder, so
        # nobody else ever sees what is only tried.
        validation = hass.async_create_task(async_validate(hass), eager_start=True)
    finally:
        manager.data = present
    return _told(await validation)


def _accepted(preferences: Preferences) -> Any:
    """Return preferences as Home Assistant would store them."""
    try:
        return {
            SOURCES: ENERGY_SOURCE_SCHEMA(preferences[SOURCES]),
            DEVICES: [DEVICE_CONSUMPTION_SCHEMA(item) for item in preferences[DEVICES]],
            WATER_DEVICES: [
                DEVICE_CONSUMPTION_SCHEMA(item)
                for item in preferences.get(WATER_DEVICES, ())
            ],
        }
    except (KeyError, probatio.Invalid) as err:
        raise PreferencesUnknown(str(err)) from err


def _told(
    validation: EnergyPreferencesValidation,
) -> Mapping[str, Sequence[frozenset[str]]]:
    told = validation.as_dict()
    return {
        section: [frozenset(issue["type"] for issue in issues) for issues in items]
        for section, items in told.items()
    }
