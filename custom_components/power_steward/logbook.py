"""Outages in the logbook."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ICON,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
    LazyEventPartialState,
)
from homeassistant.const import ATTR_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .outages import EVENT_OUTAGE
from .stewardship.outages import Change

_ICONS: Final = {
    Change.STARTED: "mdi:transmission-tower-off",
    Change.BATTERY_LOW: "mdi:battery-alert",
    Change.ENDED: "mdi:transmission-tower",
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[
        [str, str, Callable[[LazyEventPartialState], dict[str, str]]], None
    ],
) -> None:
    """Describe what happens to outages."""

    @callback
    def describe(event: LazyEventPartialState) -> dict[str, str]:
        data = event.data
        change = Change(data["change"])
        texts = async_get_cached_translations(
            hass, hass.config.language, "common", DOMAIN
        )

        def text(key: str) -> str:
            return texts[f"component.{DOMAIN}.common.outage_{key}"].format(
                duration=timedelta(seconds=round(data["duration"])),
                energy=round(data["energy"] or 0, 1),
                lowest_charge=round(data["lowest_charge"] or 0),
            )

        if change is not Change.ENDED:
            parts = [text(change)]
        else:
            parts = [text("at_least" if data["at_least"] else "ended")]
            parts += [
                text(key)
                for key in ("energy", "lowest_charge")
                if data[key] is not None
            ]
        return {
            LOGBOOK_ENTRY_NAME: data[ATTR_NAME],
            LOGBOOK_ENTRY_MESSAGE: ", ".join(parts),
            LOGBOOK_ENTRY_ICON: _ICONS[change],
        }

    async_describe_event(DOMAIN, EVENT_OUTAGE, describe)
