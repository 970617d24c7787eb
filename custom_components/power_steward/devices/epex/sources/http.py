"""The way to all sources that answer over HTTP."""

from collections.abc import Callable, Mapping
from typing import Final

import aiohttp
from yarl import URL

from ...http import body_of, client_errors, parsed

MAX_ANSWER: Final = 4 * 1024 * 1024
"""Bytes; a year of quarter hours stays below."""
_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)

type Parse[T] = Callable[[int, str | None, bytes], T]
"""Makes something of the status, the header Retry-After and the body."""


async def get[T](
    session: aiohttp.ClientSession,
    url: URL,
    parse: Parse[T],
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> T:
    """Send a request and return what ``parse`` makes of the answer."""
    async with (
        client_errors(),
        session.get(
            url,
            params=params,
            headers=headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
        ) as response,
    ):
        body = await body_of(response, MAX_ANSWER)
    retry_after = response.headers.get("Retry-After")
    return await parsed(
        lambda status, text: parse(status, retry_after, text), response, body
    )
