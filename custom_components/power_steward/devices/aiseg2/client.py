"""Client of an AiSEG2 (AiSEG2 protocol, sections 1 and 2): it only ever reads."""

import asyncio
import base64
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
import json
from typing import Final, NamedTuple, Protocol

import aiohttp
from yarl import URL

from ..clock import Clock
from ..errors import CannotConnect, DemoMode, RequestRefused
from ..http import body_of, client_errors, parsed
from . import codec
from .models import (
    ApplianceList,
    Catalogue,
    CircuitPage,
    CircuitPower,
    DayGraph,
    EquipmentPage,
    GridMeter,
    Identity,
    Live,
    PageParts,
    Place,
)

REQUEST_TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=5)
EXPORT_TIMEOUT: Final = aiohttp.ClientTimeout(total=600, connect=5, sock_read=60)
GAP: Final = 0.2
"""Seconds of rest that the box is given between two requests."""
TRIES: Final = 3
FIRST_RETRY: Final = 0.5
"""Seconds before the second try; they double."""
MAX_PAGE: Final = 1024 * 1024
MAX_EXPORT: Final = 256 * 1024 * 1024
MAX_CIRCUIT_PAGES: Final = 20
MAX_AIR_PAGES: Final = 10
PANELS_A_PAGE: Final = 4

LIVE: Final = "/data/electricflow/111/update"
CIRCUITS: Final = "/page/electricflow/1113"
CATALOGUE: Final = "/page/setting/installation/734"
GRAPHS: Final[Mapping[int, str]] = {
    quantity: f"/page/graph/5{quantity}111" for quantity in range(1, 8)
}
CIRCUIT_GRAPH: Final = "/page/graph/584"
METER: Final = "/page/smartmeter/2"
AIR: Final = "/page/airenvironment/41"
EQUIPMENT: Final = "/page/devices/device/32"
AIR_CONDITIONERS: Final = "/page/devices/device/321"
FIRE_ALARMS: Final = "/page/devices/device/32h"
IDENTITY: Final = "/page/setting/etc/743"
EXPORT: Final = "/set/exectop2.cgi"

ALLOWED: Final[Mapping[tuple[str, str], Sequence[frozenset[str]]]] = {
    ("POST", LIVE): (frozenset(),),
    ("GET", CIRCUITS): (frozenset({"id"}),),
    ("GET", CATALOGUE): (frozenset(),),
    **{("GET", path): (frozenset(),) for path in GRAPHS.values()},
    ("GET", CIRCUIT_GRAPH): (frozenset({"data"}),),
    ("GET", METER): (frozenset(),),
    ("GET", AIR): (frozenset({"page"}),),
    ("GET", EQUIPMENT): (frozenset({"page"}),),
    ("GET", AIR_CONDITIONERS): (frozenset({"page", "individual_page"}),),
    ("GET", FIRE_ALARMS): (frozenset({"page", "nodeId", "eoj"}),),
    ("GET", IDENTITY): (frozenset(),),
    # The same address takes orders too, by other parameters: these two, no others.
    ("GET", EXPORT): (frozenset(), frozenset({"downType", "csrftoken"})),
}
"""All that is ever requested: method and path, with the sets of parameters."""


class _WithParts(Protocol):
    """What is read of an HTML page."""

    @property
    def parts(self) -> PageParts:
        """What every page says."""


class CircuitList(NamedTuple):
    """The circuits of the live list, by falling power."""

    circuits: tuple[CircuitPower, ...]
    complete: bool
    """Whether all were read; if not, those that are missing are at 0 W."""


class AiSeg2Client:
    """Reads one box, one request at a time.

    The session must answer Digest challenges; it is never closed here. All requests
    raise the errors of ``devices.errors`` and nothing else.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        host: str,
        clock: Clock,
        gap: float | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take a host name or address, with a port if it is not 80."""
        self._session = session
        self._url = URL(f"http://{host}")
        self._clock = clock
        self._gap = GAP if gap is None else gap
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._free_at = 0.0
        self.newest_live: bytes = b""
        """The newest live answer as sent, for diagnostics."""

    async def live(self) -> Live:
        """Read the live totals."""
        body: list[bytes] = []

        def parse(status: int, answer: bytes) -> Live:
            body.append(answer)
            return codec.parse_live(status, answer)

        live = await self._ask("POST", LIVE, parse, form={"data": "{}"})
        self.newest_live = body[-1]
        return live

    async def circuits(self) -> CircuitList:
        """Read the live list as far as there is power in it (section 2.3).

        The list is sorted by falling power over all pages, so a slot at 0 W ends it.
        Beyond its last page the box shows that page again.
        """
        circuits: list[CircuitPower] = []
        before: Counter[str] | None = None
        for number in range(1, MAX_CIRCUIT_PAGES + 1):
            page = await self._circuit_page(number)
            names = Counter(codec.name_key(circuit.name) for circuit in page.circuits)
            if page.served is not None and page.served < number:
                break
            if page.served is None and names == before:
                break
            circuits += page.circuits
            if any(circuit.power == 0 for circuit in page.circuits):
                return CircuitList(tuple(circuits), complete=False)
            if page.has_next is False or len(page.circuits) < 10:
                break
            before = names
        return CircuitList(tuple(circuits), complete=True)

    async def _circuit_page(self, number: int) -> CircuitPage:
        return await self._page(CIRCUITS, codec.parse_circuit_page, {"id": str(number)})

    async def catalogue(self) -> Catalogue:
        """Read the circuits' numbers and names."""
        return await self._page(CATALOGUE, codec.parse_catalogue)

    async def graph(self, quantity: int) -> DayGraph:
        """Read the day's total of a quantity (section 2.6)."""
        path = GRAPHS[quantity]
        return await self._page(
            path,
            lambda status, body: codec.parse_graph(status, body, _name(path)),
        )

    async def circuit_energy(self, number: int) -> DayGraph:
        """Read the day's total of a circuit (section 2.7)."""
        asked = json.dumps({"circuitid": str(number)}, separators=(",", ":"))
        return await self._page(
            CIRCUIT_GRAPH,
            lambda status, body: codec.parse_graph(status, body, _name(CIRCUIT_GRAPH)),
            {"data": base64.b64encode(asked.encode()).decode()},
        )

    async def meter(self) -> GridMeter:
        """Read the smart meter's power."""
        return await self._page(METER, codec.parse_meter)

    async def places(self) -> tuple[Place, ...]:
        """Read temperature and humidity of all places."""
        places: list[Place] = []
        before: tuple[str, ...] = ()
        for number in range(1, MAX_AIR_PAGES + 1):
            page = await self._page(AIR, codec.parse_air, {"page": str(number)})
            names = tuple(place.name for place in page.places)
            if not names or names == before:
                break
            places += page.places
            if len(names) < 3:
                break
            before = names
        return tuple(places)

    async def equipment(self) -> tuple[EquipmentPage, ...]:
        """Read all pages of panels."""
        pages: list[EquipmentPage] = []
        while True:
            page = await self._page(
                EQUIPMENT, codec.parse_equipment, {"page": str(len(pages) + 1)}
            )
            pages.append(page)
            if len(pages) * PANELS_A_PAGE >= page.panels_total:
                return tuple(pages)

    async def air_conditioners(self, number: int) -> ApplianceList:
        """Read one page of air conditioners."""
        return await self._page(
            AIR_CONDITIONERS,
            codec.parse_air_conditioners,
            {"page": "1", "individual_page": str(number)},
        )

    async def fire_alarms(self, page: int, node: str, eoj: str) -> ApplianceList:
        """Read the fire alarms of one receiver."""
        return await self._page(
            FIRE_ALARMS,
            codec.parse_fire_alarms,
            {"page": str(page), "nodeId": node, "eoj": eoj},
        )

    async def identity(self) -> Identity:
        """Read what the box is; a page of its settings, for rare use."""
        return await self._page(IDENTITY, codec.parse_identity)

    async def export(self) -> bytes:
        """Return the zip of the SD card's history (section 2.13)."""
        token = await self._ask("GET", EXPORT, codec.parse_export_token)

        def parse(status: int, body: bytes) -> bytes:
            codec.check_status(_name(EXPORT), status)
            if not body.startswith(b"PK"):
                raise RequestRefused("no SD card, or the box is busy with it")
            return body

        return await self._ask(
            "GET",
            EXPORT,
            parse,
            {"downType": "1", "csrftoken": token},
            timeout=EXPORT_TIMEOUT,
            limit=MAX_EXPORT,
        )

    async def _page[PageT: _WithParts](
        self,
        path: str,
        parse: Callable[[int, bytes], PageT],
        query: Mapping[str, str] | None = None,
    ) -> PageT:
        """Read an HTML page; refuse it if its values are invented."""
        page = await self._ask("GET", path, parse, query)
        if page.parts.demo:
            raise DemoMode("the box is in demo mode")
        return page

    async def _ask[T](
        self,
        method: str,
        path: str,
        parse: Callable[[int, bytes], T],
        query: Mapping[str, str] | None = None,
        *,
        form: Mapping[str, str] | None = None,
        timeout: aiohttp.ClientTimeout | None = None,
        limit: int = MAX_PAGE,
    ) -> T:
        """Request and return what ``parse`` makes of status and body.

        A server's error and a connection that breaks are tried again; a box that does
        not answer at all is left in peace.
        """
        url = self._target(method, path, query or {})
        for attempt in range(TRIES):
            try:
                response, body = await self._send(method, url, form, timeout, limit)
            except CannotConnect as err:
                if attempt == TRIES - 1 or isinstance(err.__cause__, TimeoutError):
                    raise
            else:
                if response.status < 500 or attempt == TRIES - 1:
                    break
            await self._sleep(FIRST_RETRY * 2**attempt)
        return await parsed(parse, response, body)

    def _target(self, method: str, path: str, query: Mapping[str, str]) -> URL:
        """Return the URL of an allowed request; the signature covers it as it is."""
        if frozenset(query) not in ALLOWED.get((method, path), ()):
            raise RequestRefused(f"{method} {path} is not on the list of what is read")
        text = "&".join(f"{name}={value}" for name, value in query.items())
        target = f"{self._url.with_path(path)}{'?' if text else ''}{text}"
        return URL(target, encoded=True)

    async def _send(
        self,
        method: str,
        url: URL,
        form: Mapping[str, str] | None,
        timeout: aiohttp.ClientTimeout | None,
        limit: int,
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        """Send one request when the box is free and rested."""
        async with self._lock:
            rest = self._free_at - self._clock.monotonic()
            if rest > 0:
                await self._sleep(min(rest, self._gap))
            try:
                async with (
                    client_errors(),
                    self._session.request(
                        method,
                        url,
                        data=form,
                        headers=_HEADERS if form is None else _FORM_HEADERS,
                        timeout=timeout or REQUEST_TIMEOUT,
                        allow_redirects=False,
                    ) as response,
                ):
                    return response, await body_of(response, limit)
            finally:
                self._free_at = self._clock.monotonic() + self._gap


_HEADERS: Final = {"User-Agent": "PowerSteward"}
_FORM_HEADERS: Final = {**_HEADERS, "X-Requested-With": "XMLHttpRequest"}


def _name(path: str) -> str:
    """Return a page's name in messages."""
    return path.removeprefix("/page/").removeprefix("/")
