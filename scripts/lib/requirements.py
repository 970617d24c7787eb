"""Compute what a real Home Assistant needs to start here without installing anything.

Home Assistant installs the requirements of an integration when it loads it. The tests and
the demo start it offline (`hass --skip-pip`), so all of them must be there before. They
are not listed by hand: they are read from the manifests of the installed Home Assistant,
starting from the integrations it always loads, those of the test configuration, and ours.

usage: python requirements.py OUTPUT_FOLDER     (with the Python of the environment)

Writes three files for the resolver: `requirements.in`, `constraints.txt` (Home
Assistant's own) and `overrides.txt` (see `overrides`). Home Assistant and the test plugin
are read, not imported: they need not have their own dependencies yet.
"""

import ast
from collections.abc import Iterable
from functools import cache
from importlib import metadata
import json
from pathlib import Path
import re
import shutil
import sys

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
OUR_MANIFEST = ROOT / "custom_components" / "power_steward" / "manifest.json"
CONFIGURATION = ROOT / "tests" / "e2e" / "configuration.yaml"
PLUGIN = "pytest-homeassistant-custom-component"

HOME_ASSISTANT = Path(
    str(metadata.distribution("homeassistant").locate_file("homeassistant"))
)
VERSION = metadata.version("homeassistant")

type Manifest = dict[str, object]


def words_in(module: str, *names: str) -> set[str]:
    """Return all strings in the definitions of these names of a module of core."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((HOME_ASSISTANT / module).read_text("utf-8"))):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.ClassDef(name=name):
                pass
            case ast.AnnAssign(target=ast.Name(id=name)):
                pass
            case _:
                continue
        if name in names:
            found |= {
                part.value
                for part in ast.walk(node)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            }
    return found


def integrations_among(words: set[str]) -> set[str]:
    """Return those of the words that are integrations of core."""
    return {
        word
        for word in words
        if word.isidentifier()
        and (HOME_ASSISTANT / "components" / word / "manifest.json").exists()
    }


def always_loaded() -> set[str]:
    """Return what Home Assistant sets up whatever its configuration says."""
    found = integrations_among(
        words_in("bootstrap.py", "CORE_INTEGRATIONS", "DEFAULT_INTEGRATIONS")
    )
    base_platforms = integrations_among(
        words_in("generated/entity_platforms.py", "EntityPlatforms")
    )
    if "frontend" not in found or "sensor" not in base_platforms:
        raise SystemExit(
            f"requirements.py cannot read Home Assistant {VERSION} any more: the"
            " names of what it always loads have changed"
        )
    return found | base_platforms


@cache
def discovery() -> dict[str, set[str]]:
    """Return the integrations that a key of a manifest brings in."""
    module = ast.parse((HOME_ASSISTANT / "requirements.py").read_text("utf-8"))
    for node in ast.walk(module):
        match node:
            case ast.AnnAssign(
                target=ast.Name(id="DISCOVERY_INTEGRATIONS"), value=value
            ):
                if value is not None:
                    return {k: set(v) for k, v in ast.literal_eval(value).items()}
    return {}


def configured_domains() -> set[str]:
    """Return the top-level keys of the configuration the real Home Assistant gets."""
    keys = re.findall(r"^([a-z0-9_]+):", CONFIGURATION.read_text("utf-8"), re.MULTILINE)
    return set(keys) - {"homeassistant"}


def core_manifest(domain: str) -> Manifest:
    """Return the manifest of one of Home Assistant's own integrations."""
    path = HOME_ASSISTANT / "components" / domain / "manifest.json"
    manifest: Manifest = json.loads(path.read_bytes())
    return manifest


def our_manifest() -> Manifest:
    """Return our manifest, an empty one while there is none."""
    if not OUR_MANIFEST.exists():
        return {}
    manifest: Manifest = json.loads(OUR_MANIFEST.read_bytes())
    return manifest


def strings(manifest: Manifest, key: str) -> list[str]:
    """Return a list of strings from a manifest."""
    value = manifest.get(key, [])
    return [str(item) for item in value] if isinstance(value, list) else []


def needs_of(manifest: Manifest) -> set[str]:
    """Return the integrations that must be there for this one."""
    discovered = {
        domain
        for domain, keys in discovery().items()
        if any(key in manifest for key in keys)
    }
    # "after" is a need too: integrations import what they can live without, such as hassio.
    after = integrations_among(set(strings(manifest, "after_dependencies")))
    return {*strings(manifest, "dependencies"), *after, *discovered}


def walk(domains: Iterable[str]) -> dict[str, Manifest]:
    """Return the manifests of these integrations and of all they depend on."""
    found: dict[str, Manifest] = {}
    waiting = set(domains)
    while waiting:
        domain = waiting.pop()
        found[domain] = core_manifest(domain)
        waiting |= needs_of(found[domain]) - found.keys()
    return found


def specifiers(lines: Iterable[str]) -> dict[str, SpecifierSet]:
    """Return the versions asked for, by package, of lines in requirements format."""
    result: dict[str, SpecifierSet] = {}
    for line in lines:
        if not (text := line.split("#")[0].strip()):
            continue
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            name = canonicalize_name(requirement.name)
            result[name] = result.get(name, SpecifierSet()) & requirement.specifier
    return result


def overrides(needed: Iterable[str], constraints: Iterable[str]) -> list[str]:
    """Return the pins of the test plugin that Home Assistant's own must replace.

    The plugin is released after Home Assistant and pins the release before, and a few
    libraries at that release's versions. Where these disagree with the Home Assistant
    that is installed, Home Assistant is right.
    """
    installed = metadata.requires("homeassistant") or []
    wanted = specifiers([*constraints, *installed, *needed])
    lines = [f"homeassistant=={VERSION}"]
    for name, pins in specifiers(metadata.requires(PLUGIN) or []).items():
        versions = [pin.version for pin in pins if pin.operator == "=="]
        if name in wanted and not all(v in wanted[name] for v in versions):
            lines.append(f"{name}{wanted[name]}")
    return lines


def main(output: Path) -> None:
    """Write the resolver's input."""
    ours = our_manifest()
    manifests = walk(
        {
            *always_loaded(),
            *configured_domains(),
            *needs_of(ours),
        }
    )
    needed = sorted(
        {
            requirement
            for manifest in (*manifests.values(), ours)
            for requirement in strings(manifest, "requirements")
        }
    )
    source = HOME_ASSISTANT / "package_constraints.txt"
    constraints = source.read_text("utf-8").splitlines()

    output.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, output / "constraints.txt")
    (output / "requirements.in").write_text("\n".join(needed) + "\n", "utf-8")
    replaced = overrides(needed, constraints)
    (output / "overrides.txt").write_text("\n".join(replaced) + "\n", "utf-8")
    print(
        f"    Home Assistant {VERSION}: {len(manifests)} integrations need"
        f" {len(needed)} packages; test plugin lifted to: {', '.join(replaced)}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
