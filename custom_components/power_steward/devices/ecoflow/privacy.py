"""Which wire names hold something that tells who, where or which."""

import re
from typing import Final

_TELLING: Final = re.compile(
    r"serial|sn$|^sn|mac$|ssid|iccid|imei|ip_?addr|latitude|longitude|^(lat|lon|lng)$"
    r"|passw|token|secret|e?mail|user_?id|phone|mesh_?id|timezone_?id|^area$|name$",
    re.IGNORECASE,
)


def tells(wire: str) -> bool:
    """Whether a value is better not told to anybody, by the last part of its name."""
    last = re.sub(r"\[\d+\]$", "", wire).rpartition(".")[2]
    return _TELLING.search(last) is not None
