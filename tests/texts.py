"""The texts that users see."""

from collections.abc import Iterable, Mapping
import json
from pathlib import Path
import re
from typing import Any

import custom_components.power_steward as integration

ROOT = Path(integration.__file__).parent
LANGUAGES = sorted(path.stem for path in (ROOT / "translations").glob("*.json"))

type Leaves = dict[str, str]


def load(language: str) -> dict[str, Any]:
    """Return the texts of a language as its file has them."""
    texts: dict[str, Any] = json.loads(
        (ROOT / f"translations/{language}.json").read_text()
    )
    return texts


ENGLISH = load("en")


def leaves(texts: Mapping[str, Any], path: str = "") -> Leaves:
    """Return all texts of a language by their path."""
    found: Leaves = {}
    for key, value in texts.items():
        if isinstance(value, str):
            found[f"{path}{key}"] = value
        else:
            found |= leaves(value, f"{path}{key}.")
    return found


def assert_same(place: str, found: Iterable[str], wanted: Iterable[str]) -> None:
    """Fail with the names of what a place lacks, and of what it has for nothing."""
    found, wanted = set(found), set(wanted)
    lacking, idle = sorted(wanted - found), sorted(found - wanted)
    assert found == wanted, f"{place} lacks {lacking}, and has for nothing {idle}"


def placeholders(text: str) -> set[str]:
    """Return the placeholders in a text."""
    return set(re.findall(r"{(\w+)}", text))
