"""Every family: its entities, and what each of its controls sends, to the byte."""

from collections.abc import Iterator
import json
from typing import Any, Final

import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.power_steward.devices.ecoflow.entities import entities_of
from custom_components.power_steward.devices.ecoflow.models import Model
from custom_components.power_steward.devices.ecoflow.models.controls import Control
from custom_components.power_steward.devices.ecoflow.models.quantities import (
    Quantity,
    kind_of,
)
from custom_components.power_steward.devices.ecoflow.models.reading import (
    StationReading,
)
from custom_components.power_steward.devices.ecoflow.models.registry import (
    MODELS,
    UNKNOWN,
)
from custom_components.power_steward.devices.ecoflow.unknown import others_of
from custom_components.power_steward.entity import StewardDescription

from .conftest import NAMES, seen

_NUMBER: Final = 999_912_345
_TRAITS: Final = (
    "native_unit_of_measurement",
    "device_class",
    "state_class",
    "entity_category",
    "options",
    "native_min_value",
    "native_max_value",
    "native_step",
)


def platform(description: StewardDescription[Any]) -> str:
    """Return the platform of an entity."""
    return type(description).__module__.rpartition(".")[2]


def told(way: StewardDescription[Any], other: StewardDescription[Any]) -> Iterator[str]:
    """Yield what is set of an entity besides its key and name, by either way in."""
    yield " or ".join(dict.fromkeys((platform(way), platform(other))))
    for name in _TRAITS:
        if (value := getattr(way, name, None)) is not None:
            yield f"{name.removeprefix('native_')} {value}"
    if not way.entity_registry_enabled_default:
        yield "disabled"


def all_of(
    model: Model, reading: StationReading, *, developer: bool
) -> tuple[StewardDescription[Any], ...]:
    """Return what a device may have, with what only its wire names are known of."""
    return (*entities_of(model, developer=developer), *others_of(reading))


def test_every_family() -> None:
    """Of each family there is at least one device."""
    families = {seen(name).station().model.family.name for name in NAMES}
    assert families == {model.family.name for model in (*MODELS, UNKNOWN)}


@pytest.mark.parametrize("name", NAMES)
def test_entities(name: str, snapshot: SnapshotAssertion) -> None:
    """What a device has, and what is shown of what it said."""
    station = seen(name).told()
    reading = station.reading(available=True)
    by_keys = {it.key: it for it in all_of(station.model, reading, developer=True)}
    assert {
        it.key: f"{it.value_fn(reading)}, {', '.join(told(it, by_keys[it.key]))}"
        for it in all_of(station.model, reading, developer=False)
        if it.exists(reading)
    } == snapshot


def extremes(control: Control) -> tuple[float | bool, ...]:
    """Return the least and the most that a control takes."""
    if kind_of(control.key).quantity is Quantity.ON_OFF:
        return (False, True)
    if control.options:
        return control.options[0], control.options[-1]
    return control.low, control.high


@pytest.mark.parametrize(
    "model", [it for it in MODELS if it.controls], ids=lambda model: model.name
)
def test_commands(model: Model, snapshot: SnapshotAssertion) -> None:
    """What each control of a model sends, the account's way and the developers'."""
    serial = f"{model.prefixes[0] if model.prefixes else 'TEST'}TEST00000001"
    sent = {}
    for control in model.controls:
        for value in extremes(control):
            command = control.build(value)
            payload = command.app(serial, _NUMBER)
            body = command.developer(serial)
            sent[f"{control.key} {value}"] = [
                payload.decode() if payload.startswith(b"{") else payload.hex(),
                None if body is None else json.dumps(body),
            ]
    assert sent == snapshot
