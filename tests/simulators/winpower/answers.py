"""Answers of the server: success, and every known shape of failure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
import json
from typing import Any, Literal

from .jsontext import encode

LOGIN_PATH = "/api/v1/auth/login"
LIST_PATH = "/api/v1/deviceData/detail/list"
JSON = "application/json"
SUCCESS = "000000"

# fmt: off
type ErrorShape = Literal[
    "E1", "E2", "E3", "E4", "E5", "E6", "E7", "E7_200", "E8", "E9", "E9_text",
    "E10", "E10_401001", "E11", "E11_500",
]
# fmt: on
"""A row in the table of the WinPower protocol, section 2.3; a suffix is its variant."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client."""

    body: bytes
    status: int = 200
    content_type: str | None = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200) -> Answer:
        """Return a JSON answer."""
        return cls(encode(value), status)

    def value(self) -> Any:
        """Return the JSON in the body."""
        return json.loads(self.body)


def logged_in(token: str, device_id: str) -> Answer:
    """Return the success of a login: WinPower protocol, section 2.2."""
    data = {"deviceId": device_id, "token": token}
    return Answer.of({"code": SUCCESS, "message": "OK", "data": data})


def spring_error(status: int, path: str) -> Answer:
    """Return what a Spring Boot service says on its own behalf."""
    return Answer.of(
        {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "status": status,
            "error": HTTPStatus(status).phrase,
            "path": path,
        },
        status,
    )


def error(
    shape: ErrorShape, path: str = LIST_PATH, language: str | None = None
) -> Answer:
    """Return a failure in one of the known shapes."""
    match shape:
        case "E1":
            return Answer.of(_not_logged_in(path, language))
        case "E2":
            return Answer.of(_not_logged_in(path, language), 401)
        case "E3":
            return Answer.of({"code": "401", "message": "Token expired"}, 401)
        case "E4":
            return Answer(b"Unauthorized", 401, "text/plain")
        case "E5":
            return _with_message(401, "INVALID_TOKEN", "Invalid or expired token", None)
        case "E6":
            return _with_message(401, "A0301", "Authentication failed", None)
        case "E7":
            return _list_error(401, "401", "Unauthorized", None)
        case "E7_200":
            return _list_error(200, "401", "Unauthorized", None)
        case "E8":
            return _with_msg(400, "Bad Request")
        case "E9":
            return _with_msg(500, "Internal Server Error")
        case "E9_text":
            return Answer(b"Internal Server Error", 500, "text/plain")
        case "E10":
            return _with_message(200, "401", "Invalid credentials", {})
        case "E10_401001":
            return _with_message(200, "401001", "Invalid credentials", {})
        case "E11":
            return _list_error(200, "403", "Forbidden", [])
        case "E11_500":
            return _list_error(200, "500", "Internal error", [])


def _not_logged_in(path: str, language: str | None) -> dict[str, Any]:
    """Return the body of E1 and E2, of which the text speaks the asked language."""
    chinese = (language or "").lower().startswith("zh")
    return {
        "code": "401",
        "message": "未登录或登录已失效" if chinese else "Please log in again",
        "data": f"Full authentication is required to access this resource({path})",
    }


def _with_message(status: int, code: str, message: str, data: Any) -> Answer:
    """Return an error that explains itself in `message`."""
    return Answer.of({"code": code, "message": message, "data": data}, status)


def _with_msg(status: int, msg: str) -> Answer:
    """Return an error that explains itself in `msg`, its code the HTTP status."""
    return Answer.of({"code": str(status), "msg": msg, "data": None}, status)


def _list_error(status: int, code: str, msg: str, data: Any) -> Answer:
    """Return an error in the envelope of the device list."""
    paging = {"total": 0, "pageSize": 20, "currentPage": 1}
    return Answer.of({**paging, "data": data, "code": code, "msg": msg}, status)
