"""The menu of device types; each type's own steps live in its folder."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult, OptionsFlow
from homeassistant.core import callback
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.ssdp import SsdpServiceInfo

from .const import CONF_DEVICE_TYPE, DOMAIN
from .devices import DeviceType
from .devices.aiseg2.flow import AiSeg2Flow, AiSeg2OptionsFlow
from .devices.ecoflow.flow import EcoFlowFlow, EcoFlowOptionsFlow
from .devices.epex.flow import EpexFlow
from .devices.epex.options import EpexOptionsFlow
from .devices.must.flow import MustFlow, MustOptionsFlow
from .devices.rapl.flow import RaplFlow, RaplOptionsFlow
from .devices.winpower.flow import WinPowerFlow, WinPowerOptionsFlow

OPTIONS_FLOWS: Final[Mapping[str, type[OptionsFlow]]] = {
    DeviceType.WINPOWER: WinPowerOptionsFlow,
    DeviceType.AISEG2: AiSeg2OptionsFlow,
    DeviceType.MUST: MustOptionsFlow,
    DeviceType.ECOFLOW: EcoFlowOptionsFlow,
    DeviceType.EPEX: EpexOptionsFlow,
    DeviceType.RAPL: RaplOptionsFlow,
}


class PowerStewardConfigFlow(
    WinPowerFlow, AiSeg2Flow, MustFlow, EcoFlowFlow, EpexFlow, RaplFlow, domain=DOMAIN
):
    """Leads to the steps of a device type, which it inherits.

    Types name their steps ``<type>``, ``<type>_reauth``, ``<type>_reconfigure`` and
    ``<type>_<whatever else they need>``.
    """

    VERSION = 1
    MINOR_VERSION = 1

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the user choose a device type."""
        return self.async_show_menu(step_id="user", menu_options=list(DeviceType))

    @override
    async def async_step_ssdp(
        self, discovery_info: SsdpServiceInfo
    ) -> ConfigFlowResult:
        """Take an announcement; the only matcher is that of AiSEG2."""
        return await self.async_aiseg2_ssdp(discovery_info)

    @override
    async def async_step_dhcp(
        self, discovery_info: DhcpServiceInfo
    ) -> ConfigFlowResult:
        """Take a new address; the only devices known by their MAC are AiSEG2s."""
        return await self.async_aiseg2_dhcp(discovery_info)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask for new credentials, in the way of the entry's device type."""
        return await self._async_step_of(self._get_reauth_entry(), "reauth")

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for changed facts, in the way of the entry's device type."""
        return await self._async_step_of(self._get_reconfigure_entry(), "reconfigure")

    async def _async_step_of(self, entry: ConfigEntry, step: str) -> ConfigFlowResult:
        method = getattr(self, f"async_step_{entry.data[CONF_DEVICE_TYPE]}_{step}")
        result: ConfigFlowResult = await method()
        return result

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the options of the entry's device type."""
        return OPTIONS_FLOWS[config_entry.data[CONF_DEVICE_TYPE]]()
