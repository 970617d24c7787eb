"""Faults on demand: each function makes what `EpexSimulator.inject` takes."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from typing import Any

from aiohttp import web

type Healthy = web.Response
type Fault = Callable[[web.Request, Healthy], Awaitable[web.StreamResponse]]
"""Answers in the server's place; it is given what the server would have said."""

CHALLENGE = "<!DOCTYPE html><html><body>Checking your browser</body></html>"


def status(
    code: int, body: str = "", content_type: str = "application/json", **headers: str
) -> Fault:
    """Answer with any status and body."""

    async def fault(_: web.Request, __: Healthy) -> web.StreamResponse:
        return web.Response(
            status=code, text=body, content_type=content_type, headers=headers
        )

    return fault


def challenge(code: int = 202) -> Fault:
    """Answer with a page that asks for a browser."""
    return status(code, CHALLENGE, "text/html")


def rate_limit(retry_after: str | None = None) -> Fault:
    """Ask for fewer requests."""
    if retry_after is None:
        return status(429)
    return status(429, **{"Retry-After": retry_after})


def not_found() -> Fault:
    """Have no prices."""
    return status(404, json.dumps({"detail": "no content available"}))


def truncated(at: float = 0.5) -> Fault:
    """Answer with the first part of the body."""

    async def fault(_: web.Request, healthy: Healthy) -> web.StreamResponse:
        body = bytes(healthy.body or b"")  # type: ignore[arg-type]
        return web.Response(body=body[: int(len(body) * at)])

    return fault


def spoilt(change: Callable[[Any], Any]) -> Fault:
    """Answer with what a function makes of the healthy answer's JSON."""

    async def fault(_: web.Request, healthy: Healthy) -> web.StreamResponse:
        return web.json_response(change(json.loads(healthy.text or "null")))

    return fault


def huge(megabytes: int) -> Fault:
    """Answer with one enormous body."""

    async def fault(request: web.Request, _: Healthy) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _chunk in range(megabytes * 16):
            await response.write(b" " * 65536)
        await response.write_eof()
        return response

    return fault


def bomb() -> Fault:
    """Answer with XML that would fill the memory."""
    return status(200, bomb_document(), "text/xml")


def bomb_document() -> str:
    """Return XML whose entities multiply."""
    entities = "".join(
        f'<!ENTITY e{i} "{"".join(f"&e{i - 1};" for _ in range(10))}">'
        for i in range(1, 10)
    )
    return (
        f'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY e0 "boom">{entities}]>'
        "<Publication_MarketDocument><TimeSeries>&e9;</TimeSeries>"
        "</Publication_MarketDocument>"
    )


def reset() -> Fault:
    """Drop the connection."""

    async def fault(request: web.Request, _: Healthy) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    return fault


def slow(seconds: float) -> Fault:
    """Take a while."""

    async def fault(_: web.Request, healthy: Healthy) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return healthy

    return fault
