"""Check, offline, what hassfest and the HACS validator ask of the repository.

Both run as GitHub actions and need the network. What they ask that can be stated without
it is stated here, together with a few rules of this project's own. Needs the environment
that `scripts/setup` makes, and git.

usage: python scripts/lib/check_manifest.py     one line per finding; exit code 1 if any
"""

import ast
from collections.abc import Callable, Iterator
from importlib import metadata
import json
from pathlib import Path
import re
import struct
import subprocess
import sys
import tomllib
from typing import Any
from urllib.parse import urlsplit

from awesomeversion import AwesomeVersion
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "power_steward"
INTEGRATION = ROOT / "custom_components" / DOMAIN
CORE = Path(str(metadata.distribution("homeassistant").locate_file("homeassistant")))

type Findings = Iterator[str]

REQUIRED = {
    *("domain", "name", "codeowners", "config_flow", "documentation"),
    *("integration_type", "iot_class", "issue_tracker", "version"),
}
OPTIONAL = {
    *("after_dependencies", "bluetooth", "categories", "connectivity", "dependencies"),
    *("dhcp", "homekit", "import_executor", "loggers", "mqtt", "quality_scale"),
    *("requirements", "single_config_entry", "ssdp", "usb", "zeroconf"),
}
INTEGRATION_TYPES = {"device", "hardware", "helper", "hub", "service", "system"}
IOT_CLASSES = {
    *("assumed_state", "calculated", "cloud_polling", "cloud_push"),
    *("local_polling", "local_push"),
}
QUALITY_SCALES = {"bronze", "silver", "gold", "platinum"}
HACS_KEYS: dict[str, type] = {
    "content_in_root": bool,
    "filename": str,
    "hide_default_branch": bool,
    "homeassistant": str,
    "name": str,
    "persistent_directory": str,
    "zip_release": bool,
}
# Width and height of the PNG files that Home Assistant looks for in brand/; a logo may be
# wider than it is high, with its shorter side in the range.
ICONS = {"icon.png": 256, "icon@2x.png": 512}
LOGOS = {"logo.png": (128, 256), "logo@2x.png": (256, 512)}
# Core's own that need not be named as dependencies to be imported.
ALWAYS_THERE = {
    *("automation", "device_automation", "diagnostics", "frontend", "group"),
    *("homeassistant", "media_source", "persistent_notification", "person"),
    *("repairs", "script", "sun", "system_health", "system_log", "timer"),
    *("webhook", "websocket_api", "zone"),
}
ICON_SECTIONS = {
    *("conditions", "config", "entity", "issues", "options", "services", "triggers"),
}
LOCK_FILES = re.compile(
    r"(^|/)(.*\.lock|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml"
    r"|pylock(\..*)?\.toml)$"
)
INDEX_HOSTS = re.compile(
    r"\b(pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com"
    r"|deb\.debian\.org|[a-z.]*ubuntu\.com/ubuntu|(artifactory|nexus)\.[a-z.]+"
    r"|[a-z0-9.-]+/simple/)"
)
HTML = re.compile(r"<[a-zA-Z/!][^>]*>")
URL = re.compile(r"\b([a-z][a-z0-9+.-]*://|www\.)[a-z0-9]", re.IGNORECASE)
QUOTED_PLACEHOLDER = re.compile(r"'\{\w+\}'")
REFERENCE = re.compile(r"\[%|%\]")
SERVICE_REGISTERED = re.compile(
    r"services\.(async_)?register\(|async_register_(admin_service|\w*entity_service)\("
)


def load(path: Path) -> dict[str, Any]:
    """Return a JSON object from a file."""
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


def is_core_integration(domain: str) -> bool:
    """Return whether Home Assistant has an integration of this name."""
    return (CORE / "components" / domain / "manifest.json").exists()


def check_manifest() -> Findings:
    """Check the manifest's keys and the form of their values."""
    manifest = load(INTEGRATION / "manifest.json")
    keys = list(manifest)
    if keys != sorted(keys, key=lambda key: (key != "domain", key != "name", key)):
        yield "the keys are not sorted: domain, name, then by the alphabet"
    yield from (f"{key} is missing" for key in sorted(REQUIRED - manifest.keys()))
    yield from (
        f"{key} is not a key that exists"
        for key in sorted(manifest.keys() - REQUIRED - OPTIONAL)
    )
    if manifest.get("domain") != INTEGRATION.name:
        yield "the domain is not the name of the folder"
    if is_core_integration(str(manifest.get("domain"))):
        yield "the domain is one of Home Assistant's own"
    owners = manifest.get("codeowners") or []
    if not owners or not all(re.fullmatch(r"@[\w-]+(/[\w-]+)?", o) for o in owners):
        yield f"codeowners are GitHub names with an @, not {owners}"
    for key in ("documentation", "issue_tracker"):
        url = urlsplit(str(manifest.get(key, "")))
        if url.scheme != "https" or not url.netloc:
            yield f"{key} is not an https address"
        if url.netloc.endswith("home-assistant.io"):
            yield f"{key} points to Home Assistant's pages, which are not about us"
    for key, allowed in (
        ("integration_type", INTEGRATION_TYPES),
        ("iot_class", IOT_CLASSES),
        ("quality_scale", QUALITY_SCALES),
    ):
        if key in manifest and manifest[key] not in allowed:
            yield f"{key} is {manifest[key]}, not one of {sorted(allowed)}"
    version = str(manifest.get("version", ""))
    if not AwesomeVersion(version).valid:
        yield f"the version {version} is not one"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    if project["version"] != version:
        yield f"the version is {version}, in pyproject.toml {project['version']}"
    for file in ("__init__.py", "config_flow.py", "translations/en.json"):
        if not (INTEGRATION / file).exists():
            yield f"{file} is missing"
    if (INTEGRATION / "strings.json").exists():
        yield "strings.json is for core; a custom integration has translations/ only"


def check_requirements() -> Findings:
    """Check that requirements fit the installed Home Assistant's constraints."""
    manifest = load(INTEGRATION / "manifest.json")
    constraints: dict[str, Requirement] = {}
    for line in (CORE / "package_constraints.txt").read_text("utf-8").splitlines():
        if text := line.split("#")[0].strip():
            constraint = Requirement(text)
            constraints[canonicalize_name(constraint.name)] = constraint
    for text in manifest.get("requirements", []):
        try:
            requirement = Requirement(text)
        except InvalidRequirement as err:
            yield f"{text}: {err}"
            continue
        if " " in text:
            yield f"{text}: hassfest allows no spaces"
        if any(part.operator in ("==", "===") for part in requirement.specifier):
            yield f"{text}: pins break at the next release of Home Assistant"
        pinned = constraints.get(canonicalize_name(requirement.name))
        for part in pinned.specifier if pinned else ():
            if part.operator == "==" and part.version not in requirement.specifier:
                yield f"{text}: Home Assistant asks for {pinned}"
        try:
            installed = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield f"{text}: not installed; run scripts/setup"
            continue
        if installed not in requirement.specifier:
            yield f"{text}: {installed} is what fits this Home Assistant"


def check_dependencies() -> Findings:
    """Check that what is imported from core's integrations is depended on."""
    manifest = load(INTEGRATION / "manifest.json")
    before = manifest.get("dependencies", [])
    after = manifest.get("after_dependencies", [])
    for domain in {*before, *after}:
        if not is_core_integration(domain):
            yield f"the dependency {domain} does not exist"
        if domain in before and domain in after:
            yield f"{domain} is in dependencies and in after_dependencies"
    platforms = {
        path.parent.name
        for path in (CORE / "components").glob("*/manifest.json")
        if b'"integration_type": "entity"' in path.read_bytes()
    }
    allowed = {*before, *after, *platforms, *ALWAYS_THERE}
    for path in sorted(INTEGRATION.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [name.name for name in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                modules = [f"{node.module}.{name.name}" for name in node.names]
            for module in modules:
                match = re.match(r"homeassistant\.components\.(\w+)", module)
                if (
                    match
                    and match[1] not in allowed
                    and not (INTEGRATION / f"{match[1]}.py").exists()
                ):
                    yield (
                        f"{path.relative_to(ROOT)} imports {match[1]}, which is in"
                        " neither dependencies nor after_dependencies"
                    )


def check_hacs() -> Findings:
    """Check hacs.json, and what HACS and the Marketplace want of a repository."""
    hacs = load(ROOT / "hacs.json")
    if "name" not in hacs:
        yield "name is missing"
    for key, value in hacs.items():
        if key not in HACS_KEYS:
            yield f"{key} is not a key that both HACS and the Marketplace know"
        elif type(value) is not HACS_KEYS[key]:
            yield f"{key} is not of the type {HACS_KEYS[key].__name__}"
    if hacs.get("zip_release") and "filename" not in hacs:
        yield "zip_release needs filename"
    floor = re.search(
        r"^floor=(\S+)$", (ROOT / "scripts/setup").read_text("utf-8"), re.MULTILINE
    )
    if floor and hacs.get("homeassistant") != f"{floor[1]}.0":
        yield f"homeassistant is not {floor[1]}.0, the oldest that scripts/setup takes"
    folders = [p.name for p in INTEGRATION.parent.iterdir() if p.is_dir()]
    if [name for name in folders if name != "__pycache__"] != [DOMAIN]:
        yield f"custom_components has to hold {DOMAIN} and nothing else"
    for name in ("README.md", "LICENSE"):
        if not (ROOT / name).exists():
            yield f"{name} is missing from the repository"


def png_size(path: Path) -> tuple[int, int] | None:
    """Return a PNG file's width and height, none if it is no PNG file."""
    head = path.read_bytes()[:24]
    if not head.startswith(b"\x89PNG\r\n\x1a\n") or head[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def check_brand() -> Findings:
    """Check the images: which there are, and their sizes."""
    folder = INTEGRATION / "brand"
    if not (folder / "icon.png").exists():
        yield "icon.png is missing"
    for path in sorted(folder.glob("*")):
        size = png_size(path)
        plain = path.name.removeprefix("dark_")
        if size is None:
            yield f"{path.name} is not a PNG file"
        elif plain in ICONS:
            if size != (ICONS[plain], ICONS[plain]):
                yield f"{path.name} is {size}, not {ICONS[plain]} pixels square"
        elif plain in LOGOS:
            low, high = LOGOS[plain]
            if not low <= min(size) <= high:
                yield f"{path.name}: the shorter side of {size} is not {low} to {high}"
        else:
            yield f"{path.name} is not an image that Home Assistant asks for"


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Return all values of nested objects that are not objects, with their paths."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield ".".join(path), value


def check_texts() -> Findings:
    """Check the form of translated texts, in every language."""
    for path in sorted((INTEGRATION / "translations").glob("*")):
        try:
            texts = load(path)
        except ValueError as err:
            yield f"{path.name}: {err}"
            continue
        for key, text in leaves(texts):
            if not isinstance(text, str):
                yield f"{path.name}: {key} is not a text"
                continue
            for wrong, what in (
                (not text.strip(), "is empty"),
                (text != text.strip(), "has spaces around it"),
                (HTML.search(text), "contains HTML"),
                (URL.search(text), "contains an address; use a placeholder"),
                (QUOTED_PLACEHOLDER.search(text), "has a placeholder in quotes"),
                (REFERENCE.search(text), "refers to another text; only core may"),
            ):
                if wrong:
                    yield f"{path.name}: {key} {what}"


def check_services() -> Findings:
    """Check that registered services are described, named, and have icons."""
    source = "\n".join(
        path.read_text("utf-8") for path in sorted(INTEGRATION.rglob("*.py"))
    )
    path = INTEGRATION / "services.yaml"
    if not path.exists():
        if SERVICE_REGISTERED.search(source):
            yield "services are registered, but there is no services.yaml"
        return
    services: dict[str, Any] = yaml.safe_load(path.read_text("utf-8")) or {}
    texts = load(INTEGRATION / "translations/en.json").get("services", {})
    icons = load(INTEGRATION / "icons.json").get("services", {})
    for name, service in services.items():
        if not {"name", "description"} <= texts.get(name, {}).keys():
            yield f"{name} has no name or description in en.json"
        if not str(icons.get(name, {}).get("service", "")).startswith("mdi:"):
            yield f"{name} has no icon in icons.json"
        fields = dict((service or {}).get("fields") or {})
        for field, content in list(fields.items()):
            fields |= (content or {}).get("fields") or {}
            if "fields" in (content or {}):
                del fields[field]
        named = texts.get(name, {}).get("fields", {})
        for field in fields:
            if not {"name", "description"} <= named.get(field, {}).keys():
                yield f"{name}: {field} has no name or description in en.json"
    for name in texts.keys() - services.keys():
        yield f"{name} is named in en.json, but is not in services.yaml"


def check_icons() -> Findings:
    """Check the form of icons.json."""
    icons = load(INTEGRATION / "icons.json")
    for key in icons.keys() - ICON_SECTIONS:
        yield f"{key} is not a section of icons.json"
    for key, icon in leaves(icons):
        if not isinstance(icon, str) or not re.fullmatch(r"mdi:[a-z0-9-]+", icon):
            yield f"{key} is not the name of an icon"
    for platform, entities in icons.get("entity", {}).items():
        for key, entity in entities.items():
            where = f"entity.{platform}.{key}"
            known = {"default", "range", "state", "state_attributes"}
            for unknown in entity.keys() - known:
                yield f"{where}: {unknown} is not known"
            if {"range", "state"} <= entity.keys():
                yield f"{where} has icons both by range and by state"
            for state, icon in entity.get("state", {}).items():
                if icon == entity.get("default"):
                    yield f"{where}: {state} has the default icon; leave it out"


def check_repository() -> Findings:
    """Check that nothing is in the repository that ties it to a moment or a place."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for name in filter(None, listing.split("\0")):
        if LOCK_FILES.search(name):
            yield f"{name} is a lock file: dependencies are resolved afresh"
        path = ROOT / name
        if not path.is_file() or path.is_symlink():
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if match := INDEX_HOSTS.search(line):
                yield f"{name}:{number} names the host of a package index: {match[0]}"


CHECKS: dict[str, Callable[[], Findings]] = {
    "manifest.json": check_manifest,
    "requirements": check_requirements,
    "dependencies": check_dependencies,
    "HACS": check_hacs,
    "brand/": check_brand,
    "translations/": check_texts,
    "services.yaml": check_services,
    "icons.json": check_icons,
    "repository": check_repository,
}


def main() -> int:
    """Run all checks and print what they find."""
    found = 0
    for name, check in CHECKS.items():
        try:
            for finding in check():
                print(f"    {name}: {finding}", file=sys.stderr)
                found += 1
        except (OSError, ValueError, yaml.YAMLError) as err:
            print(f"    {name}: {err}", file=sys.stderr)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
