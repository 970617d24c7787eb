"""A real Prometheus that scrapes a Home Assistant, asked the way Grafana asks one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession
import yaml

from tests.metrics import examples

from .client import Json
from .home_assistant import HOST, die_with_parent, free_port

START_SECONDS = 60


class PrometheusFailed(Exception):
    """Prometheus does not run, cannot scrape, or refused a query."""


class Prometheus:
    """The HTTP API of a running Prometheus."""

    def __init__(self, url: str, session: ClientSession) -> None:
        """Take the address, and a session that somebody else closes."""
        self._url = url
        self._session = session

    async def get(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer."""
        async with self._session.get(
            f"{self._url}/api/v1/{path}", params=parameters
        ) as response:
            if response.status != HTTPStatus.OK:
                raise PrometheusFailed(f"{parameters}: {await response.text()}")
            return (await response.json())["data"]

    async def label_values(self, label: str, series: str) -> list[str]:
        """Return the values that a label of some series has."""
        values: list[str] = await self.get(
            f"label/{label}/values", **{"match[]": series}
        )
        return values

    async def query(self, expression: str) -> list[Json]:
        """Return the series that an expression has now."""
        answer = await self.get("query", query=expression)
        series: list[Json] = answer["result"]
        return series

    async def query_range(
        self, expression: str, start: int, end: int, step: int
    ) -> list[Json]:
        """Return the series that an expression has in a time; s since 1970, and s."""
        answer = await self.get(
            "query_range",
            query=expression,
            start=str(start),
            end=str(end),
            step=str(step),
        )
        series: list[Json] = answer["result"]
        return series

    async def until_up(self) -> None:
        """Wait until it has scraped its target."""
        error = "it does not answer"
        try:
            async with asyncio.timeout(START_SECONDS):
                while True:
                    try:
                        targets = (await self.get("targets"))["activeTargets"]
                    except (
                        ClientError,
                        PrometheusFailed,
                    ):  # it is still reading its disk
                        targets = []
                    if any(target["health"] == "up" for target in targets):
                        return
                    error = "".join(target["lastError"] for target in targets) or error
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise PrometheusFailed(error) from None


def page_configuration(target: str, token: str) -> Json:
    """Return the example of docs/prometheus.md with a target and a token filled in."""
    _, config, _ = examples()
    (job,) = config["scrape_configs"]
    job["scrape_interval"] = "2s"
    job["authorization"]["credentials"] = token
    job["static_configs"] = [{"targets": [target]}]
    return config


@asynccontextmanager
async def scraping(
    program: str, folder: Path, configuration: Json
) -> AsyncGenerator[Prometheus]:
    """Run Prometheus in a folder; it may need a while until it answers."""
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump(configuration), "utf-8")
    port = free_port()
    with (folder / "console.log").open("wb") as console:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={HOST}:{port}",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=console,
            stderr=asyncio.subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
    try:
        async with ClientSession() as session:
            yield Prometheus(f"http://{HOST}:{port}", session)
    finally:
        process.kill()
        await process.wait()
