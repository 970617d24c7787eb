"""Make a test fixture of an EcoFlow device's diagnostics.

A fixture holds a message with all that the device sent, under a serial number that is
invented, and the values that Power Steward makes of it: look whether they are right.
"""

import argparse
import json
from pathlib import Path
import re
from typing import Any, Final

from custom_components.power_steward.devices.ecoflow.codec import Topic, parse
from custom_components.power_steward.devices.ecoflow.models.registry import (
    MODELS,
    model_of,
)
from custom_components.power_steward.devices.ecoflow.privacy import tells
from custom_components.power_steward.devices.ecoflow.station import Station
from custom_components.power_steward.devices.readings import DeviceFacts

FIXTURES: Final = Path(__file__).parents[2] / "tests/devices/ecoflow/fixtures"
MASK: Final = "MASKED"
_TELLING: Final = re.compile(
    r"[\w.+-]+@[\w-]+(\.[\w-]+)+"  # e-mail addresses
    r"|eyJ[\w-]+(\.[\w-]+)*"  # tokens
    r"|\b[0-9a-f]{2}([:-][0-9a-f]{2}){5}\b"  # MAC addresses
    r"|\b\d{1,3}(\.\d{1,3}){3}\b"  # IP addresses
    r"|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # UUIDs
    r"|\b-?\d{1,3}\.\d{3,},\s*-?\d{1,3}\.\d{3,}"  # coordinates
    r"|(?-i:\b(?=[A-Z]*\d)[A-Z0-9]{10,}\b)",  # serial numbers, keys
    re.IGNORECASE,
)


def masked(value: Any) -> Any:
    """Return what was sent without what tells who, where or which."""
    match value:
        case dict():
            return {
                _TELLING.sub(MASK, name): masked(item)
                for name, item in value.items()
                if not tells(name)
            }
        case list():
            return [masked(item) for item in value]
        case str():
            return _TELLING.sub(MASK, value)
    return value


def devices_in(diagnostics: Any) -> list[dict[str, Any]]:
    """Return the devices of a download, or of the part of it that was passed on."""
    data = diagnostics.get("data", diagnostics)
    devices: list[dict[str, Any]] = data.get("answer", [data])
    return [device for device in devices if device.get("values")]


def fixture(device: dict[str, Any]) -> dict[str, Any]:
    """Return a device's fixture."""
    model = next((it for it in MODELS if it.name == device.get("model")), None)
    prefix = model.prefixes[0] if model and model.prefixes else "ZZ99"
    serial = f"{prefix}TEST00000001"
    product = None if model and model.prefixes else device.get("model")
    quotas = masked(device["values"])
    answer = {"code": "0", "data": {"online": 1, "quotaMap": quotas}}
    station = Station(serial, model_of(serial, product), DeviceFacts(name=MASK))
    payload = json.dumps(answer).encode()
    station.take(parse(Topic.GET_REPLY, payload, station.model.family.layouts))
    reading = station.reading(available=True)
    return {
        "serial": serial,
        "product": product,
        "model": station.model.name,
        "messages": [{"topic": "get_reply", "json": answer}],
        "values": dict(sorted(reading.values.items())),
        "rejected": list(reading.rejected),
    }


def main(arguments: list[str] | None = None) -> None:
    """Read diagnostics and write a fixture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("diagnostics", type=Path, help="as downloaded")
    parser.add_argument("name", help="of the fixture, such as delta_2")
    parser.add_argument("--model", help="which device, if there are several")
    parser.add_argument("--folder", type=Path, default=FIXTURES, help="where to put it")
    asked = parser.parse_args(arguments)
    devices = devices_in(json.loads(asked.diagnostics.read_text("utf-8")))
    found = [it for it in devices if asked.model in (None, it.get("model"))]
    if len(found) != 1:
        names = ", ".join(str(it.get("model")) for it in devices) or "no devices"
        parser.error(f"say with --model which device; there are: {names}")
    path = asked.folder / f"{asked.name}.json"
    path.write_text(json.dumps(fixture(found[0]), indent=1) + "\n", "utf-8")
    print(f"{path}: look whether nothing in it tells whose the device is")


if __name__ == "__main__":
    main()
