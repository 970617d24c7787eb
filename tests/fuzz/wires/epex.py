"""EPEX: the sources' prices; each is a number of the answer's, in a slot of its own."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from custom_components.power_steward.devices.epex.codec import answer
from custom_components.power_steward.devices.epex.sources import (
    awattar,
    csv,
    energy_charts,
    entsoe,
    smard,
)
from custom_components.power_steward.devices.epex.zones import MARKET_TIME
from custom_components.power_steward.devices.errors import ClientError
from custom_components.power_steward.stewardship.price_series import Slot
from tests.simulators.epex import formats
from tests.simulators.epex.market import Point

from ..harness import Wire
from ..justified import Numbers

_DAY: Final = date(2026, 1, 15)
_QUARTER: Final = timedelta(minutes=15)
_FIRST: Final = datetime(2026, 1, 14, 23, tzinfo=UTC)
_POINTS: Final = [
    Point(_FIRST + i * _QUARTER, _FIRST + (i + 1) * _QUARTER, 10.25 + i * 1.01)
    for i in range(96)
]
_LABELS: Final = [
    f"{i // 4:02}:{i % 4 * 15:02}-{(i + 1) // 4:02}:{(i + 1) % 4 * 15:02}"
    for i in range(96)
]
_SCALES: Final = tuple(
    unit / share for unit in (1.0, 1e3, 1e6, 1e-3) for share in (1, 100)
)
"""From the price of any unit of energy, in the money or its hundredth, to that of a MWh."""


def _csv(status: int, retry_after: str | None, body: bytes) -> Any:
    text = body.decode("utf-8-sig", "replace")
    return answer(csv.parse(text, _DAY, MARKET_TIME, []), "EUR")


_PARSE: Final[dict[str, Callable[[int, str | None, bytes], Any]]] = {
    "energy_charts": energy_charts.parse,
    "awattar": awattar.parse,
    "smard": smard.parse,
    "entsoe": entsoe.parse,
    "csv": _csv,
}


def check(kind: str, body: bytes) -> None:
    """Read an answer."""
    try:
        read = _PARSE[kind](200, None, body)
    except ClientError:
        return
    numbers = Numbers(body.decode("utf-8", "replace"))
    slots: Iterable[Slot] = read.series
    end: datetime | None = None
    for slot in slots:
        assert end is None or end <= slot.start, "overlapping"
        end = slot.end
        assert slot.end - slot.start in (_QUARTER, 2 * _QUARTER, 4 * _QUARTER)
        assert slot.start.timestamp() % 900 == 0
        assert abs(slot.price) <= 5_000_000
        assert numbers.justify(slot.price, _SCALES), slot


WIRE: Final = Wire(
    "epex",
    {
        "energy_charts": formats.energy_charts(_POINTS),
        "awattar": formats.awattar(_POINTS),
        "smard": formats.smard(_POINTS),
        "entsoe": formats.entsoe(_POINTS),
        "csv": formats.csv(_POINTS, _LABELS).encode(),
    },
    check,
    dictionary=(
        b"<Point>", b"</Point>", b"<position>1</position>", b"PT60M", b"PT15M", b"EUR",
        b"EUR / kWh", b"ct/kWh", b'"price":', b'"unit":', b'"unix_seconds":', b"00:00-00:15",
        b"23:45-24:00", b'<!DOCTYPE a [<!ENTITY b "9">]>', b"&b;", b"0.00", b"null",
    ),
)  # fmt: skip
