"""Display and runtime properties of the new devices: 254/21 and 254/22.

One file a family, for whoever looks one up; a property means the same for all of them,
and one table reads what any device sends.
"""

from typing import Final

from ...wire import Message
from . import (
    chargers,
    climate,
    generators,
    oceans,
    others,
    panels,
    power_banks,
    stations,
    streams,
)

_FAMILIES: Final = (
    stations,
    streams,
    climate,
    chargers,
    generators,
    power_banks,
    panels,
    oceans,
    others,
)
PROPERTIES: Final = Message(
    "Properties",
    (field for family in _FAMILIES for field in family.PROPERTIES.fields.values()),
)
