"""A session with a broker, over TLS, and all that may happen to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
import ssl

import pytest

from custom_components.power_steward.devices.ecoflow.answers import Certification
from custom_components.power_steward.devices.ecoflow.codec import MAX_PAYLOAD, Topic
from custom_components.power_steward.devices.ecoflow.session import (
    AccountRoute,
    Arrived,
    CertificationRefused,
    DeveloperRoute,
    Route,
    connected,
)
from custom_components.power_steward.devices.errors import (
    AnswerNotUnderstood,
    CannotConnect,
    CertificateInvalid,
)

from ...simulators.ecoflow import SimulatedBroker
from ...simulators.tls import SelfSigned

SERIAL = "R331TEST00000001"
ROUTE = AccountRoute("1000")
PUSH = f"/app/device/property/{SERIAL}"
CLIENT_ID = "ANDROID_TEST_1000"


@pytest.fixture
async def broker() -> AsyncIterator[SimulatedBroker]:
    """Return a broker with a certificate."""
    async with SimulatedBroker(tls=SelfSigned.local()) as it:
        it.passwords["app-1"] = "secret"
        it.client_id_must_end["app-1"] = "_1000"
        yield it


@pytest.fixture
def tls() -> ssl.SSLContext:
    """Return a context that trusts the broker."""
    return SelfSigned.local().client_context()


def certification(broker: SimulatedBroker, password: str = "secret") -> Certification:
    """Return credentials for the broker."""
    return Certification("app-1", password, "127.0.0.1", broker.port, tls=True)


async def test_it_listens_asks_and_commands(
    broker: SimulatedBroker, tls: ssl.SSLContext
) -> None:
    """Pushes come in, questions and commands go out on the right topics."""
    async with connected(
        certification(broker), CLIENT_ID, ROUTE, [SERIAL], tls
    ) as connection:
        assert broker.client_ids == [CLIENT_ID]
        stem = f"/app/1000/{SERIAL}/thing/property"
        for topic in (PUSH, f"{stem}/get_reply", f"{stem}/set_reply"):
            assert broker.subscribers(topic) == 1
        broker.deliver(PUSH, b'{"a": 1}')
        assert await connection.receive(5) == Arrived(SERIAL, Topic.PUSH, b'{"a": 1}')
        broker.deliver(f"{stem}/get_reply", b"\x0a\x00")
        arrived = await connection.receive(5)
        assert arrived == Arrived(SERIAL, Topic.GET_REPLY, b"\x0a\x00")
        assert await connection.receive(0.05) is None
        assert await connection.ask(SERIAL, b"ask")
        await connection.command(SERIAL, b"set")
        assert broker.published == [(f"{stem}/get", b"ask"), (f"{stem}/set", b"set")]
    async with asyncio.timeout(5):
        while broker.client_ids:
            await asyncio.sleep(0.01)


async def test_patience_that_ends_loses_nothing(
    broker: SimulatedBroker, tls: ssl.SSLContext
) -> None:
    """A message that comes while somebody gives up waiting is the next one."""
    sent = [str(number).encode() for number in range(50)]
    arrived: list[bytes] = []
    async with (
        connected(certification(broker), CLIENT_ID, ROUTE, [SERIAL], tls) as connection,
        asyncio.timeout(20),
    ):
        for payload in sent:
            broker.deliver(PUSH, payload)
            while len(arrived) <= sent.index(payload):
                if (message := await connection.receive(0)) is not None:
                    arrived.append(message.payload)
                await asyncio.sleep(0.001)
    assert arrived == sent


async def test_what_is_not_ours_is_ignored(
    broker: SimulatedBroker, tls: ssl.SSLContext
) -> None:
    """Another device's messages, retained and giant ones are passed over."""
    async with connected(
        certification(broker), CLIENT_ID, ROUTE, [SERIAL], tls
    ) as connection:
        broker.deliver_astray("/app/device/property/ANOTHER", b"{}")
        broker.deliver(PUSH, b'{"old": 1}', retain=True)
        broker.deliver(PUSH, b"x" * (MAX_PAYLOAD + 1))
        broker.deliver(PUSH, b"{}")
        arrived = await connection.receive(5)
        assert arrived == Arrived(SERIAL, Topic.PUSH, b"{}")
        assert connection.ignored == 3


async def test_a_developers_topics(
    broker: SimulatedBroker, tls: ssl.SSLContext
) -> None:
    """Developers get other topics, and none to ask on."""
    route: Route = DeveloperRoute("open-1")
    assert route.topics(SERIAL) == {
        f"/open/open-1/{SERIAL}/quota": Topic.PUSH,
        f"/open/open-1/{SERIAL}/set_reply": Topic.SET_REPLY,
        f"/open/open-1/{SERIAL}/status": Topic.STATUS,
    }
    async with connected(
        certification(broker), CLIENT_ID, route, [SERIAL], tls
    ) as connection:
        assert not await connection.ask(SERIAL, b"ask")
        await connection.command(SERIAL, b"{}")
        assert broker.published == [(f"/open/open-1/{SERIAL}/set", b"{}")]


async def test_refused(broker: SimulatedBroker, tls: ssl.SSLContext) -> None:
    """A wrong password or client id asks for a new certification; else it is down."""
    with pytest.raises(CertificationRefused):
        async with connected(
            certification(broker, "old"), CLIENT_ID, ROUTE, [SERIAL], tls
        ):
            pass
    with pytest.raises(CertificationRefused):
        async with connected(certification(broker), "phone_1001", ROUTE, [SERIAL], tls):
            pass
    broker.refuse_with = 3
    with pytest.raises(CannotConnect) as caught:
        async with connected(certification(broker), CLIENT_ID, ROUTE, [SERIAL], tls):
            pass
    assert type(caught.value) is CannotConnect


async def test_a_wrong_certificate(broker: SimulatedBroker) -> None:
    """Credentials do not go to a broker that cannot prove who it is."""
    with pytest.raises(CertificateInvalid):
        async with connected(
            certification(broker),
            CLIENT_ID,
            ROUTE,
            [SERIAL],
            ssl.create_default_context(),
        ):
            pass
    assert broker.connects == []


async def test_nobody_there(tls: ssl.SSLContext) -> None:
    """A broker that is down, or has an impossible address."""
    for host, port, error in (
        ("127.0.0.1", 9, CannotConnect),
        ("", 1, AnswerNotUnderstood),
    ):
        with pytest.raises(error):
            async with connected(
                Certification("a", "b", host, port, tls=True),
                CLIENT_ID,
                ROUTE,
                [],
                tls,
            ):
                pass


async def ended(
    broker: SimulatedBroker, tls: ssl.SSLContext, end: Callable[[], None]
) -> None:
    """Listen until the session ends."""
    async with connected(
        certification(broker), CLIENT_ID, ROUTE, [SERIAL], tls
    ) as connection:
        end()
        await connection.receive(5)


async def test_cut_off(broker: SimulatedBroker, tls: ssl.SSLContext) -> None:
    """A dropped connection and a phone with our id both end the session."""
    for end in (broker.drop, lambda: broker.steal(CLIENT_ID)):
        with pytest.raises(CannotConnect):
            await ended(broker, tls, end)
