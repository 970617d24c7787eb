"""The series that the docs promise to those who come from a MUST exporter."""

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import HomeAssistant
from tests.metrics import async_scrape, rows, value_of

UPS = {"<ups>": "must_ep2000_pro"}
METRICS = [
    *("ups_input_voltage", "ups_output_voltage", "ups_battery_voltage"),
    *("ups_battery_level", "ups_load_percent", "ups_load_power", "ups_frequency"),
    *("ups_input_frequency", "ups_temperature", "ups_status_string"),
    *("ups_battery_soc_percent", "ups_battery_current_amperes"),
    *("ups_battery_time_remaining_minutes", "ups_recent_warnings_total"),
]
"""All metrics of the exporter (must.md, section 4.1)."""


def test_all_metrics_have_a_row() -> None:
    """Each metric of the exporter is looked after, in its order."""
    assert [row.metric for row in rows("ups_", UPS)] == METRICS


@pytest.mark.usefixtures("prometheus", "entry")
async def test_series(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """Each series is there, and has the value of its entity."""
    exposed = await async_scrape(hass_client)
    for row in rows("ups_", UPS):
        assert row.series is not None and row.entity_id is not None
        state = hass.states.get(row.entity_id)
        assert state is not None, row
        shown = {"on": "1", "off": "0"}.get(state.state, state.state)
        value = value_of(exposed, row.series, row.entity_id)
        assert value == pytest.approx(float(shown))
