"""A device's diagnostics become a fixture that tells nothing of whose it is."""

import json
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from scripts.lib import mask_dump

from ...simulators.ecoflow import SimulatedHome
from .accounts import DELTA, an_entry, live, set_up, until
from .conftest import NAMES, seen

SECRETS = {
    "owner": "jane.doe+home@example.com",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    "radio": "A4:CF:12:34:56:78",
    "host": "192.0.2.17",
    "unique": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "where": "52.5163, 13.3777",
    "unit": "R331ZEB4ZEA0012345",
}


def a_dump(tmp_path: Path, *devices: dict[str, object]) -> Path:
    """Return a file of diagnostics."""
    path = tmp_path / "diagnostics.json"
    path.write_text(json.dumps({"home_assistant": {}, "data": {"answer": devices}}))
    return path


@pytest.mark.parametrize("name", NAMES)
def test_every_device(name: str, tmp_path: Path) -> None:
    """What a device's diagnostics tell gives the values that its messages gave."""
    device = seen(name)
    dump = a_dump(tmp_path, device.told().told())
    mask_dump.main([str(dump), "it", "--folder", str(tmp_path)])
    fixture = json.loads((tmp_path / "it.json").read_text())
    assert fixture["model"] == device.model
    assert fixture["values"] == device.values
    assert fixture["rejected"] == []


def test_nothing_tells_whose_it_is(tmp_path: Path) -> None:
    """Names, places and numbers that identify are left out, wherever they stand."""
    values = {
        "pd.wattsOutSum": 43,
        **SECRETS,
        "nested": {"deep": [*SECRETS.values(), {"latitude": 52.5, "soc": 5}]},
        "pd.sn": "x",
        "locationLatitude": 52.5163,
        "a.longitude": 13.3777,
        "2_1.selfMac": 180150000,
        "heartbeat.mm100Sn": [72, 87],
        "iclow.R331ZEB4ZEA0012345.soc": 5,
    }
    dump = a_dump(tmp_path, {"model": "Delta 2", "values": values})
    mask_dump.main([str(dump), "it", "--folder", str(tmp_path)])
    text = (tmp_path / "it.json").read_text()
    for secret in (*SECRETS.values(), "52.5", "13.3", "180150000", "72"):
        assert secret not in text, secret
    fixture = json.loads(text)
    assert fixture["serial"] == "R331TEST00000001"
    assert fixture["values"] == {"output_power": 43}


def test_several_devices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several devices one has to be chosen; one without values is none."""
    some = {"values": {"pd.wattsOutSum": 43}}
    dump = a_dump(
        tmp_path,
        {"model": "Delta 2", **some},
        {"model": "River 2", **some},
        {"model": "Stream Micro", "values": {}},
    )
    arguments = [str(dump), "it", "--folder", str(tmp_path)]
    with pytest.raises(SystemExit):
        mask_dump.main(arguments)
    assert "Delta 2, River 2" in capsys.readouterr().err
    mask_dump.main([*arguments, "--model", "River 2"])
    assert json.loads((tmp_path / "it.json").read_text())["model"] == "River 2"


async def test_a_real_download(
    hass: HomeAssistant,
    home: SimulatedHome,
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    """What Home Assistant lets download is understood."""
    await async_setup_component(hass, "diagnostics", {})
    entry = an_entry(home)
    coordinator = await set_up(hass, entry)
    await until(lambda: live(coordinator))
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert DELTA not in json.dumps(told)
    dump = tmp_path / "diagnostics.json"
    dump.write_text(json.dumps({"data": told}))
    arguments = [str(dump), "it", "--folder", str(tmp_path), "--model", "Delta 2"]
    mask_dump.main(arguments)
    values = json.loads((tmp_path / "it.json").read_text())["values"]
    assert values["output_power"] == 43
