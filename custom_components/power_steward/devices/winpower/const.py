"""What the flow and the coordinator of a WinPower entry agree on."""

from datetime import timedelta
from typing import Final

DEFAULT_INTERVAL: Final = timedelta(seconds=5)
DEFAULT_BATTERY_LOW: Final = 20.0
"""Charge in % at and below which the battery counts as low."""
