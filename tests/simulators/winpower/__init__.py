"""A WinPower G2 server and its UPSs, to run tests and the demo against.

It speaks what the WinPower protocol describes, over real sockets, and can be told to
fail in every way a server, a proxy or a network does.
"""

from . import faults
from .answers import ErrorShape
from .battery import Battery
from .clock import ManualClock
from .jsontext import REMOVED, RawJson
from .physics import TestStatus, UpsMode
from .server import LoggedRequest, WinPowerSimulator
from .ups import DEVICE, ROOT_AREA, SimulatedUps

__all__ = [
    "DEVICE",
    "REMOVED",
    "ROOT_AREA",
    "Battery",
    "ErrorShape",
    "LoggedRequest",
    "ManualClock",
    "RawJson",
    "SimulatedUps",
    "TestStatus",
    "UpsMode",
    "WinPowerSimulator",
    "faults",
]
