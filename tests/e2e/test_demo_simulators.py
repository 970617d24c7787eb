"""The simulated devices alone, for a Home Assistant of the user's own."""

from collections.abc import Iterator
from pathlib import Path
import re
import signal
import socket
import subprocess
import sys

import pytest

from .demo_process import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

FORMS = [
    "UPSs behind a WinPower G2 server",
    "Panasonic AiSEG2 home energy controller",
    "A MUST UPS on a serial port or gateway → By a serial or USB port",
    "A MUST UPS on a serial port or gateway → By a Modbus TCP gateway",
    "EcoFlow power stations → E-mail and password of the app",
    "EcoFlow power stations → Developer keys",
    "Day-ahead electricity prices",
    "The processor power of this host (RAPL)",
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return what is printed to enter into each form, while the simulators run."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.e2e.demo", "--simulators"),
            *("--keep", str(tmp_path_factory.mktemp("simulators"))),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        printed = []
        for line in process.stdout:
            printed.append(line)
            if line.startswith("    Allow limits to be changed"):
                break
        forms = (block.partition("\n") for block in "".join(printed).split("\n\n"))
        yield {title: fields for title, _, fields in forms}
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_every_way_is_told(told: dict[str, str]) -> None:
    """A user learns what to choose, and what the fields read, sections too."""
    assert list(told) == FORMS
    assert re.fullmatch(
        r"    Source: Energy-Charts\n"
        r"    Bidding zone: DE-LU\n"
        r"    More options → Address: http://127\.0\.0\.1:\d+",
        told["Day-ahead electricity prices"],
    )


def test_everything_is_there(told: dict[str, str]) -> None:
    """What is told to be entered leads to a server, a port or a folder."""
    text = "\n".join(told.values())
    ports = re.findall(r"127\.0\.0\.1:(\d+)", text) + re.findall(r" Port: (\d+)", text)
    assert len(set(ports)) == 5
    for port in ports:
        socket.create_connection(("127.0.0.1", int(port)), 5).close()
    places = re.findall(r"(?:Port|Folder): (/.+)", text)
    assert [Path(place).exists() for place in places] == [True, True]
