"""All HTTP sources of day-ahead prices in one server, for tests and the demo."""

from . import faults, formats
from .market import Market, market_day, steady, weather
from .server import EpexSimulator, LoggedRequest

__all__ = [
    "EpexSimulator",
    "LoggedRequest",
    "Market",
    "faults",
    "formats",
    "market_day",
    "steady",
    "weather",
]
