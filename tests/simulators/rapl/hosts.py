"""Hosts as they are met: a laptop, a server, an AMD machine, one with many zones."""

from collections.abc import Callable
import time

from .host import Constraint, Host, Load, Zone

type Clock = Callable[[], float]
W = 1_000_000


def client(clock: Clock = time.monotonic, load: Load | None = None) -> Host:
    """Return a client machine: graphics, platform, twin and peak power."""
    power = load or (lambda seconds: 12.0)
    single = [Constraint("long_term", 0, 976)]
    return Host(
        [
            Zone(
                "intel-rapl/intel-rapl:0",
                "package-0",
                [
                    Constraint("long_term", 28 * W, 27_983_872, 15 * W),
                    Constraint("short_term", 64 * W, 2440),
                    Constraint("peak_power", 105 * W, None, 0),
                ],
                counter=48_211_337_705,
                load=power,
            ),
            Zone(
                "intel-rapl/intel-rapl:0/intel-rapl:0:0",
                "core",
                list(single),
                enabled=0,
                counter=30_110_004_211,
                load=lambda seconds: power(seconds) / 2,
            ),
            Zone(
                "intel-rapl/intel-rapl:0/intel-rapl:0:1",
                "uncore",
                [Constraint("long_term", 0, 976)],
                enabled=0,
                counter=2_210_045_001,
                load=lambda seconds: 1.0,
            ),
            Zone(
                "intel-rapl/intel-rapl:1",
                "psys",
                [Constraint("long_term", 0), Constraint("short_term", 0)],
                counter=90_331_200_455,
                load=lambda seconds: power(seconds) + 9,
                uncapped=True,
            ),
            Zone(
                "intel-rapl-mmio/intel-rapl-mmio:0",
                "package-0",
                [Constraint("long_term", 20 * W, 27_983_872, 15 * W)],
                counter=48_211_337_705,
                load=power,
            ),
        ],
        clock,
    )


def server(clock: Clock = time.monotonic, sockets: int = 2) -> Host:
    """Return a server with a memory domain at each socket."""
    zones = []
    for number in range(sockets):
        zones.append(
            Zone(
                f"intel-rapl/intel-rapl:{number:x}",
                f"package-{number}",
                [
                    Constraint("long_term", 205 * W, 999_424, 205 * W),
                    Constraint("short_term", 246 * W, 976),
                ],
                load=lambda seconds: 150.0,
            )
        )
        zones.append(
            Zone(
                f"intel-rapl/intel-rapl:{number:x}/intel-rapl:{number:x}:0",
                "dram",
                [Constraint("long_term", 0, 976)],
                enabled=0,
                range=65_712_999_613,
                load=lambda seconds: 8.0,
            )
        )
    return Host(zones, clock)


def amd(clock: Clock = time.monotonic) -> Host:
    """Return a machine that counts energy and has no limits."""
    return Host(
        [
            Zone(
                "intel-rapl/intel-rapl:0", "package-0", enabled=0, range=65_532_610_987
            ),
            Zone(
                "intel-rapl/intel-rapl:0/intel-rapl:0:0",
                "core",
                enabled=0,
                range=65_532_610_987,
                load=lambda seconds: 6.0,
            ),
        ],
        clock,
    )


def many(clock: Clock = time.monotonic) -> Host:
    """Return a machine whose zones count on past nine."""
    return Host(
        [
            Zone(
                f"intel-rapl/intel-rapl:{number:x}",
                f"package-{number}",
                [Constraint("long_term", (100 + number) * W, 976, 0)],
            )
            for number in (11, 9, 10)
        ],
        clock,
    )
