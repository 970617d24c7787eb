"""What a message of an EcoFlow device costs, from bytes to the merged reading."""

from collections.abc import Callable
import json
from typing import Any

import pytest

from custom_components.power_steward.devices.ecoflow.codec import Topic, parse
from custom_components.power_steward.devices.ecoflow.station import Station
from tests.devices.ecoflow.conftest import a_station, seen

type Benchmark = Callable[..., Any]


def take(station: Station, topic: Topic, payload: bytes) -> None:
    """Take a message and make the reading."""
    station.take(parse(topic, payload, station.model.family.layouts))
    station.reading(available=True)


@pytest.mark.benchmark(group="one message to a reading")
def test_json_of_1_kb(benchmark: Benchmark) -> None:
    """A push of 1 kB in which two values change each time."""
    [(_, payload)] = seen("delta_2").messages
    values = dict(list(json.loads(payload)["params"].items())[:40])
    payloads = []
    for watts in (43, 44):
        values |= {"pd.wattsOutSum": watts, "inv.outputWatts": watts}
        payloads.append(json.dumps({"params": values}).encode())
    assert 900 < len(payloads[0]) < 1400
    station = a_station("R331TEST00000001")

    def two() -> None:
        for payload in payloads:
            take(station, Topic.PUSH, payload)

    benchmark(two)


@pytest.mark.benchmark(group="one message to a reading")
@pytest.mark.parametrize("name", ["stream_micro", "alternator", "delta_3"])
def test_frames(benchmark: Benchmark, name: str) -> None:
    """Masked frames of real devices: 4, 19 and 104 properties."""
    device = seen(name)
    station = device.station()

    def all_of_them() -> None:
        for topic, payload in device.messages:
            take(station, topic, payload)

    benchmark(all_of_them)
    benchmark.extra_info["frames"] = len(device.messages)  # type: ignore[attr-defined]
