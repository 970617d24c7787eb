"""The metrics of an EcoFlow exporter, and the series that take their place.

``python -m tests.devices.ecoflow.metrics`` writes the table into the page.
"""

from collections.abc import Mapping
from pathlib import Path
import re
from typing import Any, Final, NamedTuple

from custom_components.power_steward.devices.ecoflow.entities import entities_of
from custom_components.power_steward.devices.ecoflow.models import Row, inverted
from custom_components.power_steward.devices.ecoflow.models.quantities import (
    VALUES,
    Use,
    kind_of,
    split,
)
from custom_components.power_steward.devices.ecoflow.models.registry import (
    MODELS,
    UNKNOWN,
)
from homeassistant.util import slugify

from .tables import TEXTS, replaced, table

PAGE: Final = Path(__file__).parents[3] / "docs" / "prometheus.md"
_HEAD: Final = ("value", "series in Home Assistant", "metrics of the exporter")
_UNITS: Final = {"%": "percent", "°C": "celsius"}
_PER_UNIT: Final = {"min": 60, "kWh": 1000}
"""What one of these has of the unit that a row scales to."""


class Metric(NamedTuple):
    """What a metric of the exporter is in Home Assistant."""

    key: str
    factor: float
    """What makes the exporter's number of Home Assistant's; nan if none does."""


def name_of(wire: str) -> str:
    """Return what the exporter calls a value; its array indices are labels."""
    text = re.sub(r"[.\[\]]", "_", re.sub(r"\[\d+\]", "", wire))
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text)
    text = re.sub(r"([a-z\d])([A-Z])", r"\1_\2", text)
    return f"ecoflow_{re.sub(r'_+', '_', text).lower()}"


def _series(description: Any) -> str | None:
    """Return the series of an entity, whose station and number are left open."""
    domain = type(description).__module__.rpartition(".")[2]
    key = description.translation_key or description.key
    slug = slugify(re.sub(r"{\w+}", "NUMBER", TEXTS[domain][key]["name"]))
    entity = f"{domain}.<station>_{slug.replace('number', '<n>')}"
    if domain == "select":
        return None
    metric = f"{domain}_state"
    if domain in ("sensor", "number"):
        unit = _shown_unit(description)
        kind = description.device_class
        shown = _UNITS.get(unit or "", (unit or "").lower())
        if domain == "sensor" and kind is not None:
            metric = f"sensor_{kind}_{shown}"
        elif unit:
            metric = f"{domain}_{'unit' if domain == 'sensor' else 'state'}_{shown}"
    return f'`homeassistant_{metric}{{entity="{entity}"}}`'


def _shown_unit(description: Any) -> str | None:
    unit: str | None = (
        getattr(description, "suggested_unit_of_measurement", None)
        or description.native_unit_of_measurement
    )
    return unit


def _descriptions() -> Mapping[str, list[Any]]:
    """Return what values are shown as, by their keys without numbers of packs."""
    found: dict[str, dict[str, Any]] = {}
    for model in (*MODELS, UNKNOWN):
        for item in entities_of(model, developer=False):
            if split(item.key)[0] in VALUES and (series := _series(item)) is not None:
                found.setdefault(item.key, {}).setdefault(series, item)
    return {key: list(items.values()) for key, items in found.items()}


def _factor(row: Row, description: Any) -> float:
    unit = getattr(description, "native_unit_of_measurement", None)
    per_unit = _PER_UNIT.get(_shown_unit(description) or "", 1) if unit else 1
    return per_unit / row.scale


def metrics() -> Mapping[str, set[Metric]]:
    """Return what each metric of the exporter is, over all families."""
    found: dict[str, set[Metric]] = {}
    described = _descriptions()
    for model in (*MODELS, UNKNOWN):
        for row in model.family.rows:
            for item in described.get(row.key, ()):
                factor = -1.0 if row.take is inverted else _factor(row, item)
                found.setdefault(name_of(row.wire), set()).add(Metric(row.key, factor))
    return found


def _told(name: str, factor: float) -> str:
    if factor == -1:
        return f"`{name}` (1 is off)"
    return f"`{name}`" if factor == 1 else f"`{name}` (× {factor:.6g})"


def rows() -> str:
    """Return the table: a value, its series, and who stood for it."""
    by_value: dict[str, dict[str, None]] = {}
    for name, meanings in sorted(metrics().items()):
        for key, factor in sorted(meanings):
            told = by_value.setdefault(_stem(key), {})
            told[_told(name, factor)] = None
    series: dict[str, dict[str, None]] = {}
    for key, items in _descriptions().items():
        shown = series.setdefault(_stem(key), {})
        shown.update(dict.fromkeys(filter(None, map(_series, items))))
    return table(
        _HEAD,
        (
            (
                f"`{stem}`{' ¹' if kind_of(stem).use is Use.RARE else ''}",
                ", ".join(series[stem]),
                ", ".join(by_value[stem]),
            )
            for stem in VALUES
            if stem in by_value
        ),
    )


def _stem(key: str) -> str:
    return split(key)[0]


def written(page: str) -> str:
    """Return the page with its table as it has to be."""
    return replaced(page, rows())


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
