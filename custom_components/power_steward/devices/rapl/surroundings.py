"""What the caps depend on, as Home Assistant's entities tell it: prices and batteries."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
import math
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    UnitOfTime,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import DurationConverter

from ...const import DOMAIN
from ...coordinator import PollingCoordinator, StewardConfigEntry
from ...stewardship.capping import Mode, Situation
from ...stewardship.market import Market
from ...stewardship.price_series import PriceSeries, Slot
from ...stewardship.shedding import Supply
from ..clock import Clock
from ..errors import AnswerNotUnderstood
from ..price_lists import listed, unit_of
from .const import (
    CONF_BATTERY_SENSORS,
    CONF_PRICE_ENTITY,
    CONF_REMAINING_TIME,
    SECTION_BATTERY,
    SECTION_PRICES,
)

CURRENT_PRICE_HOLDS: Final = timedelta(hours=1)
_UNIT: Final = "unit_of_measurement"
_DIGITS: Final = 6


class Surroundings:
    """Reads the entities that the user chose."""

    def __init__(
        self, hass: HomeAssistant, options: Mapping[str, Any], clock: Clock
    ) -> None:
        """Take the entities out of an entry's options."""
        battery = options.get(SECTION_BATTERY, {})
        self.price_entity: str | None = options.get(SECTION_PRICES, {}).get(
            CONF_PRICE_ENTITY
        )
        self._hass = hass
        self._clock = clock
        self._battery_sensors: list[str] = battery.get(CONF_BATTERY_SENSORS, [])
        self._remaining_time: str | None = battery.get(CONF_REMAINING_TIME)
        self._market: tuple[State | PriceSeries, Mode, Market | None] | None = None

    @property
    def follows_battery(self) -> bool:
        """Whether there are batteries to follow."""
        return bool(self._battery_sensors)

    def situation(self, mode: Mode) -> Situation:
        """Return what a decision rests on now."""
        supply = self._supply()
        remaining = self._remaining()
        if remaining is None and supply is not None:
            remaining = supply.remaining
        return Situation(
            self._clock.utcnow(),
            self._clock.monotonic(),
            self.market(mode),
            self._on_battery(),
            remaining,
            supply,
        )

    def market(self, mode: Mode) -> Market | None:
        """Return what the price entity tells, read anew only when it changed."""
        scale = self._per_mwh()
        if scale is not None and (own := self._own_prices()):
            return self._read(own, mode, lambda: _scaled(own, 1 / scale))
        if (state := self._price_state()) is not None:
            return self._read(state, mode, lambda: _prices(state, mode))
        # What it said before holds: prices that are known stay known.
        return None if self._market is None else self._market[2]

    def _read(
        self, source: State | PriceSeries, mode: Mode, read: Callable[[], PriceSeries]
    ) -> Market | None:
        if self._market is None or self._market[:2] != (source, mode):
            series = read()
            zone = dt_util.get_default_time_zone()
            self._market = (source, mode, Market(series, zone) if series else None)
        return self._market[2]

    def price_per_mwh(self, slot: Slot) -> float | None:
        """Return a slot's price per MWh, if the unit of the price is known."""
        scale = self._per_mwh()
        return None if scale is None else slot.price * scale

    def follow(self, decide: Callable[[], None]) -> CALLBACK_TYPE:
        """Have it decided anew when mains is lost or prices change."""

        @callback
        def react(event: Event[EventStateChangedData]) -> None:
            old, new = event.data["old_state"], event.data["new_state"]
            if (
                event.data["entity_id"] in self._battery_sensors
                and old is not None
                and new is not None
                and old.state == new.state
            ):
                return
            decide()

        prices = [] if self.price_entity is None else [self.price_entity]
        return async_track_state_change_event(
            self._hass, [*self._battery_sensors, *prices], react
        )

    def _price_state(self) -> State | None:
        if self.price_entity is None:
            return None
        state = self._hass.states.get(self.price_entity)
        return None if state is None or state.state == STATE_UNAVAILABLE else state

    def _own_prices(self) -> PriceSeries | None:
        """Return all prices behind an entity of ours, also those that it does not list."""
        if self.price_entity is None:
            return None
        own = self._own(self.price_entity)
        return own and own[0].known_prices(own[1].translation_key or "")

    def _supply(self) -> Supply | None:
        """Return the battery of the first device of ours that tells of one."""
        for sensor in self._battery_sensors:
            if (own := self._own(sensor)) is not None:
                coordinator, entity = own
                if (supply := coordinator.supply(entity.device_id)) is not None:
                    return supply
        return None

    def _own(
        self, entity_id: str
    ) -> tuple[PollingCoordinator[Any], er.RegistryEntry] | None:
        """Return what is behind an entity of ours."""
        entity = er.async_get(self._hass).async_get(entity_id)
        if (
            entity is None
            or entity.platform != DOMAIN
            or entity.config_entry_id is None
        ):
            return None
        entry: StewardConfigEntry | None = self._hass.config_entries.async_get_entry(
            entity.config_entry_id
        )
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return None
        return entry.runtime_data, entity

    def _per_mwh(self) -> float | None:
        """Return what makes the entity's prices prices per MWh."""
        if self.price_entity is None:
            return None
        # Also of an entity that is unavailable, for its prices may be known.
        state = self._hass.states.get(self.price_entity)
        try:
            return unit_of(state and state.attributes.get(_UNIT))[1]
        except AnswerNotUnderstood:
            return None

    def _on_battery(self) -> bool | None:
        """Return whether any sensor says so; ``None`` if it may be."""
        told = [self._hass.states.get(sensor) for sensor in self._battery_sensors]
        if any(state is not None and state.state == STATE_ON for state in told):
            return True
        if all(state is not None and state.state == STATE_OFF for state in told):
            return False
        return None

    def _remaining(self) -> float | None:
        """Return the seconds that the battery lasts, if the sensor tells."""
        if self._remaining_time is None:
            return None
        state = self._hass.states.get(self._remaining_time)
        if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return None
        unit = state.attributes.get(_UNIT)
        try:
            return DurationConverter.convert(
                float(state.state), unit, UnitOfTime.SECONDS
            )
        except ValueError, HomeAssistantError:
            return None


def _prices(state: State, mode: Mode) -> PriceSeries:
    """Return the prices of a state: its lists or, where that is enough, what it shows."""
    try:
        return listed(state.attributes).series
    except AnswerNotUnderstood:
        return PriceSeries(_current(state) if mode is Mode.PRICE_THRESHOLD else ())


def _scaled(series: PriceSeries, scale: float) -> PriceSeries:
    return PriceSeries(
        replace(slot, price=round(slot.price * scale, _DIGITS)) for slot in series
    )


def _current(state: State) -> list[Slot]:
    """Return the price that an entity without a list shows, for a while."""
    try:
        price = float(state.state)
    except ValueError:
        return []
    if not math.isfinite(price):
        return []
    start = state.last_reported
    return [Slot(start - CURRENT_PRICE_HOLDS, start + CURRENT_PRICE_HOLDS, price)]
