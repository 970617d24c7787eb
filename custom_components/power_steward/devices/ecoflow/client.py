"""Clients of EcoFlow's REST interfaces (EcoFlow protocol, chapters 2 and 3)."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterable, Mapping
import json
import secrets
from typing import Any, Final

import aiohttp
from yarl import URL

from ..clock import Clock
from ..errors import CannotConnect, CredentialsRejected, RequestRefused
from ..http import body_of, client_errors, parsed
from . import answers
from .answers import Busy, Certification, ListedDevice, Login, SignatureRefused
from .signature import signature

REGIONS: Final[Mapping[str, str]] = {
    "europe": "api-e.ecoflow.com",
    "americas": "api-a.ecoflow.com",
    "global": "api.ecoflow.com",
}
"""The hosts; keys and accounts live on one of them only (section 1.1)."""

REQUEST_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)
MAX_ANSWER: Final = 4 * 1024 * 1024
SIGNATURE_ATTEMPTS: Final = 3
SIGNATURE_PAUSE: Final = 2.0
TOKEN_LIFETIME: Final = 24 * 3600.0
"""Seconds for which a log-in's token is used (section 3.1)."""

LIST_SPACING: Final = 60.0
QUOTA_SPACING: Final = 10.0
CERTIFICATION_SPACING: Final = 60.0
"""Seconds between two requests of a kind; in between, the last answer stands (1.3)."""

_LIST: Final = "iot-open/sign/device/list"
_ALL: Final = "iot-open/sign/device/quota/all"
_QUOTA: Final = "iot-open/sign/device/quota"
_OPEN_CERTIFICATION: Final = "iot-open/sign/certification"
_LOGIN: Final = "auth/login"
_APP_CERTIFICATION: Final = "iot-auth/app/certification"
_APP_LIST: Final = "iot-service/user/device"

_LANGUAGE: Final = {"lang": "en_US"}


async def in_its_region[T](
    urls: Iterable[URL], attempt: Callable[[URL], Awaitable[T]]
) -> tuple[URL, T]:
    """Return the first URL that accepts the credentials, and what it answered.

    Credentials count as wrong only when every region has rejected them; of a region
    that could not be asked nothing is known, so its error is raised instead.
    """
    rejection: CredentialsRejected | None = None
    unknown: CannotConnect | None = None
    for url in urls:
        try:
            return url, await attempt(url)
        except CredentialsRejected as err:
            rejection = rejection or err
        except CannotConnect as err:
            unknown = unknown or err
    if unknown is not None:
        raise unknown
    if rejection is None:
        raise CannotConnect("no region")
    raise rejection


class _Cloud:
    """One request at a time, and none sooner than it may be."""

    def __init__(self, session: aiohttp.ClientSession, url: URL, clock: Clock) -> None:
        self._session = session
        self._url = url
        self._clock = clock
        self._lock = asyncio.Lock()
        self._kept: dict[tuple[str, ...], tuple[float, Any]] = {}

    async def _spaced[T](
        self, spacing: float, kind: tuple[str, ...], ask: Callable[[], Awaitable[T]]
    ) -> T:
        """Return the answer to ``ask``, the kept one while that is young enough."""
        async with self._lock:
            kept = self._kept.get(kind)
            if kept is not None and self._clock.monotonic() - kept[0] < spacing:
                answer: T = kept[1]
                return answer
            answer = await ask()
            self._kept[kind] = (self._clock.monotonic(), answer)
            return answer

    async def _request[T](
        self,
        method: str,
        path: str,
        parse: Callable[[int, bytes], T],
        headers: dict[str, str],
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
                headers=headers,
                timeout=REQUEST_TIMEOUT,
                allow_redirects=False,
                **kwargs,
            ) as response,
        ):
            body = await body_of(response, MAX_ANSWER)
            return await parsed(parse, response, body)


class DeveloperClient(_Cloud):
    """Reads and sets devices with a developer's keys (chapter 2).

    All requests raise the errors of ``devices.errors`` and nothing else.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        access_key: str,
        secret_key: str,
        clock: Clock,
    ) -> None:
        """Take a region's URL and the keys; pasted keys bring white space along."""
        super().__init__(session, url, clock)
        self._access_key = access_key.strip()
        self._secret_key = secret_key.strip()
        self._read_at: dict[str, float] = {}

    async def devices(self) -> tuple[ListedDevice, ...]:
        """Return the devices of the key's account."""
        return await self._spaced(
            LIST_SPACING,
            (_LIST,),
            lambda: self._signed("GET", _LIST, {}, answers.parse_devices),
        )

    async def quotas(self, serial: str) -> dict[str, Any]:
        """Return a device's last known values, also of one that is offline.

        Nothing if they were read a moment ago: what was pushed since then is newer.
        """
        async with self._lock:
            now = self._clock.monotonic()
            if now - self._read_at.get(serial, -QUOTA_SPACING) < QUOTA_SPACING:
                return {}
            values = await self._signed(
                "GET", _ALL, {"sn": serial}, answers.parse_quotas
            )
            self._read_at[serial] = now
            return values

    async def set(self, body: Mapping[str, Any]) -> None:
        """Send a command; the device's values can be read anew after it."""
        async with self._lock:
            await self._signed("PUT", _QUOTA, body, answers.parse_answer)
            self._read_at.pop(body["sn"], None)

    async def certification(self) -> Certification:
        """Return the credentials of the broker."""
        return await self._spaced(
            CERTIFICATION_SPACING,
            (_OPEN_CERTIFICATION,),
            lambda: self._signed(
                "GET", _OPEN_CERTIFICATION, {}, answers.parse_certification
            ),
        )

    async def _signed[T](
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any],
        parse: Callable[[int, bytes], T],
    ) -> T:
        """Sign and send; again a few times, for right signatures are refused too."""
        for _ in range(SIGNATURE_ATTEMPTS - 1):
            try:
                return await self._signed_once(method, path, parameters, parse)
            except SignatureRefused:
                await asyncio.sleep(SIGNATURE_PAUSE)
        return await self._signed_once(method, path, parameters, parse)

    async def _signed_once[T](
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any],
        parse: Callable[[int, bytes], T],
    ) -> T:
        nonce = str(secrets.randbelow(900_000) + 100_000)
        timestamp = int(self._clock.utcnow().timestamp() * 1000)
        headers = {
            "accessKey": self._access_key,
            "nonce": nonce,
            "timestamp": str(timestamp),
            "sign": signature(
                parameters, self._access_key, self._secret_key, nonce, timestamp
            ),
        }
        if method == "GET":
            query = {name: str(value) for name, value in parameters.items()}
            return await self._request(method, path, parse, headers, params=query)
        headers["Content-Type"] = "application/json;charset=UTF-8"
        data = json.dumps(parameters, ensure_ascii=False).encode()
        return await self._request(method, path, parse, headers, data=data)


class AccountClient(_Cloud):
    """Reads an account's devices with its e-mail and password (chapter 3).

    All requests raise the errors of ``devices.errors`` and nothing else.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        username: str,
        password: str,
        clock: Clock,
    ) -> None:
        """Take a region's URL and the account."""
        super().__init__(session, url, clock)
        self._username = username.strip()
        self._password = password
        self._user_id: str | None = None
        self._login: Login | None = None
        self._login_ends = 0.0
        self.logins = 0
        """Log-ins that succeeded."""

    async def user_id(self) -> str:
        """Return the account's id, which stays the same; log in to learn it."""
        async with self._lock:
            if self._user_id is None:
                self._user_id = (await self._logged_in()).user_id
            return self._user_id

    async def devices(self) -> tuple[ListedDevice, ...]:
        """Return the account's own devices and those shared with it."""
        return await self._spaced(
            LIST_SPACING,
            (_APP_LIST,),
            lambda: self._authorized(
                _APP_LIST, answers.parse_account_devices, user=False
            ),
        )

    async def certification(self) -> Certification:
        """Return the credentials of the broker."""
        return await self._spaced(
            CERTIFICATION_SPACING,
            (_APP_CERTIFICATION,),
            lambda: self._authorized(
                _APP_CERTIFICATION, answers.parse_certification, user=True
            ),
        )

    async def _logged_in(self) -> Login:
        """Return a log-in that is good for a while yet."""
        if self._login is None or self._clock.monotonic() >= self._login_ends:
            self._login = None
            password = base64.b64encode(self._password.encode()).decode()
            self._login = await self._request(
                "POST",
                _LOGIN,
                answers.parse_login,
                _LANGUAGE,
                json={
                    "email": self._username,
                    "password": password,
                    "scene": "IOT_APP",
                    "userType": "ECOFLOW",
                },
            )
            self._login_ends = self._clock.monotonic() + TOKEN_LIFETIME
            self.logins += 1
        return self._login

    async def _authorized[T](
        self, path: str, parse: Callable[[int, bytes], T], *, user: bool
    ) -> T:
        """Send a request with the token, with a new one if that is refused."""
        known = self._login is not None
        login = await self._logged_in()
        try:
            return await self._with_token(login, path, parse, user=user)
        except _TOKEN_REFUSALS:
            if not known:
                raise
        self._login = None
        return await self._with_token(await self._logged_in(), path, parse, user=user)

    async def _with_token[T](
        self, login: Login, path: str, parse: Callable[[int, bytes], T], *, user: bool
    ) -> T:
        return await self._request(
            "GET",
            path,
            parse,
            {**_LANGUAGE, "Authorization": f"Bearer {login.token}"},
            params={"userId": login.user_id} if user else {},
        )


_TOKEN_REFUSALS: Final = (Busy, CredentialsRejected, RequestRefused)
"""What a request with a dead token may bring: HTTP 401 or a code (section 3.2)."""
