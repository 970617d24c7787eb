"""Which table serves a device."""

from collections.abc import Mapping
from typing import Final

from ..codec import NEW_GENERATION
from . import (
    Family,
    Model,
    Row,
    climate,
    delta2,
    delta_pro_ultra,
    first_generation,
    generators,
    new_generation,
    panels,
    power_banks,
    power_kit,
    powerocean,
    powerstream,
    shelly,
)


def _common_rows() -> tuple[Row, ...]:
    """Return the rows that can be right for any device: charge and powers."""
    keys = {"charge", "input_power", "output_power", "ac_input_power"}
    tables = (new_generation.ROWS, delta2.COMMON, first_generation.DELTA_ROWS)
    rows = (row for table in tables for row in table if row.key in keys)
    # Some stand in more than one of the tables.
    return tuple(dict.fromkeys(rows))


GENERIC: Final = Family("generic", _common_rows(), NEW_GENERATION)
UNKNOWN: Final = Model("EcoFlow device", (), GENERIC)
MODELS: Final[tuple[Model, ...]] = (
    *delta2.MODELS,
    *first_generation.MODELS,
    *new_generation.MODELS,
    *powerstream.MODELS,
    *delta_pro_ultra.MODELS,
    *climate.MODELS,
    *powerocean.MODELS,
    *panels.MODELS,
    *power_kit.MODELS,
    *generators.MODELS,
    *power_banks.MODELS,
    *shelly.MODELS,
    # Of these nothing but their names is known.
    Model("Blade", ("H101",), GENERIC),
    Model("Smart Generator", ("DGEB",), GENERIC),
)
_BY_PREFIX: Final[Mapping[str, Model]] = {
    prefix: model for model in MODELS for prefix in model.prefixes
}
_LONGEST: Final = max(map(len, _BY_PREFIX))
_BY_NAME: Final = {model.name.lower(): model for model in MODELS}


def model_of(serial: str, product: str | None = None) -> Model:
    """Return a device's model: by its serial number, else by the cloud's name."""
    for length in range(_LONGEST, 0, -1):
        if model := _BY_PREFIX.get(serial[:length]):
            return model
    if product and (model := _BY_NAME.get(" ".join(product.lower().split()))):
        return model
    return UNKNOWN
