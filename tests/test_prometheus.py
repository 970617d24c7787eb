"""The series that docs/prometheus.md promises are those that Home Assistant exposes."""

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .common import async_add_winpower
from .conftest import Wait
from .metrics import async_scrape, examples, rows, value_of
from .simulators.winpower import WinPowerSimulator

EXPORTER = ("winpower_", {"<server>": "winpower_127_0_0_1", "<ups>": "c3k"})

METRICS = {
    "winpower_exporter_up": None,
    "winpower_exporter_requests_total": None,
    "winpower_exporter_collection_duration_seconds": None,
    "winpower_exporter_scrape_errors_total": None,
    "winpower_exporter_device_count": 1,
    "winpower_exporter_request_duration_seconds": None,
    "winpower_exporter_token_refresh_total": None,
    "winpower_exporter_last_collection_time_seconds": None,
    "winpower_exporter_memory_bytes": None,
    "winpower_connection_status": 1,
    "winpower_auth_status": 1,
    "winpower_api_response_time_seconds": None,
    "winpower_token_expiry_seconds": None,
    "winpower_token_valid": 1,
    "winpower_device_connected": 1,
    "winpower_device_last_update_timestamp": None,
    "winpower_device_load_percent": "loadPercent",
    "winpower_device_load_total_watts": "loadTotalWatt",
    "winpower_power_watts": "loadTotalWatt",
    "winpower_device_load_total_va": "loadTotalVa",
    "winpower_device_load_watts_phase1": "loadWatt1",
    "winpower_device_load_va_phase1": "loadVa1",
    "winpower_device_cumulative_energy": 1.625,
    "winpower_device_input_voltage": "inputVolt1",
    "winpower_device_input_frequency": "inputFreq",
    "winpower_device_output_voltage": "outputVolt1",
    "winpower_device_output_current": "outputCurrent1",
    "winpower_device_output_frequency": "outputFreq",
    "winpower_device_output_voltage_type": "outputVoltageType",
    "winpower_device_battery_charging": "isCharging",
    "winpower_device_battery_capacity": "batCapacity",
    "winpower_device_battery_remain_seconds": "batRemainTime",
    "winpower_device_battery_voltage_percent": "batVoltP",
    "winpower_device_battery_status": "batteryStatus",
    "winpower_device_ups_temperature": "upsTemperature",
    "winpower_device_ups_mode": "mode",
    "winpower_device_ups_status": "status",
    "winpower_device_ups_test_status": "testStatus",
    "winpower_device_ups_fault_code": 0,
}
"""All metrics of the exporter: with the member that it showed, or what it would show."""


def test_all_metrics_have_a_row() -> None:
    """Each metric of the exporter is looked after, in its order."""
    assert [row.metric for row in rows(*EXPORTER)] == list(METRICS)


def test_examples() -> None:
    """The other examples are what Prometheus expects."""
    _, scrape, rules = examples()
    assert scrape.keys() == {"scrape_configs"}
    assert rules.keys() == {"groups"}


@pytest.mark.usefixtures("all_enabled", "prometheus")
async def test_series(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    winpower: WinPowerSimulator,
    wait: Wait,
    subtests: pytest.Subtests,
) -> None:
    """Each series is there, and has the value that the exporter's metric would have."""
    await async_add_winpower(hass, winpower)
    await wait(35)
    exposed = await async_scrape(hass_client)
    realtime = winpower.upses[0].record()["realtime"]
    for metric, series, entity_id, _, factor in rows(*EXPORTER):
        if series is None:
            continue
        with subtests.test(metric):
            value = value_of(exposed, series, entity_id)
            expected = METRICS[metric]
            if isinstance(expected, str):
                expected = float(realtime[expected])
            if expected is not None:
                assert value * factor == pytest.approx(expected)


async def test_marks(hass: HomeAssistant, winpower: WinPowerSimulator) -> None:
    """Marked are the series whose entities have to be enabled first, and no others."""
    await async_add_winpower(hass, winpower)
    registry = er.async_get(hass)
    for row in rows(*EXPORTER):
        if row.entity_id is not None:
            entity = registry.async_get(row.entity_id)
            assert entity is not None, row
            assert entity.disabled == row.disabled, row
