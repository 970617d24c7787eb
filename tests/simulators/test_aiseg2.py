"""The simulator says what the AiSEG2 protocol says."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
import json
import re
from typing import Any

from aiohttp import ClientSession, DigestAuthMiddleware
import pytest

from .aiseg2 import JAPAN, AiSeg2Simulator, Answer, SimulatedCircuit, SimulatedHouse

NOON = datetime(2026, 7, 14, 12, 30, tzinfo=JAPAN)


@pytest.fixture
async def box() -> AsyncGenerator[AiSeg2Simulator]:
    """Return a running box with twelve circuits."""
    circuits = [SimulatedCircuit(8 + n, f"C{n}", 10.0 * n) for n in range(12)]
    house = SimulatedHouse(circuits, solar=1000.0)
    async with AiSeg2Simulator(house, now=lambda: NOON) as simulator:
        yield simulator


async def ask(box: AiSeg2Simulator, path: str, **more: Any) -> tuple[int, str]:
    """Return status and text of a page, with the right password."""
    digest = DigestAuthMiddleware(box.digest.username, box.digest.password)
    async with (
        ClientSession(middlewares=(digest,)) as session,
        session.request(
            more.pop("method", "GET"),
            f"http://{box.address}{path}",
            allow_redirects=False,
            **more,
        ) as response,
    ):
        return response.status, await response.text()


def powers(page: str) -> list[int]:
    """Return the powers on a page of circuits."""
    found = re.findall(r'class="c_value">\s*(\d*)W?<', page)
    return [int(power or 0) for power in found]


async def test_digest(box: AiSeg2Simulator) -> None:
    """Without credentials there is a challenge, with wrong ones too."""
    async with ClientSession() as session:
        for _ in range(2):
            async with session.get(f"http://{box.address}/") as response:
                assert response.status == 401
                assert "Digest" in response.headers["WWW-Authenticate"]
    box.digest.password, right = "other", box.digest.password
    digest = DigestAuthMiddleware("aiseg", right)
    async with (
        ClientSession(middlewares=(digest,)) as session,
        session.get(f"http://{box.address}/page/setting/etc/743") as response,
    ):
        assert response.status == 401
    assert box.requests == []


async def test_root_redirects(box: AiSeg2Simulator) -> None:
    """The root leads elsewhere, and what is unknown is not found."""
    assert (await ask(box, "/"))[0] == 302
    assert (await ask(box, "/page/none"))[0] == 404
    assert (await ask(box, "/page/setting/etc/743", method="POST"))[0] == 405


async def test_sorted_and_clamped(box: AiSeg2Simulator) -> None:
    """Circuits are sorted over all pages; beyond the last one it is served again."""
    first = powers((await ask(box, "/page/electricflow/1113?id=1"))[1])
    last = powers((await ask(box, "/page/electricflow/1113?id=2"))[1])
    beyond = powers((await ask(box, "/page/electricflow/1113?id=7"))[1])
    assert first + last == sorted(first + last, reverse=True)
    assert beyond == last == [10, 0]


async def test_totals_reset(box: AiSeg2Simulator) -> None:
    """Totals grow over the day, begin anew at midnight, and yesterday's is told."""

    async def total() -> float:
        _, page = await ask(box, "/page/graph/52111")
        found = re.search(r'id="val_kwh">([\d.]+)<', page)
        assert found is not None
        return float(found[1])

    assert await total() == pytest.approx(0.66 * 12.5)
    box.now = lambda: NOON + timedelta(hours=11, minutes=29)
    assert await total() == pytest.approx(0.66 * 24, abs=0.06)
    box.now = lambda: NOON + timedelta(hours=12)
    assert await total() == pytest.approx(0.33)


async def test_live(box: AiSeg2Simulator) -> None:
    """Totals are texts in kW, sources numbers in W, what is absent a dash."""
    path = "/data/electricflow/111/update"
    live = json.loads((await ask(box, path, method="POST", data={"data": "{}"}))[1])
    assert (live["g_capacity"], live["u_capacity"]) == ("1.0", "0.7")
    assert (live["g_d_1_capacity"], live["percent"]) == (1000, "-")
    assert live["lo_buy_sell"] == 1
    box.conflict = True
    busy = json.loads((await ask(box, path, method="POST"))[1])
    assert busy["conflict"] == 1


async def test_faults(box: AiSeg2Simulator) -> None:
    """An answer can be spoiled, for some paths, so many times, or until cleared."""
    fault = box.inject(lambda _: Answer(b"x", 500), "/page/graph")
    assert (await ask(box, "/page/graph/52111"))[0] == 500
    assert (await ask(box, "/page/setting/etc/743"))[0] == 200
    fault.clear()
    assert (await ask(box, "/page/graph/52111"))[0] == 200


async def test_export_is_guarded(box: AiSeg2Simulator) -> None:
    """Only the right token gets the history, and only if there is a card."""
    _, page = await ask(box, "/set/exectop2.cgi")
    token = re.search(r'csrftoken" VALUE="(\w+)"', page)
    assert token is not None
    path = f"/set/exectop2.cgi?downType=1&csrftoken={token[1]}"
    assert (await ask(box, path))[1].startswith("<html>")
    assert (await ask(box, path.replace(token[1], "1")))[0] == 403


async def test_same_port_again(box: AiSeg2Simulator) -> None:
    """A box that was off comes back under its address."""
    address = box.address
    await box.stop()
    await box.start()
    assert box.address == address
