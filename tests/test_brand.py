"""The pictures that Home Assistant shows of the integration are ours."""

from http import HTTPStatus
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

import custom_components.power_steward as integration
from custom_components.power_steward.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

BRAND = Path(integration.__file__).with_name("brand")


@pytest.mark.parametrize(
    "image", sorted(path.name for path in BRAND.glob("*.png")), ids=str
)
async def test_served(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, image: str
) -> None:
    """Each is served from our folder, not from the network."""
    assert await async_setup_component(hass, "brands", {})
    client = await hass_client()
    answer = await client.get(f"/api/brands/integration/{DOMAIN}/{image}")
    assert answer.status == HTTPStatus.OK
    assert await answer.read() == (BRAND / image).read_bytes()
