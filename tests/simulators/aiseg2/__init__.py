"""An AiSEG2 in a house, to run tests and the demo against.

It serves pages built as the AiSEG2 protocol describes them, behind Digest, over a real
socket, and can be told to fail in every way a small box on a home network does.
"""

from .digest import Digest
from .house import (
    JAPAN,
    SimulatedAppliance,
    SimulatedCircuit,
    SimulatedHouse,
    SimulatedPlace,
)
from .server import AiSeg2Simulator, Answer, LoggedRequest

__all__ = [
    "JAPAN",
    "AiSeg2Simulator",
    "Answer",
    "Digest",
    "LoggedRequest",
    "SimulatedAppliance",
    "SimulatedCircuit",
    "SimulatedHouse",
    "SimulatedPlace",
]
