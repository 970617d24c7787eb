"""The broker's messages in, wire values out (EcoFlow protocol, chapters 2.6, 3.6 and 4).

A wire value is known by the name that the cloud gives it in JSON; values out of binary
messages get the same names. Nothing here converts or judges a value.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

import orjson

from .frames import APP, OFFLINE_CODE, Frame, parse_frames
from .messages.battery import PACK, PASSPORT, SYSTEM
from .messages.display import PROPERTIES
from .messages.settings import SETTINGS
from .wire import Malformed, Message, Unknown

MAX_PAYLOAD: Final = 512 * 1024
"""Bytes; the longest seen are a few thousand."""
_MAX_DEPTH: Final = 8
_MAX_TEXT: Final = 1024
_MAX_ITEMS: Final = 256
_PLAIN: Final = frozenset({bool, int, float, type(None)})
_JSON_STARTS: Final = (b"{", b" ", b"\t", b"\r")

type Value = bool | int | float | str | list[Any] | None


class Topic(Enum):
    """What a topic carries, whichever way in."""

    PUSH = "push"
    GET_REPLY = "get_reply"
    SET_REPLY = "set_reply"
    STATUS = "status"


class Ack(NamedTuple):
    """A device's answer to a command."""

    id: int | None
    """The number that the command carried."""
    accepted: bool


class Strange(NamedTuple):
    """A message, or a part of one, that no table explains."""

    kind: str
    fields: tuple[Unknown, ...] = ()


class Parsed(NamedTuple):
    """What a message says."""

    values: dict[str, Any]
    """By wire name; what is nested is not flattened yet, as it is seldom new."""
    online: bool | None = None
    acks: tuple[Ack, ...] = ()
    strange: tuple[Strange, ...] = ()
    sent_at: float | None = None
    """Unix time in seconds, where the message tells it."""


class Layout(NamedTuple):
    """How to read a kind of binary message, and where its values belong."""

    message: Message
    names: Callable[[dict[str, Any]], dict[str, Value]] | None = None
    """How values are named that the table has not named yet."""


type Layouts = Mapping[tuple[int, int], Layout]


def _pack_names(values: dict[str, Any]) -> dict[str, Value]:
    return _prefixed(values, f"pack{values.get('num', 0)}.")


def _system_names(values: dict[str, Any]) -> dict[str, Value]:
    parts = values.get("first", {}) | values.get("second", {})
    return _prefixed(parts, "ems.")


def property_names(values: dict[str, Any]) -> dict[str, Any]:
    """Return properties by their names, the energy counters by their numbers."""
    record = values.pop("displayStatisticsSum", None)
    if record is not None:
        for entry in record.get("listInfo", ()):
            if len(entry) == 2:
                name = f"statistics.{entry['statisticsObject']}"
                values[name] = entry["statisticsContent"]
    return values


_PACK_LAYOUT: Final = Layout(PACK, _pack_names)
_PACK_KINDS: Final = (
    *((3, number) for number in (1, 2, 30, 50)),
    *((32, number) for number in (1, 3, 50, 51, 52)),
    *((254, number) for number in range(24, 31)),
    (50, 30),
)
NEW_GENERATION: Final[Layouts] = {
    (254, 21): Layout(PROPERTIES, property_names),
    (254, 22): Layout(PROPERTIES, property_names),
    (32, 2): Layout(SYSTEM, _system_names),
    (50, 2): Layout(PASSPORT, _pack_names),
    **dict.fromkeys(_PACK_KINDS, _PACK_LAYOUT),
}
"""What all devices with the common catalogue of properties send."""

_NOTHING: Final = Message("nothing", ())

_TYPE_PREFIXES: Final = {
    "pdStatus": "pd.",
    "mpptStatus": "mppt.",
    "invStatus": "inv.",
    "bmsStatus": "bms_bmsStatus.",
    "emsStatus": "bms_emsStatus.",
    "bmsInfo": "bms_bmsInfo.",
    "bmsSlaveStatus": "bms_slave.",
    "bmsSlaveStatus_1": "bms_slave_bmsSlaveStatus_1.",
    "bmsSlaveStatus_2": "bms_slave_bmsSlaveStatus_2.",
}
_MODULE_PREFIXES: Final = {
    1: "pd.",
    2: "bmsMaster.",
    3: "inv.",
    4: "bmsSlave1.",
    5: "mppt.",
}
_SYSTEM_KEYS: Final = frozenset(
    {
        "chgRemainTime",
        "dsgRemainTime",
        "emsIsNormalFlag",
        "f32LcdShowSoc",
        "lcdShowSoc",
        "maxCloseOilEbSoc",
        "minDsgSoc",
        "minOpenOilEbSoc",
        "openUpsFlag",
    }
)
"""What early firmware puts among the battery's values and later firmware does not."""


def parse(topic: Topic, payload: bytes, layouts: Layouts) -> Parsed:
    """Return what a message says; raises nothing.

    The first byte tells JSON from binary (section 4.1); the line feed with which an
    envelope begins may also be white space before JSON.
    """
    if len(payload) > MAX_PAYLOAD:
        return Parsed({}, strange=(Strange("too long"),))
    if payload.startswith(_JSON_STARTS):
        return _parse_json(topic, payload)
    try:
        frames = parse_frames(payload)
    except Malformed:
        if payload.startswith(b"\n{"):
            return _parse_json(topic, payload)
        return Parsed({}, strange=(Strange("no message"),))
    return _parse_binary(topic, frames, layouts)


def _parse_binary(topic: Topic, frames: list[Frame], layouts: Layouts) -> Parsed:
    values: dict[str, Value] = {}
    online: bool | None = None
    acks: list[Ack] = []
    strange: list[Strange] = []
    for frame in frames:
        header = frame.header
        if header.get("code") == OFFLINE_CODE:
            online = False
        if frame.command == (254, 18):
            acks.append(_settings_ack(frame))
            continue
        layout = layouts.get(frame.command)
        if layout is None and (header.get("is_ack") or topic is Topic.SET_REPLY):
            acks.append(Ack(header.get("seq"), accepted=True))
        elif frame.command != (0, 0) and header.get("src") != APP:
            if layout is None:
                strange.append(_unexplained(frame))
                continue
            try:
                read = _read(frame, layout.message)
            except Malformed:
                strange.append(Strange(f"{_kind(frame)} malformed"))
                continue
            values |= layout.names(read.values) if layout.names else read.values
            if read.unknown:
                strange.append(Strange(_kind(frame), tuple(read.unknown)))
    return Parsed(values, online, tuple(acks), tuple(strange))


def _read(frame: Frame, message: Message) -> Any:
    """Read a payload without its mask, or with it if it turns out to have none."""
    try:
        return message.read(frame.plain)
    except Malformed:
        if frame.plain is frame.sent:
            raise
    return message.read(frame.sent)


def _kind(frame: Frame) -> str:
    """Return what a kind of message is called."""
    return "{}/{}".format(*frame.command)


def _unexplained(frame: Frame) -> Strange:
    """Return a message of an unknown kind, with its fields if it has such."""
    try:
        return Strange(_kind(frame), tuple(_read(frame, _NOTHING).unknown))
    except Malformed:
        return Strange(_kind(frame))


def _settings_ack(frame: Frame) -> Ack:
    """Return a new device's answer to a setting; without a verdict it is a refusal."""
    seq = frame.header.get("seq")
    try:
        accepted = _read(frame, SETTINGS).values.get("configOk") == 1
    except Malformed:
        accepted = False
    return Ack(seq, accepted)


def _parse_json(topic: Topic, payload: bytes) -> Parsed:
    try:
        message = orjson.loads(payload)
    except ValueError:
        return Parsed({}, strange=(Strange("no JSON"),))
    if not isinstance(message, dict):
        return Parsed({}, strange=(Strange("no JSON object"),))
    match topic:
        case Topic.PUSH:
            sent_at = _seconds(message.get("timestamp"))
            return Parsed(_pushed(message), None, (), (), sent_at)
        case Topic.GET_REPLY:
            return _quotas(message)
        case Topic.SET_REPLY:
            return Parsed({}, acks=(_json_ack(message),))
    return Parsed({}, online=_flag(_object(message.get("params")).get("status")))


def _pushed(message: dict[str, Any]) -> dict[str, Value]:
    """Return a push's values under their full names (sections 2.6, 4.2)."""
    values = message.get("params")
    if not isinstance(values, dict):
        values = message.get("param")
    if not isinstance(values, dict):
        if "command" in message or "operateType" in message:
            return {}
        return message
    if isinstance(type_code := message.get("typeCode"), str):
        return _prefixed(values, _TYPE_PREFIXES.get(type_code, f"{type_code}."))
    address = message.get("addr")
    if isinstance(address, str) and address.startswith("hs_"):
        return _prefixed(values, f"{address}.")
    func, cmd = message.get("cmdFunc"), message.get("cmdId")
    if isinstance(func, int) and isinstance(cmd, int) and func and func != 254:
        return _prefixed(values, f"{func}_{cmd}.")
    return _prefixed_by_module(values, message.get("moduleType"))


def _prefixed_by_module(values: dict[str, Any], module: object) -> dict[str, Value]:
    """Return values of early firmware, whose names lack their module."""
    prefix = _MODULE_PREFIXES.get(module) if isinstance(module, int) else None
    if prefix is None or "." in next(iter(values), "."):
        return values
    if module != 2:
        return _prefixed(values, prefix)
    system = {name: value for name, value in values.items() if name in _SYSTEM_KEYS}
    battery = {name: value for name, value in values.items() if name not in system}
    return _prefixed(battery, prefix) | _prefixed(system, "ems.")


def _quotas(message: dict[str, Any]) -> Parsed:
    """Return the answer to ``latestQuotas`` (section 3.6)."""
    data = _object(message.get("data"))
    if "not online" in str(message.get("message"))[:200].lower():
        return Parsed({}, online=False)
    return Parsed(_object(data.get("quotaMap")), online=_flag(data.get("online")))


def _json_ack(message: dict[str, Any]) -> Ack:
    """Return a device's answer: the code counts, and a result if there is one."""
    data = message.get("data")
    result = data.get("result", 0) if isinstance(data, dict) else 0
    code = message.get("code", "0")
    number = str(message.get("id"))
    return Ack(
        int(number) if number.isdecimal() and len(number) <= 20 else None,
        accepted=str(code) == "0" and not result,
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _seconds(timestamp: object) -> float | None:
    """Return a time that comes in seconds or in milliseconds."""
    if isinstance(timestamp, bool) or not isinstance(timestamp, int | float):
        return None
    seconds = timestamp / 1000 if timestamp > 1e11 else timestamp
    return seconds if seconds > 1e9 else None


def _flag(value: object) -> bool | None:
    return bool(value) if value in (0, 1) else None


def _prefixed(values: dict[str, Any], prefix: str) -> dict[str, Value]:
    return {f"{prefix}{name}": value for name, value in values.items()}


def flattened(values: dict[str, Any]) -> dict[str, Value]:
    """Return a structure as one level of names, ``a.b`` and ``a[0].b``."""
    if _PLAIN.issuperset(map(type, values.values())):
        return values
    flat_values: dict[str, Value] = {}
    for name, value in values.items():
        _flatten(flat_values, name, value, _MAX_DEPTH)
    return flat_values


def _flatten(into: dict[str, Value], name: str, value: Any, depth: int) -> None:
    """Put a value among the others; lists of plain values stay lists."""
    if type(value) in _PLAIN:
        into[name] = value
        return
    if isinstance(value, str):
        if value.startswith("{"):
            value = _object_in(value)
        elif len(value) <= _MAX_TEXT and value.isprintable():
            into[name] = value
            return
    if isinstance(value, list) and not (value and isinstance(value[0], dict | list)):
        items = value[:_MAX_ITEMS]
        into[name] = [item if type(item) in _PLAIN else None for item in items]
    elif not depth:
        return
    elif isinstance(value, dict):
        for member, item in value.items():
            _flatten(into, f"{name}.{member}", item, depth - 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _flatten(into, f"{name}[{index}]", item, depth - 1)


def _object_in(text: str) -> Any:
    """Return the object that a text holds, nothing worth keeping if it is none."""
    try:
        return orjson.loads(text)
    except ValueError:
        return b""
