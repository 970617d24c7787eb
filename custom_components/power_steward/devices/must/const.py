"""What the flow and the coordinator of a MUST entry agree on."""

from datetime import timedelta
from typing import Final, NamedTuple

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
