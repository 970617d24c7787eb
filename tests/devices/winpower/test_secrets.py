"""Secrets stay where they belong: not in logs, exceptions, diagnostics or states."""

from contextlib import AbstractContextManager
import logging
from unittest.mock import patch

from aiohttp import ClientTimeout
import pytest

from custom_components.power_steward.devices.winpower import client
from homeassistant.core import HomeAssistant

from ...common import async_add_winpower, async_choose, winpower_form
from ...conftest import Wait
from ...simulators.winpower import WinPowerSimulator, faults
from ...simulators.winpower.server import Endpoint
from ...telling import leaks, logged, said, shown

USERNAME = "ups-reader"
PASSWORD = "correct-horse-battery"
TOKEN = "eyJ"
"""How every token begins: it is the text {" in base64."""

SECRETS = (USERNAME, PASSWORD, TOKEN)

LIST_FAULTS = {
    "hanging": faults.hang(),
    "hanging in mid-body": faults.hang(mid_body=True),
    "reset": faults.reset(),
    "not HTTP": faults.raw(b"\x00\xff not HTTP\r\n\r\n"),
    "HTML": faults.html(),
    "truncated": faults.truncated(),
    "10 MB": faults.huge(10),
    "garbage": faults.garbage_types(),
    "redirect": faults.redirect("http://192.0.2.1/"),
    "status 500": faults.shape("E9_text"),
    "code 500": faults.shape("E11_500"),
    "code 401": faults.shape("E1"),
    "echo": faults.status(200, {"code": "500", "message": f"{USERNAME}: {PASSWORD}"}),
    "echo in HTML": faults.html(f"<p>{USERNAME}</p><p>{PASSWORD}</p>"),
}
LOGIN_FAULTS = {
    "no token": faults.spoilt(lambda answer: {**answer, "data": {}}),
    "token of a wrong type": faults.spoilt(lambda answer: {**answer, "data": [TOKEN]}),
    "refused with a token": faults.spoilt(lambda answer: {**answer, "code": "500"}),
    "HTML": faults.html(),
    "status 500": faults.shape("E9"),
    "truncated": faults.truncated(),
}


CASES: list[tuple[str, Endpoint, faults.Fault]] = [
    *((f"list: {name}", "list", fault) for name, fault in LIST_FAULTS.items()),
    *((f"log-in: {name}", "login", fault) for name, fault in LOGIN_FAULTS.items()),
]


def patience(case: str) -> AbstractContextManager[object]:
    """Return what lets the client wait for answers, but not for those that hang."""
    seconds = 0.05 if "hanging" in case else 10
    return patch.object(client, "REQUEST_TIMEOUT", ClientTimeout(total=seconds))


@pytest.fixture
def server(winpower: WinPowerSimulator) -> WinPowerSimulator:
    """Return a server with an account that is easy to search for."""
    winpower.username, winpower.password = USERNAME, PASSWORD
    return winpower


async def test_polls(
    hass: HomeAssistant,
    server: WinPowerSimulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    subtests: pytest.Subtests,
) -> None:
    """However a poll fails, nothing tells a secret."""
    caplog.set_level(logging.DEBUG)
    entry = await async_add_winpower(hass, server)
    for case, endpoint, fault in CASES:
        with subtests.test(case):
            caplog.clear()
            server.expire_tokens()
            with server.inject(fault, on=endpoint), patience(case):
                await wait(5 + 5 + 10)
                assert not entry.runtime_data.last_update_success
                told = await shown(hass, entry)
            await wait(20)
            assert entry.runtime_data.last_update_success
            assert not leaks([*told, *logged(caplog)], *SECRETS)


async def test_flow(
    hass: HomeAssistant,
    server: WinPowerSimulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    subtests: pytest.Subtests,
) -> None:
    """However a form fails, nothing tells a secret but the form itself."""
    caplog.set_level(logging.DEBUG)
    for case, endpoint, fault in CASES:
        with subtests.test(case):
            caplog.clear()
            await wait(1)
            form = await async_choose(hass, "winpower")
            with server.inject(fault, on=endpoint), patience(case):
                form = await hass.config_entries.flow.async_configure(
                    form["flow_id"], winpower_form(server)
                )
            assert form["errors"]
            assert not leaks([str(form["errors"]), *logged(caplog)], *SECRETS)


async def test_rejected_credentials(
    hass: HomeAssistant,
    server: WinPowerSimulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nor does what is said of credentials that are no longer right."""
    caplog.set_level(logging.DEBUG)
    entry = await async_add_winpower(hass, server)
    server.password = "changed"
    server.expire_tokens()
    await wait(10)
    (flow,) = hass.config_entries.flow.async_progress()
    told = [said(entry.runtime_data.last_exception), str(flow["context"])]
    await hass.config_entries.async_reload(entry.entry_id)
    assert not leaks([*told, str(entry.reason), *logged(caplog)], *SECRETS)
