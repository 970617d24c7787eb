"""The config flow's steps for an AiSEG2."""

from collections.abc import Mapping
import re
from typing import Any, Final, NamedTuple

from aiohttp import DigestAuthMiddleware, DummyCookieJar
import probatio
from yarl import URL

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, UnitOfTime
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
)
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.ssdp import ATTR_UPNP_UDN, SsdpServiceInfo

from ...const import CONF_DEVICE_TYPE, CONF_INTERVAL
from ...forms import PASSWORD, USERNAME, FormMistake
from ...options import StewardOptionsFlow
from .. import DeviceType
from ..clock import SYSTEM_CLOCK
from ..errors import (
    AnswerNotUnderstood,
    ClientError,
    CredentialsRejected,
    DemoMode,
    PageMissing,
)
from .client import AiSeg2Client
from .const import CONF_CIRCUIT_ENERGY, DEFAULT_INTERVAL, DEFAULT_USERNAME

CONF_UDN: Final = "udn"
"""Key in an entry's data: the box's name in discovery."""

CREDENTIALS: Final = probatio.Schema(
    {
        probatio.Required(CONF_USERNAME, default=DEFAULT_USERNAME): USERNAME,
        probatio.Required(probatio.Secret(CONF_PASSWORD)): PASSWORD,
    }
)
BOX: Final = probatio.Schema(
    {probatio.Required(CONF_HOST): TextSelector(), **CREDENTIALS.schema}
)
RECONFIGURE: Final = probatio.Schema(
    {
        probatio.Required(CONF_HOST): TextSelector(),
        probatio.Required(CONF_USERNAME): USERNAME,
        probatio.Optional(probatio.Secret(CONF_PASSWORD)): PASSWORD,
    }
)
OPTIONS: Final = probatio.Schema(
    {
        probatio.Required(
            CONF_INTERVAL, default=DEFAULT_INTERVAL.total_seconds()
        ): NumberSelector(
            NumberSelectorConfig(
                min=5,
                max=300,
                step=1,
                mode=NumberSelectorMode.BOX,
                unit_of_measurement=UnitOfTime.SECONDS,
            )
        ),
        probatio.Required(CONF_CIRCUIT_ENERGY, default=True): BooleanSelector(),
    }
)


class _Found(NamedTuple):
    """What answered: entry data, and the MAC address if the box tells it."""

    data: dict[str, Any]
    mac: str | None

    @property
    def unique_id(self) -> str:
        """The box's unique id; one that does not tell its MAC is known by its host."""
        data = self.data
        return (
            f"{DeviceType.AISEG2}_{self.mac or data.get(CONF_UDN) or data[CONF_HOST]}"
        )


class AiSeg2Flow(ConfigFlow):
    """Adds, repairs and changes an AiSEG2 entry."""

    _discovered: Mapping[str, Any] | None = None

    async def async_step_aiseg2(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the box and its account."""
        if user_input is None:
            return self._aiseg2_form("aiseg2", BOX, self._discovered)
        try:
            found = await self._async_aiseg2(user_input, self._discovered)
        except FormMistake as mistake:
            return self._aiseg2_form("aiseg2", BOX, user_input, mistake)
        await self.async_set_unique_id(found.unique_id, raise_on_progress=False)
        self._abort_if_unique_id_configured(updates={CONF_HOST: found.data[CONF_HOST]})
        self._async_abort_entries_match({CONF_HOST: found.data[CONF_HOST]})
        return self.async_create_entry(title="AiSEG2", data=found.data)

    async def async_step_aiseg2_reauth(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for an account that the box accepts."""
        return await self._async_aiseg2_change(
            "aiseg2_reauth", CREDENTIALS, self._get_reauth_entry(), user_input
        )

    async def async_step_aiseg2_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the box's new address or another account."""
        return await self._async_aiseg2_change(
            "aiseg2_reconfigure", RECONFIGURE, self._get_reconfigure_entry(), user_input
        )

    async def _async_aiseg2_change(
        self,
        step: str,
        schema: probatio.Schema,
        entry: ConfigEntry,
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        if user_input is None:
            shown = {k: v for k, v in entry.data.items() if k != CONF_PASSWORD}
            return self._aiseg2_form(step, schema, shown)
        try:
            found = await self._async_aiseg2({**entry.data, **user_input}, entry.data)
        except FormMistake as mistake:
            return self._aiseg2_form(step, schema, user_input, mistake)
        if found.mac is not None and _mac_of(entry) not in (None, found.mac):
            return self.async_abort(reason="unique_id_mismatch")
        return self.async_update_reload_and_abort(entry, data_updates=found.data)

    async def async_aiseg2_ssdp(
        self, discovery_info: SsdpServiceInfo
    ) -> ConfigFlowResult:
        """Take a box that announces itself; follow one that has moved."""
        base = discovery_info.upnp.get("URLBase") or discovery_info.ssdp_location or ""
        host = _authority(base, keep_port="URLBase" in discovery_info.upnp)
        if host is None:
            return self.async_abort(reason="no_address")
        udn = str(
            discovery_info.ssdp_udn or discovery_info.upnp.get(ATTR_UPNP_UDN) or ""
        ).removeprefix("uuid:")
        for entry in self._async_current_entries():
            if entry.data[CONF_DEVICE_TYPE] == DeviceType.AISEG2 and _is_box(
                entry, udn
            ):
                return self._aiseg2_moved(entry, host)
        self._async_abort_entries_match({CONF_HOST: host})
        await self.async_set_unique_id(f"{DeviceType.AISEG2}_{udn or host}")
        self._abort_if_unique_id_configured(updates={CONF_HOST: host})
        self._discovered = {CONF_HOST: host, **({CONF_UDN: udn} if udn else {})}
        self.context["title_placeholders"] = {"name": f"AiSEG2 ({host})"}
        return await self.async_step_aiseg2()

    async def async_aiseg2_dhcp(
        self, discovery_info: DhcpServiceInfo
    ) -> ConfigFlowResult:
        """Follow a box, known by its MAC address, that has a new address."""
        mac = ":".join(re.findall("..", discovery_info.macaddress.lower()))
        for entry in self._async_current_entries():
            if (
                entry.data[CONF_DEVICE_TYPE] == DeviceType.AISEG2
                and _mac_of(entry) == mac
            ):
                return self._aiseg2_moved(entry, discovery_info.ip)
        return self.async_abort(reason="no_address")

    def _aiseg2_moved(self, entry: ConfigEntry, host: str) -> ConfigFlowResult:
        """Give an entry the address under which its box was seen; a port stays."""
        old = URL(f"http://{entry.data[CONF_HOST]}")
        if ":" not in host and old.explicit_port is not None:
            host = f"{host}:{old.explicit_port}"
        if host != entry.data[CONF_HOST]:
            self.hass.config_entries.async_update_entry(
                entry, data={**entry.data, CONF_HOST: host}
            )
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_abort(reason="already_configured")

    def _aiseg2_form(
        self,
        step: str,
        schema: probatio.Schema,
        values: Mapping[str, Any] | None = None,
        mistake: FormMistake | None = None,
    ) -> ConfigFlowResult:
        """Show a step's form, filled with values, and what was wrong with them."""
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=None if mistake is None else {mistake.field: mistake.error},
            description_placeholders={"example": "192.0.2.216"},
        )

    async def _async_aiseg2(
        self, form: Mapping[str, Any], known: Mapping[str, Any] | None
    ) -> _Found:
        """Read the box that a form describes; raise ``FormMistake`` if that fails."""
        host = _authority(form[CONF_HOST].strip(), keep_port=True)
        if host is None:
            raise FormMistake(CONF_HOST, "invalid_host")
        username = form[CONF_USERNAME].strip()
        if not username or ":" in username:
            raise FormMistake(CONF_USERNAME, "invalid_auth")
        session = async_create_clientsession(
            self.hass,
            auto_cleanup=False,
            cookie_jar=DummyCookieJar(),
            middlewares=(DigestAuthMiddleware(username, form[CONF_PASSWORD]),),
        )
        try:
            mac = await _async_identify(AiSeg2Client(session, host, SYSTEM_CLOCK))
        except PageMissing as err:
            # Every AiSEG2 has these pages.
            raise FormMistake("base", AnswerNotUnderstood.key) from err
        except ClientError as err:
            raise FormMistake("base", err.key) from err
        finally:
            session.detach()
        data = {
            CONF_DEVICE_TYPE: DeviceType.AISEG2.value,
            CONF_HOST: host,
            CONF_USERNAME: username,
            CONF_PASSWORD: form[CONF_PASSWORD],
        }
        if known is not None and CONF_UDN in known:
            data[CONF_UDN] = known[CONF_UDN]
        return _Found(data, mac)


async def _async_identify(client: AiSeg2Client) -> str | None:
    """Make sure that a box with something to tell is there; return its MAC address."""
    live = await client.live()
    if not live.measuring:
        raise FormMistake("base", "no_measuring_unit")
    await client.graph(2)
    try:
        return (await client.identity()).mac
    except CredentialsRejected, DemoMode:
        raise
    except ClientError:
        return None


class AiSeg2OptionsFlow(StewardOptionsFlow):
    """How often to ask, and how much."""

    settings = "aiseg2_options"

    async def async_step_aiseg2_options(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="aiseg2_options",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS, self.config_entry.options
            ),
        )


def _authority(text: str, *, keep_port: bool) -> str | None:
    """Return host, and port if it is not 80, of an address; ``None`` if it is none.

    The box speaks plain HTTP only.
    """
    try:
        url = URL(text if "://" in text else f"http://{text}")
        port = url.explicit_port
    except ValueError:
        return None
    if url.scheme != "http" or not url.host or url.user or url.password:
        return None
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{port}" if keep_port and port not in (None, 80) else host


def _mac_of(entry: ConfigEntry) -> str | None:
    """Return the MAC address in an entry's unique id, if it is one."""
    told = (entry.unique_id or "").removeprefix(f"{DeviceType.AISEG2}_")
    return told if re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", told) else None


def _is_box(entry: ConfigEntry, udn: str) -> bool:
    """Tell whether a name in discovery is that of an entry's box.

    Such names often end in the MAC address.
    """
    mac = _mac_of(entry)
    return bool(udn) and (
        entry.data.get(CONF_UDN) == udn
        or (mac is not None and udn.lower().endswith(mac.replace(":", "")))
    )
