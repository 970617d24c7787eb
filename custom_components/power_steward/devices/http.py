"""What all HTTP clients need: errors in our terms, bodies of limited length."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from .errors import AnswerNotUnderstood, CannotConnect, CertificateInvalid

_PARSE_IN_THREAD_FROM: Final = 64 * 1024
"""Bytes from which parsing would hold the event loop for a noticeable time."""


@asynccontextmanager
async def client_errors() -> AsyncIterator[None]:
    """Raise the transport's errors as ours; only their kind goes into the text."""
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as err:
        raise CertificateInvalid(type(err).__name__) from err
    except aiohttp.ContentTypeError as err:
        raise AnswerNotUnderstood(type(err).__name__) from err
    except (TimeoutError, aiohttp.ClientError, OSError) as err:
        raise CannotConnect(type(err).__name__) from err


async def body_of(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read a body of at most so many bytes."""
    chunks: list[bytes] = []
    length = 0
    async for chunk in response.content.iter_any():
        length += len(chunk)
        if length > limit:
            raise AnswerNotUnderstood("answer too large")
        chunks.append(chunk)
    return b"".join(chunks)


async def parsed[T](
    parse: Callable[[int, bytes], T], response: aiohttp.ClientResponse, body: bytes
) -> T:
    """Return what ``parse`` makes of status and body, a long one in a thread."""
    if len(body) < _PARSE_IN_THREAD_FROM:
        return parse(response.status, body)
    return await asyncio.to_thread(parse, response.status, body)
