"""What all readings have in common.

A reading holds one device's values at one moment, in SI units and UTC; a value
that was not reported is ``None``. Readings compare by value, so that a reading
which says nothing new can be recognised.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from ..stewardship.outages import Summary

HUB: Final = "hub"
"""Device key of what a config entry speaks to: server, box, account, bus or host."""


class PeriodTotal(NamedTuple):
    """A total that the source itself began at zero at a moment, such as midnight."""

    value: float
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What a device is, as far as it tells; texts as reported, ``None`` if unknown."""

    name: str
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    sw_version: str | None = None
    configuration_url: str | None = None
    service: bool = False
    """Whether it is a service and no thing."""
    mac: str | None = None
    """Lower case, with colons."""
    part_of: str | None = None
    """Key of the device that this is a part of, without a life of its own."""
    translation_key: str | None = None
    """Name in the translations, for what has no name of its own."""
    translation_placeholders: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReading:
    """One device's values at one moment."""

    facts: DeviceFacts
    available: bool = True
    """Whether the source vouches for the values now."""
    rejected: tuple[str, ...] = ()
    """Wire names of values that were reported but cannot be true or read."""
    energy: Mapping[str, float] = field(default_factory=dict)
    """Counted energy by channel, in Wh, as far as it is safely on disk."""
    outages: Summary | None = None
    """Its outages, once it has told whether its battery carries the load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubReading(DeviceReading):
    """The state of the connection itself, known also while it is down."""

    connected: bool
    last_success: datetime | None
    response_time: float | None
    """Seconds that the last complete answer took."""
    device_count: int | None
    """Devices in the last answer, ``None`` while there is none."""
    polls: int
    """Attempts to read since the entry was loaded."""
    failures: int
    """Attempts since the entry was loaded that brought no readings."""
    last_failure: str | None
    """The key of the newest failure's error."""
    rejected_values: int
    """Values turned down as unreadable or impossible since the entry was loaded."""
