"""Years of history into the recorder: external statistics, replaced month by month.

The recorder's own import looks every row up before it writes it, and takes hours for
years of many meters. Here a month's rows are taken out and written in one go, in the
recorder's thread. Running sums go on from month to month; what was written is noted, so
that a run goes on where the last one ended, and one that brings nothing new writes
nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.storage import Store
from homeassistant.util import slugify

from .const import DOMAIN

SAVE_EVERY: Final = 12
"""Months after which notes go to disk; a crash repeats as many at most."""
_VERSION: Final = 1

type Hours = dict[int, int]
"""Whole units by the hour's first second since the epoch."""
type _Notes = dict[str, dict[str, Any]]
"""By month: what its source looked like, and the sums at its end."""


def statistic_id(entry: ConfigEntry[Any], key: str) -> str:
    """Return the id of one of an entry's statistics."""
    stem = slugify((entry.unique_id or entry.entry_id).replace(":", ""))
    return f"{DOMAIN}:{stem}_{key}"


class ImportedHistory(NamedTuple):
    """What an import of history has written."""

    months: int
    rows: int


class Series(NamedTuple):
    """A statistic, and the size of the whole units in which it is counted."""

    statistic_id: str
    name: str
    unit: str | None
    unit_class: str | None
    scale: float


class MonthOfHours(Protocol):
    """A month as a source reads it."""

    @property
    def hours(self) -> Mapping[str, Hours]:
        """Whole units by key and hour."""

    @property
    def names(self) -> Mapping[str, str]:
        """Names by key."""


class Source[MonthT: MonthOfHours](Protocol):
    """Where history comes from."""

    @property
    def digests(self) -> Mapping[str, str]:
        """By month, in order, as YYYYMM: what changes when the month does."""

    def bounds(self, month: str) -> tuple[int, int]:
        """Return the seconds at which any month begins and ends."""

    def read(self, month: str, before: datetime) -> MonthT:
        """Read a month; runs in a thread."""


class HistoryWriter:
    """Writes an entry's history."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        series_of: Callable[[str, str], Series],
    ) -> None:
        """Take what makes a statistic of a key and a name."""
        self._hass = hass
        self._series_of = series_of
        self._store = _store(hass, entry)
        self._fresh = True

    async def async_write(
        self,
        source: Source[Any],
        now: datetime,
        progress: Callable[[float], None],
    ) -> ImportedHistory:
        """Write what is new of a source; ``progress`` is told the share done."""
        notes = await self._async_notes()
        self._fresh = not notes
        changed = [
            month
            for month, digest in source.digests.items()
            if notes.get(month, {}).get("digest") != digest
        ]
        stale = [month for month, note in notes.items() if note["digest"] is None]
        if not changed and not stale:
            return ImportedHistory(0, 0)
        first = min(changed + stale)
        months = [
            month for month in sorted({*source.digests, *notes}) if month >= first
        ]
        earlier = [month for month in notes if month < first]
        sums: dict[str, int] = dict(notes[max(earlier)]["sums"]) if earlier else {}
        for month in months:
            notes.setdefault(month, {})["digest"] = None
        rows = 0
        try:
            for number, month in enumerate(months, 1):
                rows += await self._async_write_month(source, month, now, notes, sums)
                if number % SAVE_EVERY == 0:
                    await self._store.async_save(notes)
                progress(number / len(months))
        finally:
            await self._store.async_save(notes)
        return ImportedHistory(len(months), rows)

    async def _async_write_month(
        self,
        source: Source[Any],
        month: str,
        now: datetime,
        notes: _Notes,
        sums: dict[str, int],
    ) -> int:
        """Replace a month's rows and note it; return how many rows there are."""
        hours: dict[str, Hours] = {}
        names: dict[str, str] = {}
        if "sums" in notes[month]:
            names = notes[month]["names"]
            hours = await self._async_written(source.bounds(month), names)
        if month in source.digests:
            read = await self._hass.async_add_executor_job(source.read, month, now)
            for key, values in read.hours.items():
                hours.setdefault(key, {}).update(values)
            names = {**names, **read.names}
        tables = await self._hass.async_add_executor_job(
            _tables, hours, names, sums, self._series_of, self._fresh
        )
        recorder = await self._async_recorder()
        await recorder.async_replace(self._hass, tables, now)
        notes[month] = {
            "digest": source.digests.get(month, ""),
            "sums": dict(sums),
            "names": {key: names[key] for key in sums if key in names},
        }
        return sum(len(table.rows) for table in tables)

    async def _async_notes(self) -> _Notes:
        """Return what was written before, nothing if the recorder has lost it."""
        notes: _Notes = await self._store.async_load() or {}
        written = [month for month, note in notes.items() if note["digest"] is not None]
        if written:
            note = notes[max(written)]
            series = {
                key: self._series_of(key, name) for key, name in note["names"].items()
            }
            recorder = await self._async_recorder()
            last = await recorder.async_last_sums(
                self._hass, [item.statistic_id for item in series.values()]
            )
            for key, item in series.items():
                expected = note["sums"][key] * item.scale
                if abs(last.get(item.statistic_id, -1.0) - expected) > 1e-3:
                    return {}
        return notes

    async def _async_written(
        self, bounds: tuple[int, int], names: Mapping[str, str]
    ) -> dict[str, Hours]:
        """Return the rows of some time as they are in the recorder."""
        series = {key: self._series_of(key, name) for key, name in names.items()}
        recorder = await self._async_recorder()
        written: dict[str, Hours] = await recorder.async_hours(
            self._hass, series, bounds
        )
        return written

    async def _async_recorder(self) -> Any:
        """Return what speaks to the recorder, loaded only where it is needed."""
        return await async_import_module(self._hass, f"{__package__}.statistics")


class Table(NamedTuple):
    """A statistic's rows: start, state and sum."""

    series: Series
    rows: list[tuple[int, float, float]]
    begins: bool
    """Whether nothing that the recorder has of the statistic counts any more."""


def _tables(
    hours: Mapping[str, Hours],
    names: Mapping[str, str],
    sums: dict[str, int],
    series_of: Callable[[str, str], Series],
    fresh: bool,
) -> list[Table]:
    """Add the hours up, going on from the sums; what was always 0 is not begun."""
    tables = []
    for key, values in hours.items():
        begins = key not in sums
        if begins and not any(values.values()):
            continue
        series = series_of(key, names[key])
        scale = series.scale
        total = sums.get(key, 0)
        rows = []
        for hour, value in sorted(values.items()):
            total += value
            rows.append((hour, value * scale, total * scale))
        sums[key] = total
        tables.append(Table(series, rows, begins and fresh))
    return tables


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget the notes of a removed entry; its statistics stay."""
    await _store(hass, entry).async_remove()


def _store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[_Notes]:
    return Store(hass, _VERSION, f"{DOMAIN}.{entry.entry_id}.history")
