"""Icons: one for each entity, from the device class where that has a good one."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import custom_components.power_steward as integration
from homeassistant import components

from .common import descriptions

ICONS = json.loads(Path(integration.__file__).with_name("icons.json").read_text())
CORE = Path(next(iter(components.__path__)))


def from_device_class(platform: str) -> set[str]:
    """Return the device classes that bring an icon of their own."""
    icons: dict[str, dict[str, Any]] = json.loads(
        (CORE / platform / "icons.json").read_text()
    )
    return icons["entity_component"].keys() - {"enum"}  # an eye, as without any


PLATFORMS = ["binary_sensor", "button", "event", "sensor"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_icons(platform: str) -> None:
    """There is an icon where there would be none, and nowhere else."""
    bring_one = from_device_class(platform)
    assert ICONS["entity"][platform].keys() == {
        description.key
        for description in descriptions(platform)
        if description.device_class not in bring_one
    }


def test_no_other_icons() -> None:
    """There are no icons for platforms or services that do not exist."""
    assert ICONS.keys() == {"entity", "services"}
    assert ICONS["entity"].keys() == set(PLATFORMS)
    services = yaml.safe_load(
        Path(integration.__file__).with_name("services.yaml").read_text()
    )
    assert ICONS["services"].keys() == services.keys()
