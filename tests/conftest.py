"""What all tests share: our integration, real sockets, a simulated server, and time."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from datetime import UTC, datetime, timedelta
from functools import partial
import math
from unittest.mock import patch

import pytest

# The test plugin ships a package of this name too; the first import wins.
from custom_components.power_steward.coordinator import PollingCoordinator
from custom_components.power_steward.devices.clock import SYSTEM_CLOCK, Clock
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.setup import async_setup_component

from . import metrics
from .common import async_wait
from .simulators.winpower import ManualClock, SimulatedUps, WinPowerSimulator

type Wait = Callable[[int], Awaitable[None]]
type WallClock = Callable[[], datetime]

EVENING = datetime(2026, 11, 20, 17, 50, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let tests that leave something to chance be run with more of it."""
    parser.addoption("--seed", type=int, default=1, help="of what is left to chance")


@pytest.fixture(autouse=True)
def _no_usb() -> Generator[None]:
    """Keep the serial ports of this machine out, and what watches for new ones."""
    with (
        patch("homeassistant.components.usb.async_setup", return_value=True),
        patch("homeassistant.components.usb.async_scan_serial_ports", return_value=[]),
    ):
        yield


@pytest.fixture(autouse=True)
def _enable(request: pytest.FixtureRequest) -> None:
    """Load our integration."""
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")  # it has to come before
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def all_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable also the entities that are disabled from the start."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """Return the clock of the server and the coordinators, which tests turn.

    The event loop's is taken along, half a second ahead since Home Assistant starts
    polls up to that much late. Between two turns it goes by itself, for the time-outs
    of sockets, but never as far as to the next second, however slow the machine is.
    """
    loop = asyncio.get_running_loop()
    real = loop.time
    clock = ManualClock(math.ceil(real()))
    turned = (clock.now, real())

    def time() -> float:
        nonlocal turned
        if turned[0] != clock.now:
            turned = (clock.now, real())
        since = real() - turned[1]
        return clock.now + 0.5 + min(since, 0.4 + since / 1000)

    monkeypatch.setattr(loop, "time", time)
    loop.set_debug(False)  # it notes where each task began: half the time of a test
    monkeypatch.setattr(
        PollingCoordinator.__init__,
        "__defaults__",
        (SYSTEM_CLOCK._replace(monotonic=clock),),
    )
    return clock


@pytest.fixture
def wall(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> WallClock:
    """Return the coordinators' wall clock: an evening that goes on as the clock does."""
    begun = clock.now

    def utcnow() -> datetime:
        return EVENING + timedelta(seconds=clock.now - begun)

    monkeypatch.setattr(
        PollingCoordinator.__init__, "__defaults__", (Clock(clock, utcnow),)
    )
    return utcnow


@pytest.fixture
def wait(hass: HomeAssistant, clock: ManualClock) -> Wait:
    """Return what lets seconds pass, and all happen that is due in them."""
    return partial(async_wait, hass, clock)


@pytest.fixture
async def winpower(clock: ManualClock) -> AsyncGenerator[WinPowerSimulator]:
    """Return a running WinPower G2 server with one UPS."""
    async with WinPowerSimulator(upses=[SimulatedUps()], clock=clock) as simulator:
        yield simulator


@pytest.fixture
async def prometheus(hass: HomeAssistant) -> AsyncGenerator[None]:
    """Expose entities as the docs tell users to."""
    assert await async_setup_component(hass, "prometheus", metrics.examples()[0])
    yield
    metrics.forget()
