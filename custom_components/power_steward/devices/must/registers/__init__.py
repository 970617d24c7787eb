"""The register maps of the MUST families as data: one row a register.

What is read in which blocks, how it is decoded, which entities there are, what may be
written and the tables in the documentation all follow from these rows.
"""

from collections.abc import Mapping
from typing import Final

from .ep import (
    BY_MACHINE_TYPE,
    CHARGERS,
    EP,
    EP2000,
    EP3300,
    EP3300_TLV,
    OUTPUT_VOLTAGES,
    PV2000,
    UNKNOWN_EP,
)
from .pv import EP1800, PV, PV1800, PV1900
from .rows import Block, Code, Family, Kind, Register, Series, Setting

__all__ = [
    "BY_KEY",
    "BY_MACHINE_TYPE",
    "CHARGERS",
    "EP",
    "EP1800",
    "EP2000",
    "EP3300",
    "EP3300_TLV",
    "FAMILIES",
    "FORBIDDEN",
    "OUTPUT_VOLTAGES",
    "PV",
    "PV1800",
    "PV1900",
    "PV2000",
    "REMOTE_SHUTDOWN",
    "SERIES",
    "UNKNOWN_EP",
    "UNSUPPORTED",
    "Block",
    "Code",
    "Family",
    "Kind",
    "Register",
    "Series",
    "Setting",
]

FAMILIES: Final = (
    EP2000,
    PV2000,
    EP3300,
    EP3300_TLV,
    PV1800,
    PV1900,
    EP1800,
    UNKNOWN_EP,
)
BY_KEY: Final[Mapping[str, Family]] = {family.key: family for family in FAMILIES}
SERIES: Final[Mapping[str, Series]] = {series.key: series for series in (EP, PV)}

UNSUPPORTED: Final = (
    Series("pc1800", "PC1800", 1, 9600, 0.2, Block(10000, 1), False),
    Series("ph1000", "PH1000", 5, 9600, 0.2, Block(20001, 1), False),
    Series("ph5000", "PH5000", 6, 9600, 0.2, Block(20001, 1), False),
)
"""Models that the detection can name, but whose maps nobody has verified."""

REMOTE_SHUTDOWN: Final = 32002

FORBIDDEN: Final = (
    range(10009, 10101),
    range(20009, 20101),
    range(31100, 31117),
    range(32000, 32002),
)
"""What must never be touched: a read there switches some models off for good until
all power is disconnected; the others are calibrations and the factory reset."""
