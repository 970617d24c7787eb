"""The Grafana dashboard, as tests see it."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any, NamedTuple, Self

ROOT = Path(__file__).parents[1]
DASHBOARD: dict[str, Any] = json.loads(
    (ROOT / "dashboards" / "grafana.json").read_text("utf-8")
)
DAY = 86_400


class Query(NamedTuple):
    """A query of a panel; a step in s, or 0 where the panel shows the present only."""

    row: str
    panel: str
    expression: str
    step: int

    def fill_in(self, selected: Mapping[str, list[str]]) -> Self:
        """Return the query with what is selected in each variable."""
        expression = re.sub(
            r"\$(\w+)", lambda it: "|".join(selected[it[1]]), self.expression
        )
        return self._replace(expression=expression)


class Variable(NamedTuple):
    """A variable of the dashboard: the part of a label's values that a regex takes."""

    name: str
    label: str
    series: str
    regex: str

    def options(self, values: list[str]) -> list[str]:
        """Return what can be selected, given the label's values."""
        return [found[1] for it in values if (found := re.search(self.regex, it))]


def queries() -> Iterator[Query]:
    """Return the queries of all panels."""
    row = ""
    for panel in DASHBOARD["panels"]:
        if panel["type"] == "row":
            row = panel["title"]
        for target in panel.get("targets", ()):
            step = DAY if panel.get("interval") == "1d" else 15
            step = step if target["range"] else 0
            yield Query(row, panel["title"], target["expr"], step)


def variables() -> Iterator[Variable]:
    """Return the variables that are asked for."""
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            call = re.fullmatch(
                r"label_values\((.+), (\w+)\)", variable["query"]["query"]
            )
            assert call is not None
            yield Variable(
                variable["name"], call[2], call[1], variable["regex"].strip("/")
            )
