"""Icons: one for each entity, from the device class where that has a good one."""

import json
from pathlib import Path
from typing import Any

import pytest

import custom_components.power_steward as integration
from homeassistant import components
from homeassistant.util.yaml import parse_yaml

from .common import descriptions, key_of
from .texts import assert_same

ICONS = json.loads(Path(integration.__file__).with_name("icons.json").read_text())
SERVICES = Path(integration.__file__).with_name("services.yaml")
PLATFORMS = [
    file.stem
    for file in Path(integration.__file__).parent.glob("*.py")
    if "PARALLEL_UPDATES" in file.read_text("utf-8")
]
CORE = Path(next(iter(components.__path__)))


def from_device_class(platform: str) -> set[str]:
    """Return the device classes that bring an icon of their own."""
    icons: dict[str, dict[str, Any]] = json.loads(
        (CORE / platform / "icons.json").read_text()
    )
    return icons["entity_component"].keys() - {"enum"}  # an eye, as without any


@pytest.mark.parametrize("platform", PLATFORMS)
def test_icons(platform: str) -> None:
    """There is an icon where there would be none, and nowhere else."""
    bring_one = from_device_class(platform)
    wanted = {
        key_of(description)
        for description in descriptions(platform)
        if getattr(description, "device_class", None) not in bring_one
    }
    icons = ICONS["entity"].get(platform, {})
    assert_same(f"entity.{platform} in icons.json", icons, wanted)


def test_no_other_icons() -> None:
    """There are no icons for platforms or services that do not exist."""
    services = parse_yaml(SERVICES.read_text("utf-8"))
    assert isinstance(services, dict)
    assert ICONS.keys() == {"entity", "services"}
    assert ICONS["entity"].keys() <= set(PLATFORMS)
    assert ICONS["services"].keys() == services.keys()
