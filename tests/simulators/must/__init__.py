"""A MUST UPS on a serial line or behind a gateway, to run tests and the demo against.

It speaks Modbus RTU on a pseudo-terminal and Modbus TCP on a socket, has a battery that
behaves like one, and can be told to fail in every way a line, an adapter or a UPS does.
"""

from . import faults
from .battery import Battery
from .line import Gateway, Line, SerialPort
from .ups import Declined, PvInverter, SimulatedMust

__all__ = [
    "Battery",
    "Declined",
    "Gateway",
    "Line",
    "PvInverter",
    "SerialPort",
    "SimulatedMust",
    "faults",
]
