"""The client against a server on a real socket, and all that can go wrong there."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
)
from datetime import UTC, datetime, timedelta
import gzip
import logging
import traceback
from typing import Any, Final

import aiohttp
import pytest
from yarl import URL

from custom_components.power_steward.devices.clock import Clock
from custom_components.power_steward.devices.errors import (
    AnswerNotUnderstood,
    CannotConnect,
    CertificateInvalid,
    ClientError,
    CredentialsRejected,
    RequestRefused,
    SessionRejected,
)
from custom_components.power_steward.devices.winpower import client as client_module
from custom_components.power_steward.devices.winpower.client import WinPowerClient
from custom_components.power_steward.devices.winpower.codec import LEGACY

from ...simulators.tls import SelfSigned
from ...simulators.winpower import (
    REMOVED,
    ROOT_AREA,
    ErrorShape,
    ManualClock,
    RawJson,
    SimulatedUps,
    WinPowerSimulator,
    faults,
)
from ...simulators.winpower.answers import LIST_PATH, LOGIN_PATH
from ...simulators.winpower.exchange import Exchange
from ...simulators.winpower.server import Endpoint
from ...simulators.winpower.tokens import Claims, TokenMint

USERNAME: Final = "watcher"
PASSWORD: Final = "correct-horse-battery"
NOW: Final = datetime(2026, 10, 24, 12, tzinfo=UTC)

REJECTIONS: Final[tuple[ErrorShape, ...]] = (
    *("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E7_200"),
    *("E10", "E10_401001", "E11"),
)
REFUSALS: Final[tuple[ErrorShape, ...]] = ("E8", "E9", "E9_text", "E11_500")
ENDPOINTS: Final[tuple[Endpoint, ...]] = ("login", "list")

type Fails = Callable[[Awaitable[object], type[ClientError]], Awaitable[str]]
type Connect = Callable[..., WinPowerClient]


# Fixtures


@pytest.fixture
def clock() -> ManualClock:
    """Return the clock of client and server; the event loop keeps its own."""
    return ManualClock()


@pytest.fixture
async def server(clock: ManualClock) -> AsyncGenerator[WinPowerSimulator]:
    """Return a running server with one UPS."""
    async with WinPowerSimulator(
        upses=[SimulatedUps()], username=USERNAME, password=PASSWORD, clock=clock
    ) as simulator:
        yield simulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Return a plain session."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def connect(
    server: WinPowerSimulator, session: aiohttp.ClientSession, clock: ManualClock
) -> Connect:
    """Return what makes a client, of the server unless told."""

    def connect(
        url: str | None = None, *, password: str = PASSWORD, through: Any = session
    ) -> WinPowerClient:
        steady = Clock(clock, lambda: NOW + timedelta(seconds=clock.now))
        return WinPowerClient(
            through, URL(url or server.url), USERNAME, password, steady
        )

    return connect


@pytest.fixture
def client(connect: Connect) -> WinPowerClient:
    """Return a client of the server."""
    return connect()


@pytest.fixture(autouse=True)
def secrets(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[set[str]]:
    """Gather the password and all tokens; let no test log one of them."""
    caplog.set_level(logging.DEBUG)
    gathered = {PASSWORD}
    issue = TokenMint.issue

    def noted_issue(mint: TokenMint) -> str:
        token = issue(mint)
        gathered.update((token, token.split(".")[-1]))
        return token

    monkeypatch.setattr(TokenMint, "issue", noted_issue)
    yield gathered
    logged = "\n".join(map(logging.Formatter().format, caplog.get_records("call")))
    assert not [secret for secret in gathered if secret in logged]


@pytest.fixture
def fails(secrets: set[str]) -> Fails:
    """Return what expects an error of exactly one kind, and no secret in its texts."""

    async def fails(doing: Awaitable[object], kind: type[ClientError]) -> str:
        with pytest.raises(ClientError) as caught:
            await doing
        assert type(caught.value) is kind
        texts = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        assert not [secret for secret in secrets if secret in texts]
        return str(caught.value)

    return fails


def endpoints(server: WinPowerSimulator) -> str:
    """Return what was asked of a server: a letter for a log-in, a number for a page."""
    return "".join(
        "L" if request.path == LOGIN_PATH else request.query["current"]
        for request in server.requests
    )


def fleet(count: int) -> list[SimulatedUps]:
    """Return UPSs."""
    return [SimulatedUps(alias=str(number)) for number in range(count)]


def aliases(answer: client_module.DeviceList) -> list[str]:
    """Return the UPSs of an answer by name."""
    return [ups.facts.name for ups in answer.upses]


# What goes over the wire


async def test_requests(client: WinPowerClient, server: WinPowerSimulator) -> None:
    """A log-in sends the credentials once, a list the token and six parameters."""
    seen: list[tuple[Mapping[str, str], str]] = []

    async def note(exchange: Exchange) -> None:
        request = exchange.request
        seen.append((request.headers, await request.text()))

    server.inject(note)
    answer = await client.devices()
    assert aliases(answer) == ["C3K"]
    assert (answer.without_id, answer.duplicates, len(answer.raw)) == (0, 0, 1)

    login, listing = server.requests
    assert (login.method, login.path, login.query) == ("POST", LOGIN_PATH, {})
    assert (listing.method, listing.path) == ("GET", LIST_PATH)
    assert listing.query == {
        "current": "1",
        "pageNum": "1",
        "pageSize": "100",
        "areaId": ROOT_AREA,
        "includeSubArea": "true",
        "deviceType": "1",
    }
    (login_headers, login_body), (list_headers, list_body) = seen
    for headers in (login_headers, list_headers):
        assert headers["Accept"] == "application/json"
        assert headers["Content-language"] == "en"
        assert "Cookie" not in headers
    assert "Authorization" not in login_headers
    assert login_headers["Content-Type"] == "application/json"
    assert login_body == f'{{"username": "{USERNAME}", "password": "{PASSWORD}"}}'
    assert list_headers["Authorization"] == f"Bearer {await client.token()}"
    assert list_body == ""


@pytest.mark.parametrize(
    ("suffix", "prefix"),
    [("", ""), ("/", ""), ("/ups", "/ups"), ("/ups/", "/ups"), ("/a/b/?c=d", "/a/b")],
)
async def test_base_url(
    connect: Connect, server: WinPowerSimulator, fails: Fails, suffix: str, prefix: str
) -> None:
    """A slash at the end does no harm, and a path in front is kept."""
    client = connect(server.url + suffix)
    if prefix:
        await fails(client.devices(), RequestRefused)
    else:
        await client.devices()
    assert server.requests[0].path == prefix + LOGIN_PATH
    assert server.requests[0].query == {}


# Tokens


@pytest.mark.parametrize(
    ("claims", "lifetime", "renewed_after", "expires_after"),
    [
        ("seconds", 1800, 1500, 1800),
        ("milliseconds", 1800, 1500, 1800),
        ("seconds", 3600, 3300, 3600),
        ("milliseconds", 660, 360, 660),
        ("seconds", 600, 300, 600),
        ("seconds", 240, 120, 240),
        ("seconds", 60, 30, 60),
        ("opaque", 7200, 1500, 1800),
        ("seconds", 7 * 86400, 1500, 1800),
    ],
)
async def test_renewal(
    client: WinPowerClient,
    server: WinPowerSimulator,
    clock: ManualClock,
    *,
    claims: Claims,
    lifetime: int,
    renewed_after: int,
    expires_after: int,
) -> None:
    """A token is renewed 5 minutes before its end, or when half of its life is over."""
    server.tokens.claims, server.tokens.lifetime = claims, lifetime
    assert client.token_expires is None
    for logins in (1, 2, 3):
        await client.devices()
        assert client.logins == server.logins == logins
        expires = NOW + timedelta(seconds=clock.now + expires_after)
        clock.advance(renewed_after - 1)
        await client.devices()
        assert client.logins == logins
        assert client.token_expires == expires
        clock.advance(1)
    clock.advance(expires_after - renewed_after)
    assert client.token_expires is None


async def test_ten_callers(client: WinPowerClient, server: WinPowerSimulator) -> None:
    """Ten callers at once cause one log-in, at the start and when the token is dead."""
    for logins in (1, 2):
        answers = await asyncio.gather(*(client.devices() for _ in range(10)))
        assert [aliases(answer) for answer in answers] == [["C3K"]] * 10
        assert client.logins == server.login_attempts == logins
        server.expire_tokens()


async def test_cancelled_login(
    client: WinPowerClient, server: WinPowerSimulator
) -> None:
    """A caller that gives up leaves the way free for the others."""
    with server.inject(faults.hang(), on="login") as fault:
        impatient = asyncio.create_task(client.devices())
        while not fault.hits:
            await asyncio.sleep(0.001)
        patient = asyncio.create_task(client.devices())
        await asyncio.sleep(0)
    impatient.cancel()
    assert aliases(await patient) == ["C3K"]
    assert impatient.cancelled()
    assert client.logins == 1


async def test_rejected_token(
    connect: Connect, server: WinPowerSimulator, subtests: pytest.Subtests
) -> None:
    """A token that dies before its time costs one log-in and one repeat."""
    for shape in REJECTIONS:
        with subtests.test(shape):
            client = connect()
            await client.token()
            server.expire_tokens()
            server.auth_error_shape = shape
            server.requests.clear()
            assert aliases(await client.devices()) == ["C3K"]
            assert endpoints(server) == "1L1"


async def test_token_dead_in_mid_page(
    client: WinPowerClient, server: WinPowerSimulator, fails: Fails
) -> None:
    """A walk through the pages goes on where its token died, but only once."""
    server.upses = fleet(500)

    async def kill_tokens(_: Exchange) -> None:
        server.expire_tokens()

    server.inject(kill_tokens, on="list", from_page=7, times=1)
    answer = await client.devices()
    assert aliases(answer) == [str(number) for number in range(500)]
    assert answer.duplicates == 0
    pages = [request.query.get("current", "L") for request in server.requests]
    once = [str(number) for number in range(1, 26)]
    assert pages == ["L", *once[:7], "L", *once[6:]]

    server.inject(kill_tokens, on="list", from_page=7, times=1)
    server.inject(kill_tokens, on="list", from_page=12, times=1)
    await fails(client.devices(), SessionRejected)


async def test_fresh_token_rejected(
    connect: Connect,
    server: WinPowerSimulator,
    fails: Fails,
    subtests: pytest.Subtests,
) -> None:
    """If the server rejects what it has just issued, the password is not at fault."""
    for shape in REJECTIONS:
        with subtests.test(shape):
            client = connect()
            server.requests.clear()
            with server.inject(faults.shape(shape), on="list"):
                await fails(client.devices(), SessionRejected)
            assert endpoints(server) == "L1L1"
            assert client.token_expires is None
            assert aliases(await client.devices()) == ["C3K"]


async def test_wrong_password(
    connect: Connect,
    server: WinPowerSimulator,
    fails: Fails,
    subtests: pytest.Subtests,
) -> None:
    """A password that is rejected is not tried again."""
    for shape in REJECTIONS:
        with subtests.test(shape):
            client = connect(password=f"not-{PASSWORD}")
            server.login_error_shape = shape
            server.requests.clear()
            await fails(client.devices(), CredentialsRejected)
            assert endpoints(server) == "L"
            assert (client.logins, client.token_expires) == (0, None)


async def test_password_changed(
    client: WinPowerClient, server: WinPowerSimulator, fails: Fails
) -> None:
    """A log-in that is rejected in mid-flight is the credentials' fault."""
    await client.devices()
    server.expire_tokens()
    server.password = "another"
    await fails(client.devices(), CredentialsRejected)
    assert endpoints(server) == "L11L"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.reset(mid_body=False), CannotConnect),
        (faults.reset(), CannotConnect),
        (faults.shape("E9"), RequestRefused),
        (faults.html(), AnswerNotUnderstood),
    ],
)
async def test_login_fails_in_mid_flight(
    client: WinPowerClient,
    server: WinPowerSimulator,
    fails: Fails,
    fault: faults.Fault,
    kind: type[ClientError],
) -> None:
    """A log-in that goes wrong in mid-flight says nothing about the credentials."""
    await client.devices()
    server.expire_tokens()
    with server.inject(fault, on="login"):
        await fails(client.devices(), kind)
    assert aliases(await client.devices()) == ["C3K"]


async def test_forget(client: WinPowerClient) -> None:
    """A rejected token is forgotten, unless it is replaced already."""
    token = await client.token()
    client.forget("another")
    assert await client.token() == token
    client.forget(token)
    client.forget(token)
    assert await client.token() != token


# Pages


@pytest.mark.parametrize(
    ("count", "limit", "parameter", "pages"),
    [
        (500, 20, "current", 25),
        (500, None, "pageNum", 5),
        (21, 20, "pageNum", 2),
        (20, 20, "current", 1),
        (9, 1, "current", 9),
        (0, 20, "current", 1),
    ],
)
async def test_pages(
    client: WinPowerClient,
    server: WinPowerSimulator,
    *,
    count: int,
    limit: int | None,
    parameter: Any,
    pages: int,
) -> None:
    """All UPSs are read, however many fit on the pages of the server."""
    server.upses = fleet(count)
    server.page_size_limit, server.page_parameter = limit, parameter
    answer = await client.devices()
    assert aliases(answer) == [str(number) for number in range(count)]
    assert (len(answer.raw), answer.without_id, answer.duplicates) == (count, 0, 0)
    assert len(server.requests) == 1 + pages
    for number, request in enumerate(server.requests[1:], 1):
        assert request.query["current"] == request.query["pageNum"] == str(number)


async def test_ignored_page_number(
    client: WinPowerClient, server: WinPowerSimulator
) -> None:
    """A server that has but one page, over and over, is asked no third time."""
    server.upses, server.page_parameter = fleet(45), "none"
    answer = await client.devices()
    assert aliases(answer) == [str(number) for number in range(20)]
    assert endpoints(server) == "L12"


@pytest.mark.parametrize(
    ("total", "pages", "devices"),
    [
        (45, 3, 45),
        ("45", 3, 45),
        (46, 4, 45),
        (9999, 4, 45),
        (RawJson("1e400"), 4, 45),
        (REMOVED, 4, 45),
        (None, 4, 45),
        ("many", 4, 45),
        (44, 3, 45),
        (40, 2, 40),
        (1, 1, 20),
        (0, 1, 20),
        (-1, 1, 20),
    ],
)
async def test_wrong_total(
    client: WinPowerClient,
    server: WinPowerSimulator,
    total: Any,
    pages: int,
    devices: int,
) -> None:
    """A total too high or none ends at an empty page, one too low where it says."""
    server.upses, server.envelope = fleet(45), {"total": total}
    assert len((await client.devices()).upses) == devices
    assert len(server.requests) == 1 + pages


async def test_endless_pages(
    client: WinPowerClient, server: WinPowerSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that never comes to an end is left at some page."""
    monkeypatch.setattr(client_module, "MAX_PAGES", 7)

    def another_ups(answer: Any) -> Any:
        answer["data"][0]["assetDevice"]["id"] = len(server.requests)
        return answer | {"total": 10**9}

    server.page_parameter = "none"
    server.inject(faults.spoilt(another_ups), on="list")
    assert len((await client.devices()).upses) == 7
    assert endpoints(server) == "L1234567"


async def test_ids_twice_or_missing(
    client: WinPowerClient, server: WinPowerSimulator
) -> None:
    """Of several devices with one id the last counts; those without are left out."""
    server.upses = [
        SimulatedUps(id="a", alias="first"),
        SimulatedUps(id="b", alias="other"),
        SimulatedUps(overrides={"assetDevice": {"id": REMOVED}}),
        SimulatedUps(overrides={"device": {"assetDevice": None}}),
        SimulatedUps(id="a", alias="last"),
    ]
    answer = await client.devices()
    assert aliases(answer) == ["last", "other"]
    assert (answer.duplicates, answer.without_id, len(answer.raw)) == (1, 2, 5)


# Everything that can come instead of an answer


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.reset(mid_body=False), CannotConnect),
        (faults.reset(), CannotConnect),
        (faults.raw(b""), CannotConnect),
        (faults.raw(b"\x00\x01\x02"), CannotConnect),
        (faults.raw(b"SSH-2.0-OpenSSH_10.0\r\n"), CannotConnect),
        (faults.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), CannotConnect),
        (
            faults.raw(b"HTTP/1.1 200 OK\r\nA: %b\r\n\r\n" % (b"a" * 9999)),
            CannotConnect,
        ),
        (faults.status(200, b"{}", **{"Content-Encoding": "gzip"}), CannotConnect),
        (faults.html(), AnswerNotUnderstood),
        (faults.html(code=502), RequestRefused),
        (faults.truncated(), AnswerNotUnderstood),
        (faults.empty(), AnswerNotUnderstood),
        (faults.status(204), AnswerNotUnderstood),
        (faults.not_json(), AnswerNotUnderstood),
        (faults.json_list(), AnswerNotUnderstood),
        (faults.no_code(), AnswerNotUnderstood),
        (faults.status(200, {"code": "000000"}), AnswerNotUnderstood),
        (faults.huge(10), AnswerNotUnderstood),
        (faults.status(302), RequestRefused),
        (faults.status(404, {"status": 404}), RequestRefused),
        (faults.status(429), RequestRefused),
        (faults.status(503, {"why": "upgrade"}), RequestRefused),
        *((faults.shape(shape), RequestRefused) for shape in REFUSALS),
    ],
)
async def test_faults(
    connect: Connect,
    server: WinPowerSimulator,
    fails: Fails,
    fault: faults.Fault,
    kind: type[ClientError],
) -> None:
    """Each fault is one of the client's errors, and over as soon as it is over."""
    for on in ENDPOINTS:
        client = connect()
        with server.inject(fault, on=on):
            await fails(client.devices(), kind)
        assert aliases(await client.devices()) == ["C3K"]


@pytest.mark.parametrize("mid_body", [True, False])
@pytest.mark.parametrize("on", ENDPOINTS)
async def test_hang(
    client: WinPowerClient,
    server: WinPowerSimulator,
    fails: Fails,
    monkeypatch: pytest.MonkeyPatch,
    *,
    on: Endpoint,
    mid_body: bool,
) -> None:
    """A server that never comes to the point is given up."""
    hang = faults.hang(mid_body=mid_body)
    with server.inject(hang, on=on), monkeypatch.context() as patch:
        patience = aiohttp.ClientTimeout(0.05)
        patch.setattr(client_module, "REQUEST_TIMEOUT", patience)
        await fails(client.devices(), CannotConnect)
        if on == "list":
            await fails(client.identify(), CannotConnect)
    assert aliases(await client.devices()) == ["C3K"]


async def test_wrong_types_everywhere(
    client: WinPowerClient, server: WinPowerSimulator, fails: Fails
) -> None:
    """A list of wrong types shows nothing wrong; a log-in of them is none."""
    server.inject(faults.garbage_types(), on="list", times=1)
    (ups,) = (await client.devices()).upses
    assert (ups.id, ups.available, ups.load_power) == (server.upses[0].id, False, None)
    client.forget(await client.token())
    with server.inject(faults.garbage_types(), on="login"):
        await fails(client.devices(), AnswerNotUnderstood)


@pytest.mark.parametrize("on", ENDPOINTS)
async def test_answer_limit(
    client: WinPowerClient, server: WinPowerSimulator, fails: Fails, on: Endpoint
) -> None:
    """An answer of 8 MiB is read, one byte more is not, nor a bomb that unpacks."""
    limit = 8 * 1024 * 1024
    assert limit == client_module.MAX_ANSWER
    filler = b'{"code":"7","msg":"%b"}'
    just_right = filler % (b"x" * (limit - len(filler) + 2))
    assert len(just_right) == limit
    with server.inject(faults.status(200, just_right), on=on):
        assert await fails(client.devices(), RequestRefused) == "code 7"
    with server.inject(faults.status(200, just_right + b" "), on=on):
        too_large = await fails(client.devices(), AnswerNotUnderstood)
        assert too_large == "answer too large"
    bomb = gzip.compress(b" " * 2 * limit, compresslevel=1)
    with server.inject(faults.status(200, bomb, **{"Content-Encoding": "gzip"}), on=on):
        assert await fails(client.devices(), AnswerNotUnderstood) == too_large


@pytest.mark.parametrize(("on", "path"), [("login", LOGIN_PATH), ("list", LIST_PATH)])
async def test_redirect(
    client: WinPowerClient,
    server: WinPowerSimulator,
    fails: Fails,
    on: Endpoint,
    path: str,
) -> None:
    """No redirect is followed, so that no other host sees the credentials."""
    async with WinPowerSimulator(username=USERNAME, password=PASSWORD) as other:
        for code in (301, 302, 303, 307, 308):
            with server.inject(faults.redirect(other.url + path, code), on=on):
                reason = await fails(client.devices(), RequestRefused)
            assert reason == f"status {code}"
        assert other.requests == []


async def test_server_away(
    client: WinPowerClient, server: WinPowerSimulator, fails: Fails
) -> None:
    """A server that is down cannot be reached, and is found again when it is back."""
    await client.devices()
    await server.stop_listening()
    await fails(client.devices(), CannotConnect)
    await server.listen_again()
    assert aliases(await client.devices()) == ["C3K"]
    assert client.logins == 1


async def test_unknown_host(connect: Connect, fails: Fails) -> None:
    """A host that nobody knows cannot be reached."""
    await fails(connect("http://winpower.invalid:8081").devices(), CannotConnect)


# TLS


@pytest.mark.parametrize(
    ("certificate", "verify", "kind"),
    [
        (SelfSigned.local(), "trusted", None),
        (SelfSigned.local(), "default", CertificateInvalid),
        (SelfSigned.local(), "off", None),
        (SelfSigned.wrong_host(), "trusted", CertificateInvalid),
        (SelfSigned.wrong_host(), "off", None),
        (SelfSigned.expired(), "trusted", CertificateInvalid),
        (SelfSigned.expired(), "off", None),
    ],
)
async def test_certificates(
    connect: Connect,
    fails: Fails,
    certificate: SelfSigned,
    verify: str,
    kind: type[ClientError] | None,
) -> None:
    """A certificate that cannot be verified is told apart from no connection."""
    connector = aiohttp.TCPConnector(
        ssl=certificate.client_context() if verify == "trusted" else verify == "default"
    )
    async with (
        WinPowerSimulator(
            username=USERNAME, password=PASSWORD, tls=certificate
        ) as server,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        client = connect(server.url, through=session)
        if kind is None:
            await client.devices()
            return
        await fails(client.devices(), kind)
        await fails(client.identify(), kind)
        assert server.requests == []


@pytest.mark.parametrize("tls", [True, False])
async def test_wrong_scheme(connect: Connect, fails: Fails, tls: bool) -> None:
    """With the wrong scheme no connection comes about, whatever the certificate."""
    async with WinPowerSimulator(tls=tls) as server:
        url = URL(server.url).with_scheme("http" if tls else "https")
        await fails(connect(str(url)).devices(), CannotConnect)
        assert server.login_attempts == 0


# Identification


async def test_identify(
    client: WinPowerClient, server: WinPowerSimulator, subtests: pytest.Subtests
) -> None:
    """A server that declines a list without a token is one, and gets no credentials."""
    for shape in REJECTIONS:
        with subtests.test(shape):
            server.auth_error_shape = shape
            server.requests.clear()
            await client.identify()
            (request,) = server.requests
            assert (request.method, request.path) == ("GET", LIST_PATH)
            assert not request.authorized


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.reset(mid_body=False), CannotConnect),
        (faults.html(), AnswerNotUnderstood),
        (faults.empty(), AnswerNotUnderstood),
        (faults.huge(10), AnswerNotUnderstood),
        (faults.status(404), RequestRefused),
        (faults.redirect("http://127.0.0.1:1/"), RequestRefused),
        (faults.shape("E9"), RequestRefused),
    ],
)
async def test_identify_others(
    client: WinPowerClient,
    server: WinPowerSimulator,
    fails: Fails,
    fault: faults.Fault,
    kind: type[ClientError],
) -> None:
    """What is no such server is told by the same errors, and gets no credentials."""
    server.inject(fault)
    await fails(client.identify(), kind)
    assert not any(request.authorized for request in server.requests)
    assert server.login_attempts == 0


async def test_winpower_before_g2(
    client: WinPowerClient, server: WinPowerSimulator, fails: Fails
) -> None:
    """The older product is recognised before it gets any credentials."""
    server.old_winpower = True
    assert await fails(client.identify(), AnswerNotUnderstood) == LEGACY
    assert [request.path for request in server.requests] == [LIST_PATH, "/0/json"]
    assert not any(request.authorized for request in server.requests)
    await fails(client.devices(), RequestRefused)


async def test_ups_that_moves_between_pages(
    client: WinPowerClient, server: WinPowerSimulator
) -> None:
    """A UPS listed twice on the way does not hide the last one."""
    pages = (("A", "B"), ("B", "C"), ("D",))

    def moved(envelope: Any) -> Any:
        page = pages[int(server.requests[-1].query["current"]) - 1]
        envelope["total"] = 4
        envelope["data"] = [SimulatedUps(id=name, alias=name).record() for name in page]
        return envelope

    server.inject(faults.spoilt(moved), on="list")
    answer = await client.devices()
    assert aliases(answer) == ["A", "B", "C", "D"]
