"""What each control of each family sends, to the byte."""

import json
from typing import Final

import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.power_steward.devices.ecoflow.models import Model
from custom_components.power_steward.devices.ecoflow.models.controls import Control
from custom_components.power_steward.devices.ecoflow.models.quantities import (
    Quantity,
    kind_of,
)
from custom_components.power_steward.devices.ecoflow.models.registry import MODELS

_NUMBER: Final = 999_912_345


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
