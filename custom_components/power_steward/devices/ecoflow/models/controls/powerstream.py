"""PowerStream and Smart Plug."""

from typing import Final

from . import coded

POWERSTREAM: Final = (
    coded(
        # In which unit developers have to give it is not known.
        "base_load",
        (20, 129),
        scale=10,
        zero_is_empty=True,
        high=800,
    ),
    coded(
        "supply_priority",
        (20, 130),
        "WN511_SET_SUPPLY_PRIORITY_PACK",
        "supplyPriority",
        zero_is_empty=True,
        options=(0, 1),
    ),
    coded(
        "discharge_limit",
        (20, 132),
        "WN511_SET_BAT_LOWER_PACK",
        "lowerLimit",
        zero_is_empty=True,
        low=1,
        high=30,
    ),
    coded(
        "charge_limit",
        (20, 133),
        "WN511_SET_BAT_UPPER_PACK",
        "upperLimit",
        low=70,
        high=100,
    ),
    coded(
        "brightness",
        (20, 135),
        "WN511_SET_BRIGHTNESS_PACK",
        "brightness",
        zero_is_empty=True,
        high=1023,
    ),
)
SMART_PLUG: Final = (
    coded("switch", (2, 129), "WN511_SOCKET_SET_PLUG_SWITCH_MESSAGE", "plugSwitch"),
    coded(
        "brightness",
        (2, 130),
        "WN511_SOCKET_SET_BRIGHTNESS_PACK",
        "brightness",
        high=1023,
    ),
)
