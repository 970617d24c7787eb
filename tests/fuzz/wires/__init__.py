"""The wires, one module a device type; others help them."""

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from ..harness import Wire

_MODULES: Final = [
    import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)
]
WIRES: Final[Sequence[Wire]] = tuple(
    module.WIRE for module in _MODULES if hasattr(module, "WIRE")
)
