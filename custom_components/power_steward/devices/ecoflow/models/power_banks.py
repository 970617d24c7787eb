"""RAPID Pro power banks: every port reports itself."""

from typing import Final

from ..codec import NEW_GENERATION
from . import MINUTES, Family, Model, Row, known, magnitude

_PORTS: Final = {
    "usb_c_1_power": "usbTypec1DisplayInfo",
    "usb_c_2_power": "usbTypec2DisplayInfo",
    "usb_c_3_power": "usbTypec3DisplayInfo",
    "usb_c_4_power": "usbTypec4DisplayInfo",
    "usb_a_1_power": "usbTypea1DisplayInfo",
    "usb_a_2_power": "usbTypea2DisplayInfo",
    "dock_power": "pogopin1DisplayInfo",
}

RAPID_PRO: Final = Family(
    "rapid_pro",
    (
        Row("charge", "cmsBattSoc"),
        Row("charge_time", "cmsChgRemTime", MINUTES),
        Row("remaining_time", "cmsDsgRemTime", MINUTES),
        Row("input_power", "powInSumW"),
        Row("output_power", "powOutSumW", take=magnitude),
        # A port that gives is negative, one that takes positive.
        *(Row(key, f"{port}.usbPow", -1) for key, port in _PORTS.items()),
        Row("battery_temperature", "cmsBattTemp"),
        Row("battery_health", "cmsBattSoh", take=known),
        Row("battery_cycles", "cmsBattCycleNum"),
        Row("charge_limit", "cmsMaxChgSoc"),
        Row("discharge_limit", "cmsMinDsgSoc"),
        Row("screen_timeout", "screenOffTime"),
        Row("charging_state", "cmsChgDsgState"),
        Row("error_code", "errcode"),
        Row("wifi_signal", "moduleWifiRssi", take=known),
    ),
    NEW_GENERATION,
)

MODELS: Final = (Model("RAPID Pro", ("P521",), RAPID_PRO),)
