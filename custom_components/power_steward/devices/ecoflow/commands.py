"""Commands as the devices want them (EcoFlow protocol, chapters 2.4, 3.6 and 4.5).

A command is written once and goes either way: to the account's topic as JSON or binary,
to the developer's interface as JSON.
"""

from collections.abc import Mapping
import json
from typing import Any, Final, NamedTuple

from .frames import APP, INVERTER, MAIN, OCEAN, SENDER, build_frame, get_all
from .messages.inverter import VALUE
from .messages.settings import SETTINGS

_VERSION: Final = 19
_FIRST_ID: Final = 999_910_000
_LAST_ID: Final = 999_999_999


class JsonCommand(NamedTuple):
    """A command of the second generation: a module and what it is to do."""

    module: int
    operation: str
    parameters: Mapping[str, Any]
    names_device: bool = False
    """Whether the device wants to read its own serial number."""

    def app(self, serial: str, number: int) -> bytes:
        """Return the payload for the account's topic."""
        return _app_json(number, self._body(serial))

    def developer(self, serial: str) -> dict[str, Any] | None:
        """Return the body for the developer's interface."""
        return {"sn": serial, "version": "1.0", **self._body(serial)}

    def _body(self, serial: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "moduleType": self.module,
            "operateType": self.operation,
            "params": dict(self.parameters),
        }
        return {**body, "moduleSn": serial} if self.names_device else body


class TcpCommand(NamedTuple):
    """A command of the first generation: a number and its parameters."""

    id: int
    parameters: Mapping[str, Any]
    module: int | None = 0

    def app(self, serial: str, number: int) -> bytes:
        """Return the payload for the account's topic."""
        module = {} if self.module is None else {"moduleType": self.module}
        parameters = {"id": self.id, **self.parameters}
        body = {**module, "operateType": "TCP", "params": parameters}
        return _app_json(number, body)

    def developer(self, serial: str) -> dict[str, Any] | None:
        """Return the body for the developer's interface."""
        parameters = {"cmdSet": 32, "id": self.id, **self.parameters}
        return {"sn": serial, "operateType": "TCP", "params": parameters}


class SettingCommand(NamedTuple):
    """A setting of the new devices: fields of 254/17, all of a group at once."""

    fields: Mapping[str, Any]
    parameters: Mapping[str, Any] | None
    """The same for the developer's interface, ``None`` if it has no such setting."""
    sender: str = SENDER
    version: int = _VERSION
    """Of the envelope; some devices are known to obey the app's own only."""

    def app(self, serial: str, number: int) -> bytes:
        """Return the payload for the account's topic."""
        pdata = SETTINGS.write(self.fields)
        return _app_frame(
            pdata,
            serial,
            number,
            MAIN,
            (254, 17),
            sender=self.sender,
            version=self.version,
        )

    def developer(self, serial: str) -> dict[str, Any] | None:
        """Return the body for the developer's interface."""
        if self.parameters is None:
            return None
        return {
            "sn": serial,
            "cmdId": 17,
            "cmdFunc": 254,
            "dirDest": 1,
            "dirSrc": 1,
            "dest": MAIN,
            "needAck": True,
            "params": dict(self.parameters),
        }


class CodedCommand(NamedTuple):
    """A command of inverters and plugs: one value, and a code for developers."""

    kind: tuple[int, int]
    value: int
    code: str | None
    parameters: Mapping[str, Any]
    zero_is_empty: bool = False
    """Whether the value zero is sent as no payload at all."""

    def app(self, serial: str, number: int) -> bytes:
        """Return the payload for the account's topic."""
        pdata = VALUE.write({"value": self.value})
        if self.zero_is_empty and not self.value:
            return _app_frame(None, serial, number, INVERTER, self.kind)
        return _app_frame(pdata, serial, number, INVERTER, self.kind)

    def developer(self, serial: str) -> dict[str, Any] | None:
        """Return the body for the developer's interface."""
        if self.code is None:
            return None
        return {"sn": serial, "cmdCode": self.code, "params": dict(self.parameters)}


type Command = JsonCommand | TcpCommand | SettingCommand | CodedCommand


def next_number(number: int) -> int:
    """Return the number of the command after this one; they go round."""
    return number + 1 if _FIRST_ID <= number < _LAST_ID else _FIRST_ID


def ask_json(number: int) -> bytes:
    """Return the request for all values of a device that speaks JSON."""
    body = {"moduleType": 0, "operateType": "latestQuotas", "params": {}}
    return _app_json(number, body, version="1.1")


def ask_binary(number: int) -> bytes:
    """Return the request for all values of a device that speaks binary."""
    return get_all(number)


def open_stream(number: int) -> bytes:
    """Return the command that has a PowerOcean tell its powers for a while."""
    pdata = VALUE.write({"value": 1})
    return build_frame(
        pdata,
        src=APP,
        dest=OCEAN,
        d_src=1,
        d_dest=1,
        check_type=3,
        cmd_func=OCEAN,
        cmd_id=97,
        data_len=len(pdata),
        need_ack=1,
        seq=number,
        version=19,
        payload_ver=1,
        sender="ios",
    )


def _app_json(number: int, body: Mapping[str, Any], version: str = "1.0") -> bytes:
    message = {"from": SENDER, "id": str(number), "version": version, **body}
    return json.dumps(message, separators=(",", ":")).encode()


def _app_frame(
    pdata: bytes | None,
    serial: str,
    number: int,
    destination: int,
    kind: tuple[int, int],
    *,
    sender: str = SENDER,
    version: int = _VERSION,
) -> bytes:
    return build_frame(
        pdata,
        src=APP,
        dest=destination,
        d_src=1,
        d_dest=1,
        check_type=3,
        cmd_func=kind[0],
        cmd_id=kind[1],
        data_len=len(pdata or b""),
        need_ack=1,
        seq=number,
        version=version,
        payload_ver=1,
        sender=sender,
        device_sn=serial,
    )
