"""The actions of price entries: lists of prices and the best times, as data."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...stewardship.price_series import PriceSeries
from ...stewardship.windows import Obstacle, Wish, find
from ..errors import ClientError
from .coordinator import EpexCoordinator
from .history import async_import_history
from .zones import MARKET_TIME, Days, delivery_day

_START: Final = "start"
_END: Final = "end"
_RESOLUTION: Final = "resolution"
_DURATION: Final = "duration"
_EARLIEST: Final = "earliest_start"
_LATEST: Final = "latest_end"
_CONTIGUOUS: Final = "contiguous"
_RUN: Final = "shortest_run"
_STARTS: Final = "most_starts"
_LIMIT: Final = "limit"
_PRICE: Final = "price"
_SINCE: Final = "since"
_PRICES: Final = ("total", "market", "export")
_LONGEST_HISTORY: Final = timedelta(days=366)


async def get_prices(
    coordinator: EpexCoordinator, device_key: str, data: dict[str, Any]
) -> dict[str, Any]:
    """Return slots with all their prices, in the entry's unit."""
    series = {name: _series(coordinator, name) for name in _PRICES}
    if (minutes := data.get(_RESOLUTION)) is not None:
        width = timedelta(minutes=minutes)
        series = {name: part.resampled(width) for name, part in series.items()}
    total = series["total"]
    if total:
        start = _utc(data.get(_START)) or total[0].start
        end = _utc(data.get(_END)) or total[-1].end
        # Whole slots
        total = PriceSeries(s for s in total if s.end > start and s.start < end)
    unit = coordinator.preferences.unit
    prices = []
    for slot in total:
        row: dict[str, Any] = {
            "start": _local(slot.start),
            "end": _local(slot.end),
            "total": unit.shown(slot.price),
            "source": slot.source,
        }
        for name in ("market", "export"):
            other = series[name].at(slot.start)
            row[name] = None if other is None else unit.shown(other.price)
        if slot.volume is not None:
            row["volume"] = round(slot.volume, 3)
        prices.append(row)
    return {"unit": unit.name, "zone": coordinator.zone.code, "prices": prices}


async def cheapest_window(
    coordinator: EpexCoordinator, device_key: str, data: dict[str, Any]
) -> dict[str, Any]:
    """Return the cheapest window, or why there is none."""
    return await _find_window(coordinator, data, dearest=False)


async def dearest_window(
    coordinator: EpexCoordinator, device_key: str, data: dict[str, Any]
) -> dict[str, Any]:
    """Return the dearest window, or why there is none."""
    return await _find_window(coordinator, data, dearest=True)


async def _find_window(
    coordinator: EpexCoordinator, data: dict[str, Any], *, dearest: bool
) -> dict[str, Any]:
    """Return the best window, or why there is none."""
    series = _series(coordinator, data[_PRICE])
    unit = coordinator.preferences.unit
    now = coordinator.clock.utcnow()
    earliest = _utc(data.get(_EARLIEST)) or now
    latest = _utc(data.get(_LATEST)) or (series[-1].end if series else now)
    if data[_DURATION] <= timedelta():
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="window_duration"
        )
    if data.get(_LATEST) is not None and latest <= earliest:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="window_span"
        )
    limit = data.get(_LIMIT)
    wish = Wish(
        duration=data[_DURATION],
        earliest=earliest,
        latest=latest,
        contiguous=data[_CONTIGUOUS],
        shortest_run=data[_RUN],
        most_starts=data.get(_STARTS),
        limit=None if limit is None else limit / unit.scale,
        dearest=dearest,
    )
    window = await coordinator.hass.async_add_executor_job(find, series, wish)
    common = {"unit": unit.name, "kind": data[_PRICE]}
    if isinstance(window, Obstacle):
        return {
            **common,
            "found": False,
            "reason": window.value,
            "start": None,
            "end": None,
            "price": None,
            "runs": [],
        }
    return {
        **common,
        "found": True,
        "reason": None,
        "start": _local(window.start),
        "end": _local(window.end),
        "price": unit.shown(window.price),
        "runs": [
            {"start": _local(run.start), "end": _local(run.end)} for run in window.runs
        ],
    }


async def fetch_now(
    coordinator: EpexCoordinator, device_key: str, data: dict[str, Any]
) -> dict[str, Any]:
    """Ask the sources, on request for the past too; return what came of it."""
    try:
        imported = 0
        if (since := data.get(_SINCE)) is not None:
            now = coordinator.clock.utcnow()
            last = delivery_day(now, -1).last
            first = max(since, (now - _LONGEST_HISTORY).astimezone(MARKET_TIME).date())
            if first <= last:
                history = await coordinator.client.history(Days(first, last))
                imported = await async_import_history(
                    coordinator.hass, coordinator, history
                )
            news = False
        else:
            news = await coordinator.async_fetch_now()
    except ClientError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=err.key,
            translation_placeholders={"name": coordinator.name, "reason": str(err)},
        ) from err
    tomorrow = delivery_day(coordinator.clock.utcnow(), 1)
    return {
        "news": news,
        "tomorrow_available": coordinator.outlook.prices.covers(tomorrow.span),
        "slots": len(coordinator.outlook.prices),
        "imported_hours": imported,
    }


def _series(coordinator: EpexCoordinator, name: str) -> PriceSeries:
    return {
        "market": coordinator.outlook.prices,
        "total": coordinator.outlook.total,
        "export": coordinator.outlook.export,
    }[name]


def _utc(moment: datetime | None) -> datetime | None:
    """Return a moment in UTC; one without an offset is of Home Assistant's clock."""
    return None if moment is None else dt_util.as_utc(moment).astimezone(UTC)


def _local(moment: datetime) -> str:
    return dt_util.as_local(moment).isoformat()
