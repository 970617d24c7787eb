"""Costs split at the edges of slots, late prices, meters that begin anew."""

from datetime import UTC, datetime, timedelta
import json
import random

import pytest

from custom_components.power_steward.stewardship.cost_ledger import CostLedger
from custom_components.power_steward.stewardship.price_series import PriceSeries, Slot

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)


def series(*prices: float | None) -> PriceSeries:
    """Return quarter hours with these prices per kWh."""
    return PriceSeries(
        Slot(START + i * QUARTER, START + (i + 1) * QUARTER, price * 1000)
        for i, price in enumerate(prices)
        if price is not None
    )


def used(*readings: tuple[float, float]) -> CostLedger:
    """Return a ledger that took readings: minutes from the start, and kWh."""
    ledger = CostLedger()
    for minutes, energy in readings:
        ledger.record("m", energy, START + minutes * MINUTE)
    return ledger


def pay(ledger: CostLedger, *prices: float | None) -> float:
    """Settle at these prices and return the cost."""
    ledger.settle("m", series(*prices), series(*prices))
    return cost(ledger)


def cost(ledger: CostLedger) -> float:
    """Return what the meter's energy has cost."""
    found = ledger.cost("m")
    assert found is not None
    return found.value


def test_energy_is_split_at_the_edges() -> None:
    """Thirty minutes across an edge cost in proportion to the time in each slot."""
    ledger = used((10, 100), (40, 103))
    # 5 minutes at 0.1, 15 at 0.2, 10 at 0.4, a tenth of a kWh each
    expected = pytest.approx(0.5 * 0.1 + 1.5 * 0.2 + 1.0 * 0.4)
    assert pay(ledger, 0.1, 0.2, 0.4) == expected
    assert ledger.waiting("m") == 0
    assert pay(ledger, 0.1, 0.2, 0.4) == expected


def test_a_price_that_comes_late_is_paid_late() -> None:
    """What has no price yet waits, however often it is asked for."""
    ledger = used((0, 0), (45, 3))
    assert ledger.waiting_since == START
    assert pay(ledger, 0.1, None, 0.3) == pytest.approx(0.4)
    assert ledger.waiting("m") == pytest.approx(1)
    assert ledger.waiting_since == START + QUARTER
    assert pay(ledger, 0.1, None, 0.3) == pytest.approx(0.4)
    assert pay(ledger, 0.1, 0.2, 0.3) == pytest.approx(0.6)
    assert ledger.waiting_since is None


def test_what_is_paid_is_not_the_market_price() -> None:
    """Both are looked up; a price of the market alone is none."""
    ledger = used((0, 0), (15, 2))
    ledger.settle("m", series(0.1), series())
    assert cost(ledger) == 0
    ledger.settle("m", series(0.1), series(0.5))
    assert cost(ledger) == pytest.approx(1)


def test_a_price_that_is_corrected() -> None:
    """The cost is what it would have been, also with energy that came in between."""
    ledger = used((0, 0), (30, 4))
    assert pay(ledger, 0.1, 0.2) == pytest.approx(0.6)
    ledger.record("m", 5, START + 30 * MINUTE + QUARTER)
    right = series(0.3, 0.2, 0.5)
    ledger.correct("m", right, right, START)
    assert cost(ledger) == pytest.approx(2 * 0.3 + 2 * 0.2)
    ledger.settle("m", right, right)
    assert cost(ledger) == pytest.approx(2 * 0.3 + 2 * 0.2 + 0.5)
    # Not known any more is not corrected
    ledger.correct("m", series(), series(), START)
    assert cost(ledger) == pytest.approx(2 * 0.3 + 2 * 0.2 + 0.5)


def test_a_tariff_that_changed_corrects_nothing() -> None:
    """Only the market's word does; by the tariff that holds then."""
    ledger = used((0, 0), (30, 2))
    market = series(0.1, 0.1)
    ledger.settle("m", market, series(0.2, 0.2))
    ledger.correct("m", market, series(0.9, 0.9), START)
    assert cost(ledger) == pytest.approx(0.4)
    ledger.correct("m", series(0.1, 0.3), series(0.9, 0.7), START)
    assert cost(ledger) == pytest.approx(0.2 + 0.7)


def test_what_is_final_stays() -> None:
    """A quarter hour that is long over has its cost for good."""
    ledger = used((0, 0), (30, 2))
    pay(ledger, 0.1, 0.1)
    later = START + QUARTER
    wrong = series(9, 0.2)
    ledger.correct("m", wrong, wrong, later)
    assert cost(ledger) == pytest.approx(0.1 + 0.2)
    assert len(ledger.snapshot()["m"]["open"]) == 1


def test_corrections_leave_no_trace() -> None:
    """A thousand of them end in the cost of the last."""
    ledger = used((0, 0), (240, 33.3))
    for turn in range(1001):
        prices = series(*(((turn * 7 + i) % 11) / 10 for i in range(16)))
        ledger.correct("m", prices, prices, START)
        ledger.settle("m", prices, prices)
    fresh = used((0, 0), (240, 33.3))
    fresh.settle("m", prices, prices)
    assert cost(ledger) == pytest.approx(cost(fresh), abs=1e-9)


def test_negative_prices_pay_back() -> None:
    """A cost may fall."""
    assert pay(used((0, 0), (15, 2)), -0.1) == pytest.approx(-0.2)


def test_meters_that_fall() -> None:
    """Begin anew after a large fall; wait after a small one."""
    assert pay(used((0, 50), (5, 49.9), (15, 51)), 1) == pytest.approx(1)
    assert pay(used((0, 50), (5, 45), (15, 51)), 1) == pytest.approx(1)
    assert pay(used((0, 50), (15, 2)), 1) == pytest.approx(2)
    assert pay(used((0, 50), (15, 0.5)), 1) == pytest.approx(0.5)
    assert pay(used((0, 50), (15, 0), (30, 1)), 1, 2) == pytest.approx(2)
    assert pay(used((0, 50), (15, -2)), 1) == 0


def test_nothing_used_and_nothing_known() -> None:
    """A first reading costs nothing; the same moment twice counts once."""
    ledger = used((0, 5))
    assert ledger.cost("m") == (0, START)
    assert ledger.cost("other") is None
    assert ledger.waiting("other") == 0
    assert ledger.waiting_since is None
    ledger.settle("other", series(1), series(1))
    ledger.correct("other", series(1), series(1), START)
    assert ledger.cost("other") is None
    assert pay(used((0, 5), (0, 6), (15, 6), (15, 6)), 1) == pytest.approx(1)
    ledger = used((0, 5), (10, 5), (20, 6))
    assert pay(ledger, 1, 2) == pytest.approx(0.5 * 1 + 0.5 * 2)


def test_a_snapshot_goes_on() -> None:
    """Costs, the last reading, what waits and what may be corrected are kept."""
    ledger = used((0, 0), (30, 2))
    pay(ledger, 0.1)
    other = CostLedger()
    other.restore(json.loads(json.dumps(ledger.snapshot())))
    assert other.cost("m") == ledger.cost("m")
    other.record("m", 3, START + 45 * MINUTE)
    assert pay(other, 0.1, 0.2, 0.3) == pytest.approx(0.6)
    right = series(0.4, 0.2, 0.3)
    other.correct("m", right, right, START)
    assert cost(other) == pytest.approx(0.9)


def test_nothing_waits_for_ever() -> None:
    """After forty days the oldest energy is given up."""
    ledger = used((0, 0), (60 * 24 * 50, 50))
    assert ledger.waiting("m") == pytest.approx(40)


@pytest.mark.parametrize("seed", range(20))
def test_however_it_comes_the_cost_is_right(seed: int) -> None:
    """Prices late, wrong at first, by the hour; readings at any time; restarts."""
    chance = random.Random(seed)
    true = [round(chance.uniform(-0.1, 0.4), 5) for _ in range(96)]
    ledger = used((0, 10.0))
    expected, before, energy = 0.0, 0, 10.0
    known: list[float | None] = [None] * 96
    while before < 96 * 15 - 240:
        now = before + chance.choice([1, 7, 15, 16, 47, 240])
        more = chance.choice([0.0, round(chance.uniform(0, 3), 3)])
        expected += sum(true[minute // 15] for minute in range(before, now)) * (
            more / (now - before)
        )
        before, energy = now, energy + more
        ledger.record("m", energy, START + now * MINUTE)
        quarter = chance.randrange(24) * 4
        said = chance.choice([None, true[quarter], 0.25])
        known[quarter : quarter + 4] = [said] * 4
        prices = series(*known)
        ledger.correct("m", prices, prices, START)
        ledger.settle("m", prices, prices)
        if chance.random() < 0.2:
            kept = json.loads(json.dumps(ledger.snapshot()))
            ledger = CostLedger()
            ledger.restore(kept)
    prices = series(*true)
    ledger.correct("m", prices, prices, START)
    ledger.settle("m", prices, prices)
    assert cost(ledger) == pytest.approx(expected, abs=1e-9)
    assert ledger.waiting_since is None
