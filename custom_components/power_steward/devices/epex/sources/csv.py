"""The predecessor's CSV files: one, or a folder with one a day."""

import asyncio
from contextlib import suppress
import csv
from datetime import UTC, date, datetime, time, timedelta
import io
import os
from pathlib import Path
import re
from typing import Final
from zoneinfo import ZoneInfo

from ....stewardship.price_series import Slot
from ...errors import AnswerNotUnderstood, CannotConnect
from ..codec import answer
from ..models import Answer
from ..zones import Days, Zone

NAME: Final = "csv"
HEADER: Final = ["Period", "Volume (MWh)", "Price (€/MWh)"]
_MAX_FILE: Final = 1024 * 1024
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.csv$")
_PERIOD: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_WHOLE: Final = re.compile(r"[+-]?\d+\.\d\d")
"""A price as the predecessor writes it: one that lacks a digit may lack more."""
_NUMBER: Final = re.compile(r"[+-]?\d{1,9}(\.\d{1,9})?")


class Csv:
    """Reads files named after their delivery day, as ``epex_data_2025-10-06.csv``."""

    name = NAME

    def __init__(self, path: Path, zone: Zone) -> None:
        """Take a file or a folder; labels are of the zone's clock."""
        self._path = path
        self._zone = zone

    async def fetch(self, days: Days) -> Answer:
        """Read the files of the days."""
        wanted = set(days.on(self._zone.clock))
        slots: list[Slot] = []
        rejected: list[str] = []
        try:
            for day, path in await self._files():
                if day in wanted:
                    text = await _text(path)
                    slots += parse(text, day, self._zone.clock, rejected)
        except OSError as err:
            raise CannotConnect(type(err).__name__) from err
        return answer(slots, "EUR", None, rejected)

    async def _files(self) -> list[tuple[date, Path]]:
        """Return the files by day; a single file must name its day too."""
        if await asyncio.to_thread(self._path.is_dir):
            names = await asyncio.to_thread(os.listdir, self._path)
            paths = [self._path / name for name in sorted(names)]
        else:
            paths = [self._path]
            if not _DAY.search(self._path.name):
                await asyncio.to_thread(self._path.stat)
                raise AnswerNotUnderstood("no day in the file's name")
        files = []
        for path in paths:
            if (match := _DAY.search(path.name)) is not None:
                with suppress(ValueError):
                    files.append((date.fromisoformat(match[1]), path))
        return files


async def _text(path: Path) -> str:
    if (await asyncio.to_thread(path.stat)).st_size > _MAX_FILE:
        raise AnswerNotUnderstood("a file too large")
    content = await asyncio.to_thread(path.read_bytes)
    try:
        return content.decode("utf-8-sig")
    except ValueError as err:
        raise AnswerNotUnderstood("not UTF-8") from err


def parse(text: str, day: date, clock: ZoneInfo, rejected: list[str]) -> list[Slot]:
    """Return the slots of a day's file; a row without numbers is left out."""
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as err:
        raise AnswerNotUnderstood("not CSV") from err
    if len(rows) < 2 or rows[0] != HEADER:
        raise AnswerNotUnderstood("another header")
    if not text.endswith("\n") and not _WHOLE.fullmatch(rows[-1][-1]):
        raise AnswerNotUnderstood("a file cut off")
    slots: list[Slot] = []
    seen: dict[datetime, bool] = {}
    for index, row in enumerate(rows[1:]):
        if len(row) != len(HEADER) or not (match := _PERIOD.fullmatch(row[0])):
            raise AnswerNotUnderstood(f"row {index + 1}")
        begin, end = _local(day, match[1], match[2]), _local(day, match[3], match[4])
        if end <= begin:
            raise AnswerNotUnderstood(f"row {index + 1}")
        fold = begin in seen
        if fold and seen[begin]:
            raise AnswerNotUnderstood("two rows for a period")
        seen[begin] = fold
        start = _utc(begin, clock, fold=fold)
        if not all(_NUMBER.fullmatch(cell) for cell in row[1:]):
            rejected.append(f"row {index + 1}")
            continue
        slots.append(
            Slot(start, start + (end - begin), float(row[2]), NAME, float(row[1]))
        )
    for begin, twice in seen.items():
        if twice != _is_twice(begin, clock):
            raise AnswerNotUnderstood("a day with a clock change, but not its hours")
    return slots


def _local(day: date, hour: str, minute: str) -> datetime:
    """Return a clock's time; 24:00 is the next day's midnight."""
    hours, minutes = int(hour), int(minute)
    if hours > 24 or minutes > 59 or (hours == 24 and minutes):
        raise AnswerNotUnderstood("no time")
    return datetime.combine(day, time()) + timedelta(hours=hours, minutes=minutes)


def _is_twice(local: datetime, clock: ZoneInfo) -> bool:
    """Return whether the clock shows a time twice."""
    first = local.replace(tzinfo=clock).utcoffset()
    second = local.replace(tzinfo=clock, fold=1).utcoffset()
    return first is not None and second is not None and first > second


def _utc(local: datetime, clock: ZoneInfo, *, fold: bool) -> datetime:
    if fold and not _is_twice(local, clock):
        raise AnswerNotUnderstood("two rows for a period")
    moment = local.replace(tzinfo=clock, fold=int(fold)).astimezone(UTC)
    if moment.astimezone(clock).replace(tzinfo=None) != local:
        raise AnswerNotUnderstood("a time that the clock leaves out")
    return moment
