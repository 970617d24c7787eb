"""AiSEG2: pages and exports; each number stands there, and is possible."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

from custom_components.power_steward.devices.aiseg2.export import (
    MAX_COST,
    MAX_VALUE,
    Export,
)
from custom_components.power_steward.devices.aiseg2.models import Live
from custom_components.power_steward.devices.errors import ClientError
from tests.devices.aiseg2.homes import home
from tests.devices.aiseg2.test_codec import pages
from tests.devices.aiseg2.test_export import HOURS, NAME, packed
from tests.simulators.aiseg2.export import export

from ..harness import Wire
from ..justified import Numbers, is_number, leaves


class _Rule(NamedTuple):
    """What is possible, and how many of a number on the page make one of the value."""

    low: float
    high: float
    scales: tuple[float, ...] | None = (1.0,)
    """``None`` for a value that is composed of pictures or sums."""


_KILO: Final = (1.0, 1000.0, 0.001)
_RULES: Final[Mapping[str, _Rule]] = {
    "generation": _Rule(0, 1e6, None),
    "consumption": _Rule(0, 1e6, _KILO),
    "power": _Rule(-1e6, 1e6, _KILO),
    "battery_charge": _Rule(0, 100),
    "value": _Rule(0, 1e6, _KILO),
    "day_before": _Rule(0, 1e6, None),
    "sale_price": _Rule(0, 1e4),
    "temperature": _Rule(-60, 100, None),
    "humidity": _Rule(0, 100, None),
    "tank_level": _Rule(0, 100, None),
    "smell": _Rule(0, 10, None),
    "pm2_5_level": _Rule(0, 10, None),
    "dust": _Rule(0, 10, None),
    "room_temperature": _Rule(-60, 100, None),
    "outdoor_temperature": _Rule(-60, 100, None),
    "room_humidity": _Rule(0, 100, None),
    "active_count": _Rule(0, 10_000),
    "inactive_count": _Rule(0, 10_000),
    "total": _Rule(0, 10_000, None),
    "panels_total": _Rule(0, 10_000, None),
}
_PAGES: Final = pages()
_PARSE: Final[dict[str, Callable[[int, bytes], Any]]] = {
    kind: parse for kind, (_, parse) in _PAGES.items()
}


_LATER: Final = datetime(2026, 12, 31, tzinfo=UTC)


def check(kind: str, body: bytes) -> None:
    """Read a page, or an export."""
    if kind == "export":
        _check_export(body)
        return
    if kind == "hours":
        _check_export(packed({NAME: body}), Numbers(body.decode("utf-8", "replace")))
        return
    try:
        read = _PARSE[kind](200, body)
    except ClientError:
        return
    numbers: Numbers | None = None
    for path, value in leaves(read):
        rule = _RULES.get(path.rpartition(".")[2])
        if rule is None or not is_number(value):
            continue
        assert rule.low <= value <= rule.high, (path, value)
        if rule.scales is not None:
            numbers = numbers or Numbers(body.decode("utf-8", "replace"))
            assert numbers.justify(value, rule.scales), (path, value)
    if isinstance(read, Live):
        _check_generation(read, Numbers(body.decode("utf-8", "replace")))


def _check_export(body: bytes, numbers: Numbers | None = None) -> None:
    try:
        archive = Export(body)
        for name in archive.digests:
            start, end = archive.bounds(name)
            assert start < end
            month = archive.read(name, _LATER)
            assert month.rejected >= 0
            for key, hours in month.hours.items():
                most = MAX_COST if "cost" in key or "comp" in key else 2 * MAX_VALUE
                for hour, value in hours.items():
                    assert hour % 3600 == 0 and hour + 3600 <= _LATER.timestamp()
                    assert 0 <= value <= most, key
                    assert numbers is None or numbers.justify(value), key
    except ClientError:
        return


def _check_generation(live: Live, numbers: Numbers) -> None:
    """Make sure that it is the page's, or the sum of the page's sources."""
    if live.generation is not None:
        sources = sum(source.power or 0 for source in live.sources)
        assert live.generation == sources or numbers.justify(live.generation, _KILO)


WIRE: Final = Wire(
    "aiseg2",
    {
        **{kind: body for kind, (body, _) in _PAGES.items()},
        "export": export(home(), date(2026, 7, 14), date(2026, 7, 14)),
        "hours": HOURS.encode(),
    },
    check,
    dictionary=(
        b"<div>", b"<div>" * 10_000, b"</div>", b"</html>", b"<html>", b"kWh", "ｋＷ".encode(),
        b"W", b"kW", b'"g_capacity":', b"window.onload", b"serverTime = '{", b"&nbsp;",
        b"class=", b"style='display:none'", "１２３".encode(), "太陽光".encode(), b"-",
    ),
)  # fmt: skip
