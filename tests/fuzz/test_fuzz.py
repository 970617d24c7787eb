"""A quick look with the harness; `scripts/fuzz` looks for longer."""

import pytest

from .harness import Wire
from .wires import WIRES

EXAMPLES = 400


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_undamaged(wire: Wire) -> None:
    """What was seen passes, so that the damage is what fails."""
    wire.read_undamaged()


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_damaged(wire: Wire) -> None:
    """No error but the client's own, no value that cannot be or that was not sent."""
    wire.fuzz(EXAMPLES, number=1)
    assert wire.inputs >= EXAMPLES


def test_finds_and_shrinks() -> None:
    """What must not be is found both ways, and shown with as little as it takes."""

    def check(kind: str, body: bytes) -> None:
        assert body.count(b'"b"') == 1

    wire = Wire("any", {"kind": b'{"a":1,"b":2}'}, check)
    with pytest.raises(AssertionError):
        wire.fuzz(EXAMPLES, number=1)
    with pytest.raises(AssertionError) as found:
        wire.flood(EXAMPLES, number=1)
    assert found.value.__notes__[0].startswith("kind: b'")
