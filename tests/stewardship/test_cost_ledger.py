"""Costs split at the edges of slots, late prices, meters that begin anew."""

from datetime import UTC, datetime, timedelta

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


def test_energy_is_split_at_the_edges() -> None:
    """Thirty minutes across an edge cost in proportion to the time in each slot."""
    ledger = used((10, 100), (40, 103))
    assert ledger.settle("m", series(0.1, 0.2, 0.4))
    # 5 minutes at 0.1, 15 at 0.2, 10 at 0.4, a tenth of a kWh each
    assert ledger.cost("m") == pytest.approx(0.5 * 0.1 + 1.5 * 0.2 + 1.0 * 0.4)
    assert ledger.waiting("m") == 0
    assert not ledger.settle("m", series(0.1, 0.2, 0.4))


def test_a_price_that_comes_late_is_paid_late() -> None:
    """What has no price yet waits, however often it is asked for."""
    ledger = used((0, 0), (45, 3))
    ledger.settle("m", series(0.1, None, 0.3))
    assert ledger.cost("m") == pytest.approx(0.4)
    assert ledger.waiting("m") == pytest.approx(1)
    ledger.settle("m", series(0.1, None, 0.3))
    assert ledger.cost("m") == pytest.approx(0.4)
    ledger.settle("m", series(0.1, 0.2, 0.3))
    assert ledger.cost("m") == pytest.approx(0.6)


def test_negative_prices_pay_back() -> None:
    """A cost may fall."""
    ledger = used((0, 0), (15, 2))
    ledger.settle("m", series(-0.1))
    assert ledger.cost("m") == pytest.approx(-0.2)


def test_meters_that_fall() -> None:
    """Begin anew after a large fall; wait after a small one."""
    ledger = used((0, 50), (5, 49.9), (15, 51))
    ledger.settle("m", series(1))
    assert ledger.cost("m") == pytest.approx(1)
    ledger = used((0, 50), (15, 2))
    ledger.settle("m", series(1))
    assert ledger.cost("m") == pytest.approx(2)
    ledger = used((0, 50), (15, -2))
    ledger.settle("m", series(1))
    assert ledger.cost("m") == 0


def test_nothing_used_and_nothing_known() -> None:
    """A first reading costs nothing; the same moment twice counts once."""
    ledger = used((0, 5))
    assert ledger.cost("m") == 0
    assert ledger.cost("other") is None
    assert ledger.waiting("other") == 0
    assert not ledger.settle("other", series(1))
    ledger = used((0, 5), (0, 6), (15, 6), (15, 6))
    ledger.settle("m", series(1))
    assert ledger.cost("m") == pytest.approx(1)
    ledger = used((0, 5), (10, 5), (20, 6))
    ledger.settle("m", series(1, 2))
    assert ledger.cost("m") == pytest.approx(0.5 * 1 + 0.5 * 2)


def test_a_snapshot_goes_on() -> None:
    """Costs, the last reading and what waits are kept."""
    ledger = used((0, 0), (30, 2))
    ledger.settle("m", series(0.1))
    other = CostLedger()
    other.restore(ledger.snapshot())
    assert other.cost("m") == pytest.approx(0.1)
    other.record("m", 3, START + 45 * MINUTE)
    other.settle("m", series(0.1, 0.2, 0.3))
    assert other.cost("m") == pytest.approx(0.6)


def test_nothing_waits_for_ever() -> None:
    """After forty days the oldest energy is given up."""
    ledger = used((0, 0), (60 * 24 * 50, 50))
    ledger.settle("m", series())
    assert ledger.waiting("m") == pytest.approx(40)
