"""The Grafana dashboard can be imported, and docs/grafana.md tells what it needs."""

from itertools import combinations
import json
import re

from .grafana import DASHBOARD, ROOT, queries

PAGE = (ROOT / "docs" / "grafana.md").read_text("utf-8")
PANELS = DASHBOARD["panels"]


def test_panels() -> None:
    """Panels are of Grafana's own kinds, and beside each other."""
    assert {panel["type"] for panel in PANELS} == {
        "bargauge",
        "row",
        "stat",
        "timeseries",
    }
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    places = [panel["gridPos"] for panel in PANELS]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
        )


def test_datasource() -> None:
    """All is asked of the data source that is chosen at the top."""
    assert DASHBOARD["templating"]["list"][0]["name"] == "datasource"
    found = re.findall(r'"uid": "([^"]+)"', json.dumps(DASHBOARD))
    assert set(found) == {DASHBOARD["uid"], "${datasource}"}


def test_rows_are_explained() -> None:
    """The page has the dashboard's rows, and the metrics that each of them asks for."""
    table = dict(
        re.findall(r"^\| ([A-Z].+?) \| (`homeassistant_.+) \|$", PAGE, re.MULTILINE)
    )
    assert list(table) == [panel["title"] for panel in PANELS if panel["type"] == "row"]
    for query in queries():
        for metric in re.findall(r"homeassistant_\w+", query.expression):
            assert metric in table[query.row], query
