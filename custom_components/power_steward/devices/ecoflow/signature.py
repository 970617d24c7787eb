"""The signature of developer requests (EcoFlow protocol, section 2.2)."""

from collections.abc import Iterator, Mapping
import hashlib
import hmac
from typing import Any


def signature(
    parameters: Mapping[str, Any],
    access_key: str,
    secret_key: str,
    nonce: str,
    timestamp: int,
) -> str:
    """Return the signature of a request with these parameters."""
    text = canonical(parameters, access_key, nonce, timestamp)
    return hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()


def canonical(
    parameters: Mapping[str, Any], access_key: str, nonce: str, timestamp: int
) -> str:
    """Return the text that is signed: parameters by byte order, then the three."""
    pairs = sorted(flatten(parameters), key=lambda pair: pair[0].encode())
    return "&".join(
        f"{name}={value}"
        for name, value in (
            *pairs,
            ("accessKey", access_key),
            ("nonce", nonce),
            ("timestamp", str(timestamp)),
        )
    )


def flatten(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield a structure's scalars with their paths, ``a.b`` and ``a[0]``."""
    match value:
        case Mapping():
            for member, inner in value.items():
                yield from flatten(inner, f"{name}.{member}" if name else str(member))
        case list() | tuple():
            for index, inner in enumerate(value):
                yield from flatten(inner, f"{name}[{index}]")
        case None:
            yield name, "null"
        case bool():
            yield name, "true" if value else "false"
        case _:
            yield name, str(value)
