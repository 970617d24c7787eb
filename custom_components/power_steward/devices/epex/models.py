"""What a source of prices answers, and what a zone's prices come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ...stewardship.price_series import PriceSeries, Slot, Statistics
from ...stewardship.windows import Window
from ..readings import DeviceReading, HubReading, PeriodTotal
from .zones import Days


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Prices per MWh that a source told; none if it has none for the days asked."""

    series: PriceSeries
    currency: str
    attribution: str | None = None
    rejected: tuple[str, ...] = ()
    """What could not be used, by its place in the answer."""


class Source(Protocol):
    """Whatever can be asked for prices; raises nothing but client errors."""

    @property
    def name(self) -> str:
        """The source's name in entries and slots."""

    async def fetch(self, days: Days) -> Answer:
        """Return what is known of some days; it may be more or less than those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that the chart shows; two that are equal look the same."""

    series: PriceSeries
    now: Slot | None
    cheap: tuple[Window, ...]
    clock: str
    """Name of the time zone that its hours are of."""
    unit: str
    scale: float
    """What makes prices per MWh prices in the unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneReading(DeviceReading):
    """A zone's prices, per MWh, at one moment; ``None`` is unknown."""

    market: Slot | None
    """The market's price now."""
    total: Slot | None
    """What the user pays now."""
    export: Slot | None
    """What the user is paid now."""
    next_market: Slot | None
    next_total: Slot | None
    today: Statistics | None
    tomorrow: Statistics | None
    rank: int | None
    """How many of today's slots are cheaper than now."""
    quantile: float | None
    below_average: bool | None
    tomorrow_available: bool
    cheap: bool | None
    windows: tuple[Window, ...]
    """The cheap windows of today and tomorrow, as far as prices are known."""
    volume_total: float | None
    """Energy traded today, where the source tells."""
    picture: Picture
    costs: Mapping[str, PeriodTotal | None] = field(default_factory=dict)
    """By energy sensor, what its energy has cost so far."""
    forecast: Sequence[Mapping[str, Any]] | None = None
    """All slots, for an attribute."""
    attribution: str | None = None
    """Whose prices they are, in the words of their licence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesReading(HubReading):
    """The state of the sources."""

    source: str | None
    """Whose price is shown now."""
    fetched: datetime | None
    """When prices last came in."""
    next_fetch: datetime | None
    """When a source is asked next."""
    attribution: str | None
    requests: int
    """Requests since the entry was loaded."""
