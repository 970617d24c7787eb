"""Listening, on a small device type of this test's own."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
import logging
from typing import override

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.devices.errors import (
    CannotConnect,
    CredentialsRejected,
)
from custom_components.power_steward.devices.readings import (
    DeviceFacts,
    DeviceReading,
    HubReading,
)
from custom_components.power_steward.devices.winpower import coordinator
from custom_components.power_steward.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.power_steward.hub import hub_entities
from custom_components.power_steward.push_coordinator import PushCoordinator
from custom_components.power_steward.sensor import (
    StewardSensor,
    StewardSensorDescription,
)
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import CONF_USERNAME, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import EntityDescription

from .common import shown
from .simulators.winpower import ManualClock

POLL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug(DeviceReading):
    """A plug that measures."""

    power: float


class Plugs(PushCoordinator[Plug]):
    """Two plugs that push what they measure."""

    platforms = (Platform.BINARY_SENSOR, Platform.SENSOR)

    def __init__(self, hass: HomeAssistant, entry: StewardConfigEntry) -> None:
        """Start with what a poll finds."""
        super().__init__(hass, entry, timedelta(seconds=POLL))
        self.found = {
            name: Plug(facts=DeviceFacts(name=name), power=power)
            for name, power in (("Lamp", 10.0), ("Fan", 20.0))
        }
        self.poll_error: Exception | None = None
        self.lines: asyncio.Queue[Mapping[str, Plug] | Exception | None]
        self.calls: list[float] = []

    def push(self, name: str, power: float) -> None:
        """Push what a plug measures."""
        self.lines.put_nowait({name: replace(self.found[name], power=power)})

    @override
    async def async_read(self) -> Mapping[str, Plug]:
        if self.poll_error is not None:
            raise self.poll_error
        return self.found

    @override
    async def async_listen(self) -> AsyncGenerator[Mapping[str, Plug]]:
        self.calls.append(self.clock.monotonic())
        self.lines = asyncio.Queue()
        while (line := await self.lines.get()) is not None:
            if isinstance(line, Exception):
                raise line
            yield line

    @override
    def hub(self) -> HubReading:
        return self.log.reading(HubReading, DeviceFacts(name=self.name))

    @override
    def descriptions(self, reading: Plug | HubReading) -> Sequence[EntityDescription]:
        if isinstance(reading, HubReading):
            return hub_entities(CredentialsRejected)
        return (
            StewardSensorDescription[Plug](
                key="load_power", value_fn=lambda plug: plug.power
            ),
        )


class Listening:
    """A loaded entry of plugs, and time."""

    def __init__(self, hass: HomeAssistant, clock: ManualClock, plugs: Plugs) -> None:
        """Take what there is."""
        self.hass = hass
        self.clock = clock
        self.plugs = plugs

    async def settle(self) -> None:
        """Let happen what is due; the listener itself never ends."""
        for _ in range(5):
            await asyncio.sleep(0)
        await self.hass.async_block_till_done()

    async def wait(self, seconds: int) -> None:
        """Let time pass."""
        for _ in range(seconds):
            self.clock.advance(1)
            await self.settle()

    def powers(self) -> tuple[str, str]:
        """Return what is shown of both plugs."""
        return (
            shown(self.hass, "sensor.lamp_load_power"),
            shown(self.hass, "sensor.fan_load_power"),
        )


@pytest.fixture
async def listening(
    hass: HomeAssistant, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Listening:
    """Load an entry that is, under the name of another, one of plugs."""
    monkeypatch.setattr(coordinator, "create_coordinator", Plugs)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Plugs",
        unique_id="plugs",
        data={CONF_DEVICE_TYPE: "winpower", CONF_USERNAME: "admin"},
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return Listening(hass, clock, entry.runtime_data)


async def test_pushes_are_merged(listening: Listening) -> None:
    """A push changes what it tells of, at once, and nothing else."""
    assert listening.powers() == ("10.0", "20.0")
    listening.plugs.push("Lamp", 11.0)
    await listening.settle()
    assert listening.powers() == ("11.0", "20.0")
    listening.plugs.push("Fan", 0.0)
    listening.plugs.push("Fan", 22.0)
    await listening.settle()
    assert listening.powers() == ("11.0", "22.0")


async def test_push_of_a_new_device(listening: Listening) -> None:
    """A device that is heard of for the first time gets its entities."""
    plug = Plug(facts=DeviceFacts(name="Kettle"), power=2000.0)
    listening.plugs.lines.put_nowait({"Kettle": plug})
    await listening.settle()
    assert shown(listening.hass, "sensor.kettle_load_power") == "2000.0"
    assert shown(listening.hass, "sensor.plugs_devices") == "3"


async def test_entity_that_fails(
    listening: Listening,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A mistake in one entity is told, and keeps no other from the news."""
    take = StewardSensor._take

    def take_or_fail(self: StewardSensor, value: float) -> None:
        if value == 13:
            raise ValueError("unlucky")
        take(self, value)

    monkeypatch.setattr(StewardSensor, "_take", take_or_fail)
    lamp, fan = listening.plugs.found.values()
    listening.plugs.lines.put_nowait(
        {"Lamp": replace(lamp, power=13.0), "Fan": replace(fan, power=21.0)}
    )
    await listening.settle()
    assert listening.powers() == ("10.0", "21.0")
    assert "An entity of Plugs failed" in caplog.text


async def test_diagnostics(listening: Listening) -> None:
    """A type that keeps no answers has diagnostics all the same."""
    told = await async_get_config_entry_diagnostics(
        listening.hass, listening.plugs.config_entry
    )
    assert told["answer"] is None
    assert [reading.get("power") for reading in told["readings"]] == [None, 10.0, 20.0]


async def test_poll_fills_gaps(listening: Listening) -> None:
    """What was never pushed is found by the slow poll, which no push puts off."""
    listening.plugs.found["Fan"] = replace(listening.plugs.found["Fan"], power=25.0)
    await listening.wait(POLL // 2)
    listening.plugs.push("Lamp", 12.0)
    await listening.settle()
    assert listening.powers() == ("12.0", "20.0")
    await listening.wait(POLL // 2 + 1)
    assert listening.powers() == ("10.0", "25.0")


async def test_loss_and_return(
    listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    """A lost connection is told, and its return; what is known goes on to hold."""
    caplog.set_level(logging.INFO, "custom_components.power_steward")
    listening.plugs.lines.put_nowait(CannotConnect("reset"))
    await listening.settle()
    assert listening.powers() == ("10.0", "20.0")
    assert shown(listening.hass, "binary_sensor.plugs_connected") == "off"
    assert shown(listening.hass, "sensor.plugs_last_failure") == "cannot_connect"

    await listening.wait(3)
    listening.plugs.push("Lamp", 11.0)
    await listening.settle()
    assert listening.powers() == ("11.0", "20.0")
    assert shown(listening.hass, "binary_sensor.plugs_connected") == "on"
    assert [
        record.message
        for record in caplog.records
        if record.name == "custom_components.power_steward"
        and record.levelno >= logging.INFO
    ] == [
        "Listening to Plugs failed: reset",
        "Listening to Plugs again",
    ]


async def test_only_the_listener_fails(listening: Listening) -> None:
    """While polls work, nothing becomes unavailable, and nothing flickers."""
    states = set()
    for _ in range(2 * POLL):
        if listening.plugs.lines.empty():
            listening.plugs.lines.put_nowait(CannotConnect("refused"))
        await listening.wait(1)
        states.add(
            (
                *listening.powers(),
                shown(listening.hass, "binary_sensor.plugs_connected"),
                shown(listening.hass, "sensor.plugs_devices"),
            )
        )
    assert states == {("10.0", "20.0", "off", "2")}


async def test_only_the_poll_fails(listening: Listening) -> None:
    """While readings are pushed, nothing becomes unavailable, and nothing flickers."""
    listening.plugs.push("Lamp", 11.0)
    await listening.settle()
    listening.plugs.poll_error = CannotConnect("refused")
    states = set()
    for second in range(2 * POLL):
        if second % 50 == 0:
            listening.plugs.push("Lamp", 11.0)
        await listening.wait(1)
        states.add(
            (
                *listening.powers(),
                shown(listening.hass, "binary_sensor.plugs_connected"),
                shown(listening.hass, "sensor.plugs_devices"),
            )
        )
    assert states == {("11.0", "20.0", "on", "2")}
    assert shown(listening.hass, "sensor.plugs_last_failure") == "cannot_connect"


@pytest.mark.parametrize("poll_first", [True, False])
async def test_both_fail(listening: Listening, poll_first: bool) -> None:
    """Then nothing holds; whichever is back first makes it hold again."""
    plugs = listening.plugs
    plugs.push("Lamp", 11.0)
    await listening.settle()
    plugs.poll_error = CannotConnect("refused")
    if poll_first:
        await listening.wait(POLL)
        assert listening.powers() == ("11.0", "20.0")
    plugs.lines.put_nowait(CannotConnect("reset"))
    await listening.wait(2 if poll_first else POLL)
    assert listening.powers() == ("unavailable", "unavailable")
    assert shown(listening.hass, "binary_sensor.plugs_connected") == "off"
    assert shown(listening.hass, "sensor.plugs_devices") == "unknown"
    if poll_first:
        await listening.wait(3)
        plugs.push("Fan", 21.0)
        await listening.settle()
        assert listening.powers() == ("11.0", "21.0")
    else:
        plugs.poll_error = None
        await listening.wait(POLL + 60)
        assert listening.powers() == ("10.0", "20.0")


async def test_pauses_grow(listening: Listening) -> None:
    """Connecting again is tried less and less often, and never after a fixed time."""
    calls = listening.plugs.calls
    for longest in (2, 4, 8, 16, 32, 60, 60, 60):
        listening.plugs.lines.put_nowait(CannotConnect("refused"))
        earlier = later = calls[-1]
        while earlier == later:
            await listening.wait(1)
            later = calls[-1]
        assert longest / 2 <= later - earlier <= longest + 1


async def test_connection_that_ends_well(listening: Listening) -> None:
    """A connection that the source closes is opened again, and nothing is lost."""
    listening.plugs.lines.put_nowait(None)
    await listening.wait(3)
    assert len(listening.plugs.calls) == 2
    assert listening.powers() == ("10.0", "20.0")


async def test_credentials_rejected(listening: Listening) -> None:
    """New credentials are asked for, and the old ones not tried again."""
    listening.plugs.lines.put_nowait(CredentialsRejected("token"))
    await listening.wait(POLL // 2)
    assert shown(listening.hass, "binary_sensor.plugs_connected") == "off"
    assert shown(listening.hass, "sensor.plugs_last_failure") == "invalid_auth"
    assert len(listening.plugs.calls) == 1
    (flow,) = listening.hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


@pytest.mark.parametrize("lost", [True, False])
async def test_unload_ends_it(listening: Listening, lost: bool) -> None:
    """Nobody listens, or waits to listen, once the entry is unloaded."""
    if lost:
        listening.plugs.lines.put_nowait(CannotConnect("reset"))
        await listening.settle()
    calls = len(listening.plugs.calls)
    entry = listening.plugs.config_entry
    assert await listening.hass.config_entries.async_unload(entry.entry_id)
    await listening.wait(120)
    assert len(listening.plugs.calls) == calls
    assert not [task for task in asyncio.all_tasks() if "listener" in task.get_name()]


async def test_error_that_nobody_thought_of(
    listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told, and listening goes on after a pause."""
    listening.plugs.lines.put_nowait(ZeroDivisionError("unforeseen"))
    await listening.wait(3)
    assert len(listening.plugs.calls) == 2
    assert "Listening to Plugs failed" in caplog.text
    listening.plugs.push("Lamp", 11.0)
    await listening.settle()
    assert listening.powers() == ("11.0", "20.0")


async def test_source_that_closes_again_and_again(listening: Listening) -> None:
    """It is left alone for longer and longer, as one that cannot be reached."""
    for _ in range(60):
        if not listening.plugs.lines.empty():
            break
        listening.plugs.lines.put_nowait(None)
        await listening.wait(1)
    assert len(listening.plugs.calls) <= 8
