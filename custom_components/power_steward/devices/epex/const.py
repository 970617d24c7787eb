"""What the flow and the coordinator of a price entry agree on."""

from typing import Final

from .sources import awattar, csv, energy_charts, entity, entsoe, mock, nordpool, smard
from .zones import Zone

CONF_SOURCE: Final = "source"
CONF_ZONE: Final = "zone"
CONF_CURRENCY: Final = "currency"
CONF_CONFIG_ENTRY: Final = "config_entry"
CONF_MORE_OPTIONS: Final = "more_options"

CONF_UNIT: Final = "unit"
CONF_FALLBACKS: Final = "fallbacks"
CONF_FORECAST: Final = "forecast"

CONF_FACTOR: Final = "factor"
CONF_SURCHARGE: Final = "surcharge"
CONF_VAT: Final = "vat"
CONF_GRID_FEE: Final = "grid_fee"
CONF_GRID_FEES: Final = "grid_fees"
CONF_FEE: Final = "fee"
CONF_WEEKDAYS: Final = "weekdays"
CONF_MONTHS: Final = "months"
CONF_START: Final = "start"
CONF_END: Final = "end"
CONF_ON_HOLIDAYS: Final = "on_holidays"
CONF_HOLIDAYS: Final = "holidays"

CONF_EXPORT_FACTOR: Final = "export_factor"
CONF_EXPORT_SURCHARGE: Final = "export_surcharge"
CONF_EXPORT_VAT: Final = "export_vat"

CONF_CHEAP_HOURS: Final = "cheap_hours"
CONF_CHEAP_CONTIGUOUS: Final = "cheap_contiguous"
CONF_CHEAP_RUN: Final = "cheap_run"
CONF_CHEAP_STARTS: Final = "cheap_starts"
CONF_CHEAP_LIMIT: Final = "cheap_limit"
CONF_CHEAP_FROM: Final = "cheap_from"
CONF_CHEAP_UNTIL: Final = "cheap_until"

CONF_COST_IMPORT: Final = "cost_import"
CONF_COST_EXPORT: Final = "cost_export"

DEFAULT_CHEAP_HOURS: Final = 4.0

UNIT_KWH: Final = "kwh"
UNIT_CENT: Final = "cent"
UNIT_MWH: Final = "mwh"
UNITS: Final = (UNIT_KWH, UNIT_CENT, UNIT_MWH)

SOURCES: Final = (
    energy_charts.NAME,
    awattar.NAME,
    smard.NAME,
    entsoe.NAME,
    nordpool.NAME,
    entity.NAME,
    csv.NAME,
    mock.MOCK,
    mock.STATIC,
)
"""In the order in which they are offered."""
KEYLESS: Final = (energy_charts.NAME, smard.NAME, awattar.NAME)
"""Sources that need nothing but a zone, in the order in which they stand in."""
MARKET: Final = frozenset({*KEYLESS, entsoe.NAME, nordpool.NAME})
"""Sources of the coupled auction's prices, which are the same in all of them."""


def serves(source: str, zone: Zone) -> bool:
    """Return whether a source has prices of a zone."""
    match source:
        case energy_charts.NAME:
            return zone.energy_charts
        case smard.NAME:
            return zone.smard is not None
        case awattar.NAME:
            return zone.awattar is not None
        case entsoe.NAME:
            return zone.eic is not None
    return True


def stand_ins(source: str, zone: Zone, currency: str) -> list[str]:
    """Return the sources that can stand in for a source."""
    if source not in MARKET or currency != "EUR":
        return []
    return [name for name in KEYLESS if name != source and serves(name, zone)]
