"""The signature is the one that the cloud computes."""

from typing import Any

import pytest

from custom_components.power_steward.devices.ecoflow.signature import (
    canonical,
    flatten,
    signature,
)

ACCESS = "TESTaccessKey0123456789"
SECRET = "TESTsecretKey9876543210"

EXAMPLES: list[tuple[dict[str, Any], str, int, str, str]] = [
    (
        {},
        "482913",
        1767225600000,
        "",
        "d66cc969ca783ca327f178c4fdefc45bccf56356f545459625c2de402032c867",
    ),
    (
        {"sn": "R331TEST00000001"},
        "482914",
        1767225600001,
        "sn=R331TEST00000001&",
        "f5624213a422ffe3a15d3c5e072813703affbcf34d66dcba9cdcf2b323dd422e",
    ),
    (
        {
            "sn": "R331TEST00000001",
            "params": {"quotas": ["pd.soc", "inv.outputWatts"]},
        },
        "482915",
        1767225600002,
        "params.quotas[0]=pd.soc&params.quotas[1]=inv.outputWatts&sn=R331TEST00000001&",
        "6fab17cc57f2debe8d6112fbde439cacbe1b161d90602398e7eaa46f1383613e",
    ),
    (
        {
            "sn": "R331TEST00000001",
            "moduleType": 5,
            "operateType": "acOutCfg",
            "params": {"enabled": 1, "xboost": 0, "out_voltage": -1, "out_freq": 255},
        },
        "482916",
        1767225600003,
        (
            "moduleType=5&operateType=acOutCfg&params.enabled=1&params.out_freq=255"
            "&params.out_voltage=-1&params.xboost=0&sn=R331TEST00000001&"
        ),
        "7adc59d58338e33b13a015b9a9b9e32091437a05e38dcbfa3f59c41336237e26",
    ),
    (
        {
            "sn": "MR51TEST00000001",
            "cmdId": 17,
            "dirDest": 1,
            "dirSrc": 1,
            "cmdFunc": 254,
            "dest": 2,
            "needAck": True,
            "params": {"cfgBeepEn": False},
        },
        "482917",
        1767225600004,
        (
            "cmdFunc=254&cmdId=17&dest=2&dirDest=1&dirSrc=1&needAck=true"
            "&params.cfgBeepEn=false&sn=MR51TEST00000001&"
        ),
        "03f4717c7e62c471b6eeec3aa6169fd5aa2d986115168001b9948a6e42e96904",
    ),
    (
        {
            "sn": "SP10TEST00000001",
            "operateType": "TCP",
            "params": {
                "cmdSet": 11,
                "id": 29,
                "list": [{"ch": 10, "sta": 1}, {"ch": 11, "sta": 0}],
            },
        },
        "482918",
        1767225600005,
        (
            "operateType=TCP&params.cmdSet=11&params.id=29&params.list[0].ch=10"
            "&params.list[0].sta=1&params.list[1].ch=11&params.list[1].sta=0"
            "&sn=SP10TEST00000001&"
        ),
        "a33ca490418bfd96bbb2d271c2ae8586985de6db55a9d32c424daaceb0151868",
    ),
]


@pytest.mark.parametrize(
    ("parameters", "nonce", "timestamp", "beginning", "expected"), EXAMPLES
)
def test_worked_examples(
    parameters: dict[str, Any],
    nonce: str,
    timestamp: int,
    beginning: str,
    expected: str,
) -> None:
    """Text and signature of the worked examples come out exactly."""
    text = canonical(parameters, ACCESS, nonce, timestamp)
    assert text == (
        f"{beginning}accessKey={ACCESS}&nonce={nonce}&timestamp={timestamp}"
    )
    assert signature(parameters, ACCESS, SECRET, nonce, timestamp) == expected


def test_the_makers_own_example() -> None:
    """The example that the maker publishes comes out too."""
    assert (
        signature(
            {"sn": "123456789", "params": {"cmdSet": 11, "id": 24, "eps": 0}},
            "Fp4SvIprYSDPXtYJidEtUAd1o",
            "WIbFEKre0s6sLnh4ei7SPUeYnptHG6V",
            "345164",
            1671171709428,
        )
        == "07c13b65e037faf3b153d51613638fa80003c4c38d2407379a7f52851af1473e"
    )


def test_flatten() -> None:
    """Objects, lists and lists of objects become paths; empty ones give nothing."""
    structure = {
        "name": "demo1",
        "ids": [1, 2, 3],
        "deviceInfo": {"id": 1},
        "deviceList": [{"id": 1}, {"id": 2}],
        "nothing": None,
        "empty": {},
        "none": [],
        "ratio": 1.0,
    }
    assert sorted(flatten(structure)) == [
        ("deviceInfo.id", "1"),
        ("deviceList[0].id", "1"),
        ("deviceList[1].id", "2"),
        ("ids[0]", "1"),
        ("ids[1]", "2"),
        ("ids[2]", "3"),
        ("name", "demo1"),
        ("nothing", "null"),
        ("ratio", "1.0"),
    ]


def test_names_are_sorted_by_bytes() -> None:
    """Capitals come before small letters and a prefix before what it begins."""
    text = canonical({"b": 1, "aB": 2, "ab": 3, "a": 4, "Z": 5, "é": 6}, "k", "n", 0)
    assert text.startswith("Z=5&a=4&aB=2&ab=3&b=1&é=6&accessKey=k")
