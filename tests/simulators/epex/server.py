"""The server: every source by its own path."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
import re
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from aiohttp import web

from . import formats
from .faults import Fault
from .market import QUARTER, Market

_HOUR = timedelta(hours=1)
_BERLIN = ZoneInfo("Europe/Berlin")
_EASTERN = {"BG", "EE", "FI", "GR", "LT", "LV", "RO"}
_SMARD_FILE = re.compile(r"/app/chart_data/(\d+)/DE/(.+)\.json")


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request that arrived."""

    source: str
    path: str
    query: dict[str, str]
    at: datetime


@dataclass(slots=True)
class _Injected:
    fault: Fault
    source: str | None
    times: int | None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class EpexSimulator:
    """All sources of one market, on a real socket."""

    def __init__(
        self,
        market: Market | None = None,
        *,
        now: Callable[[], datetime] = _utc_now,
        token: str = "entsoe-token",
        host: str = "127.0.0.1",
        most_requests: int | None = None,
    ) -> None:
        """Make a server; with a limit, further requests get HTTP 429."""
        self.market = market or Market()
        self.now = now
        self.token = token
        self.host = host
        self.most_requests = most_requests
        self.requests: list[LoggedRequest] = []
        self._faults: list[_Injected] = []
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Return the base URL, the same for all sources."""
        return f"http://{self.host}:{self._port}"

    async def start(self, port: int = 0) -> str:
        """Listen on a port, or on a free one; return the URL."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, port or self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self.url

    async def stop(self) -> None:
        """Refuse connections."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

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

    def inject(
        self, fault: Fault, *, source: str | None = None, times: int | None = None
    ) -> None:
        """Have a fault, for one source or all, so many times or until cleared."""
        self._faults.append(_Injected(fault, source, times))

    def clear_faults(self) -> None:
        """Be healthy again."""
        self._faults.clear()

    def asked(self, source: str) -> int:
        """Return how often a source was asked."""
        return sum(request.source == source for request in self.requests)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        source, response = self._answer(request)
        self.requests.append(
            LoggedRequest(source, request.path, dict(request.query), self.now())
        )
        if self.most_requests is not None and len(self.requests) > self.most_requests:
            return web.Response(status=429, headers={"Retry-After": "20"})
        for injected in self._faults:
            if injected.times != 0 and injected.source in (None, source):
                if injected.times is not None:
                    injected.times -= 1
                return await injected.fault(request, response)
        return response

    def _answer(self, request: web.Request) -> tuple[str, web.Response]:
        path = request.path
        if path == "/price":
            return "energy_charts", self._energy_charts(request.query)
        if path == "/v1/marketdata":
            return "awattar", self._awattar(request.query)
        if path == "/api":
            return "entsoe", self._entsoe(request.query)
        if match := _SMARD_FILE.fullmatch(path):
            return "smard", self._smard(match[1], match[2])
        return "", web.Response(status=404)

    def _energy_charts(self, query: Mapping[str, str]) -> web.Response:
        clock = ZoneInfo(
            "Europe/Helsinki" if query["bzn"] in _EASTERN else "Europe/Brussels"
        )
        start, end = (
            datetime.combine(
                datetime.fromisoformat(query[name]) + timedelta(days=more),
                time(),
                clock,
            ).astimezone(UTC)
            for name, more in (("start", 0), ("end", 1))
        )
        points = list(self.market.points(start, end, self.now()))
        if not points:
            return web.json_response({"detail": "no content available"}, status=404)
        return _json(formats.energy_charts(points))

    def _awattar(self, query: Mapping[str, str]) -> web.Response:
        start, end = (_milliseconds(query[name]) for name in ("start", "end"))
        return _json(formats.awattar(self.market.points(start, end, self.now(), _HOUR)))

    def _entsoe(self, query: Mapping[str, str]) -> web.Response:
        if query.get("securityToken") != self.token:
            return web.Response(status=401, text="Unauthorized")
        start, end = (
            datetime.strptime(query[name], "%Y%m%d%H%M").replace(tzinfo=UTC)
            for name in ("periodStart", "periodEnd")
        )
        points = list(self.market.points(start, end, self.now()))
        if not points:
            return web.Response(
                body=formats.no_data_of_entsoe(), content_type="text/xml"
            )
        return web.Response(body=formats.entsoe(points), content_type="text/xml")

    def _smard(self, number: str, name: str) -> web.Response:
        today = self.now().astimezone(_BERLIN).date()
        monday = today - timedelta(days=today.weekday())
        weeks = [
            datetime.combine(
                monday + timedelta(weeks=week), time(), _BERLIN
            ).astimezone(UTC)
            for week in (-2, -1, 0, 1)
        ]
        stamps = [int(week.timestamp() * 1000) for week in weeks]
        if name == "index_quarterhour":
            return web.json_response({"timestamps": stamps[:-1]})
        prefix, _, stamp = name.rpartition("_")
        if prefix != f"{number}_DE_quarterhour" or int(stamp) not in stamps[:-1]:
            return web.Response(status=404)
        start = weeks[stamps.index(int(stamp))]
        end = weeks[stamps.index(int(stamp)) + 1]
        points = list(self.market.points(start, end, self.now()))
        nulls = []
        at = points[-1].end if points else start
        while at < end:
            nulls.append(int(at.timestamp() * 1000))
            at += QUARTER
        return _json(formats.smard(points, nulls))


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


def _milliseconds(text: str) -> datetime:
    return datetime.fromtimestamp(int(text) / 1000, UTC)
