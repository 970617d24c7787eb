"""The actions of an AiSEG2."""

from typing import Any

from .coordinator import AiSeg2Coordinator


async def import_history(
    coordinator: AiSeg2Coordinator, device_key: str, data: dict[str, Any]
) -> dict[str, Any]:
    """Import the box's history; return how much was new."""
    imported = await coordinator.async_import_history(data.get("path"))
    return {"months": imported.months, "rows": imported.rows}
