"""Pages into readings: who is who, whose power is known, and when a day begins."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from custom_components.power_steward.devices.aiseg2.client import CircuitList
from custom_components.power_steward.devices.aiseg2.codec import JAPAN
from custom_components.power_steward.devices.aiseg2.home import DayCounter, Home
from custom_components.power_steward.devices.aiseg2.models import (
    Circuit,
    CircuitPower,
    CircuitReading,
    DayGraph,
    HomeReading,
    Live,
    PageParts,
    Place,
    Source,
    SourceReading,
)

LIVE = Live(
    generation=2130,
    consumption=1200,
    direction_code=1,
    sources=(Source("太陽光発電", 2130),),
    battery_charge=None,
    battery_code=2,
    has_battery=False,
    has_ev=False,
    has_generation=True,
    measuring=True,
)
PARTS = PageParts(
    "Ver.1", datetime(2026, 7, 14, 8, tzinfo=JAPAN), False, frozenset(), None
)


def home_of(**changes: Any) -> HomeReading:
    """Return the home's reading of a live answer."""
    home = Home(live=replace(LIVE, **changes))
    reading = home.readings()["home"]
    assert isinstance(reading, HomeReading)
    return reading


@pytest.mark.parametrize(
    ("changes", "grid"),
    [
        ({}, -930),
        ({"direction_code": 0}, None),
        ({"direction_code": 9}, -930),
        ({"generation": 1230, "direction_code": 0}, 0),
        ({"generation": 1250, "direction_code": 2}, 0),
        ({"generation": 0, "direction_code": 0}, 1200),
        ({"generation": None}, None),
        (
            {
                "generation": None,
                "has_generation": False,
                "sources": (),
                "direction_code": 0,
            },
            1200,
        ),
        ({"consumption": None}, None),
        ({"has_ev": True}, None),
        ({"has_battery": True, "battery_code": 1}, None),
        ({"has_battery": True, "battery_code": 2}, -930),
        ({"battery_charge": 50, "battery_code": 0}, None),
    ],
)
def test_grid_power(changes: dict[str, Any], grid: float | None) -> None:
    """The difference is the grid's power only if nothing hides in it."""
    assert home_of(**changes).grid_power == grid


def test_bought_and_sold() -> None:
    """Power flows one way at a time."""
    selling = home_of()
    assert (selling.bought_power, selling.sold_power) == (0, 930)
    assert (selling.surplus, selling.grid_direction) == (930, "selling")
    unknown = home_of(consumption=None)
    assert (unknown.bought_power, unknown.sold_power) == (None, None)
    assert "lo_buy_sell" in home_of(direction_code=0).rejected


def test_meter() -> None:
    """The smart meter knows better."""
    home = Home(live=replace(LIVE, has_battery=True), meter=-412)
    reading = home.readings()["home"]
    assert isinstance(reading, HomeReading)
    assert reading.grid_power == -412


def test_no_measuring_unit() -> None:
    """Without a measuring unit the values mean nothing."""
    home = Home(live=replace(LIVE, measuring=False))
    assert list(home.readings()) == ["home"]
    assert home_of(measuring=False).consumption is None


@pytest.mark.parametrize(
    ("code", "sources", "state", "power"),
    [
        (2, (), "idle", 0),
        (1, (Source("蓄電池", 800),), "discharging", 800),
        (1, (), "discharging", None),
        (0, (Source("蓄電池", None),), "charging", None),
        (7, (), None, None),
    ],
)
def test_battery(
    code: int, sources: tuple[Source, ...], state: str | None, power: float | None
) -> None:
    """A battery's power is told only while it feeds the home."""
    reading = home_of(
        has_battery=True, battery_charge=40, battery_code=code, sources=sources
    )
    assert (reading.battery_state, reading.battery_power) == (state, power)
    assert reading.battery_charge == 40


def test_sources() -> None:
    """Sources are known by what they are, not by their place."""
    titles = ("エネファーム", "太陽光発電", "太陽光発電2", "風力")
    home = Home(live=replace(LIVE, sources=tuple(Source(t, 1.0) for t in titles)))
    found = {
        key: reading.facts.name
        for key, reading in home.readings().items()
        if isinstance(reading, SourceReading)
    }
    assert list(found)[:3] == ["source_fuel_cell", "source_solar", "source_solar_2"]
    assert list(found.values()) == list(titles)


# Circuits

CATALOGUE = (
    Circuit(8, "居間", "分1"),
    Circuit(9, "寝室・エアコン", "分2"),
    Circuit(10, "台所", "分3"),
    Circuit(11, "台所", "分4"),
    Circuit(12, "", "分5"),
)


def powers(
    listed: list[tuple[str, float | None]], *, complete: bool = True
) -> tuple[bool, dict[str, float | None]]:
    """Return whether a list fits the catalogue, and the powers it gives."""
    home = Home()
    home.take_catalogue(CATALOGUE)
    circuits = tuple(CircuitPower(*item) for item in listed)
    fits = home.take_powers(CircuitList(circuits, complete))
    return fits, {
        key: reading.power
        for key, reading in home.readings().items()
        if isinstance(reading, CircuitReading)
    }


FULL: list[tuple[str, float | None]] = [
    ("台所", 300),
    ("寝室エアコン", 200),
    ("台所", 100),
    ("居間", 50),
    ("-", 10),
]


def test_namesakes() -> None:
    """Of circuits that share a name only the sum is sure."""
    assert powers(FULL) == (
        True,
        {
            "circuit_8": 50,
            "circuit_9": 200,
            "circuit_10": None,
            "circuit_11": None,
            "circuits_10_11": 400,
            "circuit_12": 10,
        },
    )


def test_what_is_not_listed_is_at_zero() -> None:
    """A list that ends at 0 W tells of all the others too."""
    fits, found = powers([("台所", 300), ("居間", 0)], complete=False)
    assert fits
    assert found["circuits_10_11"] == 300
    assert (found["circuit_8"], found["circuit_9"], found["circuit_12"]) == (0, 0, 0)


def test_unreadable_power() -> None:
    """A namesake without a reading leaves the sum unknown."""
    listed = [("台所", None), *FULL[1:]]
    assert powers(listed)[1]["circuits_10_11"] is None


@pytest.mark.parametrize(
    "listed", [FULL[:-1], [*FULL, ("居間", 50)], [*FULL[:-1], ("台所", 300)]]
)
def test_list_that_does_not_fit(listed: list[tuple[str, float | None]]) -> None:
    """A circuit that is missing or there twice spoils the list."""
    assert not powers(listed)[0]


def test_unknown_name() -> None:
    """Behind an unknown name may be any circuit that is missing: it is not at 0 W."""
    fits, found = powers([("書斎", 300), ("居間", 0)], complete=False)
    assert fits
    assert found["circuit_8"] == 0
    assert found["circuit_9"] is None


def test_names() -> None:
    """Names are the box's; namesakes and the nameless are told apart."""
    home = Home()
    home.take_catalogue(CATALOGUE)
    facts = {key: reading.facts for key, reading in home.readings().items()}
    assert facts["circuit_9"].name == "寝室・エアコン"
    assert facts["circuit_10"].name == "台所 (分3)"
    assert facts["circuits_10_11"].name == "台所 (分3 + 分4)"
    assert facts["circuit_12"].translation_key == "circuit"
    assert all(item.part_of == "hub" for item in facts.values())
    home.take_circuit_total(8, graph(1))
    home.take_catalogue(CATALOGUE[1:])
    assert home.circuit_totals == {}


# Days


def graph(value: float | None, day: int = 14, **changes: Any) -> DayGraph:
    """Return a day's total."""
    return DayGraph(
        PARTS, date(2026, 7, day), value, "kWh", None, frozenset(), None
    )._replace(**changes)


def test_day() -> None:
    """Within a day a total never falls."""
    counter = DayCounter()
    for value, expected in ((1.0, 1.0), (2.0, 2.0), (0.5, 2.0), (2.5, 2.5)):
        counter.take(date(2026, 7, 14), value, None)
        assert counter.shown is not None
        assert counter.shown.value == expected
        assert counter.shown.since == datetime(2026, 7, 14, tzinfo=JAPAN)


def test_midnight() -> None:
    """The old day ends with its final total before the new one is shown."""
    counter = DayCounter()
    counter.take(date(2026, 7, 14), 9.8, None)
    counter.take(date(2026, 7, 15), 0.1, 10.0)
    counter.take(date(2026, 7, 15), 0.2, 10.0)
    assert counter.shown == (10.0, datetime(2026, 7, 14, tzinfo=JAPAN))
    counter.advance()
    assert counter.shown == (0.2, datetime(2026, 7, 15, tzinfo=JAPAN))


def test_clock_that_was_set() -> None:
    """Another day is believed once it is told twice."""
    counter = DayCounter()
    counter.take(date(2026, 7, 14), 5.0, None)
    counter.take(date(2020, 1, 1), 0.0, None)
    assert counter.shown is not None
    assert counter.shown.value == 5.0
    counter.take(date(2020, 1, 1), 0.1, None)
    assert counter.shown == (0.1, datetime(2020, 1, 1, tzinfo=JAPAN))


def test_totals() -> None:
    """Units are turned into the ones that are shown; others are refused."""
    home = Home()
    home.take_total(2, graph(6.1))
    home.take_total(5, graph(0.12, unit="m3"))
    home.take_total(6, graph(120, unit="L")._replace(day=None))
    home.take_total(7, graph(3, unit="kWh"))
    reading = home.readings()["home"]
    assert isinstance(reading, HomeReading)
    assert reading.consumed is not None
    assert reading.consumed.value == 6.1
    assert reading.hot_water is not None
    assert reading.hot_water.value == 120
    assert reading.water is not None
    assert reading.water.value == pytest.approx(0.12)
    assert reading.gas is None
    home.take_total(2, graph(None))
    home.forget_total(5)
    again = home.readings()["home"]
    assert isinstance(again, HomeReading)
    assert again.consumed is None
    assert again.hot_water is None


def test_places() -> None:
    """Places of one name cannot be told apart."""
    home = Home(places=(Place("庭", 1, 2), Place("居間", 3, 4), Place("居間", 5, 6)))
    assert [key.startswith("place_") for key in home.readings()] == [False, True]
