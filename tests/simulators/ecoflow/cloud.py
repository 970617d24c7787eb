"""The cloud's REST interface, both ways in (EcoFlow protocol, chapters 2 and 3)."""

import asyncio
import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
import hashlib
import hmac
import json
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import web

from ..tls import listen


@dataclass(slots=True)
class Account:
    """An account, with a developer's keys of its own."""

    email: str = "someone@example.com"
    password: str = "correct horse"
    user_id: str = "1000000000000000001"
    access_key: str = "TESTaccessKey0123456789"
    secret_key: str = "TESTsecretKey9876543210"


@dataclass(eq=False)
class SimulatedDevice:
    """A device of the account and its last known values."""

    serial: str
    name: str | None = None
    product: str | None = None
    online: bool = True
    quotas: dict[str, Any] | None = field(default_factory=dict)
    allowed: bool = True
    """Whether the developer route shows it."""
    group: bool = False
    """Whether the account route lists it within a group."""
    shared: bool = False


@dataclass(slots=True)
class RestFault:
    """An answer to give instead, to requests whose path ends so."""

    path: str = ""
    status: int = 200
    body: bytes | None = None
    times: int | None = None

    @classmethod
    def code(cls, code: str, message: str = "", **more: Any) -> Self:
        """Return the fault of an error that the cloud states."""
        return cls(body=_envelope(None, code, message), **more)


class SimulatedCloud:
    """A region of the cloud, on a real socket; other regions know no account."""

    def __init__(
        self,
        devices: Iterable[SimulatedDevice] = (),
        account: Account | None = None,
        *,
        knows_account: bool = True,
        port: int = 0,
    ) -> None:
        """Make a region that listens within ``async with``."""
        self.account = account or Account()
        self.knows_account = knows_account
        self.devices = {device.serial: device for device in devices}
        self.faults: list[RestFault] = []
        self.requests: list[tuple[str, str]] = []
        """Method and path of what was asked."""
        self.commands: list[dict[str, Any]] = []
        """Bodies of accepted commands."""
        self.on_command: Callable[[dict[str, Any]], None] | None = None
        self.broker: dict[str, str] = {
            "url": "127.0.0.1",
            "port": "8883",
            "protocol": "mqtts",
        }
        self.certificate_password = "certificate-1"
        self.token = "token-1"
        self.token_renewals = 0
        self._nonces: set[tuple[str, str]] = set()
        self._server: asyncio.Server | None = None
        self._runner: web.AppRunner | None = None
        self._port = port

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        """Start, on a free port if none was given."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        assert self._runner.server is not None
        self._server = await listen(self._runner.server, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        if self._server is None or self._runner is None:
            return
        self._server.close()
        await self._runner.cleanup()
        await self._server.wait_closed()

    def expire_token(self) -> None:
        """Log everyone out."""
        self.token_renewals += 1
        self.token = f"token-{self.token_renewals + 1}"

    def asked(self, end: str) -> int:
        """Return how often a path was asked for."""
        return sum(path.endswith(end) for _, path in self.requests)

    async def _handle(self, request: web.Request) -> web.Response:
        self.requests.append((request.method, request.path))
        body = await request.read()
        for fault in self.faults:
            if request.path.endswith(fault.path) and fault.times != 0:
                fault.times = None if fault.times is None else fault.times - 1
                if fault.body is None:
                    return web.Response(status=fault.status, text="<html>no</html>")
                return web.Response(status=fault.status, body=fault.body)
        status, answer = self._answer(request, body)
        return web.Response(status=status, body=answer, content_type="application/json")

    def _answer(self, request: web.Request, body: bytes) -> tuple[int, bytes]:
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["auth", "login"]:
                return self._login(json.loads(body))
            case "GET", ["iot-auth", "app", "certification"]:
                if request.query.get("userId") != self.account.user_id:
                    return 200, _envelope(None, "1000", "no such user")
                return self._authorized(request, lambda: self._certificate("app-"))
            case "GET", ["iot-service", "user", "device"]:
                return self._authorized(request, self._account_devices)
            case method, ["iot-open", "sign", *rest]:
                if refusal := self._signature_refusal(request, body):
                    return 200, refusal
                return self._open(request, method, "/".join(rest), body)
        return 404, _envelope(None, "404", "no such page")

    def _login(self, form: dict[str, Any]) -> tuple[int, bytes]:
        account = self.account
        password = base64.b64decode(form["password"]).decode()
        right = (form["email"], password) == (account.email, account.password)
        complete = (form["scene"], form["userType"]) == ("IOT_APP", "ECOFLOW")
        if not (right and complete and self.knows_account):
            text = "The account does not exist or the password is wrong"
            return 200, _envelope(None, "2026", text)
        user = {"userId": account.user_id, "email": account.email}
        return 200, _envelope({"token": self.token, "user": user})

    def _authorized(self, request: web.Request, data: Any) -> tuple[int, bytes]:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return 401, _envelope(None, "401", "unauthorized")
        return 200, _envelope(data())

    def _certificate(self, prefix: str) -> dict[str, str]:
        return {
            "certificateAccount": f"{prefix}{self.account.user_id[-6:]}",
            "certificatePassword": self.certificate_password,
            **self.broker,
        }

    def _account_devices(self) -> dict[str, Any]:
        sections: dict[str, Any] = {"bound": {}, "share": {}}
        for device in self.devices.values():
            item = {
                "sn": device.serial,
                "deviceName": device.name or "",
                "productName": device.product or "",
            }
            section = sections["share" if device.shared else "bound"]
            if device.group:
                section.setdefault("group", []).append(item)
            else:
                section[device.serial] = item
        return sections

    def _open(
        self, request: web.Request, method: str, path: str, body: bytes
    ) -> tuple[int, bytes]:
        if (method, path) == ("GET", "certification"):
            return 200, _envelope(self._certificate("open-"))
        if (method, path) == ("GET", "device/list"):
            return 200, _envelope([_listed(item) for item in self.devices.values()])
        asked = request.query if method == "GET" else json.loads(body)
        device = self.devices.get(asked.get("sn", ""))
        if device is None or not device.allowed:
            text = "current device is not allowed to get device info"
            return 200, _envelope(None, "1006", text)
        if (method, path) == ("GET", "device/quota/all"):
            return 200, _envelope(device.quotas)
        if (method, path) == ("PUT", "device/quota"):
            if not device.online:
                return 200, _envelope(None, "6012", "device is offline")
            self.commands.append(dict(asked))
            if self.on_command is not None:
                self.on_command(dict(asked))
            return 200, _envelope(None)
        return 405, _envelope(None, "405", "method not allowed")

    def _signature_refusal(self, request: web.Request, body: bytes) -> bytes | None:
        """Return an error unless the request is signed as it must be (2.1, 2.2)."""
        headers = request.headers
        if headers.get("accessKey") != self.account.access_key or (
            not self.knows_account
        ):
            return _envelope(None, "8513", "accessKey is invalid")
        nonce, timestamp = headers.get("nonce", ""), headers.get("timestamp", "")
        pairs = (
            sorted(parse_qsl(request.query_string, keep_blank_values=True))
            if request.method == "GET"
            else sorted(_paths(json.loads(body)))
        )
        signed = [f"{name}={value}" for name, value in pairs]
        signed += [
            f"accessKey={self.account.access_key}",
            f"nonce={nonce}",
            f"timestamp={timestamp}",
        ]
        expected = hmac.new(
            self.account.secret_key.encode(), "&".join(signed).encode(), hashlib.sha256
        ).hexdigest()
        fresh = (nonce, timestamp) not in self._nonces
        typed = (headers.get("Content-Type") or "").startswith("application/json")
        if headers.get("sign") != expected or not fresh or typed is not bool(body):
            return _envelope(None, "8521", "signature is wrong")
        self._nonces.add((nonce, timestamp))
        return None


def _listed(device: SimulatedDevice) -> dict[str, Any]:
    item: dict[str, Any] = {"sn": device.serial, "online": int(device.online)}
    if device.name is not None:
        item["deviceName"] = device.name
    if device.product is not None:
        item["productName"] = device.product
    return item


def _paths(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of a body as the signature names them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _paths(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _paths(inner, f"{path}[{number}]")
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


def _envelope(data: Any, code: str = "0", message: str = "Success") -> bytes:
    answer = {"code": code, "message": message, "eagleEyeTraceId": "0", "tid": ""}
    return json.dumps(answer if data is None else {**answer, "data": data}).encode()
