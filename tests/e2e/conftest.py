"""These tests drive a Home Assistant of its own process, and need no other."""

from collections.abc import AsyncGenerator, Generator
import os
from pathlib import Path
import signal

import pytest

from .client import HomeAssistantClient
from .demo_process import Demo
from .home_assistant import access_token
from .programs import NoProgram, find_program
from .prometheus import Prometheus, page_configuration, scraping


@pytest.fixture(autouse=True)
def _enable() -> None:
    """Do nothing; replaces what the other tests need."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """Return a running demo."""
    demo = Demo(tmp_path_factory.mktemp("demo"))
    try:
        demo.start()
        yield demo
    finally:
        if demo.process is not None:
            demo.end(signal.SIGINT)


@pytest.fixture
async def home(demo: Demo) -> AsyncGenerator[HomeAssistantClient]:
    """Return a user of the demo's Home Assistant."""
    async with HomeAssistantClient(demo.url, access_token(demo.folder)) as client:
        yield client


def required(package: str) -> str:
    """Return a program's path; without it there are no tests that need it."""
    try:
        return find_program(package)
    except NoProgram as err:
        if os.environ.get("CI"):
            pytest.fail(f"This test cannot run: {err}", pytrace=False)
        pytest.skip(f"This test cannot run: {err}")


@pytest.fixture
async def scraper(demo: Demo, tmp_path: Path) -> AsyncGenerator[Prometheus]:
    """Return a Prometheus that has scraped the demo."""
    program = required("prometheus")
    configuration = page_configuration(
        demo.url.removeprefix("http://"), access_token(demo.folder)
    )
    async with scraping(program, tmp_path, configuration) as server:
        await server.until_up()
        yield server
