"""A PostgreSQL for the recorder and a Prometheus that scrapes, from Debian's packages."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
import importlib.util
import os
from pathlib import Path
import shutil
import tempfile
from typing import Any

from tests.e2e.home_assistant import HOST, free_port
from tests.e2e.programs import NoProgram, find_program
from tests.e2e.prometheus import Prometheus, scraping

USER = "homeassistant"


class NotHere(Exception):
    """A store is not installed; the text tells what to do."""


def _postgresql_program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found or importlib.util.find_spec("psycopg2") is None:
        raise NotHere("PostgreSQL or psycopg2 is missing: apt-get install postgresql")
    return str(found[-1])


def _as_its_user(*command: str) -> Sequence[str]:
    """Return a command as PostgreSQL wants it: not as the superuser."""
    return ("runuser", "-u", "postgres", "--", *command) if not os.getuid() else command


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd="/",
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {said.decode()}")
    return said.decode()


class PostgreSQL:
    """A cluster of its own in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; nothing is started yet."""
        self._folder = folder
        self._port = free_port()
        self.url = f"postgresql://{USER}@{HOST}:{self._port}/postgres"

    async def query(self, text: str) -> str:
        """Return what a query answers."""
        return (await _run(_postgresql_program("psql"), "-Atc", text, self.url)).strip()

    async def figures(self) -> dict[str, Any]:
        """Return what is stored."""
        size = "pg_size_pretty(pg_database_size(current_database()))"
        return {
            "rows of states": await self.query("SELECT count(*) FROM states"),
            "size": await self.query(f"SELECT {size}"),
        }

    async def start(self) -> None:
        """Make the cluster and start it."""
        if not os.getuid():
            shutil.chown(self._folder, "postgres")
        data = str(self._folder / "data")
        await _run(
            *_as_its_user(
                *(_postgresql_program("initdb"), "-D", data, "-U", USER, "-A", "trust")
            )
        )
        await _run(*self._control("-w", "-o", self._options(), "start"))

    async def stop(self) -> None:
        """Stop it."""
        await _run(*self._control("-m", "fast", "stop"))

    def _control(self, *arguments: str) -> Sequence[str]:
        log = str(self._folder / "log")
        program = _postgresql_program("pg_ctl")
        data = str(self._folder / "data")
        return _as_its_user(program, "-D", data, "-l", log, *arguments)

    def _options(self) -> str:
        return f"-p {self._port} -h {HOST} -k {self._folder}"


@asynccontextmanager
async def postgresql() -> AsyncGenerator[PostgreSQL]:
    """Run a PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="power-steward-pg-") as folder:
        server = PostgreSQL(Path(folder))
        await server.start()
        try:
            yield server
        finally:
            await server.stop()


async def figures(server: Prometheus) -> dict[str, Any]:
    """Return what is scraped, and how long that takes."""

    async def value(expression: str) -> float | None:
        series = await server.query(expression)
        return float(series[0]["value"][1]) if series else None

    job = '{job="home_assistant"}'
    return {
        "up": await value(f"up{job}"),
        "samples a scrape": await value(f"scrape_samples_scraped{job}"),
        "seconds a scrape": await value(f"scrape_duration_seconds{job}"),
        "series": await value(f"count({job})"),
    }


@asynccontextmanager
async def prometheus(target: str, token: str) -> AsyncGenerator[Prometheus]:
    """Run a Prometheus that scrapes one Home Assistant."""
    job = {
        "job_name": "home_assistant",
        "metrics_path": "/api/prometheus",
        "authorization": {"credentials": token},
        "static_configs": [{"targets": [target]}],
    }
    configuration = {
        "global": {"scrape_interval": "30s", "scrape_timeout": "25s"},
        "scrape_configs": [job],
    }
    try:
        program = find_program("prometheus")
    except NoProgram as err:
        raise NotHere(str(err)) from err
    with tempfile.TemporaryDirectory(prefix="power-steward-prometheus-") as folder:
        async with scraping(program, Path(folder), configuration) as server:
            yield server
