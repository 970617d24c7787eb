"""The docs say what is true: headings, parameters, entities, examples."""

from pathlib import Path
import re
from typing import Any, cast

import pytest

from custom_components.power_steward.actions import ACTIONS, Action
from custom_components.power_steward.config_flow import OPTIONS_FLOWS
from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.devices import DeviceType
from custom_components.power_steward.entity import StewardDescription
from homeassistant.components.automation.config import async_validate_config_item
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

from .common import key_of, tables

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
HEADINGS = (
    "Use cases",
    "Supported devices",
    "Prerequisites",
    "Installation parameters",
    "Configuration parameters",
    "Data updates",
    "Supported functions",
    "Examples",
    "Known limitations",
    "Troubleshooting",
    "Removal",
)


def page(device_type: str) -> str:
    """Return a device type's page."""
    return (DOCS / f"{device_type}.md").read_text(encoding="utf-8")


def descriptions(device_type: str) -> set[str]:
    """Return the keys of all entities that a device type may have."""
    return {
        key_of(description)
        for table in tables(device_type)
        for description in table
        if isinstance(description, StewardDescription)
    }


def fields(translations: dict[str, str], category: str, device_type: str) -> set[str]:
    """Return the names of the form fields of a device type's steps."""
    field = re.compile(
        rf"component\.{DOMAIN}\.{category}\.step\.{device_type}\w*\.(sections\.\w+\.)?data\."
    )
    return {key.rsplit(".", 1)[1] for key in translations if field.match(key)}


@pytest.mark.parametrize("device_type", DeviceType)
def test_headings(device_type: str) -> None:
    """Every page has what the quality scale asks for, in one order."""
    headings = re.findall(r"^## (.+)$", page(device_type), re.MULTILINE)
    assert [heading for heading in headings if heading in HEADINGS] == list(HEADINGS)


@pytest.mark.parametrize("device_type", DeviceType)
def test_every_entity_is_explained(device_type: str) -> None:
    """Every entity's key stands in the page's tables."""
    named = set(re.findall(r"`(\w+)`", page(device_type)))
    lacking = descriptions(device_type) - named
    assert not lacking, f"the tables in docs/{device_type}.md lack {sorted(lacking)}"


@pytest.mark.parametrize("device_type", DeviceType)
@pytest.mark.parametrize("category", ["config", "options"])
async def test_every_field_is_explained(
    hass: HomeAssistant, device_type: str, category: str
) -> None:
    """Every field of the flows stands in the page's tables."""
    assert device_type in OPTIONS_FLOWS
    translations = await async_get_translations(hass, "en", category, [DOMAIN])
    asked = fields(translations, category, device_type)
    assert asked
    lacking = asked - set(re.findall(r"`(\w+)`", page(device_type)))
    assert not lacking, f"the tables in docs/{device_type}.md lack {sorted(lacking)}"


def automations() -> list[Any]:
    """Return the automations that the docs give as examples."""
    return [
        pytest.param(automation, id=f"{document.stem}-{automation['alias']}")
        for document in sorted(DOCS.glob("*.md"))
        for block in re.findall(
            r"```yaml\n(automation:.+?)```",
            document.read_text(encoding="utf-8"),
            re.DOTALL,
        )
        for automation in cast("dict[str, Any]", parse_yaml(block))["automation"]
    ]


@pytest.mark.parametrize("automation", automations())
async def test_examples_are_valid(
    hass: HomeAssistant, automation: dict[str, Any]
) -> None:
    """Home Assistant accepts every automation in the docs."""
    assert await async_setup_component(hass, "automation", {})
    config = await async_validate_config_item(hass, "example", automation)
    assert config is not None
    assert config.validation_error is None


def test_links_lead_somewhere() -> None:
    """Every relative link of README and docs points to a file and heading."""
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")):
        for target in re.findall(
            r"\]\((?!https?:)([^)]+)\)", document.read_text("utf-8")
        ):
            path, _, anchor = target.partition("#")
            file = document.parent / path if path else document
            assert file.exists(), f"{document.name}: {target}"
            if anchor:
                headings = re.findall(
                    r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE
                )
                slugs = [
                    re.sub(r"[^\w\- ]", "", h).lower().replace(" ", "-")
                    for h in headings
                ]
                assert anchor in slugs, f"{document.name}: {target}"


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_action_is_explained(action: Action) -> None:
    """Every action stands in the docs, with all that it takes and gives."""
    told = "\n".join(page.read_text("utf-8") for page in DOCS.glob("*.md"))
    assert f"`{DOMAIN}.{action.name}`" in told
    named = set(re.findall(r"`(\w+)[`:]", told))
    assert {str(marker) for marker in action.fields} - named == set()


def test_readme() -> None:
    """The first page says what it is, how it gets in, and how it gets out."""
    readme = (ROOT / "README.md").read_text("utf-8")
    for heading in ("Installation", "First steps", "Removal"):
        assert f"\n## {heading}\n" in readme
    for device_type in DeviceType:
        assert f"| [docs/{device_type}.md](docs/{device_type}.md)" in readme
        for heading in ("supported-functions", "troubleshooting"):
            assert f"](docs/{device_type}.md#{heading})" in readme
