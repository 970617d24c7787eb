"""What the flow and the coordinator of an EcoFlow entry agree on."""

from datetime import timedelta
from typing import Final

CONF_ACCESS_KEY: Final = "access_key"
CONF_SECRET_KEY: Final = "secret_key"
CONF_API_HOST: Final = "api_host"
CONF_COALESCE: Final = "coalesce"
CONF_GENERATION: Final = "generation"
"""Key in an entry's data: how often the client id had to be changed."""

DEFAULT_INTERVAL: Final = timedelta(seconds=60)
DEFAULT_COALESCE: Final = 0.2
"""Seconds between two updates of a device, at least."""

CONF_MORE_OPTIONS: Final = "more_options"
