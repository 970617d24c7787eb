"""Damage messages for as long as wanted, and say what was found."""

import argparse
import secrets
import sys
import time
import traceback

from .harness import Wire
from .wires import WIRES

_ROUND = 2000
"""Messages of one wire before the next wire has its turn."""


def _fuzz(wire: Wire, number: int) -> bool:
    try:
        wire.flood(_ROUND, number)
    except Exception:  # noqa: BLE001 - whatever it is, it is the find
        print(f"{wire.name}: found with --seed {number}", flush=True)
        traceback.print_exc()
        return False
    return True


def _report(wires: list[Wire]) -> None:
    for wire in wires:
        print(
            f"{wire.name}: {wire.inputs} inputs, slowest {wire.slowest * 1000:.1f} ms"
            f" of CPU, most memory {wire.largest / 1024:.0f} KiB",
            flush=True,
        )


def main() -> int:
    """Do as the command line says; return 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="default: 1")
    parser.add_argument("--inputs", type=int, help="end after so many in all")
    parser.add_argument(
        "--wire", choices=[wire.name for wire in WIRES], help="default: all in turn"
    )
    parser.add_argument("--seed", type=int, help="begin with this seed")
    options = parser.parse_args()
    wires = [wire for wire in WIRES if options.wire in (None, wire.name)]
    number = secrets.randbelow(2**32) if options.seed is None else options.seed
    end = time.monotonic() + options.minutes * 60
    broken: set[str] = set()
    while len(broken) < len(wires) and time.monotonic() < end:
        for wire in wires:
            if wire.name not in broken and not _fuzz(wire, number):
                broken.add(wire.name)
        if options.inputs and sum(wire.inputs for wire in wires) >= options.inputs:
            break
        number += 1
    _report(wires)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
