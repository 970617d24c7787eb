"""Home Assistant's quality scale: an answer to every rule."""

from pathlib import Path

import pytest
import yaml

import custom_components.power_steward as integration

RULES = [
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow-test-coverage",
    "config-flow",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
    "devices",
    "diagnostics",
    "discovery-update-info",
    "discovery",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
    "async-dependency",
    "inject-websession",
    "strict-typing",
]
"""All rules of 2026.11: bronze, silver, gold, platinum."""

ANSWERS = yaml.safe_load(
    Path(integration.__file__).with_name("quality_scale.yaml").read_text()
)["rules"]


def test_rules() -> None:
    """Each rule is answered, in the order of the scale."""
    assert len(RULES) == 54
    assert list(ANSWERS) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_answer(rule: str) -> None:
    """Whatever is not done has a reason."""
    answer = ANSWERS[rule]
    if answer != "done":
        assert answer["status"] in {"done", "exempt", "todo"}
        assert answer["comment"].strip()
