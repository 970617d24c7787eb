"""The tokens of a login: WinPower protocol, section 2.4."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
import hashlib
import hmac
import secrets
from typing import Any, Literal
from uuid import uuid4

from .clock import Clock
from .jsontext import encode
from .ups import ROOT_AREA

type Claims = Literal["seconds", "milliseconds", "opaque"]
"""How the claims tell the time, or that there are none to read."""


class TokenMint:
    """Issues tokens and knows which are still good."""

    def __init__(
        self,
        lifetime: float,
        claims: Claims,
        clock: Clock,
        wall_clock: Callable[[], datetime],
    ) -> None:
        """Remember how long tokens live, and by which clock."""
        self.lifetime = lifetime
        self.claims = claims
        self._clock = clock
        self._wall_clock = wall_clock
        self._key = secrets.token_bytes(64)
        self._expiry: dict[str, float] = {}

    def issue(self) -> str:
        """Return a new token."""
        if self.claims == "opaque":
            token = secrets.token_hex(160)
        else:
            token = self._sign(self._header(), self._claims())
        self._expiry[token] = self._clock() + self.lifetime
        return token

    def is_good(self, token: str) -> bool:
        """Return whether a token was issued here and is still alive."""
        now = self._clock()
        self._expiry = {
            token: expiry for token, expiry in self._expiry.items() if now < expiry
        }
        return token in self._expiry

    def expire_all(self) -> None:
        """Kill every token."""
        self._expiry.clear()

    def _header(self) -> dict[str, Any]:
        """Return the first part, which names its type in one variant only."""
        typ = {"typ": "JWT"} if self.claims == "milliseconds" else {}
        return {**typ, "alg": "HS512"}

    def _claims(self) -> dict[str, Any]:
        """Return the second part, its times as the variant of the claims has them."""
        issued = self._wall_clock()
        expires = issued + timedelta(seconds=self.lifetime)
        token_id = str(uuid4())
        times = {"exp": int(expires.timestamp())}
        if self.claims == "milliseconds":
            times = {
                "exp": _milliseconds(expires),
                "nbf": _milliseconds(issued + timedelta(milliseconds=5)),
            }
        return {
            "create_time_key": _milliseconds(issued),
            "token_id": token_id,
            "login_user_type": "SysAdmin",
            "login_user_id": ROOT_AREA,
            "expire_time_key": _milliseconds(expires),
            "tokenExpiredMinutes": int(self.lifetime // 60),
            "jti": token_id,
            **times,
            "iat": int(issued.timestamp()),
            "sub": "WINPOWER_TOKEN",
            "iss": "WINPOWER",
        }

    def _sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Return header, claims and their HS512 signature."""
        signed = f"{_part(encode(header))}.{_part(encode(claims))}"
        signature = hmac.digest(self._key, signed.encode(), hashlib.sha512)
        return f"{signed}.{_part(signature)}"


def _milliseconds(moment: datetime) -> int:
    """Return the milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


def _part(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
