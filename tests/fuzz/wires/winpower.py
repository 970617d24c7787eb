"""WinPower G2: JSON pages; each value is a member's, and within what is possible."""

from typing import Any, Final

from custom_components.power_steward.devices.errors import ClientError
from custom_components.power_steward.devices.winpower import codec
from custom_components.power_steward.devices.winpower.models import UpsReading
from tests.devices.winpower.test_codec import FIXTURES, POSSIBLE, flat, sent
from tests.simulators.winpower import SimulatedUps
from tests.simulators.winpower.old_winpower import answer as old_winpower_answer

from ..harness import Wire
from ..justified import leaves


def check(kind: str, body: bytes) -> None:
    """Read a page, a log-in's answer, or what an older server says."""
    if kind == "log-in":
        _check_login(body)
        return
    assert codec.parse_legacy(200, body) in (True, False)
    try:
        page = codec.parse_page(200, body)
    except ClientError:
        return
    for raw, ups in zip(page.raw, map(codec.parse_ups, page.raw), strict=True):
        if ups is None:
            continue
        assert isinstance(raw, dict)
        _check_texts(raw, ups)
        values = flat(ups)
        for member, (field, low, high) in POSSIBLE.items():
            shown = values[field]
            if shown is None:
                continue
            said = sent(raw, member)
            if field == "load_power" and not str(said or "").strip():
                assert shown == sum(filter(None, ups.load_power_phase)), field
                continue
            assert not isinstance(said, bool), field
            assert low <= shown <= high, field
            assert shown == float(said), field


def _check_texts(raw: dict[str, Any], ups: UpsReading) -> None:
    """Make sure that texts can be shown, and are the device's own."""
    told = {
        " ".join(str(member).split())
        for section in raw.values()
        if isinstance(section, dict)
        for member in section.values()
    }
    for path, value in leaves(ups):
        if isinstance(value, str) and "rejected" not in path:
            assert value.isprintable() and len(value) <= 128, path
            assert value in told or value == "UPS", path


def _check_login(body: bytes) -> None:
    try:
        token = codec.parse_login(codec.parse_answer(200, body))
    except ClientError:
        return
    assert token
    assert 0 < codec.token_lifetime(token) < float("inf")


WIRE: Final = Wire(
    "winpower",
    {
        **FIXTURES,
        "log-in": b'{"code":"000000","data":{"token":"eyJhbGciOiJIUzI1NiJ9'
        b'.eyJleHAiOjE3NjAwMDAwMDAsImlhdCI6MTc1OTk5ODIwMH0.c2ln"},"msg":"ok"}',
        "older server": old_winpower_answer("/0/json", [SimulatedUps()]).body,
    },
    check,
    dictionary=(
        b'"data":',
        b'"code":"000000"',
        b'"realtime":',
        b'"config":',
        b'"total":',
    ),
)
