"""The token of a source of prices stays between Home Assistant and the source."""

from datetime import timedelta
import logging

import pytest

from homeassistant.core import HomeAssistant
from tests.simulators.epex import EpexSimulator, faults
from tests.telling import leaks, logged, shown

from .conftest import NOON, SetUp, Time
from .test_flow import begin, submit

TOKEN = "correct-horse-battery"
ECHO = f"<Acknowledgement_MarketDocument>{TOKEN}</Acknowledgement_MarketDocument>"
FAULTS = {
    "echo": faults.status(200, ECHO, "text/xml"),
    "refused": faults.status(400, ECHO, "text/xml"),
    "rejected": faults.status(401, ECHO, "text/xml"),
    "redirected": faults.status(301, Location=f"http://192.0.2.1/?t={TOKEN}"),
    "limited": faults.rate_limit(TOKEN),
    "reset": faults.reset(),
    "challenge": faults.challenge(),
    "truncated": faults.truncated(),
}


@pytest.fixture
def secretive(market: EpexSimulator) -> EpexSimulator:
    """Return a market with a token that is easy to search for."""
    market.token = TOKEN
    return market


@pytest.mark.parametrize("fault", FAULTS)
async def test_polls(
    hass: HomeAssistant,
    secretive: EpexSimulator,
    set_up: SetUp,
    time: Time,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    """However a request fails, nothing tells the token."""
    caplog.set_level(logging.DEBUG)
    entry = await set_up(source="entsoe", token=TOKEN)
    asked = secretive.asked("entsoe")
    secretive.inject(FAULTS[fault])
    await time.to(NOON + timedelta(hours=6))
    assert secretive.asked("entsoe") > asked
    told = await shown(hass, entry)
    assert not leaks([*told, *logged(caplog)], TOKEN)


@pytest.mark.parametrize("fault", FAULTS)
async def test_flow(
    hass: HomeAssistant,
    secretive: EpexSimulator,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    """However a form fails, nothing tells the token but the form itself."""
    caplog.set_level(logging.DEBUG)
    secretive.inject(FAULTS[fault])
    form = await begin(hass, "entsoe")
    form = await submit(
        hass, form, token=TOKEN, more_options={"url": f"{secretive.url}/?x"}
    )
    assert form["errors"]
    assert not leaks([str(form["errors"]), *logged(caplog)], TOKEN)
