"""EPEX: the sources' prices; each is a number of the answer's, in a slot of its own."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
import json
from typing import Any, Final

from custom_components.power_steward.devices.epex.codec import answer, json_of
from custom_components.power_steward.devices.epex.sources import (
    awattar,
    csv,
    energy_charts,
    entity,
    entsoe,
    nordpool,
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


def _entity(status: int, retry_after: str | None, body: bytes) -> Any:
    attributes = _object(json_of(body))
    unit = attributes.get("unit_of_measurement")
    return entity.parse(entity.EntityPrices(unit, attributes))


def _nordpool(status: int, retry_after: str | None, body: bytes) -> Any:
    return nordpool.parse("EUR", _object(json_of(body)), "DE-LU")


def _object(value: Any) -> dict[str, Any]:
    """Return what Home Assistant hands over in any case: an object."""
    return value if isinstance(value, dict) else {}


_LISTED: Final = [
    {
        "start": point.start.isoformat(),
        "end": point.end.isoformat(),
        "price": point.price,
    }
    for point in _POINTS
]

_PARSE: Final[dict[str, Callable[[int, str | None, bytes], Any]]] = {
    "energy_charts": energy_charts.parse,
    "awattar": awattar.parse,
    "smard": smard.parse,
    "entsoe": entsoe.parse,
    "csv": _csv,
    "entity": _entity,
    "nordpool": _nordpool,
}


def check(kind: str, body: bytes) -> None:
    """Read an answer."""
    if kind == "index":
        _check_index(body)
        return
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


def _check_index(body: bytes) -> None:
    try:
        starts = smard.parse_index(200, None, body)
    except ClientError:
        return
    numbers = Numbers(body.decode("utf-8", "replace"))
    for start in starts:
        assert numbers.justify(start.timestamp() * 1000), start


WIRE: Final = Wire(
    "epex",
    {
        "energy_charts": formats.energy_charts(_POINTS),
        "awattar": formats.awattar(_POINTS),
        "smard": formats.smard(_POINTS),
        "entsoe": formats.entsoe(_POINTS),
        "csv": formats.csv(_POINTS, _LABELS).encode(),
        "entity": json.dumps(
            {"unit_of_measurement": "EUR/MWh", "raw_today": _LISTED}
        ).encode(),
        "nordpool": json.dumps({"DE-LU": _LISTED}).encode(),
        "index": b'{"meta_data": {}, "timestamps": [1767567600000, 1768172400000]}',
    },
    check,
    dictionary=(
        b"<Point>", b"</Point>", b"<position>1</position>", b"PT60M", b"PT15M", b"EUR",
        b"EUR / kWh", b"ct/kWh", b'"price":', b'"unit":', b'"unix_seconds":', b"00:00-00:15",
        b"23:45-24:00", b'<!DOCTYPE a [<!ENTITY b "9">]>', b"&b;", b"0.00", b"null",
        b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:45:00-12:00", b"ct/kWh", b"SEK/GWh",
    ),
)  # fmt: skip
