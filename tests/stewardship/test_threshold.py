"""Thresholds that do not flicker."""

import pytest

from custom_components.power_steward.stewardship.threshold import Threshold


@pytest.mark.parametrize(
    ("value", "before", "crossed"),
    [
        (180, None, False),
        (179.9, None, True),
        (181.9, True, True),
        (182, True, False),
        (181.9, False, False),
        (0, False, True),
        (None, True, None),
    ],
)
def test_below(value: float | None, before: bool | None, crossed: bool | None) -> None:
    """A value that has to stay above."""
    assert Threshold(180, 2, below=True).crossed(value, before) is crossed


@pytest.mark.parametrize(
    ("value", "before", "crossed"),
    [(40, None, False), (40.1, False, True), (38.1, True, True), (38, True, False)],
)
def test_above(value: float, before: bool | None, crossed: bool) -> None:
    """A value that has to stay below."""
    assert Threshold(40, 2).crossed(value, before) is crossed
