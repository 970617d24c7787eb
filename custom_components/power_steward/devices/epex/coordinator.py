"""Fetches a zone's prices by the market's clock, and tells them by the slot's."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
import random
from typing import Any, Final, NamedTuple, override

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, CONF_TOKEN, UnitOfEnergy
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.event import (
    async_track_point_in_utc_time,
    async_track_state_change_event,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter

from ...const import DOMAIN, LOGGER
from ...coordinator import PollingCoordinator, StewardConfigEntry
from ...stewardship.cost_ledger import CostLedger
from ...stewardship.price_series import (
    PriceSeries,
    Slot,
    Span,
    Statistics,
    local_day,
    statistics,
)
from ...stewardship.windows import Obstacle, Window
from ..clock import SYSTEM_CLOCK, Clock
from ..errors import CredentialsRejected
from ..readings import HUB, DeviceFacts, HubReading
from .build import build_sources
from .client import Fetched, PriceClient, failure
from .const import CONF_CURRENCY, CONF_FALLBACKS, CONF_SOURCE, CONF_ZONE, stand_ins
from .entities import PLATFORMS, SOURCES, zone_entities
from .history import async_import_history
from .models import Picture, SourcesReading, ZoneReading
from .preferences import preferences
from .schedule import Errand, Schedule, is_published
from .store import async_remove, cost_store, packed, price_store, save, unpacked
from .zones import MARKET_TIME, ZONES, Days, delivery_day

__all__ = ["async_remove", "create_coordinator"]

RETRY: Final = timedelta(minutes=10)
"""Until the next attempt, while nothing at all is known."""
AT_LEISURE: Final = timedelta(seconds=5)
"""Until the first request, if what is on disk will do for now."""
DAY_WITHOUT: Final = timedelta(days=1)
"""After so long without a price that should be there, the user is told."""


def create_coordinator(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> EpexCoordinator:
    """Return the coordinator of a price entry."""
    return EpexCoordinator(hass, entry)


class _Day(NamedTuple):
    """What holds all day, as long as no new price comes."""

    dates: tuple[date, date, date]
    """Of the zone, of the market, and of the user."""
    today: Statistics | None
    tomorrow: Statistics | None
    tomorrow_available: bool
    ranked: list[float]
    """Today's prices in the order of value."""
    volume: float | None
    periods: tuple[tuple[Span, Window | Obstacle], ...]
    windows: tuple[Window, ...]
    charted: PriceSeries
    """What the user pays today and tomorrow."""
    shaded: tuple[Window, ...]
    """The windows in the chart."""
    edges: list[datetime]
    """When anything changes, in order."""


class EpexCoordinator(PollingCoordinator[ZoneReading]):
    """The prices of one zone."""

    platforms = PLATFORMS
    redact = frozenset({CONF_TOKEN})

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StewardConfigEntry,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Prepare to ask the entry's sources."""
        super().__init__(hass, entry, RETRY, clock)
        self.zone = ZONES[entry.data[CONF_ZONE]]
        self.currency: str = entry.data[CONF_CURRENCY]
        self.preferences = preferences(entry.options, self.currency)
        able = stand_ins(entry.data[CONF_SOURCE], self.zone, self.currency)
        chosen = [
            name for name in entry.options.get(CONF_FALLBACKS, able) if name in able
        ]
        self.client = PriceClient(
            build_sources(hass, entry.data, chosen), self.currency, clock
        )
        self._home = dt_util.get_default_time_zone()
        self._schedule = Schedule(self.client, random.random)
        self._store = price_store(hass, entry)
        self._costs = CostLedger()
        self._cost_store = cost_store(hass, entry)
        self._prices = PriceSeries()
        self._day: _Day | None = None
        self._fetched: datetime | None = None
        self._attribution: str | None = None
        self._missing_since: datetime | None = None
        self._reached = False
        self._next_fetch: datetime | None = None
        self._first = True
        self._complaints: frozenset[str] = frozenset()
        self._cancel_tick: CALLBACK_TYPE | None = None

    # What is known

    @property
    def prices(self) -> PriceSeries:
        """The market's prices per MWh."""
        return self._prices

    @prices.setter
    def prices(self, prices: PriceSeries) -> None:
        if prices == self._prices:
            return
        self._prices = prices
        self._day = None
        for name in ("total", "export", "_forecast"):
            self.__dict__.pop(name, None)

    @cached_property
    def total(self) -> PriceSeries:
        """What the user pays per MWh."""
        return self.preferences.tariff.applied(self._prices, self._home)

    @cached_property
    def export(self) -> PriceSeries:
        """What the user is paid per MWh."""
        return self.preferences.export.applied(self._prices, self._home)

    @override
    def known_prices(self, key: str) -> PriceSeries | None:
        match key:
            case "market_price":
                return self._prices
            case "total_price":
                return self.total
            case "export_price":
                return self.export
        return None

    @cached_property
    def _forecast(self) -> tuple[Mapping[str, Any], ...] | None:
        if not self.preferences.forecast:
            return None
        unit = self.preferences.unit
        return tuple(
            {
                "start_time": slot.start.astimezone(self._home).isoformat(),
                "end_time": slot.end.astimezone(self._home).isoformat(),
                "price": unit.shown(slot.price),
            }
            for slot in self.total
        )

    # Fetching

    @override
    async def _async_setup(self) -> None:
        await super()._async_setup()
        kept = await self._store.async_load() or {}
        if kept.get("currency") == self.currency:
            self.prices = self._pruned(
                unpacked(kept.get("slots", [])), self.clock.utcnow()
            )
            self._attribution = kept.get("attribution")
            self._fetched = _moment(kept.get("fetched"))
            self._missing_since = _moment(kept.get("missing_since"))
        await self._async_setup_costs()
        self.config_entry.async_on_unload(self._stop_ticking)

    @override
    async def async_read(self) -> Mapping[str, ZoneReading]:
        """Ask for what is due; what is known outlasts any failure."""
        now = self.clock.utcnow()
        at_leisure = self._first and self._prices.at(now) is not None
        self._first = False
        fetched: Fetched | None = None
        if not at_leisure and (errand := self._schedule.errand(self._prices, now)):
            fetched = await self._run(errand, now)
        now = self.clock.utcnow()
        self.prices = self._pruned(self._prices, now)
        self._report_missing(now)
        if fetched is not None and (not self._prices or self._prices[-1].end <= now):
            self._plan_tick(now)
            raise failure(fetched)
        pause = AT_LEISURE if at_leisure else self._schedule.pause(self._prices, now)
        self.update_interval = pause
        self._next_fetch = now + pause
        self._plan_tick(now)
        return {self.zone.code: self._reading(now)}

    @override
    def _retry_pause(self) -> float:
        """Return the seconds until the next attempt, which the market's clock sets."""
        return self._schedule.pause(self._prices, self.clock.utcnow()).total_seconds()

    async def async_fetch_now(self) -> bool:
        """Ask for the newest day that may be out; tell if news came."""
        now = self.clock.utcnow()
        days = delivery_day(now)
        if self._prices.covers(days.span) and is_published(now):
            days = delivery_day(now, 1)
        errand = Errand(days, patient=False, needed=False)
        fetched = await self._run(errand, now)
        self.tell()
        if fetched.errors and not fetched.news:
            raise failure(fetched)
        return fetched.news

    async def _run(self, errand: Errand, now: datetime) -> Fetched:
        """Ask for a day and take what comes."""
        fetched = await self.client.fetch(
            self._prices, errand.days, patient=errand.patient
        )
        self._complain(fetched)
        self.prices = fetched.series
        self._schedule.done(errand, self._prices, now)
        self._reached = fetched.news or not fetched.errors
        self.log.rejected_values += fetched.rejected
        if fetched.news:
            self._fetched = self.clock.utcnow()
            self._attribution = self._told_attribution()
            self._settle_costs()
            await async_import_history(self.hass, self)
        if errand.needed:
            self._note_missing(errand.days, now)
        self._save()
        return fetched

    def _complain(self, fetched: Fetched) -> None:
        """Log sources that fail, once, and that they are back, once."""
        for name, err in fetched.errors:
            self.log.failed(err)
            if isinstance(err, CredentialsRejected):
                self.config_entry.async_start_reauth(self.hass)
            if name not in self._complaints:
                LOGGER.info("%s: source %s fails: %s", self.name, name, err)
        failed = frozenset(name for name, _ in fetched.errors)
        for name in self._complaints - failed:
            if self.client.states[name].result == "ok":
                LOGGER.info("%s: source %s works again", self.name, name)
        self._complaints = failed | frozenset(
            name
            for name in self._complaints
            if self.client.states[name].result not in ("ok", "no_data")
        )

    def _told_attribution(self) -> str | None:
        """Return the licence of the price that is shown, or of the newest."""
        slot = self._prices.at(self.clock.utcnow()) or (
            self._prices[-1] if self._prices else None
        )
        state = None if slot is None else self.client.states.get(slot.source)
        if state is None or state.attribution is None:
            return self._attribution
        return state.attribution

    def _pruned(self, prices: PriceSeries, now: datetime) -> PriceSeries:
        """Return yesterday, today and tomorrow."""
        return prices.within(
            Span(delivery_day(now, -1).span.start, delivery_day(now, 1).span.end)
        )

    def _note_missing(self, days: Days, now: datetime) -> None:
        """Remember since when prices are missing that should be there."""
        if self._prices.covers(days.span):
            self._missing_since = None
        elif self._missing_since is None:
            self._missing_since = now

    def _report_missing(self, now: datetime) -> None:
        """Tell the user of a day without prices, and that it is over."""
        issue_id = f"prices_missing_{self.config_entry.entry_id}"
        since = self._missing_since
        if since is None:
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)
        elif now - since >= DAY_WITHOUT:
            ir.async_create_issue(
                self.hass,
                DOMAIN,
                issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key="prices_missing",
                translation_placeholders={"name": self.name},
            )

    def _save(self) -> None:
        save(
            self._store,
            {
                "currency": self.currency,
                "slots": packed(self._prices),
                "attribution": self._attribution,
                "fetched": self._fetched and self._fetched.isoformat(),
                "missing_since": self._missing_since
                and self._missing_since.isoformat(),
            },
        )

    # Telling

    @override
    def hub(self) -> SourcesReading:
        now = self._prices.at(self.clock.utcnow())
        reading = self.log.reading(
            SourcesReading,
            DeviceFacts(name=self.config_entry.title, model="EPEX", service=True),
            source=None if now is None else now.source,
            fetched=self._fetched,
            next_fetch=self._next_fetch,
            attribution=self._attribution,
            requests=self.client.requests,
        )
        return replace(
            reading,
            connected=self._reached or (self._first_pending and bool(self._prices)),
            last_success=self._fetched,
            polls=self.client.requests,
        )

    @property
    def _first_pending(self) -> bool:
        """Whether no source was asked yet."""
        return not self.client.requests

    @override
    def descriptions(
        self, reading: ZoneReading | HubReading
    ) -> Sequence[EntityDescription]:
        if isinstance(reading, HubReading):
            return SOURCES
        return zone_entities(
            self.preferences,
            self.currency,
            {
                meter: self._name_of(meter)
                for meter in (
                    *self.preferences.cost_import,
                    *self.preferences.cost_export,
                )
            },
        )

    @override
    def raw_answer(self) -> Any:
        return {
            "sources": {
                name: {
                    "result": state.result,
                    "asked": state.asked,
                    "requests": len(state.requests),
                    "rejected": state.rejected,
                }
                for name, state in self.client.states.items()
            },
            "slots": packed(self._prices),
        }

    def tell(self) -> None:
        """Show the present without asking anyone."""
        now = self.clock.utcnow()
        self._plan_tick(now)
        reading = self._reading(now)
        if self.data.get(self.zone.code) == reading:
            return
        self.data = {
            **self.data,
            HUB: self.hub(),
            self.zone.code: reading,
        }
        self.async_update_listeners()

    def _today(self, now: datetime) -> _Day:
        """Return what holds today, reckoned anew after midnight and with new prices."""
        dates = (
            now.astimezone(self.zone.clock).date(),
            now.astimezone(MARKET_TIME).date(),
            now.astimezone(self._home).date(),
        )
        if self._day is None or self._day.dates != dates:
            self._day = self._reckoned(dates)
        return self._day

    def _reckoned(self, dates: tuple[date, date, date]) -> _Day:
        day, market_day, home_day = dates
        one = timedelta(days=1)
        spans = [local_day(day + n * one, self.zone.clock) for n in (0, 1)]
        today, tomorrow = (self._prices.within(span) for span in spans)
        volumes = [slot.volume for slot in today if slot.volume is not None]
        periods = tuple(
            self.preferences.cheap.windows(
                self.total, (home_day + n * one for n in (-1, 0, 1)), self._home
            )
        )
        windows = tuple(window for _, window in periods if isinstance(window, Window))
        edges = {
            *(edge for span in spans for edge in span),
            local_day(home_day, self._home).end,
            local_day(market_day, MARKET_TIME).end,
            *(edge for period, _ in periods for edge in period),
            *(edge for window in windows for run in window.runs for edge in run),
        }
        for series in {
            id(s): s for s in (self._prices, self.total, self.export)
        }.values():
            for slot in series:
                edges |= {slot.start, slot.end}
        return _Day(
            dates=dates,
            today=statistics(today) if today.covers(spans[0]) else None,
            tomorrow=statistics(tomorrow) if tomorrow.covers(spans[1]) else None,
            tomorrow_available=self._prices.covers(
                local_day(market_day + one, MARKET_TIME)
            ),
            ranked=sorted(slot.price for slot in today),
            volume=round(sum(volumes), 3) if volumes else None,
            periods=periods,
            windows=windows,
            charted=self.total.within(Span(spans[0].start, spans[1].end)),
            shaded=tuple(w for w in windows if w.end > spans[0].start),
            edges=sorted(edges),
        )

    def _reading(self, now: datetime) -> ZoneReading:
        """Return all that there is to show now."""
        day = self._today(now)
        market = self._prices.at(now)
        stats = day.today
        unit = self.preferences.unit
        total = self.total.at(now)
        known = None if market is None or stats is None else market.price
        return ZoneReading(
            facts=DeviceFacts(
                name=self.zone.name,
                model=self.zone.code,
                service=True,
            ),
            market=market,
            total=total,
            export=self.export.at(now),
            next_market=_next(self._prices, now),
            next_total=_next(self.total, now),
            today=stats,
            tomorrow=day.tomorrow,
            rank=None if known is None else bisect_left(day.ranked, known),
            quantile=None
            if known is None or stats is None
            else round(stats.quantile(known), 4),
            below_average=None
            if known is None or stats is None
            else known < stats.average,
            tomorrow_available=day.tomorrow_available,
            cheap=self._is_cheap(day, now),
            windows=day.windows,
            volume_total=day.volume,
            picture=Picture(
                series=day.charted,
                now=total,
                cheap=day.shaded,
                clock=str(self._home),
                unit=unit.name,
                scale=unit.scale,
            ),
            costs=self._cost_values(),
            forecast=self._forecast,
            attribution=self._attribution,
        )

    @staticmethod
    def _is_cheap(day: _Day, now: datetime) -> bool | None:
        """Tell whether now is in a cheap window; unknown if there may be one."""
        unknown = False
        for period, window in day.periods:
            if isinstance(window, Window):
                if any(run.has(now) for run in window.runs):
                    return True
            elif window is Obstacle.DATA_MISSING and period.has(now):
                unknown = True
        return None if unknown else False

    def _plan_tick(self, now: datetime) -> None:
        """Set the timer for the next moment at which anything changes."""
        if self._cancel_tick is not None:
            self._cancel_tick()
        self._cancel_tick = async_track_point_in_utc_time(
            self.hass, self._tick, self._next_edge(now)
        )

    def _next_edge(self, now: datetime) -> datetime:
        """Return when anything changes next; at midnight something does."""
        edges = self._today(now).edges
        return edges[bisect_right(edges, now)]

    @callback
    def _tick(self, _: datetime) -> None:
        self._settle_costs()
        self.tell()

    def _stop_ticking(self) -> None:
        if self._cancel_tick is not None:
            self._cancel_tick()
            self._cancel_tick = None

    # Costs

    async def _async_setup_costs(self) -> None:
        """Take up the costs and follow the meters."""
        chosen = self.preferences
        self._meters = {
            **dict.fromkeys(chosen.cost_import, "import"),
            **dict.fromkeys(chosen.cost_export, "export"),
        }
        if not self._meters:
            return
        kept = await self._cost_store.async_load() or {}
        try:
            self._costs.restore(kept)
        except KeyError, TypeError, ValueError, AttributeError:
            LOGGER.error("Costs of %s on disk are unreadable and begin anew", self.name)
            self._costs = CostLedger()
        for meter in self._meters:
            self._record(meter, self.hass.states.get(meter))
        self.config_entry.async_on_unload(
            async_track_state_change_event(
                self.hass, list(self._meters), self._on_meter
            )
        )

    _meters: Mapping[str, str] = {}

    @callback
    def _on_meter(self, event: Event[EventStateChangedData]) -> None:
        meter = event.data["entity_id"]
        if self._record(meter, event.data["new_state"]):
            self._settle_costs()
            if self.data.get(self.zone.code) is not None:
                self.tell()

    def _record(self, meter: str, state: State | None) -> bool:
        """Take a meter's state; tell if it was a reading."""
        if state is None:
            return False
        try:
            energy = EnergyConverter.convert(
                float(state.state),
                state.attributes.get(ATTR_UNIT_OF_MEASUREMENT),
                UnitOfEnergy.KILO_WATT_HOUR,
            )
        except Exception:  # noqa: BLE001
            # Unknown, unavailable, no number, or no unit of energy
            return False
        self._costs.record(meter, energy, state.last_updated)
        return True

    def _settle_costs(self) -> None:
        for meter, direction in self._meters.items():
            self._costs.settle(
                meter, self.total if direction == "import" else self.export
            )
        if self._meters:
            save(self._cost_store, self._costs.snapshot())

    def _cost_values(self) -> Mapping[str, float | None]:
        values = {}
        for meter in self._meters:
            cost = self._costs.cost(meter)
            values[meter] = None if cost is None else round(cost, 6)
        return values

    def _name_of(self, meter: str) -> str:
        """Return what the user calls a meter."""
        if (state := self.hass.states.get(meter)) is not None:
            return state.name
        entry = er.async_get(self.hass).async_get(meter)
        name = None if entry is None else entry.name or entry.original_name
        return name or meter


def _next(series: PriceSeries, now: datetime) -> Slot | None:
    """Return the slot that follows the present one."""
    slot = series.at(now)
    return series.after(now) if slot is None else series.at(slot.end)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
