"""A host's powercap tree, to run tests and the demo against.

`Host` is the hardware: limits that quantise, clamp, wrap, lock or are ignored, and
processors whose power follows their caps. `host.files` serves it within a test, with
every error number that the kernel has; `Folder` keeps real files in step with it.
"""

from .folder import Folder
from .host import Constraint, Host, Zone
from .hosts import amd, client, many, server

__all__ = [
    "Constraint",
    "Folder",
    "Host",
    "Zone",
    "amd",
    "client",
    "many",
    "server",
]
