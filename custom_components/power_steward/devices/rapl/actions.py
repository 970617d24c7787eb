"""The actions of a host with power limits."""

from typing import Any

from .coordinator import RaplCoordinator


async def cap_plan(
    coordinator: RaplCoordinator, device_key: str, data: dict[str, Any]
) -> dict[str, Any]:
    """Return the cap of each slot whose price is known."""
    return coordinator.cap_plan()
