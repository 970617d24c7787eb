"""The binary messages as tables: one row a field, with its number, name and kind.

Names are those that the cloud uses where it speaks JSON, so that a device says the same
in both ways. A kind is one of ``wire.Kind`` or the name of a message above; ``[]`` marks
a list.
"""

from typing import Final

from ..wire import Field, Kind, Message

_KINDS: Final = {kind.name.lower(): kind for kind in Kind}


def tables(text: str) -> dict[str, Message]:
    """Return the messages of a text: a name at the margin, its rows indented."""
    messages: dict[str, Message] = {}
    rows: list[Field] = []
    name = ""
    for line in (*text.splitlines(), "end"):
        words = line.split()
        if not words:
            continue
        if line[0] == " ":
            rows.append(_row(words, messages))
            continue
        if name:
            messages[name] = Message(name, rows)
        name, rows = words[0], []
    return messages


def _row(words: list[str], messages: dict[str, Message]) -> Field:
    number, name, kind = words
    repeated = kind.endswith("[]")
    kind = kind.removesuffix("[]")
    if message := messages.get(kind):
        return Field(int(number), name, Kind.MESSAGE, message, repeated)
    return Field(int(number), name, _KINDS[kind], None, repeated)
