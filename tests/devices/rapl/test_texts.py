"""Every reason, problem and mode that a user may meet has its text."""

import json
from pathlib import Path
import re
from typing import Any

import custom_components.power_steward as integration
from custom_components.power_steward.devices.rapl.entities import HOST, ZONE
from custom_components.power_steward.devices.rapl.flow import ERRORS, OPTIONS
from custom_components.power_steward.devices.rapl.issues import ISSUES
from custom_components.power_steward.sensor import StewardSensorDescription
from custom_components.power_steward.stewardship.capping import Mode, WithoutData
from homeassistant.const import Platform

FOLDER = Path(integration.__file__).parent
TEXTS: dict[str, Any] = json.loads((FOLDER / "translations/en.json").read_text())


def test_issues() -> None:
    """Each issue has a text, which uses only what it is given."""
    texts = {key: text for key, text in TEXTS["issues"].items() if key[:5] == "rapl_"}
    assert texts.keys() == ISSUES.keys()
    for key, text in texts.items():
        used = set(re.findall(r"\{(\w+)\}", text["title"] + text["description"]))
        assert used <= ISSUES[key]


def test_errors() -> None:
    """Each kind of tree that cannot be added says why."""
    texts = {key for key in TEXTS["config"]["error"] if key.startswith("rapl_")}
    assert texts == set(ERRORS.values())


def test_states() -> None:
    """Each word that an entity shows is translated, and each entity named."""
    for description in (*HOST, *ZONE):
        platform = next(
            platform
            for platform in Platform
            if type(description).__module__.endswith(f".{platform}")
        )
        text = TEXTS["entity"][platform][description.key]
        assert text["name"]
        if isinstance(description, StewardSensorDescription) and description.options:
            # Of failures, each device type knows some.
            assert text["state"].keys() >= set(description.options)
    assert TEXTS["entity"]["select"]["capping_mode"]["state"].keys() == set(Mode)


def test_options() -> None:
    """Each field of the options has a name and a description."""
    sections = TEXTS["options"]["step"]["rapl_options"]["sections"]
    assert sections.keys() == {str(name) for name in OPTIONS.schema}
    for name, part in OPTIONS.schema.items():
        fields = {str(field) for field in part.schema.schema}
        assert sections[str(name)]["name"]
        assert sections[str(name)]["data"].keys() == fields
        assert sections[str(name)]["data_description"].keys() == fields
    assert TEXTS["selector"]["rapl_without_data"]["options"].keys() == set(WithoutData)
    assert TEXTS["selector"]["rapl_scope"]["options"].keys() == {"each", "total"}
