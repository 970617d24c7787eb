"""What the flow and the coordinator of an AiSEG2 entry agree on."""

from datetime import timedelta
from typing import Final

DEFAULT_INTERVAL: Final = timedelta(seconds=15)
DEFAULT_USERNAME: Final = "aiseg"
CONF_CIRCUIT_ENERGY: Final = "circuit_energy"
"""Option: whether to read each circuit's energy of the day, a page for each."""
