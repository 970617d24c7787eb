"""Smart Home Panel.

Its limits are written together, each with a fixed value for the other, so setting one
would change the other: they are left out.
"""

from typing import Final

from . import tcp_control

PANEL: Final = (tcp_control("eps", 24, "eps", fixed={"cmdSet": 11}, module=None),)
