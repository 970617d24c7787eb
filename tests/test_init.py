"""The life of an entry: load, unload, reload, remove, and what is left of it."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.power_steward.const import DOMAIN
from homeassistant import block_async_io
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_VERIFY_SSL, STATE_UNAVAILABLE
from homeassistant.core import HassJob, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.async_ import get_scheduled_timer_handles

from .common import async_add_winpower, shown
from .conftest import Wait
from .simulators.winpower import ManualClock, SimulatedUps, WinPowerSimulator, faults

POWER = "sensor.c3k_load_power"


async def test_load_and_unload(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """A loaded entry polls and shows; an unloaded one does neither."""
    entry = await async_add_winpower(hass, winpower)
    assert entry.state is ConfigEntryState.LOADED
    assert shown(hass, POWER) == "195.0"

    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert shown(hass, POWER) == STATE_UNAVAILABLE
    asked = len(winpower.requests)
    await wait(120)
    assert len(winpower.requests) == asked


def pending(hass: HomeAssistant) -> tuple[dict[Any, int], list[str]]:
    """Return what Home Assistant listens to, and what it has timers for."""
    jobs = [
        handle._args[-1]
        for handle in get_scheduled_timer_handles(hass.loop)
        if handle._args and not handle.cancelled()
    ]
    timers = [str(job.name) for job in jobs if isinstance(job, HassJob)]
    return dict(hass.bus.async_listeners()), sorted(timers)


async def test_nothing_is_left_behind(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """However often an entry is loaded, unloading it leaves what was there before.

    Tasks and threads are watched by the test plugin.
    """
    entry = await async_add_winpower(hass, winpower)
    await hass.config_entries.async_unload(entry.entry_id)
    await wait(200)  # until Home Assistant has saved its registries
    before = pending(hass)
    for _ in range(3):
        await hass.config_entries.async_setup(entry.entry_id)
        await wait(30)
        assert pending(hass) != before
        await hass.config_entries.async_reload(entry.entry_id)
        await wait(30)
        await hass.config_entries.async_unload(entry.entry_id)
    await wait(200)
    assert pending(hass) == before


async def test_removed_entry_takes_all_with_it(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    winpower: WinPowerSimulator,
    wait: Wait,
) -> None:
    """Removing an entry deletes its devices, entities and energy totals."""
    entry = await async_add_winpower(hass, winpower)
    await wait(20)
    store = f"{DOMAIN}.{entry.entry_id}.energy"
    assert store in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    assert store not in hass_storage
    assert not dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert not er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert not hass.states.async_all()


async def test_server_that_is_down_is_tried_again(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """An entry that cannot be set up says why, and comes up with the server."""
    entry = await async_add_winpower(hass, winpower)
    await hass.config_entries.async_unload(entry.entry_id)
    await winpower.stop_listening()

    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "cannot_connect"
    assert entry.reason is not None
    assert entry.reason.startswith("WinPower 127.0.0.1 does not answer (")

    await winpower.listen_again()
    await wait(10)
    assert entry.state is ConfigEntryState.LOADED
    assert shown(hass, POWER) == "195.0"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.html(), "invalid_answer"),
        (faults.shape("E11_500"), "request_refused"),
        (faults.shape("E11"), "session_rejected"),
    ],
)
async def test_reason_of_a_failed_set_up(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    fault: faults.Fault,
    reason: str,
) -> None:
    """Whatever is wrong with the server, the entry waits, and names it."""
    entry = await async_add_winpower(hass, winpower)
    winpower.inject(fault, on="list")
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == reason


async def test_certificate_that_cannot_be_verified(
    hass: HomeAssistant, clock: ManualClock
) -> None:
    """A server whose certificate nobody vouches for is not spoken to."""
    async with WinPowerSimulator(
        upses=[SimulatedUps()], clock=clock, tls=True
    ) as server:
        entry = await async_add_winpower(hass, server, False)
        server.requests.clear()
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_VERIFY_SSL: True}
        )
        await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.error_reason_translation_key == "certificate_invalid"
        assert not server.requests


async def test_credentials_that_fail_at_set_up(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """A password that no longer holds is asked for, and never tried again by itself."""
    entry = await async_add_winpower(hass, winpower)
    winpower.password = "changed"
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "invalid_auth"
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["step_id"] == "winpower_reauth"

    tried = winpower.login_attempts
    await wait(120)
    assert winpower.login_attempts == tried


async def test_credentials_that_fail_later(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """A running entry stops to poll, asks once, and goes on with what it is told."""
    entry = await async_add_winpower(hass, winpower)
    winpower.password = "changed"
    winpower.expire_tokens()
    await wait(120)
    assert winpower.login_attempts == 3  # of the form, the set-up and one poll
    assert entry.state is ConfigEntryState.LOADED
    assert shown(hass, POWER) == STATE_UNAVAILABLE
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH

    await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"username": "admin", "password": "changed"}
    )
    await hass.async_block_till_done()
    assert shown(hass, POWER) == "195.0"


async def test_only_what_is_gone_can_be_deleted(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    device_registry: dr.DeviceRegistry,
    winpower: WinPowerSimulator,
    wait: Wait,
) -> None:
    """A UPS that the server no longer lists may go; it returns when it is listed."""
    await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    ups = SimulatedUps(alias="Attic")
    winpower.upses.append(ups)
    entry = await async_add_winpower(hass, winpower)
    devices = {
        device.name: device
        for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    }
    assert devices.keys() == {"WinPower 127.0.0.1", "C3K", "Attic"}
    for device in devices.values():
        response = await client.remove_device(device.id)
        assert not response["success"]

    winpower.upses.remove(ups)
    await wait(5)
    for name, allowed in (("C3K", False), ("Attic", True)):
        response = await client.remove_device(devices[name].id)
        assert response["success"] is allowed
    await wait(5)
    assert hass.states.get("sensor.attic_load_power") is None

    winpower.upses.append(ups)
    await wait(5)
    assert shown(hass, "sensor.attic_load_power") == "195.0"


@pytest.mark.usefixtures("disable_block_async_io")
async def test_event_loop_is_never_blocked(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """From the first form to the unloading, no file or socket is waited for."""
    block_async_io.enable()
    hass.loop.set_debug(True)
    entry = await async_add_winpower(hass, winpower, interval=2)
    await wait(30)
    await winpower.stop_listening()
    await wait(10)
    await hass.config_entries.async_remove(entry.entry_id)
    assert "blocking call" not in caplog.text


async def test_deleted_device_that_returns_at_once(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    device_registry: dr.DeviceRegistry,
    winpower: WinPowerSimulator,
    wait: Wait,
) -> None:
    """A UPS that is listed again by the next poll has its entities again."""
    await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    ups = SimulatedUps(alias="Attic")
    winpower.upses.append(ups)
    entry = await async_add_winpower(hass, winpower)
    winpower.upses.remove(ups)
    await wait(5)
    (device,) = (
        device
        for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)
        if device.name == "Attic"
    )
    assert (await client.remove_device(device.id))["success"]
    winpower.upses.append(ups)
    await wait(5)
    assert shown(hass, "sensor.attic_load_power") == "195.0"


async def test_nothing_can_be_deleted_while_not_loaded(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    device_registry: dr.DeviceRegistry,
    winpower: WinPowerSimulator,
) -> None:
    """Without an answer nobody knows which UPS is gone."""
    await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    entry = await async_add_winpower(hass, winpower)
    await winpower.stop_listening()
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id):
        response = await client.remove_device(device.id)
        assert not response["success"]
        assert "runtime_data" not in response["error"]["message"]
