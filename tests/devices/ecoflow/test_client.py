"""The clients ask as they must and say what answers mean."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
import json
from typing import Any

import aiohttp
import pytest
from yarl import URL

from custom_components.power_steward.devices.clock import Clock
from custom_components.power_steward.devices.ecoflow import client as module
from custom_components.power_steward.devices.ecoflow.answers import (
    Busy,
    Certification,
    DeviceOffline,
    ListedDevice,
    NotAllowed,
    SignatureRefused,
)
from custom_components.power_steward.devices.ecoflow.client import (
    AccountClient,
    DeveloperClient,
    in_its_region,
)
from custom_components.power_steward.devices.errors import (
    AnswerNotUnderstood,
    CannotConnect,
    ClientError,
    CredentialsRejected,
    RequestRefused,
)

from ...simulators.ecoflow import Account, RestFault, SimulatedCloud, SimulatedDevice

DELTA = "R331TEST00000001"
PLUG = "HW52TEST00000001"


class Turned:
    """A clock that moves when a test turns it."""

    def __init__(self) -> None:
        """Start anywhere."""
        self.now = 5000.0

    def clock(self) -> Clock:
        """Return the clock."""
        return Clock(lambda: self.now, lambda: datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def time() -> Turned:
    """Return a clock to turn."""
    return Turned()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIGNATURE_PAUSE", 0.0)


@pytest.fixture
async def cloud() -> AsyncIterator[SimulatedCloud]:
    """Return a region with two devices."""
    devices = [
        SimulatedDevice(DELTA, "Kitchen", "DELTA 2", quotas={"pd.soc": 85}),
        SimulatedDevice(PLUG, "undefined", None, online=False, quotas=None),
    ]
    async with SimulatedCloud(devices) as simulator:
        yield simulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session."""
    async with aiohttp.ClientSession() as it:
        yield it


@pytest.fixture
def developer(
    cloud: SimulatedCloud, session: aiohttp.ClientSession, time: Turned
) -> DeveloperClient:
    """Return a client with keys, pasted with white space."""
    account = cloud.account
    return DeveloperClient(
        session,
        URL(cloud.url),
        f" {account.access_key}\n",
        f"{account.secret_key} ",
        time.clock(),
    )


@pytest.fixture
def account(
    cloud: SimulatedCloud, session: aiohttp.ClientSession, time: Turned
) -> AccountClient:
    """Return a client with e-mail and password."""
    it = cloud.account
    return AccountClient(session, URL(cloud.url), it.email, it.password, time.clock())


async def test_developer_reads(developer: DeveloperClient) -> None:
    """List, values and certification come with a signature that is checked."""
    assert await developer.devices() == (
        ListedDevice(DELTA, "Kitchen", "DELTA 2", online=True),
        ListedDevice(PLUG, None, None, online=False),
    )
    assert await developer.quotas(DELTA) == {"pd.soc": 85}
    assert await developer.quotas(PLUG) == {}
    assert await developer.certification() == Certification(
        "open-000001", "certificate-1", "127.0.0.1", 8883, tls=True
    )


async def test_developer_sets(
    developer: DeveloperClient, cloud: SimulatedCloud
) -> None:
    """A command arrives as it was given, also with letters beyond ASCII."""
    body = {"sn": DELTA, "params": {"enabled": True, "x": 1.5, "name": "Küche & co"}}
    await developer.set(body)
    assert cloud.commands == [body]
    with pytest.raises(DeviceOffline):
        await developer.set({"sn": PLUG})


async def test_account_reads(account: AccountClient, cloud: SimulatedCloud) -> None:
    """One log-in serves all requests; groups and shared devices are listed."""
    cloud.devices["P521TEST00000001"] = SimulatedDevice("P521TEST00000001", group=True)
    cloud.devices["R601TEST00000001"] = SimulatedDevice("R601TEST00000001", shared=True)
    assert [device.serial for device in await account.devices()] == [
        DELTA,
        PLUG,
        "P521TEST00000001",
        "R601TEST00000001",
    ]
    assert (await account.certification()).account == "app-000001"
    assert await account.user_id() == cloud.account.user_id
    assert account.logins == 1


async def test_a_dead_token_is_renewed(
    account: AccountClient, cloud: SimulatedCloud, time: Turned
) -> None:
    """A refused token brings one log-in, and so does one that is a day old."""
    await account.devices()
    cloud.expire_token()
    time.now += 61
    await account.devices()
    assert account.logins == 2
    time.now += module.TOKEN_LIFETIME
    await account.devices()
    assert account.logins == 3


async def test_a_changed_password_is_noticed(
    account: AccountClient, cloud: SimulatedCloud
) -> None:
    """Logged out everywhere and another password: the credentials are wrong."""
    await account.devices()
    cloud.expire_token()
    cloud.account.password = "another"
    with pytest.raises(CredentialsRejected):
        await account.certification()
    assert cloud.asked("login") == 2


async def test_answers_stand_for_a_while(
    developer: DeveloperClient, cloud: SimulatedCloud, time: Turned
) -> None:
    """Nothing is asked for sooner than the cloud may be asked."""
    asks: list[tuple[str, float, Callable[[], Any]]] = [
        ("list", 60, developer.devices),
        ("all", 10, lambda: developer.quotas(DELTA)),
        ("certification", 60, developer.certification),
    ]
    for end, spacing, ask in asks:
        await ask()
        time.now += spacing - 1
        await ask()
        assert cloud.asked(end) == 1
        time.now += 1
        await ask()
        assert cloud.asked(end) == 2


async def test_a_refused_signature_is_tried_again(
    developer: DeveloperClient, cloud: SimulatedCloud
) -> None:
    """Twice refused is bad luck, three times is an error."""
    cloud.faults = [RestFault.code("8521", times=2)]
    assert len(await developer.devices()) == 2
    cloud.faults = [RestFault.code("8521")]
    with pytest.raises(SignatureRefused):
        await developer.certification()
    assert cloud.asked("certification") == 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (RestFault.code("8513", "accessKey is invalid"), CredentialsRejected),
        (RestFault.code("1006"), NotAllowed),
        (RestFault.code("7", "You have no permission to do it"), NotAllowed),
        (RestFault.code("6012"), DeviceOffline),
        (RestFault.code("3", "The device is not online"), DeviceOffline),
        (RestFault.code("6001"), Busy),
        (RestFault.code("9", "Server is too busy"), Busy),
        (RestFault.code("4711", "something new"), RequestRefused),
        (RestFault(status=403), Busy),
        (RestFault(status=401), Busy),
        (RestFault(status=429), Busy),
        (RestFault(status=502), Busy),
        (RestFault(status=405), AnswerNotUnderstood),
        (RestFault(status=200), AnswerNotUnderstood),
        (RestFault(status=404, body=b'{"code": "0"}'), AnswerNotUnderstood),
        (RestFault(body=b'{"code": "0"}'), AnswerNotUnderstood),
        (RestFault(body=b'{"code": true, "data": []}'), AnswerNotUnderstood),
        (RestFault(body=b'{"code": "0", "data": {}}'), AnswerNotUnderstood),
        (RestFault(body=b'{"code": "0", "data": "x"}'), AnswerNotUnderstood),
        (RestFault(body=b"[" * 10_000), AnswerNotUnderstood),
        (RestFault(body=b"\xff\xfe"), AnswerNotUnderstood),
        (RestFault(body=b" " * (module.MAX_ANSWER + 1)), AnswerNotUnderstood),
        (RestFault(status=302, body=b""), AnswerNotUnderstood),
    ],
)
async def test_errors(
    developer: DeveloperClient,
    cloud: SimulatedCloud,
    fault: RestFault,
    error: type[ClientError],
) -> None:
    """Each failure is raised as what it means."""
    cloud.faults = [fault]
    with pytest.raises(ClientError) as caught:
        await developer.devices()
    assert type(caught.value) is error
    with pytest.raises(ClientError):
        await developer.certification()


async def test_values_of_a_wrong_kind(
    developer: DeveloperClient, cloud: SimulatedCloud
) -> None:
    """Values that are no object are not understood."""
    cloud.faults = [RestFault(body=b'{"code": "0", "data": [1]}')]
    with pytest.raises(AnswerNotUnderstood):
        await developer.quotas(DELTA)


async def test_odd_devices_are_left_out(
    developer: DeveloperClient, cloud: SimulatedCloud
) -> None:
    """A serial that could not be one does not get into topics or identifiers."""
    listed = [
        {"sn": "../../x"},
        {"sn": "a/b"},
        {"sn": ["x"]},
        {"sn": "X" * 1000},
        {},
        "text",
        None,
        {"sn": "R331GOOD", "online": "yes", "deviceName": "a\nb", "productName": 5},
    ]
    cloud.faults = [RestFault(body=json.dumps({"code": 0, "data": listed}).encode())]
    assert await developer.devices() == (
        ListedDevice("R331GOOD", None, "5", online=None),
    )


@pytest.mark.parametrize(
    "data",
    [
        {"certificateAccount": "a", "certificatePassword": "b", "url": "c"},
        {
            "certificateAccount": "a/b",
            "certificatePassword": "b",
            "url": "c",
            "port": "1",
        },
        {
            "certificateAccount": "a",
            "certificatePassword": "b",
            "url": "c",
            "port": "70000",
        },
    ],
)
async def test_odd_certifications(
    developer: DeveloperClient, cloud: SimulatedCloud, data: dict[str, str]
) -> None:
    """A certification that cannot be used is not understood."""
    cloud.faults = [RestFault(body=json.dumps({"code": "0", "data": data}).encode())]
    with pytest.raises(AnswerNotUnderstood):
        await developer.certification()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"code": "0", "data": {"user": {"userId": "1"}}}', AnswerNotUnderstood),
        (b'{"code": "0", "data": {"token": "x"}}', AnswerNotUnderstood),
        (
            b'{"code": "0", "data": {"token": "a\\nb", "user": {"userId": "1"}}}',
            AnswerNotUnderstood,
        ),
        (b'{"code": "2026", "message": "wrong password"}', CredentialsRejected),
        (b'{"code": "5", "message": "Too many attempts"}', Busy),
    ],
)
async def test_log_ins(
    account: AccountClient,
    cloud: SimulatedCloud,
    body: bytes,
    error: type[ClientError],
) -> None:
    """A log-in that fails says why."""
    cloud.faults = [RestFault(body=body)]
    with pytest.raises(error):
        await account.user_id()


async def test_nobody_there(session: aiohttp.ClientSession, time: Turned) -> None:
    """A host that does not answer cannot be connected to."""
    client = DeveloperClient(session, URL("http://127.0.0.1:9"), "a", "b", time.clock())
    with pytest.raises(CannotConnect):
        await client.devices()


async def test_the_region_is_found(
    session: aiohttp.ClientSession, cloud: SimulatedCloud, time: Turned
) -> None:
    """Every region is asked before credentials count as wrong."""

    async def attempt(url: URL) -> tuple[ListedDevice, ...]:
        it = Account()
        client = DeveloperClient(
            session, url, it.access_key, it.secret_key, time.clock()
        )
        return await client.devices()

    async with SimulatedCloud(knows_account=False) as foreign:
        here, there = URL(cloud.url), URL(foreign.url)
        nowhere = URL("http://127.0.0.1:9")
        assert (await in_its_region([there, here], attempt))[0] == here
        assert (await in_its_region([nowhere, here], attempt))[0] == here
        with pytest.raises(CredentialsRejected):
            await in_its_region([there, there], attempt)
        with pytest.raises(CannotConnect):
            await in_its_region([there, nowhere], attempt)
