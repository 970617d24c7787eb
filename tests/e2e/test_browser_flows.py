"""Entries added, repaired and changed in the browser, as a user does it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import expect
import pytest

from tests.simulators.aiseg2 import AiSeg2Simulator
from tests.simulators.ecoflow import SimulatedHome
from tests.simulators.ecoflow.cloud import Account
from tests.simulators.epex import EpexSimulator
from tests.simulators.must import Gateway, Line, SerialPort, SimulatedMust
from tests.simulators.winpower import SimulatedUps, WinPowerSimulator

from .client import HomeAssistantClient, Json
from .demo import settle
from .demo_process import ORIGINAL, Demo
from .demo_simulators import SIMULATORS
from .demo_types import Place, rapl, winpower
from .demo_types.ecoflow import delta_2_max
from .frontend import Dialog, Frontend, said
from .home_assistant import free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("e2e"),
]


type Added = Callable[[], Awaitable[Json]]


@pytest.fixture
async def added(home: HomeAssistantClient) -> AsyncGenerator[Added]:
    """Return how to find the entry that the test added; it is removed afterwards."""
    before = {entry["entry_id"] for entry in await home.entries()}

    async def new() -> list[Json]:
        return [
            entry for entry in await home.entries() if entry["entry_id"] not in before
        ]

    async def find() -> Json:
        (entry,) = await new()
        return entry

    yield find
    for entry in await new():
        await home.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")


@dataclass(frozen=True, kw_only=True)
class Branch[SimulatorT]:
    """A branch of the config flow, gone through with one mistake."""

    key: str
    start: Callable[[], AbstractAsyncContextManager[SimulatorT]]
    menus: Mapping[str, str]
    """The option to choose, by the step of the menu."""
    forms: Callable[[SimulatorT], Mapping[str, Mapping[str, Any]]]
    """The right answers, by the step of the form; the last form takes the wrong ones."""
    wrong: Mapping[str, Any]
    """Wrong answers to the last form."""
    error: str
    title: str
    """How the entry is called."""


NOBODY = f"127.0.0.1:{free_port()}"
"""Where nothing listens."""

BRANCHES: Sequence[Branch[Any]] = (
    Branch[WinPowerSimulator](
        key="winpower",
        start=lambda: WinPowerSimulator(upses=[SimulatedUps(alias="Attic")]),
        menus={"user": "winpower"},
        forms=lambda server: {
            "winpower": {
                "url": server.url,
                "username": server.username,
                "password": server.password,
            }
        },
        wrong={"password": "not the password"},
        error="invalid_auth",
        title="WinPower 127.0.0.1",
    ),
    Branch[AiSeg2Simulator](
        key="aiseg2",
        start=lambda: AiSeg2Simulator(mac="02-00-5e-10-00-02"),
        menus={"user": "aiseg2"},
        forms=lambda box: {
            "aiseg2": {"host": box.address, "password": box.digest.password}
        },
        wrong={"host": NOBODY},
        error="cannot_connect",
        title="AiSEG2",
    ),
    Branch[Gateway](
        key="must",
        start=lambda: Gateway(Line(SimulatedMust())),
        menus={"user": "must", "must": "must_tcp"},
        forms=lambda gateway: {
            "must_tcp": {"host": gateway.host, "port": gateway.port}
        },
        wrong={"port": int(NOBODY.rpartition(":")[2])},
        error="cannot_connect",
        title="MUST EP2000 Pro",
    ),
    Branch[SimulatedHome](
        key="ecoflow",
        start=lambda: SimulatedHome(
            [delta_2_max()], Account(user_id="1000000000000000002"), tls=False
        ),
        menus={"user": "ecoflow", "ecoflow": "ecoflow_account"},
        forms=lambda home: {
            "ecoflow_account": {
                "username": home.account.email,
                "password": home.account.password,
                "more_options": {"api_host": home.cloud.url},
            }
        },
        wrong={"password": "not the password"},
        error="invalid_auth",
        title="EcoFlow someone@example.com",
    ),
    Branch[EpexSimulator](
        key="epex",
        start=EpexSimulator,
        menus={"user": "epex"},
        forms=lambda market: {
            "epex": {"zone": "Austria (AT)"},
            "epex_energy_charts": {"more_options": {"url": market.url}},
        },
        wrong={"more_options": {"url": f"http://{NOBODY}"}},
        error="epex_cannot_connect",
        title="EPEX AT",
    ),
)


@pytest.mark.parametrize("branch", BRANCHES, ids=lambda branch: branch.key)
async def test_adding(
    branch: Branch[Any],
    frontend: Frontend,
    home: HomeAssistantClient,
    added: Added,
) -> None:
    """Each branch of the config flow leads to an entry, also after a mistake."""
    async with branch.start() as simulator:
        dialog = await frontend.add_integration()
        for menu, option in branch.menus.items():
            await dialog.choose(menu, option)
        *before, (step, right) = branch.forms(simulator).items()
        for earlier, answers in before:
            await dialog.fill(earlier, answers)
            await dialog.submit()
        await dialog.fill(step, {**right, **branch.wrong})
        await dialog.submit()
        await dialog.shows_error(branch.error)
        await frontend.picture(f"add-{branch.key}-error")
        await dialog.fill(step, right)
        await dialog.submit()
        await dialog.is_done()
        await frontend.picture(f"add-{branch.key}-done")
        await dialog.close()
        entry = await added()
        assert entry["title"] == branch.title
        await home.until_loaded(entry["entry_id"])


async def test_adding_must_on_a_port(
    frontend: Frontend, home: HomeAssistantClient, added: Added, tmp_path: Path
) -> None:
    """A port that is entered by hand leads to the UPS, as soon as that answers."""
    offered = bool(await home.ws("usb/list_serial_ports"))
    ups = SimulatedMust(answers=False)
    async with SerialPort(Line(ups), tmp_path / "ttyUPS") as port:
        dialog = await frontend.add_integration()
        await dialog.choose("user", "must")
        await dialog.choose("must", "must_serial")
        await dialog.enter_port("must_serial", "device", port.device, offered=offered)
        await dialog.fill("must_serial", {"battery_capacity": 55})
        await dialog.submit()
        await dialog.shows_error("no_answer")
        await frontend.picture("add-must-port-error")
        ups.answers = True
        await dialog.submit()
        await dialog.is_done()
        await frontend.picture("add-must-port-done")
        await dialog.close()
        entry = await added()
        assert entry["title"] == "MUST EP2000 Pro"
        await home.until_loaded(entry["entry_id"])


async def test_adding_rapl(
    frontend: Frontend, demo: Demo, home: HomeAssistantClient
) -> None:
    """An entry that was deleted, which brings the limits back, can be added again."""
    place = Place(demo.folder / SIMULATORS / rapl.DEMO.key)
    before = place.recall("entry")
    await frontend.operate_entry(before, "Delete")
    await frontend.page.get_by_role("button", name="Delete", exact=True).click()
    await expect(frontend.entry(before)).to_have_count(0)
    assert demo.limits() == ORIGINAL

    dialog = await frontend.add_integration()
    await dialog.choose("user", "rapl")
    await dialog.fill("rapl", {"path": "/nowhere"})
    await dialog.submit()
    await dialog.shows_error("rapl_missing")
    await frontend.picture("add-rapl-error")
    await dialog.fill("rapl", {"path": str(demo.sysfs / "class/powercap")})
    await dialog.submit()
    await dialog.fill("rapl_arm", {"allow_control": True})
    await frontend.picture("add-rapl-control")
    await dialog.submit()
    await dialog.is_done()
    await dialog.close()
    (entry,) = (
        entry for entry in await home.entries() if entry["title"] == "Processor power"
    )
    await settle(home, rapl.DEMO, place, entry)


@pytest.fixture
async def server() -> AsyncGenerator[WinPowerSimulator]:
    """Return a WinPower server that is not the demo's."""
    async with WinPowerSimulator(upses=[SimulatedUps(alias="Attic")]) as simulator:
        yield simulator


@pytest.fixture
async def entry_id(
    home: HomeAssistantClient, server: WinPowerSimulator, added: Added
) -> str:
    """Return the entry of that server."""
    await home.add_entry(*winpower.flow_steps(server))
    entry_id: str = (await added())["entry_id"]
    await home.until_loaded(entry_id)
    return entry_id


async def test_reauth(
    frontend: Frontend,
    home: HomeAssistantClient,
    server: WinPowerSimulator,
    entry_id: str,
) -> None:
    """An account that is no longer accepted is asked for, and the entry goes on."""
    await frontend.open_entries()
    server.password = "another password"
    server.expire_tokens()
    await frontend.page.get_by_role("button", name="Reconfigure", exact=True).click()
    dialog = Dialog(frontend.page, "config")
    await dialog.fill("winpower_reauth", {"password": "not the password"})
    await dialog.submit()
    await dialog.shows_error("invalid_auth")
    await frontend.picture("reauth")
    await dialog.fill("winpower_reauth", {"password": server.password})
    await dialog.submit()
    await dialog.sees("Re-authentication was successful")
    await dialog.close()
    await home.until_loaded(entry_id)


async def test_reconfigure(
    frontend: Frontend,
    home: HomeAssistantClient,
    server: WinPowerSimulator,
    entry_id: str,
) -> None:
    """A server that moved is found again at its new address."""
    await server.stop()
    await server.start()
    await frontend.operate_entry(entry_id, "Reconfigure")
    dialog = Dialog(frontend.page, "config")
    await dialog.fill("winpower_reconfigure", {"url": f"http://{NOBODY}"})
    await dialog.submit()
    await dialog.shows_error("cannot_connect")
    await frontend.picture("reconfigure")
    await dialog.fill("winpower_reconfigure", {"url": server.url})
    await dialog.submit()
    await dialog.sees("Reconfiguration was successful")
    await dialog.close()
    await home.until_loaded(entry_id)


async def test_options(
    frontend: Frontend, home: HomeAssistantClient, entry_id: str
) -> None:
    """Options that were changed are there the next time."""
    for before, after in ((5, 7), (7, 9)):
        dialog = await frontend.open_options(entry_id)
        await dialog.choose("init", "settings")
        await dialog.shows("winpower_options", "interval", before)
        await dialog.fill("winpower_options", {"interval": after})
        await frontend.picture("options")
        await dialog.submit()
        await dialog.close()
        await home.until_loaded(entry_id)


async def test_energy_dashboard_step(
    frontend: Frontend, home: HomeAssistantClient, entry_id: str
) -> None:
    """What an entry has goes on the Energy dashboard, and from it again."""

    async def meters() -> list[str]:
        prefs = await home.ws("energy/get_prefs")
        return [device["stat_consumption"] for device in prefs["device_consumption"]]

    before = await meters()
    dialog = await frontend.open_options(entry_id)
    await dialog.choose("init", "energy_dashboard")
    await dialog.sees("Attic")
    await frontend.picture("energy-step-add")
    await dialog.submit()
    await dialog.close()
    assert await meters() == [*before, "sensor.attic_energy"]

    dialog = await frontend.open_options(entry_id)
    await dialog.choose("init", "energy_dashboard")
    await dialog.choose("energy_dashboard", "energy_dashboard_undo")
    await dialog.sees("Attic")
    await frontend.picture("energy-step-undo")
    await dialog.submit()
    await dialog.close()
    assert await meters() == before


async def test_energy_dashboard_step_of_history(
    frontend: Frontend, home: HomeAssistantClient
) -> None:
    """What the imported history counts is not offered as a meter of today, too."""

    async def meters() -> set[str]:
        prefs = await home.ws("energy/get_prefs")
        sections = ("energy_sources", "device_consumption")
        return {str(item) for section in sections for item in prefs[section]}

    async def step(option: str) -> Dialog:
        dialog = await frontend.open_options(entry["entry_id"])
        await dialog.choose("init", "energy_dashboard")
        await dialog.choose("energy_dashboard", option)
        return dialog

    (entry,) = (it for it in await home.entries() if it["title"] == "AiSEG2")
    before = await meters()
    grid = "Grid: Home Grid power, AiSEG2 主幹買電"

    dialog = await step("energy_dashboard_undo")
    await dialog.sees(grid)
    await frontend.picture("energy-step-history-undo")
    await dialog.submit()
    await dialog.close()
    assert await meters() < before

    dialog = await step("energy_dashboard_imported")
    await dialog.sees(f"+ {grid}")
    await frontend.picture("energy-step-history")
    await dialog.submit()
    await dialog.close()
    assert await meters() >= before

    dialog = await step("energy_dashboard_add")
    # Circuits whose hours the card does not hold yet have nothing but their meters.
    nothing = said("options.step.energy_dashboard_complete.description")
    offered = dialog.box.get_by_text("+ Device: ")
    await expect(dialog.box.get_by_text(nothing).or_(offered).first).to_be_visible()
    await expect(dialog.box.get_by_text("+ Grid: ")).to_have_count(0)
    await frontend.picture("energy-step-history-beside")
    await frontend.page.keyboard.press("Escape")
