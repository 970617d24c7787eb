"""What a WinPower G2 server tells (WinPower protocol, sections 2 to 4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from ..readings import DeviceReading, HubReading

MODES: Final = {
    "0": "powering_on",
    "1": "standby",
    "2": "bypass",
    "3": "line",
    "4": "battery",
    "5": "battery_test",
    "6": "fault",
}
STATUSES: Final = {"1": "normal", "2": "alarm"}
BATTERY_STATUSES: Final = {"2": "normal"}
"""Codes with a documented meaning (section 4); the meaning of others is unknown."""


class Phases(NamedTuple):
    """A quantity by phase; ``None`` for a phase that was not reported."""

    l1: float | None
    l2: float | None
    l3: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsReading(DeviceReading):
    """One UPS (section 3.4): V, A, Hz, W, VA, %, °C, s, days; codes as sent."""

    id: str
    created: str | None
    connected: bool | None

    input_voltage: Phases
    input_frequency: float | None
    output_voltage: Phases
    output_current: Phases
    output_frequency: float | None
    load: float | None
    load_power: float | None
    load_power_phase: Phases
    load_apparent_power: float | None
    load_apparent_power_phase: Phases
    battery_voltage: float | None
    battery_voltage_negative: float | None
    battery_charge: float | None
    remaining_time: float | None
    charging: bool | None
    temperature: float | None

    mode_code: str | None
    status_code: str | None
    battery_status_code: str | None
    test_status_code: str | None
    fault_code: str | None
    """An empty text means that the UPS reports no fault."""
    input_transformer_type: str | None
    output_voltage_type: str | None
    active_alarms: int | None

    input_phases: int | None
    output_phases: int | None
    input_sources: int | None
    modules: int | None
    rated_apparent_power: float | None
    rated_voltage: float | None
    rated_frequency: float | None
    rated_battery_voltage: float | None
    battery_blocks: int | None
    rated_block_voltage: float | None

    beeper: bool | None
    bypass_when_off: bool | None
    auto_restart: bool | None
    auto_test_period: float | None
    battery_modules: int | None
    monitored: bool | None

    battery_low: bool | None = None
    """Whether the charge is at or below the user's threshold."""

    @property
    def mode(self) -> str | None:
        """The operating mode, ``None`` for a code whose meaning is unknown."""
        return MODES.get(self.mode_code or "")

    @property
    def on_battery(self) -> bool | None:
        """Whether the battery carries the load because mains is lost.

        A battery test runs on battery on purpose, with mains present. While the UPS
        powers on, stands by (as it does with an empty battery) or has a fault,
        nothing is known of mains.
        """
        match self.mode:
            case "battery":
                return True
            case "bypass" | "line" | "battery_test":
                return False
        return None

    @property
    def bypass(self) -> bool | None:
        """Whether the load is fed past the inverter."""
        return None if self.mode is None else self.mode == "bypass"

    @property
    def battery_test(self) -> bool | None:
        """Whether a battery test is running."""
        return None if self.mode is None else self.mode == "battery_test"

    @property
    def fault(self) -> bool | None:
        """Whether the UPS is in fault mode or names a fault."""
        if self.mode == "fault" or self.fault_code:
            return True
        if self.mode is None and self.fault_code is None:
            return None
        return False

    @property
    def alarm(self) -> bool | None:
        """Whether the UPS's status is alarm or an alarm is active."""
        if self.active_alarms or self.status_code == "2":
            return True
        if self.active_alarms is None and self.status_code != "1":
            return None
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerReading(HubReading):
    """The server and our session on it."""

    logins: int
    """Log-ins that succeeded since the entry was loaded."""
    authenticated: bool
    """Whether there is a token that should still be valid."""
    token_expires: datetime | None


class Page(NamedTuple):
    """One page of the device list (sections 3.2, 3.3)."""

    total: int | None
    """Devices over all pages, as the server claims."""
    size: int
    """Devices sent in this page, also those that had no id."""
    upses: tuple[UpsReading, ...]
    raw: tuple[object, ...]
    """The device objects as sent, for diagnostics."""
