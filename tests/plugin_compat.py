"""Lets the test plugin of an older Home Assistant load beside a newer one.

`pytest-homeassistant-custom-component` is released after Home Assistant and is pinned to
the release before. Its 0.13.375 misses three names that 2026.11 moved inside the logger
integration. This module is loaded before it (`-p` in pyproject.toml), puts the names back
where they are missing, and does nothing where they are not: delete it, and the option,
when a matching plugin is out.
"""

# First of all: importing it sets the aliases for httpx and voluptuous.
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
