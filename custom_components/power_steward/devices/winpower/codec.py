"""Bytes of a WinPower G2 server in, models out (WinPower protocol, sections 2 to 4).

Every measurement travels as text, may be empty or missing, and is then ``None``.
A value that cannot be read, or lies outside the physically possible, is ``None``
too, and its wire name is in the reading's ``rejected``.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
import json
import math
from typing import Any, Final, NamedTuple

from ..errors import AnswerNotUnderstood, CredentialsRejected, RequestRefused
from ..readings import DeviceFacts
from .models import Page, Phases, UpsReading

SUCCESS: Final = "000000"
LEGACY: Final = "WinPower before G2"
"""Reason of ``AnswerNotUnderstood`` for the older product (appendix A)."""

TOKEN_LIFETIME: Final = 1800.0
_TOKEN_LIFETIME_LIMITS: Final = (60.0, 86400.0)

_MAX_TEXT: Final = 128


def parse_answer(status: int, body: bytes) -> dict[str, Any]:
    """Return the envelope of a successful answer (sections 1.6, 2.3).

    Raises ``CredentialsRejected`` for every shape of rejection, also with HTTP
    status 200, ``RequestRefused`` for any other error that the server states, and
    ``AnswerNotUnderstood`` for what is not an answer of this protocol.
    """
    answer = _json(body)
    code = _code(answer)
    if status in (401, 403) or (code is not None and _is_rejection(code)):
        raise CredentialsRejected(f"status {status}, code {code}")
    if not 200 <= status <= 299:
        raise RequestRefused(f"status {status}")
    if code is None:
        if _is_legacy(answer):
            raise AnswerNotUnderstood(LEGACY)
        raise AnswerNotUnderstood("no WinPower envelope")
    if code != SUCCESS:
        raise RequestRefused(f"code {code}")
    return dict(answer)


def _is_legacy(answer: object) -> bool:
    """Tell the device page of WinPower before G2 (appendix A)."""
    return isinstance(answer, dict) and (
        "device.statusIcon" in answer
        or (isinstance(device := answer.get("device"), dict) and "statusIcon" in device)
    )


def parse_legacy(status: int, body: bytes) -> bool:
    """Tell whether an answer of ``/0/json`` is one of WinPower before G2."""
    return status == 200 and _is_legacy(_json(body))


def _json(body: bytes) -> Any:
    """Return what a body holds, ``None`` if that is not JSON."""
    try:
        return json.loads(body, parse_int=_whole_number)
    except ValueError, RecursionError:
        return None


def _whole_number(digits: str) -> int | float:
    """Return a JSON integer; one too long to mean anything must not spoil the rest."""
    return int(digits) if len(digits) <= _MAX_TEXT else float(digits)


def _code(answer: object) -> str | None:
    """Return the envelope's verdict, cleaned of all but letters and digits."""
    if not isinstance(answer, dict) or "code" not in answer:
        return None
    code = answer["code"]
    if isinstance(code, bool) or not isinstance(code, str | int):
        return None
    return "".join(c for c in str(code)[:32] if c.isalnum() or c in "_-")


def _is_rejection(code: str) -> bool:
    return code == "INVALID_TOKEN" or code.startswith(("401", "403"))


def parse_login(envelope: Mapping[str, Any]) -> str:
    """Return the token of a log-in's answer (section 2.2)."""
    data = envelope.get("data")
    token = data.get("token") if isinstance(data, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise AnswerNotUnderstood("log-in without a token")
    if not (token := token.strip()):
        raise AnswerNotUnderstood("log-in with an empty token")
    return token


def token_lifetime(token: str) -> float:
    """Return how long a token lives from its issue, in seconds (section 2.4).

    The token is opaque by contract: whatever cannot be read gives 30 minutes. Its
    ``exp`` is not used, being seconds on some servers and milliseconds on others.
    """
    claims = _claims(token)
    minutes = _finite(claims.get("tokenExpiredMinutes"))
    if minutes is not None and _plausible_lifetime(minutes * 60):
        return minutes * 60
    created = _finite(claims.get("create_time_key"))
    expires = _finite(claims.get("expire_time_key"))
    if created is not None and expires is not None:
        lifetime = (expires - created) / 1000
        if _plausible_lifetime(lifetime):
            return lifetime
    return TOKEN_LIFETIME


def _plausible_lifetime(seconds: float) -> bool:
    shortest, longest = _TOKEN_LIFETIME_LIMITS
    return shortest <= seconds <= longest


def _claims(token: str) -> dict[str, Any]:
    """Return the claims inside a token, nothing if it holds none."""
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except IndexError, ValueError, binascii.Error, RecursionError:
        return {}
    return claims if isinstance(claims, dict) else {}


def parse_page(status: int, body: bytes) -> Page:
    """Return one page of the device list (sections 3.2 to 3.4).

    Raises as ``parse_answer``.
    """
    envelope = parse_answer(status, body)
    devices = envelope.get("data")
    if not isinstance(devices, list):
        raise AnswerNotUnderstood("device list without devices")
    readings = (parse_ups(device) for device in devices)
    total = _finite(envelope.get("total"))
    return Page(
        total=None if total is None else int(total),
        size=len(devices),
        upses=tuple(reading for reading in readings if reading is not None),
        raw=tuple(devices),
    )


def parse_ups(device: object) -> UpsReading | None:
    """Return a device object's reading, ``None`` if it has no id (section 3.4)."""
    members = _Members(device)
    if not (device_id := members.text("assetDevice", "id")):
        return None
    values = {field: read(members) for field, read in _FIELDS.items()}
    if values["load_power"] is None:
        values["load_power"] = _sum_of_phases(members, values)
    connected = _boolean(members.top.get("connected"))
    return UpsReading(
        id=device_id,
        created=members.text("assetDevice", "createTime") or None,
        facts=_facts(members),
        connected=connected,
        available=connected is True,
        active_alarms=_count(members.top.get("activeAlarms")),
        rejected=tuple(members.rejected),
        **values,
    )


def _facts(members: _Members) -> DeviceFacts:
    model = members.text("assetDevice", "model") or None
    return DeviceFacts(
        name=members.text("assetDevice", "alias") or model or "UPS",
        model=model,
        serial_number=members.text("assetDevice", "serialNumber") or None,
        sw_version=members.text("assetDevice", "firmwareVersion") or None,
    )


def _sum_of_phases(members: _Members, values: Mapping[str, Any]) -> float | None:
    """Return the load as the sum of all output phases, if each is known (3.7)."""
    if members.reported("realtime", "loadTotalWatt"):
        return None
    powers = [power for power in values["load_power_phase"] if power is not None]
    return sum(powers) if powers and len(powers) == values["output_phases"] else None


def _count(alarms: object) -> int | None:
    return len(alarms) if isinstance(alarms, list) else None


class _Members:
    """A device object's members, by section; notes what it has to turn down."""

    def __init__(self, device: object) -> None:
        self.top: Mapping[str, Any] = device if isinstance(device, dict) else {}
        self.rejected: list[str] = []

    def get(self, section: str, name: str) -> Any:
        """Return a member as sent, ``None`` if it or its section is missing."""
        members = self.top.get(section)
        return members.get(name) if isinstance(members, dict) else None

    def reported(self, section: str, name: str) -> bool:
        """Whether a member is there and not empty."""
        value = self.get(section, name)
        return value is not None and not (isinstance(value, str) and not value.strip())

    def text(self, section: str, name: str) -> str | None:
        """Return a member as text, ``None`` if missing, "" if empty."""
        value = self.get(section, name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str):
            # Not all blanks are ASCII's; what else cannot be printed is no text.
            text = " ".join(value.split())
            if len(text) <= _MAX_TEXT and text.isprintable():
                return text
        if value is not None:
            self.reject(section, name)
        return None

    def reject(self, section: str, name: str) -> None:
        """Note a member that was reported and cannot be used."""
        self.rejected.append(f"{section}.{name}")


def _finite(value: object) -> float | None:
    """Return a number sent as a number or as text (section 3.6)."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError, OverflowError:
        return None
    if isinstance(value, str) and "_" in value:
        return None
    return number if math.isfinite(number) else None


def _boolean(value: object) -> bool | None:
    """Return a truth value sent as 1, 0, true or false, in any case (section 3.6)."""
    if not isinstance(value, str | int):
        return None
    return _BOOLEANS.get(str(value).strip().lower())


_BOOLEANS: Final = {"1": True, "true": True, "0": False, "false": False}


class _Range(NamedTuple):
    """What is physically possible, wide enough for the largest of units."""

    low: float
    high: float


_VOLTAGE: Final = _Range(0, 2000)
_FREQUENCY: Final = _Range(0, 100)
_CURRENT: Final = _Range(0, 10_000)
_POWER: Final = _Range(-10_000_000, 10_000_000)
_LOAD: Final = _Range(0, 1000)
_CHARGE: Final = _Range(0, 100)
_SECONDS: Final = _Range(0, 366 * 86_400)
_TEMPERATURE: Final = _Range(-60, 200)
_COUNT: Final = _Range(0, 10_000)


type _Read = Callable[[_Members], Any]
"""How a model's field is read from a device object."""


def _value(
    section: str, name: str, convert: Callable[[Any], float | bool | None]
) -> _Read:
    def read(members: _Members) -> float | bool | None:
        if not members.reported(section, name):
            return None
        value = convert(members.get(section, name))
        if value is None:
            members.reject(section, name)
        return value

    return read


def _number(section: str, name: str, limits: _Range) -> _Read:
    def convert(raw: object) -> float | None:
        number = _finite(raw)
        if number is None or not limits.low <= number <= limits.high:
            return None
        return number

    return _value(section, name, convert)


def _integer(section: str, name: str) -> _Read:
    def convert(raw: object) -> int | None:
        number = _finite(raw)
        if number is None or not _COUNT.low <= number <= _COUNT.high:
            return None
        return int(number) if number.is_integer() else None

    return _value(section, name, convert)


def _phases(stem: str, limits: _Range) -> _Read:
    phases = [_number("realtime", f"{stem}{number}", limits) for number in (1, 2, 3)]
    return lambda members: Phases(*(read(members) for read in phases))


def _flag(section: str, name: str) -> _Read:
    return _value(section, name, _boolean)


def _code_text(name: str) -> _Read:
    return lambda members: members.text("realtime", name) or None


_FIELDS: Final[dict[str, _Read]] = {
    "input_voltage": _phases("inputVolt", _VOLTAGE),
    "input_frequency": _number("realtime", "inputFreq", _FREQUENCY),
    "output_voltage": _phases("outputVolt", _VOLTAGE),
    "output_current": _phases("outputCurrent", _CURRENT),
    "output_frequency": _number("realtime", "outputFreq", _FREQUENCY),
    "load": _number("realtime", "loadPercent", _LOAD),
    "load_power": _number("realtime", "loadTotalWatt", _POWER),
    "load_power_phase": _phases("loadWatt", _POWER),
    "load_apparent_power": _number("realtime", "loadTotalVa", _POWER),
    "load_apparent_power_phase": _phases("loadVa", _POWER),
    # Volts, though the predecessor's exporter publishes it as per cent (section 3.5).
    "battery_voltage": _number("realtime", "batVoltP", _VOLTAGE),
    "battery_voltage_negative": _number("realtime", "batVoltN", _VOLTAGE),
    "battery_charge": _number("realtime", "batCapacity", _CHARGE),
    "remaining_time": _number("realtime", "batRemainTime", _SECONDS),
    "charging": _flag("realtime", "isCharging"),
    "temperature": _number("realtime", "upsTemperature", _TEMPERATURE),
    "mode_code": _code_text("mode"),
    "status_code": _code_text("status"),
    "battery_status_code": _code_text("batteryStatus"),
    "test_status_code": _code_text("testStatus"),
    "fault_code": lambda members: members.text("realtime", "faultCode"),
    "input_transformer_type": _code_text("inputTransformerType"),
    "output_voltage_type": _code_text("outputVoltageType"),
    "input_phases": _integer("config", "inputPhaseNumber"),
    "output_phases": _integer("config", "outputPhaseNumber"),
    "input_sources": _integer("config", "inputSourceNumber"),
    "modules": _integer("config", "upsModuleNumber"),
    "rated_apparent_power": _number("config", "ratingVa", _POWER),
    "rated_voltage": _number("config", "ratingVolt", _VOLTAGE),
    "rated_frequency": _number("config", "ratingFreq", _FREQUENCY),
    "rated_battery_voltage": _number("config", "ratingBatVolt", _VOLTAGE),
    "battery_blocks": _integer("config", "ratingBatUnitNumber"),
    "rated_block_voltage": _number("config", "ratingBatVoltPerUnit", _VOLTAGE),
    "beeper": _flag("setting", "enableAudible"),
    "bypass_when_off": _flag("setting", "enableBypassWhenTurnOff"),
    "auto_restart": _flag("setting", "enableAutoRestart"),
    "auto_test_period": _number("setting", "autoTestPeriod", _COUNT),
    "battery_modules": _integer("setting", "batteryModuleNumber"),
    "monitored": _flag("assetDevice", "isActive"),
}
