"""The cloud's REST answers in, what they say out (EcoFlow protocol, 2.4 to 3.3)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from ..errors import (
    AnswerNotUnderstood,
    CannotConnect,
    CredentialsRejected,
    RequestRefused,
)

SUCCESS: Final = "0"

_WRONG_KEY: Final = "8513"
_WRONG_SIGNATURE: Final = "8521"
_OFFLINE: Final = "6012"
_NOT_ALLOWED: Final = "1006"
_BUSY: Final = frozenset({"500", "6001", "7000"})
_BUSY_STATUS: Final = frozenset({401, 403, 429, 500, 502, 503, 504})
_BUSY_WORDS: Final = ("too busy", "too frequent", "too many")
_OFFLINE_WORDS: Final = ("not online", "offline")
_NOT_ALLOWED_WORDS: Final = ("not allowed", "no permission")

_MAX_SERIAL: Final = 64
_MAX_NAME: Final = 128


class Busy(CannotConnect):
    """The cloud is overloaded, or has had too many requests from here."""


class SignatureRefused(RequestRefused):
    """The signature was not accepted; that also happens to right ones."""


class NotAllowed(RequestRefused):
    """The account or key may not ask for the device."""


class DeviceOffline(RequestRefused):
    """The device is not connected to the cloud."""


class ListedDevice(NamedTuple):
    """A device of the account, as the cloud lists it."""

    serial: str
    name: str | None
    product: str | None
    online: bool | None


class Certification(NamedTuple):
    """The credentials of the broker, and where it is (sections 2.6, 3.2)."""

    account: str
    password: str
    host: str
    port: int
    tls: bool


class Login(NamedTuple):
    """A log-in to an account (section 3.1)."""

    user_id: str
    token: str


def parse_answer(status: int, body: bytes) -> Any:
    """Return the data of a successful answer, ``None`` if it has none.

    Raises one of the client errors for every other answer (section 2.5).
    """
    if status in _BUSY_STATUS:
        raise Busy(f"status {status}")
    answer = _json(body)
    code = answer.get("code") if isinstance(answer, dict) else None
    if not isinstance(code, str | int) or isinstance(code, bool):
        raise AnswerNotUnderstood(f"status {status}, no EcoFlow envelope")
    code = "".join(c for c in str(code)[:16] if c.isalnum() or c == "-")
    if code != SUCCESS:
        raise _refusal(code, str(answer.get("message"))[:200].lower())
    if not 200 <= status <= 299:
        raise AnswerNotUnderstood(f"status {status}")
    return answer.get("data")


def parse_login(status: int, body: bytes) -> Login:
    """Return the token and the user's id of a log-in's answer (section 3.1)."""
    try:
        data = parse_answer(status, body)
    except RequestRefused as err:
        raise CredentialsRejected(str(err)) from err
    user = data.get("user") if isinstance(data, dict) else None
    user_id = _text(user.get("userId"), _MAX_SERIAL) if isinstance(user, dict) else None
    token = data.get("token") if isinstance(data, dict) else None
    if not user_id or not isinstance(token, str) or not _header_safe(token):
        raise AnswerNotUnderstood("log-in without a token")
    return Login(user_id, token)


def parse_certification(status: int, body: bytes) -> Certification:
    """Return the broker's credentials and address (sections 2.6, 3.2)."""
    data = parse_answer(status, body)
    data = data if isinstance(data, dict) else {}
    texts = [
        _text(data.get(name), 256)
        for name in ("certificateAccount", "certificatePassword", "url", "protocol")
    ]
    account, password, host, protocol = texts
    port = str(data.get("port"))
    if not account or not password or not host or "/" in account:
        raise AnswerNotUnderstood("certification without credentials")
    if not (port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        raise AnswerNotUnderstood("certification without a port")
    return Certification(account, password, host, int(port), protocol != "mqtt")


def parse_devices(status: int, body: bytes) -> tuple[ListedDevice, ...]:
    """Return the devices that a developer key sees (section 2.4)."""
    data = parse_answer(status, body)
    if not isinstance(data, list):
        raise AnswerNotUnderstood("device list without devices")
    return _unique(_device(item, item.get("sn")) for item in data if _is_object(item))


def parse_account_devices(status: int, body: bytes) -> tuple[ListedDevice, ...]:
    """Return an account's own and shared devices (section 3.3)."""
    data = parse_answer(status, body)
    if not isinstance(data, dict) or not {"bound", "share"} & data.keys():
        raise AnswerNotUnderstood("device list without devices")
    return _unique(
        _device(item, serial)
        for section in ("bound", "share")
        for serial, item in _objects(data.get(section))
    )


def parse_quotas(status: int, body: bytes) -> dict[str, Any]:
    """Return a device's last known values; a device may never have had any."""
    data = parse_answer(status, body)
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise AnswerNotUnderstood("values are not an object")
    return data


def _refusal(code: str, message: str) -> Exception:
    """Return what an error code means; the message decides only where codes do not."""
    text = f"code {code}"
    if code == _WRONG_KEY:
        return CredentialsRejected(text)
    if code == _WRONG_SIGNATURE:
        return SignatureRefused(text)
    if code == _NOT_ALLOWED or any(word in message for word in _NOT_ALLOWED_WORDS):
        return NotAllowed(text)
    if code == _OFFLINE or any(word in message for word in _OFFLINE_WORDS):
        return DeviceOffline(text)
    if code in _BUSY or any(word in message for word in _BUSY_WORDS):
        return Busy(text)
    return RequestRefused(text)


def _json(body: bytes) -> Any:
    """Return what a body holds, ``None`` if that is not JSON."""
    try:
        return orjson.loads(body)
    except ValueError:
        return None


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _objects(section: object) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Yield a section's devices: by serial, or within groups."""
    for serial, item in section.items() if isinstance(section, dict) else ():
        if isinstance(item, dict):
            yield item.get("sn") or serial, item
        elif isinstance(item, list):
            yield from ((it.get("sn"), it) for it in item if isinstance(it, dict))


def _device(item: Mapping[str, Any], serial: object) -> ListedDevice | None:
    """Return a listed device, ``None`` if its serial cannot be one."""
    text = _text(serial, _MAX_SERIAL)
    if not text or not text.isascii() or not text.isalnum():
        return None
    online = item.get("online")
    return ListedDevice(
        serial=text,
        name=_name(item.get("deviceName")),
        product=_name(item.get("productName")),
        online=bool(online) if online in (0, 1) else None,
    )


def _unique(devices: Iterator[ListedDevice | None]) -> tuple[ListedDevice, ...]:
    return tuple({device.serial: device for device in devices if device}.values())


def _name(value: object) -> str | None:
    """Return a name, ``None`` for the words that stand for none."""
    text = _text(value, _MAX_NAME)
    return None if not text or text in ("undefined", "null") else text


def _text(value: object, limit: int) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**20 else None
    if not isinstance(value, str) or len(value) > limit or not value.isprintable():
        return None
    return value.strip()


def _header_safe(token: str) -> bool:
    return 0 < len(token) <= 8192 and token.isascii() and token.isprintable()
