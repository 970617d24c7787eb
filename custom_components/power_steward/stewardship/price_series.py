"""Prices in time: slots as half-open intervals in UTC, exact to the edge.

A series never holds two prices for one moment, and never a price that nobody told: a
slot that is missing is absent. Slots of 15, 30 and 60 minutes may be mixed.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from itertools import accumulate, islice, pairwise
import math
from statistics import median
from typing import Final, NamedTuple, overload, override

WIDTHS: Final = (timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1))
"""The lengths of slots that day-ahead markets know."""

_MICRO: Final = 1_000_000


class Span(NamedTuple):
    """A time from a start up to, but without, an end."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    def has(self, moment: datetime) -> bool:
        """Return whether a moment lies in it."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Slot:
    """A price per MWh and the time it holds for."""

    start: datetime
    end: datetime
    price: float
    source: str = ""
    volume: float | None = None
    """Energy traded in the slot in MWh."""

    @property
    def width(self) -> timedelta:
        """How long the price holds."""
        return self.end - self.start

    def cut(self, start: datetime, end: datetime) -> Slot:
        """Return the part of it from a start to an end that lie in it."""
        if start <= self.start and end >= self.end:
            return self
        start, end = max(start, self.start), min(end, self.end)
        volume = self.volume
        if volume is not None:
            volume *= (end - start) / self.width
        return Slot(start, end, self.price, self.source, volume)


class Overlap(ValueError):
    """Two prices were given for one moment."""


class Integrals(NamedTuple):
    """A series for searches: whole seconds, whole millionths, running sums."""

    starts: list[int]
    ends: list[int]
    prices: list[int]
    """Millionths of the currency per MWh."""
    sums: list[int]
    """Price times seconds over all slots before each slot, and over all at the end."""


class PriceSeries(Sequence[Slot]):
    """Slots in the order of time, none over another; it never changes."""

    def __init__(self, slots: Iterable[Slot] = ()) -> None:
        """Take slots in any order; one that is given twice alike counts once."""
        ordered = sorted(slots, key=lambda slot: slot.start)
        kept: list[Slot] = []
        for slot in ordered:
            if kept and slot.start < kept[-1].end:
                if (slot.start, slot.end, slot.price) != (
                    kept[-1].start,
                    kept[-1].end,
                    kept[-1].price,
                ):
                    raise Overlap(f"two prices at {slot.start.isoformat()}")
                continue
            kept.append(slot)
        self._slots = tuple(kept)
        self._starts = [slot.start for slot in kept]

    @overload
    def __getitem__(self, index: int) -> Slot: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Slot]: ...
    @override
    def __getitem__(self, index: int | slice) -> Slot | Sequence[Slot]:
        """Return a slot by its place, or several."""
        return self._slots[index]

    @override
    def __len__(self) -> int:
        """Return the number of slots."""
        return len(self._slots)

    @override
    def __iter__(self) -> Iterator[Slot]:
        """Go through the slots."""
        return iter(self._slots)

    @override
    def __eq__(self, other: object) -> bool:
        """Compare by slots."""
        return isinstance(other, PriceSeries) and self._slots == other._slots

    @override
    def __hash__(self) -> int:
        """Agree with the comparison."""
        return hash(self._slots)

    @override
    def __repr__(self) -> str:
        """Show the slots."""
        return f"PriceSeries({list(self._slots)!r})"

    def at(self, moment: datetime) -> Slot | None:
        """Return the slot that a moment lies in."""
        index = bisect_right(self._starts, moment) - 1
        if index < 0 or moment >= self._slots[index].end:
            return None
        return self._slots[index]

    def after(self, moment: datetime) -> Slot | None:
        """Return the first slot that begins after a moment."""
        index = bisect_right(self._starts, moment)
        return self._slots[index] if index < len(self._slots) else None

    def within(self, span: Span) -> PriceSeries:
        """Return what lies in a span; slots over its ends are cut."""
        if not self or (span.start <= self._starts[0] and self[-1].end <= span.end):
            return self
        first = bisect_right(self._starts, span.start) - 1
        slots = []
        for slot in islice(self._slots, max(first, 0), None):
            if slot.start >= span.end:
                break
            if slot.end > span.start:
                slots.append(slot.cut(*span))
        return PriceSeries(slots)

    def over(self, other: PriceSeries) -> PriceSeries:
        """Return all of this, and of another series what this one does not say."""
        if not other:
            return self
        if not self:
            return other
        slots = list(self._slots)
        for gap in self._gaps(Span(other[0].start, other[-1].end)):
            slots += other.within(gap)
        return PriceSeries(slots)

    def with_source(self, source: str) -> PriceSeries:
        """Return the series with a source named for every slot."""
        return PriceSeries(replace(slot, source=source) for slot in self._slots)

    def _gaps(self, span: Span) -> Iterator[Span]:
        """Return the parts of a span for which there is no price."""
        start = span.start
        first = max(bisect_right(self._starts, start) - 1, 0)
        for slot in islice(self._slots, first, None):
            if slot.start >= span.end:
                break
            if slot.start > start:
                yield Span(start, slot.start)
            start = max(start, slot.end)
        if start < span.end:
            yield Span(start, span.end)

    def missing(self, span: Span) -> timedelta:
        """Return for how much of a span there is no price."""
        return sum((gap.length for gap in self._gaps(span)), timedelta())

    def covers(self, span: Span) -> bool:
        """Return whether there is a price for every moment of a span."""
        return next(self._gaps(span), None) is None

    def resampled(self, width: timedelta) -> PriceSeries:
        """Return slots of one width, on the clock's multiples of it in UTC.

        A wider slot's price is the mean over its time, a narrower slot's a copy. Of a
        wider slot that is known in part only, nothing is said.
        """
        slots: list[Slot] = []
        bucket: list[Slot] = []
        for piece in self._pieces(width):
            if bucket and _aligned(bucket[0].start, width) != _aligned(
                piece.start, width
            ):
                slots += _mean_of(bucket, width)
                bucket = []
            bucket.append(piece)
        slots += _mean_of(bucket, width)
        return PriceSeries(slots)

    def _pieces(self, width: timedelta) -> Iterator[Slot]:
        """Return the slots, cut at the multiples of a width."""
        for slot in self._slots:
            start = slot.start
            while start < slot.end:
                end = min(_aligned(start, width) + width, slot.end)
                yield slot.cut(start, end)
                start = end

    @cached_property
    def integrals(self) -> Integrals:
        """The series for searches."""
        starts = [int(slot.start.timestamp()) for slot in self._slots]
        ends = [int(slot.end.timestamp()) for slot in self._slots]
        prices = [round(slot.price * _MICRO) for slot in self._slots]
        costs = (
            price * (end - start)
            for start, end, price in zip(starts, ends, prices, strict=True)
        )
        return Integrals(starts, ends, prices, list(accumulate(costs, initial=0)))

    @cached_property
    def has_one_width(self) -> bool:
        """Whether all slots are of one length."""
        return all(a.width == b.width for a, b in pairwise(self._slots))


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the prices of a span come to."""

    lowest: Slot
    highest: Slot
    average: float
    median: float

    def quantile(self, price: float) -> float:
        """Return where a price lies between the lowest (0) and the highest (1)."""
        spread = self.highest.price - self.lowest.price
        return (price - self.lowest.price) / spread if spread else 0.0


def statistics(series: PriceSeries) -> Statistics | None:
    """Return the statistics of a series; of equal slots, the earliest counts."""
    if not series:
        return None
    seconds = [slot.width.total_seconds() for slot in series]
    prices = [slot.price for slot in series]
    equal = series if series.has_one_width else series.resampled(WIDTHS[0])
    return Statistics(
        lowest=min(series, key=lambda slot: slot.price),
        highest=max(series, key=lambda slot: slot.price),
        average=math.sumprod(prices, seconds) / math.fsum(seconds),
        median=median(slot.price for slot in equal),
    )


def rank(series: PriceSeries, price: float) -> int:
    """Return how many slots are cheaper than a price."""
    return sum(slot.price < price for slot in series)


def local_day(day: date, zone: tzinfo) -> Span:
    """Return a day of a time zone: 23, 24 or 25 hours."""
    return Span(
        datetime.combine(day, time(), zone).astimezone(UTC),
        datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC),
    )


def slots_in(span: Span, width: timedelta) -> int:
    """Return how many slots of a width a span holds when it is complete."""
    return span.length // width


def _aligned(moment: datetime, width: timedelta) -> datetime:
    seconds = int(width.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def _mean_of(pieces: Sequence[Slot], width: timedelta) -> list[Slot]:
    """Return the slot that pieces make up, none if they leave gaps."""
    seconds = [piece.width.total_seconds() for piece in pieces]
    if math.fsum(seconds) != width.total_seconds():
        return []
    prices = [piece.price for piece in pieces]
    volumes = [piece.volume for piece in pieces if piece.volume is not None]
    alike = all(price == prices[0] for price in prices)
    return [
        Slot(
            pieces[0].start,
            pieces[-1].end,
            prices[0] if alike else math.sumprod(prices, seconds) / math.fsum(seconds),
            pieces[0].source,
            math.fsum(volumes) if len(volumes) == len(pieces) else None,
        )
    ]
