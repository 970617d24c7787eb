"""Stream 5000: of its telemetry (254/39) what is known for sure."""

from typing import Final

from . import tables

TELEMETRY: Final = tables(
    """
Battery
  6 soc float
Telemetry
  33 battery Battery
"""
)["Telemetry"]
