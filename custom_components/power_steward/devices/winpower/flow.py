"""The config flow's steps for a WinPower G2 server."""

from collections.abc import Mapping
from typing import Any, Final

import probatio
from yarl import URL

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import (
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
    UnitOfRatio,
    UnitOfTime,
)
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
)

from ...const import CONF_BATTERY_LOW, CONF_DEVICE_TYPE, CONF_INTERVAL, DOMAIN
from ...forms import PASSWORD, USERNAME, FormMistake
from ...options import StewardOptionsFlow
from .. import DeviceType
from ..clock import SYSTEM_CLOCK
from ..errors import AnswerNotUnderstood, CannotConnect, ClientError
from ..readings import HUB
from . import codec
from .client import DEFAULT_PORT, WinPowerClient
from .const import DEFAULT_BATTERY_LOW, DEFAULT_INTERVAL
from .models import UpsReading

CREDENTIALS: Final = probatio.Schema(
    {
        probatio.Required(CONF_USERNAME): USERNAME,
        probatio.Required(probatio.Secret(CONF_PASSWORD)): PASSWORD,
    }
)
SERVER: Final = probatio.Schema(
    {
        probatio.Required(CONF_URL): TextSelector(),
        **CREDENTIALS.schema,
        probatio.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
    }
)
RECONFIGURE: Final = probatio.Schema(
    {
        probatio.Required(CONF_URL): TextSelector(),
        probatio.Required(CONF_USERNAME): USERNAME,
        probatio.Optional(probatio.Secret(CONF_PASSWORD)): PASSWORD,
        probatio.Required(CONF_VERIFY_SSL): BooleanSelector(),
    }
)
OPTIONS: Final = probatio.Schema(
    {
        probatio.Required(
            CONF_INTERVAL, default=DEFAULT_INTERVAL.total_seconds()
        ): NumberSelector(
            NumberSelectorConfig(
                min=2,
                max=300,
                step=1,
                mode=NumberSelectorMode.BOX,
                unit_of_measurement=UnitOfTime.SECONDS,
            )
        ),
        probatio.Required(
            CONF_BATTERY_LOW, default=DEFAULT_BATTERY_LOW
        ): NumberSelector(
            NumberSelectorConfig(
                min=0,
                max=100,
                step=1,
                mode=NumberSelectorMode.SLIDER,
                unit_of_measurement=UnitOfRatio.PERCENTAGE,
            )
        ),
    }
)


class WinPowerFlow(ConfigFlow):
    """Adds, repairs and changes a WinPower entry."""

    _data: dict[str, Any]

    async def async_step_winpower(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the server and an account on it."""
        if user_input is None:
            return self._form("winpower", SERVER)
        try:
            data, upses = await self._async_try(user_input)
        except FormMistake as mistake:
            return self._form("winpower", SERVER, user_input, mistake)
        self._async_abort_entries_match({CONF_URL: data[CONF_URL]})
        if self._known_to_others(upses):
            return self.async_abort(reason="already_configured")
        await self.async_set_unique_id(_unique_id(data, upses))
        self._abort_if_unique_id_configured()
        self._data = data
        if not upses:
            return await self.async_step_winpower_empty()
        return self._create()

    async def async_step_winpower_empty(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether a server that lists no UPS is meant."""
        if user_input is None:
            return self.async_show_form(step_id="winpower_empty")
        return self._create()

    async def async_step_winpower_reauth(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for an account that the server accepts."""
        entry = self._get_reauth_entry()
        if user_input is None:
            return self._form("winpower_reauth", CREDENTIALS, _shown(entry))
        try:
            data, _ = await self._async_try({**entry.data, **user_input})
        except FormMistake as mistake:
            return self._form("winpower_reauth", CREDENTIALS, user_input, mistake)
        return self.async_update_reload_and_abort(entry, data_updates=data)

    async def async_step_winpower_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the server's new address or another account."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            return self._form("winpower_reconfigure", RECONFIGURE, _shown(entry))
        password = user_input.get(CONF_PASSWORD) or entry.data[CONF_PASSWORD]
        try:
            data, upses = await self._async_try({**user_input, CONF_PASSWORD: password})
        except FormMistake as mistake:
            return self._form("winpower_reconfigure", RECONFIGURE, user_input, mistake)
        known = self._known(entry)
        if known and upses and not known & upses.keys():
            return self.async_abort(reason="unique_id_mismatch")
        if self._known_to_others(upses, than=entry):
            return self.async_abort(reason="already_configured")
        return self.async_update_reload_and_abort(entry, data_updates=data)

    def _form(
        self,
        step: str,
        schema: probatio.Schema,
        values: Mapping[str, Any] | None = None,
        mistake: FormMistake | None = None,
    ) -> ConfigFlowResult:
        """Show a step's form, filled with values, and what was wrong with them."""
        suggested = dict(values or {})
        if mistake is not None and mistake.suggestion is not None:
            suggested[mistake.field] = mistake.suggestion
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=None if mistake is None else {mistake.field: mistake.error},
            description_placeholders={"example": "https://192.0.2.10:8081"},
        )

    def _create(self) -> ConfigFlowResult:
        host = URL(self._data[CONF_URL]).host
        return self.async_create_entry(title=f"WinPower {host}", data=self._data)

    def _known_to_others(
        self, upses: Mapping[str, UpsReading], than: ConfigEntry | None = None
    ) -> bool:
        """Tell whether an entry other than this one shows any of these UPSs."""
        return any(
            self._known(entry) & upses.keys()
            for entry in self._async_current_entries()
            if entry is not than and entry.data[CONF_DEVICE_TYPE] == DeviceType.WINPOWER
        )

    def _known(self, entry: ConfigEntry) -> set[str]:
        """Return the ids of the UPSs that an entry has ever shown."""
        devices = dr.async_entries_for_config_entry(
            dr.async_get(self.hass), entry.entry_id
        )
        return {
            identifier.removeprefix(f"{entry.unique_id}_")
            for device in devices
            for domain, identifier in device.identifiers
            if domain == DOMAIN
        } - {HUB}

    async def _async_try(
        self, form: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, UpsReading]]:
        """Read the server that a form describes; return entry data and its UPSs.

        Raises ``FormMistake``.
        """
        url = await self._async_identify(form)
        try:
            answer = await self._client(url, form).devices()
        except ClientError as err:
            raise _mistake(err) from err
        data = {
            CONF_DEVICE_TYPE: DeviceType.WINPOWER.value,
            CONF_URL: str(url).rstrip("/"),
            CONF_USERNAME: form[CONF_USERNAME],
            CONF_PASSWORD: form[CONF_PASSWORD],
            CONF_VERIFY_SSL: form[CONF_VERIFY_SSL],
        }
        return data, {ups.id: ups for ups in answer.upses}

    async def _async_identify(self, form: Mapping[str, Any]) -> URL:
        """Return the URL of the WinPower G2 server meant, before any password goes out.

        Without a scheme in the form, https is tried first. If the server speaks only
        plain http, the user has to confirm that by sending the form with that URL.
        """
        text = form[CONF_URL].strip()
        if "://" in text:
            url = _server_url(text)
            await self._async_probe(url, form)
            return url
        url = _server_url(f"https://{text}", default_port=DEFAULT_PORT)
        try:
            await self._async_probe(url, form)
        except FormMistake as mistake:
            if mistake.error != CannotConnect.key:
                raise
            plain = url.with_scheme("http").with_port(url.port)
            await self._async_probe(plain, form)
            raise FormMistake(CONF_URL, "confirm_http", str(plain)) from mistake
        return url

    async def _async_probe(self, url: URL, form: Mapping[str, Any]) -> None:
        """Make sure that a WinPower G2 server is there."""
        try:
            await self._client(url, form).identify()
        except ClientError as err:
            raise _mistake(err) from err

    def _client(self, url: URL, form: Mapping[str, Any]) -> WinPowerClient:
        return WinPowerClient(
            async_get_clientsession(self.hass, verify_ssl=form[CONF_VERIFY_SSL]),
            url,
            form[CONF_USERNAME],
            form[CONF_PASSWORD],
            clock=SYSTEM_CLOCK,
        )


class WinPowerOptionsFlow(StewardOptionsFlow):
    """How often to ask, and when a battery counts as low."""

    settings = "winpower_options"

    async def async_step_winpower_options(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="winpower_options",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS, self.config_entry.options
            ),
        )


def _shown(entry: ConfigEntry) -> dict[str, Any]:
    """Return an entry's data for a form, which never gets the password back."""
    return {key: value for key, value in entry.data.items() if key != CONF_PASSWORD}


def _server_url(text: str, default_port: int | None = None) -> URL:
    """Return the base URL that a text stands for; raise ``FormMistake`` if none.

    A path stays, for servers behind a reverse proxy; credentials are not accepted.
    """
    try:
        url = URL(text)
        port = url.explicit_port or default_port
        valid = url.scheme in ("http", "https") and url.host and not url.user
        if not valid or url.password is not None:
            raise FormMistake(CONF_URL, "invalid_url")
        if port is not None:
            url = url.with_port(port)
        # Whoever copies the address from a browser copies the page, too.
        path = url.raw_path.removesuffix("/index.html").rstrip("/") or "/"
        return url.with_path(path, encoded=True)
    except ValueError as err:
        raise FormMistake(CONF_URL, "invalid_url") from err


def _mistake(err: ClientError) -> FormMistake:
    """Return a client's error as the form's."""
    if isinstance(err, AnswerNotUnderstood) and str(err) == codec.LEGACY:
        return FormMistake("base", "winpower_before_g2")
    return FormMistake("base", err.key)


def _unique_id(data: Mapping[str, Any], upses: Mapping[str, UpsReading]) -> str:
    """Return a server's unique id.

    A server tells nothing of itself that would last, so its oldest UPS stands for
    it; a server without any is known by its address.
    """
    if upses:
        oldest = min(upses.values(), key=lambda ups: (ups.created or "~", ups.id))
        return f"{DeviceType.WINPOWER}_{oldest.id}"
    url = URL(data[CONF_URL])
    return f"{DeviceType.WINPOWER}_{url.host}_{url.port}"
