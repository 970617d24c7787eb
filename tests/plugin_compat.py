"""Prepares what `pytest-homeassistant-custom-component` finds; loaded before it.

The plugin is released after Home Assistant and is pinned to the release before. Its
0.13.375 misses three names that 2026.11 moved inside the logger integration: they are put
back where they are missing. Delete that part when a matching plugin is out.

The plugin also takes sockets away before each test, for a fixture to give back. Here every
simulator is a real server, so they are never taken; connections still reach nothing but
this machine, which the plugin sees to by other means.
"""

import pytest_socket

# Before the rest of it: importing it sets the aliases for httpx and voluptuous.
import homeassistant  # noqa: F401
from homeassistant.components import logger
from homeassistant.components.logger import const, helpers

for _name, _home in (
    ("DOMAIN", const),
    ("SERVICE_SET_LEVEL", const),
    ("_clear_logger_overwrites", helpers),
):
    if not hasattr(logger, _name) and hasattr(_home, _name):
        setattr(logger, _name, getattr(_home, _name))


def _leave_sockets(allow_unix_socket: bool = False) -> None:
    """Do nothing, in place of what takes sockets away."""


pytest_socket.disable_socket = _leave_sockets
