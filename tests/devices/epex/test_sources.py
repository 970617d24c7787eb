"""Every source's format: real days, clock changes, and answers that are none."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
import json
from pathlib import Path
from statistics import fmean
from typing import Any

import aiohttp
import pytest
from yarl import URL

from custom_components.power_steward.devices.epex import codec
from custom_components.power_steward.devices.epex.models import Answer
from custom_components.power_steward.devices.epex.sources import (
    awattar,
    csv,
    energy_charts,
    entity,
    entsoe,
    mock,
    nordpool,
    smard,
)
from custom_components.power_steward.devices.epex.zones import (
    MARKET_TIME,
    ZONES,
    Days,
    delivery_day,
)
from custom_components.power_steward.devices.errors import (
    AnswerNotUnderstood,
    CannotConnect,
    ClientError,
    CredentialsRejected,
    RateLimited,
    RequestRefused,
)
from custom_components.power_steward.stewardship.price_series import Slot
from tests.simulators.epex import EpexSimulator, Market, faults, formats, market_day
from tests.simulators.epex.market import Point

from . import facts

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
SPRING = date(2025, 3, 30)
AUTUMN = date(2025, 10, 26)
PLAIN = date(2026, 1, 15)
DE = ZONES["DE-LU"]


def points(
    prices: Iterable[float], start: datetime, width: timedelta = HOUR
) -> list[Point]:
    """Return prices as slots in a row."""
    return [
        Point(start + i * width, start + (i + 1) * width, price)
        for i, price in enumerate(prices)
    ]


def day_points(day: date, width: timedelta = QUARTER) -> list[Point]:
    """Return a day with another price in every slot."""
    start, end = market_day(day)
    return points([10 + i / 4 for i in range((end - start) // width)], start, width)


def labels(day: date) -> list[str]:
    """Return the labels of a day's quarters by the local clock."""
    texts = []
    for point in day_points(day):
        begin = point.start.astimezone(MARKET_TIME)
        end = begin.replace(tzinfo=None) + QUARTER
        texts.append(f"{begin:%H:%M}-{end:%H:%M}")
    return [*texts[:-1], "23:45-24:00"]


def figures(slots: Iterable[Slot]) -> tuple[int, float, float, float, float, float]:
    """Return number, first, last, lowest, highest and mean."""
    prices = [slot.price for slot in slots]
    return (
        len(prices),
        prices[0],
        prices[-1],
        min(prices),
        max(prices),
        round(fmean(prices), 6),
    )


# Real days


def test_entsoe_real_days() -> None:
    """Hours, quarters, repeats left out, and other auctions in the same document."""
    start = datetime(2024, 10, 7, 22, tzinfo=UTC)
    answer = _entsoe(formats.entsoe(points(facts.BELGIUM_HOURS, start)))
    assert answer.series[0].start == start
    assert figures(answer.series) == (24, 64.98, 50.0, 47.05, 115.47, 70.498333)

    start = datetime(2024, 10, 5, 22, tzinfo=UTC)
    quarters = points(facts.BELGIUM_QUARTERS, start, QUARTER)
    answer = _entsoe(formats.entsoe(quarters))
    assert figures(answer.series) == (4, 55.35, 31.86, 31.86, 55.35, 42.9375)

    other = points([1.5] * 192, start, QUARTER)
    document = formats.entsoe(points(facts.GERMANY_HOURS, start), other)
    answer = _entsoe(document)
    assert document.count(b"<Point>") == 47 + 1
    noon = answer.series.at(datetime(2024, 10, 6, 12, tzinfo=UTC))
    assert noon is not None
    assert noon.price == -0.01
    assert figures(answer.series[:24])[1:] == (67.04, 51.71, -0.01, 106.3, 54.897917)
    assert figures(answer.series[24:])[1:] == (34.58, 79.12, 30.15, 237.65, 83.72)


def test_energy_charts_real_day() -> None:
    """Hours, from before the quarter hours."""
    start = datetime(2024, 12, 7, 23, tzinfo=UTC)
    body = formats.energy_charts(
        points(facts.GERMANY_2024_12_08, start), unit="No Unit"
    )
    answer = energy_charts.parse(200, None, body)
    assert figures(answer.series) == (24, 93.91, 75.01, 75.01, 121.38, 99.068333)
    assert answer.series[-1].end == start + 24 * HOUR
    assert answer.attribution == "CC BY 4.0 from Bundesnetzagentur | SMARD.de"


@pytest.mark.parametrize(
    ("day", "cents", "expected"),
    [
        (AUTUMN, facts.GERMANY_CENTS_2025_10_26, (25, -0.73, 42.02, 6.5152)),
        (
            date(2026, 5, 1),
            facts.GERMANY_CENTS_2026_05_01,
            (24, -499, 173.33, -2.07792),
        ),
    ],
)
def test_awattar_real_days(day: date, cents: list[float], expected: Any) -> None:
    """The autumn's 25 hours, and the lowest prices there ever were."""
    prices = [round(price * 10, 3) for price in cents]
    body = formats.awattar(points(prices, market_day(day)[0]))
    result = figures(awattar.parse(200, None, body).series)
    assert (result[0], *result[3:5], round(result[5], 5)) == tuple(expected)
    assert sum(price < 0 for price in prices) == 8


@pytest.mark.parametrize(
    ("day", "prices", "volumes", "expected"),
    [
        (
            date(2025, 10, 6),
            facts.FRANCE_IDA1_2025_10_06,
            facts.FRANCE_IDA1_2025_10_06_VOLUMES,
            ((9.56, "03:45", 172.01, "19:45", 71.229167), (22.7, 117.4, 55.751042)),
        ),
        (
            date(2025, 10, 9),
            facts.FRANCE_IDA1_2025_10_09,
            facts.FRANCE_IDA1_2025_10_09_VOLUMES,
            ((38.0, "13:45", 142.04, "09:00", 85.099896), (18.4, 120.6, 65.539583)),
        ),
    ],
)
async def test_csv_real_days(
    day: date, prices: list[float], volumes: list[float], expected: Any, tmp_path: Path
) -> None:
    """Prices, volumes and the times of the extremes, from a folder and from a file."""
    rows = [
        f"{label},{volume:.1f},{price:.2f}"
        for label, volume, price in zip(labels(day), volumes, prices, strict=True)
    ]
    path = tmp_path / f"epex_data_{day}.csv"
    path.write_text(
        "Period,Volume (MWh),Price (€/MWh)\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    for source in (csv.Csv(tmp_path, DE), csv.Csv(path, DE)):
        series = (await source.fetch(Days(day, day))).series
        low = min(series, key=lambda slot: slot.price)
        high = max(series, key=lambda slot: slot.price)
        told = [slot.volume or 0 for slot in series]
        assert len(series) == 96
        assert (
            low.price,
            f"{low.start.astimezone(MARKET_TIME):%H:%M}",
            high.price,
            f"{high.start.astimezone(MARKET_TIME):%H:%M}",
            round(fmean(slot.price for slot in series), 6),
        ) == expected[0]
        assert (min(told), max(told), round(fmean(told), 6)) == expected[1]
        assert not (await source.fetch(delivery_day(series[0].start, 1))).series


def test_nordpool_real_days() -> None:
    """Hours in euro, and the first day of quarter hours, in kronor."""
    hours = points(facts.STOCKHOLM_2024_11_05, datetime(2024, 11, 4, 23, tzinfo=UTC))
    quarters = points(
        facts.STOCKHOLM_2025_10_01_SEK, datetime(2025, 9, 30, 22, tzinfo=UTC), QUARTER
    )
    result = figures(nordpool.parse("EUR", _areas(hours), "SE3").series)
    assert (result[0], *result[3:]) == (24, 5.3, 215.86, 77.382083)
    series = nordpool.parse("SEK", _areas(quarters), "SE3").series
    assert figures(series) == (96, 556.68, 785.68, 441.96, 3828.03, 1033.97625)
    high = max(series, key=lambda slot: slot.price)
    assert f"{high.start.astimezone(MARKET_TIME):%H:%M}" == "19:00"


# The two days on which clocks change, and the last quarter, in every source


def _entsoe(body: bytes, status: int = 200) -> Answer:
    return entsoe.parse(status, None, body)


def _areas(made: Iterable[Point]) -> dict[str, Any]:
    return {
        "SE3": [
            {
                "start": point.start.isoformat(),
                "end": point.end.isoformat(),
                "price": point.price,
            }
            for point in made
        ]
    }


def _entity(made: list[Point]) -> Answer:
    half = len(made) // 2
    return entity.parse(
        entity.EntityPrices(
            "ct/kWh",
            {
                "raw_today": [
                    {
                        "start_time": point.start.astimezone(MARKET_TIME).isoformat(),
                        "price_per_kwh": point.price / 10,
                    }
                    for point in made[:half]
                ],
                "raw_tomorrow": [
                    {"start": point.start, "end": point.end, "value": point.price / 10}
                    for point in made[half:]
                ],
                "tomorrow_valid": True,
                "list": [1, 2],
                "attribution": "someone",
            },
        )
    )


READ: dict[str, Callable[[list[Point]], Answer]] = {
    "energy_charts": lambda made: energy_charts.parse(
        200, None, formats.energy_charts(made)
    ),
    "awattar": lambda made: awattar.parse(200, None, formats.awattar(made)),
    "smard": lambda made: smard.parse(200, None, formats.smard(made)),
    "entsoe": lambda made: _entsoe(formats.entsoe(made)),
    "nordpool": lambda made: nordpool.parse("EUR", _areas(made), "SE3"),
    "entity": _entity,
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize(("day", "count"), [(SPRING, 92), (AUTUMN, 100), (PLAIN, 96)])
def test_days_of_a_clock_change(name: str, day: date, count: int) -> None:
    """Each slot where it belongs, the last until midnight."""
    made = day_points(day)
    series = READ[name](made).series
    assert len(series) == count
    assert [(slot.start, slot.end, slot.price) for slot in series] == made
    assert series.covers(Days(day, day).span)
    last = datetime(day.year, day.month, day.day, 23, 59, tzinfo=MARKET_TIME)
    slot = series.at(last.astimezone(UTC))
    assert slot is not None
    assert slot.price == made[-1].price


@pytest.mark.parametrize(("day", "count"), [(SPRING, 92), (AUTUMN, 100), (PLAIN, 96)])
def test_csv_on_days_of_a_clock_change(day: date, count: int) -> None:
    """Labels that come twice are first in summer time, then in winter time."""
    made = day_points(day)
    series = csv.parse(formats.csv(made, labels(day)), day, MARKET_TIME, [])
    assert [(slot.start, slot.end, slot.price) for slot in series] == made
    assert len(series) == count


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_csv_of_a_plain_day_is_none_of_a_clock_change(day: date) -> None:
    """96 rows on a day of 92 or 100 would be wrong for an hour or all day."""
    text = formats.csv(day_points(PLAIN), labels(PLAIN))
    with pytest.raises(AnswerNotUnderstood):
        csv.parse(text, day, MARKET_TIME, [])


@pytest.mark.parametrize(("day", "count"), [(SPRING, 92), (AUTUMN, 100), (PLAIN, 96)])
async def test_invented_days(day: date, count: int) -> None:
    """The mock and the static source give whole days."""
    for source in (mock.mock(DE), mock.static(DE), mock.mock(DE, seed=3)):
        series = (await source.fetch(Days(day, day))).series
        assert len(series) == count
        assert series.covers(Days(day, day).span)


async def test_the_mock_is_the_predecessors() -> None:
    """The table of the model, its mean and its range."""
    series = (await mock.mock(DE).fetch(Days(PLAIN, PLAIN))).series
    by_time = {
        f"{slot.start.astimezone(MARKET_TIME):%H:%M}": (slot.volume, slot.price)
        for slot in series
    }
    expected = {
        "00:00": (40.0, 128.00),
        "00:15": (42.7, 133.53),
        "01:30": (52.3, 132.32),
        "03:00": (48.8, 100.97),
        "06:00": (70.0, 104.00),
        "07:30": (91.5, 72.67),
        "09:00": (91.2, 107.03),
        "12:00": (100.0, 80.00),
        "13:15": (108.1, 92.02),
        "13:30": (107.7, 87.97),
        "18:00": (70.0, 104.00),
        "20:45": (52.8, 136.23),
        "23:45": (37.5, 122.37),
    }
    assert {label: by_time[label] for label in expected} == expected
    assert by_time["22:45"][0] == 31.9
    assert min(slot.price for slot in series) == 65.41
    assert max(slot.price for slot in series) == 142.59
    assert fmean(slot.volume or 0 for slot in series) == pytest.approx(70, abs=0.01)


async def test_the_static_source_is_the_predecessors() -> None:
    """Volumes rise to noon and fall again; price and volume sum to 120."""
    series = (await mock.static(DE).fetch(Days(PLAIN, PLAIN))).series
    hourly = [slot.volume for slot in series][::4]
    assert hourly == [*range(30, 54, 2), 54, *range(52, 30, -2)]
    assert all(slot.price + (slot.volume or 0) == 120 for slot in series)


async def test_a_seeded_mock_is_the_same_every_time() -> None:
    """Days differ from each other, not from themselves."""
    day, other = Days(PLAIN, PLAIN), Days(SPRING, SPRING)
    one, two = mock.mock(DE, seed=1), mock.mock(DE, seed=2)
    assert (await one.fetch(day)).series == (await one.fetch(day)).series
    assert (await one.fetch(day)).series != (await two.fetch(day)).series
    prices = [
        [s.price for s in (await one.fetch(days)).series[:8]] for days in (day, other)
    ]
    assert prices[0] != prices[1]


# Odd but right


def test_entsoe_fills_what_is_left_out_up_to_the_end() -> None:
    """The example of six slots of which two are listed."""
    start = datetime(2026, 1, 14, 23, tzinfo=UTC)
    made = points([71.4, 71.4, -0.02, -0.02, -0.02, -0.02], start, QUARTER)
    body = formats.entsoe(made)
    assert body.count(b"<Point>") == 2
    assert [slot.price for slot in _entsoe(body).series] == [
        71.4,
        71.4,
        *[-0.02] * 4,
    ]


def test_entsoe_without_repeats_fills_nothing() -> None:
    """In another curve type, a position left out is missing."""
    made = points([1, 2, 3], datetime(2026, 1, 14, 23, tzinfo=UTC))
    body = formats.entsoe(made, repeats=False)
    cut = body.replace(
        b"<Point><position>2</position><price.amount>2</price.amount></Point>", b""
    )
    assert cut != body
    assert [slot.price for slot in _entsoe(cut).series] == [1, 3]


def test_entsoe_mixed_resolutions_and_currency() -> None:
    """Hours before quarter hours, in the document's own currency."""
    start = datetime(2026, 1, 14, 23, tzinfo=UTC)
    made = points([1, 2], start) + points([3, 4], start + 2 * HOUR, QUARTER)
    answer = _entsoe(formats.entsoe(made, currency="PLN", sequences=False))
    assert [(s.start, s.end, s.price) for s in answer.series] == made
    assert answer.currency == "PLN"


@pytest.mark.parametrize("status", [200, 400])
def test_entsoe_without_data(status: int) -> None:
    """Whatever the status, the document says that there is nothing."""
    assert not _entsoe(formats.no_data_of_entsoe(), status).series
    with pytest.raises(RequestRefused):
        _entsoe(formats.no_data_of_entsoe("401"), status)


def test_energy_charts_mixed_widths_and_gaps() -> None:
    """Ends follow from the next start, and a gap does not stretch a slot."""
    start = datetime(2025, 9, 30, 21, tzinfo=UTC)
    made = points([1], start) + points([2, 3, 4, 5], start + HOUR, QUARTER)
    del made[3]
    series = READ["energy_charts"](made).series
    assert [(s.start, s.end, s.price) for s in series] == made
    alone = READ["energy_charts"](made[:1]).series
    assert alone[0].width == QUARTER


def test_null_and_text_are_no_prices() -> None:
    """A slot without a number is absent; what is not even null is counted."""
    made = points([1, 2, 3, 4], datetime(2026, 1, 14, 23, tzinfo=UTC))
    body = formats.energy_charts(made, price=[1, None, "3", 4])
    answer = energy_charts.parse(200, None, body)
    assert [slot.price for slot in answer.series] == [1, 4]
    assert answer.rejected == ("price 2",)

    content = json.loads(formats.awattar(made))
    content["data"][1]["marketprice"] = None
    content["data"][2]["marketprice"] = "3"
    answer = awattar.parse(200, None, json.dumps(content).encode())
    assert [slot.price for slot in answer.series] == [1, 4]

    answer = smard.parse(
        200, None, b'{"series": [[1768431600000, true], [1768432500000, null]]}'
    )
    assert not answer.series
    assert answer.rejected == ("price 0",)

    body = formats.entsoe(made).replace(b">2</price.amount>", b">two</price.amount>")
    answer = _entsoe(body)
    assert [slot.price for slot in answer.series] == [1, 3, 4]
    assert answer.rejected == ("position 2",)

    answer = entity.parse(
        entity.EntityPrices(
            "EUR/MWh",
            {
                "data": [
                    {"start": "2026-01-14T23:00Z", "price": "7"},
                    {"start": "2026-01-15T00:00Z", "price": None},
                    {"start": "2026-01-15T01:00Z", "price": 7},
                ]
            },
        )
    )
    assert [slot.price for slot in answer.series] == [7]
    assert answer.rejected == ("data 0",)

    rejected: list[str] = []
    text = formats.csv(day_points(PLAIN), labels(PLAIN)).replace(",10.25", ",n/a")
    assert len(csv.parse(text, PLAIN, MARKET_TIME, rejected)) == 95
    assert rejected == ["row 2"]


# Answers that are none


@pytest.mark.parametrize("name", ["energy_charts", "awattar", "smard", "entsoe"])
def test_truncated_answers_never_give_a_wrong_price(name: str) -> None:
    """Cut at every 50th byte: an error, or nothing but prices that are right."""
    made = day_points(PLAIN)
    body = {
        "energy_charts": formats.energy_charts(made),
        "awattar": formats.awattar(made),
        "smard": formats.smard(made, [int(made[-1].end.timestamp() * 1000)]),
        "entsoe": formats.entsoe(made),
    }[name]
    parse: Any = {
        "energy_charts": energy_charts.parse,
        "awattar": awattar.parse,
        "smard": smard.parse,
        "entsoe": entsoe.parse,
    }[name]
    for length in range(0, len(body) - 1, 50):
        with pytest.raises(ClientError):
            parse(200, None, body[:length])


def test_truncated_csv_never_gives_a_wrong_price() -> None:
    """A file whose last price may lack digits is refused."""
    text = formats.csv(day_points(PLAIN), labels(PLAIN))
    whole = {slot.start: slot for slot in csv.parse(text, PLAIN, MARKET_TIME, [])}
    for length in range(len(text)):
        try:
            slots = csv.parse(text[:length], PLAIN, MARKET_TIME, [])
        except AnswerNotUnderstood:
            continue
        assert all(whole[slot.start] == slot for slot in slots)


@pytest.mark.parametrize(
    "parse", [energy_charts.parse, awattar.parse, smard.parse, entsoe.parse]
)
def test_other_answers(parse: Callable[[int, str | None, bytes], Answer]) -> None:
    """Status by status, and pages in place of prices."""
    page = faults.CHALLENGE.encode()
    for body in (page, b"", b"[]", b"{}", b'"x"', b"null", b"\xff\xfe", b"[" * 99999):
        with pytest.raises(AnswerNotUnderstood):
            parse(200, None, body)
    with pytest.raises(AnswerNotUnderstood):
        parse(202, None, page)
    with pytest.raises(RateLimited) as error:
        parse(429, "20", b"")
    assert error.value.retry_after == 20
    with pytest.raises(RateLimited) as error:
        parse(429, "Wed, 21 Oct 2026 07:28:00 GMT", b"")
    assert error.value.retry_after is None
    for status in (401, 403):
        with pytest.raises(CredentialsRejected):
            parse(status, None, b"")
    for status in (302, 500, 503):
        with pytest.raises(RequestRefused):
            parse(status, None, page)


def test_not_found_means_no_prices() -> None:
    """HTTP 404 is how some say that a day is not known."""
    for parse in (energy_charts.parse, awattar.parse, smard.parse):
        assert not parse(404, None, b'{"detail": "no content available"}').series
    assert smard.parse_index(404, None, b"") == ()
    with pytest.raises(AnswerNotUnderstood):
        smard.parse_index(200, None, b"{}")


@pytest.mark.parametrize(
    "change",
    [
        {"price": [1.0]},
        {"unix_seconds": None},
        {"price": "none"},
        {"unix_seconds": ["x"] * 24},
        {"unix_seconds": [1e30] * 24},
        {"unix_seconds": [1768431600.5] * 24},
        {"unix_seconds": [1768431600] * 24},
        {"unix_seconds": list(range(1768431600 + 24 * 3600, 1768431600, -3600))},
        {"unix_seconds": list(range(1768431600, 1768431600 + 24 * 300, 300))},
        {"unix_seconds": list(range(1768431660, 1768431660 + 24 * 3600, 3600))},
        {"price": [10_001] * 24},
        {"price": [0.0714 + i / 1000 for i in range(24)]},
        {"unit": "EUR/kWh"},
    ],
)
def test_energy_charts_refuses(change: dict[str, Any]) -> None:
    """Lengths, orders, widths and prices that cannot be."""
    made = points(range(24), datetime(2026, 1, 14, 23, tzinfo=UTC))
    with pytest.raises(AnswerNotUnderstood):
        energy_charts.parse(200, None, formats.energy_charts(made, **change))


@pytest.mark.parametrize("parse", [READ[name] for name in READ])
def test_overlapping_slots_are_refused(parse: Callable[[list[Point]], Answer]) -> None:
    """Two prices for one time: neither is believed."""
    made = points([1, 2, 3], datetime(2026, 1, 14, 23, tzinfo=UTC))
    made.insert(1, Point(made[0].start, made[0].end, 9))
    with pytest.raises(AnswerNotUnderstood):
        parse(made)


def test_awattar_refuses() -> None:
    """Other shapes and another unit."""
    made = points([1, 2], datetime(2026, 1, 14, 23, tzinfo=UTC))
    content = json.loads(formats.awattar(made))
    content["data"][0]["unit"] = "Eur/kWh"
    wrongs: list[Any] = [content, {"data": [1]}, {"data": [{}]}]
    for wrong in wrongs:
        with pytest.raises(AnswerNotUnderstood):
            awattar.parse(200, None, json.dumps(wrong).encode())
    for series in (b"[[1]]", b"[[253402299900000, 1.0]]"):
        with pytest.raises(AnswerNotUnderstood):
            smard.parse(200, None, b'{"series": %b}' % series)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"PT60M", b"P1D"),
        (b"<position>2<", b"<position>25<"),
        (b"<position>2<", b"<position>x<"),
        (b"<position>2<", b"<position>1<"),
        (b"2026-01-14T23:00Z</start>", b"yesterday</start>"),
        (b"2026-01-15T02:00Z</end>", b"2026-01-14T23:00Z</end>"),
        (b"2026-01-15T02:00Z</end>", b"2126-01-15T02:00Z</end>"),
        (b"2026-01-15T02:00Z</end>", b"9999-12-31T23:59Z</end>"),
        (b">MWH<", b">KWH<"),
        (b">EUR<", b"><"),
        (b"Publication_", b"Configuration_"),
    ],
)
def test_entsoe_refuses(old: bytes, new: bytes) -> None:
    """Documents that contradict themselves."""
    made = points([1, 2, 3], datetime(2026, 1, 14, 23, tzinfo=UTC))
    body = formats.entsoe(made)
    assert old in body
    with pytest.raises(AnswerNotUnderstood):
        _entsoe(body.replace(old, new))


def test_entsoe_refuses_bombs() -> None:
    """Entities are not even looked at."""
    with pytest.raises(AnswerNotUnderstood, match="document type"):
        _entsoe(faults.bomb_document().encode())


@pytest.mark.parametrize("unit", ["EUR", None, "EURO/kWh"])
def test_entities_without_a_unit(unit: str | None) -> None:
    """A price of nobody knows what is none."""
    items = [{"start": "2026-01-14T23:00Z", "price": 1}]
    with pytest.raises(AnswerNotUnderstood):
        entity.parse(entity.EntityPrices(unit, {"data": items}))


async def test_an_entity_that_is_gone() -> None:
    """It is a source that refuses."""
    with pytest.raises(RequestRefused):
        await entity.Entity(lambda: None).fetch(Days(PLAIN, PLAIN))


async def test_nordpool_by_the_other_integration() -> None:
    """Asked day by day; an empty list is a day yet to come, another area an error."""
    asked = []

    async def read(day: date) -> tuple[str, dict[str, Any]]:
        asked.append(day)
        return "EUR", _areas(day_points(day) if day == PLAIN else [])

    source = nordpool.NordPool(ZONES["SE3"], read)
    answer = await source.fetch(Days(PLAIN, PLAIN + timedelta(days=1)))
    assert asked == [PLAIN, PLAIN + timedelta(days=1)]
    assert {slot.source for slot in answer.series} == {"nordpool"}
    assert len(answer.series) == 96
    with pytest.raises(AnswerNotUnderstood):
        await nordpool.NordPool(DE, read).fetch(Days(PLAIN, PLAIN))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Period,Volume (MWh),Price (€/MWh)\n",
        "Time,Volume,Price\n00:00-00:15,1.0,2.00\n",
        "Period,Volume (MWh),Price (€/MWh)\n00:00-00:15,1.0\n",
        "Period,Volume (MWh),Price (€/MWh)\n0-1,1.0,2.00\n",
        "Period,Volume (MWh),Price (€/MWh)\n00:15-00:00,1.0,2.00\n",
        "Period,Volume (MWh),Price (€/MWh)\n24:15-24:30,1.0,2.00\n",
        'Period,Volume (MWh),Price (€/MWh)\n"00:00-00:15,1.0,2.00\n',
    ],
)
def test_csv_refuses(text: str) -> None:
    """Other headers, other rows."""
    with pytest.raises(AnswerNotUnderstood):
        csv.parse(text, PLAIN, MARKET_TIME, [])


def test_csv_with_97_rows() -> None:
    """One row twice is one too many, wherever it is."""
    rows = formats.csv(day_points(PLAIN), labels(PLAIN)).splitlines()
    for extra in (rows[1], rows[50], rows[96]):
        with pytest.raises(AnswerNotUnderstood):
            csv.parse("\n".join([*rows, extra]) + "\n", PLAIN, MARKET_TIME, [])
    autumn = formats.csv(day_points(AUTUMN), labels(AUTUMN)).splitlines()
    with pytest.raises(AnswerNotUnderstood):
        csv.parse("\n".join([*autumn, autumn[10]]) + "\n", AUTUMN, MARKET_TIME, [])


async def test_csv_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, nameless, too large, not text."""
    days = Days(PLAIN, PLAIN)
    with pytest.raises(CannotConnect):
        await csv.Csv(tmp_path / "none.csv", DE).fetch(days)
    (tmp_path / "nameless.csv").write_text("x")
    with pytest.raises(AnswerNotUnderstood):
        await csv.Csv(tmp_path / "nameless.csv", DE).fetch(days)
    (tmp_path / "x-9999-99-99.csv").write_text("x")
    assert not (await csv.Csv(tmp_path, DE).fetch(days)).series
    path = tmp_path / f"x-{PLAIN}.csv"
    for content in (b"\xff\xff", b"x" * 1_100_000):
        path.write_bytes(content)
        with pytest.raises(AnswerNotUnderstood):
            await csv.Csv(tmp_path, DE).fetch(days)


# Over HTTP

NOW = datetime(2026, 1, 15, 14, tzinfo=UTC)


def _sources(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    base = URL(url)
    return {
        "energy_charts": energy_charts.EnergyCharts(session, base, DE),
        "awattar": awattar.Awattar(session, base),
        "smard": smard.Smard(session, base, DE),
        "entsoe": entsoe.Entsoe(session, base, DE, "entsoe-token"),
    }


@pytest.mark.parametrize("name", ["energy_charts", "awattar", "smard", "entsoe"])
async def test_requests(name: str) -> None:
    """Each source asks for the day in its own way and gets just that day's prices."""
    async with (
        EpexSimulator(now=lambda: NOW) as simulator,
        aiohttp.ClientSession() as session,
    ):
        source = _sources(session, simulator.url)[name]
        for offset, known in ((-1, True), (0, True), (1, True), (2, False)):
            days = delivery_day(NOW, offset)
            series = (await source.fetch(days)).series.within(days.span)
            assert series.covers(days.span) is known
            width = HOUR if name == "awattar" else QUARTER
            expected = list(simulator.market.points(*days.span, NOW, width))
            assert [(s.start, s.end, s.price) for s in series] == expected


async def test_request_of_a_zone_with_another_clock() -> None:
    """A delivery day in market time takes two days in Finland."""
    async with (
        EpexSimulator(now=lambda: NOW) as simulator,
        aiohttp.ClientSession() as session,
    ):
        source = energy_charts.EnergyCharts(session, URL(simulator.url), ZONES["FI"])
        days = delivery_day(NOW)
        assert (await source.fetch(days)).series.covers(days.span)
        assert simulator.requests[0].query == {
            "bzn": "FI",
            "start": "2026-01-15",
            "end": "2026-01-16",
        }


async def test_smard_at_the_turn_of_a_week() -> None:
    """A Monday that begins on Sunday in UTC, from the file of its week."""
    monday = datetime(2026, 1, 19, 14, tzinfo=UTC)
    async with (
        EpexSimulator(now=lambda: monday) as simulator,
        aiohttp.ClientSession() as session,
    ):
        source = _sources(session, simulator.url)["smard"]
        days = Days(date(2026, 1, 18), date(2026, 1, 19))
        assert (await source.fetch(days)).series.covers(days.span)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.challenge(), AnswerNotUnderstood),
        (faults.challenge(200), AnswerNotUnderstood),
        (faults.rate_limit("20"), RateLimited),
        (faults.truncated(), AnswerNotUnderstood),
        (faults.huge(50), AnswerNotUnderstood),
        (faults.bomb(), AnswerNotUnderstood),
        (faults.reset(), CannotConnect),
        (faults.status(503), RequestRefused),
        (faults.status(301, Location="http://192.0.2.1/"), RequestRefused),
    ],
)
@pytest.mark.parametrize("name", ["energy_charts", "entsoe"])
async def test_faults(name: str, fault: faults.Fault, error: type[ClientError]) -> None:
    """Whatever comes, it ends in one of the client errors."""
    async with (
        EpexSimulator(Market(), now=lambda: NOW) as simulator,
        aiohttp.ClientSession() as session,
    ):
        simulator.inject(fault)
        with pytest.raises(error):
            await _sources(session, simulator.url)[name].fetch(delivery_day(NOW))


async def test_wrong_token_and_dead_server() -> None:
    """The token is rejected; nobody is there."""
    async with aiohttp.ClientSession() as session:
        async with EpexSimulator(now=lambda: NOW) as simulator:
            url = simulator.url
            source = entsoe.Entsoe(session, URL(url), DE, "another")
            with pytest.raises(CredentialsRejected):
                await source.fetch(delivery_day(NOW))
        with pytest.raises(CannotConnect):
            await _sources(session, url)["energy_charts"].fetch(delivery_day(NOW))


# What all answers have to pass


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (199, RequestRefused),
        (200, None),
        (202, AnswerNotUnderstood),
        (203, None),
        (299, None),
        (300, RequestRefused),
        (401, CredentialsRejected),
        (403, CredentialsRejected),
        (429, RateLimited),
    ],
)
def test_statuses(status: int, error: type[ClientError] | None) -> None:
    """Each has its error, also at the edges."""
    with pytest.raises(error) if error else nullcontext():
        codec.check_status(status)


def test_what_is_none() -> None:
    """Neither half a JSON nor a moment beyond all calendars means anything."""
    assert codec.seconds_of(None) is None
    assert codec.seconds_of(" 20 ") == 20
    with pytest.raises(AnswerNotUnderstood):
        codec.json_of(b"{")
    with pytest.raises(AnswerNotUnderstood):
        codec.moment(1e15)


def judged(currency: str, *prices: float) -> bool:
    """Return whether prices are taken for those of a market."""
    slots = [
        Slot(slot.start, slot.end, slot.price)
        for slot in points(prices, datetime(2026, 1, 15, tzinfo=UTC))
    ]
    try:
        return codec.answer(slots, currency).currency == currency
    except AnswerNotUnderstood:
        return False


@pytest.mark.parametrize(
    ("currency", "most"),
    [("EUR", 10_000), ("CHF", 10_000), ("GBP", 10_000), ("HUF", 5_000_000)],
)
def test_prices_beyond_all_limits(currency: str, most: float) -> None:
    """Ten times what a market allows is no price."""
    assert judged(currency, most, -most)
    assert not judged(currency, most + 0.5)
    assert not judged(currency, -most - 0.5)


@pytest.mark.parametrize(
    ("prices", "fine"),
    [
        ((0.12, 0.31), True),  # a windy day
        ((0.123, 0.31), False),
        ((0.123, -1.0), True),
        ((0.123, 1.5), True),
        ((), True),
    ],
)
def test_prices_per_kwh(prices: tuple[float, ...], fine: bool) -> None:
    """All below 1 and finer than a cent are prices per kWh."""
    assert judged("EUR", *prices) is fine
