"""The Grafana dashboard shows what a real Prometheus scrapes off the demo."""

import asyncio
import time

import pytest

from tests.grafana import Query, queries, variables

from .prometheus import Prometheus

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),  # that of the demo, which starts here, included
    pytest.mark.xdist_group("e2e"),
]

AFTER_AN_OUTAGE = {"Duration of the last"}
"""Panels that have nothing to show before the first outage."""


async def shows(server: Prometheus, query: Query) -> bool:
    """Return whether a query has anything to show, asked for its panel's time."""
    if not query.step:
        return bool(await server.query(query.expression))
    now = int(time.time())
    start = (now // query.step - 10) * query.step
    return bool(await server.query_range(query.expression, start, now, query.step))


async def test_grafana(scraper: Prometheus) -> None:
    """Every variable has something to select, and every panel something to show."""
    selected = {
        variable.name: variable.options(
            await scraper.label_values(variable.label, variable.series)
        )
        for variable in variables()
    }
    assert all(selected.values()), selected
    empty = [query.fill_in(selected) for query in queries()]
    deadline = time.monotonic() + 60  # what is counted needs a second scrape
    while {query.panel for query in empty} - AFTER_AN_OUTAGE:
        assert time.monotonic() < deadline, empty
        await asyncio.sleep(0.5)
        empty = [query for query in empty if not await shows(scraper, query)]
