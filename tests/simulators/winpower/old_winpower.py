"""The WinPower before G2, which users will try: WinPower protocol, appendix A."""

from collections.abc import Sequence
import re

from .answers import Answer
from .physics import UpsMode
from .ups import SimulatedUps

_PATH = re.compile(r"/(\d+)/json")
_ICONS: dict[int, str] = {
    UpsMode.BYPASS: "bypass",
    UpsMode.LINE: "online",
    UpsMode.BATTERY: "battery",
    UpsMode.TEST: "battery",
    UpsMode.FAULT: "fault",
}


def answer(path: str, upses: Sequence[SimulatedUps]) -> Answer:
    """Return the object of the device with the index in the path, and nothing else."""
    match = _PATH.fullmatch(path)
    if match is None or int(match[1]) >= len(upses):
        return Answer(b"<html><body>404 Not Found</body></html>", 404, "text/html")
    return Answer.of(_object(upses[int(match[1])]))


def _object(ups: SimulatedUps) -> dict[str, object]:
    """Return one UPS, the units in the values."""
    ups.catch_up()
    now = ups.realtime()
    return {
        "device": {"statusIcon": _icon(ups)},
        "status": _status(ups),
        "batCapacity": f"{now['batCapacity']}%",
        "batTimeRemain": _duration(int(now["batRemainTime"])),
        "batV": f"{now['batVoltP']}V",
        "inVolt": f"{now['inputVolt1']}V",
        "outVolt": f"{now['outputVolt1']}V",
        "inFreq": f"{now['inputFreq']}Hz",
        "outFreq": f"{now['outputFreq']}Hz",
        "loadPercent": f"{now['loadPercent']}%",
        "outW": f"{ups.watts / 1000:.3f}KW",
        "outVA": f"{ups.volt_amperes / 1000:.3f}KVA",
        "upsTemp": f"{now['upsTemperature']}C",
    }


def _icon(ups: SimulatedUps) -> str:
    """Return the name of the picture that shows the state."""
    if not ups.connected:
        return "commlost"
    return _ICONS.get(ups.mode, "on")


def _status(ups: SimulatedUps) -> str:
    """Return the state in words."""
    if ups.mode == UpsMode.TEST:
        return "UPS Self Testing"
    return "Normal" if ups.mains else "AC Fail"


def _duration(seconds: int) -> str:
    """Return a duration such as 1h12m5s."""
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}h{minute}m{second}s"
