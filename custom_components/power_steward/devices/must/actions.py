"""The actions of a MUST UPS."""

from typing import Any

from homeassistant.exceptions import ServiceValidationError

from ...actions import unsupported
from ...const import DOMAIN
from .const import UPS
from .coordinator import MustCoordinator


async def ride_through(
    coordinator: MustCoordinator, device_key: str, data: dict[str, Any]
) -> dict[str, Any]:
    """Tell how long a battery carries loads, and what load it carries for so long."""
    battery = coordinator.ride_through(device_key)
    if battery is None:
        raise unsupported(coordinator.name)
    answer: dict[str, Any] = {"loads": []}
    for load in data["loads"]:
        lasts = battery.other_minutes(load)
        if lasts is None:
            raise _unknown(coordinator)
        answer["loads"].append(
            {
                "load": load,
                "minutes": round(lasts.minutes, 1),
                "low": round(lasts.low, 1),
                "high": round(lasts.high, 1),
            }
        )
    if (minutes := data.get("minutes")) is not None:
        power = battery.power(minutes)
        if power is None:
            raise _unknown(coordinator)
        answer["load"] = round(power, 1)
    return answer


async def shutdown(
    coordinator: MustCoordinator, device_key: str, data: dict[str, Any]
) -> None:
    """Cut a UPS's output at once."""
    if not data["confirm"]:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="confirm_missing"
        )
    if device_key != UPS:
        raise unsupported(coordinator.name)
    await coordinator.async_command(coordinator.async_shut_down())


def _unknown(coordinator: MustCoordinator) -> ServiceValidationError:
    """Return the error of a battery of which too little is known."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="battery_unknown",
        translation_placeholders={"name": coordinator.name},
    )
