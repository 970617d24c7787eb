"""The rules of the house, held against the source of every room there is."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
import json
from pathlib import Path
import re
import subprocess
import sys
from typing import Any, Final

import pytest

from custom_components import power_steward
from custom_components.power_steward.devices import DeviceType, errors
from homeassistant.const import Platform

from .texts import assert_same

HOUSE: Final = power_steward.__name__
ROOT: Final = Path(power_steward.__file__).parent
TYPES: Final = {
    folder.parent.name for folder in ROOT.glob("devices/*/__init__.py")
}  # found, not listed: whoever moves in is under the rules

ROOMS: Final = {"client", "models", "coordinator", "entities", "flow"}
"""The modules that every device type has."""
PURE: Final = re.compile(
    r"devices(\.\w+)?|devices\.\w+\.(client|models|codec(\.\w+)?)|stewardship(\.\w+)*"
)
"""Modules that know no Home Assistant."""

FORBIDDEN: Final = {
    "only the executor touches files": (
        r"(.*\.)?(open|(read|write)_(text|bytes)|iterdir|r?glob|mkdir|rmdir|touch|unlink)"
        r"\(\)|(os|shutil)\.(listdir|makedirs|mkdir|remove|rename|replace|scandir)\(\)"
    ),
    "only aiohttp touches the network": (
        r"import (requests|httpx|urllib3|urllib\.request|http\.client|socket|serial)\b.*"
    ),
    "nobody holds up the event loop": r"(import )?time\.sleep",
    "Home Assistant's sessions are shared": r"(.*\.)?ClientSession\(\)",
    "answers have a longest length": r"(response|answer)\.(read|json|text)\(\)",
    "an entry's things are in its runtime data": r"(.*\.)?hass\.data",
    "icons are in icons.json": r"(.*\.)?_attr_icon|icon=",
    "clocks are passed in": (
        r"((.*\.)?datetime\.(now|today|utcnow)|(.*\.)?dt_util\.(now|utcnow)|"
        r"(import )?time\.(monotonic|perf_counter|time)(_ns)?|(.*\.)?loop\.time)(\(\))?"
    ),
}
"""Rules, and what of ``names`` breaks them."""
CLOCK: Final = f"{HOUSE}.devices.clock"
EXEMPT: Final = {
    ("clocks are passed in", CLOCK),
    # The one module whose every function belongs into the executor.
    ("only the executor touches files", f"{HOUSE}.devices.rapl.files"),
}


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the integration."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join((HOUSE, *(part for part in parts if part != "__init__")))


FILES: Final = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


@cache
def tree(module: str) -> ast.Module:
    """Return a module of the integration, parsed."""
    return ast.parse(FILES[module].read_text())


def room(module: str) -> str:
    """Return a module's name inside the house."""
    return module.removeprefix(HOUSE).lstrip(".")


# Who imports whom


def imports(module: str, source: ast.AST) -> Iterator[str]:
    """Find what a module imports: modules, and names that may be modules too."""
    package = module.split(".")
    if module in FILES and FILES[module].stem != "__init__":
        package.pop()
    for node in ast.walk(source):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=origin, names=names, level=level):
                base = package[: len(package) - level + 1] if level else []
                base += [origin] if origin else []
                yield ".".join(base)
                yield from (".".join((*base, alias.name)) for alias in names)


def needed(module: str) -> set[str]:
    """Return what importing a module imports, the house's own packages included."""
    direct = set(imports(module, tree(module)))
    parents = {
        ".".join(parts[:length])
        for parts in (name.split(".") for name in (module, *direct))
        if parts[: HOUSE.count(".") + 1] == HOUSE.split(".")
        for length in range(HOUSE.count(".") + 2, len(parts))
    }
    return direct | parents


def reached(module: str) -> set[str]:
    """Return all that a module imports, directly or through the house's others."""
    found: set[str] = set()
    new = {module}
    while new:
        found |= new
        new = {n for m in new if m in FILES for n in needed(m)} - found
    return found - {module}


def of(name: str, packages: Iterable[str]) -> bool:
    """Return whether a name is one of these packages, or in one of them."""
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def test_pure_rooms() -> None:
    """Clients, models, codecs and arithmetic know no Home Assistant, nor who does."""
    pure = [module for module in FILES if PURE.fullmatch(room(module))]
    assert len(pure) >= 2 + 3 * len(TYPES)
    for module in pure:
        impure = {name for name in reached(module) if of(name, ["homeassistant"])}
        assert not impure, f"{room(module)} imports {impure}"


def test_types_are_strangers() -> None:
    """No device type imports another, directly or through anything."""
    folders = {name: f"{HOUSE}.devices.{name}" for name in TYPES}
    for module in FILES:
        for name, folder in folders.items():
            others = [other for other in folders.values() if other != folder]
            if of(module, [folder]):
                known = {other for other in reached(module) if of(other, others)}
                assert not known, f"{name} imports {known}"


def outside() -> list[str]:
    """Return the modules that Home Assistant loads for any entry, or for none."""
    folders = [f"{HOUSE}.devices.{name}" for name in TYPES]
    return [module for module in FILES if not of(module, folders)]


def test_types_are_loaded_when_needed() -> None:
    """Without an entry of a type, Home Assistant has no more of it than its steps need.

    The package itself needs none at all.
    """
    folders = [f"{HOUSE}.devices.{name}" for name in TYPES]
    assert not [name for name in reached(HOUSE) if of(name, folders)]
    for_flows = reached(f"{HOUSE}.config_flow")
    late = [
        f"{folder}.{module}"
        for folder in folders
        for module in ("coordinator", "entities")
    ]
    assert for_flows.isdisjoint(late)


def test_what_is_loaded() -> None:
    """Home Assistant without an EcoFlow entry has neither its tables nor MQTT."""
    others = [
        f"{HOUSE}.devices.{name}.coordinator" for name in TYPES if name != "ecoflow"
    ]
    script = f"""
from importlib import import_module
import sys
for name in {[*outside(), *others]!r}:
    import_module(name)
print(*sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = done.stdout.split()
    assert f"{HOUSE}.config_flow" in loaded
    assert f"{HOUSE}.devices.must.coordinator" in loaded
    ecoflow = f"{HOUSE}.devices.ecoflow"
    assert {name for name in loaded if of(name, [ecoflow])} == {
        ecoflow,
        *(
            f"{ecoflow}.{name}"
            for name in ("answers", "client", "const", "flow", "signature")
        ),
    }
    assert not [
        name for name in loaded if of(name, ["aiomqtt", "paho", "google.protobuf"])
    ]


def test_rooms() -> None:
    """Every device type is in the menu, and has the same rooms."""
    assert_same("DeviceType in devices/__init__.py", DeviceType, TYPES)
    for name in TYPES:
        missing = {
            room for room in ROOMS if f"{HOUSE}.devices.{name}.{room}" not in FILES
        }
        assert not missing, f"{name} lacks {missing}"


@pytest.mark.parametrize("device_type", sorted(TYPES))
def test_what_comes_with_a_type(device_type: str) -> None:
    """Every device type has its simulator, tests, wire, demo and page."""
    missing = [
        path
        for path in (
            f"docs/{device_type}.md",
            f"tests/devices/{device_type}/test_flow.py",
            f"tests/e2e/demo_types/{device_type}.py",
            f"tests/fuzz/wires/{device_type}.py",
            f"tests/simulators/{device_type}/__init__.py",
        )
        if not (ROOT.parents[1] / path).exists()
    ]
    assert not missing


def test_imports_are_found() -> None:
    """Relative or not, an import is found, and so is what it leads to."""
    client = f"{HOUSE}.devices.winpower.client"
    source = ast.parse("import a.b\nfrom . import codec\nfrom ..errors import E")
    assert set(imports(client, source)) == {
        "a.b",
        f"{HOUSE}.devices.winpower",
        f"{HOUSE}.devices.winpower.codec",
        f"{HOUSE}.devices.errors",
        f"{HOUSE}.devices.errors.E",
    }
    assert f"{HOUSE}.devices.readings" in reached(client)
    assert f"{HOUSE}.devices" in reached(client)
    assert HOUSE not in reached(client)
    assert "homeassistant.const" in reached(f"{HOUSE}.devices.winpower.coordinator")


# What nobody does


def dotted(node: ast.expr) -> str:
    """Return a chain of attributes as it is written, whatever it begins with."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{dotted(value)}.{name}"
    return ""


def names(module: str, source: ast.AST) -> Iterator[tuple[str, int]]:
    """Find the names in a module and their lines: used, called, given, imported."""
    for node in ast.walk(source):
        match node:
            case ast.Name() | ast.Attribute():
                yield dotted(node), node.lineno
            case ast.Call(func=called):
                yield f"{dotted(called)}()", node.lineno
            case ast.keyword(arg=str(name)):
                yield f"{name}=", node.lineno
            case ast.Import() | ast.ImportFrom():
                yield from (
                    (f"import {name}", node.lineno) for name in imports(module, node)
                )


def broken(rule: str, module: str, source: ast.AST) -> list[str]:
    """Return where a module breaks a rule."""
    return [
        f"{room(module)}:{line}: {name}"
        for name, line in names(module, source)
        if re.fullmatch(FORBIDDEN[rule], name)
    ]


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_forbidden(rule: str) -> None:
    """Nobody in the house does what nobody may."""
    for module in FILES:
        if (rule, module) not in EXEMPT:
            assert not broken(rule, module, tree(module))


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("with open(name) as file: ...", ["only the executor touches files"]),
        ("Path(name).read_text()", ["only the executor touches files"]),
        ("self._path.write_bytes(b'')", ["only the executor touches files"]),
        ("os.replace(a, b)", ["only the executor touches files"]),
        ("await run(path.read_text)", []),
        ("replace(reading, energy=1)", []),
        ("text.replace('a', 'b')", []),
        ("import requests", ["only aiohttp touches the network"]),
        ("from urllib.request import urlopen", ["only aiohttp touches the network"]),
        ("from http import HTTPStatus", []),
        ("from ..http import parsed", []),
        ("time.sleep(1)", ["nobody holds up the event loop"]),
        ("from time import sleep", ["nobody holds up the event loop"]),
        ("await asyncio.sleep(1)", []),
        ("aiohttp.ClientSession()", ["Home Assistant's sessions are shared"]),
        ("session: aiohttp.ClientSession", []),
        ("await response.json()", ["answers have a longest length"]),
        ("await response.read()", ["answers have a longest length"]),
        ("self.hass.data[DOMAIN]", ["an entry's things are in its runtime data"]),
        ("hass.data.setdefault(1)", ["an entry's things are in its runtime data"]),
        ("self.data = {}", []),
        ("_attr_icon = 'mdi:a'", ["icons are in icons.json"]),
        ("Description(icon='mdi:a')", ["icons are in icons.json"]),
        ("datetime.datetime.now(UTC)", ["clocks are passed in"]),
        ("field(default_factory=time.monotonic)", ["clocks are passed in"]),
        ("from time import monotonic", ["clocks are passed in"]),
        ("hass.loop.time()", ["clocks are passed in"]),
        ("clock.monotonic()", []),
    ],
)
def test_rules_bite(source: str, rules: list[str]) -> None:
    """Each rule finds what it is about, and nothing else."""
    module = f"{HOUSE}.devices.winpower.client"
    found = [rule for rule in FORBIDDEN if broken(rule, module, ast.parse(source))]
    assert found == rules


def test_parallel_updates() -> None:
    """Every platform says how many of its entities may act at once."""
    platforms = {HOUSE + "." + platform for platform in Platform} & FILES.keys()
    assert platforms
    for module in platforms:
        targets = {
            dotted(target)
            for node in tree(module).body
            if isinstance(node, ast.Assign)
            for target in node.targets
        }
        assert "PARALLEL_UPDATES" in targets, room(module)


# Errors and their texts


ERRORS: Final = {
    name: error
    for name, error in vars(errors).items()
    if isinstance(error, type) and issubclass(error, errors.ClientError)
}


def test_clients_raise_client_errors() -> None:
    """What speaks the wire raises the errors of the house and nothing else."""
    for module in FILES:
        if not PURE.fullmatch(room(module)) or not room(module).startswith("devices"):
            continue
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.Raise) and node.exc is not None:
                exc = node.exc
                error = dotted(exc.func if isinstance(exc, ast.Call) else exc)
                again = error.islower()  # a variable, for what was raised before
                assert again or error in ERRORS, f"{room(module)}:{node.lineno}"


def keys(module: str, value: ast.expr) -> set[str]:
    """Return the translation keys that an expression may stand for.

    A module that reports issues by a variable lists them all as ``ISSUES``.
    """
    match value:
        case ast.Name(id="key"):
            issues: frozenset[str] = import_module(module).ISSUES
            return set(issues)
        case ast.Constant(value=str(key)):
            return {key}
        case ast.Attribute(value=ast.Name(id=name), attr="key") if name in ERRORS:
            return {ERRORS[name].key}
        case ast.Attribute(attr="key"):
            return {error.key for error in ERRORS.values() if hasattr(error, "key")}
    pytest.fail(f"cannot tell which key this is: {ast.unparse(value)}")


def test_translated_errors() -> None:
    """What is raised or reported with a translation key has its text."""
    texts: dict[str, Any] = json.loads((ROOT / "translations/en.json").read_text())
    wanted: dict[str, set[str]] = {
        "exceptions": {error.key for error in ERRORS.values() if hasattr(error, "key")},
        "issues": set(),
    }
    for module in FILES:
        for node in ast.walk(tree(module)):
            if not isinstance(node, ast.Call):
                continue
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            issue = dotted(node.func).endswith("async_create_issue")
            if "translation_key" in given and (issue or "translation_domain" in given):
                wanted["issues" if issue else "exceptions"] |= keys(
                    module, given["translation_key"]
                )
    for section, those in wanted.items():
        assert those == texts[section].keys(), section


ELSEWHERE: Final = {
    # commands
    *("limit_locked", "not_armed", "not_confirmed", "not_on_battery", "not_permitted"),
    "value_impossible",
    # flows
    *("line_settings_differ", "model_unsupported"),
}
"""Errors that do not end polls."""
ON_THE_SIDE: Final = {"devices.rapl.kubernetes"}
"""Modules whose errors a poll outlives."""


@pytest.mark.parametrize("device_type", sorted(TYPES))
def test_last_failure(device_type: str) -> None:
    """The sensor of the last failure offers what can end a poll of its type."""
    raised: set[str] = set()
    for module in FILES:
        own = room(module).startswith(f"devices.{device_type}.")
        if not own or room(module) in ON_THE_SIDE:
            continue
        raised |= called_errors(module)
        if f"{HOUSE}.devices.http" in needed(module):
            raised |= called_errors(f"{HOUSE}.devices.http")
    entities = import_module(f"{HOUSE}.devices.{device_type}.entities")
    (sensor,) = (
        item
        for table in vars(entities).values()
        if isinstance(table, tuple)
        for item in table
        if getattr(item, "key", "") == "last_failure"
    )
    always = {"none", "cannot_connect", "invalid_answer", "request_refused"}
    assert_same(
        f"{device_type}/entities.py: what hub_entities() offers",
        sensor.options,
        always | raised - ELSEWHERE,
    )


def called_errors(module: str) -> set[str]:
    """Return the keys of the errors that a module makes."""
    return {
        ERRORS[dotted(node.func)].key
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and dotted(node.func) in ERRORS
    }
