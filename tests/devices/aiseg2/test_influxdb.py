"""Home Assistant writes to InfluxDB what docs/grafana.md makes of an exporter's series."""

from collections.abc import Callable
import importlib
from pathlib import Path
import re
import sys
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import MagicMock

import pytest

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util.yaml import parse_yaml
from tests.simulators.aiseg2 import AiSeg2Simulator

from ...conftest import Wait
from .conftest import async_add

PAGE = (Path(__file__).parents[3] / "docs" / "grafana.md").read_text("utf-8")
EXAMPLES = {
    "総発電電力(kW)": 2.13,
    "総消費電力(kW)": 0.5,
    "売買電力(kW)": 1.63,
    "<source>(W)": 2130,
    "<circuit>(W)": 63,
}
"""What the exporter would have written of the box, by the tag that tells what it is."""
NAMES = {"<source>": "tai_yang_guang_fa_dian", "<circuit>": "jie_duan"}


class Row(NamedTuple):
    """A series of the exporter and what takes its place."""

    tag: str
    entity_id: str
    disabled: bool
    factor: float


def rows() -> list[Row]:
    """Return the rows of the table."""
    found = []
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if cells and (tag := re.search(r"= `([^`]+\(k?W\))`$", cells[0])):
            entity_id = re.fullmatch(r"`(.+)`( ¹)?", cells[1])
            assert entity_id is not None, line
            name = re.sub(r"<\w+>", lambda it: NAMES[it[0]], entity_id[1])
            factor = re.search(r"× ([\d.]+) =", cells[2])
            found.append(
                Row(tag[1], name, bool(entity_id[2]), float(factor[1]) if factor else 1)
            )
    return found


@pytest.fixture
def influxdb(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return Home Assistant's integration, without the clients that send the points."""
    for client in (
        "influxdb",
        "influxdb_client",
        "influxdb_client.client",
        "influxdb_client.client.write_api",
        "influxdb_client.rest",
    ):
        monkeypatch.setitem(sys.modules, client, MagicMock())
    return importlib.import_module("homeassistant.components.influxdb")


def test_all_series_have_a_row() -> None:
    """Each series of the exporter is looked after."""
    assert [row.tag for row in rows()] == list(EXAMPLES)


@pytest.mark.usefixtures("all_enabled")
async def test_points(
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    wait: Wait,
    influxdb: ModuleType,
    subtests: pytest.Subtests,
) -> None:
    """Each row's entity is written as the page says, with what the exporter wrote."""
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    config = influxdb.CONFIG_SCHEMA(parse_yaml(example))["influxdb"]
    to_point: Callable[[Event[Any]], dict[str, Any] | None]
    to_point = influxdb._generate_event_to_json(config)
    points: dict[str, dict[str, Any]] = {}

    @callback
    def write(event: Event[Any]) -> None:
        if point := to_point(event):
            points[point["tags"]["entity_id"]] = point

    hass.bus.async_listen(EVENT_STATE_CHANGED, write)
    await async_add(hass, box)
    await wait(31)
    for row in rows():
        with subtests.test(row.tag):
            point = points[row.entity_id]
            state = hass.states.get(f"sensor.{row.entity_id}")
            assert state is not None
            assert point["measurement"] == "W"
            assert point["tags"] == {
                "domain": "sensor",
                "entity_id": row.entity_id,
                "friendly_name": state.name,
            }
            value = point["fields"]["value"]
            assert value * row.factor == pytest.approx(EXAMPLES[row.tag])


async def test_marks(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """Marked is the series whose entity has to be enabled first, and no other."""
    await async_add(hass, box)
    registry = er.async_get(hass)
    for row in rows():
        entity = registry.async_get(f"sensor.{row.entity_id}")
        assert entity is not None, row
        assert entity.disabled == row.disabled, row
