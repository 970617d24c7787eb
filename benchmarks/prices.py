"""Speed of the price calculations: run with ``python -m benchmarks.prices``."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import random
import sys
from timeit import repeat
from zoneinfo import ZoneInfo

from custom_components.power_steward.stewardship.price_series import (
    PriceSeries,
    Slot,
    Span,
)
from custom_components.power_steward.stewardship.tariff import GridFee, Tariff
from custom_components.power_steward.stewardship.windows import Wish, find

START = datetime(2026, 11, 19, 23, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def series() -> PriceSeries:
    """Return three days of quarter hours."""
    prices = random.Random(7)
    return PriceSeries(
        Slot(
            START + i * QUARTER,
            START + (i + 1) * QUARTER,
            round(prices.uniform(-20, 300), 2),
            "x",
        )
        for i in range(288)
    )


def best_ms(work: Callable[[], object], number: int) -> float:
    """Return how long a piece of work takes, in ms, at its best of five."""
    return min(repeat(work, number=number, repeat=5)) / number * 1000


def main() -> int:
    """Measure; return how many targets were missed."""
    prices = series()
    every = Span(prices[0].start, prices[-1].end)
    three = Wish(duration=3 * HOUR, earliest=every.start, latest=every.end)
    odd = replace(three, duration=timedelta(hours=2, minutes=53))
    split = replace(three, contiguous=False)
    runs = replace(split, shortest_run=HOUR, most_starts=3)
    tariff = Tariff(
        factor=1.03, vat=0.19, grid_fee=0.08, grid_fees=(GridFee(fee=0.02),)
    )
    zone = ZoneInfo("Europe/Berlin")
    work: list[tuple[str, Callable[[], object], int, float | None]] = [
        ("3 hours in one piece", lambda: find(prices, three), 100, 0.3),
        ("2:53 in one piece", lambda: find(prices, odd), 100, 0.3),
        ("3 hours split", lambda: find(prices, split), 100, 0.3),
        ("3 hours, three runs of an hour", lambda: find(prices, runs), 2, None),
        ("look-up", lambda: prices.at(every.start + 33 * HOUR), 1000, 0.01),
        ("a tariff over three days", lambda: tariff.applied(prices, zone), 5, None),
        ("a series of three days", lambda: PriceSeries(prices), 20, None),
    ]
    missed = 0
    for name, function, number, target in work:
        taken = best_ms(function, number)
        late = target is not None and taken > target
        missed += late
        aim = "" if target is None else f" (at most {target} ms)"
        print(f"{taken:9.4f} ms  {name}{aim}{'  MISSED' if late else ''}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
