"""What the kernel's powercap tree tells (RAPL protocol, section 1).

Powers are in W, but limits in whole microwatts as the kernel has them: whether a limit
was taken as written is a question of its last digits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from ...stewardship.bounds import Bounds, Microwatts
from ...stewardship.capping import Mode, Reason
from ..readings import DeviceReading, HubReading

LONG_TERM: Final = "long_term"
SHORT_TERM: Final = "short_term"
PEAK_POWER: Final = "peak_power"
ENABLED: Final = "enabled"
"""Whether a zone's limits are enforced: 1 or 0, kept and restored as a limit is."""

MAIN_TYPE: Final = "intel-rapl"
"""The control type of the processor's own registers; also AMD's."""

type Folder = tuple[str, ...]
"""A folder by the names that lead to it from the root of the tree."""


class Access(StrEnum):
    """What the tree lets us do (section 1.8)."""

    CONTROLLABLE = "controllable"
    READ_ONLY_LIMITS = "read_only_limits"
    MONITOR_ONLY = "monitor_only"
    NO_ZONES = "no_zones"
    MASKED = "masked"
    MISSING = "missing"
    UNSAFE = "unsafe"


class Constraint(NamedTuple):
    """A limit that a zone has; what is fixed of it."""

    number: int
    name: str
    window: int | None
    """Averaging time in µs."""
    maximum: Microwatts | None
    """Informational; may be lower than the limit in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A power domain; what is fixed of it."""

    key: str
    """Its identity: names, which outlast a change of the kernel's numbers."""
    folder: Folder
    name: str
    range: int | None
    """Where the energy counter starts again, in µJ."""
    constraints: Mapping[str, Constraint]
    twin: Folder | None = None
    """The same package through a memory-mapped window."""
    twin_constraints: Mapping[str, Constraint] = field(default_factory=dict)

    @property
    def is_package(self) -> bool:
        """Whether it is a processor package: the only kind that we ever limit."""
        return (
            len(self.folder) == 2
            and self.folder[0] == MAIN_TYPE
            and self.name.startswith("package")
        )


class Tree(NamedTuple):
    """What was found below the root."""

    access: Access
    zones: tuple[Zone, ...] = ()
    boot: str | None = None
    """The id of the host's present run."""
    energy_refused: bool = False
    """Whether the counters exist and may not be read."""
    refused: int | None = None
    """Error number of the attempt to open a limit for writing."""


class Endurance(NamedTuple):
    """How long the battery lasts that the host is on, in s, and the cap for a time, in W."""

    present: float | None
    at_floor: float | None
    cap: float | None


class Limit(NamedTuple):
    """A limit as it stands."""

    value: Microwatts | None
    window: int | None = None
    maximum: Microwatts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What the policy makes of a package."""

    bounds: Bounds
    target: Microwatts
    goal: Microwatts
    reason: Reason
    next_change: datetime | None
    saved: float | None
    """Estimate of the power saved now in W."""
    last_write: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneReading(DeviceReading):
    """One zone."""

    zone: Zone
    power: float | None
    """Mean over the time since the last reading, in W."""
    counted: int | None = field(default=None, compare=False)
    """Energy since the last reading in µJ."""
    enabled: bool | None = None
    limits: Mapping[str, Limit] = field(default_factory=dict)
    twin_limit: Microwatts | None = None
    """What the memory-mapped twin limits to, if it is lower."""
    locked: bool | None = None
    original: Microwatts | None = None
    burst_original: Microwatts | None = None
    settable: bool = False
    """Whether the user has agreed to limits being set at all."""
    writable: bool = False
    """Whether limits may be set: the tree allows it and the user has armed it."""
    control: Control | None = None

    @property
    def is_package(self) -> bool:
        """Whether it is a processor package."""
        return self.zone.is_package

    @property
    def effective(self) -> Microwatts | None:
        """The long-term limit that bites: the lower one of the twins."""
        limit = self.limits.get(LONG_TERM)
        known = [
            value
            for value in (limit and limit.value, self.twin_limit)
            if value is not None
        ]
        return min(known, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReading(HubReading):
    """The host, and what the user wants of it."""

    access: Access
    armed: bool | None
    """``None`` if the user never agreed to limits being written."""
    mode: Mode | None
    manual: Microwatts | None
    bounds: Bounds | None
    """Of the manual cap."""
    foreign_changes: int | None
    total_power: float | None
    """Of all packages in W; ``None`` while that of any is not known."""
    packages: int
    annotations_failed: bool | None = None
    follows_battery: bool = False
    """Whether the user chose batteries that the host is behind."""
    endurance: Endurance | None = None
    """Of the battery that the host is on, if one of ours is."""


def with_limit(
    reading: ZoneReading, name: str, value: Microwatts | None
) -> ZoneReading:
    """Return a reading with another value of a limit."""
    limit = reading.limits[name]._replace(value=value)
    return replace(reading, limits={**reading.limits, name: limit})
