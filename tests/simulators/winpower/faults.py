"""Faults on demand: each function makes what `WinPowerSimulator.inject` takes."""

from collections.abc import Awaitable, Callable
from itertools import cycle
import json
import socket
import struct
from typing import Any

from aiohttp import web

from .answers import JSON, Answer, ErrorShape, error
from .exchange import Exchange
from .jsontext import encode

type Fault = Callable[[Exchange], Awaitable[web.StreamResponse | None]]
"""Answers in the server's place, or returns None to let the server go on."""

_CHUNK = b"x" * 65536
_NO_LINGER = struct.pack("ii", 1, 0)
_LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body></body></html>"
)


# Time


def slow(seconds: float) -> Fault:
    """Wait before the answer."""

    async def fault(exchange: Exchange) -> None:
        await exchange.pause(seconds)

    return fault


def hang(*, mid_body: bool = False) -> Fault:
    """Never answer; or send the first half of the answer and no more."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        response: web.StreamResponse = web.Response()
        if mid_body:
            response = await _begin_half(exchange)
        await exchange.pause(None)
        exchange.transport.abort()
        return response

    return fault


# The connection


def reset(*, mid_body: bool = True) -> Fault:
    """Reset the TCP connection, half of the body sent; or before any answer."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        response: web.StreamResponse = web.Response()
        if mid_body:
            response = await _begin_half(exchange)
            await exchange.pause(
                0.02
            )  # let it arrive: a reset overtakes what is queued
        raw_socket = exchange.transport.get_extra_info("socket")
        raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        exchange.transport.abort()
        return response

    return fault


def raw(data: bytes) -> Fault:
    """Send bytes that need not be HTTP, and close."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        exchange.transport.write(data)
        exchange.transport.close()
        return web.Response()

    return fault


# The answer


def shape(name: ErrorShape) -> Fault:
    """Fail in one of the shapes of the WinPower protocol, section 2.3."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        request = exchange.request
        language = request.headers.get("Content-Language")
        return await exchange.send(error(name, request.path, language))

    return fault


def status(
    code: int, body: object = b"", content_type: str | None = JSON, **headers: str
) -> Fault:
    """Answer with any status and any body: bytes and text as they are, else JSON."""
    return _always(Answer(_body(body), code, content_type, headers))


def redirect(url: str, code: int = 302) -> Fault:
    """Send the client elsewhere."""
    return status(code, content_type=None, Location=url)


def html(page: str = _LOGIN_PAGE, code: int = 200) -> Fault:
    """Answer with a web page, as a proxy does that wants a login of its own."""
    return status(code, page, "text/html;charset=UTF-8")


def empty() -> Fault:
    """Answer with HTTP 200 and no body."""
    return status(200)


def not_json() -> Fault:
    """Answer with text that claims to be JSON."""
    return status(200, "OK, but not JSON")


def json_list() -> Fault:
    """Answer with a JSON array in place of the envelope."""
    return status(200, [])


def huge(megabytes: float) -> Fault:
    """Answer with one enormous, valid JSON object."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        response = await exchange.begin(Answer(b""))
        await response.write(b'{"code":"000000","msg":"')
        for _ in range(round(megabytes * 1024 * 1024 / len(_CHUNK))):
            await response.write(_CHUNK)
        await response.write(b'"}')
        await response.write_eof()
        return response

    return fault


# The healthy answer, spoilt


def spoilt(change: Callable[[Any], Any]) -> Fault:
    """Answer with what a function makes of the healthy answer's JSON."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        answer = await exchange.healthy_answer()
        spoilt_value = change(json.loads(answer.body))
        return await exchange.send(Answer.of(spoilt_value, answer.status))

    return fault


def truncated() -> Fault:
    """Answer with half of the JSON, in a body that ends as it should."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        answer = await exchange.healthy_answer()
        half = answer.body[: len(answer.body) // 2]
        return await exchange.send(Answer(half, answer.status))

    return fault


def no_code() -> Fault:
    """Answer without the member `code`."""
    return spoilt(lambda value: {k: v for k, v in value.items() if k != "code"})


def garbage_types(*, keep: frozenset[str] = frozenset({"code", "id"})) -> Fault:
    """Answer with a wrong type for every value but the members named in `keep`."""
    return spoilt(lambda value: _garbage(value, keep, cycle(_WRONG_FOR_TEXT)))


_WRONG_FOR_TEXT: tuple[Any, ...] = (["x"], {"value": 1}, True, -7, None)


def _garbage(value: Any, keep: frozenset[str], wrong: cycle[Any]) -> Any:
    """Return a value of another type, or an object or list of such values."""
    match value:
        case dict():
            return {
                name: member if name in keep else _garbage(member, keep, wrong)
                for name, member in value.items()
            }
        case [*items] if items:
            return [_garbage(item, keep, wrong) for item in items]
        case str():
            return next(wrong)
        case bool():
            return "perhaps"
        case _:
            return {"unexpected": value}


def _always(answer: Answer) -> Fault:
    """Give the same answer, whatever the request."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        return await exchange.send(answer)

    return fault


def _body(body: object) -> bytes:
    """Return what goes out for a body that was given in a handy form."""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else encode(body)


async def _begin_half(exchange: Exchange) -> web.StreamResponse:
    """Send the headers and the first half of the healthy answer."""
    answer = await exchange.healthy_answer()
    response = await exchange.begin(answer)
    await response.write(answer.body[: len(answer.body) // 2])
    return response
