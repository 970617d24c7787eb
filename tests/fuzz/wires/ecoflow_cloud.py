"""EcoFlow's REST answers; each text and number is in the answer, and fit for its use."""

from collections.abc import Callable, Mapping
import json
import math
from typing import Any, Final

from custom_components.power_steward.devices.ecoflow import answers
from custom_components.power_steward.devices.ecoflow.answers import (
    Certification,
    ListedDevice,
    Login,
)
from custom_components.power_steward.devices.ecoflow.codec import Parsed, flattened
from custom_components.power_steward.devices.errors import ClientError
from tests.devices.ecoflow.conftest import a_station

from ..justified import Numbers, is_number, leaves

_PARSE: Final[Mapping[str, Callable[[int, bytes], Any]]] = {
    "log-in": answers.parse_login,
    "certification": answers.parse_certification,
    "devices": answers.parse_devices,
    "account's devices": answers.parse_account_devices,
    "quotas": answers.parse_quotas,
}


def _answer(data: Any) -> bytes:
    return json.dumps({"code": "0", "message": "Success", "data": data}).encode()


_LISTED: Final = {"deviceName": "Kitchen", "productName": "DELTA 2", "online": 1}
SEEN: Final[Mapping[str, bytes]] = {
    "log-in": _answer({"token": "eyJ.t0k.en", "user": {"userId": "1234567890"}}),
    "certification": _answer(
        {
            "certificateAccount": "open-4711",
            "certificatePassword": "secret",
            "url": "mqtt.ecoflow.com",
            "port": "8883",
            "protocol": "mqtts",
        }
    ),
    "devices": _answer([{"sn": "R331TEST00000001", **_LISTED}, {"sn": "HW52TEST1"}]),
    "account's devices": _answer(
        {
            "bound": {"R331TEST00000001": {"sn": "R331TEST00000001", **_LISTED}},
            "share": {"HW52TEST1": _LISTED, "group": [{"sn": "BK01TEST1"}]},
        }
    ),
    "quotas": _answer(
        {
            "pd.soc": 85,
            "pd.wattsInSum": 0,
            "inv": {"cfgAcEnabled": 1, "outputWatts": 43.5},
            "bms_bmsStatus.vol": 53120,
            "pd.list": [1, 2, 3],
        }
    ),
}


def check(kind: str, body: bytes) -> None:
    """Read an answer."""
    try:
        read = _PARSE[kind](200, body)
    except ClientError:
        return
    if kind == "quotas":
        _check_values(read, body)
        return
    texts = {str(value).strip() for value in _told(json.loads(body))}
    for path, value in leaves(read):
        if isinstance(value, str):
            assert value in texts, path
            assert value.isprintable(), path
    match read:
        case Login(user_id, token):
            assert user_id and token.isascii()
        case Certification(account, password, host, port):
            assert account and password and host and "/" not in account
            assert 0 < port < 65536
        case _:
            _check_list(read)


def _told(value: Any) -> list[Any]:
    """Return the values in an answer, and the names: serials are names too."""
    if isinstance(value, dict):
        return [*value, *(leaf for member in value.values() for leaf in _told(member))]
    if isinstance(value, list):
        return [leaf for member in value for leaf in _told(member)]
    return [value]


def _check_list(listed: tuple[ListedDevice, ...]) -> None:
    serials = [device.serial for device in listed]
    assert len(serials) == len(set(serials))
    for device in listed:
        assert device.serial.isascii() and device.serial.isalnum()
        assert len(device.serial) <= 64
        assert device.name is None or 0 < len(device.name) <= 128


def _check_values(read: dict[str, Any], body: bytes) -> None:
    """Let a device take values, as the client's caller does."""
    station = a_station("R331TEST00000001", "DELTA 2")
    station.take(Parsed(flattened(read)))
    numbers = Numbers(body.decode("utf-8", "replace"))
    for path, value in leaves(station.raw):
        if is_number(value) and math.isfinite(value):
            assert numbers.justify(value), (path, value)
    for key, value in station.reading(available=True).values.items():
        assert value is None or math.isfinite(value), key
