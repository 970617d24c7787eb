"""The recorder's statistics: read, and replaced in one go.

Apart from the rest, because the recorder need not be there.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final, override

from sqlalchemy import Connection, delete, insert

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.db_schema import Statistics
from homeassistant.components.recorder.models import (
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    get_last_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import RecorderTask
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .history import Hours, Series, Table


async def async_replace(
    hass: HomeAssistant, tables: list[Table], now: datetime
) -> None:
    """Write tables in place of what the recorder has for their hours."""
    created = now.timestamp()
    task = ReplaceStatistics(
        tables, created, asyncio.get_running_loop().create_future()
    )
    get_instance(hass).queue_task(task)
    await task.done


async def async_last_sums(
    hass: HomeAssistant, statistic_ids: Iterable[str]
) -> Mapping[str, float]:
    """Return the newest sum of each statistic that has one."""
    return await get_instance(hass).async_add_executor_job(
        _last_sums, hass, list(statistic_ids)
    )


async def async_names(
    hass: HomeAssistant, statistic_ids: Iterable[str]
) -> Mapping[str, str]:
    """Return the name of each statistic that has one."""
    found = await get_instance(hass).async_add_executor_job(
        partial(get_metadata, hass, statistic_ids=set(statistic_ids))
    )
    return {key: data["name"] for key, (_, data) in found.items() if data["name"]}


async def async_hours(
    hass: HomeAssistant, series: Mapping[str, Series], bounds: tuple[int, int]
) -> dict[str, Hours]:
    """Return what statistics have in a time, by their keys, in their whole units."""
    return await get_instance(hass).async_add_executor_job(_hours, hass, series, bounds)


@dataclass(slots=True, eq=False)
class ReplaceStatistics(RecorderTask):
    """Replaces rows in the recorder's thread."""

    tables: list[Table] = field(repr=False)
    created: float
    done: asyncio.Future[None]

    @override
    def run(self, instance: Recorder) -> None:
        """Write, and tell the loop how it went."""
        loop = self.done.get_loop()
        try:
            self._write(instance)
        except Exception as err:  # noqa: BLE001
            loop.call_soon_threadsafe(_settle, self.done, err)
        else:
            loop.call_soon_threadsafe(_settle, self.done, None)

    def _write(self, instance: Recorder) -> None:
        manager = instance.statistics_meta_manager
        with instance.get_session() as session:
            rows: list[tuple[int, float, int, float, float]] = []
            for table in self.tables:
                metadata = _metadata(table.series)
                known = manager.get_many(
                    session, statistic_ids={metadata["statistic_id"]}
                )
                _, metadata_id = manager.update_or_add(session, metadata, known)
                old = delete(Statistics).where(Statistics.metadata_id == metadata_id)
                if not table.begins and table.rows:
                    old = old.where(
                        Statistics.start_ts >= table.rows[0][0],
                        Statistics.start_ts <= table.rows[-1][0],
                    )
                session.execute(old)
                rows += [(metadata_id, self.created, *row) for row in table.rows]
            if rows:
                _insert(session.connection(), rows)
            session.commit()


_COLUMNS: Final = ("metadata_id", "created_ts", "start_ts", "state", "sum")


def _insert(
    connection: Connection, rows: list[tuple[int, float, int, float, float]]
) -> None:
    """Insert rows past the layers that would look at each of them."""
    statement = insert(Statistics).compile(
        dialect=connection.dialect, column_keys=_COLUMNS
    )
    order = statement.positiontup
    if order is None:
        named = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        connection.exec_driver_sql(str(statement), named)
        return
    if tuple(order) != _COLUMNS:
        places = [_COLUMNS.index(name) for name in order]
        rows = [tuple(row[place] for place in places) for row in rows]  # type: ignore[misc]
    connection.exec_driver_sql(str(statement), rows)


def _settle(done: asyncio.Future[None], err: Exception | None) -> None:
    if done.cancelled():
        return
    if err is None:
        done.set_result(None)
    else:
        done.set_exception(err)


def _metadata(series: Series) -> StatisticMetaData:
    return StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=series.name,
        source=DOMAIN,
        statistic_id=series.statistic_id,
        unit_of_measurement=series.unit,
        unit_class=series.unit_class,
    )


def _hours(
    hass: HomeAssistant, series: Mapping[str, Series], bounds: tuple[int, int]
) -> dict[str, Hours]:
    start, end = (datetime.fromtimestamp(second, UTC) for second in bounds)
    ids = {item.statistic_id for item in series.values()}
    found = statistics_during_period(hass, start, end, ids, "hour", None, {"state"})
    return {
        key: {
            int(row["start"]): round((row["state"] or 0.0) / item.scale)
            for row in found.get(item.statistic_id, ())
        }
        for key, item in series.items()
    }


def _last_sums(hass: HomeAssistant, statistic_ids: list[str]) -> dict[str, float]:
    """Return the newest sum of each statistic that has one."""
    sums = {}
    for statistic_id in statistic_ids:
        found = get_last_statistics(hass, 1, statistic_id, True, {"sum"})
        for row in found.get(statistic_id, ()):
            sums[statistic_id] = row["sum"] or 0.0
    return sums
