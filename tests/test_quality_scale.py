"""Home Assistant's quality scale: an answer to every rule, and a proof of it."""

import ast
from functools import cache
from importlib import metadata
import json
from pathlib import Path
import re
import tomllib
from typing import Any

from packaging.requirements import Requirement
import pytest
import yaml

import custom_components.power_steward as integration
from scripts.lib import check_coverage

PROOFS: dict[str, tuple[str, ...]] = {
    # Bronze
    "action-setup": (
        "test_actions.py::test_there_without_an_entry",
        "test_actions.py::test_entries_that_cannot_be_asked",
        "test_actions.py::test_types_without_the_action",
    ),
    "appropriate-polling": (
        "test_coordinator.py::test_interval",
        "devices/aiseg2/test_coordinator.py::test_a_day_of_polls",
        "devices/epex/test_year.py::test_a_good_year_takes_one_request_a_day",
        "devices/ecoflow/test_watchdog.py::test_who_speaks_is_not_asked",
    ),
    "brands": ("test_brand.py::test_served",),
    "common-modules": (
        "test_house.py::test_rooms",
        "test_house.py::test_types_are_strangers",
    ),
    "config-flow-test-coverage": (
        "test_quality_scale.py::test_coverage_is_judged_by_module",
    ),
    "config-flow": (
        "test_config_flow.py::test_menu_offers_each_type",
        "test_translations.py::test_fields",
    ),
    "dependency-transparency": (
        "test_quality_scale.py::test_dependencies_are_explained",
    ),
    "docs-actions": ("test_docs.py::test_every_action_is_explained",),
    "docs-conditions": ("test_quality_scale.py::test_exemptions_hold",),
    "docs-high-level-description": ("test_docs.py::test_readme",),
    "docs-installation-instructions": ("test_docs.py::test_readme",),
    "docs-removal-instructions": (
        "test_docs.py::test_readme",
        "test_docs.py::test_headings",
    ),
    "docs-triggers": ("test_quality_scale.py::test_exemptions_hold",),
    "entity-event-setup": ("test_init.py::test_nothing_is_left_behind",),
    "entity-unique-id": (
        "test_descriptions.py::test_keys_are_unique",
        "devices/winpower/test_entities.py::test_entities",
    ),
    "has-entity-name": ("test_descriptions.py::test_entities_have_names",),
    "runtime-data": ("test_house.py::test_forbidden",),
    "test-before-configure": (
        "devices/winpower/test_flow.py::test_add_recovers",
        "devices/aiseg2/test_flow.py::test_trouble",
        "devices/must/test_flow.py::test_errors_and_recovery",
        "devices/ecoflow/test_flow.py::test_mistakes",
        "devices/epex/test_flow.py::test_mistakes_and_recovery",
        "devices/rapl/test_flow.py::test_errors",
    ),
    "test-before-setup": (
        "test_init.py::test_server_that_is_down_is_tried_again",
        "test_init.py::test_credentials_that_fail_at_set_up",
    ),
    "unique-config-entry": (
        "devices/winpower/test_flow.py::test_same_ups_under_another_address",
        "devices/aiseg2/test_flow.py::test_twice",
        "devices/must/test_flow.py::test_duplicate",
        "devices/epex/test_flow.py::test_a_zone_only_once",
        "devices/rapl/test_flow.py::test_only_once",
    ),
    # Silver
    "action-exceptions": (
        "test_house.py::test_translated_errors",
        "devices/must/test_coordinator.py::test_switch_that_is_refused",
        "devices/ecoflow/test_coordinator.py::test_commands_that_are_not_obeyed",
        "test_actions.py::test_devices_that_cannot_be_asked",
    ),
    "config-entry-unloading": (
        "test_init.py::test_load_and_unload",
        "test_push_coordinator.py::test_unload_ends_it",
        (
            "devices/epex/test_coordinator.py"
            "::test_unloading_stops_the_timer_and_removing_forgets"
        ),
        "devices/rapl/test_coordinator.py::test_unload",
    ),
    "docs-configuration-parameters": ("test_docs.py::test_every_field_is_explained",),
    "docs-installation-parameters": ("test_docs.py::test_every_field_is_explained",),
    "entity-unavailable": (
        "devices/winpower/test_entities.py::test_server_out_of_reach",
        "devices/winpower/test_entities.py::test_ups_out_of_the_servers_reach",
        "devices/aiseg2/test_coordinator.py::test_page_that_fails",
        "devices/ecoflow/test_coordinator.py::test_frozen_devices",
    ),
    "integration-owner": ("test_quality_scale.py::test_somebody_owns_it",),
    "log-when-unavailable": (
        "test_coordinator.py::test_failures",
        "test_push_coordinator.py::test_loss_and_return",
    ),
    "parallel-updates": ("test_house.py::test_parallel_updates",),
    "reauthentication-flow": (
        "devices/winpower/test_flow.py::test_reauth",
        "devices/aiseg2/test_flow.py::test_reauth",
        "devices/ecoflow/test_flow.py::test_reauth",
        "devices/epex/test_flow.py::test_reauth",
    ),
    "test-coverage": ("test_quality_scale.py::test_coverage_is_judged_by_module",),
    # Gold
    "devices": (
        "devices/winpower/test_entities.py::test_devices",
        "devices/aiseg2/test_coordinator.py::test_devices",
        "devices/epex/test_coordinator.py::test_devices_are_services",
    ),
    "diagnostics": (
        "test_diagnostics.py::test_diagnostics",
        "test_diagnostics.py::test_no_secrets",
    ),
    "discovery-update-info": (
        "devices/aiseg2/test_flow.py::test_discovery_follows",
        "devices/aiseg2/test_flow.py::test_dhcp",
    ),
    "discovery": ("devices/aiseg2/test_flow.py::test_discovery",),
    "docs-data-update": ("test_docs.py::test_headings",),
    "docs-examples": (
        "test_docs.py::test_headings",
        "test_docs.py::test_examples_are_valid",
        "test_blueprints.py::test_valid",
    ),
    "docs-known-limitations": ("test_docs.py::test_headings",),
    "docs-supported-devices": ("test_docs.py::test_headings",),
    "docs-supported-functions": (
        "test_docs.py::test_headings",
        "test_docs.py::test_every_entity_is_explained",
    ),
    "docs-troubleshooting": ("test_docs.py::test_headings",),
    "docs-use-cases": ("test_docs.py::test_headings",),
    "dynamic-devices": (
        "test_coordinator.py::test_new_device",
        "devices/aiseg2/test_coordinator.py::test_circuits_come_and_go",
        "devices/ecoflow/test_coordinator.py::test_devices_come_and_go",
        "devices/rapl/test_coordinator.py::test_new_zone",
    ),
    "entity-category": ("test_descriptions.py::test_sensors_are_no_settings",),
    "entity-device-class": (
        "test_descriptions.py::test_sensors_fit_their_device_class",
        "test_descriptions.py::test_numbers_fit_their_device_class",
    ),
    "entity-disabled-by-default": (
        "devices/winpower/test_entities.py::test_disabled_entities",
    ),
    "entity-translations": (
        "test_translations.py::test_entities",
        "test_languages.py::test_complete",
    ),
    "exception-translations": (
        "test_translations.py::test_exceptions",
        "test_translations.py::test_raised_exceptions",
    ),
    "icon-translations": (
        "test_icons.py::test_icons",
        "test_house.py::test_forbidden",
    ),
    "reconfiguration-flow": (
        "devices/winpower/test_flow.py::test_reconfigure",
        "devices/aiseg2/test_flow.py::test_reconfigure",
        "devices/must/test_flow.py::test_reconfigure",
        "devices/ecoflow/test_flow.py::test_reconfigure",
        "devices/epex/test_flow.py::test_reconfigure",
        "devices/rapl/test_flow.py::test_reconfigure",
    ),
    "repair-issues": (
        "devices/rapl/test_coordinator.py::test_repairs",
        "devices/aiseg2/test_coordinator.py::test_repair_ends_with_the_entry",
        "devices/ecoflow/test_unknown.py::test_a_stranger",
    ),
    "stale-devices": ("test_init.py::test_only_what_is_gone_can_be_deleted",),
    # Platinum
    "async-dependency": ("test_init.py::test_event_loop_is_never_blocked",),
    "inject-websession": ("test_house.py::test_forbidden",),
    "strict-typing": ("test_quality_scale.py::test_types_are_strict",),
}
"""Every rule of 2026.11, in the order of the scale, with the tests that prove it."""

HERE = Path(__file__).parent
ROOT = HERE.parent
COMPONENT = Path(integration.__file__).parent
MANIFEST: dict[str, Any] = json.loads((COMPONENT / "manifest.json").read_text("utf-8"))
ANSWERS: dict[str, Any] = yaml.safe_load(
    (COMPONENT / "quality_scale.yaml").read_text("utf-8")
)["rules"]


@cache
def names_of_tests(file: str) -> set[str]:
    """Return the names of the tests in a file, below the folder of all tests."""
    return {
        node.name
        for node in ast.parse((HERE / file).read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


def test_rules() -> None:
    """Each rule is answered, in the order of the scale."""
    assert len(PROOFS) == 54
    assert list(ANSWERS) == list(PROOFS)


@pytest.mark.parametrize("rule", PROOFS)
def test_answer(rule: str) -> None:
    """A rule is done, or has a reason why it does not apply."""
    answer = ANSWERS[rule]
    if answer != "done":
        assert answer["status"] in {"done", "exempt"}
        assert answer["comment"].strip()


@pytest.mark.parametrize("rule", PROOFS)
def test_proof(rule: str) -> None:
    """No claim without tests that prove it."""
    assert PROOFS[rule]
    for proof in PROOFS[rule]:
        file, _, test = proof.partition("::")
        assert test in names_of_tests(file)


# Proofs that need no device type


def test_exemptions_hold() -> None:
    """What is not documented because it is not there is not there."""
    for rule, files in {
        "docs-conditions": ("condition.py", "conditions.yaml"),
        "docs-triggers": ("trigger.py", "triggers.yaml", "device_trigger.py"),
    }.items():
        assert ANSWERS[rule]["status"] == "exempt"
        assert not [file for file in files if (COMPONENT / file).exists()]


def test_dependencies_are_explained() -> None:
    """What has to be installed is named with its licence, and has an open one."""
    comment = ANSWERS["dependency-transparency"]["comment"]
    for text in MANIFEST["requirements"]:
        name = Requirement(text).name
        assert name in comment
        told = metadata.metadata(name)
        licence = told.get("License-Expression") or " ".join(
            told.get_all("Classifier") or ()
        )
        assert re.search(r"MIT|BSD|Apache", licence)


def test_somebody_owns_it() -> None:
    """Reports reach somebody."""
    assert MANIFEST["codeowners"]


def test_coverage_is_judged_by_module() -> None:
    """After a whole run, no module may fall behind and no flow may miss a line."""
    script = (ROOT / "scripts/test").read_text("utf-8")
    assert "scripts/lib/check_coverage.py" in script
    assert check_coverage.least("a/b/config_flow.py") == 100
    assert check_coverage.least("a/b/devices/must/flow.py") == 100
    assert check_coverage.least("a/b/devices/must/client.py") > 95


def test_types_are_strict() -> None:
    """Mypy judges all of the integration by its strictest rules."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    mypy = project["tool"]["mypy"]
    assert mypy["strict"]
    assert not [
        table
        for table in mypy["overrides"]
        if any("custom_components" in name for name in [table["module"]])
    ]
    assert "mypy custom_components" in (ROOT / "scripts/check").read_text("utf-8")
