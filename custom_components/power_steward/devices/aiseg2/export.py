"""The SD card's history: a zip in, hours out (AiSEG2 protocol, section 2.13)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
import io
import re
from typing import Final, NamedTuple
import zipfile
import zlib

from ..errors import AnswerNotUnderstood
from .codec import JAPAN, plain

CHANNELS: Final = {
    1: "solar_hybrid",
    2: "battery_charge",
    3: "battery_discharge",
    4: "bought",
    5: "sold",
    6: "solar_1",
    7: "solar_2",
    8: "heat_pump",
    9: "fuel_cell",
    10: "ev_charge",
    11: "ev_discharge",
}
COSTS: Final = {4: "bought_cost", 5: "sold_compensation"}
"""Columns of the cost files, in thousandths of a yen."""
CONSUMED: Final = "使用電力量"
FIRST_BRANCH: Final = 20
BRANCH_OFFSET: Final = 12
"""A circuit's column is its number and this."""
MAX_MEMBER: Final = 4 * 1024 * 1024
MAX_MEMBERS: Final = 50_000
MAX_VALUE: Final = 24_000_000
"""Wh; no home takes more in a day."""
MAX_COST: Final = 1_000_000_000
"""Thousandths of a yen in a day."""
_HOUR: Final = 3600
_STAMPS: Final = ("計測日時",)
_ZIP_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
"""What the library raises for an archive that is damaged."""
_FILE: Final = re.compile(
    r"(30minhistory|hourhistory|dayhistory|daycost)_rc_"
    r"(20\d\d(?:0[1-9]|1[0-2]))(?:\d\d)?\.csv"
)
_WIDTHS: Final = {"30minhistory": 12, "hourhistory": 10, "dayhistory": 8, "daycost": 8}
"""Digits of the time stamps."""

type Hours = dict[int, int]
"""Wh, or thousandths of a yen, by the hour's first second since the epoch."""


class Column(NamedTuple):
    """What a column counts."""

    key: str
    name: str
    """As the box writes it."""


class Month(NamedTuple):
    """A month of history."""

    hours: Mapping[str, Hours]
    names: Mapping[str, str]
    rejected: int
    """Values that cannot be."""


class Export:
    """An export, month by month; it never holds more than one of them."""

    def __init__(self, data: bytes) -> None:
        """Take the zip and look through it; raises ``AnswerNotUnderstood``.

        A card may hold thousands of files, so this too belongs into a thread.
        """
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            members = self._archive.infolist()
        except _ZIP_ERRORS as err:
            raise AnswerNotUnderstood("not a zip") from err
        if len(members) > MAX_MEMBERS:
            raise AnswerNotUnderstood("too many files")
        self._members: dict[str, dict[str, list[zipfile.ZipInfo]]] = {}
        for member in members:
            match = _FILE.fullmatch(member.filename.rsplit("/", 1)[-1])
            if match is not None and member.file_size <= MAX_MEMBER:
                month = self._members.setdefault(match[2], {})
                month.setdefault(match[1], []).append(member)
        if not self._members:
            raise AnswerNotUnderstood("no history in the zip")
        self.digests: Final = {
            month: _digest(self._members[month]) for month in sorted(self._members)
        }
        """By month, in order, as YYYYMM: what changes whenever one of its files does."""

    def bounds(self, month: str) -> tuple[int, int]:
        """Return the seconds at which a month of the box's calendar begins and ends."""
        year, number = int(month[:4]), int(month[4:])
        start = datetime(year, number, 1, tzinfo=JAPAN)
        end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=JAPAN)
        return int(start.timestamp()), int(end.timestamp())

    def read(self, month: str, before: datetime) -> Month:
        """Read a month, up to the last hour that was over at a moment.

        Hours count; half hours where a day has none, and a day's total, at its first
        hour, where there is neither. What is missing stays missing.
        """
        files = self._members[month]
        end = int(before.timestamp())
        reader = _Reader(end)
        for kind in ("hourhistory", "30minhistory", "dayhistory"):
            for member in files.get(kind, ()):
                reader.energy(kind, self._rows(member))
        for member in files.get("daycost", ()):
            reader.costs(self._rows(member))
        return Month(reader.hours, reader.names, reader.rejected)

    def _rows(self, member: zipfile.ZipInfo) -> list[list[str]]:
        try:
            text = self._archive.read(member).decode("utf-8-sig")
        except _ZIP_ERRORS as err:
            raise AnswerNotUnderstood(f"{member.filename} is damaged") from err
        return [line.split(",") for line in text.splitlines() if line]


def _digest(kinds: Mapping[str, Iterable[zipfile.ZipInfo]]) -> str:
    """Return what changes whenever one of the files does, without reading them."""
    files = sorted(
        f"{member.filename.rsplit('/', 1)[-1]} {member.CRC} {member.file_size}"
        for members in kinds.values()
        for member in members
    )
    return f"{zlib.crc32('\n'.join(files).encode()):08x} {len(files)}"


class _Reader:
    """Collects a month's rows."""

    def __init__(self, end: int) -> None:
        self.hours: dict[str, Hours] = {}
        self.names: dict[str, str] = {}
        self.rejected = 0
        self._end = end
        self._days: set[int] = set()
        """First seconds of the days of which finer files told something."""

    def energy(self, kind: str, rows: Sequence[Sequence[str]]) -> None:
        """Take an energy file."""
        if not rows:
            return
        columns = [
            (position, column.key, self.hours.setdefault(column.key, {}))
            for position, column in _energy_columns(rows[0], self.names)
        ]
        covered = set(self._days)
        halves: dict[tuple[str, int], int] = {}
        for row in rows[1:]:
            start = _start(row[0], _WIDTHS[kind])
            if start is None or len(row) != len(rows[0]):
                continue
            day = _day_of(start)
            hour = start - start % _HOUR
            last = day + 23 * _HOUR if kind == "dayhistory" else hour
            if day in covered or last + _HOUR > self._end:
                continue
            for position, key, hours in columns:
                if (value := self._value(row[position], MAX_VALUE)) is None:
                    continue
                self._days.add(day)
                if kind != "30minhistory":
                    hours[hour] = value
                elif (key, hour) in halves:
                    hours[hour] = halves[key, hour] + value
                else:
                    halves[key, hour] = value

    def costs(self, rows: Sequence[Sequence[str]]) -> None:
        """Take a cost file: a day's cost goes by what was bought or sold in its hours."""
        if not rows or plain(rows[0][0]) not in _STAMPS:
            return
        for row in rows[1:]:
            day = _start(row[0], _WIDTHS["daycost"])
            if day is None or len(row) <= max(COSTS):
                continue
            if day + 24 * _HOUR > self._end:
                continue
            for position, key in COSTS.items():
                if (cost := self._value(row[position], MAX_COST)) is None:
                    continue
                energies = self.hours.get(CHANNELS[position], {})
                weights = {
                    hour: energies[hour]
                    for hour in range(day, day + 24 * _HOUR, _HOUR)
                    if hour in energies
                }
                self.names[key] = rows[0][position].strip()
                hours = self.hours.setdefault(key, {})
                hours.update(_spread(cost, weights) or {day: cost})

    def _value(self, text: str, most: int) -> int | None:
        if text == "-":
            return None
        if text.isdecimal() and len(text) <= 12 and (value := int(text)) <= most:
            return value
        self.rejected += bool(text.strip())
        return None


def _energy_columns(
    header: Sequence[str], known: dict[str, str]
) -> list[tuple[int, Column]]:
    """Return what the columns count, by place: names repeat.

    Disabled and unused inputs are left out; the names become known.
    """
    names = [name.strip() for name in header]
    branches_end = len(names) - 9
    if (
        plain(names[0]) not in _STAMPS
        or len(names) < FIRST_BRANCH + 9
        or names[branches_end] != CONSUMED
        or not names[4].endswith("買電")
        or not names[5].endswith("売電")
    ):
        raise AnswerNotUnderstood("the columns of the history are not known")
    columns = [
        (position, Column(key, names[position])) for position, key in CHANNELS.items()
    ]
    columns += [
        (position, Column(f"circuit_{position - BRANCH_OFFSET}", names[position]))
        for position in range(FIRST_BRANCH, branches_end)
        if names[position] != "未使用" and not re.fullmatch(r"無効\d*", names[position])
    ]
    columns.append((branches_end, Column("consumed", CONSUMED)))
    known.update(column for _, column in columns)
    return columns


def _start(stamp: str, width: int) -> int | None:
    """Return the first second of what a row covers, ``None`` for an empty slot."""
    digits, _, zone = stamp.strip().partition("+")
    if len(digits) != width or not digits.isdecimal() or zone not in ("", "0900"):
        return None
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    hour, minute = int(digits[8:10] or 0), int(digits[10:12] or 0)
    try:
        moment = datetime(year, month, day, hour, minute, tzinfo=JAPAN)
    except ValueError:
        return None
    return int(moment.timestamp())


def _day_of(second: int) -> int:
    """Return the first second of the Japanese day."""
    return second - (second + 9 * _HOUR) % (24 * _HOUR)


def _spread(total: int, weights: Mapping[int, int]) -> Hours:
    """Share a total out by weights, so that the parts sum up to it exactly."""
    whole = sum(weights.values())
    if not whole:
        return {}
    shared: Hours = {}
    seen = given = 0
    for hour, weight in weights.items():
        seen += weight
        part = total * seen // whole - given
        given += part
        shared[hour] = part
    return shared
