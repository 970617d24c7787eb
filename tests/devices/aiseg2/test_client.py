"""What the client asks, how gently, and what it makes of trouble."""

from collections.abc import AsyncGenerator
from datetime import datetime
import time

from aiohttp import ClientSession, ClientTimeout, DigestAuthMiddleware
import pytest

from custom_components.power_steward.devices.aiseg2 import client as module
from custom_components.power_steward.devices.aiseg2.client import ALLOWED, AiSeg2Client
from custom_components.power_steward.devices.clock import SYSTEM_CLOCK
from custom_components.power_steward.devices.errors import (
    Busy,
    CannotConnect,
    ClientError,
    CredentialsRejected,
    DemoMode,
    PageMissing,
    PageNotUnderstood,
    RequestRefused,
)
from tests.simulators.aiseg2 import AiSeg2Simulator, Answer

from .homes import MORNING, PLACES, appliances, home


@pytest.fixture
async def box() -> AsyncGenerator[AiSeg2Simulator]:
    """Return a running box with all there is."""

    def now() -> datetime:
        return MORNING

    house = home(places=PLACES, appliances=appliances())
    async with AiSeg2Simulator(house, now=now, meter=True, sd_days=1) as simulator:
        yield simulator


@pytest.fixture
async def client(box: AiSeg2Simulator) -> AsyncGenerator[AiSeg2Client]:
    """Return a client of the box."""
    digest = DigestAuthMiddleware(box.digest.username, box.digest.password)
    async with ClientSession(middlewares=(digest,)) as session:
        yield AiSeg2Client(session, box.address, SYSTEM_CLOCK)


async def everything(client: AiSeg2Client) -> None:
    """Ask for all that a client can ask for."""
    await client.live()
    await client.circuits()
    await client.catalogue()
    for quantity in (1, 2, 3, 4, 5):
        await client.graph(quantity)
    await client.circuit_energy(8)
    await client.meter()
    await client.places()
    await client.equipment()
    await client.air_conditioners(1)
    await client.fire_alarms(2, "45", "0x001901")
    await client.identity()
    await client.export()


async def test_only_what_is_allowed(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """Nothing is requested that could change anything."""
    await everything(client)
    for request in box.requests:
        path, _, query = request.target.partition("?")
        names = frozenset(part.partition("=")[0] for part in query.split("&") if part)
        assert names in ALLOWED[request.method, path], request
        assert request.form in ("", "data=%7B%7D")
    assert not any("/action/" in path for _, path in ALLOWED)
    refused: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("GET", "/action/devices/device/32i1/change", {}),
        ("POST", "/set/exectop2.cgi", {}),
        ("GET", "/set/exectop2.cgi", {"doReset": "1"}),
        ("GET", "/set/exectop2.cgi", {"downType": "1"}),
    )
    for method, path, asked in refused:
        with pytest.raises(RequestRefused):
            client._target(method, path, asked)


async def test_one_at_a_time_on_one_challenge(
    client: AiSeg2Client, box: AiSeg2Simulator
) -> None:
    """Requests wait for each other, and one challenge serves them all."""
    await everything(client)
    assert box.most_at_once == 1
    assert box.challenges == 1


async def test_worn_out_nonce(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """A challenge that is no longer good is no wrong password."""
    await client.live()
    box.digest.forget()
    await client.live()
    box.digest.uses = 1
    await client.live()
    await client.live()


async def test_rest_between_requests(box: AiSeg2Simulator) -> None:
    """The box gets time to breathe."""
    digest = DigestAuthMiddleware(box.digest.username, box.digest.password)
    async with ClientSession(middlewares=(digest,)) as session:
        client = AiSeg2Client(session, box.address, SYSTEM_CLOCK, gap=0.05)
        started = time.monotonic()
        for _ in range(4):
            await client.live()
        assert time.monotonic() - started >= 0.15


async def test_wrong_password(box: AiSeg2Simulator) -> None:
    """A wrong password is told from other trouble, and not tried over and over."""
    digest = DigestAuthMiddleware(box.digest.username, "wrong")
    async with ClientSession(middlewares=(digest,)) as session:
        with pytest.raises(CredentialsRejected):
            await AiSeg2Client(session, box.address, SYSTEM_CLOCK).live()
    assert box.challenges == 2


async def test_fewest_pages(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """A list that has come to 0 W has come to its end."""
    listed = await client.circuits()
    assert not listed.complete
    assert box.count(module.CIRCUITS) == 1


async def test_all_pages(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """If all circuits take power, each page is asked for once."""
    for number, circuit in enumerate(box.house.circuits):
        circuit.power = 1000.0 - number
    listed = await client.circuits()
    assert listed.complete
    assert len(listed.circuits) == 32
    assert box.count(module.CIRCUITS) == 4


@pytest.mark.parametrize("count", [0, 1, 10, 20])
async def test_full_last_page(
    client: AiSeg2Client, box: AiSeg2Simulator, count: int
) -> None:
    """A last page that is full is known by its tabs."""
    del box.house.circuits[count:]
    for circuit in box.house.circuits:
        circuit.power = 100.0
    assert len((await client.circuits()).circuits) == count
    assert box.count(module.CIRCUITS) == max((count + 9) // 10, 1)


async def test_clamped_pages(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """Without tabs, the last page is known by being served again."""
    for circuit in box.house.circuits:
        circuit.power = 100.0
    del box.house.circuits[20:]

    def no_tabs(answer: Answer) -> Answer:
        return Answer(answer.body.replace(b"tab-area", b"no-area"))

    box.inject(no_tabs, module.CIRCUITS)
    assert len((await client.circuits()).circuits) == 20
    box.inject(
        lambda answer: Answer(answer.body.replace(b"tab-desc-next", b"tab-desc-2"))
    )


async def test_places_end(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """Places end with a page that has none that are new."""
    assert len(await client.places()) == 4
    del box.house.places[3:]
    box.requests.clear()
    assert len(await client.places()) == 3
    assert box.count(module.AIR) == 2


async def test_demo_mode(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """Invented values are refused."""
    box.demo_mode = True
    with pytest.raises(DemoMode):
        await client.graph(2)


async def test_busy(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """Somebody at the box's screen keeps it from answering."""
    box.conflict = True
    with pytest.raises(Busy):
        await client.live()


@pytest.mark.parametrize(
    ("answer", "error", "requests"),
    [
        (Answer(b"", 404), PageMissing, 1),
        (Answer(b"", 302), PageNotUnderstood, 1),
        (Answer(b"", 503), RequestRefused, 3),
        (Answer(b"<html>login</html>"), PageNotUnderstood, 1),
        (Answer(b"x" * 2_000_000), ClientError, 1),
    ],
)
async def test_trouble(
    client: AiSeg2Client,
    box: AiSeg2Simulator,
    answer: Answer,
    error: type[ClientError],
    requests: int,
) -> None:
    """Only a server's own trouble is worth another try."""
    box.inject(lambda _: answer, module.LIVE)
    with pytest.raises(error):
        await client.live()
    assert box.count(module.LIVE) == requests


async def test_passing_trouble(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """A server's error that passes goes unnoticed."""
    box.inject(lambda _: Answer(b"", 500), module.LIVE, times=2)
    assert (await client.live()).consumption is not None


async def test_silence(
    client: AiSeg2Client, box: AiSeg2Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A box that does not answer is asked once."""
    monkeypatch.setattr(module, "REQUEST_TIMEOUT", ClientTimeout(total=0.2))
    box.inject(lambda _: None, module.LIVE)
    with pytest.raises(CannotConnect):
        await client.live()
    assert box.count(module.LIVE) == 1


async def test_nobody_there(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """No box, no answer."""
    await box.stop()
    with pytest.raises(CannotConnect):
        await client.live()
    await box.start()
    await client.live()


async def test_no_card(client: AiSeg2Client, box: AiSeg2Simulator) -> None:
    """Without a card there is no export."""
    box.sd_days = None
    with pytest.raises(RequestRefused, match="SD card"):
        await client.export()
