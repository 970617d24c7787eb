"""What every room of the integration shares."""

from datetime import timedelta
import logging
from typing import Final

DOMAIN: Final = "power_steward"
LOGGER: Final = logging.getLogger(__package__)

CONF_DEVICE_TYPE: Final = "device_type"
"""Key in an entry's data: which folder of ``devices`` serves the entry."""

CONF_INTERVAL: Final = "interval"
CONF_BATTERY_LOW: Final = "battery_low"

CONF_FEEDS: Final = "feeds"
CONF_WHOLE: Final = "whole"
CONF_PARTS: Final = "parts"
CONF_COMPLETE: Final = "complete"

BACK_OFF_LIMIT: Final = timedelta(seconds=60)
"""The same, where a type has no reason for another."""
