"""What all tests share: our integration, real sockets, a simulated server."""

from collections.abc import AsyncGenerator

import pytest

# The test plugin ships a package of this name too; the first import wins.
import custom_components.power_steward  # noqa: F401

from .simulators.winpower import SimulatedUps, WinPowerSimulator


@pytest.fixture(autouse=True)
def _enable(enable_custom_integrations: None, socket_enabled: None) -> None:
    """Load our integration and let sockets connect to this machine."""


@pytest.fixture
async def winpower() -> AsyncGenerator[WinPowerSimulator]:
    """Return a running WinPower G2 server with one UPS."""
    async with WinPowerSimulator(upses=[SimulatedUps()]) as simulator:
        yield simulator
