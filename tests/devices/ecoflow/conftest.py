"""What tests of EcoFlow share: devices as they were seen, in ``fixtures``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
import errno
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from custom_components.power_steward import push_coordinator
from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.devices.ecoflow import coordinator as module
from custom_components.power_steward.devices.ecoflow.codec import Topic, parse
from custom_components.power_steward.devices.ecoflow.models.registry import model_of
from custom_components.power_steward.devices.ecoflow.station import Station
from custom_components.power_steward.devices.readings import DeviceFacts
from homeassistant.core import HomeAssistant

from ...simulators.ecoflow import SimulatedHome, SimulatedStation

FIXTURES = Path(__file__).with_name("fixtures")
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))


class Seen(NamedTuple):
    """A device, the messages it sent and the values that they hold."""

    serial: str
    product: str | None
    model: str
    messages: list[tuple[Topic, bytes]]
    values: dict[str, Any]
    rejected: list[str]
    source: str = "device"
    """Whose word it is: that of a ``device``, or of a ``page`` of documentation."""

    def station(self) -> Station:
        """Return the device before its first message."""
        return a_station(self.serial, self.product)

    def told(self) -> Station:
        """Return the device after its messages."""
        station = self.station()
        for topic, payload in self.messages:
            station.take(parse(topic, payload, station.model.family.layouts))
        return station


def a_station(serial: str, product: str | None = None) -> Station:
    """Return a device of which nothing is known."""
    return Station(serial, model_of(serial, product), DeviceFacts(name="Device"))


def seen(name: str) -> Seen:
    """Return a fixture."""
    data = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    messages = [
        (
            Topic(message["topic"]),
            bytes.fromhex(message["hex"])
            if "hex" in message
            else json.dumps(message["json"]).encode(),
        )
        for message in data["messages"]
    ]
    return Seen(**{**data, "messages": messages})


def _connects(entry: StewardConfigEntry) -> bool:
    """Whether an entry's listener is on the way to the broker."""
    coordinator = getattr(entry, "runtime_data", None)  # tests of flows set up none
    return (
        isinstance(coordinator, module.EcoFlowCoordinator)
        and coordinator._connection is None
    )


@pytest.fixture
async def _closed_sockets(hass: HomeAssistant) -> None:
    """Let pass what the MQTT library does wrong with a connection that is turned down.

    It has the loop watch a socket from a thread, also if the socket was closed since.
    """
    failed = hass.loop.get_exception_handler()
    assert failed is not None

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        closed = isinstance(error, OSError) and error.errno == errno.EBADF
        if not (closed and "add_writer" in str(context.get("message"))):
            failed(loop, context)

    hass.loop.set_exception_handler(handle)


@pytest.fixture
async def home(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, _closed_sockets: None
) -> AsyncIterator[SimulatedHome]:
    """Return a home with a device of JSON and a binary one, whose broker is believed."""
    quotas: dict[str, Any] = {"pd.wattsInSum": 0, "pd.wattsOutSum": 43, "pd.soc": 85}
    stations = [
        SimulatedStation("R331TEST00000001", "Kitchen", "DELTA 2", quotas=quotas),
        SimulatedStation(
            "BK01TEST00000001",
            answers=[payload for _, payload in seen("stream_micro").messages],
        ),
    ]
    async with SimulatedHome(stations) as it:
        monkeypatch.setattr(module, "client_context", it.certificate.client_context)
        monkeypatch.setattr(
            push_coordinator, "FIRST_RECONNECT", timedelta(seconds=0.05)
        )
        # A busy machine is no device that does not answer.
        monkeypatch.setattr(module, "ANSWER_TIMEOUT", 60.0)
        yield it
        # Whoever still listens goes before the broker does, and not in the middle of a
        # handshake, which cannot be called off.
        entries = hass.config_entries.async_loaded_entries(DOMAIN)
        with suppress(TimeoutError):
            async with asyncio.timeout(3):
                while it.broker.listening and any(map(_connects, entries)):
                    await asyncio.sleep(0.01)
        for entry in entries:
            await hass.config_entries.async_unload(entry.entry_id)
        async with asyncio.timeout(15):
            while it.broker.client_ids:
                await asyncio.sleep(0.01)
