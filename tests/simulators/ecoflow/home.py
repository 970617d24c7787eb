"""An account with its devices: what the cloud and the broker say agrees."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import json
from types import TracebackType
from typing import Any, Self

from ..tls import SelfSigned
from .broker import SimulatedBroker
from .cloud import Account, SimulatedCloud, SimulatedDevice


@dataclass(eq=False)
class SimulatedStation(SimulatedDevice):
    """A device that answers questions, pushes what changes and obeys commands.

    What it sends in binary is given as whole messages.
    """

    answers: list[bytes] = field(default_factory=list)
    """Binary messages to answer a question with; none for a device of JSON."""
    obeys: Mapping[str, str] = field(default_factory=dict)
    """By operation of a JSON command: the value that its first parameter sets."""
    silent: bool = False
    """Whether it neither answers nor pushes, though it is there."""
    asked: int = 0
    told: list[bytes] = field(default_factory=list)
    """Binary commands that it was given; it does nothing about them."""


class SimulatedHome:
    """A region of the cloud with its broker, and an account's devices."""

    def __init__(
        self, stations: Iterable[SimulatedStation], account: Account | None = None
    ) -> None:
        """Make all, to run within ``async with``."""
        self.stations = {station.serial: station for station in stations}
        self.cloud = SimulatedCloud(self.stations.values(), account)
        self.certificate = SelfSigned.local()
        self.broker = SimulatedBroker(tls=self.certificate)
        self.broker.on_publish = self._hear

    @property
    def account(self) -> Account:
        """Return the account."""
        return self.cloud.account

    async def __aenter__(self) -> Self:
        """Start."""
        await self.cloud.__aenter__()
        await self.broker.__aenter__()
        self.cloud.broker["port"] = str(self.broker.port)
        self.renew_certificate("certificate-1")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.broker.__aexit__(kind, error, trace)
        await self.cloud.__aexit__(kind, error, trace)

    def renew_certificate(self, password: str) -> None:
        """Accept another password from now on, and cut those with the old one."""
        self.cloud.certificate_password = password
        for prefix in ("app-", "open-"):
            name = f"{prefix}{self.account.user_id[-6:]}"
            self.broker.passwords[name] = password
        self.broker.client_id_must_end[f"app-{self.account.user_id[-6:]}"] = (
            f"_{self.account.user_id}"
        )
        self.broker.drop()

    def push(self, serial: str, values: Mapping[str, Any], **more: Any) -> None:
        """Change a JSON device's values and tell whoever listens."""
        station = self.stations[serial]
        station.quotas = {**(station.quotas or {}), **values}
        if station.silent:
            return
        message = json.dumps({"params": dict(values), "version": "1.0", **more})
        self._tell(serial, message.encode())

    def push_binary(self, serial: str, payload: bytes) -> None:
        """Send a binary message as a push."""
        if not self.stations[serial].silent:
            self._tell(serial, payload)

    def say_status(self, serial: str, *, online: bool) -> None:
        """Say that a device came or went."""
        self.stations[serial].online = online
        payload = json.dumps({"params": {"status": int(online)}}).encode()
        self.broker.deliver(f"/app/device/status/{serial}", payload)
        self.broker.deliver(f"{self._open(serial)}/status", payload)

    def _open(self, serial: str) -> str:
        return f"/open/open-{self.account.user_id[-6:]}/{serial}"

    def _app(self, serial: str) -> str:
        return f"/app/{self.account.user_id}/{serial}/thing/property"

    def _tell(self, serial: str, payload: bytes) -> None:
        self.broker.deliver(f"/app/device/property/{serial}", payload)
        self.broker.deliver(f"{self._open(serial)}/quota", payload)

    async def _hear(self, topic: str, payload: bytes) -> None:
        """Answer a question, obey a command."""
        for serial, station in self.stations.items():
            if station.silent or not station.online:
                continue
            if topic == f"{self._app(serial)}/get":
                station.asked += 1
                self._answer(station, payload)
            elif topic == f"{self._app(serial)}/set":
                if payload.startswith(b"\x0a"):
                    station.told.append(payload)
                else:
                    self._obey(station, json.loads(payload))

    def _answer(self, station: SimulatedStation, payload: bytes) -> None:
        topic = f"{self._app(station.serial)}/get_reply"
        if station.answers:
            if payload.startswith(b"\x0a"):
                for answer in station.answers:
                    self.broker.deliver(topic, answer)
            return
        if not payload.startswith(b"{"):
            return
        question = json.loads(payload)
        reply = {
            "id": int(question["id"]),
            "version": "1.1",
            "operateType": question["operateType"],
            "code": "0",
            "data": {
                "sn": station.serial,
                "online": int(station.online),
                "quotaMap": station.quotas or {},
            },
        }
        self.broker.deliver(topic, json.dumps(reply).encode())

    def _obey(self, station: SimulatedStation, command: dict[str, Any]) -> None:
        known = station.obeys.get(command["operateType"])
        reply = {
            "id": int(command["id"]),
            "operateType": command["operateType"],
            "code": "0" if known else "1",
            "data": {"ack": 1} if known else {},
        }
        topic = f"{self._app(station.serial)}/set_reply"
        self.broker.deliver(topic, json.dumps(reply).encode())
        if known:
            value = next(iter(command["params"].values()))
            self.push(station.serial, {known: value})
