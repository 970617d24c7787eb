"""Meters that feed others: the remainder, and when they disagree."""

import pytest

from custom_components.power_steward.stewardship.meters import (
    PERIOD,
    CrossCheck,
    Feed,
    is_forest,
    remainder,
)


@pytest.mark.parametrize(
    ("whole", "parts", "left"),
    [
        (100.0, [60.0, 30.0], 10.0),
        (100.0, [60.0, 50.0], -10.0),
        (100.0, [], 100.0),
        (None, [60.0], None),
        (100.0, [60.0, None], None),
    ],
)
def test_remainder(
    whole: float | None, parts: list[float | None], left: float | None
) -> None:
    """What is left is known only if everything is."""
    assert remainder(whole, parts) == left


@pytest.mark.parametrize(
    ("pairs", "fine"),
    [
        ([("a", "b"), ("b", "c"), ("a", "d")], True),
        ([("a", "c"), ("b", "c")], False),
        ([("a", "a")], False),
        ([("a", "b"), ("b", "c"), ("c", "a")], False),
        ([("b", "x"), ("c", "b"), ("b", "c")], False),
        ([], True),
    ],
)
def test_is_forest(pairs: list[tuple[str, str]], fine: bool) -> None:
    """Nothing is fed twice, or by itself."""
    assert is_forest(Feed(whole, (part,), True) for whole, part in pairs) is fine


def run(
    check: CrossCheck,
    whole: float | None,
    part: float | None,
    periods: float,
    start: float = 0,
) -> float:
    """Show a check the same powers every minute; return when that ends."""
    end = start + periods * PERIOD
    while start < end:
        start += 60
        check.add(start, whole, remainder(whole, [part]))
    return start


@pytest.mark.parametrize(
    ("part", "complete", "disagrees"),
    [
        (100.0, True, False),
        (86.0, True, False),
        (84.0, True, True),
        (116.0, True, True),
        (114.0, True, False),
        (10.0, True, True),  # a wrong scale
        (10.0, False, False),  # there may be others
        (116.0, False, True),  # but no more than all
    ],
)
def test_sustained(part: float, complete: bool, disagrees: bool) -> None:
    """More than 15 % for an hour is a disagreement."""
    check = CrossCheck(complete=complete)
    assert check.disagrees is None
    run(check, 100, part, 5)
    assert check.disagrees is disagrees
    assert check.left == pytest.approx(100 - part)


def test_not_before_an_hour() -> None:
    """Three quarters of an hour are no disagreement yet; agreement ends it at once."""
    check = CrossCheck(complete=True)
    now = run(check, 100, 10, 3.5)
    assert check.disagrees is None
    now = run(check, 100, 10, 1.5, now)
    assert check.disagrees is True
    now = run(check, 100, 100, 2, now)
    assert check.disagrees is False
    run(check, 100, 10, 2, now)
    assert check.disagrees is False


def test_late_readings_average_out() -> None:
    """A part that is always read a minute late agrees in the mean."""
    check = CrossCheck(complete=True)
    for minute in range(300):
        whole, part = (200.0, 50.0) if minute % 2 else (50.0, 200.0)
        check.add(minute * 60, whole, whole - part)
    assert check.disagrees is False


def test_unknown_says_nothing() -> None:
    """Time of which nothing is known neither accuses nor acquits."""
    check = CrossCheck(complete=True)
    now = run(check, 100, 10, 5)
    now = run(check, 100, None, 10, now)
    assert check.disagrees is True
    run(CrossCheck(complete=True), None, None, 10, now)


@pytest.mark.parametrize(
    ("known", "left"), [(900, 50.0), (450, 50.0), (449, None), (300, None)]
)
def test_half_of_a_period_has_to_be_known(known: float, left: float | None) -> None:
    """Of a quarter hour with longer gaps, nothing is said."""
    check = CrossCheck(complete=True)
    check.add(0, 100, 50)
    check.add(known, None, None)
    check.add(899, None, None)
    assert check.left is None or known == 900
    check.add(900, 100, 50)
    assert check.left == left


@pytest.mark.parametrize(
    ("whole", "part", "disagrees"), [(6, 2, False), (10, 5, False), (11, 5.5, True)]
)
def test_noise(whole: float, part: float, disagrees: bool) -> None:
    """Up to five watts never disagree, however large their share."""
    check = CrossCheck(complete=True)
    run(check, whole, part, 5)
    assert check.disagrees is disagrees


def test_agreement_starts_the_hour_anew() -> None:
    """After a quarter hour that agreed, it takes a whole hour again."""
    check = CrossCheck(complete=True)
    seen = []
    for period, part in enumerate([10, 10, 10, 100, 10, 10, 10, 10, 10]):
        check.add(period * PERIOD, 100, 100 - part)
        seen.append(check.disagrees)
    assert seen == [None] * 4 + [False] * 4 + [True]
