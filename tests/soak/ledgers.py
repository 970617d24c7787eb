"""What the ledgers should have counted: the truth over the time that is billed.

Billed is the time between two readings of a channel that both tell a power and are not
further apart than three poll intervals, not counting what the source took to answer; and
what a counter of the device's own has counted between two readings. The rest, gaps and
restarts, nobody bills by design.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from custom_components.power_steward.const import CONF_DEVICE_TYPE
from custom_components.power_steward.ledger import StoredLedger
from custom_components.power_steward.stewardship.energy_ledger import Channel

from .house import House

type Key = tuple[str, str, str]


class Truth:
    """Follows the readings and adds up what the simulators delivered between them."""

    def __init__(self, house: House) -> None:
        """Know the house."""
        self._house = house
        self._last: dict[Key, float | None] = {}
        self.joules: dict[Key, float] = dict.fromkeys(house.truth, 0.0)
        self.seconds: dict[Key, float] = dict.fromkeys(house.truth, 0.0)
        """How long was billed."""

    def read(
        self, key: Key, max_gap: float, time: float, answer_time: float, *, told: bool
    ) -> None:
        """Note that a power was read, or could not be."""
        before, self._last[key] = self._last.get(key), time if told else None
        if told and before is not None and 0 < time - before <= max_gap + answer_time:
            energy = self._house.truth[key]
            self._bill(key, energy(time) - energy(before), time - before)

    def counted(self, key: Key, time: float, microjoules: int | None) -> None:
        """Note that a counter was read; it told what passed unless that is ``None``.

        Nothing passed means that too little time did: that is told the next time.
        """
        if microjoules == 0:
            return
        joules = self._house.truth[key](time)
        before, self._last[key] = self._last.get(key), joules
        if microjoules is not None and before is not None:
            self._bill(key, joules - before, 0.0)

    def reloaded(self, kind: str) -> None:
        """Note that an entry starts anew."""
        for key in self.joules:
            if key[0] == kind:
                self._last.pop(key, None)

    def _bill(self, key: Key, joules: float, seconds: float) -> None:
        self.joules[key] += joules
        self.seconds[key] += seconds


@contextmanager
def followed(truth: Truth, house: House) -> Iterator[None]:
    """Let the truth see every reading that a ledger gets."""
    init, record, add = StoredLedger.__init__, StoredLedger.record, StoredLedger.add
    gaps: dict[StoredLedger, tuple[str, float]] = {}

    def begin(self: StoredLedger, hass: Any, entry: Any, max_gap: float) -> None:
        init(self, hass, entry, max_gap)
        kind = entry.data[CONF_DEVICE_TYPE]
        truth.reloaded(kind)
        for old in [ledger for ledger, (of, _) in gaps.items() if of == kind]:
            del gaps[old]
        gaps[self] = kind, max_gap

    def read(
        self: StoredLedger,
        channel: Channel,
        power: float | None,
        time: float,
        answer_time: float,
    ) -> None:
        record(self, channel, power, time, answer_time)
        kind, max_gap = gaps[self]
        if (key := (kind, *channel)) in truth.joules:
            truth.read(key, max_gap, time, answer_time, told=power is not None)

    def count(self: StoredLedger, channel: Channel, microjoules: int | None) -> None:
        add(self, channel, microjoules)
        key = (gaps[self][0], *channel)
        if key in truth.joules:
            truth.counted(key, house.fast.now, microjoules)

    with (
        patch.object(StoredLedger, "__init__", begin),
        patch.object(StoredLedger, "record", read),
        patch.object(StoredLedger, "add", count),
    ):
        yield
