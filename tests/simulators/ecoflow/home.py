"""An account with its devices: what the cloud and the broker say agrees."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import json
from types import TracebackType
from typing import Any, Self

from custom_components.power_steward.devices.ecoflow.frames import (
    APP,
    INVERTER,
    build_frame,
    parse_frames,
)
from custom_components.power_steward.devices.ecoflow.messages.inverter import VALUE
from custom_components.power_steward.devices.ecoflow.wire import Message

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
    obeys: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    """By a command's operation: the value that its first parameter sets, or by name
    of the parameter."""
    silent: bool = False
    """Whether it neither answers nor pushes, though it is there."""
    asked: int = 0
    told: list[bytes] = field(default_factory=list)
    """Binary commands that it was given; it does nothing about them."""

    def effects(
        self, operation: str, parameters: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """Return what a command changes, ``None`` if it is not known."""
        known = self.obeys.get(operation)
        if known is None:
            return None
        if isinstance(known, str):
            return {known: next(iter(parameters.values()))}
        return {
            known[name]: value
            for name, value in parameters.items()
            if name in known and value not in _LEAVE
        }


@dataclass(eq=False)
class SimulatedModule(SimulatedStation):
    """A micro-inverter or plug: it tells one kind of binary message, and totals."""

    kind: tuple[int, int] = (20, 1)
    messages: Mapping[tuple[int, int], Message] = field(default_factory=dict)
    values: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    """By kind of message, what it tells."""
    settings: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """By kind of command: the value that it sets."""

    def change(self, values: Mapping[str, Any], totals: Mapping[str, Any]) -> None:
        """Take new values, and totals if there are any."""
        self.values.setdefault(self.kind, {}).update(values)
        if totals:
            self.values[_TOTALS] = dict(totals)
        self.answers = [
            build_frame(
                pdata := self.messages[kind].write(told),
                src=INVERTER,
                dest=APP,
                cmd_func=kind[0],
                cmd_id=kind[1],
                data_len=len(pdata),
                seq=1,
            )
            for kind, told in self.values.items()
        ]
        prefix = "{}_{}.".format(*self.kind)
        told = self.values[self.kind]
        self.quotas = {f"{prefix}{name}": value for name, value in told.items()}


_TOTALS = (254, 32)
_LEAVE = (-1, 255)
"""What a parameter says that leaves its value as it is."""


class SimulatedHome:
    """A region of the cloud with its broker, and an account's devices."""

    def __init__(
        self,
        stations: Iterable[SimulatedStation],
        account: Account | None = None,
        *,
        port: int = 0,
        tls: bool = True,
    ) -> None:
        """Make all, to run within ``async with``."""
        self.stations = {station.serial: station for station in stations}
        self.cloud = SimulatedCloud(self.stations.values(), account, port=port)
        self.cloud.on_command = self._obey_developer
        self.certificate = SelfSigned.local()
        self.broker = SimulatedBroker(tls=self.certificate if tls else None)
        self.broker.on_publish = self._hear
        self.cloud.broker["protocol"] = "mqtts" if tls else "mqtt"

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

    def listened_to(self, serial: str) -> bool:
        """Return whether somebody hears what a device pushes, by either way in."""
        topics = f"/app/device/property/{serial}", f"{self._open(serial)}/quota"
        return any(map(self.broker.subscribers, topics))

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

    def change(
        self,
        serial: str,
        values: Mapping[str, Any],
        totals: Mapping[str, Any] | None = None,
    ) -> None:
        """Change a device's values in the way of its kind, and tell whoever listens."""
        station = self.stations[serial]
        if not isinstance(station, SimulatedModule):
            self.push(serial, values)
            return
        station.change(values, totals or {})
        for answer in station.answers:
            self.broker.deliver(f"/app/device/property/{serial}", answer)
        func, number = station.kind
        told = {"cmdFunc": func, "cmdId": number, "param": dict(values)}
        self.broker.deliver(f"{self._open(serial)}/quota", json.dumps(told).encode())

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
                if isinstance(station, SimulatedModule):
                    self._obey_binary(station, payload)
                elif payload.startswith(b"\x0a"):
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
        changed = station.effects(command["operateType"], command["params"])
        reply = {
            "id": int(command["id"]),
            "operateType": command["operateType"],
            "code": "1" if changed is None else "0",
            "data": {} if changed is None else {"ack": 1},
        }
        topic = f"{self._app(station.serial)}/set_reply"
        self.broker.deliver(topic, json.dumps(reply).encode())
        if changed is not None:
            self.push(station.serial, changed)

    def _obey_binary(self, station: SimulatedModule, payload: bytes) -> None:
        [frame] = parse_frames(payload)
        reply = build_frame(
            src=INVERTER,
            dest=APP,
            cmd_func=frame.command[0],
            cmd_id=frame.command[1],
            is_ack=1,
            seq=frame.header["seq"],
        )
        topic = f"{self._app(station.serial)}/set_reply"
        self.broker.deliver(topic, reply)
        if (name := station.settings.get(frame.command)) is not None:
            # No payload at all means zero.
            value = VALUE.read(frame.plain).values.get("value", 0)
            self.change(station.serial, {name: value})

    def _obey_developer(self, command: dict[str, Any]) -> None:
        """Do what was commanded over REST, where it is known."""
        station = self.stations[command["sn"]]
        operation = command.get("operateType") or command.get("cmdCode", "")
        changed = station.effects(operation, command["params"])
        if changed is not None and not station.silent:
            self.change(station.serial, changed)
