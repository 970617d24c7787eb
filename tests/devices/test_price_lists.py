"""Prices in the attributes of any entity: what is understood, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from custom_components.power_steward.devices.errors import AnswerNotUnderstood
from custom_components.power_steward.devices.price_lists import listed, number, unit_of
from custom_components.power_steward.stewardship.price_series import Slot

NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)


def at(hours: float) -> str:
    """Return a moment as text."""
    return (NOON + hours * HOUR).isoformat()


@pytest.mark.parametrize(
    "item",
    [
        {"start": at(0), "end": at(1), "value": 5},
        {"start_time": at(0), "end_time": at(1), "price_per_kwh": 5},
        {"startsAt": at(0), "endsAt": at(1), "total": 5.0},
        {"from": at(0), "till": at(1), "price": 5},
        {"start": NOON, "end": NOON + HOUR, "price": 5},
    ],
)
def test_names_of_others(item: dict[str, Any]) -> None:
    """The names that other integrations use are understood."""
    found = listed({"friendly_name": "Price", "list": [item]})
    assert list(found.series) == [Slot(NOON, NOON + HOUR, 5.0)]
    assert not found.rejected


def test_lists_together() -> None:
    """Today and tomorrow may be two lists; without ends, a slot ends with the next."""
    found = listed(
        {
            "raw_today": [{"start": at(n / 4), "value": n} for n in range(4)],
            "raw_tomorrow": ({"start": at(1), "value": 4, "end": at(1.25)},),
            "names": ["a"],
            "empty": [],
        }
    )
    assert [slot.price for slot in found.series] == [0, 1, 2, 3, 4]
    assert found.series[-1].end == NOON + 1.25 * HOUR
    assert found.series.has_one_width


def test_volumes_and_scale() -> None:
    """Volumes come with prices; a scale is the prices' alone."""
    items = [
        {"start": at(0), "price": 0.1, "volume": 3},
        {"start": at(1), "price": 0.3, "volume": "many"},
    ]
    found = listed({"list": items}, 1000.0)
    assert [(slot.price, slot.volume) for slot in found.series] == [
        (100.0, 3.0),
        (300.0, None),
    ]


def test_what_is_no_price_is_told() -> None:
    """A text is rejected; nothing at all is a slot that is not known yet."""
    items = [
        {"start": at(0), "price": "7"},
        {"start": at(1), "price": None},
        {"start": at(2), "price": 7},
    ]
    found = listed({"data": items})
    assert [slot.start for slot in found.series] == [NOON + 2 * HOUR]
    assert found.rejected == ("data 0",)


@pytest.mark.parametrize(
    "items",
    [
        "prices",
        [],
        [3],
        [{}],
        [{"start": at(0)}],
        [{"price": 1}],
        [{"start": "2026-11-20T12:00:00", "price": 1}],
        [{"start": "soon", "price": 1}],
        [{"start": 7, "price": 1}],
        [{"start": "0001-01-01T00:00:00+14:00", "price": 1}],
        [{"start": "9999-12-31T23:45:00+00:00", "price": 1}],
        [{"start": at(0), "end": "9999-12-31T23:45:00-12:00", "price": 1}],
        [{"start": at(0), "price": 1}, 2],
        [{"start": at(1), "price": 1}, {"start": at(0), "price": 1}],
        [{"start": at(0), "end": at(0), "price": 1}],
        [{"start": at(0), "end": at(3), "price": 1}],
        [{"start": at(0.1), "end": at(1.1), "price": 1}],
        [
            {"start": at(0), "end": at(1), "price": 1},
            {"start": at(0.5), "end": at(1), "price": 2},
        ],
    ],
)
def test_no_prices(items: Any) -> None:
    """No list, no time, no offset, no order, no length that markets know."""
    with pytest.raises(AnswerNotUnderstood):
        listed({"data": items})


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("EUR/kWh", ("EUR", 1000)),
        ("€/MWh", ("EUR", 1)),
        ("ct / kWh", ("EUR", 10)),
        ("öre/kWh", ("SEK", 10)),
        ("NOK/Wh", ("NOK", 1e6)),
        ("SEK/GWh", ("SEK", 1e-3)),
    ],
)
def test_units(unit: str, expected: tuple[str, float]) -> None:
    """Currencies and energies as they are written."""
    assert unit_of(unit) == expected


@pytest.mark.parametrize("value", [True, None, "1", float("nan"), 10**400, [1]])
def test_what_is_no_number(value: object) -> None:
    """Nothing but finite numbers are prices."""
    assert number(value) is None
