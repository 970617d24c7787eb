"""The box: a web server behind Digest, slow, and faulty as told."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
import json
import math
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiohttp import web

from . import pages
from .digest import Digest
from .export import export
from .house import JAPAN, SimulatedAppliance, SimulatedHouse

SLOTS = 10
_HTML = "text/html"


class Answer(NamedTuple):
    """What goes out instead of the healthy answer."""

    body: bytes = b""
    status: int = 200
    content_type: str = _HTML


type Fault = Callable[[Answer], Answer | None]
"""Makes another answer of the healthy one; ``None`` hangs for ever."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request that was let in."""

    method: str
    target: str
    form: str


@dataclass(eq=False)
class InjectedFault:
    """A fault for some requests."""

    path: str
    fault: Fault
    times: int | None

    def clear(self) -> None:
        """Strike no more."""
        self.times = 0


class AiSeg2Simulator:
    """An AiSEG2 on a real socket; its attributes may change while it runs."""

    def __init__(
        self,
        house: SimulatedHouse | None = None,
        *,
        username: str = "aiseg",
        password: str = "box-pass",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        latency: float = 0.0,
        firmware: str = "Ver.9.97Z-01",
        mac: str = "02-00-5e-10-00-01",
        host: str = "127.0.0.1",
        meter: bool = False,
        sd_days: int | None = None,
    ) -> None:
        """Make a box that listens from ``start()`` on.

        ``sd_days`` is how many days of history the SD card holds; ``None``: no card.
        """
        self.house = house or SimulatedHouse()
        self.digest = Digest(username, password)
        self.now = now
        self.latency = latency
        self.firmware = firmware
        self.mac = mac
        self.host = host
        self.meter = meter
        self.sd_days = sd_days
        self.demo_mode = False
        self.output_limited = False
        self.conflict = False
        self.live: dict[str, Any] = {}
        """Members of the live answer to send instead; ``None`` leaves them out."""
        self.missing: set[str] = set()
        """Paths that this box does not have."""
        self.requests: list[LoggedRequest] = []
        self.challenges = 0
        self.most_at_once = 0
        self._at_once = 0
        self._faults: list[InjectedFault] = []
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._stopping = asyncio.Event()

    # Life

    @property
    def address(self) -> str:
        """Return host and port, as a form wants them."""
        return f"{self.host}:{self._port}"

    async def start(self, port: int = 0) -> str:
        """Listen on a port, or on a free one; return the address."""
        self._stopping = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, port or self._port).start()
        self._port = self._runner.addresses[0][1]
        return self.address

    async def stop(self) -> None:
        """Be off; ``start()`` comes back on the same port."""
        self._stopping.set()
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

    # What a test does to it

    def inject(
        self, fault: Fault, path: str = "", times: int | None = None
    ) -> InjectedFault:
        """Spoil the answers of paths that begin with these letters."""
        injected = InjectedFault(path, fault, times)
        self._faults.append(injected)
        return injected

    def count(self, path: str) -> int:
        """Return how many requests a path had."""
        return sum(item.target.partition("?")[0] == path for item in self.requests)

    # What it does with a request

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._respond(request)
        finally:
            self._at_once -= 1

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        form = (await request.read()).decode()
        if not self.digest.accepts(request):
            self.challenges += 1
            return self.digest.challenge()
        self.requests.append(LoggedRequest(request.method, request.raw_path, form))
        if self.latency:
            await asyncio.sleep(self.latency)
        answer: Answer | None = self._answer(request)
        for injected in self._faults:
            struck = request.path.startswith(injected.path)
            if struck and injected.times != 0 and answer is not None:
                if injected.times is not None:
                    injected.times -= 1
                answer = injected.fault(answer)
        if answer is None:
            await self._stopping.wait()
            answer = Answer(status=503)
        if answer.status == 302:
            return web.Response(status=302, headers={"Location": "/index.cgi"})
        return web.Response(
            body=answer.body, status=answer.status, content_type=answer.content_type
        )

    def _answer(self, request: web.Request) -> Answer:
        """Return what a healthy box says."""
        path, query = request.path, request.query
        if path in self.missing:
            return Answer(b"not found", 404)
        if path == "/":
            return Answer(status=302)
        if path == "/data/electricflow/111/update" and request.method == "POST":
            return self._live()
        if path == "/set/exectop2.cgi":
            return self._export(query)
        if request.method != "GET":
            return Answer(b"", 405)
        match path:
            case "/page/electricflow/1113":
                return self.circuit_page(int(query["id"]))
            case "/page/setting/installation/734":
                return self._catalogue()
            case "/page/graph/584":
                return self._circuit_graph(query["data"])
            case "/page/smartmeter/2" if self.meter:
                return self._page(
                    "スマートメーター", pages.meter(self.house.grid(self._time))
                )
            case "/page/airenvironment/41":
                return self._air(int(query["page"]))
            case "/page/devices/device/32":
                return self._equipment(int(query["page"]))
            case "/page/devices/device/321":
                return self._page(
                    "エアコン", pages.air_conditioners(self._of_eoj("0x0130"))
                )
            case "/page/devices/device/32h":
                return self._fire_alarms(query["nodeId"], query["eoj"])
            case "/page/setting/etc/743":
                return self._page(
                    "バージョン情報",
                    pages.identity("AiSEG2(S)", self.firmware, self.mac),
                )
        if path.startswith("/page/graph/5") and path.endswith("111"):
            return self._graph(int(path[-4]))
        return Answer(b"not found", 404)

    @property
    def _time(self) -> datetime:
        return self.now().astimezone(JAPAN)

    def _page(self, title: str, main: str, script: str = "", tail: str = "") -> Answer:
        links = [
            "/page/myhome/9",
            "/page/electricflow/111",
            "/page/graph/52111",
            "/page/smartmeter/2",
            "/page/notice/63",
            "/page/setting/initial/71",
        ]
        if self.house.appliances:
            links.append("/page/devices/device/32")
        if self.house.places:
            links.append("/page/airenvironment/41")
        text = pages.document(
            title,
            main,
            firmware=self.firmware,
            clock=self._time,
            links=links,
            demo=self.demo_mode,
            limited=self.output_limited,
            script=script,
            tail=tail,
        )
        return Answer(text.encode())

    def _live(self) -> Answer:
        """Return the live totals: AiSEG2 protocol, section 2.1."""
        if self.conflict:
            told: dict[str, Any] = {"conflict": 1, "redirectURL": "/page/common/012"}
            return Answer(json.dumps(told).encode(), content_type=_HTML)
        house, moment = self.house, self._time
        consumption, battery = house.consumption(moment), house.battery(moment)
        generation, grid = house.generation(moment), house.grid(moment)
        has_battery = bool(house.battery_power)
        top = sorted(
            ((house.power_of(item, moment), item.name) for item in house.circuits),
            key=lambda pair: -pair[0],
        )[:3]
        told = {
            "g_capacity": f"{generation / 1000:.1f}" if house.has_solar else "-",
            "u_capacity": f"{consumption / 1000:.1f}",
            "lo_buy_sell": 0 if grid > 0 else 1 if grid < 0 else 2,
            "soc": 3 if has_battery else 0,
            "percent": str(house.battery_charge(moment)) if has_battery else "-",
            "charge": (0 if battery < 0 else 1 if battery > 0 else 2)
            if has_battery
            else 2,
            "connSb": int(has_battery),
            "connEv": 0,
            "connPv1": int(house.has_solar),
            "connPv2": 0,
            "g_d_1_title": "太陽光発電" if house.has_solar else "",
            "g_d_1_capacity": round(generation) if house.has_solar else "-",
            "g_d_2_title": "蓄電池" if battery > 0 else "",
            "g_d_2_capacity": round(battery) if battery > 0 else "-",
            "connFc": 0,
            "sbNet": 0,
            "fc": {"fcState": 0, "fcLevel": 6},
            "noPvFc": int(not house.has_solar),
            "measReg": 1,
            "s_button_mode": 0,
            "selfSufficiencyDisable": 1,
        }
        for place, (watts, name) in enumerate(top, 1):
            told[f"u_d_{place}_capacity"] = watts
            told[f"u_d_{place}_title"] = name
            told[f"best{place}"] = 1
        told |= self.live
        told = {key: value for key, value in told.items() if value is not None}
        body = json.dumps(told, ensure_ascii=False).encode()
        return Answer(body, content_type=_HTML)

    def circuit_page(self, asked: int) -> Answer:
        """Return a page of the live list, the last one for any beyond it."""
        moment = self._time
        ranked = sorted(
            (
                (item.name or "-", self.house.power_of(item, moment))
                for item in self.house.circuits
            ),
            key=lambda pair: -pair[1],
        )
        count = max(math.ceil(len(ranked) / SLOTS), 1)
        page = min(max(asked, 1), count)
        main, script = pages.circuit_list(
            ranked[(page - 1) * SLOTS : page * SLOTS],
            page,
            count,
            ranked[0][1] if ranked else 0,
        )
        return self._page("回路ごとで使っている電気", main, script)

    def _catalogue(self) -> Answer:
        entries = [("-", "主幹L1", "主幹", False), ("0", "", "特1", False)]
        entries += [
            (str(item.number), item.name or "-", item.label, True)
            for item in self.house.circuits
        ]
        entries.append(("60", "太陽光発電", "分53", False))
        tail = pages.catalogue_script(entries, self.firmware)
        return self._page("計測回路名称", "<table></table>", tail=tail)

    def _graph(self, quantity: int) -> Answer:
        """Return the day's total of a quantity: AiSEG2 protocol, section 2.6."""
        moment = self._time
        if quantity not in self._quantities():
            return Answer(b"not found", 404)
        names = {1: "solar", 2: "consumed", 3: "bought", 4: "sold"}
        today = moment.date()
        if quantity in names:
            hours = self._hours(names[quantity], today, moment)
            before = self._hours(names[quantity], today - timedelta(days=1), None)
            unit = "kWh"
        else:
            factor = 7.0 if quantity == 5 else 0.1
            hours = [round(factor * (n < moment.hour), 3) for n in range(24)]
            before = [round(factor, 3)] * 24
            unit = "L" if quantity == 5 else "m³"
        main, script = pages.day_graph(
            value=round(sum(hours), 3),
            unit=unit,
            day=today,
            today=[hours],
            yesterday=before,
            buttons=[
                (f"g_btn_{item}", f"/page/graph/5{item}111")
                for item in self._quantities()
                if item != quantity
            ],
            price=16.0 if quantity == 4 else None,
        )
        return self._page("使用量", main, script)

    def _quantities(self) -> list[int]:
        house = self.house
        return [
            *([1] if house.has_solar else []),
            2,
            3,
            *([4] if house.has_solar else []),
            *([5] if house.hot_water else []),
            *([7] if house.gas else []),
        ]

    def _hours(self, name: str, day: date, until: datetime | None) -> list[float]:
        return [
            round(getattr(hour, name) / 1000, 3)
            for hour in self.house.hours(day, until)
        ]

    def _circuit_graph(self, data: str) -> Answer:
        """Return a circuit's total of the day: AiSEG2 protocol, section 2.7."""
        number = int(json.loads(base64.b64decode(data))["circuitid"])
        moment = self._time
        today, yesterday = (
            [
                round(hour.circuits.get(number, 0.0) / 1000, 3)
                for hour in self.house.hours(day, until)
            ]
            for day, until in (
                (moment.date(), moment),
                (moment.date() - timedelta(days=1), None),
            )
        )
        main, script = pages.day_graph(
            value=round(sum(today), 3),
            unit="kWh",
            day=moment.date(),
            today=[today],
            yesterday=yesterday,
        )
        return self._page("回路ごと", main, script)

    def _air(self, page: int) -> Answer:
        places = self.house.places
        count = max(math.ceil(len(places) / 3), 1)
        page = min(page, count)
        return self._page("空気環境", pages.air(places[(page - 1) * 3 : page * 3]))

    def _equipment(self, page: int) -> Answer:
        shown = [item for item in self.house.appliances if item.panel is not None]
        main = pages.panels(shown[(page - 1) * 4 : page * 4])
        tail = pages.equipment_script(
            [item for item in self.house.appliances if item.node],
            len(shown),
            page,
            "4711",
        )
        return self._page("機器", main, tail=tail)

    def _of_eoj(self, start: str) -> list[SimulatedAppliance]:
        return [item for item in self.house.appliances if item.eoj.startswith(start)]

    def _fire_alarms(self, node: str, eoj: str) -> Answer:
        receiver = next(
            item for item in self._of_eoj("0x0019") if str(item.node) == node
        )
        rooms = [
            (room, "fire" in state, "low" in state)
            for room, state in receiver.attributes.items()
        ]
        tail = pages.fire_alarms_script(node, eoj, rooms)
        return self._page("火災警報器", "<table></table>", tail=tail)

    def _export(self, query: Mapping[str, str]) -> Answer:
        if not query:
            return Answer(pages.export_page("31415926").encode())
        if dict(query) != {"downType": "1", "csrftoken": "31415926"}:
            return Answer(b"refused", 403)
        if self.sd_days is None:
            return Answer(b"<html><body>SD</body></html>")
        today = self._time.date()
        first = today - timedelta(days=self.sd_days)
        body = export(self.house, first, today, self._time)
        return Answer(body, content_type="application/zip")
