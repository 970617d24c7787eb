"""Texts and counters of the kernel in, numbers out (RAPL protocol, sections 2, 3)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

DEFAULT_STEP: Final = 125_000
"""Microwatts in which limits are stored on nearly all hardware."""
ASSUMED_PEAK: Final = 400.0
"""W of a zone of which no limit is known."""

_STEPS: Final = tuple(1_000_000 // 2**n for n in range(7))
_SHORTEST: Final = 0.5
"""Seconds below which the mean power is noise."""


def parse_number(text: str) -> int | None:
    """Return a decimal integer as the kernel writes it, ``None`` for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


class Sample(NamedTuple):
    """An energy counter at a time of the monotonic clock, in a run of the host."""

    counter: int
    time: float
    boot: str | None


class Passed(NamedTuple):
    """What a counter went through between two samples."""

    energy: int
    """µJ"""
    power: float
    """W"""


def is_too_soon(before: Sample, now: Sample) -> bool:
    """Return whether the time between two samples is too short to tell a power."""
    return before.boot == now.boot and 0 <= now.time - before.time < _SHORTEST


def passed(before: Sample, now: Sample, span: int, peak: float) -> Passed | None:
    """Return what passed, ``None`` if nobody can tell (sections 2.1 to 2.3).

    A counter that went down wrapped at its span, once: a time in which it may have
    done so more than once is discarded, and so is a power that cannot be.
    """
    elapsed = now.time - before.time
    if before.boot != now.boot or elapsed <= 0 or elapsed > span / 1e6 / peak:
        return None
    energy = now.counter - before.counter
    if energy < 0:
        energy += span
    power = energy / 1e6 / elapsed
    if energy < 0 or power > 2 * peak:
        return None
    return Passed(energy, power)


def sampling_interval(span: int, peak: float) -> float:
    """Return the longest time between two samples that surely sees each wrap, in s."""
    return span / 1e6 / peak / 2


def step_of(limits: Iterable[int]) -> int:
    """Return the step that limits, as the hardware holds them, suggest."""
    values = list(limits)
    return next(
        (
            step
            for step in _STEPS
            if step <= DEFAULT_STEP and all(value % step == 0 for value in values)
        ),
        1,
    )


def coarser_step(written: int, read: int, step: int) -> int | None:
    """Return the coarser step that explains what was read back, ``None`` if none does."""
    return next(
        (
            coarse
            for coarse in reversed(_STEPS)
            if coarse > step and written // coarse * coarse == read
        ),
        None,
    )
