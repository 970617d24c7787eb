"""Client of a WinPower G2 server's REST interface (WinPower protocol, section 1)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import aiohttp
from yarl import URL

from ..clock import Clock
from ..errors import (
    AnswerNotUnderstood,
    CannotConnect,
    CredentialsRejected,
    RequestRefused,
    SessionRejected,
)
from ..http import body_of, client_errors, parsed
from . import codec
from .models import Page, UpsReading

DEFAULT_PORT: Final = 8081
REQUEST_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
MAX_ANSWER: Final = 8 * 1024 * 1024
"""Bytes; a server with thousands of UPSs stays far below."""
MAX_PAGES: Final = 250
PAGE_SIZE: Final = 100
REFRESH_BEFORE_EXPIRY: Final = 300.0
"""Seconds; at most half of a token's life."""

_LOGIN: Final = "api/v1/auth/login"
_DEVICES: Final = "api/v1/deviceData/detail/list"
_LEGACY: Final = "0/json"
_ROOT_AREA: Final = "00000000-0000-0000-0000-000000000000"
_HEADERS: Final = {"Accept": "application/json", "Content-language": "en"}


@dataclass(frozen=True, slots=True)
class _Token:
    """A token and when to renew it, both by the monotonic clock in seconds."""

    value: str
    renew_at: float
    expires_at: float
    expires: datetime


class DeviceList(NamedTuple):
    """All UPSs that the server lists, and what had to be left out."""

    upses: tuple[UpsReading, ...]
    without_id: int
    duplicates: int
    raw: tuple[object, ...]
    """The device objects as sent, for diagnostics."""


class WinPowerClient:
    """Reads one server with one account; the session is shared and never closed.

    All requests raise the four errors of ``devices.errors`` and nothing else.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        username: str,
        password: str,
        clock: Clock,
    ) -> None:
        """Take the server's base URL; a path in it is kept (section 1.2).

        Whether certificates are verified is the session's affair.
        """
        self._session = session
        self._url = url
        self._username = username
        self._password = password
        self._clock = clock
        self._token: _Token | None = None
        self._login_lock = asyncio.Lock()
        self.logins = 0
        """Log-ins that succeeded."""

    @property
    def token_expires(self) -> datetime | None:
        """When the present token ends, ``None`` without a valid one."""
        token = self._token
        if token is None or self._clock.monotonic() >= token.expires_at:
            return None
        return token.expires

    async def identify(self) -> None:
        """Check, without sending credentials, that this is a WinPower G2 server.

        Such a server declines the device list without a token (section 1.2).
        """
        try:
            await self._request(
                "GET", _DEVICES, codec.parse_answer, params=_page_parameters(1)
            )
        except CredentialsRejected:
            return
        except (AnswerNotUnderstood, RequestRefused) as err:
            if await self._is_legacy():
                raise AnswerNotUnderstood(codec.LEGACY) from err
            raise

    async def devices(self) -> DeviceList:
        """Read all UPSs, whatever page size the server uses (section 3.3)."""
        poll = _Poll(self)
        upses: dict[str, UpsReading] = {}
        raw: list[object] = []
        without_id = duplicates = 0
        for number in range(1, MAX_PAGES + 1):
            page = await poll.page(number)
            without_id += page.size - len(page.upses)
            listed = {ups.id: ups for ups in page.upses}
            new = sum(key not in upses for key in listed)
            if not new:
                # The end, or a server that ignores the page's number.
                break
            duplicates += len(page.upses) - new
            upses |= listed
            raw += page.raw
            if page.total is not None and len(upses) + without_id >= page.total:
                break
        return DeviceList(tuple(upses.values()), without_id, duplicates, tuple(raw))

    async def token(self) -> str:
        """Return a token that is good for a while yet, logging in if need be."""
        async with self._login_lock:
            if self._token is None or self._clock.monotonic() >= self._token.renew_at:
                self._token = None
                self._token = await self._login()
            return self._token.value

    def forget(self, token: str) -> None:
        """Drop a token that was rejected, unless it is replaced already."""
        if self._token is not None and self._token.value == token:
            self._token = None

    async def _login(self) -> _Token:
        """Log in (section 2.1)."""
        envelope = await self._request(
            "POST",
            _LOGIN,
            codec.parse_answer,
            json={"username": self._username, "password": self._password},
        )
        value = codec.parse_login(envelope)
        lifetime = codec.token_lifetime(value)
        now = self._clock.monotonic()
        self.logins += 1
        return _Token(
            value=value,
            renew_at=now + lifetime - min(REFRESH_BEFORE_EXPIRY, lifetime / 2),
            expires_at=now + lifetime,
            expires=self._clock.utcnow() + timedelta(seconds=lifetime),
        )

    async def read_page(self, number: int, token: str) -> Page:
        """Read one page of the device list (section 3.1)."""
        return await self._request(
            "GET",
            _DEVICES,
            codec.parse_page,
            params=_page_parameters(number),
            headers={"Authorization": f"Bearer {token}"},
        )

    async def _is_legacy(self) -> bool:
        """Ask whether this is WinPower before G2 (appendix A)."""
        try:
            return await self._request("GET", _LEGACY, codec.parse_legacy)
        except CannotConnect, AnswerNotUnderstood:
            return False

    async def _request[T](
        self,
        method: str,
        path: str,
        parse: Callable[[int, bytes], T],
        *,
        headers: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> T:
        """Send a request and return what ``parse`` makes of status and body.

        Redirects are not followed: they would carry the credentials elsewhere.
        """
        async with (
            client_errors(),
            self._session.request(
                method,
                self._url / path,
                headers=_HEADERS | (headers or {}),
                timeout=REQUEST_TIMEOUT,
                allow_redirects=False,
                **kwargs,
            ) as response,
        ):
            body = await body_of(response, MAX_ANSWER)
        return await parsed(parse, response, body)


class _Poll:
    """One read of all pages: at most one log-in anew and one request repeated."""

    def __init__(self, client: WinPowerClient) -> None:
        self._client = client
        self._may_repeat = True

    async def page(self, number: int) -> Page:
        """Read a page, once more if the token turns out to be dead (section 2.6)."""
        token = await self._client.token()
        try:
            return await self._client.read_page(number, token)
        except CredentialsRejected as err:
            self._client.forget(token)
            if not self._may_repeat:
                raise SessionRejected(str(err)) from err
        self._may_repeat = False
        return await self.page(number)


def _page_parameters(number: int) -> dict[str, str]:
    """Return all six parameters of the device list (section 3.1)."""
    return {
        "current": str(number),
        "pageNum": str(number),
        "pageSize": str(PAGE_SIZE),
        "areaId": _ROOT_AREA,
        "includeSubArea": "true",
        "deviceType": "1",
    }
