"""Outages as one device sees them, and as the house had them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.power_steward.stewardship.outages import (
    KEPT,
    Change,
    Earlier,
    Hour,
    HouseOutage,
    Look,
    Outage,
    OutageLog,
    Summary,
    hours,
    of_the_house,
)

EVENING = datetime(2026, 11, 20, 17, 50, tzinfo=UTC)
MAX_GAP = 15.0
STARTED, LOW, ENDED = Change.STARTED, Change.BATTERY_LOW, Change.ENDED


def at(seconds: float) -> datetime:
    """Return a moment of the evening."""
    return EVENING + timedelta(seconds=seconds)


def approx(value: float) -> Any:
    """Return what equals a value but for the last digits."""
    return pytest.approx(value)


def look(seconds: float, on_battery: bool | None, **more: Any) -> Look:
    """Return what a UPS tells at a moment of the evening."""
    return Look(at(seconds), 5000 + seconds, on_battery, **more)


def watch(log: OutageLog, *looks: Look) -> list[list[Change]]:
    """Take looks; return the changes that each brought."""
    return [log.look(each) for each in looks]


def test_one_outage() -> None:
    """An outage lasts from the first look on battery to the first on mains."""
    log = OutageLog(MAX_GAP)
    changes = watch(
        log,
        look(0, False, power=600, charge=100),
        look(5, True, power=600, charge=100, low=False),
        look(10, True, power=600, charge=98.5, low=False),
        look(15, True, power=1200, charge=20, low=True),
        look(20, True, power=1200, charge=19, low=True),
        look(25, False, power=1200, charge=18, low=True),
        look(30, False, power=600, charge=19, low=True),
    )
    assert changes == [[], [STARTED], [], [LOW], [], [ENDED], []]
    # 600 W for 5 s, 900 W on average for 5 s, 1200 W for 10 s
    energy = (600 * 5 + 900 * 5 + 1200 * 10) / 3600
    assert log.outages == [
        Outage(
            started=at(5),
            duration=20.0,
            over=True,
            energy=approx(energy),
            lowest_charge=19,
            low=True,
        )
    ]
    assert log.outages[0].until == at(25)
    assert log.summary == Summary(1, log.outages[0])
    assert log.ongoing is None


def test_nothing_told() -> None:
    """Without charge and power there still is an outage, and nothing invented."""
    log = OutageLog(MAX_GAP)
    watch(log, look(0, None), look(5, False), look(10, True), look(15, False))
    assert log.outages == [Outage(started=at(10), duration=5.0, over=True)]


def test_first_look_on_battery() -> None:
    """When it began before anyone looked, it lasted at least as long as seen."""
    log = OutageLog(MAX_GAP)
    assert watch(log, look(0, True), look(5, False)) == [[STARTED], [ENDED]]
    assert log.outages == [
        Outage(started=at(0), duration=5.0, over=True, at_least=True)
    ]


def test_unknown_is_no_end() -> None:
    """A device that says nothing for a while changes nothing, if the while is short."""
    log = OutageLog(MAX_GAP)
    changes = watch(log, look(0, False), look(5, True), look(10, None), look(20, False))
    assert changes == [[], [STARTED], [], [ENDED]]
    assert log.outages == [Outage(started=at(5), duration=15.0, over=True)]


def test_charge_at_the_start_counts() -> None:
    """The lowest charge may be the first that was seen."""
    log = OutageLog(MAX_GAP)
    watch(log, look(0, True, charge=80), look(5, True, charge=81), look(10, False))
    assert log.outages[0].lowest_charge == 80


def test_beginning_unseen() -> None:
    """After a gap nobody knows when it began."""
    log = OutageLog(MAX_GAP)
    watch(log, look(0, False), look(16, True), look(20, False))
    assert log.outages[0].at_least
    assert log.outages[0].duration == 4.0


def test_end_unseen() -> None:
    """A mains that came back in a gap did so at some time after the last look."""
    log = OutageLog(MAX_GAP)
    watch(log, look(0, False), look(5, True), look(10, True), look(26, False))
    assert log.outages == [
        Outage(started=at(5), duration=5.0, over=True, at_least=True)
    ]


def test_slow_answers_make_no_gap() -> None:
    """The time that the source was busy answering is no gap."""
    log = OutageLog(MAX_GAP)
    watch(log, look(0, False), look(20, True, answer_time=6), look(25, False))
    assert not log.outages[0].at_least


def test_midst_unseen() -> None:
    """A battery that carries the load before and after a gap did so in it, uncounted."""
    log = OutageLog(MAX_GAP)
    changes = watch(
        log,
        look(0, False),
        look(5, True, power=600, charge=90),
        look(10, True, power=600, charge=89),
        look(310, True, power=600, charge=80),
        look(315, False, power=600, charge=80),
    )
    assert changes == [[], [STARTED], [], [], [ENDED]]
    assert log.outages == [
        Outage(
            started=at(5),
            duration=310.0,
            over=True,
            unseen=300.0,
            energy=approx(600 * 10 / 3600),
            lowest_charge=80,
        )
    ]


@pytest.mark.parametrize(
    ("gap", "charge"),
    [(300, 92.5), (901, 80)],
    ids=["recharged meanwhile", "too long"],
)
def test_two_outages_around_a_gap(gap: float, charge: float) -> None:
    """Mains came back in a gap if the charge rose, and may have if it was long."""
    log = OutageLog(MAX_GAP)
    changes = watch(
        log,
        look(0, False),
        look(5, True, charge=91),
        look(10, True, charge=90),
        look(10 + gap, True, charge=charge, low=True),
        look(15 + gap, False),
    )
    assert changes == [[], [STARTED], [], [ENDED, STARTED, LOW], [ENDED]]
    assert [
        (one.started, one.duration, one.at_least, one.low) for one in log.outages
    ] == [(at(5), 5.0, True, False), (at(10 + gap), 5.0, True, True)]


def test_one_outage_around_a_long_gap() -> None:
    """A quarter of an hour, and two percent that a gauge may be wrong, still are one."""
    log = OutageLog(MAX_GAP)
    assert watch(
        log,
        look(0, False),
        look(5, True, charge=90),
        look(905, True, charge=92),
        look(910, False),
    ) == [[], [STARTED], [], [ENDED]]
    assert log.outages[0].duration == 905


def restarted(log: OutageLog) -> OutageLog:
    """Return a log as the next run takes it up."""
    return OutageLog(MAX_GAP, log.outages, log.earlier)


def later(seconds: float, on_battery: bool, **more: Any) -> Look:
    """Return a look of another run, whose monotonic clock began anew."""
    return look(seconds, on_battery, **more)._replace(clock=seconds - 60)


def test_restart_in_the_midst() -> None:
    """An outage goes on after a restart, with the energy from before it."""
    log = OutageLog(MAX_GAP)
    watch(
        log,
        look(0, False),
        look(5, True, power=720, charge=90, low=True),
        look(15, True, power=720, charge=89, low=True),
    )
    log = restarted(log)
    assert log.ongoing is not None
    assert log.look(later(75, True, charge=85, low=True)) == []
    assert log.outages[0].energy == approx(2.0)
    changes = watch(
        log,
        later(80, True, power=720, charge=84, low=True),
        later(90, False, power=720, charge=84, low=True),
    )
    assert changes == [[], [ENDED]]
    assert log.outages == [
        Outage(
            started=at(5),
            duration=85.0,
            over=True,
            unseen=60.0,
            energy=approx(2.0 + 2.0),
            lowest_charge=84,
            low=True,
        )
    ]


def test_mains_back_during_a_restart() -> None:
    """An end that nobody saw is not dated: the outage lasted at least as long as seen."""
    log = OutageLog(MAX_GAP)
    watch(log, look(0, False), look(5, True), look(10, True))
    log = restarted(log)
    assert watch(log, later(12, False)) == [[ENDED]]
    assert log.outages == [
        Outage(started=at(5), duration=5.0, over=True, at_least=True)
    ]


def test_restart_without_time() -> None:
    """By a coarse clock no time may have passed; the outage goes on all the same."""
    log = OutageLog(MAX_GAP)
    watch(log, look(0, False), look(5, True))
    assert watch(restarted(log), later(5, True)) == [[]]


def test_energy_of_another_outage() -> None:
    """What an outage before the restart took is not the next one's."""
    log = OutageLog(MAX_GAP)
    watch(log, look(0, True, power=720), look(5, False, power=720))
    log = restarted(log)
    watch(
        log,
        later(75, False),
        later(80, True, power=720),
        later(90, False, power=720),
    )
    assert [one.energy for one in log.outages] == [approx(1.0), approx(2.0)]


def test_clock_put_back_during_a_restart() -> None:
    """A wall clock that went back tells nothing of the time that passed."""
    log = OutageLog(MAX_GAP)
    watch(log, look(0, False), look(5, True), look(10, True))
    log = restarted(log)
    assert watch(log, later(-3600, True)) == [[ENDED, STARTED]]
    assert [one.duration for one in log.outages] == [5.0, 0.0]


def spells(log: OutageLog, *starts: float, lasting: float = 10) -> None:
    """Let a log see outages."""
    for start in starts:
        watch(
            log,
            look(start - 5, False),
            look(start, True),
            look(start + lasting, False),
        )


def test_the_oldest_are_only_counted() -> None:
    """However many there are, the number and the time of all are known."""
    log = OutageLog(MAX_GAP)
    spells(log, *range(100, 100 + 100 * (KEPT + 3), 100))
    assert len(log.outages) == KEPT
    assert log.earlier == Earlier(3, 30.0)
    assert log.summary.number == KEPT + 3


# Hours


def test_hours() -> None:
    """Each hour has its share of an outage, and sums that go on from the ones before."""
    log = OutageLog(MAX_GAP, earlier=Earlier(7, 100.0))
    assert list(hours(log)) == []
    spells(log, 10)  # 17:50:10
    watch(log, *(look(second, second > 300) for second in range(295, 4500, 5)))
    assert list(hours(log)) == [Hour(at(-3000), 10, 110, 1, 8)]
    watch(log, look(4500, False))  # from 17:55:05 to 19:05
    assert list(hours(log)) == [
        Hour(at(-3000), 10 + 295, 100 + 10 + 295, 2, 9),
        Hour(at(600), 3600, 100 + 10 + 295 + 3600, 0, 9),
        Hour(at(4200), 300, 100 + 10 + 295 + 3600 + 300, 0, 9),
    ]


@pytest.mark.parametrize(
    ("begin", "duration"), [(600, 0.0), (600.25, 60.0), (600, 3600.0)]
)
def test_hours_at_their_edges(begin: float, duration: float) -> None:
    """An outage belongs to the hour in which it begins, and not to the one it ends at."""
    outage = Outage(started=at(begin), duration=duration, over=True)
    log = OutageLog(MAX_GAP, [outage])
    assert list(hours(log)) == [Hour(at(600), duration, duration, 1, 1)]


# The house


def outage(start: float, end: float, **more: Any) -> Outage:
    """Return an outage that is over."""
    return Outage(started=at(start), duration=end - start, over=True, **more)


def house(**outages: Sequence[Outage]) -> list[HouseOutage]:
    """Return the outages of the house by those of its devices."""
    return of_the_house(outages)


def test_seen_by_three() -> None:
    """What three devices see at once is one outage, from first to last."""
    rack = outage(3, 120, energy=10.0, lowest_charge=80)
    attic = outage(0, 119, energy=2.5, lowest_charge=95, at_least=True)
    cellar = outage(5, 121)
    assert house(rack=[rack], attic=[attic], cellar=[cellar]) == [
        HouseOutage(at(0), at(121), True, True, 12.5, 80, ("attic", "rack", "cellar"))
    ]


def test_one_after_the_other() -> None:
    """Outages far enough apart are several, also of one device; close ones are one."""
    rack = [outage(0, 3), outage(100, 110), outage(3000, 3010)]
    attic = [outage(8, 10), outage(112, 120)]
    found = house(rack=rack, attic=attic)
    assert [(one.started, one.until, one.devices) for one in found] == [
        (at(0), at(10), ("rack", "attic")),
        (at(100), at(120), ("rack", "attic")),
        (at(3000), at(3010), ("rack",)),
    ]
    assert [one.energy for one in found] == [None, None, None]


@pytest.mark.parametrize(("begin", "number"), [(25, 1), (25.5, 2)])
def test_how_close_is_one(begin: float, number: int) -> None:
    """Up to a quarter of a minute apart, they are one."""
    assert len(house(rack=[outage(0, 10)], attic=[outage(begin, 60)])) == number


def test_still_going_on() -> None:
    """The house's outage is over when all of its devices have mains again."""
    ongoing = replace(outage(0, 60), over=False)
    (one,) = house(rack=[ongoing], attic=[outage(2, 50)])
    assert not one.over
    assert one.until == at(60)
