"""The families, their values and controls as the tables of the documentation.

``python -m tests.devices.ecoflow.tables`` writes them into the page.
"""

from collections.abc import Iterable, Mapping
import json
from pathlib import Path
import re
from typing import Any

from custom_components import power_steward
from custom_components.power_steward.devices.ecoflow.entities import (
    CHOICES,
    entities_of,
)
from custom_components.power_steward.devices.ecoflow.models import Family
from custom_components.power_steward.devices.ecoflow.models.controls import Control
from custom_components.power_steward.devices.ecoflow.models.quantities import (
    VALUES,
    Quantity,
    Use,
    kind_of,
    named,
    split,
)
from custom_components.power_steward.devices.ecoflow.models.registry import (
    MODELS,
    UNKNOWN,
)

from .conftest import NAMES, seen

PAGE = Path(__file__).parents[3] / "docs" / "ecoflow.md"
TEXTS: Mapping[str, Any] = json.loads(
    Path(power_steward.__file__)
    .with_name("translations")
    .joinpath("en.json")
    .read_text()
)["entity"]
_UNITS = {
    Quantity.POWER: "W",
    Quantity.ENERGY: "kWh",
    Quantity.VOLTAGE: "V",
    Quantity.CURRENT: "A",
    Quantity.CHARGE_AMOUNT: "Ah",
    Quantity.TEMPERATURE: "°C",
    Quantity.FREQUENCY: "Hz",
    Quantity.PERCENTAGE: "%",
    Quantity.DURATION: "min",
    Quantity.COUNT: "",
    Quantity.SIGNAL: "dBm",
    Quantity.CODE: "code",
    Quantity.ON_OFF: "on, off",
}


def table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    titles = list(head)
    rows = [titles, *lines]
    first, *others = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join((first, f"|{'---|' * len(titles)}", *others))


def _families() -> dict[str, Family]:
    """Return the families by name, in the order of their models."""
    return {model.family.name: model.family for model in (*MODELS, UNKNOWN)}


def models() -> str:
    """Return the families, and which products are of them."""

    captured = {
        device.station().model.family.name
        for device in map(seen, NAMES)
        if device.source == "device"
    }

    def products(family: Family) -> str:
        named = (
            f"{model.name} ({', '.join(model.prefixes)})"
            if model.prefixes
            else model.name
            for model in MODELS
            if model.family is family
        )
        return ", ".join(named) or "any other"

    return table(
        ("family", "models (beginnings of their serial numbers)", "messages"),
        (
            (
                f"`{name}`" if name in captured else f"`{name}` ³",
                products(family),
                "binary" if family.layouts else "JSON",
            )
            for name, family in _families().items()
        ),
    )


def _keys(family: Family) -> dict[str, None]:
    """Return the values of a family, those of further packs with the first's."""
    found = [row.key for row in family.rows]
    found += [derived.key for derived in family.derived]
    return dict.fromkeys(split(key)[0] for key in found)


def _name(key: str) -> str:
    """Return what a value is called, which is the same wherever it is shown."""
    (name,) = {
        TEXTS[type(item).__module__.rpartition(".")[2]][key]["name"]
        for model in (*MODELS, UNKNOWN)
        for item in entities_of(model, developer=False)
        if (item.translation_key or item.key) == key
    }
    return re.sub(r"{\w+}", "…", name)


def values() -> str:
    """Return all values, in the order of their table, and who has them."""
    families = {name: _keys(family) for name, family in _families().items()}

    def line(key: str) -> tuple[str, ...]:
        kind = kind_of(key)
        rare = " ¹" if kind.use is Use.RARE else ""
        holders = [f"`{name}`" for name, keys in families.items() if key in keys]
        return (
            f"{_name(key)}{rare}",
            f"`{key}`, `{key}_of_pack`" if _has_packs(key) else f"`{key}`",
            _UNITS[kind.quantity],
            ", ".join(holders),
        )

    used = [key for key in VALUES if any(key in keys for keys in families.values())]
    return table(("value", "key", "unit", "families"), map(line, used))


def _has_packs(key: str) -> bool:
    return any(
        named(row.key)[0] == f"{key}_of_pack"
        for family in _families().values()
        for row in family.rows
    )


def controls() -> str:
    """Return all controls, what they can be set to, and for which models."""
    found: dict[str, dict[tuple[str, bool], list[str]]] = {}
    for model in MODELS:
        for control in model.controls:
            way = (_range(control), control.for_developers)
            found.setdefault(control.key, {}).setdefault(way, []).append(model.name)
    return table(
        ("control", "key", "values", "models"),
        (
            (
                _name(key),
                f"`{key}`",
                values if for_developers else f"{values} ²",
                ", ".join(names),
            )
            for key in VALUES
            if key in found
            for (values, for_developers), names in found[key].items()
        ),
    )


def _range(control: Control) -> str:
    quantity = kind_of(control.key).quantity
    if quantity is Quantity.ON_OFF:
        return "on, off"
    if control.options:
        states = TEXTS["select"][control.key]["state"]
        return ", ".join(
            states[CHOICES[control.key][option]] for option in control.options
        )
    return f"{control.low:g} to {control.high:g} {_UNITS[quantity]}".strip()


def replaced(page: str, *tables: str) -> str:
    """Return a page with its tables, known by their heads, as they have to be."""
    for now in tables:
        head = now.partition("\n")[0]
        before, found, rest = page.partition(f"{head}\n")
        assert found, f"the page has no table {head}"
        lines = rest.split("\n")
        after = next(n for n, line in enumerate(lines) if not line.startswith("|"))
        page = "\n".join((before + now, *lines[after:]))
    return page


def written(page: str) -> str:
    """Return the page of the device type as it has to be."""
    return replaced(page, models(), values(), controls())


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
