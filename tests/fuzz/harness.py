"""What a wire is to the harness, and what holds for each: bounds of time and memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
import time
import tracemalloc
from typing import Final

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from .mutation import Damage, choices, random_choices, without_each_step

LONGEST_SECONDS: Final = 2.0
"""CPU time that no message may take: a hang by any measure, on any machine."""
BYTES_A_BYTE: Final = 400
BYTES_AT_ALL: Final = 8 * 1024 * 1024
"""Memory that a message may take while it is read: a base, and so much a byte."""
_MEMORY_EVERY: Final = 100
"""Following memory makes everything slow: it is done for one message in so many."""


@dataclass(slots=True)
class Wire:
    """A wire: what was seen on it by kinds of message, and how to check one.

    The check reads a message of a kind as the client does. It raises nothing but
    ``AssertionError``, for whatever must never be: another exception than the client's
    own, a value that cannot be, or one that the message does not justify.
    """

    name: str
    seen: Mapping[str, bytes]
    check: Callable[[str, bytes], None]
    dictionary: tuple[bytes, ...] = ()
    """Words of the protocol, to be put in anywhere."""
    inputs: int = field(default=0, init=False)
    slowest: float = field(default=0.0, init=False)
    """Seconds of CPU."""
    largest: int = field(default=0, init=False)
    """Bytes of memory at the peak, of the messages for which it was followed."""
    _damage: dict[str, Damage] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the damage."""
        others = tuple(self.seen.values())
        self._damage = {
            kind: Damage(body, others, self.dictionary)
            for kind, body in self.seen.items()
        }

    def read(self, kind: str, body: bytes) -> None:
        """Check one message, and what reading it costs."""
        self.inputs += 1
        if self.inputs % _MEMORY_EVERY == 0:
            self._follow_memory(kind, body)
            return
        start = time.thread_time()
        self.check(kind, body)
        taken = time.thread_time() - start
        self.slowest = max(self.slowest, taken)
        assert taken <= LONGEST_SECONDS, f"{kind}: {taken:.1f} s"

    def _follow_memory(self, kind: str, body: bytes) -> None:
        tracemalloc.start()
        try:
            self.check(kind, body)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        self.largest = max(self.largest, peak)
        limit = BYTES_AT_ALL + BYTES_A_BYTE * len(body)
        assert peak <= limit, f"{kind}: {peak} bytes for {len(body)}"

    def read_undamaged(self) -> None:
        """Check what was seen as it was."""
        for kind, body in self.seen.items():
            self.read(kind, body)

    def fuzz(self, examples: int, number: int) -> None:
        """Check that many damaged messages; the same number gives the same ones.

        Hypothesis draws them, and shrinks what it finds.
        """

        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(st.sampled_from(sorted(self.seen)), choices())
        def run(kind: str, chosen: bytes) -> None:
            self.read(kind, self._damage[kind].done(chosen))

        run()

    def flood(self, examples: int, number: int) -> None:
        """Check as ``fuzz`` does, several times as fast: the draws cost nothing.

        What is found carries a note with the message, damaged no more than needed.
        """
        numbers = Random(number)
        kinds = sorted(self.seen)
        for _ in range(examples):
            kind, chosen = numbers.choice(kinds), random_choices(numbers)
            try:
                self.read(kind, self._damage[kind].done(chosen))
            except Exception as err:
                fewest = self._fewest_steps(kind, chosen)
                err.add_note(f"{kind}: {self._damage[kind].done(fewest)!r}")
                raise

    def _fewest_steps(self, kind: str, chosen: bytes) -> bytes:
        """Return as few steps of damage as still make reading fail."""
        for fewer in without_each_step(chosen):
            try:
                self.check(kind, self._damage[kind].done(fewer))
            except Exception:  # noqa: BLE001 - it fails with fewer too
                return self._fewest_steps(kind, fewer)
        return chosen
