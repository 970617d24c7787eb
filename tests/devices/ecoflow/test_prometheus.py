"""The series that the docs promise to those who come from an EcoFlow exporter."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.power_steward.devices.ecoflow.models.quantities import split
from homeassistant.core import HomeAssistant
from tests.metrics import PAGE, async_scrape, rows

from ...simulators.ecoflow import SimulatedHome
from . import metrics
from .accounts import DELTA, an_entry, live, set_up, until

ITSELF = [
    *("online", "mqtt_connected", "scrape_duration_seconds", "scrape_requests_total"),
    *("metrics_collected", "http_request_duration_seconds", "http_requests_total"),
    *("cache_operations_total", "auth_duration_seconds", "auth_requests_total"),
    *("mqtt_messages_total", "mqtt_reconnections_total"),
    *("mqtt_message_errors_total", "quota_requests_total"),
]
"""What the exporter tells of itself (ecoflow.md, section 6)."""


def test_table() -> None:
    """The table of values stands in the docs as it follows from the families."""
    assert metrics.written(PAGE) == PAGE


def test_all_metrics_have_a_row() -> None:
    """Each metric that the exporter tells of itself is looked after."""
    assert [row.metric for row in rows("ecoflow_", {})] == [
        f"ecoflow_{name}" for name in ITSELF
    ]


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("pd.wattsInSum", "ecoflow_pd_watts_in_sum"),
        ("bms_bmsStatus.f32ShowSoc", "ecoflow_bms_bms_status_f32_show_soc"),
        ("20_1.pv1InputWatts", "ecoflow_20_1_pv1_input_watts"),
        ("pd.chgPowerAC", "ecoflow_pd_chg_power_ac"),
        ("bms.cellVol[3]", "ecoflow_bms_cell_vol"),
    ],
)
def test_names(wire: str, name: str) -> None:
    """The names are those that the exporter makes of the wire's."""
    assert metrics.name_of(wire) == name


@pytest.mark.usefixtures("all_enabled", "prometheus")
async def test_series(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, home: SimulatedHome
) -> None:
    """What a station sends has the series of its row, and the factor makes it equal."""
    station = home.stations[DELTA]
    sent: dict[str, Any] = {
        "pd.wattsInSum": 250,
        "pd.wattsOutSum": 43,
        "bms_emsStatus.f32LcdShowSoc": 85.5,
        "bms_emsStatus.dsgRemainTime": 90,
        "bms_bmsStatus.vol": 53_120,
        "bms_bmsStatus.cycles": 12,
        "inv.acInVol": 230_400,
        "pd.chgPowerAC": 12_345,
        "pd.wifiRssi": -55,
        "mppt.cfgAcEnabled": 1,
    }
    station.name, station.quotas = "Delta 2", sent
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    await hass.async_block_till_done()
    exposed = await async_scrape(hass_client)
    cells = dict(
        row.strip("| ").split(" | ")[:2] for row in metrics.rows().splitlines()[2:]
    )
    known = metrics.metrics()
    for wire, raw in sent.items():
        shown = [
            value * factor
            for key, factor in known[metrics.name_of(wire)]
            for told in _series(cells, split(key)[0])
            for series, value in exposed.items()
            if series.startswith(told.partition("{")[0])
            and told.partition("{")[2].strip("}") in series
        ]
        assert any(value == pytest.approx(raw) for value in shown), wire


def _series(cells: dict[str, str], key: str) -> list[str]:
    """Return the series in a value's row, of the station."""
    (cell,) = (text for head, text in cells.items() if head.split("`")[1:2] == [key])
    return cell.replace("<station>", "delta_2").strip("`").split("`, `")
