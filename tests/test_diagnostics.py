"""Diagnostics: all that a bug report needs, and nothing that is nobody's business."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .common import async_add_winpower
from .simulators.winpower import DEVICE, RawJson, SimulatedUps, WinPowerSimulator

SECRETS = {
    "username": "ups-reader",
    "password": "s3cr3t-pw",
    "host": "127.0.0.1",
    "id": "5b0d5a0e-6c1f-4d7e-9a55-0f6f7c1d2e3a",
    "alias": "Rack in the cellar",
    "serial number": "SN-0815-4711",
    "port": "COM3",
    "token": "eyJ",
}


@pytest.fixture
def server(winpower: WinPowerSimulator) -> WinPowerSimulator:
    """Return a server that tells secrets, also where nobody would expect them."""
    winpower.username = SECRETS["username"]
    winpower.upses = [
        SimulatedUps(
            id=SECRETS["id"],
            alias=SECRETS["alias"],
            alarms=[
                {"deviceId": SECRETS["id"], "deviceName": SECRETS["alias"]},
                f"{SECRETS['alias']}: mains lost",
            ],
            overrides={"assetDevice": {"serialNumber": SECRETS["serial number"]}},
        )
    ]
    return winpower


async def diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, server: WinPowerSimulator
) -> dict[str, Any]:
    """Return the diagnostics of an entry and of its devices."""
    entry = await async_add_winpower(hass, server)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {
        "entry": await get_diagnostics_for_config_entry(hass, hass_client, entry),
        **{
            device.model or "": await get_diagnostics_for_device(
                hass, hass_client, entry, device
            )
            for device in devices
        },
    }


async def test_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    server: WinPowerSimulator,
    snapshot: SnapshotAssertion,
) -> None:
    """They hold the readings and the answer that these were read from."""
    told = await diagnostics(hass, hass_client, server)
    told["entry"]["entry"] = {
        key: told["entry"]["entry"][key] for key in ("data", "options", "unique_id")
    }
    assert told == snapshot(exclude=props("last_success", "token_expires"))


@pytest.mark.parametrize("secret", SECRETS)
async def test_no_secrets(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    server: WinPowerSimulator,
    secret: str,
) -> None:
    """Nothing in them tells who, where or which."""
    told = await diagnostics(hass, hass_client, server)
    assert SECRETS[secret] not in json.dumps(told)


async def test_not_loaded(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, server: WinPowerSimulator
) -> None:
    """An entry that cannot be set up has diagnostics too, as they are asked for."""
    entry = await async_add_winpower(hass, server)
    await server.stop_listening()
    await hass.config_entries.async_reload(entry.entry_id)
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert isinstance(told, dict)
    assert told["reason"]
    assert "readings" not in told
    assert server.password not in json.dumps(told)


async def test_answer_that_json_cannot_hold(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, server: WinPowerSimulator
) -> None:
    """Numbers without a value and nesting without end do no harm."""
    server.upses[0].overrides[DEVICE] = {
        "alarms": RawJson("NaN"),
        "deep": RawJson("[" * 900 + "]" * 900),
    }
    entry = await async_add_winpower(hass, server)
    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert told["answer"][0]["alarms"] == "nan"
    assert "…" in json.dumps(told["answer"][0]["deep"], ensure_ascii=False)
