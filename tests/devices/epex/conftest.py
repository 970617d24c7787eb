"""A simulated market, and entries that ask it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from homeassistant.core import HomeAssistant
from tests.simulators.epex import EpexSimulator

NOON = datetime(2026, 1, 15, 11, 7, tzinfo=UTC)
"""12:07 in market time: tomorrow is not out yet."""

type SetUp = Callable[..., Awaitable[MockConfigEntry]]


class Time:
    """The clock of Home Assistant and of the market."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        """Take what to turn."""
        self._hass = hass
        self._freezer = freezer

    async def to(self, moment: datetime) -> None:
        """Go to a moment and let everything that is due happen."""
        self._freezer.move_to(moment)
        async_fire_time_changed(self._hass, moment)
        await self._hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
async def time(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Time:
    """Return the clock, stopped at noon, in Berlin."""
    freezer.move_to(NOON)
    await hass.config.async_set_time_zone("Europe/Berlin")
    return Time(hass, freezer)


@pytest.fixture
async def market(time: Time) -> AsyncGenerator[EpexSimulator]:
    """Return a running market."""
    async with EpexSimulator(now=lambda: datetime.now(UTC)) as simulator:
        yield simulator


@pytest.fixture
def set_up(hass: HomeAssistant, market: EpexSimulator) -> SetUp:
    """Return a function that adds an entry and loads it."""

    async def add(
        options: dict[str, Any] | None = None, *, load: bool = True, **data: Any
    ) -> MockConfigEntry:
        zone = data.get("zone", "DE-LU")
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=f"EPEX {zone}",
            unique_id=f"epex_{zone}",
            data={
                CONF_DEVICE_TYPE: "epex",
                "source": "energy_charts",
                "zone": zone,
                "currency": "EUR",
                "url": market.url,
                **data,
            },
            options=options or {},
        )
        entry.add_to_hass(hass)
        if load:
            await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)
        return entry

    return add
