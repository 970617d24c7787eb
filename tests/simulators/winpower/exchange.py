"""One request and the way its answer goes out."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from .answers import Answer

# WinPower protocol, section 1.5; aiohttp adds `Date` and `Transfer-Encoding`
_HEADERS = (
    ("Expires", "0"),
    ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("X-XSS-Protection", "0"),
    ("Pragma", "no-cache"),
    ("Connection", "keep-alive"),
    ("Vary", "Origin"),
    ("Vary", "Access-Control-Request-Method"),
    ("Vary", "Access-Control-Request-Headers"),
    ("X-Content-Type-Options", "nosniff"),
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, the answer of a healthy server, and the means to send another."""

    request: web.Request
    healthy_answer: Callable[[], Awaitable[Answer]]
    stopping: asyncio.Event
    """Set when the server goes down: nobody may wait beyond."""

    async def send(self, answer: Answer) -> web.StreamResponse:
        """Send a whole answer."""
        response = await self.begin(answer)
        if answer.body:
            await response.write(answer.body)
        await response.write_eof()
        return response

    async def begin(self, answer: Answer) -> web.StreamResponse:
        """Send the status and the headers of an answer; the body will be chunked."""
        headers = CIMultiDict(_HEADERS)
        headers.extend(answer.headers)
        if answer.content_type is not None:
            headers["Content-Type"] = answer.content_type
        response = web.StreamResponse(status=answer.status, headers=headers)
        response.enable_chunked_encoding()
        await response.prepare(self.request)
        return response

    async def pause(self, seconds: float | None) -> None:
        """Let real time pass, or for ever; at the most until the server goes down."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stopping.wait()

    @property
    def transport(self) -> asyncio.Transport:
        """Return the connection below."""
        if (transport := self.request.transport) is None:
            raise ConnectionResetError("the client has gone")
        assert isinstance(transport, asyncio.Transport)
        return transport


async def unnamed(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Keep aiohttp's name out of the headers."""
    response.headers.pop("Server", None)
