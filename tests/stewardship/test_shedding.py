"""How much longer a battery lasts if hosts draw less."""

import math

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_steward.stewardship.ride_through import (
    Battery,
    Experience,
    State,
    estimate,
    sustainable_power,
)
from custom_components.power_steward.stewardship.shedding import Share, Supply

steady = settings(derandomize=True, deadline=None, max_examples=60)

PLAIN = Supply(load=400.0, remaining=1200.0)
"""A UPS that tells for how long it lasts, and nothing of its battery."""


def modelled(load: float, charge: float = 80.0) -> Supply:
    """Return a UPS with a battery that is well known."""
    battery, state = Battery(capacity=20, nominal_voltage=24), State(charge=charge)

    def lasting(power: float) -> float | None:
        found = estimate(battery, Experience(), state, power)
        return None if found is None else found.minutes * 60

    def bearable(seconds: float) -> float | None:
        return sustainable_power(battery, Experience(), state, seconds / 60)

    return Supply(
        load=load, remaining=lasting(load), lasting=lasting, bearable=bearable
    )


def test_by_energy() -> None:
    """Without a model, by hand: 400 W for 20 minutes are 300 W for 26⅔."""
    share = Share(supply=PLAIN, power=150.0, floor=50.0)
    assert share.of_load == 0.375
    assert share.seconds(150) == share.seconds(500) == 1200
    assert share.seconds_at_floor == 400 * 1200 / 300
    # 1500 s at 320 W: 80 W less than now
    assert share.cap(1500) == 70.0
    assert share.cap(1200) == 150.0
    assert share.cap(600) == 550.0
    assert share.cap(3000) == 50.0
    assert PLAIN.lost == 0  # unless told, mains was lost at this moment
    assert PLAIN.seconds(1) == 400 * 1200
    assert PLAIN.power(1) == 400 * 1200


def test_hosts_are_all_of_a_small_load() -> None:
    """However little it is, and also if nothing else is behind the UPS."""
    supply = Supply(load=1.0, remaining=1200.0)
    share = Share(supply=supply, power=1.0, floor=0.25)
    assert share.of_load == 1.0
    assert share.seconds_at_floor == 4800
    assert share.part(0.5, 0.1) == Share(
        supply=supply, power=0.5, floor=0.1, weight=0.5
    )


def test_several_hosts() -> None:
    """Each gives up in proportion to what it draws, down to its own floor."""
    share = Share(supply=PLAIN, power=150.0, floor=50.0)
    large, small = share.part(120.0, 30.0), share.part(30.0, 20.0)
    assert large is not None
    assert small is not None
    # 30 W have to go: 24 and 6
    seconds = 400 * 1200 / 370
    assert large.cap(seconds) == pytest.approx(96.0)
    assert small.cap(seconds) == pytest.approx(24.0)
    assert large.seconds(96) == pytest.approx(seconds)
    assert share.part(0.0, 5.0) is None


@pytest.mark.parametrize("power", [500.0, math.inf])
def test_hosts_on_another_ups(power: float) -> None:
    """Hosts that draw more than the UPS delivers are not behind it."""
    share = Share(supply=PLAIN, power=power, floor=50.0)
    assert share.of_load is None
    assert share.seconds_at_floor is None
    assert share.cap(1500) is None


@pytest.mark.parametrize("load", [0.0, math.inf])
def test_no_load(load: float) -> None:
    """Of no load there is no share."""
    assert Share(supply=Supply(load=load), power=0.0, floor=5.0).of_load is None


def test_nothing_known() -> None:
    """Without a remaining time nothing follows."""
    share = Share(supply=Supply(load=400.0), power=150.0, floor=50.0)
    assert share.of_load == 0.375
    assert share.seconds_at_floor is None
    assert share.cap(1500) is None
    assert PLAIN.seconds(0) is None
    assert PLAIN.power(0) is None


@steady
@given(
    st.floats(100, 900),
    st.floats(0.05, 0.95),
    st.floats(5, 50),
    st.floats(60, 20_000),
    st.booleans(),
)
def test_cap_and_time_belong_together(
    load: float, part: float, floor: float, seconds: float, model: bool
) -> None:
    """With the cap for a time the battery lasts that time, or no cap helps."""
    supply = modelled(load) if model else Supply(load=load, remaining=1800.0)
    power = load * part
    share = Share(supply=supply, power=power, floor=min(floor, power))
    cap = share.cap(seconds)
    assert cap is not None
    assert cap >= share.floor
    lasts, anyway = share.seconds(cap), share.seconds(math.inf)
    assert lasts is not None
    assert anyway is not None
    if cap > share.power:
        assert anyway >= seconds * 0.999
    elif cap > share.floor:
        assert lasts == pytest.approx(seconds, rel=1e-3)
    else:
        assert lasts <= seconds * 1.001
    assert lasts >= anyway


def test_a_model_gives_more_than_energy() -> None:
    """By Peukert's law a smaller load gets more out of the battery."""
    supply = modelled(600.0)
    plain = Supply(load=600.0, remaining=supply.remaining)
    known, by_energy = (
        Share(supply=each, power=300.0, floor=60.0).seconds_at_floor
        for each in (supply, plain)
    )
    assert known is not None
    assert by_energy is not None
    assert known > by_energy
