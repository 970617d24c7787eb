"""The entities of a host and its zones, as Home Assistant shows them."""

from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.power_steward.devices.rapl.entities import HOST, ZONE
from custom_components.power_steward.devices.rapl.models import HostReading, ZoneReading
from custom_components.power_steward.devices.readings import HUB
from custom_components.power_steward.number import StewardNumberDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers import instance_id

from ...common import entities
from ...simulators.winpower import ManualClock
from .conftest import Add


@pytest.fixture(autouse=True)
def known_instance(hass_storage: dict[str, Any]) -> None:
    """Give this Home Assistant an id that is always the same."""
    hass_storage[instance_id.DATA_KEY] = {
        "version": instance_id.DATA_VERSION,
        "key": instance_id.DATA_KEY,
        "data": {"uuid": "0" * 32},
    }


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize("device_key", ["hub", "package-0", "package-0/core", "psys"])
async def test_entities(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    rapl_clock: ManualClock,
    add: Add,
    snapshot: SnapshotAssertion,
    device_key: str,
) -> None:
    """The host and each kind of zone have the entities that they should have."""
    freezer.move_to("2026-11-20T12:00:00+00:00")
    entry = await add()
    rapl_clock.advance(30)
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()
    assert entities(hass, entry, device_key) == snapshot


async def test_numbers_of_what_can_no_longer_be_capped(add: Add) -> None:
    """Where there are no bounds any more, nothing is made up in their place."""
    coordinator = (await add()).runtime_data
    numbers = {
        item.key: item
        for item in (*HOST, *ZONE)
        if isinstance(item, StewardNumberDescription)
    }
    zone, host = coordinator.data["package-0"], coordinator.data[HUB]
    assert isinstance(zone, ZoneReading)
    assert isinstance(host, HostReading)
    for key in ("long_term_limit", "short_term_limit"):
        limits = numbers[key].limits_fn
        assert limits is not None
        assert limits(zone) is not None
        assert limits(replace(zone, control=None)) is None
    manual, limits = numbers["manual_cap"], numbers["manual_cap"].limits_fn
    assert limits is not None
    assert limits(host) is not None
    gone = replace(host, bounds=None, manual=None)
    assert limits(gone) is None
    assert manual.value_fn(gone) is None
