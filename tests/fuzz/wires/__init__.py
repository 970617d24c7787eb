"""The six wires."""

from collections.abc import Sequence
from typing import Final

from ..harness import Wire
from . import aiseg2, ecoflow, epex, must, rapl, winpower

WIRES: Final[Sequence[Wire]] = (
    winpower.WIRE,
    aiseg2.WIRE,
    must.WIRE,
    epex.WIRE,
    rapl.WIRE,
    ecoflow.WIRE,
)
