"""Bytes of an AiSEG2 in, models out (AiSEG2 protocol, section 2).

Pages are HTML that no XML parser takes; they are read with selectolax's Lexbor, which
is quick, lenient, and has wheels for every architecture that Home Assistant runs on.
What a page says twice, in its text and in its script, must agree, and a page that does
not end is not read at all: a number that may be cut off is no number.
"""

from .air import parse_air
from .box import parse_export_token, parse_identity
from .circuits import parse_catalogue, parse_circuit_page
from .equipment import parse_air_conditioners, parse_equipment, parse_fire_alarms
from .live import parse_live, parse_meter
from .page import check_status
from .totals import parse_graph
from .values import JAPAN, digest, name_key, plain

__all__ = [
    "JAPAN",
    "check_status",
    "digest",
    "name_key",
    "parse_air",
    "parse_air_conditioners",
    "parse_catalogue",
    "parse_circuit_page",
    "parse_equipment",
    "parse_export_token",
    "parse_fire_alarms",
    "parse_graph",
    "parse_identity",
    "parse_live",
    "parse_meter",
    "plain",
]
