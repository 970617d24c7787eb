"""Follows the meters whose energy has a cost, and keeps the costs on disk."""

from collections.abc import Callable, Mapping
from datetime import datetime
import math
from typing import Any, Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import (
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.util.unit_conversion import EnergyConverter

from ...const import LOGGER
from ...coordinator import StewardConfigEntry
from ...stewardship.cost_ledger import CostLedger
from ...stewardship.price_series import PriceSeries
from ..readings import PeriodTotal
from .const import CONF_CURRENCY
from .preferences import Preferences
from .store import COSTS, Kept

_DIGITS: Final = 6


class Costs:
    """What the energy of an entry's meters costs."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StewardConfigEntry,
        preferences: Preferences,
        on_reading: Callable[[], None],
    ) -> None:
        """Take the meters and whom to tell that one has counted."""
        self._hass = hass
        self._entry = entry
        self._import = preferences.cost_import
        self._export = preferences.cost_export
        self._on_reading = on_reading
        self._ledger = CostLedger()
        self._kept = Kept(hass, entry, COSTS, self._content)

    @property
    def meters(self) -> tuple[str, ...]:
        """The energy sensors that are followed."""
        return (*self._import, *self._export)

    async def async_setup(self) -> None:
        """Take up the costs and follow the meters."""
        meters = self.meters
        if not meters:
            return
        self._restore(await self._kept.async_load())
        for meter in meters:
            if (state := self._hass.states.get(meter)) is not None:
                self._record(state, state.last_reported)
        self._entry.async_on_unload(
            async_track_state_change_event(self._hass, meters, self._on_changed)
        )
        self._entry.async_on_unload(
            async_track_state_report_event(self._hass, meters, self._on_reported)
        )

    def _restore(self, kept: Mapping[str, Any]) -> None:
        """Go on with the costs of the meters that are followed still."""
        currency = self._entry.data[CONF_CURRENCY]
        if kept.get(CONF_CURRENCY, currency) != currency:
            LOGGER.warning("Costs of %s begin anew in %s", self._entry.title, currency)
            return
        try:
            costs = kept.get("meters", {})
            self._ledger.restore({m: costs[m] for m in self.meters if m in costs})
        except KeyError, TypeError, ValueError:
            LOGGER.error(
                "Costs of %s on disk are unreadable and begin anew", self._entry.title
            )

    @callback
    def _on_changed(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and self._record(state, state.last_updated):
            self._on_reading()

    @callback
    def _on_reported(self, event: Event[EventStateReportedData]) -> None:
        """Take note that a meter stands still: what comes next was used after this."""
        self._record(event.data["new_state"], event.data["last_reported"])

    def _record(self, state: State, at: datetime) -> bool:
        """Take a meter's state; tell if it was a reading."""
        try:
            energy = EnergyConverter.convert(
                float(state.state),
                state.attributes.get(ATTR_UNIT_OF_MEASUREMENT),
                UnitOfEnergy.KILO_WATT_HOUR,
            )
        except ValueError, HomeAssistantError:
            # Unknown, unavailable, no number, or no unit of energy
            return False
        if not math.isfinite(energy):
            return False
        self._ledger.record(state.entity_id, energy, at)
        self._kept.changed()
        return True

    def settle(
        self, market: PriceSeries, total: PriceSeries, export: PriceSeries
    ) -> None:
        """Price the energy of which the price is known now."""
        for meter, paid in self._paid(total, export):
            self._ledger.settle(meter, market, paid)

    def correct(
        self,
        market: PriceSeries,
        total: PriceSeries,
        export: PriceSeries,
        final: datetime,
    ) -> None:
        """Take new prices: late ones, and others than before; some are final."""
        for meter, paid in self._paid(total, export):
            self._ledger.correct(meter, market, paid, final)
            self._ledger.settle(meter, market, paid)
        if self.meters:
            self._kept.changed()

    def _paid(
        self, total: PriceSeries, export: PriceSeries
    ) -> list[tuple[str, PriceSeries]]:
        return [
            *((meter, total) for meter in self._import),
            *((meter, export) for meter in self._export),
        ]

    @property
    def waiting_since(self) -> datetime | None:
        """From when on energy waits for its price."""
        return self._ledger.waiting_since

    def values(self) -> Mapping[str, PeriodTotal | None]:
        """Return the costs by meter, ``None`` before its first reading."""
        values = {}
        for meter in self.meters:
            cost = self._ledger.cost(meter)
            values[meter] = cost and PeriodTotal(round(cost.value, _DIGITS), cost.since)
        return values

    def _content(self) -> dict[str, Any]:
        return {
            CONF_CURRENCY: self._entry.data[CONF_CURRENCY],
            "meters": self._ledger.snapshot(),
        }
