"""Polling: when, what of a failure, and what of what appears, changes and goes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
import logging
from typing import Any
from unittest.mock import patch

from aiohttp import ClientTimeout
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.power_steward import slices
from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import PollingCoordinator
from custom_components.power_steward.devices.errors import RateLimited
from custom_components.power_steward.devices.winpower import client
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)

from .common import async_add_winpower, shown
from .conftest import Wait
from .simulators.winpower import (
    DEVICE,
    REMOVED,
    RawJson,
    SimulatedUps,
    WinPowerSimulator,
    faults,
)

POWER = "sensor.c3k_load_power"
CONNECTED = "binary_sensor.winpower_127_0_0_1_connected"
FAILURES = "sensor.winpower_127_0_0_1_failed_polls"
LAST_FAILURE = "sensor.winpower_127_0_0_1_last_failure"


def pauses(server: WinPowerSimulator) -> list[float]:
    """Return the seconds between the polls that a server has seen."""
    times = [
        request.at for request in server.requests if request.query.get("current") == "1"
    ]
    return [later - earlier for earlier, later in pairwise(times)]


def told(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what we have told the log, and what others have complained about."""
    return [
        record
        for record in caplog.records
        if record.levelno >= logging.WARNING
        or (
            record.levelno >= logging.INFO
            and record.name.startswith("custom_components.power_steward")
        )
    ]


# When


@pytest.mark.parametrize("interval", [2, 5, 30])
async def test_interval(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait, interval: int
) -> None:
    """Polls are as far apart as the options say."""
    await async_add_winpower(hass, winpower, interval=interval)
    winpower.requests.clear()
    await wait(4 * interval)
    assert pauses(winpower) == [interval] * 3


async def test_faster_on_battery(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """While any UPS carries its load by battery, nothing is missed for long."""
    away = SimulatedUps(alias="Away", offline_realtime="stale")
    winpower.upses.append(away)
    await async_add_winpower(hass, winpower)
    away.lose_mains()
    await wait(5)
    away.connected = False
    await wait(10)
    winpower.requests.clear()

    await wait(11)
    assert pauses(winpower) == [5]
    winpower.upses[0].lose_mains()
    await wait(10)
    winpower.upses[0].restore_mains()
    await wait(12)
    assert pauses(winpower) == [5, 5, 2, 2, 2, 2, 2, 5, 5]


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (5, [5, 5, 10, 20, 40, 60, 60, 5]),
        (30, [30, 30, 60, 60, 30]),
        (300, [300, 300]),
    ],
)
async def test_back_off(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    interval: int,
    expected: list[int],
) -> None:
    """A server that is down is left alone for longer and longer, up to a minute."""
    await async_add_winpower(hass, winpower, interval=interval)
    winpower.requests.clear()
    await wait(interval)
    down = winpower.inject(faults.status(503))
    await wait(sum(expected[:-2]) + 1)
    down.clear()
    await wait(sum(expected[-2:]))
    assert pauses(winpower) == expected


# Failures


FAULTS: dict[str, tuple[str, faults.Fault]] = {
    "hanging": ("cannot_connect", faults.hang()),
    "hanging in mid-body": ("cannot_connect", faults.hang(mid_body=True)),
    "reset": ("cannot_connect", faults.reset(mid_body=False)),
    "reset in mid-body": ("cannot_connect", faults.reset()),
    "not HTTP": ("cannot_connect", faults.raw(b"\x00\xff not HTTP\r\n\r\n")),
    "HTML": ("invalid_answer", faults.html()),
    "HTML of a proxy": ("request_refused", faults.html(code=502)),
    "empty": ("invalid_answer", faults.empty()),
    "not JSON": ("invalid_answer", faults.not_json()),
    "a list": ("invalid_answer", faults.json_list()),
    "truncated": ("invalid_answer", faults.truncated()),
    "10 MB": ("invalid_answer", faults.huge(10)),
    "deep": ("invalid_answer", faults.status(200, b"[" * 100_000)),
    "without a code": ("invalid_answer", faults.no_code()),
    "wrong types": ("invalid_answer", faults.garbage_types(keep=frozenset())),
    "data of a wrong type": (
        "invalid_answer",
        faults.spoilt(lambda answer: {**answer, "data": "none"}),
    ),
    "redirect": ("request_refused", faults.redirect("http://192.0.2.1/")),
    "status 404": ("request_refused", faults.status(404)),
    "status 429": ("request_refused", faults.status(429)),
    "status 500": ("request_refused", faults.shape("E9_text")),
    "code 500": ("request_refused", faults.shape("E11_500")),
    "code 401": ("session_rejected", faults.shape("E1")),
    "code 403": ("session_rejected", faults.shape("E11")),
    "status 401": ("session_rejected", faults.shape("E4")),
}


@asynccontextmanager
async def refusing(server: WinPowerSimulator) -> AsyncIterator[None]:
    """Let a server refuse connections for a while."""
    await server.stop_listening()
    yield
    await server.listen_again()


@asynccontextmanager
async def failing(
    server: WinPowerSimulator, fault: faults.Fault, *, hanging: bool
) -> AsyncIterator[None]:
    """Let a server spoil its device lists for a while."""
    patience = ClientTimeout(total=0.05) if hanging else client.REQUEST_TIMEOUT
    with (
        server.inject(fault, on="list"),
        patch.object(client, "REQUEST_TIMEOUT", patience),
    ):
        yield


async def test_failures(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    subtests: pytest.Subtests,
) -> None:
    """Every failure is one line in the log, and so is its end; nothing wrong is shown."""
    await async_add_winpower(hass, winpower)
    ups = [
        state.entity_id
        for state in hass.states.async_all()
        if "c3k" in state.name.lower()
    ]
    cases = {
        "refused": ("cannot_connect", refusing(winpower)),
        **{
            name: (key, failing(winpower, fault, hanging="hanging" in name))
            for name, (key, fault) in FAULTS.items()
        },
    }
    for name, (key, trouble) in cases.items():
        with subtests.test(name):
            caplog.clear()
            failures = int(shown(hass, FAILURES))
            async with trouble:
                await wait(5)
                assert {shown(hass, entity_id) for entity_id in ups} == {"unavailable"}
                assert shown(hass, CONNECTED) == "off"
                assert shown(hass, LAST_FAILURE) == key
                assert shown(hass, FAILURES) == str(failures + 1)
                await wait(15)
                assert shown(hass, FAILURES) == str(failures + 3)
            await wait(20)
            assert shown(hass, POWER) == "195.0"
            assert shown(hass, CONNECTED) == "on"
            lost, back = told(caplog)
            assert lost.name == back.name == "custom_components.power_steward"
            assert lost.levelno == logging.ERROR
            assert "WinPower 127.0.0.1" in lost.message
            assert back.levelno == logging.INFO
            assert "recovered" in back.message


async def test_session_that_is_turned_away(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    winpower: WinPowerSimulator,
    wait: Wait,
) -> None:
    """Three polls in a row that log in for nothing are an issue, until it is well."""
    entry = await async_add_winpower(hass, winpower)
    issue = (DOMAIN, f"session_rejected_{entry.entry_id}")
    fault = faults.shape("E11")
    with winpower.inject(fault, on="list"):
        await wait(10)  # two polls
        assert issue_registry.async_get_issue(*issue) is None
    await wait(10)
    with winpower.inject(fault, on="list"):
        await wait(5 + 5 + 10)
        found = issue_registry.async_get_issue(*issue)
        assert found is not None
        assert found.translation_key == "session_rejected"
        assert found.translation_placeholders == {"name": "WinPower 127.0.0.1"}
    await wait(20)
    assert issue_registry.async_get_issue(*issue) is None

    winpower.inject(fault, on="list")
    await wait(5 + 5 + 10)
    assert issue_registry.async_get_issue(*issue) is not None
    await hass.config_entries.async_remove(entry.entry_id)
    assert issue_registry.async_get_issue(*issue) is None


async def test_session_that_another_keeps_ending(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """A token that died is replaced within the poll, unnoticed."""
    await async_add_winpower(hass, winpower)
    for _ in range(5):
        winpower.expire_tokens()
        await wait(5)
        assert shown(hass, POWER) == "195.0"
    assert shown(hass, FAILURES) == "0"


async def test_token_that_dies_between_two_pages(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """A poll goes on from the page at which its token died."""
    winpower.page_size_limit = 1
    winpower.upses.append(SimulatedUps(alias="Attic"))
    await async_add_winpower(hass, winpower)
    logins = winpower.logins
    winpower.upses[1].load = 500.0
    winpower.inject(faults.shape("E1"), on="list", from_page=2, times=1)
    await wait(5)
    assert winpower.logins == logins + 1
    assert shown(hass, "sensor.attic_load_power") == "500.0"
    assert shown(hass, FAILURES) == "0"


# What appears, changes and goes


async def test_new_device(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    winpower: WinPowerSimulator,
    wait: Wait,
) -> None:
    """A UPS that is added to the server is there with the next poll."""
    winpower.upses, later = [], winpower.upses
    entry = await async_add_winpower(hass, winpower)
    assert shown(hass, "sensor.winpower_127_0_0_1_devices") == "0"
    winpower.upses = later
    await wait(5)
    assert shown(hass, POWER) == "195.0"
    assert shown(hass, "sensor.winpower_127_0_0_1_devices") == "1"
    names = {
        device.name
        for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    }
    assert names == {"WinPower 127.0.0.1", "C3K"}


async def test_new_value(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """A value that a UPS did not report before gets its entity with the first one."""
    realtime = winpower.upses[0].overrides["realtime"] = {"upsTemperature": REMOVED}
    await async_add_winpower(hass, winpower)
    assert hass.states.get("sensor.c3k_temperature") is None
    realtime["upsTemperature"] = "31.5"
    await wait(5)
    assert shown(hass, "sensor.c3k_temperature") == "31.5"


async def test_device_that_goes_and_returns(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    winpower: WinPowerSimulator,
    wait: Wait,
) -> None:
    """A UPS that is no longer listed is unavailable until it is listed again."""
    winpower.upses.append(SimulatedUps(alias="Attic"))
    entry = await async_add_winpower(hass, winpower)
    before = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    ups = winpower.upses.pop(0)
    await wait(5)
    assert shown(hass, POWER) == "unavailable"
    assert shown(hass, "binary_sensor.c3k_connected") == "unavailable"
    assert shown(hass, "sensor.attic_load_power") == "195.0"

    winpower.upses.append(ups)
    await wait(5)
    assert shown(hass, POWER) == "195.0"
    after = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert after == before


async def test_new_name_and_firmware(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    winpower: WinPowerSimulator,
    wait: Wait,
) -> None:
    """What the server says of a UPS is what its device says."""
    entry = await async_add_winpower(hass, winpower)
    ups = winpower.upses[0]
    ups.alias, ups.firmware = "Rack", "04.00"
    await wait(5)
    device = entry.runtime_data.device(ups.id)
    assert isinstance(device, dr.DeviceEntry)
    assert (device.name, device.sw_version) == ("Rack", "04.00")
    state = hass.states.get(POWER)
    assert state is not None
    assert state.name == "Rack Load power"


async def test_500_devices(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Twenty-five pages are one poll."""
    caplog.set_level(logging.WARNING)  # the registries tell of each entity at length
    few = frozenset(SimulatedUps().realtime()) - {"loadTotalWatt"}
    all_of = frozenset({*SimulatedUps().config(), *SimulatedUps().setting()})
    winpower.upses = [
        SimulatedUps(alias=f"UPS {number}", omitted=few | all_of, load=number)
        for number in range(500)
    ]
    await async_add_winpower(hass, winpower)
    winpower.requests.clear()
    await wait(5)
    assert [request.query["current"] for request in winpower.requests] == [
        str(number) for number in range(1, 26)
    ]
    assert shown(hass, "sensor.winpower_127_0_0_1_devices") == "500"
    assert [
        shown(hass, f"sensor.ups_{number}_load_power") for number in range(500)
    ] == [f"{number}.0" for number in range(500)]


async def test_every_device_in_its_own_turn(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where devices take long, others have their turn between two of them."""
    monkeypatch.setattr(slices.in_slices, "__defaults__", (0.0,))
    monkeypatch.setattr(PollingCoordinator, "slice", 0.0)
    winpower.upses = [
        SimulatedUps(alias=f"UPS {number}", load=100.0 + number) for number in range(5)
    ]
    powers = [f"sensor.ups_{number}_load_power" for number in range(5)]
    await async_add_winpower(hass, winpower)
    assert [shown(hass, power) for power in powers] == [
        f"{100 + number}.0" for number in range(5)
    ]
    turn = 0
    turns: dict[str, int] = {}

    def next_turn() -> None:
        nonlocal turn
        turn += 1
        if len(turns) < 5:
            hass.loop.call_soon(next_turn)

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] in powers:
            turns[event.data["entity_id"]] = turn

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    for ups in winpower.upses:
        ups.load = 200.0
        ups.lose_mains()
    next_turn()
    await wait(5)
    assert len(set(turns.values())) == 5
    assert {shown(hass, power) for power in powers} == {"200.0"}
    assert {
        shown(hass, f"binary_sensor.ups_{number}_on_battery") for number in range(5)
    } == {"on"}
    winpower.inject(faults.status(503))
    await wait(5)
    assert {shown(hass, power) for power in powers} == {"unavailable"}


# What cannot be right


async def test_devices_that_cannot_be_told_apart(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without an id of its own a device is left out, which is said once."""
    await async_add_winpower(hass, winpower)
    caplog.clear()
    twin = SimulatedUps(id=winpower.upses[0].id, alias="C3K", load=400.0)
    nameless = SimulatedUps(overrides={"assetDevice": {"id": REMOVED}})
    nothing = SimulatedUps(overrides={DEVICE: {"assetDevice": REMOVED}})
    winpower.upses += [twin, nameless, nothing]
    await wait(30)
    assert shown(hass, POWER) == "400.0"
    assert shown(hass, "sensor.winpower_127_0_0_1_devices") == "1"
    messages = [record.message for record in told(caplog)]
    assert messages == [
        "WinPower 127.0.0.1 lists 2 devices without an id, left out",
        "WinPower 127.0.0.1 lists 1 devices more than once, the last entry counts",
    ]


@pytest.mark.usefixtures("all_enabled")
async def test_values_that_cannot_be_right(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Impossible and unreadable values are unknown, counted, and told once."""
    await async_add_winpower(hass, winpower)
    caplog.clear()
    realtime = winpower.upses[0].overrides["realtime"] = {
        "inputVolt1": "-1",
        "outputVolt1": RawJson("1e400"),
        "upsTemperature": RawJson("NaN"),
        "loadTotalWatt": {"value": 195},
    }
    await wait(15)
    for name in ("input_voltage", "output_voltage", "temperature", "load_power"):
        assert shown(hass, f"sensor.c3k_{name}") == "unknown"
    assert shown(hass, "sensor.winpower_127_0_0_1_rejected_values") == "12"

    realtime["batVoltP"] = "12,5"
    await wait(10)
    messages = [record.message for record in told(caplog)]
    assert len(messages) == 2
    assert all(f"realtime.{name}" in messages[0] for name in (*realtime,)[:4])
    assert messages[1].endswith("shown as unknown: realtime.batVoltP")


async def test_wrong_types_everywhere(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """If nothing but the ids can be read, nothing is shown, and nothing breaks."""
    await async_add_winpower(hass, winpower)
    keep = frozenset({"code", "total", "id"})
    with winpower.inject(faults.garbage_types(keep=keep), on="list"):
        await wait(5)
        assert shown(hass, POWER) == "unavailable"
        assert shown(hass, CONNECTED) == "on"
    await wait(5)
    assert shown(hass, POWER) == "195.0"


# What is none of its business


async def test_nothing_new_is_not_written(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """Polls that bring nothing new leave all states alone."""
    winpower.upses[0].load = 0.0
    winpower.upses[0].battery.charge = 100.0
    await async_add_winpower(hass, winpower)
    await wait(5)
    before = [state.last_reported for state in hass.states.async_all()]
    await wait(60)
    assert [state.last_reported for state in hass.states.async_all()] == before


async def test_wall_clock_that_jumps(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    winpower: WinPowerSimulator,
    wait: Wait,
) -> None:
    """A clock set forward or back by a day changes neither polls nor energy."""
    winpower.upses[0].load = 3600.0
    entry = await async_add_winpower(hass, winpower)
    for jump in (0, 86_400, -2 * 86_400, 86_400):
        freezer.tick(jump)
        await wait(60)
    assert shown(hass, FAILURES) == "0"
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, "sensor.c3k_energy") == "0.24"


# What a source must not be able to do


async def test_loss_while_on_battery(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """In an outage, a poll that fails does not make the next one wait for long."""
    await async_add_winpower(hass, winpower, interval=300)
    winpower.upses[0].lose_mains()
    await wait(300)
    winpower.requests.clear()
    winpower.inject(faults.status(503), times=1)
    await wait(8)
    assert pauses(winpower) == [2, 2, 2]
    assert shown(hass, POWER) == "195.0"


async def test_rate_limit(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A source that says when to come back is left alone until then."""
    entry = await async_add_winpower(hass, winpower)
    read = entry.runtime_data.async_read
    calls = []

    async def limited() -> Mapping[str, Any]:
        calls.append(True)
        raise RateLimited("429", retry_after=90)

    monkeypatch.setattr(entry.runtime_data, "async_read", limited)
    await wait(5 + 85)
    assert len(calls) == 1
    monkeypatch.setattr(entry.runtime_data, "async_read", read)
    await wait(6)
    assert shown(hass, POWER) == "195.0"


async def test_unforeseen_error(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error that nobody thought of is told once, and is a failure like others."""
    entry = await async_add_winpower(hass, winpower)

    async def broken() -> Mapping[str, Any]:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(entry.runtime_data, "async_read", broken)
    await wait(60)
    assert shown(hass, CONNECTED) == "off"
    assert shown(hass, "sensor.winpower_127_0_0_1_last_failure") == "invalid_answer"
    assert caplog.text.count("failed in an unforeseen way") == 1
    monkeypatch.undo()


async def test_device_called_hub(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """No device takes the hub's place."""
    winpower.upses.append(SimulatedUps(id="hub", alias="Impostor"))
    await async_add_winpower(hass, winpower)
    assert shown(hass, CONNECTED) == "on"
    assert shown(hass, POWER) == "195.0"
    assert hass.states.get("sensor.impostor_load_power") is None


async def test_session_that_is_turned_away_from_the_start(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry, winpower: WinPowerSimulator
) -> None:
    """An entry that cannot be set up for it says so at once."""
    entry = await async_add_winpower(hass, winpower)
    winpower.inject(faults.shape("E11"), on="list")
    await hass.config_entries.async_reload(entry.entry_id)
    issue = (DOMAIN, f"session_rejected_{entry.entry_id}")
    assert issue_registry.async_get_issue(*issue) is not None
    winpower.clear_faults()
    await hass.config_entries.async_reload(entry.entry_id)
    assert issue_registry.async_get_issue(*issue) is None
