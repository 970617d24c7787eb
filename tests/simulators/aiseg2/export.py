"""The SD card's history, as AiSEG2 protocol, section 2.13, describes it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
import io
import zipfile

from .house import Hour, SimulatedHouse

_FIXED = (
    "太陽光発電(創蓄パワコン)",
    "蓄電池充電",
    "蓄電池放電",
    "主幹買電",
    "主幹売電",
    "太陽光発電(PV1)",
    "太陽光発電(PV2)",
    "HP消費電力量",
    "燃料電池発電電力量",
    "EV充電電力量",
    "EV放電電力量",
)
_COST_TAIL = (
    "使用電力量",
    "ガス使用量",
    "水使用量",
    "燃料電池ガス使用量",
    "補助熱源ガス使用量",
)
_TAIL = (
    "使用電力量",
    "ガス使用量",
    "水使用量",
    "お湯使用量",
    "燃料電池ガス使用量",
    "補助熱源ガス使用量",
    "燃料電池お湯使用量",
    "補助熱源お湯使用量",
    "燃料電池排熱回収量",
)
_BRANCHES = range(8, 51)
YEN_A_KWH = 31.5


def _header(house: SimulatedHouse, tail: Sequence[str]) -> list[str]:
    names = {circuit.number: circuit.name for circuit in house.circuits}
    disabled = iter(range(1, 100))
    return [
        "計測日時",
        *_FIXED,
        *(f"無効{next(disabled)}" for _ in range(8)),
        *(
            (names[number] or "未使用") if number in names else f"無効{next(disabled)}"
            for number in _BRANCHES
        ),
        *tail,
    ]


def _energy_row(house: SimulatedHouse, stamp: str, hour: Hour) -> list[str]:
    battery = bool(house.battery_power)

    def shown(value: float, present: bool = True) -> str:
        return str(round(value)) if present else "-"

    return [
        stamp,
        "-",
        shown(hour.charged, battery),
        shown(hour.discharged, battery),
        shown(hour.bought),
        shown(hour.sold, house.has_solar),
        shown(hour.solar, house.has_solar),
        "-",
        "0",
        "-",
        "0",
        "-",
        *["-"] * 8,
        *(
            shown(hour.circuits[number]) if number in hour.circuits else "-"
            for number in _BRANCHES
        ),
        shown(hour.consumed),
        *["-"] * 8,
    ]


def _cost_row(day: date, hours: Sequence[Hour]) -> list[str]:
    bought = sum(hour.bought for hour in hours)
    sold = sum(hour.sold for hour in hours)
    return [
        f"{day:%Y%m%d}",
        *["-"] * 3,
        str(round(bought * YEN_A_KWH)),
        str(round(sold * 16)),
        *["-"] * 14,
        *["-"] * len(_BRANCHES),
        *["-"] * 5,
    ]


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    return ("\n".join(",".join(row) for row in rows) + "\n").encode("utf-8-sig")


def export(
    house: SimulatedHouse, first: date, last: date, until: datetime | None = None
) -> bytes:
    """Return the zip that the box would give for these days, both included.

    Hours that begin after a moment are still empty.
    """
    files = io.BytesIO()
    folder = f"rireki_{last:%Y%m%d}"
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    months: dict[str, list[date]] = {}
    for day in days:
        months.setdefault(f"{day:%Y%m}", []).append(day)
    header, cost_header = _header(house, _TAIL), _header(house, _COST_TAIL)
    with zipfile.ZipFile(files, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{folder}/setting.conf", b"\x00\x01")
        for day in days:
            rows = [
                _energy_row(house, f"{day:%Y%m%d}{number:02}+0900", hour)
                if until is None or day < until.date() or number <= until.hour
                else [f"{day:%Y%m%d}{number:02}+0900", *["-"] * (len(header) - 1)]
                for number, hour in enumerate(house.hours(day, until))
            ]
            archive.writestr(
                f"{folder}/hourhistory_rc_{day:%Y%m%d}.csv", _csv([header, *rows])
            )
        for month, in_month in months.items():
            rows = [_cost_row(day, house.hours(day, until)) for day in in_month]
            archive.writestr(
                f"{folder}/daycost_rc_{month}.csv", _csv([cost_header, *rows])
            )
    return files.getvalue()
