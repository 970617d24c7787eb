"""What all of these tests need."""

from collections.abc import Iterator
from pathlib import Path
import tempfile

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that is as fast as may be: a ledger is saved every 15 s."""
    memory = Path("/dev/shm")  # noqa: S108 - in a folder of its own there
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)
