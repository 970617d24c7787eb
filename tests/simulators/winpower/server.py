"""The server: login, device list, and the faults it was told to have."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
import json
import ssl
import time
from types import TracebackType
from typing import Any, Literal, Self
from uuid import UUID

from aiohttp import web

from ..tls import SelfSigned, listen
from . import old_winpower
from .answers import (
    JSON,
    LIST_PATH,
    LOGIN_PATH,
    SUCCESS,
    Answer,
    ErrorShape,
    error,
    logged_in,
    spring_error,
)
from .clock import Clock
from .exchange import Exchange, unnamed
from .faults import Fault
from .jsontext import apply_overrides
from .tokens import Claims, TokenMint
from .ups import ROOT_AREA, SimulatedUps

type Endpoint = Literal["login", "list"]

_ENDPOINTS: dict[str, Endpoint] = {LOGIN_PATH: "login", LIST_PATH: "list"}
_METHODS = {LOGIN_PATH: "POST", LIST_PATH: "GET"}
_LONGEST_LOG = 10_000


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request that arrived; neither its password nor its token is kept."""

    method: str
    path: str
    query: Mapping[str, str]
    authorized: bool
    """Whether there was a header `Authorization`, good or bad."""
    language: str | None
    at: float
    """The simulator's clock."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The parameters of a device list: WinPower protocol, section 3.1."""

    current: int
    page_num: int
    page_size: int
    area_id: UUID
    include_sub_area: bool
    device_type: int

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """Return the parameters; KeyError or ValueError if one is missing or wrong."""
        parsed = cls(
            current=int(query["current"]),
            page_num=int(query["pageNum"]),
            page_size=int(query["pageSize"]),
            area_id=UUID(query["areaId"]),
            include_sub_area={"true": True, "false": False}[query["includeSubArea"]],
            device_type=int(query["deviceType"]),
        )
        if min(parsed.current, parsed.page_num, parsed.page_size) < 1:
            raise ValueError("pages are counted from one")
        return parsed

    def covers(self, ups: SimulatedUps) -> bool:
        """Return whether a UPS belongs on the list."""
        below = self.include_sub_area and self.area_id == UUID(ROOT_AREA)
        in_area = below or UUID(ups.area_id) == self.area_id
        return in_area and ups.device_type == self.device_type


@dataclass(eq=False)
class InjectedFault:
    """A fault that waits for its requests, until `clear()` or the end of a `with`."""

    fault: Fault
    times: int | None
    on: Endpoint | None
    from_page: int
    hits: int = 0

    def strikes(self, endpoint: Endpoint | None, page: int) -> bool:
        """Return whether a request is one to spoil."""
        if self.times is not None and self.hits >= self.times:
            return False
        return self.on in (None, endpoint) and page >= self.from_page

    def clear(self) -> None:
        """Let no further request suffer."""
        self.times = self.hits

    def __enter__(self) -> Self:
        """Be in force from now on, as it was already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Be over."""
        self.clear()


class WinPowerSimulator:
    """A WinPower G2 server with its UPSs, on a real socket."""

    def __init__(
        self,
        *,
        upses: Iterable[SimulatedUps] = (),
        username: str = "admin",
        password: str = "s3cr3t-pw",
        clock: Clock = time.monotonic,
        wall_clock: Callable[[], datetime] = _utc_now,
        tls: bool | SelfSigned = False,
        host: str = "127.0.0.1",
        page_size_limit: int | None = 20,
        page_parameter: Literal["current", "pageNum", "none"] = "current",
        token_lifetime: float = 1800,
        claims: Claims = "seconds",
        single_session: bool = False,
        auth_error_shape: ErrorShape = "E1",
        login_error_shape: ErrorShape = "E10",
        old_winpower: bool = False,
    ) -> None:
        """Make a server that listens from `start()` on; its attributes may change."""
        self.upses = list(upses)
        self.username = username
        self.password = password
        self.clock = clock
        self.host = host
        self.page_size_limit = page_size_limit
        self.page_parameter = page_parameter
        self.single_session = single_session
        self.auth_error_shape = auth_error_shape
        self.login_error_shape = login_error_shape
        self.old_winpower = old_winpower
        self.envelope: dict[str, Any] = {}
        """Members of the list's envelope to send instead, or `REMOVED`."""
        self.requests: list[LoggedRequest] = []
        self.login_attempts = 0
        self.logins = 0
        """How many logins were accepted."""
        self.tokens = TokenMint(token_lifetime, claims, clock, wall_clock)
        self.certificate = SelfSigned.local() if tls is True else tls or None
        self._ssl_context: ssl.SSLContext | None = None
        self._faults: list[InjectedFault] = []
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self._port: int | None = None
        self._stopping = asyncio.Event()
        self.settle()

    # Life

    @property
    def url(self) -> str:
        """Return the base URL, also while the server does not listen."""
        if self._port is None:
            raise RuntimeError("the simulator was never started")
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://{self.host}:{self._port}"

    async def start(self, port: int = 0) -> str:
        """Listen on a port, or on a free one; return the URL."""
        if self.certificate is not None:
            self._ssl_context = await asyncio.to_thread(self.certificate.server_context)
        self._port = port
        await self.listen_again()
        return self.url

    async def stop(self) -> None:
        """Close everything."""
        await self.stop_listening()

    async def stop_listening(self) -> None:
        """Refuse connections and drop the open ones, as a stopped service does."""
        if self._server is None or self._runner is None:
            return
        self._stopping.set()
        self._server.close()
        await self._runner.cleanup()
        self._server.abort_clients()
        await self._server.wait_closed()
        self._server = self._runner = None

    async def listen_again(self) -> None:
        """Listen on the same port as before."""
        if self._server is not None or self._port is None:
            raise RuntimeError(
                "only a simulator that stopped listening can listen again"
            )
        self._stopping = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.on_response_prepare.append(unnamed)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.5
        )
        await self._runner.setup()
        assert self._runner.server is not None
        self._server = await listen(
            self._runner.server, self.host, self._port, self._ssl_context
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def __aenter__(self) -> Self:
        """Start on a free port."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    # What a test or a demo does to it

    def settle(self) -> None:
        """Bring every UPS up to the present; new ones live by our clock from now."""
        for ups in self.upses:
            ups.follow(self.clock)
            ups.catch_up()

    def outage_every(
        self, period_s: float, duration_s: float, first_after_s: float | None = None
    ) -> None:
        """Take the mains from all present UPSs again and again, by the clock."""
        self.settle()
        for ups in self.upses:
            ups.outage_every(period_s, duration_s, first_after_s)

    def expire_tokens(self) -> None:
        """Kill all tokens at once."""
        self.tokens.expire_all()

    def inject(
        self,
        fault: Fault,
        *,
        times: int | None = None,
        on: Endpoint | None = None,
        from_page: int = 1,
    ) -> InjectedFault:
        """Have a fault for the next requests of a kind, or until it is cleared."""
        injected = InjectedFault(fault, times, on, from_page)
        self._faults.append(injected)
        return injected

    def clear_faults(self) -> None:
        """Be healthy again."""
        self._faults.clear()

    # What it does with a request

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, or fail as told."""
        self._log(request)
        self.settle()
        exchange = Exchange(request, partial(self._answer, request), self._stopping)
        for injected in self._struck_by(request):
            injected.hits += 1
            if (response := await injected.fault(exchange)) is not None:
                return response
        return await exchange.send(await self._answer(request))

    def _log(self, request: web.Request) -> None:
        """Remember a request."""
        self.login_attempts += request.path == LOGIN_PATH
        self.requests.append(
            LoggedRequest(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                authorized="Authorization" in request.headers,
                language=request.headers.get("Content-Language"),
                at=self.clock(),
            )
        )
        del self.requests[:-_LONGEST_LOG]

    def _struck_by(self, request: web.Request) -> list[InjectedFault]:
        """Return the faults that a request meets."""
        endpoint = _ENDPOINTS.get(request.path)
        asked = request.query.get(self._page_name(), "1")
        page = int(asked) if asked.isdecimal() else 1
        return [fault for fault in self._faults if fault.strikes(endpoint, page)]

    async def _answer(self, request: web.Request) -> Answer:
        """Return what a healthy server says."""
        path = request.path
        if self.old_winpower:
            return old_winpower.answer(path, self.upses)
        if path not in _METHODS:
            return spring_error(404, path)
        if request.method != _METHODS[path]:
            return spring_error(405, path)
        return await self._login(request) if path == LOGIN_PATH else self._list(request)

    async def _login(self, request: web.Request) -> Answer:
        """Take a name and a password, give a token: WinPower protocol, section 2."""
        if request.content_type != JSON:
            return spring_error(415, request.path)
        match _parsed(await request.read()):
            case {"username": str(username), "password": str(password)}:
                if (username, password) == (self.username, self.password):
                    return self._logged_in()
                return self._error(self.login_error_shape, request)
        return self._error("E8", request)

    def _logged_in(self) -> Answer:
        """Begin a session."""
        self.logins += 1
        if self.single_session:
            self.expire_tokens()
        first_id = self.upses[0].id if self.upses else ROOT_AREA
        return logged_in(self.tokens.issue(), first_id)

    def _list(self, request: web.Request) -> Answer:
        """Return a page of the device list: WinPower protocol, section 3."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not self.tokens.is_good(token):
            return self._error(self.auth_error_shape, request)
        try:
            query = ListQuery.parse(request.query)
        except KeyError, ValueError:
            return self._error("E8", request)
        return Answer.of(self._page(query))

    def _page(self, query: ListQuery) -> dict[str, Any]:
        """Return the envelope with the UPSs of one page."""
        listed = [ups for ups in self.upses if query.covers(ups)]
        size = min(query.page_size, self.page_size_limit or query.page_size)
        page = {"current": query.current, "pageNum": query.page_num, "none": 1}[
            self.page_parameter
        ]
        envelope = {
            "total": len(listed),
            "pageSize": size,
            "currentPage": page,
            "data": [ups.record() for ups in listed[(page - 1) * size : page * size]],
            "code": SUCCESS,
            "msg": "OK",
        }
        apply_overrides(envelope, self.envelope)
        return envelope

    def _page_name(self) -> str:
        """Return the parameter to find the page of a request in."""
        return "pageNum" if self.page_parameter == "pageNum" else "current"

    def _error(self, shape: ErrorShape, request: web.Request) -> Answer:
        """Return a failure that fits the request."""
        return error(shape, request.path, request.headers.get("Content-Language"))


def _parsed(body: bytes) -> Any:
    """Return the JSON of a body; None if it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None
