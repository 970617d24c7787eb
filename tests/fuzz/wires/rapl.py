"""RAPL: the kernel's files; each number is one that a file holds."""

from collections.abc import Sequence
from typing import Final

from custom_components.power_steward.devices.clock import SYSTEM_CLOCK, Clock
from custom_components.power_steward.devices.errors import ClientError
from custom_components.power_steward.devices.rapl.client import RaplClient
from custom_components.power_steward.devices.rapl.codec import parse_number
from custom_components.power_steward.devices.rapl.models import Tree, ZoneReading
from tests.simulators.rapl import client
from tests.simulators.winpower import ManualClock

from ..harness import Wire

_HOST: Final = client(ManualClock())
_SEEN: Final = {
    name: value.encode()
    for name, value in _HOST.contents(_HOST.zones[0]).items()
    if isinstance(value, str)
}


def check(kind: str, body: bytes) -> None:
    """Read a tree twice, ten seconds apart, of which one file holds anything."""
    clock = ManualClock()
    host = client(clock)
    text = body.decode("utf-8", "replace")
    for zone in host.zones:
        zone.texts[kind] = text
    reader = RaplClient(host.files, Clock(clock, SYSTEM_CLOCK.utcnow))
    try:
        tree = reader.discover()
        reader.read()
        clock.advance(10)
        readings = reader.read()
    except ClientError:
        return
    _check_tree(tree)
    _check_readings(readings, kind, text)


def _check_tree(tree: Tree) -> None:
    keys = [zone.key for zone in tree.zones]
    assert len(keys) == len(set(keys))
    for zone in tree.zones:
        assert zone.range is None or zone.range > 0
        for constraint in zone.constraints.values():
            assert constraint.window is None or constraint.window >= 0
            assert constraint.maximum is None or constraint.maximum >= 0


def _check_readings(readings: Sequence[ZoneReading], kind: str, text: str) -> None:
    for reading in readings:
        assert reading.counted is None or reading.counted >= 0
        assert reading.power is None or 0 <= reading.power < 100_000
        for limit in reading.limits.values():
            assert limit.value is None or limit.value >= 0
            if kind.endswith("power_limit_uw") and limit.value is not None:
                number = int(kind.split("_")[1])
                constraint = next(
                    one
                    for one in reading.zone.constraints.values()
                    if reading.limits[one.name] is limit
                )
                if constraint.number == number:
                    assert limit.value == parse_number(text)


WIRE: Final = Wire(
    "rapl",
    _SEEN,
    check,
    dictionary=(b"long_term", b"short_term", b"package-0", b"psys"),
)
