"""What the flow and the coordinator of a MUST entry agree on."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from modbus_connection import ModbusSerialParams, ModbusTcpParams

from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT

from .registers import Series

UPS: Final = "ups"
"""Device key of an entry's only UPS."""

CONF_SERIES: Final = "series"
CONF_UNIT: Final = "unit"
CONF_USB: Final = "usb"
"""Identity of a USB adapter, to find it again under another name."""

CONF_MORE_OPTIONS: Final = "more_options"

CONF_INPUT_LOW: Final = "input_low"
CONF_TEMPERATURE_HIGH: Final = "temperature_high"
CONF_LOAD_HIGH: Final = "load_high"

DEFAULT_INTERVAL: Final = timedelta(seconds=5)
DEFAULT_PORT: Final = 502


class Alarm(NamedTuple):
    """An alarm's default, its bounds, and how far a value has to come back."""

    default: float
    least: float
    most: float
    margin: float


INPUT_LOW: Final = Alarm(180.0, 100, 250, 2)
BATTERY_LOW: Final = Alarm(20.0, 1, 99, 2)
TEMPERATURE_HIGH: Final = Alarm(40.0, 20, 100, 2)
LOAD_HIGH: Final = Alarm(80.0, 10, 150, 3)

type Params = ModbusSerialParams | ModbusTcpParams


def params_of(data: Mapping[str, Any], series: Series) -> Params:
    """Return the connection that an entry's data describe."""
    if CONF_DEVICE in data:
        return ModbusSerialParams(device=data[CONF_DEVICE], baudrate=series.baudrate)
    return ModbusTcpParams(host=data[CONF_HOST], port=int(data[CONF_PORT]))
