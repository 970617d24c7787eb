"""Polls a MUST UPS, faster while it runs on battery, and follows its port."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, Final, override

from modbus_connection import ModbusSerialParams

from homeassistant.components import usb
from homeassistant.components.modbus import async_get_temporary_unit, async_get_unit
from homeassistant.const import CONF_DEVICE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady, HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.entity import EntityDescription

from ...battery import BatteryExperience, RideThrough
from ...const import CONF_BATTERY_LOW, CONF_DEVICE_TYPE, CONF_INTERVAL, DOMAIN, LOGGER
from ...coordinator import PollingCoordinator, StewardConfigEntry
from ...outages import Mains
from ...stewardship.ride_through import State
from ...stewardship.threshold import Threshold
from .. import DeviceType
from ..errors import (
    ClientError,
    LineEchoes,
    LineSettingsDiffer,
    NothingMeasured,
    PortBusy,
    PortForbidden,
    PortMissing,
)
from ..readings import DeviceFacts, HubReading
from .client import STRANGER, MustClient
from .const import (
    BATTERY_LOW,
    CONF_INPUT_LOW,
    CONF_LOAD_HIGH,
    CONF_SERIES,
    CONF_TEMPERATURE_HIGH,
    CONF_UNIT,
    CONF_USB,
    DEFAULT_INTERVAL,
    INPUT_LOW,
    LOAD_HIGH,
    TEMPERATURE_HIGH,
    UPS,
    Alarm,
    params_of,
)
from .entities import CONNECTION, ENTITIES, PLATFORMS
from .models import MustReading
from .registers import SERIES, UNKNOWN_EP

ON_BATTERY_INTERVAL: Final = timedelta(seconds=2)
RETRY: Final = timedelta(seconds=2)
"""Pause after a failed poll: a port that is back is found within seconds."""
FAILURES_BEFORE_REPAIR: Final = 3
"""Polls in a row that fail in the same way before only the user can help."""
FULL_HOURS: Final = 50
"""A float current of less than the capacity in so many hours keeps a battery full."""

PERMANENT: Final = frozenset(
    error.key for error in (PortBusy, PortForbidden, LineEchoes, NothingMeasured)
)
UNKNOWN_MODEL: Final = "unknown_model"
ISSUES: Final = PERMANENT | {UNKNOWN_MODEL}
"""What may be reported for the user to mend."""


def create_coordinator(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> MustCoordinator:
    """Return the coordinator of a MUST entry."""
    return MustCoordinator(
        hass,
        entry,
        timedelta(
            seconds=entry.options.get(CONF_INTERVAL, DEFAULT_INTERVAL.total_seconds())
        ),
    )


class MustCoordinator(PollingCoordinator[MustReading]):
    """One UPS on a line."""

    platforms = PLATFORMS
    channels: ClassVar = {
        "output": lambda ups: ups.number("load_power"),
        "charge": lambda ups: ups.charge_power,
        "discharge": lambda ups: ups.discharge_power,
    }
    mains: ClassVar = Mains(
        on_battery=lambda ups: ups.on_battery,
        power=lambda ups: ups.number("load_power"),
        charge=lambda ups: ups.number("battery_charge"),
        low=lambda ups: ups.battery_low,
        remaining=lambda ups: ups.remaining and ups.remaining.minutes * 60,
    )
    redact = frozenset({"31200", "31201", "20002", "20003", "25269", "25270"})

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, interval: timedelta
    ) -> None:
        """Prepare to poll over the entry's line."""
        super().__init__(hass, entry, interval)
        self._series = SERIES[entry.data[CONF_SERIES]]
        params = params_of(entry.data, self._series)
        try:
            unit = async_get_unit(hass, entry, params, entry.data[CONF_UNIT])
            stranger = async_get_unit(hass, entry, params, STRANGER)
        except HomeAssistantError as err:
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN,
                translation_key=LineSettingsDiffer.key,
                translation_placeholders={"name": self.name, "reason": "in use"},
            ) from err
        self._client = MustClient(unit, self._series, stranger)
        self._experience = BatteryExperience(hass, entry)
        self._battery = RideThrough(UPS, entry.options, self._experience)
        self._thresholds = {
            "input_low": _threshold(entry, CONF_INPUT_LOW, INPUT_LOW, below=True),
            "battery_low": _threshold(entry, CONF_BATTERY_LOW, BATTERY_LOW, below=True),
            "temperature_high": _threshold(
                entry, CONF_TEMPERATURE_HIGH, TEMPERATURE_HIGH
            ),
            "load_high": _threshold(entry, CONF_LOAD_HIGH, LOAD_HIGH),
        }
        self._failing: tuple[str, int] = ("", 0)
        self._issues: set[str] = set()
        entry.async_on_unload(self._delete_issues)

    @override
    async def _async_setup(self) -> None:
        await super()._async_setup()
        await self._experience.async_load()

    @override
    async def async_read(self) -> Mapping[str, MustReading]:
        try:
            ups = await self._client.read()
        except ClientError as err:
            self._count_failure(err)
            if isinstance(err, PortMissing):
                await self._async_follow_port()
            raise
        self._failing = ("", 0)
        self._delete_issues(*PERMANENT)
        self._judge_model(ups)
        self.update_interval = (
            min(ON_BATTERY_INTERVAL, self._interval)
            if ups.on_battery
            else self._interval
        )
        return {UPS: await self._judged(ups)}

    @override
    def hub(self) -> HubReading:
        return self.log.reading(
            HubReading,
            DeviceFacts(
                name=f"{self.config_entry.title} line", model=self._series.name
            ),
        )

    @override
    def descriptions(
        self, reading: MustReading | HubReading
    ) -> Sequence[EntityDescription]:
        if isinstance(reading, HubReading):
            return CONNECTION
        return ENTITIES[reading.family.key]

    @override
    def raw_answer(self) -> Any:
        return {str(key): word for key, word in self._client.registers.items()}

    @override
    def ride_through(self, device_key: str) -> RideThrough | None:
        return self._battery if device_key == UPS else None

    async def async_shut_down(self) -> None:
        """Cut the UPS's output at once; raise nothing but client errors."""
        await self._client.shut_down()

    async def async_set(self, device_key: str, key: str, value: Any) -> None:
        """Set one of the UPS's settings; raise nothing but client errors."""
        reading = self.data[device_key]
        assert isinstance(reading, MustReading)
        await self._client.write(reading, key, value)

    @override
    def _retry_pause(self) -> float:
        return min(self._interval, RETRY).total_seconds()

    async def _judged(self, ups: MustReading) -> MustReading:
        """Return a reading with what thresholds and the battery make of it."""
        before = self.data.get(UPS)
        values = {
            "input_low": ups.number("input_voltage"),
            "battery_low": ups.number("battery_charge"),
            "temperature_high": ups.number("temperature"),
            "load_high": ups.number("load"),
        }
        judged: dict[str, Any] = {
            name: threshold.crossed(values[name], getattr(before, name, None))
            for name, threshold in self._thresholds.items()
        }
        remaining = await self._battery.async_observe(
            self.clock.monotonic(),
            self._battery_state(ups),
            ups.number("load_power"),
            ups.number("rated_battery_voltage"),
            discharging=_discharging(ups),
        )
        known = "battery_charge" in ups.values
        return replace(
            ups,
            remaining=remaining,
            experience=self._battery.experience if known else None,
            **judged,
        )

    def _battery_state(self, ups: MustReading) -> State | None:
        """Return the battery as the estimate needs it."""
        charge, current = ups.number("battery_charge"), ups.signed_current
        if charge is None:
            return None
        battery = self._battery.battery
        resting = battery.capacity / FULL_HOURS if battery.described else 0.0
        if ups.floating and current is not None and abs(current) <= resting:
            charge = 100.0
        discharging = bool(ups.on_battery)
        return State(
            charge=charge,
            voltage=ups.number("battery_voltage") if discharging else None,
            current=-current if discharging and current is not None else None,
            shutdown_voltage=ups.number("shutdown_voltage"),
            temperature=ups.number("battery_temperature"),
        )

    # What only the user can mend

    def _judge_model(self, ups: MustReading) -> None:
        if ups.family is UNKNOWN_EP:
            self._create_issue(
                UNKNOWN_MODEL, {"type": str(ups.values.get("machine_type"))}
            )
        else:
            self._delete_issues(UNKNOWN_MODEL)

    def _count_failure(self, err: ClientError) -> None:
        """Tell the user of a failure that will not pass by itself."""
        key, count = self._failing
        count = count + 1 if key == err.key else 1
        self._failing = (err.key, count)
        self._delete_issues(*(PERMANENT - {err.key}))
        if err.key in PERMANENT and count == FAILURES_BEFORE_REPAIR:
            self._create_issue(err.key, {})

    def _create_issue(self, key: str, placeholders: dict[str, str]) -> None:
        if key in self._issues:
            return
        self._issues.add(key)
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            f"{key}_{self.config_entry.entry_id}",
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=key,
            translation_placeholders={"name": self.name, **placeholders},
        )

    def _delete_issues(self, *keys: str) -> None:
        for key in self._issues.intersection(keys) if keys else tuple(self._issues):
            self._issues.discard(key)
            ir.async_delete_issue(
                self.hass, DOMAIN, f"{key}_{self.config_entry.entry_id}"
            )

    # A port under another name

    async def _async_follow_port(self) -> None:
        """Go on at the port where the adapter is now, if that is beyond doubt."""
        entry = self.config_entry
        adapter = entry.data.get(CONF_USB)
        if not adapter:
            return
        taken = {
            other.data.get(CONF_DEVICE)
            for other in self.hass.config_entries.async_entries(DOMAIN)
            if other.data[CONF_DEVICE_TYPE] == DeviceType.MUST
        }
        try:
            ports = await usb.async_scan_serial_ports(self.hass)
        except OSError:
            return
        moved = [
            port.device
            for port in ports
            if isinstance(port, usb.USBDevice)
            and [port.vid, port.pid, port.serial_number] == adapter
            and port.device not in taken
        ]
        if len(moved) == 1 and await self._async_is_there(moved[0]):
            LOGGER.info("%s is now at %s", self.name, moved[0])
            self.hass.config_entries.async_update_entry(
                entry, data={**entry.data, CONF_DEVICE: moved[0]}
            )
            self.hass.config_entries.async_schedule_reload(entry.entry_id)

    async def _async_is_there(self, device: str) -> bool:
        """Return whether a port leads to the UPS that was known so far."""
        params = ModbusSerialParams(device=device, baudrate=self._series.baudrate)
        try:
            async with async_get_temporary_unit(
                self.hass, params, self.config_entry.data[CONF_UNIT]
            ) as unit:
                found = await MustClient(unit, self._series).read()
        except ClientError, HomeAssistantError:
            return False
        known = self.data.get(UPS)
        return known is None or known.facts == found.facts


def _discharging(ups: MustReading) -> bool | None:
    """Return whether a discharge goes on; one that ran empty is over, too."""
    if ups.on_battery is None and ups.output_on is False:
        return False
    return ups.on_battery


def _threshold(
    entry: StewardConfigEntry, key: str, alarm: Alarm, *, below: bool = False
) -> Threshold:
    return Threshold(entry.options.get(key, alarm.default), alarm.margin, below)
