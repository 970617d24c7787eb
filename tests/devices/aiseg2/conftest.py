"""A running box, its home, and entries for it."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.devices.aiseg2 import client
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.common import async_choose, async_set_options
from tests.simulators.aiseg2 import AiSeg2Simulator
from tests.simulators.winpower import ManualClock

from .homes import MORNING, home


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests ask without a rest, which is measured where it matters."""
    monkeypatch.setattr(client, "GAP", 0.0)
    monkeypatch.setattr(client, "FIRST_RETRY", 0.0)


@pytest.fixture
async def box(clock: ManualClock) -> AsyncGenerator[AiSeg2Simulator]:
    """Return a running box in a home of 32 circuits, on a summer morning."""
    started = clock.now

    def now() -> datetime:
        return MORNING + timedelta(seconds=clock.now - started)

    async with AiSeg2Simulator(home(), now=now) as simulator:
        yield simulator


def form_of(box: AiSeg2Simulator, **changes: Any) -> dict[str, Any]:
    """Return what a user enters to add a box."""
    return {
        CONF_HOST: box.address,
        CONF_USERNAME: box.digest.username,
        CONF_PASSWORD: box.digest.password,
        **changes,
    }


async def async_add(
    hass: HomeAssistant, box: AiSeg2Simulator, **options: Any
) -> StewardConfigEntry:
    """Add a box as a user does, and set options if there are any."""
    form = await async_choose(hass, "aiseg2")
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], form_of(box)
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done()
    entry: StewardConfigEntry = result["result"]
    if options:
        await async_set_options(hass, entry, **options)
    return entry
