"""The config flow's steps for day-ahead prices."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import probatio
from yarl import URL

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_ENTITY_ID, CONF_PATH, CONF_TOKEN, CONF_URL
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    ConfigEntrySelector,
    ConfigEntrySelectorConfig,
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ...const import CONF_DEVICE_TYPE
from ...forms import SECRET, FormMistake, filled
from .. import DeviceType
from ..clock import SYSTEM_CLOCK
from ..errors import ClientError, CredentialsRejected
from .build import build_source
from .const import (
    CONF_CONFIG_ENTRY,
    CONF_CURRENCY,
    CONF_MORE_OPTIONS,
    CONF_SOURCE,
    CONF_ZONE,
    SOURCES,
    serves,
)
from .schedule import PUBLICATION
from .sources import awattar, csv, energy_charts, entity, entsoe, nordpool, smard
from .zones import ZONES, delivery_day

_SOURCE: Final = SelectSelector(
    SelectSelectorConfig(
        options=list(SOURCES),
        translation_key="epex_source",
        mode=SelectSelectorMode.DROPDOWN,
    )
)
_MORE: Final = section(
    probatio.Schema(
        {
            probatio.Optional(CONF_URL): TextSelector(
                TextSelectorConfig(type=TextSelectorType.URL)
            )
        }
    ),
    {"collapsed": True},
)
SOURCE_AND_ZONE: Final = probatio.Schema(
    {
        probatio.Required(CONF_SOURCE, default=energy_charts.NAME): _SOURCE,
        probatio.Required(CONF_ZONE, default="DE-LU"): SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(
                        value=zone.code, label=f"{zone.name} ({zone.code})"
                    )
                    for zone in ZONES.values()
                ],
                mode=SelectSelectorMode.DROPDOWN,
                sort=True,
            )
        ),
    }
)
SOURCE_ALONE: Final = probatio.Schema({probatio.Required(CONF_SOURCE): _SOURCE})
TOKEN_ALONE: Final = probatio.Schema(
    {probatio.Required(probatio.Secret(CONF_TOKEN)): SECRET}
)
_HTTP: Final = probatio.Schema({probatio.Required(CONF_MORE_OPTIONS): _MORE})
DETAILS: Final[Mapping[str, probatio.Schema]] = {
    energy_charts.NAME: _HTTP,
    awattar.NAME: _HTTP,
    smard.NAME: _HTTP,
    entsoe.NAME: TOKEN_ALONE.extend(_HTTP.schema),
    nordpool.NAME: probatio.Schema(
        {
            probatio.Required(CONF_CONFIG_ENTRY): ConfigEntrySelector(
                ConfigEntrySelectorConfig(integration="nordpool")
            )
        }
    ),
    entity.NAME: probatio.Schema(
        {
            probatio.Required(CONF_ENTITY_ID): EntitySelector(
                EntitySelectorConfig(domain="sensor")
            )
        }
    ),
    csv.NAME: probatio.Schema({probatio.Required(CONF_PATH): TextSelector()}),
}
"""What sources need beside a zone; those that are not here need nothing."""


class EpexFlow(ConfigFlow):
    """Adds and changes a price entry."""

    _epex: dict[str, Any]

    async def async_step_epex(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a source and a zone."""
        if user_input is None:
            return self._epex_form("epex", SOURCE_AND_ZONE)
        await self.async_set_unique_id(f"{DeviceType.EPEX}_{user_input[CONF_ZONE]}")
        self._abort_if_unique_id_configured()
        return await self._async_epex_chosen("epex", SOURCE_AND_ZONE, user_input)

    async def async_step_epex_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another source of the same zone."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            return self._epex_form("epex_reconfigure", SOURCE_ALONE, entry.data)
        return await self._async_epex_chosen(
            "epex_reconfigure",
            SOURCE_ALONE,
            {**user_input, CONF_ZONE: entry.data[CONF_ZONE]},
        )

    async def async_step_epex_reauth(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a token that the source accepts."""
        entry = self._get_reauth_entry()
        if user_input is None:
            return self._epex_form("epex_reauth", TOKEN_ALONE)
        try:
            data = await self._async_epex_try({**entry.data, **user_input})
        except FormMistake as mistake:
            return self._epex_form("epex_reauth", TOKEN_ALONE, None, mistake)
        return self.async_update_reload_and_abort(entry, data=data)

    async def _async_epex_chosen(
        self, step: str, schema: probatio.Schema, chosen: dict[str, Any]
    ) -> ConfigFlowResult:
        """Go on with what the chosen source needs."""
        if not serves(chosen[CONF_SOURCE], ZONES[chosen[CONF_ZONE]]):
            return self._epex_form(
                step, schema, chosen, FormMistake(CONF_SOURCE, "zone_not_served")
            )
        self._epex = chosen
        if chosen[CONF_SOURCE] in DETAILS:
            return await self._async_epex_details(None)
        return await self._async_epex_finish(chosen)

    async def _async_epex_details(
        self, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for what the source needs."""
        source = self._epex[CONF_SOURCE]
        form = partial(self._epex_form, f"epex_{source}", DETAILS[source])
        if user_input is None:
            return form()
        try:
            return await self._async_epex_finish({**self._epex, **_flat(user_input)})
        except FormMistake as mistake:
            return form(user_input, mistake)

    async_step_epex_energy_charts = _async_epex_details
    async_step_epex_awattar = _async_epex_details
    async_step_epex_smard = _async_epex_details
    async_step_epex_entsoe = _async_epex_details
    async_step_epex_nordpool = _async_epex_details
    async_step_epex_entity = _async_epex_details
    async_step_epex_csv = _async_epex_details

    async def _async_epex_finish(self, form: dict[str, Any]) -> ConfigFlowResult:
        """Make or change the entry."""
        data = await self._async_epex_try(form)
        if self.source == "reconfigure":
            return self.async_update_reload_and_abort(
                self._get_reconfigure_entry(), data=data
            )
        zone = ZONES[data[CONF_ZONE]]
        return self.async_create_entry(title=f"EPEX {zone.code}", data=data)

    async def _async_epex_try(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Fetch a day; return entry data with the prices' currency."""
        data = {CONF_DEVICE_TYPE: DeviceType.EPEX.value, **form}
        if CONF_URL in data:
            data[CONF_URL] = _checked_url(data[CONF_URL])
        if CONF_PATH in data and not Path(data[CONF_PATH]).is_absolute():
            raise FormMistake(CONF_PATH, "invalid_path")
        source = build_source(self.hass, data, data[CONF_SOURCE])
        try:
            answer = await source.fetch(delivery_day(SYSTEM_CLOCK.utcnow()))
        except CredentialsRejected as err:
            raise FormMistake(
                CONF_TOKEN if CONF_TOKEN in data else "base", "invalid_token"
            ) from err
        except ClientError as err:
            raise FormMistake("base", f"epex_{err.key}") from err
        if not answer.series and data[CONF_SOURCE] != csv.NAME:
            raise FormMistake("base", "no_prices")
        return {**data, CONF_CURRENCY: answer.currency}

    def _epex_form(
        self,
        step: str,
        schema: probatio.Schema,
        values: Mapping[str, Any] | None = None,
        mistake: FormMistake | None = None,
    ) -> ConfigFlowResult:
        """Show a step's form, filled with values, and what was wrong with them."""
        return self.async_show_form(
            step_id=step,
            data_schema=filled(self, schema, values),
            errors=None if mistake is None else {mistake.field: mistake.error},
            description_placeholders={
                "example": "epex_data_2026-01-31.csv",
                "published": f"{PUBLICATION:%H:%M}",
            },
        )


def _flat(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form with what its section holds, as far as it is filled in."""
    fields = {**form, **form.get(CONF_MORE_OPTIONS, {})}
    fields.pop(CONF_MORE_OPTIONS, None)
    return {key: value for key, value in fields.items() if value}


def _checked_url(text: str) -> str:
    """Return an address without a slash at its end; raise ``FormMistake`` if none."""
    try:
        url = URL(text.strip())
    except ValueError as err:
        raise FormMistake("base", "invalid_url") from err
    if url.scheme not in ("http", "https") or not url.host or url.user:
        raise FormMistake("base", "invalid_url")
    return str(url.with_query(None).with_fragment(None)).rstrip("/")
