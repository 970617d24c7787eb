"""The simulator says what the WinPower protocol says."""

from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
import json
import math
from typing import Any

import aiohttp
import pytest

from .tls import SelfSigned
from .winpower import (
    DEVICE,
    REMOVED,
    ROOT_AREA,
    ErrorShape,
    ManualClock,
    RawJson,
    SimulatedUps,
    TestStatus,
    UpsMode,
    WinPowerSimulator,
    faults,
)

LOGIN = "/api/v1/auth/login"
LIST = "/api/v1/deviceData/detail/list"
CREDENTIALS = {"username": "admin", "password": "s3cr3t-pw"}
BROKEN = (aiohttp.ClientError, json.JSONDecodeError)


def list_query(page: int = 1, /, **changes: str) -> dict[str, str]:
    """Return the six parameters of a device list."""
    return {
        "current": str(page),
        "pageNum": str(page),
        "pageSize": "100",
        "areaId": ROOT_AREA,
        "includeSubArea": "true",
        "deviceType": "1",
        **changes,
    }


class Client:
    """A client as simple as it can be."""

    def __init__(
        self, session: aiohttp.ClientSession, simulator: WinPowerSimulator
    ) -> None:
        """Talk to a simulator."""
        self.session = session
        self.simulator = simulator
        self.headers = {"Content-Language": "en"}

    async def post_login(self, **body: object) -> tuple[int, Any]:
        """Log in, with the right credentials unless told; return status and JSON."""
        url = f"{self.simulator.url}{LOGIN}"
        async with self.session.post(url, json={**CREDENTIALS, **body}) as response:
            return response.status, json.loads(await response.read())

    async def log_in(self) -> str:
        """Log in, and use the token from now on."""
        token: str = (await self.post_login())[1]["data"]["token"]
        self.headers["Authorization"] = f"Bearer {token}"
        return token

    async def get(
        self, query: dict[str, str] | None = None, path: str = LIST
    ) -> tuple[int, Any]:
        """Get a page of the list; return status and JSON."""
        async with self.session.get(
            f"{self.simulator.url}{path}",
            params=list_query() if query is None else query,
            headers=self.headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(0.3),
        ) as response:
            return response.status, json.loads(await response.read())

    async def first(self) -> Any:
        """Return the first device of the list."""
        return (await self.get())[1]["data"][0]


@pytest.fixture
def clock() -> ManualClock:
    """Return the simulator's clock."""
    return ManualClock()


@pytest.fixture
def ups() -> SimulatedUps:
    """Return the UPS of the server."""
    return SimulatedUps()


@pytest.fixture
async def simulator(
    clock: ManualClock, ups: SimulatedUps
) -> AsyncIterator[WinPowerSimulator]:
    """Run a server with one UPS."""
    async with WinPowerSimulator(upses=[ups], clock=clock) as running:
        yield running


@pytest.fixture
async def stranger(simulator: WinPowerSimulator) -> AsyncIterator[Client]:
    """Return a client that has not logged in."""
    async with aiohttp.ClientSession() as session:
        yield Client(session, simulator)


@pytest.fixture
async def client(stranger: Client) -> Client:
    """Return a client that has."""
    await stranger.log_in()
    return stranger


def claims_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token."""
    header, claims, signature = (urlsafe_b64decode(f"{p}==") for p in token.split("."))
    assert len(signature) == 64
    return json.loads(header), json.loads(claims)


# Login: section 2


async def test_login(stranger: Client, ups: SimulatedUps) -> None:
    """A login gives a token and names the only UPS."""
    status, answer = await stranger.post_login()
    assert status == 200
    assert answer["code"] == "000000"
    assert answer["message"] == "OK"
    assert set(answer["data"]) == {"deviceId", "token"}
    assert answer["data"]["deviceId"] == ups.id
    assert len(answer["data"]["token"]) > 300
    assert stranger.simulator.logins == 1


async def test_wrong_password(stranger: Client) -> None:
    """A wrong password is refused with HTTP 200, a missing one with 400."""
    answer = {"code": "401", "message": "Invalid credentials", "data": {}}
    assert await stranger.post_login(password="x") == (200, answer)
    stranger.simulator.login_error_shape = "E10_401001"
    assert (await stranger.post_login(password="x"))[1]["code"] == "401001"
    assert (await stranger.post_login(password=None))[0] == 400
    assert stranger.simulator.login_attempts == 3
    assert stranger.simulator.logins == 0


@pytest.mark.parametrize("claims", ["seconds", "milliseconds"])
async def test_claims(claims: Any, clock: ManualClock) -> None:
    """A token holds the claims that were seen, in both variants."""
    now = datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)
    simulator = WinPowerSimulator(claims=claims, clock=clock, wall_clock=lambda: now)
    header, body = claims_of(simulator.tokens.issue())
    times = {"exp": 1767227400}
    if claims == "milliseconds":
        times = {"exp": 1767227400123, "nbf": 1767225600128}
    assert header.pop("typ", None) == (None if claims == "seconds" else "JWT")
    assert header == {"alg": "HS512"}
    assert body.pop("token_id") == body.pop("jti")
    assert body == times | {
        "create_time_key": 1767225600123,
        "login_user_type": "SysAdmin",
        "login_user_id": ROOT_AREA,
        "expire_time_key": 1767227400123,
        "tokenExpiredMinutes": 30,
        "iat": 1767225600,
        "sub": "WINPOWER_TOKEN",
        "iss": "WINPOWER",
    }


async def test_token_expires(client: Client, clock: ManualClock) -> None:
    """A token is good for 30 minutes, or until it is killed."""
    clock.advance(1799)
    assert (await client.get())[1]["code"] == "000000"
    clock.advance(1)
    assert (await client.get())[1]["code"] == "401"
    await client.log_in()
    assert (await client.get())[1]["code"] == "000000"
    client.simulator.expire_tokens()
    assert (await client.get())[1]["code"] == "401"


async def test_single_session(client: Client) -> None:
    """A server may end the older session at a login."""
    client.simulator.single_session = True
    await client.post_login()
    assert (await client.get())[1]["code"] == "401"


async def test_opaque_token(client: Client) -> None:
    """A token need not be readable."""
    client.simulator.tokens.claims = "opaque"
    assert "." not in await client.log_in()
    assert (await client.get())[1]["code"] == "000000"


@pytest.mark.parametrize(
    ("shape", "status", "code"),
    [
        ("E1", 200, "401"),
        ("E2", 401, "401"),
        ("E3", 401, "401"),
        ("E5", 401, "INVALID_TOKEN"),
        ("E6", 401, "A0301"),
        ("E7", 401, "401"),
        ("E7_200", 200, "401"),
    ],
)
async def test_without_a_token(
    stranger: Client, shape: ErrorShape, status: int, code: str
) -> None:
    """A missing token is refused in any of the known shapes."""
    stranger.simulator.auth_error_shape = shape
    answered, answer = await stranger.get()
    assert (answered, answer["code"]) == (status, code)
    if shape in ("E1", "E2"):
        assert LIST in answer["data"]


# Headers and the log: sections 1.4 and 1.5


async def test_response_headers(client: Client) -> None:
    """The headers are those that were captured, and no others."""
    async with client.session.get(
        f"{client.simulator.url}{LIST}", params=list_query(), headers=client.headers
    ) as response:
        headers = response.headers.copy()
    assert headers.popall("Vary") == [
        "Origin",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
    ]
    assert headers.pop("Date").endswith("GMT")
    assert dict(headers) == {
        "Expires": "0",
        "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
        "X-XSS-Protection": "0",
        "Pragma": "no-cache",
        "Connection": "keep-alive",
        "X-Content-Type-Options": "nosniff",
        "Transfer-Encoding": "chunked",
        "Content-Type": "application/json",
    }


async def test_request_log(client: Client) -> None:
    """The log tells what came, without the secrets."""
    await client.get()
    login, listing = client.simulator.requests
    assert (login.method, login.path, login.authorized) == ("POST", LOGIN, False)
    assert (listing.method, listing.path, listing.authorized) == ("GET", LIST, True)
    assert (login.language, listing.language) == (None, "en")
    assert listing.query == list_query()


async def test_language(stranger: Client) -> None:
    """The texts speak the language that was asked for."""
    assert (await stranger.get())[1]["message"].isascii()
    stranger.headers["Content-Language"] = "zh-CN"
    assert not (await stranger.get())[1]["message"].isascii()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/0/json", 404), ("GET", LOGIN, 405), ("POST", LOGIN, 415)],
)
async def test_spring_errors(
    stranger: Client, method: str, path: str, status: int
) -> None:
    """Other paths, methods and media types get the framework's errors."""
    url = f"{stranger.simulator.url}{path}"
    async with stranger.session.request(method, url, data=b"{}") as response:
        answer = await response.json()
    assert response.status == answer["status"] == status
    assert answer["path"] == path


# Device list: section 3


async def test_captured_device(client: Client, ups: SimulatedUps) -> None:
    """The defaults are the one UPS of which an answer was captured."""
    status, answer = await client.get()
    device = answer.pop("data")[0]
    assert status == 200
    assert answer == {
        "total": 1,
        "pageSize": 20,
        "currentPage": 1,
        "code": "000000",
        "msg": "OK",
    }
    assert device["assetDevice"] == {
        "id": ups.id,
        "deviceType": 1,
        "model": "ON-LINE",
        "alias": "C3K",
        "protocolId": 13,
        "connectType": 1,
        "comPort": "COM3",
        "baudRate": 2400,
        "areaId": ROOT_AREA,
        "isActive": True,
        "firmwareVersion": "03.09",
        "createTime": ups.create_time,
        "warrantyStatus": 0,
    }
    assert device["realtime"] == {
        "inputVolt1": "236.8",
        "outputVoltageType": "0",
        "loadPercent": "6",
        "isCharging": "1",
        "inputTransformerType": "0",
        "batVoltP": "81.4",
        "outputCurrent1": "0.9",
        "upsTemperature": "27.0",
        "mode": "3",
        "batRemainTime": "6723",
        "loadVa1": "198",
        "faultCode": "",
        "outputVolt1": "220.1",
        "outputFreq": "49.9",
        "inputFreq": "49.9",
        "loadTotalVa": "198",
        "batteryStatus": "2",
        "testStatus": "1",
        "loadTotalWatt": "195",
        "loadWatt1": "195",
        "batCapacity": "90",
        "status": "1",
    }
    assert device["config"] == {
        "inputPhaseNumber": "1",
        "ratingBatUnitNumber": "6",
        "upsModuleNumber": "1",
        "ratingBatVoltPerUnit": "12",
        "ratingVa": "3000",
        "inputSourceNumber": "1",
        "ratingVolt": "220",
        "outputPhaseNumber": "1",
        "ratingFreq": "50",
        "ratingBatVolt": "72",
    }
    assert device["setting"] == {
        "enableAudible": "1",
        "enableBypassWhenTurnOff": "0",
        "batteryModuleNumber": "1",
        "autoTestPeriod": "90",
        "enableAutoRestart": "1",
    }
    assert device["activeAlarms"] == []
    assert set(device["controlSupported"].values()) == {True}
    assert device["connected"] is True


async def test_empty_list(client: Client) -> None:
    """A server without UPSs succeeds."""
    client.simulator.upses.clear()
    answer = (await client.get())[1]
    assert (answer["total"], answer["data"], answer["code"]) == (0, [], "000000")


@pytest.mark.parametrize("missing", list(list_query()))
async def test_missing_parameter(client: Client, missing: str) -> None:
    """The list wants all six parameters."""
    query = list_query()
    del query[missing]
    answer = {"code": "400", "msg": "Bad Request", "data": None}
    assert await client.get(query) == (400, answer)


@pytest.mark.parametrize(
    "wrong",
    [{"current": "0"}, {"pageSize": "x"}, {"areaId": "1"}, {"includeSubArea": "1"}],
)
async def test_wrong_parameter(client: Client, wrong: dict[str, str]) -> None:
    """The list wants them to make sense."""
    assert (await client.get(list_query(**wrong)))[0] == 400


async def test_areas_and_types(client: Client, ups: SimulatedUps) -> None:
    """The list holds what is in the area and of the type."""
    ups.area_id = "11111111-2222-4333-8444-555555555555"
    assert (await client.get())[1]["total"] == 1
    assert (await client.get(list_query(includeSubArea="false")))[1]["total"] == 0
    assert (await client.get(list_query(areaId=ups.area_id)))[1]["total"] == 1
    assert (await client.get(list_query(deviceType="2")))[1]["total"] == 0


async def test_pages(client: Client) -> None:
    """A page holds no more than 20 UPSs, whatever was asked for."""
    upses = client.simulator.upses
    upses.extend(SimulatedUps(alias=str(number)) for number in range(44))
    ids: list[str] = []
    for page, size in ((1, 20), (2, 20), (3, 5), (4, 0)):
        answer = (await client.get(list_query(page)))[1]
        assert (answer["total"], answer["pageSize"]) == (45, 20)
        assert (answer["currentPage"], len(answer["data"])) == (page, size)
        ids += [device["assetDevice"]["id"] for device in answer["data"]]
    assert ids == [ups.id for ups in upses]
    client.simulator.page_size_limit = None
    assert len((await client.get())[1]["data"]) == 45
    client.simulator.page_parameter = "none"
    assert (await client.get(list_query(2)))[1]["currentPage"] == 1


async def test_three_phases() -> None:
    """Members of a phase bear its number, and add up to the totals."""
    record = SimulatedUps.three_phase().record()
    now = record["realtime"]
    for total, part in (("loadTotalWatt", "loadWatt"), ("loadTotalVa", "loadVa")):
        assert int(now[total]) == sum(int(now[f"{part}{phase}"]) for phase in (1, 2, 3))
    assert now["loadTotalWatt"] == "7040"
    assert {"inputVolt3", "outputVolt3", "outputCurrent3", "batVoltN"} < set(now)
    assert record["config"]["outputPhaseNumber"] == "3"


async def test_line_interactive() -> None:
    """A small unit reports less."""
    record = SimulatedUps.line_interactive().record()
    assert not {"loadTotalWatt", "loadWatt1", "upsTemperature"} & set(
        record["realtime"]
    )
    assert record["realtime"]["loadPercent"] == "12"
    assert record["realtime"]["inputFreq"] == ""
    assert set(record["config"]) == {"outputPhaseNumber", "ratingVa", "ratingBatVolt"}
    assert record["setting"] == {"enableAudible": "1"}


async def test_not_connected(client: Client, ups: SimulatedUps) -> None:
    """A UPS that is away shows nothing, or what was last seen."""
    seen = (await client.first())["realtime"]
    ups.connected = False
    device = await client.first()
    assert (device["connected"], device["realtime"]) == (False, {})
    ups.offline_realtime = "missing"
    assert "realtime" not in await client.first()
    ups.offline_realtime, ups.load = "stale", 500.0
    assert (await client.first())["realtime"] == seen


async def test_overrides(client: Client, ups: SimulatedUps) -> None:
    """A test may send any JSON, and what is not JSON."""
    ups.overrides = {
        "realtime": {
            "loadTotalWatt": RawJson("1e400"),
            "inputVolt1": math.nan,
            "mode": 9,
            "status": REMOVED,
        },
        DEVICE: {"activeAlarms": "none", "setting": REMOVED},
    }
    device = await client.first()
    assert device["realtime"]["loadTotalWatt"] == math.inf
    assert math.isnan(device["realtime"]["inputVolt1"])
    assert device["realtime"]["mode"] == 9
    assert "status" not in device["realtime"]
    assert device["activeAlarms"] == "none"
    assert "setting" not in device
    client.simulator.envelope = {"total": 99, "msg": REMOVED}
    answer = (await client.get())[1]
    assert answer["total"] == 99
    assert "msg" not in answer


# Physics


async def test_energy_is_exact(
    client: Client, clock: ManualClock, ups: SimulatedUps
) -> None:
    """A load counts from the moment it was set."""
    clock.advance(1800)
    await client.get()
    clock.advance(1800)
    ups.load = 1000.0
    clock.advance(36)
    assert ups.energy_delivered_wh == pytest.approx(195 + 10, abs=1e-9)


def test_energy_of_a_varying_load() -> None:
    """A load that varies or jumps is integrated exactly."""
    ups = SimulatedUps(load=lambda t: 100 + t)
    for _ in range(30):
        ups.advance(120.7)
    hours = 30 * 120.7 / 3600
    assert ups.energy_delivered_wh == pytest.approx(100 * hours + 1800 * hours**2)
    ups = SimulatedUps(load=lambda t: 100 if t < 1800 else 300)
    ups.advance(3600)
    assert ups.energy_delivered_wh == pytest.approx(200, abs=1e-9)


async def test_outage(client: Client, clock: ManualClock, ups: SimulatedUps) -> None:
    """On battery the charge falls to the very second that was foretold."""
    ups.lose_mains()
    clock.advance(723)
    now = (await client.first())["realtime"]
    assert (now["mode"], now["status"], now["isCharging"]) == ("4", "2", "0")
    assert (now["inputVolt1"], now["inputFreq"]) == ("0.0", "0.0")
    assert now["batRemainTime"] == "6000"
    assert now["outputVolt1"] == "220.1"
    assert float(now["batVoltP"]) < 78
    clock.advance(6001)
    await client.log_in()
    now = (await client.first())["realtime"]
    assert (now["mode"], now["batCapacity"], now["batteryStatus"]) == ("1", "0", "4")
    assert (now["loadTotalWatt"], now["outputVolt1"]) == ("0", "0.0")
    delivered = 449.6 * 0.9 * 0.9
    assert ups.energy_delivered_wh == pytest.approx(delivered)
    ups.restore_mains()
    clock.advance(3600)
    await client.log_in()
    assert (await client.first())["realtime"]["mode"] == "3"
    assert ups.charge == pytest.approx(100 * 90 / 449.6)
    assert ups.energy_delivered_wh == pytest.approx(delivered + 195)


async def test_battery_test(
    client: Client, clock: ManualClock, ups: SimulatedUps
) -> None:
    """A battery test shows in mode, status and alarms, and ends."""
    ups.start_battery_test(10)
    clock.advance(9)
    device = await client.first()
    assert device["realtime"]["mode"] == "5"
    assert device["realtime"]["testStatus"] == "5"
    assert device["activeAlarms"][0]["id"] == 501
    clock.advance(1)
    device = await client.first()
    assert device["realtime"]["mode"] == "3"
    assert device["realtime"]["testStatus"] == "1"
    assert device["activeAlarms"] == []


def test_other_ends_of_a_battery_test() -> None:
    """A test is aborted by an outage and failed by an empty battery."""
    ups = SimulatedUps()
    ups.start_battery_test(60)
    ups.lose_mains()
    assert (ups.mode, ups.test_status) == (UpsMode.BATTERY, TestStatus.ABORTED)
    with pytest.raises(ValueError, match="no battery test"):
        ups.start_battery_test()
    ups.restore_mains()
    ups.start_battery_test(1e6)
    ups.advance(1e5)
    assert (ups.mode, ups.test_status) == (UpsMode.LINE, TestStatus.ERROR)


def test_fault() -> None:
    """A broken UPS delivers nothing until it is repaired."""
    ups = SimulatedUps()
    ups.fail("17")
    ups.advance(3600)
    now = ups.realtime()
    assert (now["mode"], now["faultCode"], now["loadTotalWatt"]) == ("6", "17", "0")
    assert ups.energy_delivered_wh == 0
    ups.clear_fault()
    assert ups.realtime()["mode"] == "3"


async def test_scripted_outages(
    client: Client, clock: ManualClock, ups: SimulatedUps
) -> None:
    """The mains goes and comes back by the clock."""
    client.simulator.outage_every(600, 60)
    modes = ""
    for _ in range(40):
        clock.advance(30)
        modes += (await client.first())["realtime"]["mode"]
    assert modes == ("3" * 19 + "44" + "3" * 18 + "4")
    ups.stop_outages()
    assert ups.mode == UpsMode.LINE


def test_outages_seen_by_nobody() -> None:
    """Outages between two requests use the battery all the same."""
    ups = SimulatedUps()
    ups.battery.charger_watts = 0
    ups.outage_every(600, 60)
    ups.advance(6060)
    spent = 10 * 60 * 195 / 3600 / 0.9
    assert ups.battery.energy_wh == pytest.approx(449.6 * 0.9 - spent)


# Faults


@pytest.mark.parametrize("mid_body", [True, False])
async def test_hang(client: Client, mid_body: bool) -> None:
    """A client waits in vain."""
    client.simulator.inject(faults.hang(mid_body=mid_body))
    with pytest.raises(TimeoutError):
        await client.get()


@pytest.mark.parametrize("mid_body", [True, False])
async def test_reset(client: Client, mid_body: bool) -> None:
    """A connection breaks."""
    client.simulator.inject(faults.reset(mid_body=mid_body))
    with pytest.raises(aiohttp.ClientError):
        await client.get()


@pytest.mark.parametrize(
    "fault",
    [
        faults.html(),
        faults.truncated(),
        faults.empty(),
        faults.not_json(),
        faults.raw(b"\x00\x01\x02"),
        faults.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
        faults.shape("E4"),
    ],
)
async def test_broken_answers(client: Client, fault: faults.Fault) -> None:
    """What comes is not JSON, once or for as long as the fault is there."""
    with client.simulator.inject(fault) as injected, pytest.raises(BROKEN):
        await client.get()
    assert injected.hits >= 1  # aiohttp may have tried once more
    assert (await client.get())[1]["code"] == "000000"


async def test_strange_answers(client: Client) -> None:
    """What comes is JSON, but not the device list."""
    inject = client.simulator.inject
    inject(faults.json_list(), times=1)
    assert await client.get() == (200, [])
    inject(faults.no_code(), times=1)
    assert "code" not in (await client.get())[1]
    inject(faults.status(503, {"why": "upgrade"}), times=1)
    assert await client.get() == (503, {"why": "upgrade"})
    inject(faults.shape("E11"), times=1)
    assert (await client.get())[1]["code"] == "403"
    inject(faults.huge(2), times=1)
    assert len((await client.get())[1]["msg"]) == 2 * 1024 * 1024
    inject(faults.slow(0.01), times=1)
    assert (await client.get())[1]["code"] == "000000"


async def test_redirect(client: Client) -> None:
    """A client is sent elsewhere."""
    client.simulator.inject(faults.redirect("http://127.0.0.1:1/"))
    url = f"{client.simulator.url}{LIST}"
    async with client.session.get(url, allow_redirects=False) as response:
        assert response.status == 302
        assert response.headers["Location"] == "http://127.0.0.1:1/"


async def test_garbage_types(client: Client, ups: SimulatedUps) -> None:
    """Every value is of a wrong type, but the code and the id."""
    client.simulator.inject(faults.garbage_types())
    answer = (await client.get())[1]
    device = answer["data"][0]
    assert answer["code"] == "000000"
    assert not isinstance(answer["total"], int)
    assert device["assetDevice"]["id"] == ups.id
    assert not any(isinstance(value, str) for value in device["realtime"].values())
    assert not isinstance(device["connected"], bool)
    assert not isinstance((await client.post_login())[1]["data"]["token"], str)


async def test_faults_choose_their_requests(client: Client) -> None:
    """A fault strikes an endpoint, a number of times, from a page on."""
    simulator = client.simulator
    simulator.inject(faults.shape("E9"), on="login", times=1)
    assert (await client.get())[0] == 200
    assert (await client.post_login())[0] == 500
    assert (await client.post_login())[0] == 200
    simulator.inject(faults.shape("E9"), on="list", from_page=2)
    assert (await client.get())[0] == 200
    assert (await client.get(list_query(2)))[0] == 500
    simulator.clear_faults()
    assert (await client.get(list_query(2)))[0] == 200


async def test_refused_connections(client: Client) -> None:
    """A stopped server comes back at the same port."""
    simulator = client.simulator
    url = simulator.url
    await client.get()
    await simulator.stop_listening()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.get()
    await simulator.listen_again()
    assert simulator.url == url
    assert (await client.get())[1]["code"] == "000000"


# The WinPower before G2: appendix A


async def test_old_winpower(client: Client, ups: SimulatedUps) -> None:
    """The product before G2 has one path, and units in its values."""
    client.simulator.old_winpower = True
    ups.lose_mains()
    status, answer = await client.get({}, "/0/json")
    assert status == 200
    assert "code" not in answer
    assert answer["device"]["statusIcon"] == "battery"
    assert answer["batTimeRemain"] == "1h52m3s"
    assert answer["outW"] == "0.195KW"
    assert answer["status"] == "AC Fail"
    for path in ("/1/json", LIST):
        with pytest.raises(json.JSONDecodeError):
            await client.get(path=path)


# TLS: section 1.3


async def test_tls(ups: SimulatedUps) -> None:
    """A client can verify the certificate, and does not without being told."""
    async with (
        WinPowerSimulator(upses=[ups], tls=True) as simulator,
        aiohttp.ClientSession() as session,
    ):
        assert simulator.url.startswith("https://127.0.0.1:")
        assert simulator.certificate is not None
        trusting = simulator.certificate.client_context()
        async with session.get(simulator.url, ssl=trusting) as response:
            assert response.status == 404
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(simulator.url)
        simulator.inject(faults.reset(), times=1)
        with pytest.raises(aiohttp.ClientError):
            async with session.get(simulator.url, ssl=trusting) as response:
                await response.read()
        await simulator.stop_listening()
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(simulator.url, ssl=trusting)


@pytest.mark.parametrize(
    ("certificate", "complaint"),
    [(SelfSigned.expired(), "expired"), (SelfSigned.wrong_host(), "IP address")],
)
async def test_bad_certificates(certificate: SelfSigned, complaint: str) -> None:
    """A certificate may be too old, or for another host."""
    async with (
        WinPowerSimulator(tls=certificate) as simulator,
        aiohttp.ClientSession() as session,
    ):
        with pytest.raises(aiohttp.ClientConnectorCertificateError, match=complaint):
            await session.get(simulator.url, ssl=certificate.client_context())
        async with session.get(simulator.url, ssl=False) as response:
            assert response.status == 404
