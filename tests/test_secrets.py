"""Secrets stay where they belong: not in logs, exceptions, diagnostics or states."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
import json
import logging
import traceback
from unittest.mock import patch

from aiohttp import ClientTimeout
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.power_steward.devices.winpower import client
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .common import async_add_winpower, async_choose, winpower_form
from .conftest import Wait
from .simulators.winpower import WinPowerSimulator, faults
from .simulators.winpower.server import Endpoint

USERNAME = "ups-reader"
PASSWORD = "correct-horse-battery"
TOKEN = "eyJ"
"""How every token begins: it is the text {" in base64."""

NOT_OURS = {
    # Writes to the log what it keeps in place of the disk
    "pytest_homeassistant_custom_component.common",
}
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


def logged(caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """Return what the log says, with the exceptions, in all their words."""
    for record in caplog.records:
        if record.name not in NOT_OURS:
            yield record.getMessage()
            if record.exc_info:
                yield "".join(traceback.format_exception(*record.exc_info))


def said(error: BaseException | None) -> str:
    """Return what an exception says, and those that led to it."""
    return f"{error!r}\n" + "".join(traceback.format_exception(error))


def leaks(texts: Iterable[str]) -> list[str]:
    """Return the texts that tell a secret."""
    return [
        text
        for text in texts
        if any(secret in text for secret in (USERNAME, PASSWORD, TOKEN))
    ]


@pytest.fixture
def server(winpower: WinPowerSimulator) -> WinPowerSimulator:
    """Return a server with an account that is easy to search for."""
    winpower.username, winpower.password = USERNAME, PASSWORD
    return winpower


async def test_polls(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
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
                diagnostics = await get_diagnostics_for_config_entry(
                    hass, hass_client, entry
                )
                told = [
                    said(entry.runtime_data.last_exception),
                    json.dumps(diagnostics),
                    *map(str, hass.states.async_all()),
                    *map(str, ir.async_get(hass).issues.values()),
                ]
            await wait(20)
            assert entry.runtime_data.last_update_success
            assert not leaks([*told, *logged(caplog)])


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
            assert not leaks([str(form["errors"]), *logged(caplog)])


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
    assert not leaks([*told, str(entry.reason), *logged(caplog)])
