"""A reading of an EcoFlow device, and of the account that it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...readings import DeviceReading
from .quantities import Number


@dataclass(frozen=True, slots=True, kw_only=True)
class StationReading(DeviceReading):
    """One device: its values by their keys (see ``models.quantities``)."""

    serial: str
    values: Mapping[str, Number | None]
    """A key that is missing was never reported; ``None`` is unknown."""
    others: Mapping[str, Number] = field(default_factory=dict)
    """Numbers of a device of an unknown model, by wire name."""
