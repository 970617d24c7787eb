"""The SD card's files: every hour where it belongs, and nothing that is not sure."""

from datetime import UTC, date, datetime
import io
import zipfile

import pytest

from custom_components.power_steward.devices.aiseg2.export import Export
from custom_components.power_steward.devices.errors import AnswerNotUnderstood
from tests.simulators.aiseg2.export import export

from .homes import home

LATER = datetime(2026, 12, 31, tzinfo=UTC)
FIRST = int(datetime(2026, 7, 13, 15, tzinfo=UTC).timestamp())
"""The first second of a day in Japan."""
HOUR = 3600


def packed(files: dict[str, str | bytes]) -> bytes:
    """Return a zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"rireki/{name}", text)
    return data.getvalue()


def texts() -> dict[str, str]:
    """Return the files of one day, by kind."""
    with zipfile.ZipFile(
        io.BytesIO(export(home(), date(2026, 7, 14), date(2026, 7, 14)))
    ) as archive:
        return {
            name.rsplit("/", 1)[-1].partition("_")[0]: archive.read(name).decode(
                "utf-8-sig"
            )
            for name in archive.namelist()
            if name.endswith(".csv")
        }


HOURS, COSTS = texts()["hourhistory"], texts()["daycost"]
NAME = "hourhistory_rc_20260714.csv"


def hours(
    text: str | bytes, name: str = NAME, **more: str
) -> dict[str, dict[int, int]]:
    """Return what a month's files say."""
    files: dict[str, str | bytes] = {
        name: text,
    }
    files |= {key.replace("__", "."): value for key, value in more.items()}
    month = Export(packed(files)).read("202607", LATER)
    return {key: dict(values) for key, values in month.hours.items() if values}


def test_hours() -> None:
    """Columns are known by their place; disabled ones are left out."""
    found = hours(HOURS)
    assert len(found["bought"]) == 24
    assert min(found["bought"]) == FIRST
    assert found["circuit_10"][FIRST] == 224
    assert found["circuit_11"][FIRST] == 0
    assert found["solar_1"][FIRST] == 2130
    assert found["consumed"][FIRST] == 513
    assert not {"circuit_40", "battery_charge", "circuit_37"} & found.keys()


def test_gas_and_water() -> None:
    """Gas, water, hot water and heat, whose units nobody tells, are left out."""
    header, *rows = HOURS.splitlines()
    known = hours(HOURS).keys()
    for told in ("431", "0.431", "1.2 m3"):
        lines = [
            ",".join((*row.split(",")[:-8], *[told] * 8)) if number else row
            for number, row in enumerate((header, *rows))
        ]
        export = Export(packed({NAME: "\n".join(lines)}))
        month = export.read("202607", LATER)
        assert {key for key, values in month.hours.items() if values} == known
        assert month.hours["consumed"][FIRST] == 513
        assert month.rejected == 0


def test_what_is_missing() -> None:
    """A dash is no value, and neither is what cannot be."""
    lines = HOURS.splitlines()
    cells = lines[1].split(",")
    for place, text in ((22, "-"), (20, "12.5"), (21, "99999999999"), (24, "x")):
        cells[place] = text
    lines[1] = ",".join(cells)
    export = Export(packed({NAME: "\n".join(lines)}))
    month = export.read("202607", LATER)
    for number in (8, 9, 10, 12):
        assert FIRST not in month.hours[f"circuit_{number}"]
        assert FIRST + HOUR in month.hours[f"circuit_{number}"]
    assert month.rejected == 3


@pytest.mark.parametrize(
    "stamp", ["-", "2026071400", "20260714", "2026071499+0900", "2026071400+0000"]
)
def test_stamps(stamp: str) -> None:
    """Rows without a good time stamp are empty slots."""
    text = HOURS.replace("2026071400+0900", stamp)
    count = 24 if stamp == "2026071400" else 23
    assert len(hours(text)["bought"]) == count


def test_hours_to_come() -> None:
    """An hour that is not over does not count."""
    export = Export(packed({NAME: HOURS}))
    month = export.read("202607", datetime(2026, 7, 14, 0, 30, tzinfo=UTC))
    assert len(month.hours["bought"]) == 9


def test_half_hours() -> None:
    """Half hours make hours, if both are there, where there are no hours."""
    header, *rows = HOURS.splitlines()
    halves = [
        row.replace("+0900", f"{minute}+0900", 1)
        for row in rows
        for minute in ("00", "30")
    ][:-1]
    text = "\n".join([header, *halves])
    name = "30minhistory_rc_20260714.csv"
    found = hours(text, name)
    assert len(found["bought"]) == 23
    assert found["circuit_10"][FIRST] == 448
    both = Export(packed({name: text, NAME: HOURS})).read("202607", LATER)
    assert both.hours["circuit_10"][FIRST] == 224


def test_days() -> None:
    """A day's total stands at its first hour, where there is nothing finer."""
    header, row, *_ = HOURS.splitlines()
    rows = [row.replace("2026071400+0900", f"202607{day}") for day in (13, 14, 15)]
    name = "dayhistory_rc_202607.csv"
    text = "\n".join([header, *rows])
    both = Export(packed({name: text, NAME: HOURS})).read("202607", LATER)
    circuit = both.hours["circuit_10"]
    assert len(circuit) == 26
    assert circuit[FIRST - 24 * HOUR] == 224
    assert circuit[FIRST + 24 * HOUR] == 224
    early = Export(packed({name: text})).read(
        "202607", datetime(2026, 7, 15, tzinfo=UTC)
    )
    assert len(early.hours["circuit_10"]) == 2


def test_costs() -> None:
    """A day's cost is shared out exactly, and goes by what was bought."""
    costs = COSTS.replace("\n20260714,-,-,-,0,", "\n20260714,-,-,-,1001,")
    bought = HOURS.splitlines()
    for hour in range(24):
        cells = bought[hour + 1].split(",")
        cells[4] = str(100 if hour in (7, 8, 9) else 0)
        bought[hour + 1] = ",".join(cells)
    found = hours("\n".join(bought), daycost_rc_202607__csv=costs)["bought_cost"]
    assert sum(found.values()) == 1001
    assert [hour for hour, cost in found.items() if cost] == [
        FIRST + hour * HOUR for hour in (7, 8, 9)
    ]
    alone = Export(packed({"daycost_rc_202607.csv": costs})).read("202607", LATER)
    assert alone.hours["bought_cost"] == {FIRST: 1001}
    nothing = costs.replace(",1001,", ",-,").replace("20260714", "20260714")
    assert "bought_cost" not in hours(HOURS, daycost_rc_202607__csv=nothing)


@pytest.mark.parametrize(
    "costs",
    ["", "a,b\n20260714,1", "計測日時,x\n20260714,1", "計測日時,x\n-,-,-,-,-,-"],
)
def test_other_costs(costs: str) -> None:
    """A cost file that is none is left out."""
    assert "bought_cost" not in hours(HOURS, daycost_rc_202607__csv=costs)


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n1,2",
        HOURS.replace("計測日時", "time"),
        HOURS.replace("使用電力量", "other"),
        HOURS.replace("主幹買電", "other"),
        HOURS.encode("shift_jis", "replace"),
    ],
)
def test_other_columns(text: str | bytes) -> None:
    """Columns that are not the known ones are not guessed at."""
    with pytest.raises(AnswerNotUnderstood):
        hours(text)


def test_empty_files() -> None:
    """An empty file and a row that is cut off say nothing."""
    assert hours("") == {}
    cut = HOURS.rstrip()[:-30]
    assert len(hours(cut)["bought"]) == 23


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        packed({}),
        packed({"setting.conf": "x"}),
        packed({"a.csv": ""}),
        packed({"hourhistory_rc_00000101.csv": HOURS}),
        packed({NAME: HOURS}).replace(
            b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\x63"
        ),
    ],
    # A zip holds the time at which it was made: no name for a test.
    ids=[
        "nothing",
        "cut off",
        "no files",
        "no history",
        "another file",
        "no year",
        "newer zip",
    ],
)
def test_no_export(data: bytes) -> None:
    """What is no export is refused."""
    with pytest.raises(AnswerNotUnderstood):
        Export(data)


def test_export_without_its_beginning() -> None:
    """A zip whose files are no longer where it says is refused."""
    whole = Export(packed({NAME: HOURS}))
    cut = Export(packed({NAME: HOURS})[300:])
    assert whole.digests == cut.digests
    with pytest.raises(AnswerNotUnderstood):
        cut.read("202607", LATER)


def test_damaged_export() -> None:
    """A file that is damaged is refused, and so is a hoard of files."""
    data = bytearray(export(home(), date(2026, 7, 14), date(2026, 7, 14)))
    at = data.index(b"hourhistory") + 200
    data[at : at + 40] = bytes(40)
    with pytest.raises(AnswerNotUnderstood):
        Export(bytes(data)).read("202607", LATER)


def test_digest() -> None:
    """A month's digest changes with its files, and only with them."""
    one = Export(packed({NAME: HOURS}))
    same = Export(packed({NAME: HOURS}))
    other = Export(packed({NAME: HOURS + "\n"}))
    assert one.digests == same.digests
    assert one.digests.keys() == other.digests.keys() == {"202607"}
    assert one.digests != other.digests
    assert one.bounds("202612")[0] == one.bounds("202611")[1]
