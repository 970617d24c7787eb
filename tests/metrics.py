"""What tests of the series in docs/prometheus.md share: its rows, and a scrape."""

from pathlib import Path
import re
from typing import Any, NamedTuple

from prometheus_client import REGISTRY
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import yaml

PAGE = (Path(__file__).parents[1] / "docs/prometheus.md").read_text("utf-8")


class Row(NamedTuple):
    """A metric of an exporter and what takes its place."""

    metric: str
    series: str | None
    entity_id: str | None
    disabled: bool
    factor: float


def rows(prefix: str, names: dict[str, str]) -> list[Row]:
    """Return the rows of an exporter's metrics, with the devices' names in them."""
    found = []
    for line in PAGE.splitlines():
        if not line.startswith(f"| `{prefix}"):
            continue
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) < 3:
            continue  # of the table of labels
        metric, series, more = cells[0], cells[1], "".join(cells[2:])
        for name, value in names.items():
            series = series.replace(name, value)
        match = re.fullmatch(r'`(\w+)(?:{entity="(.+)"})?`( ¹)?', series)
        factor = re.search(r"× (\d+) =", more)
        assert (series == "none") == (match is None), line
        found.append(
            Row(
                metric.strip("`"),
                match and match[1],
                match and match[2],
                bool(match and match[3]),
                float(factor[1]) if factor else 1,
            )
        )
    return found


def examples() -> list[dict[str, Any]]:
    """Return the examples of the page."""
    return [
        yaml.safe_load(code)
        for code in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    ]


async def async_scrape(hass_client: ClientSessionGenerator) -> dict[str, float]:
    """Return all series that Home Assistant exposes, with their labels."""
    response = await (await hass_client()).get("/api/prometheus")
    return {
        name: float(value)
        for name, value in re.findall(
            r"^(\w+(?:{.*})?) (\S+)$", await response.text(), re.MULTILINE
        )
    }


def forget() -> None:
    """Take back what Home Assistant registered for the whole process."""
    for collector, names in list(REGISTRY._collector_to_names.items()):
        if any(name.startswith("homeassistant_") for name in names):
            REGISTRY.unregister(collector)


def value_of(exposed: dict[str, float], series: str, entity_id: str | None) -> float:
    """Return the value of a series that has to be there."""
    label = f'entity="{entity_id}"' if entity_id else ""
    (value,) = (
        value
        for name, value in exposed.items()
        if name.partition("{")[0] == series and label in name
    )
    return value
