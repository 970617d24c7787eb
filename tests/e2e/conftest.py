"""These tests drive a Home Assistant of its own process, and need no other."""

import pytest


@pytest.fixture(autouse=True)
def _enable(socket_enabled: None) -> None:
    """Let sockets connect to this machine; replaces what the other tests need."""
