"""These tests drive a Home Assistant of its own process, and need no other."""

import asyncio
from collections.abc import AsyncGenerator, Generator
import os
from pathlib import Path
import signal

import pytest

from .client import HomeAssistantClient
from .demo_process import Demo
from .frontend import ARTEFACTS, Frontend, frontend
from .home_assistant import access_token
from .programs import NoProgram, find_program
from .prometheus import Prometheus, page_configuration, scraping

FAILED = pytest.StashKey[bool]()


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


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the browser's folder, which tests share as they share its cache."""
    return tmp_path_factory.mktemp("profile")


@pytest.fixture(name="frontend")
async def open_frontend(
    request: pytest.FixtureRequest, demo: Demo, profile: Path
) -> AsyncGenerator[Frontend]:
    """Return a user at the demo's frontend; what a failed test saw last is kept."""
    program = required("chromium")
    asyncio.get_running_loop().set_debug(False)  # Playwright takes three times as long
    async with frontend(program, demo.url, profile) as user:
        yield user
        if request.node.stash.get(FAILED, False):
            name = f"failed-{request.node.name}"
            await user.picture(name)
            (ARTEFACTS / f"{name}.txt").write_text("\n".join(user.errors), "utf-8")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know whether the test failed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
