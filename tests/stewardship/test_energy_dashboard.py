"""What is added to the dashboard's preferences, and what is taken back."""

from copy import deepcopy
from typing import Any

import pytest

from custom_components.power_steward.stewardship.energy_dashboard import (
    Change,
    EnergyRow,
    applied,
    new,
    price_changes,
    priced,
    undone,
    upstream,
)

GRID = {
    "type": "grid",
    "stat_energy_from": "sensor.bought",
    "stat_energy_to": None,
    "entity_energy_price": None,
    "number_energy_price": None,
    "stat_cost": None,
    "cost_adjustment_day": 0.0,
}
UPS = {"stat_consumption": "sensor.ups_energy", "stat_rate": "sensor.ups_power"}
HOST = {"stat_consumption": "sensor.host_energy", "stat_rate": "sensor.host_power"}
PRICES = {
    "entity_energy_price": "sensor.price",
    "entity_energy_price_export": "sensor.fed",
}
EMPTY: dict[str, list[Any]] = {"energy_sources": [], "device_consumption": []}


def device(item: dict[str, Any]) -> Change:
    """Return the addition of a device."""
    return Change(kind="device", item=item)


def test_added_once() -> None:
    """What is there is not added again, nor twice at a time."""
    changes = new(EMPTY, [device(UPS), device(UPS), device(HOST)])
    assert [change.item for change in changes] == [UPS, HOST]
    assert new(applied(EMPTY, changes), changes) == []


def test_same_meter_of_another_kind() -> None:
    """A meter may be a source and a device."""
    solar = Change(kind="solar", item={"type": "solar", "stat_energy_from": "sensor.e"})
    present = {"energy_sources": [{"type": "gas", "stat_energy_from": "sensor.e"}]}
    assert new(present, [solar]) == [solar]


def test_same_power_is_the_same_connection() -> None:
    """Meters of now are not added beside those of the past, which share the power."""
    past = {**GRID, "stat_energy_from": "power_steward:bought", "stat_rate": "sensor.p"}
    now = Change(kind="grid", item={**GRID, "stat_rate": "sensor.p"})
    assert new({"energy_sources": [past]}, [now]) == []
    assert new({"energy_sources": [GRID]}, [now]) == []


def test_undo_is_exact() -> None:
    """What was there before is there afterwards, whatever else was added since."""
    before: dict[str, list[Any]] = {
        "energy_sources": [GRID],
        "device_consumption": [HOST],
        "device_consumption_water": [],
    }
    untouched = deepcopy(before)
    water = Change(kind="water_device", item={"stat_consumption": "sensor.tap"})
    changes = [
        device(UPS),
        water,
        *price_changes(before, PRICES),
        *upstream(before, [device(UPS)], [("sensor.ups_power", "sensor.host_power")])[
            1:
        ],
    ]
    after = applied(before, changes)
    assert before == untouched
    assert after["energy_sources"][0]["entity_energy_price"] == "sensor.price"
    assert after["device_consumption"] == [
        {**HOST, "included_in_stat": "sensor.ups_energy"},
        UPS,
    ]
    other = {"stat_consumption": "sensor.other"}
    after["device_consumption"].append(other)
    back = undone(after, changes)
    assert back.pop("device_consumption") == [HOST, other]
    before.pop("device_consumption")
    assert back == before


@pytest.mark.parametrize("field", ["name", "stat_rate"])
def test_what_the_user_altered_stays(field: str) -> None:
    """An item that is no longer as it was added is the user's."""
    changes = [device(UPS), *price_changes({"energy_sources": [GRID]}, PRICES)]
    after = applied({"energy_sources": [GRID], "device_consumption": []}, changes)
    after["device_consumption"][0][field] = "mine"
    after["energy_sources"][0]["entity_energy_price"] = "sensor.mine"
    assert undone(after, changes) == after


def test_generated_power_is_no_alteration() -> None:
    """Home Assistant makes a power of a power's configuration by itself."""
    item = {
        "type": "battery",
        "stat_energy_from": "sensor.out",
        "stat_energy_to": "sensor.in",
        "power_config": {"stat_rate_inverted": "sensor.power"},
    }
    change = Change(kind="battery", item=item)
    after = applied(EMPTY, [change])
    after["energy_sources"][0]["stat_rate"] = "sensor.power_inverted"
    assert undone(after, [change]) == EMPTY


@pytest.mark.parametrize(
    ("item", "filled"),
    [
        (GRID, ["entity_energy_price"]),
        ({**GRID, "stat_energy_to": "sensor.sold"}, list(PRICES)),
        ({**GRID, "number_energy_price": 0.3}, []),
        ({**GRID, "stat_cost": "sensor.cost"}, []),
        ({**GRID, "stat_energy_from": "power_steward:bought"}, []),
    ],
)
def test_prices(item: dict[str, Any], filled: list[str]) -> None:
    """A price is for a meter without any; statistics from elsewhere take none."""
    change = priced(Change(kind="grid", item=item), PRICES)
    assert change.kind == "grid"
    assert [name for name in PRICES if change.item.get(name)] == filled
    found = price_changes({"energy_sources": [item, {"type": "gas"}]}, PRICES)
    assert [list(change.item) for change in found] == ([filled] if filled else [])


def test_prices_of_the_user() -> None:
    """A price that is chosen stays the chosen one, in both directions."""
    mine = {
        **GRID,
        "stat_energy_to": "sensor.sold",
        **dict.fromkeys(PRICES, "sensor.mine"),
    }
    assert priced(Change(kind="grid", item=mine), PRICES).item == mine
    assert price_changes({"energy_sources": [mine]}, PRICES) == []


def test_no_prices() -> None:
    """Without prices there is nothing to fill in."""
    grid = Change(kind="grid", item=GRID)
    assert priced(grid, None) is grid
    assert price_changes({"energy_sources": [GRID]}, None) == []


def test_upstream_needs_both() -> None:
    """A device is below another only if that is on the dashboard."""
    feeds = [("sensor.ups_power", "sensor.host_power")]
    assert upstream(EMPTY, [device(HOST)], feeds) == [device(HOST)]
    both = upstream(EMPTY, [device(UPS), device(HOST)], feeds)
    below = {**HOST, "included_in_stat": "sensor.ups_energy"}
    assert [change.item for change in both] == [UPS, below]
    # The user did not want the UPS.
    assert applied(EMPTY, both[1:])["device_consumption"] == [HOST]


def test_upstream_of_the_user() -> None:
    """What the user put below something stays there."""
    mine = {**HOST, "included_in_stat": "sensor.ups_energy"}
    present = {"device_consumption": [UPS, mine]}
    assert upstream(present, [], [("sensor.ups_power", "sensor.host_power")]) == []


def test_ids() -> None:
    """An id tells changes apart, also of one item."""
    assert device(UPS).id == "device sensor.ups_energy"
    filled = price_changes({"energy_sources": [GRID]}, PRICES)
    assert filled[0].id == "grid sensor.bought entity_energy_price"
    both = {**GRID, "stat_energy_to": "sensor.sold"}
    filled = price_changes({"energy_sources": [both]}, PRICES)
    assert filled[0].id == (
        "grid sensor.bought entity_energy_price entity_energy_price_export"
    )


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("battery", ["stat_energy_from", "stat_energy_to"]),
        ("device", ["stat_consumption"]),
        ("water_device", ["stat_consumption"]),
        ("price", ["entity_energy_price"]),
        ("solar", ["stat_energy_from"]),
    ],
)
def test_complete(kind: str, needed: list[str]) -> None:
    """Nothing is added without its meters; a battery needs both directions."""
    row = EnergyRow(kind=kind, entities={})
    assert row.fits(None)
    item = dict.fromkeys([*needed, "name"], "sensor.any")
    assert row.complete(item)
    for name in needed:
        assert not row.complete({key: item[key] for key in item if key != name})


def test_costs_of_the_past() -> None:
    """Imported costs come along if they are in the dashboard's currency."""
    history = {
        "stat_energy_from": "{device}_bought",
        "stat_cost": "{device}_cost",
        "stat_compensation": "{device}_compensation",
    }
    row = EnergyRow(kind="grid", entities={}, history=history, currency="JPY")
    assert row.past("JPY") == history
    assert row.past("EUR") == {"stat_energy_from": "{device}_bought"}
    assert EnergyRow(kind="grid", entities={}, history=history).past("EUR") == history
