"""JSON as the server writes it, and the JSON that no honest server would write."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
import json
from typing import Any, Final, override
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class RawJson:
    """Text that goes into a body as it is, such as the number `1e400`."""

    text: str


class _Removed:
    """The type of `REMOVED`."""

    @override
    def __repr__(self) -> str:
        return "REMOVED"


REMOVED: Final = _Removed()
"""As an overriding value: the member is not sent at all."""


def encode(value: Any) -> bytes:
    """Return compact JSON in UTF-8; NaN and infinity go out by Python's names."""
    raw: dict[str, str] = {}

    def placeholder(item: Any) -> str:
        if not isinstance(item, RawJson):
            raise TypeError(f"{item!r} has no JSON form")
        key = uuid4().hex
        raw[f'"{key}"'] = item.text
        return key

    text = json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), default=placeholder
    )
    for key, literal in raw.items():
        text = text.replace(key, literal)
    return text.encode()


def apply_overrides(
    target: MutableMapping[str, Any], members: Mapping[str, Any]
) -> None:
    """Replace, add and remove members of an object."""
    for name, value in members.items():
        if value is REMOVED:
            target.pop(name, None)
        else:
            target[name] = value
