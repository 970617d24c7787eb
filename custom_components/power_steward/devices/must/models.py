"""What a MUST UPS tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ...stewardship.ride_through import Estimate, Experience
from ..readings import DeviceReading
from .registers import BY_KEY, EP2000, Family

type Value = float | int | str | bool | None

MAINS_PRESENT: Final = 50.0
"""Volts from which the maker's own program takes an input or output as live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MustReading(DeviceReading):
    """One UPS: V, A, Hz, W, VA, %, °C, kWh, minutes; by the keys of its registers."""

    family_key: str = EP2000.key
    values: Mapping[str, Value] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    """Names of the faults that are reported, as far as they have one."""
    alarms: tuple[str, ...] = ()
    alarm_count: int | None = None
    fault_codes: tuple[int, ...] = ()
    """The fault numbers, or the words of bits, as sent."""

    input_low: bool | None = None
    battery_low: bool | None = None
    temperature_high: bool | None = None
    load_high: bool | None = None
    """What the user's thresholds make of the values."""
    remaining: Estimate | None = None
    """How long the battery would carry the load from now on."""
    experience: Experience | None = None
    """What discharges taught of the battery, if the UPS tells its charge."""

    @property
    def family(self) -> Family:
        """Return whose map the values were read by."""
        return BY_KEY[self.family_key]

    def number(self, key: str) -> float | None:
        """Return a measurement."""
        value = self.values.get(key)
        return value if isinstance(value, int | float) else None

    @property
    def mode(self) -> str | None:
        """The operating mode, ``None`` for a state whose meaning is unknown."""
        code = self.values.get("work_state_code")
        return self.family.states.get(code) if isinstance(code, int) else None

    @property
    def mains(self) -> bool | None:
        """Whether there is mains at the input."""
        volts = self.number("input_voltage")
        return None if volts is None else volts >= MAINS_PRESENT

    @property
    def output_on(self) -> bool | None:
        """Whether the output is live."""
        volts = self.number("output_voltage")
        return None if volts is None else volts >= MAINS_PRESENT

    @property
    def on_battery(self) -> bool | None:
        """Whether the battery carries the load because mains is lost.

        The state decides; a state that the input voltage contradicts, as while the
        two change, decides nothing. While the UPS starts or is off, neither does it.
        """
        match self.mode:
            case "battery":
                return True
            case "off_grid":
                # An inverter may leave the grid by choice, with mains present.
                return None if self.mains is None else not self.mains
            case "line" | "charging" | "standby" | "bypass" | "grid_tie":
                return False if self.mains else None
            case None if self.output_on and self.mains is not None:
                return not self.mains
        return None

    @property
    def charging(self) -> bool | None:
        """Whether the battery is being charged from mains."""
        current, charger = self.number("battery_current"), self.values.get("charger_on")
        if charger is None or current is None:
            return None
        return bool(charger) and current > 0

    @property
    def charge_stage(self) -> str | None:
        """The stage of charging; the register has a meaning only while it charges."""
        charger = self.values.get("charger_on")
        if charger is None:
            return None
        stage = self.values.get("charge_stage")
        return (stage if isinstance(stage, str) else None) if charger else "none"

    @property
    def avr(self) -> str | None:
        """What the voltage regulator does; on battery the register means nothing."""
        avr = self.values.get("avr")
        return avr if isinstance(avr, str) and self.on_battery is False else None

    @property
    def overload(self) -> bool | None:
        """Whether the UPS itself calls the load too much."""
        state = self.values.get("load_state")
        if isinstance(state, str):
            return state == "overload" or "overload" in self.alarms
        return "overload" in self.alarms if self.alarm_count is not None else None

    @property
    def fault(self) -> bool | None:
        """Whether the UPS reports a fault."""
        return any(self.fault_codes) if self.fault_codes else None

    @property
    def alarm(self) -> bool | None:
        """Whether the UPS reports a fault or an alarm."""
        if self.fault or self.alarm_count:
            return True
        return None if self.fault is None or self.alarm_count is None else False

    @property
    def floating(self) -> bool:
        """Whether the charger only keeps the battery full."""
        return self.charge_stage == "float"

    @property
    def signed_current(self) -> float | None:
        """The battery's current, positive while it charges, where the sign is known."""
        return self.number("battery_current") if "charger_on" in self.values else None

    @property
    def charge_power(self) -> float | None:
        """Watts that go into the battery."""
        power = self._battery_power
        return None if power is None else max(power, 0.0)

    @property
    def discharge_power(self) -> float | None:
        """Watts that come out of the battery."""
        power = self._battery_power
        return None if power is None else max(-power, 0.0)

    @property
    def _battery_power(self) -> float | None:
        current, volts = self.signed_current, self.number("battery_voltage")
        return None if current is None or volts is None else current * volts
