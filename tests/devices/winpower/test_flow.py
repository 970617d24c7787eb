"""Adding, repairing and changing a WinPower G2 server."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.power_steward.const import (
    CONF_BATTERY_LOW,
    CONF_DEVICE_TYPE,
    CONF_INTERVAL,
    DOMAIN,
)
from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.devices.winpower import flow
from custom_components.power_steward.devices.winpower.client import DEFAULT_PORT
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from ...common import (
    async_add_winpower,
    async_choose,
    async_set_options,
    async_settings,
    winpower_form,
)
from ...simulators.winpower import ManualClock, SimulatedUps, WinPowerSimulator, faults

LIST_FAULTS = {
    "invalid_answer": faults.html(),
    "request_refused": faults.shape("E11_500"),
    "session_rejected": faults.shape("E11"),
}


@asynccontextmanager
async def trouble(server: WinPowerSimulator, error: str) -> AsyncIterator[None]:
    """Let a server fail for a while, in the way that a form calls by this name."""
    match error:
        case "cannot_connect":
            await server.stop_listening()
            yield
            await server.listen_again()
        case "winpower_before_g2":
            server.old_winpower = True
            yield
            server.old_winpower = False
        case "invalid_auth":
            server.password, right = "changed", server.password
            yield
            server.password = right
        case _:
            with server.inject(LIST_FAULTS[error], on="list"):
                yield


TROUBLES = (*LIST_FAULTS, "cannot_connect", "winpower_before_g2", "invalid_auth")


@pytest.fixture
async def another(clock: ManualClock) -> AsyncGenerator[WinPowerSimulator]:
    """Return a second server, so far without a UPS."""
    async with WinPowerSimulator(clock=clock) as simulator:
        yield simulator


@pytest.fixture
async def secure(clock: ManualClock) -> AsyncGenerator[WinPowerSimulator]:
    """Return a server with a self-signed certificate."""
    async with WinPowerSimulator(
        upses=[SimulatedUps()], clock=clock, tls=True
    ) as simulator:
        yield simulator


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, fields: dict[str, Any]
) -> ConfigFlowResult:
    """Send a form and wait for what follows."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], fields)
    await hass.async_block_till_done()
    return result


async def add(
    hass: HomeAssistant, server: WinPowerSimulator, **changes: Any
) -> ConfigFlowResult:
    """Fill in and send the form for a new server."""
    form = await async_choose(hass, "winpower")
    return await submit(hass, form, winpower_form(server, **changes))


async def start(
    hass: HomeAssistant, source: str, entry: StewardConfigEntry
) -> ConfigFlowResult:
    """Return the form that repairs or changes an entry."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": source, "entry_id": entry.entry_id}, data=entry.data
    )


def suggested(form: ConfigFlowResult) -> dict[str, Any]:
    """Return the values that a form is filled with."""
    schema = form["data_schema"]
    assert schema is not None
    return {
        str(key): key.description["suggested_value"]
        for key in schema.schema
        if key.description
    }


# Adding


async def test_full_url(hass: HomeAssistant, winpower: WinPowerSimulator) -> None:
    """An address with a scheme is taken as it is."""
    result = await add(hass, winpower)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "WinPower 127.0.0.1"
    assert result["data"] == {CONF_DEVICE_TYPE: "winpower", **winpower_form(winpower)}
    assert result["options"] == {}
    assert result["result"].unique_id == f"winpower_{winpower.upses[0].id}"
    assert result["result"].state is ConfigEntryState.LOADED


async def test_the_oldest_ups_stands_for_the_server(
    hass: HomeAssistant, winpower: WinPowerSimulator
) -> None:
    """The unique id stays the same, whatever UPSs are added later."""
    oldest = SimulatedUps(create_time="2020-01-01T00:00:00")
    winpower.upses += [oldest, SimulatedUps(create_time="")]
    result = await add(hass, winpower)
    assert result["result"].unique_id == f"winpower_{oldest.id}"


@pytest.mark.parametrize("added", ["/", "/?a=1", "/#top", " "])
async def test_url_is_tidied(
    hass: HomeAssistant, winpower: WinPowerSimulator, added: str
) -> None:
    """What does not belong to a server's address is left out."""
    result = await add(hass, winpower, url=winpower.url + added)
    assert result["data"][CONF_URL] == winpower.url


async def test_path_of_a_reverse_proxy_is_kept(
    hass: HomeAssistant, winpower: WinPowerSimulator
) -> None:
    """A path in the address comes before the server's own."""
    result = await add(hass, winpower, url=f"{winpower.url}/ups/")
    assert result["errors"] == {"base": "request_refused"}
    assert winpower.requests[0].path == "/ups/api/v1/deviceData/detail/list"


async def test_plain_http_has_to_be_confirmed(
    hass: HomeAssistant, winpower: WinPowerSimulator
) -> None:
    """No credentials go out before the user has agreed to send them unencrypted."""
    form = await add(hass, winpower, url=winpower.url.removeprefix("http://"))
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {CONF_URL: "confirm_http"}
    assert [request.authorized for request in winpower.requests] == [False]
    assert winpower.login_attempts == 0

    result = await submit(hass, form, suggested(form))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {CONF_DEVICE_TYPE: "winpower", **winpower_form(winpower)}


async def test_without_scheme_and_port_the_usual_port_is_tried(
    hass: HomeAssistant, winpower: WinPowerSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host alone is asked where a WinPower G2 server usually is."""
    assert DEFAULT_PORT == 8081
    monkeypatch.setattr(flow, "DEFAULT_PORT", URL(winpower.url).port)
    form = await add(hass, winpower, url="127.0.0.1")
    assert form["errors"] == {CONF_URL: "confirm_http"}
    assert suggested(form)[CONF_URL] == f"{winpower.url}/"


async def test_with_a_scheme_the_port_is_that_of_the_scheme(
    hass: HomeAssistant, winpower: WinPowerSimulator
) -> None:
    """An address with a scheme means what it means in a browser."""
    form = await add(hass, winpower, url="http://127.0.0.1")
    assert list(form["errors"] or {}) == ["base"]
    assert not winpower.requests


@pytest.mark.parametrize("scheme", ["https://", ""])
async def test_certificate(
    hass: HomeAssistant, secure: WinPowerSimulator, scheme: str
) -> None:
    """A certificate that nobody vouches for needs the user's word."""
    url = secure.url.replace("https://", scheme)
    form = await add(hass, secure, url=url)
    assert form["errors"] == {"base": "certificate_invalid"}
    assert not secure.requests

    result = await submit(hass, form, {**suggested(form), CONF_VERIFY_SSL: False})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "/",
        "ftp://192.0.2.1",
        "http://",
        "https://:8081",
        "http://[::1",
        "http://192.0.2.1:99999",
        "192.0.2.1:port",
        "http://admin@192.0.2.1",
        "http://admin:secret@192.0.2.1",
        "http://:secret@192.0.2.1",
        "admin:secret@192.0.2.1",
    ],
)
async def test_invalid_url(
    hass: HomeAssistant, winpower: WinPowerSimulator, url: str
) -> None:
    """What is no address of a server is told beside the field; the rest is kept."""
    form = await add(hass, winpower, url=url)
    assert form["errors"] == {CONF_URL: "invalid_url"}
    assert suggested(form) == winpower_form(winpower, url=url)

    result = await submit(hass, form, winpower_form(winpower))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("error", TROUBLES)
async def test_add_recovers(
    hass: HomeAssistant, winpower: WinPowerSimulator, error: str
) -> None:
    """Each trouble is told, the fields are kept, and the form can be sent again."""
    form = await async_choose(hass, "winpower")
    fields = winpower_form(winpower)
    async with trouble(winpower, error):
        form = await submit(hass, form, fields)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "winpower"
    assert form["errors"] == {"base": error}
    assert suggested(form) == fields

    result = await submit(hass, form, fields)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_server_without_a_ups(
    hass: HomeAssistant, another: WinPowerSimulator
) -> None:
    """A server that lists no UPS can be added, knowingly, and is known by address."""
    form = await add(hass, another)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "winpower_empty"

    result = await submit(hass, form, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    address = another.url.removeprefix("http://").replace(":", "_")
    assert result["result"].unique_id == f"winpower_{address}"
    assert result["result"].state is ConfigEntryState.LOADED


# Duplicates


async def test_same_address(hass: HomeAssistant, winpower: WinPowerSimulator) -> None:
    """An address can be added once, even if all its UPSs were exchanged."""
    await async_add_winpower(hass, winpower)
    winpower.upses = [SimulatedUps()]
    result = await add(hass, winpower)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


@pytest.mark.parametrize("older", [[], [SimulatedUps(create_time="2020-01-01")]])
async def test_same_ups_under_another_address(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    another: WinPowerSimulator,
    older: list[SimulatedUps],
) -> None:
    """A server is known by any of its UPSs, also if an older one has joined them."""
    await async_add_winpower(hass, winpower)
    another.upses = [*older, *winpower.upses]
    result = await add(hass, another)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_same_server_that_was_never_read(
    hass: HomeAssistant, winpower: WinPowerSimulator
) -> None:
    """An entry without devices yet is known by its unique id."""
    MockConfigEntry(
        domain=DOMAIN,
        unique_id=f"winpower_{winpower.upses[0].id}",
        data={CONF_DEVICE_TYPE: "winpower", CONF_URL: "http://192.0.2.1:8081"},
    ).add_to_hass(hass)
    result = await add(hass, winpower)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_another_server(
    hass: HomeAssistant, winpower: WinPowerSimulator, another: WinPowerSimulator
) -> None:
    """Servers that have no UPS in common stand beside each other."""
    await async_add_winpower(hass, winpower)
    another.upses = [SimulatedUps()]
    result = await add(hass, another)
    assert result["type"] is FlowResultType.CREATE_ENTRY


# Repairing and changing


async def test_reauth(hass: HomeAssistant, winpower: WinPowerSimulator) -> None:
    """A new account is asked for; the old password is not shown."""
    entry = await async_add_winpower(hass, winpower)
    winpower.username, winpower.password = "reader", "n3w-pw"

    form = await start(hass, SOURCE_REAUTH, entry)
    assert form["step_id"] == "winpower_reauth"
    assert suggested(form) == {CONF_USERNAME: "admin"}

    account = {CONF_USERNAME: "reader", CONF_PASSWORD: "wrong"}
    form = await submit(hass, form, account)
    assert form["errors"] == {"base": "invalid_auth"}
    assert suggested(form) == account

    result = await submit(hass, form, {**account, CONF_PASSWORD: "n3w-pw"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.data == {CONF_DEVICE_TYPE: "winpower", **winpower_form(winpower)}
    assert entry.state is ConfigEntryState.LOADED


async def test_reconfigure(
    hass: HomeAssistant, winpower: WinPowerSimulator, another: WinPowerSimulator
) -> None:
    """The server's new address and another account replace the old ones."""
    entry = await async_add_winpower(hass, winpower)
    another.upses = [SimulatedUps(), *winpower.upses]
    another.username, another.password = "reader", "n3w-pw"

    form = await start(hass, SOURCE_RECONFIGURE, entry)
    assert form["step_id"] == "winpower_reconfigure"
    assert suggested(form) == {
        CONF_URL: winpower.url,
        CONF_USERNAME: winpower.username,
        CONF_VERIFY_SSL: True,
    }

    result = await submit(hass, form, winpower_form(another))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {CONF_DEVICE_TYPE: "winpower", **winpower_form(another)}
    assert entry.unique_id == f"winpower_{winpower.upses[0].id}"
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("empty", [{}, {CONF_PASSWORD: ""}])
async def test_reconfigure_keeps_the_password(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    another: WinPowerSimulator,
    empty: dict[str, str],
) -> None:
    """A password that is left empty stays as it was."""
    entry = await async_add_winpower(hass, winpower)
    another.upses = winpower.upses
    form = await start(hass, SOURCE_RECONFIGURE, entry)
    result = await submit(
        hass, form, {**suggested(form), CONF_URL: another.url, **empty}
    )
    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_URL] == another.url
    assert entry.data[CONF_PASSWORD] == winpower.password


async def test_reconfigure_refuses_another_server(
    hass: HomeAssistant, winpower: WinPowerSimulator, another: WinPowerSimulator
) -> None:
    """A server with none of the known UPSs is not the same."""
    entry = await async_add_winpower(hass, winpower)
    another.upses = [SimulatedUps()]
    form = await start(hass, SOURCE_RECONFIGURE, entry)
    result = await submit(hass, form, winpower_form(another))
    assert result["reason"] == "unique_id_mismatch"
    assert entry.data[CONF_URL] == winpower.url


@pytest.mark.parametrize("shared", [True, False])
async def test_reconfigure_refuses_a_server_of_another_entry(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    another: WinPowerSimulator,
    shared: bool,
) -> None:
    """An entry that knows no UPS yet cannot be led to one that is taken."""
    await async_add_winpower(hass, winpower)
    entry = await async_add_winpower(hass, another)
    if shared:
        another.upses = winpower.upses
        url = another.url
    else:
        url = winpower.url
    form = await start(hass, SOURCE_RECONFIGURE, entry)
    result = await submit(hass, form, winpower_form(winpower, url=url))
    assert result["reason"] == "already_configured"


@pytest.mark.parametrize("source", [SOURCE_REAUTH, SOURCE_RECONFIGURE])
@pytest.mark.parametrize("error", TROUBLES)
async def test_repair_recovers(
    hass: HomeAssistant, winpower: WinPowerSimulator, source: str, error: str
) -> None:
    """Each trouble is told, the fields are kept, and the form can be sent again."""
    entry = await async_add_winpower(hass, winpower)
    form = await start(hass, source, entry)
    fields = {**suggested(form), CONF_PASSWORD: winpower.password}
    async with trouble(winpower, error):
        form = await submit(hass, form, fields)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == f"winpower_{source}"
    assert form["errors"] == {"base": error}
    assert suggested(form) == fields

    result = await submit(hass, form, fields)
    assert result["reason"] == f"{source}_successful"
    assert entry.state is ConfigEntryState.LOADED


# Options


async def test_options(hass: HomeAssistant, winpower: WinPowerSimulator) -> None:
    """Options are shown as they are, and take effect at once."""
    entry = await async_add_winpower(hass, winpower)
    before = entry.runtime_data
    form = await async_settings(hass, entry)
    assert form["step_id"] == "winpower_options"
    schema = form["data_schema"]
    assert schema is not None
    assert schema({}) == {CONF_INTERVAL: 5, CONF_BATTERY_LOW: 20}

    await async_set_options(hass, entry, interval=30, battery_low=40)
    assert entry.options == {CONF_INTERVAL: 30, CONF_BATTERY_LOW: 40}
    assert entry.runtime_data is not before
    assert entry.runtime_data.update_interval == timedelta(seconds=30)
    form = await async_settings(hass, entry)
    assert suggested(form) == entry.options


async def test_reconfigure_while_no_ups_is_listed(
    hass: HomeAssistant, winpower: WinPowerSimulator
) -> None:
    """A server that lists no UPS just now may well be the same."""
    entry = await async_add_winpower(hass, winpower)
    winpower.upses = []
    form = await start(hass, SOURCE_RECONFIGURE, entry)
    result = await submit(hass, form, winpower_form(winpower))
    assert result["reason"] == "reconfigure_successful"
