"""The password of an AiSEG2 stays between Home Assistant and the box."""

from collections.abc import Callable
import logging

import pytest

from homeassistant.core import HomeAssistant
from tests.common import async_choose
from tests.conftest import Wait
from tests.simulators.aiseg2 import AiSeg2Simulator, Answer
from tests.telling import leaks, logged, shown

from .conftest import async_add, form_of

USERNAME = "box-reader"
PASSWORD = "correct-horse-battery"
ECHO = f"<html><body><p>{USERNAME}</p><p>{PASSWORD}</p></body></html>".encode()


def rejecting(box: AiSeg2Simulator) -> None:
    """Take another password only."""
    box.digest.password = "other"


FAULTS: dict[str, Callable[[AiSeg2Simulator], object]] = {
    "echo": lambda box: box.inject(lambda _: Answer(ECHO)),
    "echo in JSON": lambda box: box.inject(
        lambda _: Answer(f'{{"{USERNAME}": "{PASSWORD}"}}'.encode())
    ),
    "refused": lambda box: box.inject(lambda _: Answer(ECHO, 500)),
    "cut off": lambda box: box.inject(
        lambda answer: Answer(answer.body[: len(answer.body) // 2])
    ),
    "nothing": lambda box: box.inject(lambda _: Answer(b"", 404)),
    "rejected": rejecting,
}


@pytest.fixture
def secretive(box: AiSeg2Simulator) -> AiSeg2Simulator:
    """Return a box with an account that is easy to search for."""
    box.digest.username, box.digest.password = USERNAME, PASSWORD
    return box


@pytest.mark.parametrize("fault", FAULTS)
async def test_polls(
    hass: HomeAssistant,
    secretive: AiSeg2Simulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    """However a poll fails, nothing tells a secret."""
    caplog.set_level(logging.DEBUG)
    entry = await async_add(hass, secretive)
    FAULTS[fault](secretive)
    await wait(16)
    assert not entry.runtime_data.last_update_success
    told = await shown(hass, entry)
    assert not leaks([*told, *logged(caplog)], USERNAME, PASSWORD)


@pytest.mark.parametrize("fault", FAULTS)
async def test_flow(
    hass: HomeAssistant,
    secretive: AiSeg2Simulator,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    """However a form fails, nothing tells a secret but the form itself."""
    caplog.set_level(logging.DEBUG)
    right = form_of(secretive)
    FAULTS[fault](secretive)
    form = await async_choose(hass, "aiseg2")
    form = await hass.config_entries.flow.async_configure(form["flow_id"], right)
    assert form["errors"]
    assert not leaks([str(form["errors"]), *logged(caplog)], USERNAME, PASSWORD)
