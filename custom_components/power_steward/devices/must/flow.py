"""The config flow's steps for a MUST UPS."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from modbus_connection import ModbusUnit
import probatio

from homeassistant.components import usb
from homeassistant.components.modbus import async_get_temporary_unit
from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import (
    CONF_DEVICE,
    CONF_HOST,
    CONF_PORT,
    UnitOfElectricPotential,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfTime,
)
from homeassistant.data_entry_flow import section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SerialPortSelector,
    TextSelector,
)

from ...battery import (
    CONF_AGE,
    CONF_CAPACITY,
    CONF_EFFICIENCY,
    CONF_EXPONENT,
    CONF_NOMINAL_VOLTAGE,
)
from ...const import CONF_BATTERY_LOW, CONF_DEVICE_TYPE, CONF_INTERVAL, DOMAIN
from ...forms import filled
from ...options import StewardOptionsFlow
from ...stewardship.ride_through import EFFICIENCY, EXPONENT
from .. import DeviceType
from ..errors import ClientError, LineSettingsDiffer, ModelUnsupported
from .client import STRANGER, Found, detect, find
from .const import (
    BATTERY_LOW,
    CONF_INPUT_LOW,
    CONF_LOAD_HIGH,
    CONF_MORE_OPTIONS,
    CONF_SERIES,
    CONF_TEMPERATURE_HIGH,
    CONF_UNIT,
    CONF_USB,
    DEFAULT_INTERVAL,
    DEFAULT_PORT,
    INPUT_LOW,
    LOAD_HIGH,
    TEMPERATURE_HIGH,
    UPS,
    Alarm,
    params_of,
)
from .registers import EP, SERIES, Series


def _number(least: float, most: float, step: float, unit: str | None = None) -> Any:
    config = NumberSelectorConfig(
        min=least, max=most, step=step, mode=NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


def _alarm(alarm: Alarm, unit: str) -> Any:
    return _number(alarm.least, alarm.most, 1, unit)


CAPACITY: Final = _number(1, 2000, 0.1, "Ah")
MORE: Final = section(
    probatio.Schema(
        {
            probatio.Optional(CONF_SERIES): SelectSelector(
                SelectSelectorConfig(
                    options=list(SERIES), translation_key="must_series"
                )
            ),
            probatio.Optional(CONF_UNIT): _number(1, 246, 1),
        }
    ),
    {"collapsed": True},
)
SERIAL: Final = probatio.Schema(
    {
        probatio.Required(CONF_DEVICE): SerialPortSelector(),
        probatio.Optional(CONF_CAPACITY): CAPACITY,
        probatio.Optional(CONF_MORE_OPTIONS): MORE,
    }
)
TCP: Final = probatio.Schema(
    {
        probatio.Required(CONF_HOST): TextSelector(),
        probatio.Required(CONF_PORT, default=DEFAULT_PORT): _number(1, 65535, 1),
        probatio.Optional(CONF_CAPACITY): CAPACITY,
        probatio.Optional(CONF_MORE_OPTIONS): MORE,
    }
)
RECONFIGURE_SERIAL: Final = probatio.Schema(
    {probatio.Required(CONF_DEVICE): SerialPortSelector()}
)
RECONFIGURE_TCP: Final = probatio.Schema(
    {
        probatio.Required(CONF_HOST): TextSelector(),
        probatio.Required(CONF_PORT): _number(1, 65535, 1),
    }
)
OPTIONS: Final = probatio.Schema(
    {
        probatio.Required(
            CONF_INTERVAL, default=DEFAULT_INTERVAL.total_seconds()
        ): _number(2, 300, 1, UnitOfTime.SECONDS),
        probatio.Optional(CONF_CAPACITY): CAPACITY,
        probatio.Optional(CONF_NOMINAL_VOLTAGE): _number(
            6, 96, 6, UnitOfElectricPotential.VOLT
        ),
        probatio.Required(CONF_AGE, default=0): _number(0, 30, 0.5),
        probatio.Required(CONF_EFFICIENCY, default=EFFICIENCY): _number(0.5, 1, 0.01),
        probatio.Required(CONF_EXPONENT, default=EXPONENT): _number(1, 1.6, 0.01),
        probatio.Required(CONF_INPUT_LOW, default=INPUT_LOW.default): _alarm(
            INPUT_LOW, UnitOfElectricPotential.VOLT
        ),
        probatio.Required(CONF_BATTERY_LOW, default=BATTERY_LOW.default): _alarm(
            BATTERY_LOW, UnitOfRatio.PERCENTAGE
        ),
        probatio.Required(
            CONF_TEMPERATURE_HIGH, default=TEMPERATURE_HIGH.default
        ): _alarm(TEMPERATURE_HIGH, UnitOfTemperature.CELSIUS),
        probatio.Required(CONF_LOAD_HIGH, default=LOAD_HIGH.default): _alarm(
            LOAD_HIGH, UnitOfRatio.PERCENTAGE
        ),
    }
)


class _Line(NamedTuple):
    """A line as an entry keeps it, and what else is known of its port."""

    data: dict[str, Any]
    adapter_serial: str | None = None


class MustFlow(ConfigFlow):
    """Adds and changes a MUST entry."""

    async def async_step_must(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how the UPS is connected."""
        return self.async_show_menu(
            step_id="must", menu_options=["must_serial", "must_tcp"]
        )

    async def async_step_must_serial(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the serial port."""
        return await self._async_step_add("must_serial", SERIAL, user_input)

    async def async_step_must_tcp(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the gateway."""
        return await self._async_step_add("must_tcp", TCP, user_input)

    async def async_step_must_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the UPS's new port or gateway."""
        entry = self._get_reconfigure_entry()
        schema = RECONFIGURE_SERIAL if CONF_DEVICE in entry.data else RECONFIGURE_TCP
        if user_input is None:
            return self._must_form("must_reconfigure", schema, entry.data)
        line = await self._async_line(user_input)
        unit: int = entry.data[CONF_UNIT]
        if await self._async_is_known(line, unit, than=entry):
            return self.async_abort(reason="already_configured")
        # By another name, a port that the entry has open could not be opened again.
        same = len(set(await self._async_places(line.data, entry.data))) == 1
        asked = _Line(dict(entry.data)) if same else line
        try:
            found = await self._async_find(asked, SERIES[entry.data[CONF_SERIES]], unit)
        except ClientError as err:
            return self._must_form("must_reconfigure", schema, user_input, err)
        if not self._is_same(entry, found):
            return self.async_abort(reason="unique_id_mismatch")
        return self.async_update_reload_and_abort(entry, data_updates=line.data)

    async def _async_step_add(
        self, step: str, schema: probatio.Schema, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Look for a UPS where the form says, and add what is found."""
        if user_input is None:
            return self._must_form(step, schema)
        more = user_input.get(CONF_MORE_OPTIONS, {})
        chosen = SERIES[more[CONF_SERIES]] if CONF_SERIES in more else None
        line = await self._async_line(user_input)
        unit = int(more[CONF_UNIT]) if CONF_UNIT in more else None
        if await self._async_is_known(line, unit or (chosen or EP).unit):
            return self.async_abort(reason="already_configured")
        try:
            found = await self._async_find(line, chosen, unit)
        except ClientError as err:
            return self._must_form(step, schema, user_input, err)
        unit = unit or found.series.unit
        if await self._async_is_known(line, unit):
            return self.async_abort(reason="already_configured")
        await self.async_set_unique_id(_unique_id(line, unit, found))
        self._abort_if_unique_id_configured()
        return self.async_create_entry(
            title=found.reading.facts.name,
            data={
                CONF_DEVICE_TYPE: DeviceType.MUST.value,
                CONF_SERIES: found.series.key,
                CONF_UNIT: unit,
                **line.data,
            },
            options={
                key: user_input[key] for key in (CONF_CAPACITY,) if key in user_input
            },
        )

    def _must_form(
        self,
        step: str,
        schema: probatio.Schema,
        values: Mapping[str, Any] | None = None,
        error: ClientError | None = None,
    ) -> ConfigFlowResult:
        """Show a step's form, filled with values, and what was wrong with them."""
        model = str(error) if isinstance(error, ModelUnsupported) else ""
        return self.async_show_form(
            step_id=step,
            data_schema=filled(self, schema, values),
            errors=None
            if error is None
            else {"base": ERRORS.get(error.key, error.key)},
            description_placeholders={"model": model},
        )

    async def _async_line(self, form: Mapping[str, Any]) -> _Line:
        """Return the line that a form describes, its port by the name that stays."""
        if CONF_HOST in form:
            host = form[CONF_HOST].strip().lower()
            return _Line({CONF_HOST: host, CONF_PORT: int(form[CONF_PORT])})
        device = form[CONF_DEVICE].strip()
        for port in await usb.async_scan_serial_ports(self.hass):
            if device in (port.device, port.resolved_device):
                data: dict[str, Any] = {CONF_DEVICE: port.device}
                if isinstance(port, usb.USBDevice):
                    data[CONF_USB] = [port.vid, port.pid, port.serial_number]
                return _Line(data, port.serial_number)
        return _Line({CONF_DEVICE: device})

    async def _async_is_known(
        self, line: _Line, unit: int, than: ConfigEntry | None = None
    ) -> bool:
        """Return whether another entry reads this unit on this line already."""
        others = [
            entry.data
            for entry in self._async_current_entries()
            if entry is not than
            and entry.data[CONF_DEVICE_TYPE] == DeviceType.MUST
            and entry.data[CONF_UNIT] == unit
        ]
        place, *taken = await self._async_places(line.data, *others)
        return place in taken

    async def _async_places(self, *lines: Mapping[str, Any]) -> list[tuple[str, int]]:
        """Return where lines are."""
        return await self.hass.async_add_executor_job(
            lambda: [_place(data) for data in lines]
        )

    async def _async_find(
        self, line: _Line, series: Series | None, unit: int | None
    ) -> Found:
        """Read what is on the line; raise nothing but client errors."""

        @asynccontextmanager
        async def open_unit(wanted: Series) -> AsyncIterator[ModbusUnit]:
            number = unit if unit is not None and wanted.unit != STRANGER else None
            try:
                opened = async_get_temporary_unit(
                    self.hass, params_of(line.data, wanted), number or wanted.unit
                )
                handle = await opened.__aenter__()
            except HomeAssistantError as err:
                raise LineSettingsDiffer("in use") from err
            try:
                yield handle
            finally:
                await opened.__aexit__(None, None, None)

        return await (detect(open_unit) if series is None else find(open_unit, series))

    def _is_same(self, entry: ConfigEntry, found: Found) -> bool:
        """Return whether what was found can be the UPS of an entry."""
        device = dr.async_get(self.hass).async_get_device_by_identifier(
            (DOMAIN, f"{entry.unique_id}_{UPS}"), entry.entry_id
        )
        facts = found.reading.facts
        if device is None:
            return True
        if device.serial_number is not None:
            return device.serial_number == facts.serial_number
        return device.model == facts.model


class MustOptionsFlow(StewardOptionsFlow):
    """How often to ask, when to warn, and what the battery is like."""

    settings = "must_options"

    async def async_step_must_options(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="must_options",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS, self.config_entry.options
            ),
        )


ERRORS: Final = {
    "invalid_answer": "answer_damaged",
    "request_refused": "must_refused",
}
"""Texts for this type where the common ones speak of something else."""


def _place(data: Mapping[str, Any]) -> tuple[str, int]:
    """Return where a line is; different names of a port are the same place."""
    if CONF_HOST in data:
        return data[CONF_HOST], int(data[CONF_PORT])
    device: str = data[CONF_DEVICE]
    return (device if "://" in device else str(Path(device).resolve())), 0


def _unique_id(line: _Line, unit: int, found: Found) -> str:
    """Return what the UPS is known by: its serial number, else where it is."""
    if (serial := found.reading.facts.serial_number) is not None:
        return f"{DeviceType.MUST}_{serial}"
    if line.adapter_serial:
        return f"{DeviceType.MUST}_{line.adapter_serial}_{unit}"
    if CONF_HOST in line.data:
        where = f"{line.data[CONF_HOST]}_{line.data[CONF_PORT]}"
    else:
        where = line.data[CONF_DEVICE].rpartition("/")[2]
    return f"{DeviceType.MUST}_{where}_{unit}"
