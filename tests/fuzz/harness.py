"""What a wire is to the harness, and what holds for each: bounds of time and memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import time
import tracemalloc
from typing import Final

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from .mutation import damaged

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
        """Check that many damaged messages; the same number gives the same ones."""

        strategies = {kind: self._damaged(kind) for kind in self.seen}

        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(st.sampled_from(sorted(self.seen)).flatmap(strategies.__getitem__))
        def run(message: tuple[str, bytes]) -> None:
            self.read(*message)

        run()

    def _damaged(self, kind: str) -> st.SearchStrategy[tuple[str, bytes]]:
        others = tuple(self.seen.values())
        return st.tuples(
            st.just(kind), damaged(self.seen[kind], others, self.dictionary)
        )
