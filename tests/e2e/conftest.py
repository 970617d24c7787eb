"""These tests drive a Home Assistant of its own process, and need no other."""

import pytest


@pytest.fixture(autouse=True)
def _enable() -> None:
    """Do nothing; replaces what the other tests need."""
