"""Nobody but the cloud hears of credentials, serial numbers and names."""

from collections.abc import Iterable
import json
import logging

import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from ...simulators.ecoflow import RestFault, SimulatedHome
from .accounts import DELTA, STREAM, an_entry, hub, live, set_up, until


def secrets(home: SimulatedHome) -> tuple[str, ...]:
    """Return what must not be told."""
    account = home.account
    return (
        account.email,
        account.password,
        account.access_key,
        account.secret_key,
        account.user_id,
        home.cloud.certificate_password,
        home.cloud.token,
    )


def leaks(texts: Iterable[str], home: SimulatedHome, *more: str) -> list[str]:
    """Return the secrets that are in texts."""
    told = "\n".join(texts)
    return [secret for secret in (*secrets(home), *more) if secret in told]


@pytest.mark.parametrize("developer", [False, True])
async def test_diagnostics_and_log(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    home: SimulatedHome,
    caplog: pytest.LogCaptureFixture,
    developer: bool,
) -> None:
    """Neither diagnostics nor log tell a secret, whatever fails."""
    caplog.set_level(logging.DEBUG)
    entry = an_entry(home, developer=developer)
    coordinator = await set_up(hass, entry)
    await until(lambda: hub(coordinator).connected or live(coordinator))
    told = [await get_diagnostics_for_config_entry(hass, hass_client, entry)]
    home.cloud.faults = [
        RestFault.code("2026", f"{home.account.email} {home.account.secret_key}")
    ]
    coordinator._client._kept.clear()
    await coordinator.async_refresh()
    home.broker.refuse_with = 5
    home.broker.drop()
    await until(lambda: not hub(coordinator).connected)
    told.append(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    assert not leaks(map(json.dumps, told), home, DELTA, STREAM, "Kitchen")
    logged = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components")
    ]
    assert logged
    assert not leaks(logged, home, DELTA, STREAM)
    home.broker.refuse_with = None
    await until(lambda: hub(coordinator).connected)


@pytest.mark.parametrize("developer", [False, True])
async def test_diagnostics_of_an_entry_that_is_not_loaded(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    home: SimulatedHome,
    developer: bool,
) -> None:
    """Nor if it never could be set up."""
    home.cloud.faults = [RestFault(status=503)]
    entry = an_entry(home, developer=developer)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert not leaks([json.dumps(told)], home)
