"""Properties of the Ocean Pro inverter."""

from typing import Final

from .. import tables

PROPERTIES: Final = tables(
    """
Properties
  1476 solarString1Power float
  1477 solarString2Power float
  1478 solarString3Power float
  1479 solarString4Power float
  1480 solarString5Power float
  1481 solarString6Power float
  1482 solarString7Power float
  1483 solarString8Power float
"""
)["Properties"]
