"""A reading of an EcoFlow device, and of the account that it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

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
    battery_low: ClassVar[bool | None] = None
    """No device says when its battery is about to end."""
    fault: ClassVar[bool | None] = None
    """Which of the error codes are faults is not known."""

    @property
    def on_battery(self) -> bool | None:
        """Whether the battery carries a load because mains is lost."""
        told = self.values.get("on_battery")
        return None if told is None else bool(told)
