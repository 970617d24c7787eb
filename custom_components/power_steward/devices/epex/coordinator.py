"""Fetches a zone's prices by the market's clock, and tells them by the slot's."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
import random
from typing import Any, Final, override

from homeassistant.const import CONF_TOKEN
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ...const import DOMAIN, LOGGER
from ...coordinator import PollingCoordinator, StewardConfigEntry
from ...stewardship.price_series import PriceSeries, Span
from ..clock import SYSTEM_CLOCK, Clock
from ..errors import CredentialsRejected
from ..readings import HUB, DeviceFacts, HubReading
from .build import build_sources
from .client import Fetched, PriceClient, failure
from .const import CONF_CURRENCY, CONF_FALLBACKS, CONF_SOURCE, CONF_ZONE, stand_ins
from .costs import Costs
from .entities import PLATFORMS, SOURCES, zone_entities
from .history import async_import_history
from .models import SourcesReading, ZoneReading
from .outlook import Outlook
from .preferences import preferences
from .schedule import Errand, Schedule, is_published
from .store import PRICES, Kept, async_remove, packed, unpacked
from .zones import ZONES, Days, delivery_day

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
        self.outlook = Outlook(
            self.zone, self.preferences, dt_util.get_default_time_zone()
        )
        self._kept = Kept(hass, entry, PRICES, self._content)
        self._costs = Costs(hass, entry, self.preferences, self._on_meter)
        self._schedule = Schedule(
            self.client, random.random, lambda: self._costs.waiting_since
        )
        self._fetched: datetime | None = None
        self._attribution: str | None = None
        self._missing_since: datetime | None = None
        self._reached = False
        self._next_fetch: datetime | None = None
        self._first = True
        self._complaints: frozenset[str] = frozenset()
        self._cancel_tick: CALLBACK_TYPE | None = None
        self._closed = False
        self._pricing: asyncio.Handle | None = None

    @override
    def known_prices(self, key: str) -> PriceSeries | None:
        outlook = self.outlook
        match key:
            case "market_price":
                return outlook.prices
            case "total_price":
                return outlook.total
            case "export_price":
                return outlook.export
        return None

    # Fetching

    @override
    async def _async_setup(self) -> None:
        await super()._async_setup()
        kept = await self._kept.async_load()
        if kept.get("currency") == self.currency:
            self.outlook.prices = self._pruned(
                unpacked(kept.get("slots", [])), self.clock.utcnow()
            )
            self._attribution = kept.get("attribution")
            self._fetched = _moment(kept.get("fetched"))
            self._missing_since = _moment(kept.get("missing_since"))
        await self._costs.async_setup()
        self._price_energy()
        self.config_entry.async_on_unload(self._stop_ticking)

    @override
    async def async_read(self) -> Mapping[str, ZoneReading]:
        """Ask for what is due; what is known outlasts any failure."""
        now = self.clock.utcnow()
        at_leisure = self._first and self.outlook.prices.at(now) is not None
        self._first = False
        fetched: Fetched | None = None
        if not at_leisure and (
            errand := self._schedule.errand(self.outlook.prices, now)
        ):
            fetched = await self._run(errand, now)
        now = self.clock.utcnow()
        self.outlook.prices = self._pruned(self.outlook.prices, now)
        self._report_missing(now)
        if fetched is not None and (
            not self.outlook.prices or self.outlook.prices[-1].end <= now
        ):
            self._plan_tick(now)
            raise failure(fetched)
        pause = (
            AT_LEISURE if at_leisure else self._schedule.pause(self.outlook.prices, now)
        )
        self.update_interval = pause
        self._next_fetch = now + pause
        self._plan_tick(now)
        return {self.zone.code: self._reading(now)}

    @override
    def _retry_pause(self) -> float:
        """Return the seconds until the next attempt, which the market's clock sets."""
        return self._schedule.pause(
            self.outlook.prices, self.clock.utcnow()
        ).total_seconds()

    async def async_fetch_now(self) -> bool:
        """Ask for the newest day that may be out; tell if news came."""
        now = self.clock.utcnow()
        days = delivery_day(now)
        if self.outlook.prices.covers(days.span) and is_published(now):
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
            self.outlook.prices, errand.days, patient=errand.patient
        )
        self._complain(fetched)
        self.outlook.prices = fetched.series
        self._schedule.done(errand, self.outlook.prices, now)
        self._reached = fetched.news or not fetched.errors
        self.log.rejected_values += fetched.rejected
        if fetched.news:
            self._fetched = self.clock.utcnow()
            self._attribution = self._told_attribution()
            self._price_energy()
            await async_import_history(self.hass, self)
        if errand.needed:
            self._note_missing(errand.days, now)
        self._kept.changed()
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
        slot = self.outlook.prices.at(self.clock.utcnow()) or (
            self.outlook.prices[-1] if self.outlook.prices else None
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
        if self.outlook.prices.covers(days.span):
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

    def _content(self) -> dict[str, Any]:
        return {
            "currency": self.currency,
            "slots": packed(self.outlook.prices),
            "attribution": self._attribution,
            "fetched": self._fetched and self._fetched.isoformat(),
            "missing_since": self._missing_since and self._missing_since.isoformat(),
        }

    def _price_energy(self) -> None:
        """Let costs follow from the newest prices; none before yesterday changes."""
        outlook = self.outlook
        final = delivery_day(self.clock.utcnow(), -1).span.start
        self._costs.correct(outlook.prices, outlook.total, outlook.export, final)

    @callback
    def _on_meter(self) -> None:
        """Price what meters have counted, once for all that tell at the same time."""
        if self._pricing is None:
            self._pricing = self.hass.loop.call_soon(self._price_counted)

    @callback
    def _price_counted(self) -> None:
        """Price and show what meters have counted."""
        self._pricing = None
        outlook = self.outlook
        self._costs.settle(outlook.prices, outlook.total, outlook.export)
        if self.data:
            self.tell()

    # Telling

    @override
    def hub(self) -> SourcesReading:
        now = self.outlook.prices.at(self.clock.utcnow())
        reading = self.log.reading(
            SourcesReading,
            DeviceFacts(name=self.config_entry.title, model="EPEX", service=True),
            source=None if now is None else now.source,
            fetched=self._fetched,
            next_fetch=self._next_fetch,
            attribution=self._attribution,
            requests=self.client.requests,
        )
        unasked = not self.client.requests
        return replace(
            reading,
            connected=self._reached or (unasked and bool(self.outlook.prices)),
            last_success=self._fetched,
            polls=self.client.requests,
        )

    @override
    def descriptions(
        self, reading: ZoneReading | HubReading
    ) -> Sequence[EntityDescription]:
        if isinstance(reading, HubReading):
            return SOURCES
        return self._zone_entities

    @cached_property
    def _zone_entities(self) -> Sequence[EntityDescription]:
        return zone_entities(
            self.preferences,
            self.currency,
            {meter: self._name_of(meter) for meter in self._costs.meters},
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
            "slots": packed(self.outlook.prices),
        }

    def tell(self) -> None:
        """Show the present without asking anyone."""
        now = self.clock.utcnow()
        self._plan_tick(now)
        reading = self._reading(now)
        if self.data.get(self.zone.code) == reading:
            return
        self.data = {**self.data, HUB: self.hub(), self.zone.code: reading}
        self.async_update_listeners()

    def _reading(self, now: datetime) -> ZoneReading:
        return self.outlook.reading(now, self._costs.values(), self._attribution)

    def _plan_tick(self, now: datetime) -> None:
        """Set the timer for the next moment at which anything changes."""
        if self._cancel_tick is not None:
            self._cancel_tick()
        if self._closed:
            return
        self._cancel_tick = async_track_point_in_utc_time(
            self.hass, self._tick, self.outlook.next_edge(now)
        )

    @callback
    def _tick(self, _: datetime) -> None:
        self.tell()

    def _stop_ticking(self) -> None:
        self._closed = True  # a last request may still be under way
        if self._cancel_tick is not None:
            self._cancel_tick()
            self._cancel_tick = None
        if self._pricing is not None:
            self._pricing.cancel()
            self._pricing = None

    def _name_of(self, meter: str) -> str:
        """Return what the user calls a meter."""
        if (state := self.hass.states.get(meter)) is not None:
            return state.name
        entry = er.async_get(self.hass).async_get(meter)
        name = None if entry is None else entry.name or entry.original_name
        return name or meter


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
