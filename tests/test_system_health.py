"""System health: how many sources and devices, and how many are down."""

from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.power_steward.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import async_add_winpower
from .conftest import Wait
from .simulators.winpower import ManualClock, SimulatedUps, WinPowerSimulator


async def test_system_health(
    hass: HomeAssistant, winpower: WinPowerSimulator, clock: ManualClock, wait: Wait
) -> None:
    """Sources count as down whether they were lost or never found."""
    await async_setup_component(hass, "system_health", {})
    await async_add_winpower(hass, winpower)
    upses = [SimulatedUps(), SimulatedUps()]
    async with WinPowerSimulator(upses=upses, clock=clock) as another:
        entry = await async_add_winpower(hass, another)
        assert await get_system_health_info(hass, DOMAIN) == {
            "device_types": "winpower: 2",
            "sources": 2,
            "sources_down": 0,
            "devices": 3,
        }
        await winpower.stop_listening()
        await wait(5)
        info = await get_system_health_info(hass, DOMAIN)
        assert (info["sources"], info["sources_down"], info["devices"]) == (2, 1, 3)

        await another.stop_listening()
        await hass.config_entries.async_reload(entry.entry_id)
        info = await get_system_health_info(hass, DOMAIN)
        assert (info["sources"], info["sources_down"], info["devices"]) == (2, 2, 1)
