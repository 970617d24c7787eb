"""The cloud's REST answers at their limits, without a cloud."""

import json
from typing import Any

import pytest

from custom_components.power_steward.devices.ecoflow.answers import (
    Busy,
    DeviceOffline,
    ListedDevice,
    parse_account_devices,
    parse_answer,
    parse_certification,
    parse_devices,
    parse_login,
)
from custom_components.power_steward.devices.errors import (
    AnswerNotUnderstood,
    RequestRefused,
)


def body(data: Any = None, **more: Any) -> bytes:
    """Return an answer of the cloud."""
    return json.dumps({"code": "0", "message": "Success", "data": data} | more).encode()


def test_statuses() -> None:
    """Those of a cloud that is busy are told apart; 299 is a success."""
    for status in (401, 403, 429, 500, 502, 503, 504):
        with pytest.raises(Busy):
            parse_answer(status, body())
    assert parse_answer(200, body(5)) == parse_answer(299, body(5)) == 5
    for status in (199, 300):
        with pytest.raises(AnswerNotUnderstood):
            parse_answer(status, body())


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("The device is OFFLINE", DeviceOffline),
        ("x" * 193 + "offline", DeviceOffline),
        ("x" * 194 + "offline", RequestRefused),
    ],
)
def test_refusals(message: str, error: type[RequestRefused]) -> None:
    """The first 200 letters of a message decide where the code does not."""
    with pytest.raises(RequestRefused, match="code -17") as raised:
        parse_answer(200, body(code="-1<7>", message=message))
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("x" * 128, "x" * 128),
        ("x" * 129, None),
        ("undefined", None),
        ("null", None),
        (" Attic ", "Attic"),
        (7, "7"),
        (10**20, None),
    ],
)
def test_names(name: object, read: str | None) -> None:
    """A name is a text of some length, and no word for none."""
    listed = [{"sn": "ABC1", "deviceName": name, "online": 1}]
    assert parse_devices(200, body(listed)) == (ListedDevice("ABC1", read, None, True),)


def test_devices_that_are_only_shared() -> None:
    """An account without stations of its own sees those of others."""
    for section in ("bound", "share"):
        found = parse_account_devices(200, body({section: {"ABC1": {}}}))
        assert found == (ListedDevice("ABC1", None, None, None),)
    with pytest.raises(AnswerNotUnderstood):
        parse_account_devices(200, body({}))


CERTIFICATION = {
    "certificateAccount": "account",
    "certificatePassword": "secret",
    "url": "mqtt.test",
    "port": "8883",
    "protocol": "mqtts",
}


@pytest.mark.parametrize(("port", "fine"), [(0, 0), (1, 1), (65535, 1), (65536, 0)])
def test_ports(port: int, fine: bool) -> None:
    """A broker has a port that there is."""
    answer = body({**CERTIFICATION, "port": port})
    if fine:
        assert parse_certification(200, answer).port == port
    else:
        with pytest.raises(AnswerNotUnderstood):
            parse_certification(200, answer)


@pytest.mark.parametrize(
    ("protocol", "tls"), [("mqtts", True), ("mqtt", False), (None, True)]
)
def test_protocols(protocol: str | None, tls: bool) -> None:
    """Unless the cloud says otherwise, the broker is spoken to under TLS."""
    answer = body({**CERTIFICATION, "protocol": protocol})
    assert parse_certification(200, answer).tls is tls


@pytest.mark.parametrize(
    ("token", "fine"),
    [("", False), ("t" * 8192, True), ("t" * 8193, False), ("a\nb", False)],
)
def test_tokens(token: str, fine: bool) -> None:
    """A token goes into a header, so that not every text can be one."""
    answer = body({"token": token, "user": {"userId": "1"}})
    if fine:
        assert parse_login(200, answer) == ("1", token)
    else:
        with pytest.raises(AnswerNotUnderstood):
            parse_login(200, answer)
