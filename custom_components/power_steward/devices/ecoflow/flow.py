"""The config flow's steps for an EcoFlow account, by developer's keys or by log-in."""

from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import probatio
from yarl import URL

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import (
    CONF_PASSWORD,
    CONF_REGION,
    CONF_URL,
    CONF_USERNAME,
    UnitOfTime,
)
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ...const import CONF_DEVICE_TYPE, CONF_INTERVAL
from ...forms import PASSWORD, SECRET, FormMistake, filled
from ...options import StewardOptionsFlow
from .. import DeviceType
from ..clock import SYSTEM_CLOCK
from ..errors import CannotConnect, CertificateInvalid, ClientError, RequestRefused
from .answers import SignatureRefused
from .client import REGIONS, AccountClient, DeveloperClient, in_its_region
from .const import (
    CONF_ACCESS_KEY,
    CONF_API_HOST,
    CONF_COALESCE,
    CONF_MORE_OPTIONS,
    CONF_SECRET_KEY,
    DEFAULT_COALESCE,
    DEFAULT_INTERVAL,
)

DEVELOPER_CREDENTIALS: Final = {
    probatio.Required(CONF_ACCESS_KEY): TextSelector(),
    probatio.Required(probatio.Secret(CONF_SECRET_KEY)): SECRET,
}
ACCOUNT_CREDENTIALS: Final = {
    probatio.Required(CONF_USERNAME): TextSelector(
        TextSelectorConfig(type=TextSelectorType.EMAIL, autocomplete="username")
    ),
    probatio.Required(probatio.Secret(CONF_PASSWORD)): PASSWORD,
}
_CLOUD: Final = {
    probatio.Required(CONF_REGION, default=next(iter(REGIONS))): SelectSelector(
        SelectSelectorConfig(options=list(REGIONS), translation_key="ecoflow_region")
    ),
    probatio.Required(CONF_MORE_OPTIONS): section(
        probatio.Schema({probatio.Optional(CONF_API_HOST): TextSelector()}),
        {"collapsed": True},
    ),
}
DEVELOPER: Final = probatio.Schema({**DEVELOPER_CREDENTIALS, **_CLOUD})
ACCOUNT: Final = probatio.Schema({**ACCOUNT_CREDENTIALS, **_CLOUD})

ERRORS: Final[Mapping[type[ClientError], str]] = {
    SignatureRefused: "ecoflow_signature_refused",
    CertificateInvalid: CertificateInvalid.key,
    CannotConnect: "ecoflow_cannot_connect",
    RequestRefused: "ecoflow_request_refused",
}
"""Texts in place of those that speak of a device and its address; the first counts."""


def _seconds(low: float, high: float, step: float) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=low,
            max=high,
            step=step,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=UnitOfTime.SECONDS,
        )
    )


OPTIONS: Final = probatio.Schema(
    {
        probatio.Required(
            CONF_INTERVAL, default=DEFAULT_INTERVAL.total_seconds()
        ): _seconds(30, 3600, 1),
        probatio.Required(CONF_COALESCE, default=DEFAULT_COALESCE): _seconds(
            DEFAULT_COALESCE, 60, 0.1
        ),
    }
)


class EcoFlowFlow(ConfigFlow):
    """Adds, repairs and changes an EcoFlow entry."""

    async def async_step_ecoflow(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which kind of credentials there are; an entry has one of them."""
        return self.async_show_menu(
            step_id="ecoflow", menu_options=["ecoflow_account", "ecoflow_developer"]
        )

    async def async_step_ecoflow_developer(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a developer's keys."""
        return await self._async_add("ecoflow_developer", DEVELOPER, user_input)

    async def async_step_ecoflow_account(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the app's e-mail and password."""
        return await self._async_add("ecoflow_account", ACCOUNT, user_input)

    async def _async_add(
        self, step: str, schema: probatio.Schema, form: dict[str, Any] | None
    ) -> ConfigFlowResult:
        if form is None:
            return self._ecoflow_form(step, schema)
        try:
            account, data = await self._async_ecoflow_try(form)
        except FormMistake as mistake:
            return self._ecoflow_form(step, schema, form, mistake)
        await self.async_set_unique_id(f"{DeviceType.ECOFLOW}_{account}")
        self._abort_if_unique_id_configured()
        return self.async_create_entry(title=_title(data), data=data)

    async def async_step_ecoflow_reauth(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for credentials that the cloud accepts, of the same account."""
        entry = self._get_reauth_entry()
        return await self._async_change(
            "ecoflow_reauth",
            entry.data,
            probatio.Schema(_credentials(entry.data)),
            user_input,
        )

    async def async_step_ecoflow_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for other credentials of the same account, or for another region."""
        entry = self._get_reconfigure_entry()
        return await self._async_change(
            "ecoflow_reconfigure",
            entry.data,
            probatio.Schema({**_credentials(entry.data), **_CLOUD}),
            user_input,
        )

    async def _async_change(
        self,
        step: str,
        known: Mapping[str, Any],
        schema: probatio.Schema,
        form: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        if form is None:
            return self._ecoflow_form(step, schema, _shown(known))
        try:
            account, data = await self._async_ecoflow_try(form, known)
        except FormMistake as mistake:
            return self._ecoflow_form(step, schema, form, mistake)
        await self.async_set_unique_id(f"{DeviceType.ECOFLOW}_{account}")
        self._abort_if_unique_id_mismatch()
        entry = (
            self._get_reauth_entry()
            if step == "ecoflow_reauth"
            else self._get_reconfigure_entry()
        )
        return self.async_update_reload_and_abort(entry, data_updates=data)

    def _ecoflow_form(
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
        )

    async def _async_ecoflow_try(
        self, form: Mapping[str, Any], known: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Log in as a form says; return the account's id and the entry's data.

        Raises ``FormMistake``.
        """
        urls = _urls(form, known or {})
        session = async_get_clientsession(self.hass)

        async def account_at(url: URL) -> str:
            return await _account(session, url, form)

        try:
            url, account = await in_its_region(urls, account_at)
        except ClientError as err:
            raise FormMistake("base", _error(err)) from err
        data = {
            key: value.strip() if key != CONF_PASSWORD else value
            for key, value in form.items()
            if key in (CONF_ACCESS_KEY, CONF_SECRET_KEY, CONF_USERNAME, CONF_PASSWORD)
        }
        return account, {
            CONF_DEVICE_TYPE: DeviceType.ECOFLOW,
            CONF_URL: str(url).rstrip("/"),
            **data,
        }


class EcoFlowOptionsFlow(StewardOptionsFlow):
    """How often to ask, and how often to show what is pushed."""

    settings = "ecoflow_options"

    async def async_step_ecoflow_options(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="ecoflow_options",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS, self.config_entry.options
            ),
        )


async def _account(
    session: aiohttp.ClientSession, url: URL, form: Mapping[str, Any]
) -> str:
    """Log in at a region; return what the account is known by.

    The list of devices is asked for too: keys may be good for the one and not for the
    other.
    """
    client: DeveloperClient | AccountClient
    if CONF_ACCESS_KEY in form:
        client = DeveloperClient(
            session, url, form[CONF_ACCESS_KEY], form[CONF_SECRET_KEY], SYSTEM_CLOCK
        )
        await client.devices()
        return (await client.certification()).account
    client = AccountClient(
        session, url, form[CONF_USERNAME], form[CONF_PASSWORD], SYSTEM_CLOCK
    )
    user_id = await client.user_id()
    await client.devices()
    return user_id


def _error(err: ClientError) -> str:
    """Return the key of the text for an error."""
    found = (text for kind, text in ERRORS.items() if isinstance(err, kind))
    return next(found, err.key)


def _urls(form: Mapping[str, Any], known: Mapping[str, Any]) -> list[URL]:
    """Return where to try: the given host, else all regions, the likely one first."""
    if host := form.get(CONF_MORE_OPTIONS, {}).get(CONF_API_HOST, "").strip():
        return [_api_url(host)]
    if CONF_REGION not in form:
        return [URL(known[CONF_URL])]
    hosts = [REGIONS[form[CONF_REGION]], *REGIONS.values()]
    return [_api_url(host) for host in dict.fromkeys(hosts)]


def _api_url(host: str) -> URL:
    """Return the URL of a host; raise ``FormMistake`` if that is none."""
    try:
        url = URL(host if "://" in host else f"https://{host}")
    except ValueError as err:
        raise FormMistake("base", "invalid_url") from err
    if url.scheme not in ("http", "https") or not url.host or url.user:
        raise FormMistake("base", "invalid_url")
    return url.origin()


def _credentials(data: Mapping[str, Any]) -> dict[Any, Any]:
    """Return the form's fields for the kind of credentials that an entry has."""
    return DEVELOPER_CREDENTIALS if CONF_ACCESS_KEY in data else ACCOUNT_CREDENTIALS


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's data for a form, which never gets the secrets back."""
    regions = {str(_api_url(host)): region for region, host in REGIONS.items()}
    shown = {key: data[key] for key in (CONF_ACCESS_KEY, CONF_USERNAME) if key in data}
    url = data.get(CONF_URL, "")
    if region := regions.get(str(URL(url))):
        return {**shown, CONF_REGION: region}
    return {**shown, CONF_MORE_OPTIONS: {CONF_API_HOST: url}}


def _title(data: Mapping[str, Any]) -> str:
    return f"EcoFlow {data.get(CONF_USERNAME) or data[CONF_ACCESS_KEY][:6]}"
