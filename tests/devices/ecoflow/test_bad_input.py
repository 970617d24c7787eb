"""Whatever the cloud, the broker and devices send, nothing wrong is shown of it."""

import json
import logging
import time

import pytest

from custom_components.power_steward.devices.ecoflow import coordinator as module
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util.ssl import client_context

from ...simulators.ecoflow import RestFault, SimulatedHome
from .accounts import DELTA, an_entry, hub, live, of, set_up, until


async def test_odd_messages(hass: HomeAssistant, home: SimulatedHome) -> None:
    """Replayed, retained, misdirected and broken messages change nothing."""
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    now = int(time.time() * 1000)
    home.push(DELTA, {"pd.wattsOutSum": 50}, timestamp=now)
    await until(lambda: of(coordinator, DELTA).values["output_power"] == 50)
    stem = f"/app/device/property/{DELTA}"
    odd: list[bytes] = [
        json.dumps(
            {"params": {"pd.wattsOutSum": 1}, "timestamp": now - 10**8}
        ).encode(),
        b"{" * 10_000,
        b"\x0a\xff\xff",
        b'{"params": {"pd.wattsOutSum": "many"}}'[:-1],
        b"",
    ]
    for payload in odd:
        home.broker.deliver(stem, payload)
    home.broker.deliver(stem, b'{"params": {"pd.wattsOutSum": 2}}', retain=True)
    home.broker.deliver_astray(
        "/app/device/property/R331OTHER", b'{"params": {"pd.wattsOutSum": 3}}'
    )
    home.push(DELTA, {"pd.wattsInSum": 7}, timestamp=now + 10**9)
    await until(lambda: of(coordinator, DELTA).values["input_power"] == 7)
    assert of(coordinator, DELTA).values["output_power"] == 50
    home.push(DELTA, {"pd.wattsInSum": 8}, timestamp=now + 1000)
    await until(lambda: of(coordinator, DELTA).values["input_power"] == 8)
    answers = coordinator.raw_answer()
    assert answers[0]["strange"]
    assert DELTA not in json.dumps(answers, default=str)


async def test_a_broker_with_a_wrong_certificate(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets no credentials; what the trouble is can be read, and it may end."""
    trusting = home.certificate.client_context
    monkeypatch.setattr(module, "client_context", client_context)
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: hub(coordinator).last_failure == "certificate_invalid")
    assert home.broker.connects == []
    assert not hub(coordinator).connected
    assert not of(coordinator, DELTA).available
    monkeypatch.setattr(module, "client_context", trusting)
    await until(lambda: live(coordinator))


FIREWALL = RestFault(status=403, body=b"<html>Access denied</html>")
WITHOUT_DATA = RestFault(body=b'{"code": "0", "message": "Success"}')


@pytest.mark.parametrize("developer", [False, True])
@pytest.mark.parametrize("fault", [FIREWALL, WITHOUT_DATA], ids=["403", "no data"])
async def test_a_cloud_that_says_nothing_useful(
    hass: HomeAssistant,
    home: SimulatedHome,
    caplog: pytest.LogCaptureFixture,
    fault: RestFault,
    developer: bool,
) -> None:
    """Credentials are not doubted, it is tried again, and devices go on pushing."""
    entry = an_entry(home, developer=developer)
    home.cloud.faults = [fault]
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert not hass.config_entries.flow.async_progress()

    home.cloud.faults = []
    assert await hass.config_entries.async_reload(entry.entry_id)
    coordinator = entry.runtime_data
    await until(lambda: home.listened_to(DELTA) and of(coordinator, DELTA).available)
    caplog.clear()
    home.cloud.faults = [fault]
    for _ in range(3):
        coordinator._client._kept.clear()
        await coordinator.async_refresh()
    home.push(DELTA, {"pd.wattsOutSum": 44})
    await until(lambda: of(coordinator, DELTA).values["output_power"] == 44)
    assert of(coordinator, DELTA).available
    assert not hass.config_entries.flow.async_progress()
    assert not [it for it in caplog.records if it.levelno > logging.WARNING]
