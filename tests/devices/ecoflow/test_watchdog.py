"""Silence is answered in steps, and a clock decides which."""

import itertools
import random

import pytest

from custom_components.power_steward.devices.ecoflow.watchdog import (
    LONGEST_RECONNECT,
    Actions,
    State,
    Step,
    Watchdog,
)

DELTA = "R331TEST00000001"
PLUG = "HW52TEST00000001"


def a_watchdog(*serials: str, now: float = 0.0) -> Watchdog:
    """Return a watchdog without jitter, whose session has begun."""
    watchdog = Watchdog(lambda: 1.0)
    watchdog.connected(now)
    for serial in serials:
        watchdog.watch(serial, 60, 300, now)
    return watchdog


def run(watchdog: Watchdog, begin: float, end: float) -> list[tuple[float, Actions]]:
    """Return what is done in a span of time, looked at every second."""
    done: list[tuple[float, Actions]] = []
    for now in range(int(begin), int(end)):
        actions = watchdog.act(now)
        if actions != Actions():
            done.append((now, actions))
    return done


def test_all_are_asked_at_the_start_and_with_each_session() -> None:
    """A device is asked at once, and again when the session is new."""
    watchdog = a_watchdog(DELTA, PLUG)
    assert watchdog.act(0) == Actions((DELTA, PLUG))
    assert watchdog.act(1) == Actions()
    watchdog.connected(2)
    assert watchdog.act(2) == Actions((DELTA, PLUG))


def test_who_speaks_is_not_asked() -> None:
    """Pushes within the interval keep the questions away."""
    watchdog = a_watchdog(DELTA)
    watchdog.act(0)
    for now in range(1, 1000, 50):
        watchdog.heard(DELTA, now)
        assert run(watchdog, now, now + 50) == []
        assert watchdog.state(DELTA, now + 49) is State.LIVE


def test_an_unchanged_device_that_answers_stays_live() -> None:
    """Silence alone is nothing: asked once a minute, it answers and lives."""
    watchdog = a_watchdog(DELTA)
    questions = 0
    for now in range(3600):
        for _ in watchdog.act(now).ask:
            questions += 1
            watchdog.heard(DELTA, now + 1)
        assert watchdog.state(DELTA, now) in (State.LIVE, State.QUIET)
    assert questions == 60


def test_from_live_to_stale() -> None:
    """Asked in vain for five minutes, a device is stale and the session made anew."""
    watchdog = a_watchdog(DELTA)
    watchdog.act(0)
    watchdog.heard(DELTA, 1)
    assert watchdog.state(DELTA, 60) is State.LIVE
    done = run(watchdog, 61, 302)
    assert done == [
        *((now, Actions((DELTA,))) for now in (61, 121, 181, 241)),
        (301, Actions((), Step.RECONNECT)),
    ]
    assert watchdog.state(DELTA, 200) is State.QUIET
    assert watchdog.state(DELTA, 301) is State.STALE
    watchdog.heard(DELTA, 310)
    assert watchdog.state(DELTA, 310) is State.LIVE


def test_the_ladder_goes_on_with_growing_pauses() -> None:
    """First the same credentials, then renewed ones, never more than once an hour."""
    watchdog = a_watchdog(DELTA)
    watchdog.act(0)
    watchdog.heard(DELTA, 1)
    steps = [
        (now, actions.step)
        for now, actions in run(watchdog, 2, 20_000)
        if actions.step is not Step.NONE
    ]
    assert [step for _, step in steps[:4]] == [Step.RECONNECT, *[Step.RENEW] * 3]
    pauses = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(steps)]
    assert pauses[:4] == [300, 600, 1200, 2400]
    assert set(pauses[4:]) == {LONGEST_RECONNECT}


def test_a_device_that_comes_back_resets_the_ladder() -> None:
    """After a good while the next trouble starts from the first step again."""
    watchdog = a_watchdog(DELTA)
    watchdog.act(0)
    watchdog.heard(DELTA, 1)
    run(watchdog, 2, 2000)
    watchdog.heard(DELTA, 2000)
    steps = [actions.step for _, actions in run(watchdog, 2001, 2320)]
    assert steps[-1] is Step.RECONNECT


def test_others_speak() -> None:
    """While others speak, one silent device costs one new session an hour at most."""
    watchdog = a_watchdog(DELTA, PLUG)
    watchdog.act(0)
    watchdog.heard(PLUG, 1)
    steps = 0
    for now in range(2, 7000):
        if now % 10 == 0:
            watchdog.heard(DELTA, now)
        steps += watchdog.act(now).step is not Step.NONE
    assert steps == 2
    assert watchdog.state(DELTA, 7000) is State.LIVE
    assert watchdog.state(PLUG, 7000) is State.STALE


def test_who_never_spoke_costs_no_session() -> None:
    """A device that is listed and never answers is stale, and that is all."""
    watchdog = a_watchdog(DELTA)
    done = run(watchdog, 0, 3000)
    assert watchdog.state(DELTA, 3000) is State.STALE
    assert all(actions.step is Step.NONE for _, actions in done)


def test_offline() -> None:
    """What the cloud calls offline is asked seldom; back online it is asked at once.

    It has to answer before what it said holds again.
    """
    watchdog = a_watchdog(DELTA)
    watchdog.act(0)
    watchdog.heard(DELTA, 1)
    watchdog.told(DELTA, online=False, now=2)
    assert watchdog.state(DELTA, 2) is State.OFFLINE
    done = run(watchdog, 3, 1500)
    assert len(done) == 5
    assert all(actions.step is Step.NONE for _, actions in done)
    watchdog.told(DELTA, online=True, now=1500)
    assert watchdog.act(1500) == Actions((DELTA,))
    assert watchdog.state(DELTA, 1500) is State.BACK
    done = run(watchdog, 1501, 1799)
    assert all(actions.step is Step.NONE for _, actions in done)
    assert watchdog.state(DELTA, 1799) is State.BACK
    run(watchdog, 1799, 1801)
    assert watchdog.state(DELTA, 1801) is State.STALE
    watchdog.told(DELTA, online=False, now=1801)
    watchdog.heard(DELTA, 1802)
    assert watchdog.state(DELTA, 1802) is State.LIVE


def test_old_messages_do_not_turn_time_back() -> None:
    """Replayed or early, a message counts for when it came."""
    watchdog = a_watchdog(DELTA)
    watchdog.heard(DELTA, 500)
    watchdog.heard(DELTA, 100)
    assert watchdog.state(DELTA, 500) is State.LIVE


def test_strangers_and_the_forgotten() -> None:
    """Who is not watched is nobody."""
    watchdog = a_watchdog(DELTA, PLUG)
    watchdog.heard("ANOTHER", 1)
    watchdog.told("ANOTHER", online=True, now=1)
    watchdog.forget([PLUG, "ANOTHER"])
    assert watchdog.serials == {DELTA}
    assert watchdog.act(1) == Actions((DELTA,))


def test_when_to_look_again() -> None:
    """The next look is never in the past and never missed by far."""
    assert Watchdog(lambda: 1.0).next_act(5) == 1.0
    watchdog = a_watchdog(DELTA)
    watchdog.act(0)
    watchdog.heard(DELTA, 1)
    assert watchdog.next_act(1) == 60
    now = 1.0
    while now < 5000:
        now += watchdog.next_act(now)
        watchdog.act(now)
        assert now - 5000 < 300
    assert watchdog.state(DELTA, now) is State.STALE


@pytest.mark.parametrize("seed", range(3))
def test_a_year_of_anything(seed: int) -> None:
    """Whatever happens, questions stay rare and whoever answers ends live."""
    dice = random.Random(seed)
    watchdog = Watchdog(lambda: dice.uniform(0.5, 1))
    now = 0.0
    for serial in (DELTA, PLUG):
        watchdog.watch(serial, 60, 300, now)
    asked = renewed = 0
    while now < 30 * 86_400:
        now += watchdog.next_act(now)
        actions = watchdog.act(now)
        asked += len(actions.ask)
        renewed += actions.step is not Step.NONE
        for serial in actions.ask:
            if dice.random() < 0.7:
                watchdog.heard(serial, now + 0.1)
        if dice.random() < 0.001:
            watchdog.told(DELTA, online=dice.random() < 0.5, now=now)
    assert asked < 2 * 30 * 86_400 / 25
    assert renewed < 30 * 24
    for serial in (DELTA, PLUG):
        watchdog.heard(serial, now)
        assert watchdog.state(serial, now) is State.LIVE


def test_without_a_session() -> None:
    """Nobody asks, so silence alone makes a device quiet, then stale."""
    watchdog = a_watchdog(DELTA)
    watchdog.connected(0)
    watchdog.act(0)
    watchdog.heard(DELTA, 1)
    watchdog.disconnected()
    assert watchdog.state(DELTA, 60) is State.LIVE
    assert watchdog.state(DELTA, 61) is State.QUIET
    assert watchdog.state(DELTA, 300) is State.QUIET
    assert watchdog.state(DELTA, 301) is State.STALE
    # A session alone makes no old value true: it is asked, and has to answer.
    watchdog.connected(400)
    assert watchdog.act(400).ask == (DELTA,)
    assert watchdog.state(DELTA, 400) is State.STALE
    watchdog.heard(DELTA, 401)
    assert watchdog.state(DELTA, 401) is State.LIVE


def test_a_short_break_changes_nothing() -> None:
    """Who was live before a session was made anew is so after it."""
    watchdog = a_watchdog(DELTA)
    watchdog.connected(0)
    watchdog.act(0)
    watchdog.heard(DELTA, 1)
    watchdog.disconnected()
    watchdog.connected(5)
    assert watchdog.state(DELTA, 5) is State.LIVE
    assert watchdog.act(5).ask == (DELTA,)
