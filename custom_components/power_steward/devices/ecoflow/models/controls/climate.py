"""Glacier."""

from typing import Final

from . import json_control

GLACIER: Final = (json_control("beeper", 1, "beepEn", "flag"),)
