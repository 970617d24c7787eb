"""Prices in the formats of the sources."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
import json
from typing import Any

from .market import Point

_WIDTHS = {
    timedelta(minutes=15): "PT15M",
    timedelta(minutes=30): "PT30M",
    timedelta(hours=1): "PT60M",
}
_NAMESPACE = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"


def energy_charts(points: Iterable[Point], **more: Any) -> bytes:
    """Return an answer of Energy-Charts."""
    points = list(points)
    return json.dumps(
        {
            "license_info": "CC BY 4.0 from Bundesnetzagentur | SMARD.de",
            "unix_seconds": [int(point.start.timestamp()) for point in points],
            "price": [point.price for point in points],
            "unit": "EUR / MWh",
            "deprecated": False,
            **more,
        }
    ).encode()


def awattar(points: Iterable[Point]) -> bytes:
    """Return an answer of aWATTar."""
    data = [
        {
            "start_timestamp": int(point.start.timestamp() * 1000),
            "end_timestamp": int(point.end.timestamp() * 1000),
            "marketprice": point.price,
            "unit": "Eur/MWh",
        }
        for point in points
    ]
    return json.dumps(
        {"object": "list", "data": data, "url": "/de/v1/marketdata"}
    ).encode()


def smard(points: Iterable[Point], nulls: Sequence[int] = ()) -> bytes:
    """Return a week's file of SMARD, with times that have no price yet."""
    series: list[list[float | None]] = [
        [int(point.start.timestamp() * 1000), point.price] for point in points
    ]
    series += [[milliseconds, None] for milliseconds in nulls]
    meta = {"version": 1, "created": 1768212345678}
    return json.dumps({"meta_data": meta, "series": series}).encode()


def entsoe(
    *series: Iterable[Point],
    repeats: bool = True,
    currency: str = "EUR",
    sequences: bool = True,
) -> bytes:
    """Return a document of ENTSO-E: each series of a sequence, repeats left out."""
    parts = []
    for sequence, points in enumerate(series, 1):
        for number, period in enumerate(_periods(list(points))):
            position = (
                "<classificationSequence_AttributeInstanceComponent.position>"
                f"{sequence}"
                "</classificationSequence_AttributeInstanceComponent.position>"
                if sequences
                else ""
            )
            parts.append(
                f"<TimeSeries><mRID>{number}</mRID>"
                f"<currency_Unit.name>{currency}</currency_Unit.name>"
                "<price_Measure_Unit.name>MWH</price_Measure_Unit.name>"
                f"{position}<curveType>{'A03' if repeats else 'A01'}</curveType>"
                f"{_period(period, repeats=repeats)}</TimeSeries>"
            )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Publication_MarketDocument xmlns="{_NAMESPACE}"><mRID>1</mRID>'
        "<period.timeInterval><start>2000-01-01T00:00Z</start>"
        "<end>2000-01-02T00:00Z</end></period.timeInterval>"
        f"{''.join(parts)}</Publication_MarketDocument>"
    ).encode()


def no_data_of_entsoe(code: str = "999") -> bytes:
    """Return the document that says that there is nothing."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Acknowledgement_MarketDocument xmlns="urn:iec62325">'
        f"<Reason><code>{code}</code><text>No matching data found</text></Reason>"
        "</Acknowledgement_MarketDocument>"
    ).encode()


def csv(points: Iterable[Point], labels: Iterable[str]) -> str:
    """Return a CSV file in the predecessor's format; volumes follow the prices."""
    rows = ["Period,Volume (MWh),Price (€/MWh)"]
    rows += [
        f"{label},{50 + abs(point.price) / 10:.1f},{point.price:.2f}"
        for point, label in zip(points, labels, strict=True)
    ]
    return "\n".join(rows) + "\n"


def _periods(points: list[Point]) -> list[list[Point]]:
    """Return points in runs without gaps and of one width."""
    key = []
    run = 0
    for index, point in enumerate(points):
        if index and (
            points[index - 1].end != point.start
            or point.end - point.start
            != points[index - 1].end - points[index - 1].start
        ):
            run += 1
        key.append(run)
    numbered = groupby(zip(key, points, strict=True), key=lambda pair: pair[0])
    return [[point for _, point in group] for _, group in numbered]


def _period(points: list[Point], *, repeats: bool) -> str:
    width = points[0].end - points[0].start
    before = None
    parts = []
    for position, point in enumerate(points, 1):
        if not repeats or point.price != before:
            parts.append(
                f"<Point><position>{position}</position>"
                f"<price.amount>{point.price}</price.amount></Point>"
            )
        before = point.price
    return (
        f"<Period><timeInterval><start>{points[0].start:%Y-%m-%dT%H:%MZ}</start>"
        f"<end>{points[-1].end:%Y-%m-%dT%H:%MZ}</end></timeInterval>"
        f"<resolution>{_WIDTHS[width]}</resolution>{''.join(parts)}</Period>"
    )
