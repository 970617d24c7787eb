"""Gives the demo a past: statistics of the days before it was started.

Home Assistant makes statistics by the hour, so the Energy dashboard of a fresh one is
empty for up to an hour. What is simulated may as well have been running for a week.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from math import cos, pi

from .client import HomeAssistantClient, Json

DAYS = 7
HOUR = timedelta(hours=1)


async def import_past(
    home_assistant: HomeAssistantClient,
    energy_id: str,
    power_id: str,
    power: Callable[[datetime], float] | None = None,
) -> None:
    """Write a past for a pair of sensors.

    Unless it is told which power there was, it fits the power of this moment.
    """
    try:
        watts = float((await home_assistant.state(power_id))["state"])
    except ValueError:
        return  # without a power now there is nothing to tell of the past
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    starts = [now - HOUR * hours for hours in range(DAYS * 24, 0, -1)]
    power = power or (lambda start: watts * _share(start))
    powers = [power(start) for start in starts]
    await _import(home_assistant, power_id, "W", "power", _means(starts, powers))
    await _import(home_assistant, energy_id, "kWh", "energy", _sums(starts, powers))


def _share(time: datetime) -> float:
    """Return how much is drawn at a time of day, least in the night."""
    return 0.9 - 0.15 * cos(2 * pi * (time.hour - 3) / 24)


def _means(starts: Sequence[datetime], powers: Sequence[float]) -> list[Json]:
    return [
        {
            "start": start.isoformat(),
            "mean": power,
            "min": power * 0.8,
            "max": power * 1.2,
        }
        for start, power in zip(starts, powers, strict=True)
    ]


def _sums(starts: Sequence[datetime], powers: Sequence[float]) -> list[Json]:
    """Return sums that end at 0, where those that Home Assistant makes begin."""
    total = -sum(powers) / 1000
    stats: list[Json] = []
    for start, power in zip(starts, powers, strict=True):
        total += power / 1000
        stats.append({"start": start.isoformat(), "sum": total})
    return stats


async def _import(
    home_assistant: HomeAssistantClient,
    statistic_id: str,
    unit: str,
    unit_class: str,
    stats: list[Json],
) -> None:
    is_sum = "sum" in stats[0]
    await home_assistant.ws(
        "recorder/import_statistics",
        metadata={
            "has_sum": is_sum,
            "mean_type": 0 if is_sum else 1,
            "name": None,
            "source": "recorder",
            "statistic_id": statistic_id,
            "unit_class": unit_class,
            "unit_of_measurement": unit,
        },
        stats=stats,
    )
