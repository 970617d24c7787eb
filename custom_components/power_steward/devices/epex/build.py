"""Makes the sources of an entry, with what Home Assistant has to give them."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from yarl import URL

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_ENTITY_ID, CONF_PATH, CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..errors import RequestRefused
from .const import CONF_CONFIG_ENTRY, CONF_SOURCE, CONF_ZONE
from .models import Source
from .sources import awattar, csv, energy_charts, entity, entsoe, mock, nordpool, smard
from .zones import ZONES, Zone


def build_sources(
    hass: HomeAssistant, data: Mapping[str, Any], stand_ins: Sequence[str] = ()
) -> list[Source]:
    """Return the source that entry data names, then those that stand in for it."""
    return [build_source(hass, data, name) for name in (data[CONF_SOURCE], *stand_ins)]


def build_source(hass: HomeAssistant, data: Mapping[str, Any], name: str) -> Source:
    """Return a source; an address in the entry data holds for all of them."""
    zone = ZONES[data[CONF_ZONE]]
    match name:
        case entity.NAME:
            return entity.Entity(_entity_reader(hass, data[CONF_ENTITY_ID]))
        case nordpool.NAME:
            return nordpool.NordPool(zone, _nordpool_reader(hass, data))
        case csv.NAME:
            return csv.Csv(Path(data[CONF_PATH]), zone)
        case mock.MOCK:
            return mock.mock(zone)
        case mock.STATIC:
            return mock.static(zone)
    session = async_get_clientsession(hass)
    url = URL(data.get(CONF_URL) or default_url(name, zone))
    match name:
        case awattar.NAME:
            return awattar.Awattar(session, url)
        case smard.NAME:
            return smard.Smard(session, url, zone)
        case entsoe.NAME:
            return entsoe.Entsoe(session, url, zone, data[CONF_TOKEN])
    return energy_charts.EnergyCharts(session, url, zone)


def default_url(name: str, zone: Zone) -> str:
    """Return where a source is."""
    return {
        awattar.NAME: awattar.url_default(zone),
        smard.NAME: smard.URL_DEFAULT,
        entsoe.NAME: entsoe.URL_DEFAULT,
        energy_charts.NAME: energy_charts.URL_DEFAULT,
    }[name]


def _entity_reader(hass: HomeAssistant, entity_id: str) -> Any:
    def read() -> entity.EntityPrices | None:
        state = hass.states.get(entity_id)
        if state is None:
            return None
        return entity.EntityPrices(
            state.attributes.get("unit_of_measurement"), state.attributes
        )

    return read


def _nordpool_reader(hass: HomeAssistant, data: Mapping[str, Any]) -> nordpool.Read:
    async def read(day: date) -> tuple[str, Mapping[str, Any]]:
        entry = hass.config_entries.async_get_entry(data[CONF_CONFIG_ENTRY])
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            raise RequestRefused("Nord Pool is not set up")
        try:
            answer = await hass.services.async_call(
                nordpool.NAME,
                "get_prices_for_date",
                {"config_entry": entry.entry_id, "date": day.isoformat()},
                blocking=True,
                return_response=True,
            )
        except HomeAssistantError as err:
            raise RequestRefused(type(err).__name__) from err
        return entry.data.get("currency", "EUR"), answer or {}

    return read
