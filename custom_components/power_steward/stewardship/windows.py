"""The cheapest, or the dearest, hours of a series of prices.

All sums are of whole seconds and whole millionths, so that equal prices are equal; of
equally good windows, the earliest is taken.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
import math
from operator import eq
from typing import Final, NamedTuple

from .price_series import PriceSeries, Span

_MICRO: Final = 1_000_000
_NEVER: Final = math.inf


class Obstacle(StrEnum):
    """Why there is no window."""

    TOO_SHORT = "too_short"
    DATA_MISSING = "data_missing"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a window has to be like."""

    duration: timedelta
    earliest: datetime
    latest: datetime
    """It begins no earlier and ends no later."""
    contiguous: bool = True
    shortest_run: timedelta = timedelta()
    """How long each run is at least, if it may be split."""
    most_starts: int | None = None
    """How many runs there are at most, if it may be split."""
    limit: float | None = None
    """Highest price per MWh (lowest, of the dearest): of the window's mean, or of every
    slot if it may be split; then the window may turn out shorter."""
    dearest: bool = False


class Window(NamedTuple):
    """What was found: when to run, and the mean price per MWh."""

    runs: tuple[Span, ...]
    price: float

    @property
    def start(self) -> datetime:
        """When the first run starts."""
        return self.runs[0].start

    @property
    def end(self) -> datetime:
        """When the last run ends."""
        return self.runs[-1].end


def find(series: PriceSeries, wish: Wish) -> Window | Obstacle:
    """Return the best window, or what stands in the way of any."""
    # Whole seconds, inward
    first = math.ceil(wish.earliest.timestamp())
    last = math.floor(wish.latest.timestamp())
    length = math.ceil(wish.duration.total_seconds())
    if length <= 0 or last - first < length:
        return Obstacle.TOO_SHORT
    search = _Search(series, first, last, wish)
    if not search.is_covered():
        return Obstacle.DATA_MISSING
    runs: list[tuple[int, int]] | None
    if wish.contiguous:
        runs = search.contiguous(length)
    elif wish.shortest_run <= timedelta() and wish.most_starts is None:
        runs = search.split(length)
    else:
        runs = search.split_in_runs(length)
    if runs is None:
        return Obstacle.TOO_SHORT
    if not runs:
        return Obstacle.LIMIT
    return search.window(runs)


class _Search:
    """A search in the seconds from ``first`` to ``last``; a run is a pair of seconds."""

    def __init__(self, series: PriceSeries, first: int, last: int, wish: Wish) -> None:
        self._starts, self._ends, self._prices, self._sums = series.integrals
        self._in_step = series.has_one_width
        self._first = first
        self._last = last
        self._sign = -1 if wish.dearest else 1
        self._wish = wish
        self._low = max(bisect_right(self._starts, first) - 1, 0)
        """Slots from this one"""
        self._high = bisect_left(self._starts, last)
        """to before this one lie in the search."""

    def is_covered(self) -> bool:
        low, high = self._low, self._high
        return (
            low < high
            and self._starts[low] <= self._first
            and self._ends[high - 1] >= self._last
            and all(map(eq, self._ends[low : high - 1], self._starts[low + 1 : high]))
        )

    def _sum_at(self, second: int) -> int:
        """Return price times seconds up to a second that a slot covers or ends at."""
        index = bisect_right(self._starts, second) - 1
        return self._sums[index] + self._prices[index] * (second - self._starts[index])

    def window(self, runs: Sequence[tuple[int, int]]) -> Window:
        cost = sum(self._sum_at(end) - self._sum_at(start) for start, end in runs)
        seconds = sum(end - start for start, end in runs)
        return Window(
            tuple(Span(_moment(start), _moment(end)) for start, end in runs),
            round(cost / seconds / _MICRO, 6),
        )

    # In one piece

    def contiguous(self, length: int) -> list[tuple[int, int]]:
        """Return the best window in one piece.

        The cost over the start is straight between the starts at which an end of the
        window meets an edge of a slot, so that only those starts need a look.
        """
        cost, start = min(self._candidates(length))
        limit = self._limit()
        if limit is not None and cost > limit * length:
            return []
        return [(start, start + length)]

    def _candidates(self, length: int) -> list[tuple[int, int]]:
        """Return cost and start of all windows that can be the best."""
        starts, prices, sums, sign = self._starts, self._prices, self._sums, self._sign
        earliest, latest = self._first, self._last - length
        candidates = [
            (sign * (self._sum_at(start + length) - self._sum_at(start)), start)
            for start in (earliest, latest)
        ]
        if self._in_step:
            return candidates + self._in_step_candidates(length)
        high = self._high
        ahead = self._low
        for index in range(self._low, high):
            start = starts[index]
            if start > latest:
                break
            if start < earliest:
                continue
            end = start + length
            while ahead + 1 < high and starts[ahead + 1] <= end:
                ahead += 1
            cost = sums[ahead] + prices[ahead] * (end - starts[ahead]) - sums[index]
            candidates.append((sign * cost, start))
        behind = self._low
        for index in range(self._low + 1, high):
            # A slot's end is the next slot's start.
            start = starts[index] - length
            if start < earliest:
                continue
            while starts[behind + 1] <= start:
                behind += 1
            cost = (
                sums[index] - sums[behind] - prices[behind] * (start - starts[behind])
            )
            candidates.append((sign * cost, start))
        return candidates

    def _in_step_candidates(self, length: int) -> list[tuple[int, int]]:
        """Return the windows that begin or end with a slot, all being of one width."""
        starts, prices, sums, sign = self._starts, self._prices, self._sums, self._sign
        width = self._ends[0] - starts[0]
        whole, rest = divmod(length, width)
        first = bisect_left(starts, self._first)
        last = bisect_right(starts, self._last - length)
        if not rest:
            # Windows that end with a slot begin with one.
            return [
                (sign * (end - begin), start)
                for begin, end, start in zip(
                    sums[first:last],
                    sums[first + whole : last + whole],
                    starts[first:last],
                    strict=True,
                )
            ]
        candidates = [
            (sign * (sums[i + whole] - sums[i] + prices[i + whole] * rest), starts[i])
            for i in range(first, last)
        ]
        cut = whole + 1
        candidates += [
            (
                sign * (sums[i] - sums[i - cut] - prices[i - cut] * (width - rest)),
                starts[i] - length,
            )
            for i in range(bisect_left(starts, self._first + length), self._high)
        ]
        return candidates

    def _limit(self) -> int | None:
        limit = self._wish.limit
        return None if limit is None else self._sign * round(limit * _MICRO)

    # In pieces

    def _pieces(self) -> list[tuple[int, int, int]]:
        """Return cost per second, start and end of every slot, cut to the search."""
        return [
            (
                self._sign * self._prices[index],
                max(self._starts[index], self._first),
                min(self._ends[index], self._last),
            )
            for index in range(self._low, self._high)
        ]

    def split(self, length: int) -> list[tuple[int, int]]:
        """Return the best slots, the last in part; it keeps to a chosen neighbour."""
        limit = self._limit()
        chosen: list[tuple[int, int]] = []
        left = length
        for cost, start, end in sorted(self._pieces()):
            if limit is not None and cost > limit:
                break
            if end - start >= left:
                if end - start > left:
                    if any(end == other for other, _ in chosen):
                        start = end - left
                    else:
                        end = start + left
                chosen.append((start, end))
                break
            chosen.append((start, end))
            left -= end - start
        return _joined(sorted(chosen))

    def split_in_runs(self, length: int) -> list[tuple[int, int]] | None:
        """Return the best whole cells in few or long enough runs.

        A cell is as long as the common measure of all slots; duration and runs are
        rounded up to whole cells. ``None`` if no such runs fit in.
        """
        pieces = self._pieces()
        cell = math.gcd(
            *(self._ends[i] - self._starts[i] for i in range(self._low, self._high))
        )
        costs: list[float] = []
        begin = None
        limit = self._limit()
        for cost, start, end in pieces:
            start = -(-start // cell) * cell
            count = max((end - start) // cell, 0)
            if begin is None and count:
                begin = start
            price = cost if limit is None or cost <= limit else _NEVER
            costs += [price] * count
        run = max(math.ceil(self._wish.shortest_run.total_seconds() / cell), 1)
        wanted = max(math.ceil(length / cell), run)
        if begin is None or wanted > len(costs):
            return None
        starts = min(self._wish.most_starts or wanted, wanted // run, len(costs))
        if all(price == _NEVER for price in costs):
            return []
        cells = _cheapest_cells(costs, wanted, run, starts)
        return _joined(
            [(begin + index * cell, begin + (index + 1) * cell) for index in cells]
        )


def _cheapest_cells(
    costs: Sequence[float], wanted: int, run: int, starts: int
) -> list[int]:
    """Return the cells that cost least, as many as wanted or else as can be had.

    ``idle[s][j]`` and ``busy[s][j]`` are the least costs of taking ``j`` of the cells so
    far in ``s`` runs, the last of which has ended or goes on; a run begins with its
    shortest length at once. Where the number of runs cannot matter, it is not kept.
    """
    unlimited = starts >= wanted // run
    layers = 1 if unlimited else starts + 1
    width = wanted + 1
    sums = [0.0]
    for cost in costs:
        sums.append(sums[-1] + (0 if cost == _NEVER else cost))
    barred = [0]
    for cost in costs:
        barred.append(barred[-1] + (cost == _NEVER))
    blank = [[_NEVER] * width for _ in range(layers)]
    blank[0][0] = 0.0
    idle = [blank]
    busy = [[[_NEVER] * width for _ in range(layers)]]
    for i in range(1, len(costs) + 1):
        cost = costs[i - 1]
        idle.append(
            [
                [min(a, b) for a, b in zip(ended, going, strict=True)]
                for ended, going in zip(idle[-1], busy[-1], strict=True)
            ]
        )
        begin = i - run
        can_begin = begin >= 0 and barred[i] == barred[begin]
        first_cost = sums[i] - sums[begin] if can_begin else _NEVER
        now = []
        for layer in range(layers):
            row = [_NEVER]
            row += [old + cost for old in busy[-1][layer][:-1]]
            before = layer if unlimited else layer - 1
            if can_begin and before >= 0:
                source = idle[begin][before]
                for j in range(run, width):
                    if (begun := source[j - run] + first_cost) < row[j]:
                        row[j] = begun
            now.append(row)
        busy.append(now)
    return _traced(costs, idle, busy, wanted, run, unlimited=unlimited)


def _traced(
    costs: Sequence[float],
    idle: list[list[list[float]]],
    busy: list[list[list[float]]],
    wanted: int,
    run: int,
    *,
    unlimited: bool,
) -> list[int]:
    """Return the cells by which the least cost came about."""
    i = len(costs)
    layers = range(len(idle[0]))
    j = next(
        j
        for j in range(wanted, -1, -1)
        if any(min(idle[i][s][j], busy[i][s][j]) < _NEVER for s in layers)
    )
    layer = min(layers, key=lambda s: min(idle[i][s][j], busy[i][s][j]))
    # Of equal costs the earlier cells: rather be idle at the end.
    going = busy[i][layer][j] < idle[i][layer][j]
    cells: list[int] = []
    while j:
        if not going:
            i -= 1
            going = busy[i][layer][j] < idle[i][layer][j]
        elif busy[i][layer][j] == busy[i - 1][layer][j - 1] + costs[i - 1]:
            i, j = i - 1, j - 1
            cells.append(i)
        else:
            cells += range(i - 1, i - run - 1, -1)
            i, j = i - run, j - run
            layer -= not unlimited
            going = False
    return cells[::-1]


def _joined(runs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return runs in order, those that touch as one."""
    joined: list[tuple[int, int]] = []
    for start, end in runs:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
