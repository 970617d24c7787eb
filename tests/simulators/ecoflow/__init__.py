"""EcoFlow's cloud with an account's devices, to run tests and the demo against."""

from .broker import SimulatedBroker
from .cloud import Account, RestFault, SimulatedCloud, SimulatedDevice
from .home import SimulatedHome, SimulatedModule, SimulatedStation

__all__ = [
    "Account",
    "RestFault",
    "SimulatedBroker",
    "SimulatedCloud",
    "SimulatedDevice",
    "SimulatedHome",
    "SimulatedModule",
    "SimulatedStation",
]
