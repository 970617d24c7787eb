"""An account is added, repaired and changed; regions are found, secrets kept."""

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import AsyncMock

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components import power_steward
from custom_components.power_steward import config_flow
from custom_components.power_steward.const import (
    CONF_DEVICE_TYPE,
    CONF_INTERVAL,
    DOMAIN,
)
from custom_components.power_steward.devices import DeviceType
from custom_components.power_steward.devices.ecoflow import client, flow as module
from custom_components.power_steward.devices.ecoflow.const import CONF_COALESCE
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section

from ...common import async_settings
from ...simulators.ecoflow import RestFault, SimulatedCloud, SimulatedHome
from .accounts import an_entry, live, until


@pytest.fixture(autouse=True)
async def regions(
    home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SimulatedCloud]:
    """Return a region that knows no account, tried before the one that does."""
    async with SimulatedCloud(knows_account=False) as foreign:
        hosts = {
            "europe": foreign.url,
            "americas": home.cloud.url,
            "global": "http://127.0.0.1:9",
        }
        monkeypatch.setattr(module, "REGIONS", hosts)
        # The menu does not offer the type yet.
        monkeypatch.setattr(config_flow, "DeviceType", [*DeviceType, "ecoflow"])
        yield foreign


@pytest.fixture
def not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave entries as they are added."""
    loaded = AsyncMock(return_value=True)
    monkeypatch.setattr(power_steward, "async_setup_entry", loaded)
    monkeypatch.setattr(power_steward, "async_unload_entry", loaded)


async def begin(hass: HomeAssistant, step: str) -> Any:
    """Choose the kind of credentials."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    for choice in ("ecoflow", step):
        assert result["type"] is FlowResultType.MENU
        result = await hass.config_entries.flow.async_configure(
            result["flow_id"], {"next_step_id": choice}
        )
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == step
    return result


async def settled(entry: MockConfigEntry) -> None:
    """Wait until the entry's devices have answered, and nothing is under way."""
    await until(
        lambda: entry.state is ConfigEntryState.LOADED and live(entry.runtime_data)
    )


async def send(hass: HomeAssistant, result: Any, form: dict[str, Any]) -> Any:
    """Send a form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], form)


def more_options(result: Any) -> section:
    """Return a form's section."""
    found = result["data_schema"].schema["more_options"]
    assert isinstance(found, section)
    return found


def account_form(home: SimulatedHome, **changes: Any) -> dict[str, Any]:
    """Return the account's form."""
    return {
        "username": home.account.email,
        "password": home.account.password,
        "region": "europe",
        "more_options": {},
        **changes,
    }


@pytest.mark.usefixtures("not_loaded")
async def test_an_account_in_another_region(
    hass: HomeAssistant, home: SimulatedHome, regions: SimulatedCloud
) -> None:
    """The region that was chosen is tried first, then the others."""
    result = await begin(hass, "ecoflow_account")
    result = await send(hass, result, account_form(home))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == f"EcoFlow {home.account.email}"
    assert result["data"] == {
        CONF_DEVICE_TYPE: "ecoflow",
        "url": home.cloud.url,
        "username": home.account.email,
        "password": home.account.password,
    }
    assert result["result"].unique_id == f"ecoflow_{home.account.user_id}"
    assert regions.asked("login") == 1
    again = await send(hass, await begin(hass, "ecoflow_account"), account_form(home))
    assert again["type"] is FlowResultType.ABORT
    assert again["reason"] == "already_configured"


@pytest.mark.usefixtures("not_loaded")
async def test_developer_keys_at_a_host(
    hass: HomeAssistant, home: SimulatedHome, regions: SimulatedCloud
) -> None:
    """A host of one's own is the only one tried; pasted keys lose their white space."""
    form = {
        "access_key": f" {home.account.access_key}",
        "secret_key": f"{home.account.secret_key}\n",
        "region": "europe",
        "more_options": {"api_host": home.cloud.url},
    }
    result = await send(hass, await begin(hass, "ecoflow_developer"), form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == "ecoflow_open-000001"
    assert result["data"]["access_key"] == home.account.access_key
    assert result["data"]["secret_key"] == home.account.secret_key
    assert not regions.requests


@pytest.mark.usefixtures("not_loaded")
@pytest.mark.parametrize(
    ("host", "fault", "error"),
    [
        ("", None, "ecoflow_cannot_connect"),
        ("OURS", RestFault(status=503), "ecoflow_cannot_connect"),
        ("OURS", RestFault.code("1006", path="user/device"), "ecoflow_request_refused"),
        ("OURS", RestFault.code("2026"), "invalid_auth"),
        ("OURS", RestFault(body=b"<html>"), "invalid_answer"),
        ("ftp://x", None, "invalid_url"),
        ("http://[", None, "invalid_url"),
        ("http://user@x", None, "invalid_url"),
    ],
)
async def test_mistakes(
    hass: HomeAssistant,
    home: SimulatedHome,
    host: str,
    fault: RestFault | None,
    error: str,
) -> None:
    """What is wrong is said, and the form can be sent again."""
    result = await begin(hass, "ecoflow_account")
    if fault is not None:
        home.cloud.faults = [fault]
    host = home.cloud.url if host == "OURS" else host
    password = home.account.password if host else "wrong"
    form = account_form(home, password=password, more_options={"api_host": host})
    result = await send(hass, result, form)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    home.cloud.faults.clear()
    result = await send(
        hass, result, account_form(home, more_options={"api_host": home.cloud.url})
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("not_loaded")
async def test_a_wrong_secret_key(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret key that is wrong is told, and the host that was entered stays in sight."""
    monkeypatch.setattr(client, "SIGNATURE_PAUSE", 0.0)
    form = {
        "access_key": home.account.access_key,
        "secret_key": "wrong",
        "region": "europe",
        "more_options": {"api_host": home.cloud.url},
    }
    result = await begin(hass, "ecoflow_developer")
    assert more_options(result).options == {"collapsed": True}
    result = await send(hass, result, form)
    assert result["errors"] == {"base": "ecoflow_signature_refused"}
    assert more_options(result).options == {"collapsed": False}
    result = await send(hass, result, form | {"secret_key": home.account.secret_key})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_reauth(hass: HomeAssistant, home: SimulatedHome) -> None:
    """A changed password is asked for; another account is none of the entry's."""
    entry = an_entry(home)
    home.account.password = "changed"
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert not home.broker.connects
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "ecoflow_reauth"
    form = {"username": home.account.email, "password": "wrong"}
    result = await send(hass, flow, form)
    assert result["errors"] == {"base": "invalid_auth"}
    home.account.user_id, kept = "2", home.account.user_id
    result = await send(hass, result, {**form, "password": "changed"})
    assert result["reason"] == "unique_id_mismatch"
    home.account.user_id = kept
    result = await entry.start_reauth_flow(hass)
    result = await send(hass, result, {**form, "password": "changed"})
    assert result["reason"] == "reauth_successful"
    assert entry.data["password"] == "changed"
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    await settled(entry)


@pytest.mark.parametrize("developer", [False, True])
async def test_reconfigure(
    hass: HomeAssistant, home: SimulatedHome, developer: bool
) -> None:
    """The form has what is known but no secret; it may lead to another region."""
    home.stations["BK01TEST00000001"].quotas = {"powGetPv": 20.0}
    entry: MockConfigEntry = an_entry(home, developer=developer)
    entry.add_to_hass(hass)
    if developer:
        hass.config_entries.async_update_entry(entry, unique_id="ecoflow_open-000001")
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "ecoflow_reconfigure"
    assert result["data_schema"] is not None
    suggested = {
        str(field): (field.description or {}).get("suggested_value")
        for field in result["data_schema"].schema
    }
    assert suggested["region"] == "americas"
    assert home.account.password not in str(suggested)
    assert home.account.secret_key not in str(suggested)
    secrets = (
        {
            "access_key": home.account.access_key,
            "secret_key": home.account.secret_key,
        }
        if developer
        else {"username": home.account.email, "password": home.account.password}
    )
    form = {**secrets, "region": "europe", "more_options": {}}
    result = await send(hass, result, form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["url"] == home.cloud.url
    await settled(entry)


async def test_options(hass: HomeAssistant, home: SimulatedHome) -> None:
    """How often to look, and how often to show."""
    entry = an_entry(home)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settled(entry)
    result = await async_settings(hass, entry)
    assert result["step_id"] == "ecoflow_options"
    options = {CONF_INTERVAL: 120, CONF_COALESCE: 5}
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], options
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == options
    await hass.async_block_till_done()
    assert entry.runtime_data.update_interval.total_seconds() == 120
    await settled(entry)
