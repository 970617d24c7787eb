"""Ride-through of batteries: estimates now, and experience kept on disk."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN, LOGGER
from .stewardship.ride_through import (
    EFFICIENCY,
    EXPONENT,
    SCALE,
    Battery,
    Discharge,
    Estimate,
    Experience,
    Sample,
    Smoothed,
    State,
    current,
    estimate,
    sustainable_power,
)

CONF_CAPACITY: Final = "battery_capacity"
CONF_NOMINAL_VOLTAGE: Final = "battery_nominal_voltage"
CONF_EFFICIENCY: Final = "inverter_efficiency"
CONF_EXPONENT: Final = "peukert_exponent"
CONF_AGE: Final = "battery_age"

_VERSION: Final = 1

type _Stored = dict[str, dict[str, float]]


class BatteryExperience:
    """What discharges taught of an entry's batteries, by device, kept on disk."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Know nothing yet."""
        self._store = _store(hass, entry)
        self._known: dict[str, Experience] = {}

    async def async_load(self) -> None:
        """Take up what earlier runs learnt."""
        stored = await self._store.async_load() or {}
        for device, values in stored.items():
            try:
                self._known[device] = _experience(values)
            except TypeError, ValueError:
                LOGGER.error("Experience with the battery of %s is unreadable", device)

    def of(self, device: str) -> Experience:
        """Return what is known of a device's battery."""
        return self._known.get(device, Experience())

    async def async_keep(self, device: str, experience: Experience) -> None:
        """Keep what is known by now of a device's battery."""
        if experience != self.of(device):
            self._known[device] = experience
            await self._store.async_save(
                {key: asdict(known) for key, known in self._known.items()}
            )


class RideThrough:
    """One battery: watched at every reading, and asked how long it lasts."""

    def __init__(
        self, device: str, options: Mapping[str, Any], experience: BatteryExperience
    ) -> None:
        """Take the device's key and the options that describe its battery."""
        self._device = device
        self._all_experience = experience
        self._described_voltage = options.get(CONF_NOMINAL_VOLTAGE)
        self.battery = Battery(
            capacity=options.get(CONF_CAPACITY, SCALE),
            described=CONF_CAPACITY in options,
            efficiency=options.get(CONF_EFFICIENCY, EFFICIENCY),
            exponent=options.get(CONF_EXPONENT, EXPONENT),
            age=options.get(CONF_AGE, 0.0),
        )
        self._load = Smoothed()
        self._discharge: Discharge | None = None
        self._state: State | None = None

    @property
    def experience(self) -> Experience:
        """Return what earlier discharges taught of the battery that is described."""
        described = self.battery.capacity if self.battery.described else 0.0
        known = self._all_experience.of(self._device)
        if known.described_capacity == described:
            return known
        return Experience(described_capacity=described)

    @property
    def _present_experience(self) -> Experience:
        """Return the same with what a discharge that goes on has taught so far."""
        known = self.experience
        return known if self._discharge is None else self._discharge.learn(known)

    async def async_observe(
        self,
        time: float,
        state: State | None,
        power: float | None,
        nominal_voltage: float | None,
        *,
        discharging: bool | None,
    ) -> Estimate | None:
        """Take a reading; return how long the battery carries the load from now on.

        The end of a discharge is when it teaches; while it is not known whether the
        battery delivers, nothing begins or ends.
        """
        if (volts := self._described_voltage or nominal_voltage) is not None:
            if volts != self.battery.nominal_voltage:
                self.battery = replace(self.battery, nominal_voltage=volts)
        self._state = state
        if discharging and state is not None and power is not None:
            self._record(time, state, power)
        elif discharging is False and self._discharge is not None:
            discharge, self._discharge = self._discharge, None
            await self._all_experience.async_keep(
                self._device, discharge.learn(self.experience)
            )
        if power is None:
            return None
        return self.minutes(self._load.add(time, power))

    def minutes(self, power: float) -> Estimate | None:
        """Return how long the battery carries a load, as things are now."""
        if self._state is None:
            return None
        return estimate(self.battery, self._present_experience, self._state, power)

    def other_minutes(self, power: float) -> Estimate | None:
        """Return how long the battery would carry another load than the present."""
        if self._state is None:
            return None
        state = replace(self._state, current=None)
        return estimate(self.battery, self._present_experience, state, power)

    def power(self, minutes: float) -> float | None:
        """Return the load that the battery carries for so long, as things are now."""
        if self._state is None:
            return None
        return sustainable_power(
            self.battery, self._present_experience, self._state, minutes
        )

    def _record(self, time: float, state: State, power: float) -> None:
        if state.voltage is None:
            return
        if self._discharge is None:
            self._discharge = Discharge(self.battery, state.temperature)
        self._discharge.add(
            Sample(
                time, current(self.battery, state, power), state.voltage, state.charge
            )
        )


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget what was learnt of a removed entry's batteries."""
    await _store(hass, entry).async_remove()


def _store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[_Stored]:
    return Store(hass, _VERSION, f"{DOMAIN}.{entry.entry_id}.battery")


def _experience(values: Mapping[str, Any]) -> Experience:
    """Return an experience from disk; raise for what was not written by us."""
    names = {field.name for field in fields(Experience)}
    if values.keys() != names or not all(
        isinstance(value, int | float) and value >= 0 for value in values.values()
    ):
        raise ValueError("not an experience")
    return Experience(**values)
