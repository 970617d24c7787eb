"""Pages in, models out: what the pages say, and never anything else."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import UTC, date, datetime
import json
import random
import re
from typing import Any

import pytest

from custom_components.power_steward.devices.aiseg2 import codec
from custom_components.power_steward.devices.errors import (
    Busy,
    ClientError,
    CredentialsRejected,
    PageMissing,
    PageNotUnderstood,
    RequestRefused,
)
from tests.simulators.aiseg2 import (
    AiSeg2Simulator,
    SimulatedCircuit,
    SimulatedHouse,
    pages as simulated,
)
from tests.simulators.aiseg2.house import JAPAN

from .homes import MORNING, PLACES, appliances, home

FIRMWARE = "Ver.9.97Z-01"
DIGEST = "ab31ea4a"
"""What stands for the name LD in keys of appliances."""


def box(**more: Any) -> AiSeg2Simulator:
    """Return a box whose pages are taken without a socket."""
    return AiSeg2Simulator(
        home(places=PLACES, appliances=appliances(), **more), now=lambda: MORNING
    )


def live(**members: Any) -> bytes:
    """Return a live answer with some members changed; None leaves one out."""
    simulator = box()
    simulator.live = members
    return simulator._live().body


# Live


def test_live() -> None:
    """Totals come in kW and sources in W: the finer one counts if they agree."""
    read = codec.parse_live(
        200,
        live(g_capacity="2.1", u_capacity="1.2", lo_buy_sell=1),
    )
    assert read.generation == 2130
    assert read.consumption == 1200
    assert read.direction_code == 1
    assert [(item.title, item.power) for item in read.sources] == [("太陽光発電", 2130)]
    assert read.battery_charge is None
    assert (read.has_battery, read.has_ev, read.has_generation) == (False, False, True)
    assert read.measuring
    assert read.rejected == ()


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"g_capacity": None}, {"generation": None}),
        ({"g_capacity": "-"}, {"generation": None}),
        ({"g_capacity": "4.4"}, {"generation": 4400}),
        ({"u_capacity": "１．２"}, {"consumption": 1200}),
        ({"u_capacity": 1.2}, {"consumption": 1200}),
        ({"u_capacity": "1.2kW"}, {"consumption": 1200}),
        ({"u_capacity": "--"}, {"consumption": None}),
        ({"u_capacity": "―"}, {"consumption": None}),
        ({"u_capacity": "0"}, {"consumption": 0}),
        (
            {"u_capacity": "1000.0005"},
            {"consumption": None, "rejected": ("u_capacity",)},
        ),
        ({"g_capacity": "0"}, {"generation": 0}),
        ({"g_capacity": "x"}, {"generation": None, "rejected": ("g_capacity",)}),
        ({"percent": "0", "charge": 0}, {"battery_charge": 0, "battery_code": 0}),
        ({"charge": "x"}, {"battery_code": None, "rejected": ("charge",)}),
        ({"percent": "55", "charge": 1}, {"battery_charge": 55, "battery_code": 1}),
        ({"percent": "101"}, {"battery_charge": None, "rejected": ("percent",)}),
        ({"u_capacity": "1000"}, {"consumption": 1_000_000.0}),
        ({"u_capacity": "1001"}, {"consumption": None, "rejected": ("u_capacity",)}),
        ({"u_capacity": "-1"}, {"consumption": None, "rejected": ("u_capacity",)}),
        ({"u_capacity": True}, {"consumption": None, "rejected": ("u_capacity",)}),
        ({"u_capacity": [1]}, {"consumption": None, "rejected": ("u_capacity",)}),
        ({"u_capacity": 1e400}, {"consumption": None, "rejected": ("u_capacity",)}),
        ({"u_capacity": "1_2"}, {"consumption": None, "rejected": ("u_capacity",)}),
        ({"lo_buy_sell": "0"}, {"direction_code": 0}),
        ({"lo_buy_sell": 0.5}, {"direction_code": None, "rejected": ("lo_buy_sell",)}),
        ({"lo_buy_sell": 1000}, {"direction_code": 1000}),
        ({"lo_buy_sell": -1000}, {"direction_code": -1000}),
        ({"lo_buy_sell": 1001}, {"direction_code": None, "rejected": ("lo_buy_sell",)}),
        (
            {"lo_buy_sell": -1001},
            {"direction_code": None, "rejected": ("lo_buy_sell",)},
        ),
        ({"measReg": "x"}, {"measuring": True, "rejected": ("measReg",)}),
        ({"conflict": 1}, {"consumption": 500}),
        ({"measReg": 0}, {"measuring": False}),
        ({"connPv1": 0, "connPv2": "-"}, {"has_generation": None}),
        ({"connPv1": 0}, {"has_generation": False}),
        ({"g_d_1_title": " "}, {"sources": ()}),
    ],
)
def test_live_values(members: dict[str, Any], expected: dict[str, Any]) -> None:
    """What is missing is None, what cannot be is rejected."""
    read = codec.parse_live(200, live(**members))
    for field, value in {"rejected": (), **expected}.items():
        assert getattr(read, field) == value


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"", PageNotUnderstood),
        (200, b"<html></html>", PageNotUnderstood),
        (200, b"[]", PageNotUnderstood),
        (200, b"{}", PageNotUnderstood),
        (200, b'{"u_capacity": 1}', PageNotUnderstood),
        (200, b'"u_capacity lo_buy_sell"', PageNotUnderstood),
        (200, b'{"conflict": 1, "redirectURL": "/"}', Busy),
        (200, b"[" * 100_000, PageNotUnderstood),
        (401, b"", CredentialsRejected),
        (404, b"", PageMissing),
        (302, b"", PageNotUnderstood),
        (500, "AiSEG の状態が更新されました".encode(), RequestRefused),
    ],
)
def test_no_live(status: int, body: bytes, error: type[ClientError]) -> None:
    """Whatever else comes is one of our errors."""
    with pytest.raises(error):
        codec.parse_live(status, body)


@pytest.mark.parametrize(
    ("total", "generation"), [("1.0", 1010), ("1.5", 1510), ("1.3", 1300)]
)
def test_total_with_and_without_a_battery(total: str, generation: float) -> None:
    """The sum that fits the total is the finer one; if none does, the total counts."""
    slots = (("太陽光発電", "1010"), ("蓄電池", "500"), ("燃料電池", "0"))
    members = {
        f"g_d_{slot}_{name}": value
        for slot, told in enumerate(slots, 1)
        for name, value in zip(("title", "capacity"), told, strict=True)
    }
    members |= {"g_d_10_title": "風力", "g_d_10_capacity": "1"}  # of nine, none
    read = codec.parse_live(200, live(g_capacity=total, **members))
    assert read.generation == generation
    assert [source.power for source in read.sources] == [1010, 500, 0]


# Circuits


def test_circuit_page() -> None:
    """Names are joined without a gap, a blank is 0 W, and the tabs tell of more."""
    page = codec.parse_circuit_page(200, box().circuit_page(1).body)
    assert [(item.name, item.power) for item in page.circuits] == [
        ("ＬＤ", 224),
        ("洋室３", 77),
        ("階段", 63),
        ("キッチン　パントリー", 53),
        ("キッチン", 47),
        ("UB　洗面所", 19),
        ("トイレ１", 15),
        ("トイレ２", 10),
        ("ウォークインクローゼット", 5),
        ("ＬＤ", 0),
    ]
    assert page.has_next
    assert page.served is None
    assert page.parts.firmware == FIRMWARE
    assert page.parts.clock == MORNING
    assert not page.parts.demo
    assert page.parts.output_limited is False
    assert "/page/graph/52111" in page.parts.links


def test_last_circuit_page() -> None:
    """The box says which page it serves: the last one for any beyond it."""
    last = codec.parse_circuit_page(200, box().circuit_page(4).body)
    assert last.served == 4
    assert last.has_next is False
    assert [item.power for item in last.circuits] == [0, 0]
    assert last.circuits[-1].name == "ＩＨ"
    beyond = codec.parse_circuit_page(200, box().circuit_page(9).body)
    assert beyond.served == 4


def changed(old: str, new: str, count: int = 1) -> bytes:
    """Return the first page of circuits with a text replaced."""
    text = box().circuit_page(1).body.decode()
    assert old in text
    return text.replace(old, new, count).encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" 77W", " 78W"),
        (" 77W", ""),
        (" 77W", "7 7W"),
        (" 77W", " 77V"),
        (" 77W", " 9999999W"),
        ("<div class='c_value'", ""),
        ("</html>", ""),
        ("var graph_data = [", "var graph_data = {"),
    ],
)
def test_circuit_page_that_contradicts_itself(old: str, new: str) -> None:
    """Powers that do not fit their bars are not believed."""
    if old not in box().circuit_page(1).body.decode():
        old, new = 'class="c_device"', 'class="other"'
    with pytest.raises(PageNotUnderstood):
        codec.parse_circuit_page(200, changed(old, new))


@pytest.mark.parametrize(
    ("body", "circuits"),
    [
        ('<div id="stage_1"><div class="c_value">1,234W</div>', (("A", 1234),)),
        ('<div id="stage_1"><div class="c_value">0W</div>', (("A", 0),)),
        ('<div id="stage_1"><div class="c_value">-</div>', (("A", None),)),
        ('<div id="stage_1"><div class="c_value"></div>', (("A", 0),)),
    ],
)
def test_circuit_forms(body: str, circuits: object) -> None:
    """All forms that other clients have seen are understood."""
    text = f'{body}<div class="c_device">A<br></div></div>'
    assert codec.parse_circuit_page(200, text.encode()).circuits == circuits


def test_power_of_no_home() -> None:
    """A megawatt is refused, less is not."""
    body = '<div id="stage_1"><b class="c_device">A</b><b class="c_value">{}W</b></div>'
    read = codec.parse_circuit_page(200, body.format(999_999).encode())
    assert read.circuits == (("A", 999_999),)
    with pytest.raises(PageNotUnderstood):
        codec.parse_circuit_page(200, body.format(1_000_000).encode())


def test_name_that_is_broken_anywhere() -> None:
    """Line breaks and the spaces about them are not part of a name."""
    body = '<div id="stage_1"><b class="c_device">洗面<br> 所 </b><b class="c_value">1W'
    assert codec.parse_circuit_page(200, body.encode()).circuits == (("洗面所", 1),)


@pytest.mark.parametrize(
    ("tab", "has_next"),
    [
        ("", False),
        ('<a class="tab-desc-next"></a>', True),
        ('<a class="tab-desc-3" href="/page/electricflow/1113?id=3"></a>', True),
        ('<a class="tab-desc-1" href="/page/electricflow/1113?id=1"></a>', False),
        ('<a class="tab-desc-prev" href="/page/electricflow/1113?id=9"></a>', False),
    ],
)
def test_tabs(tab: str, has_next: bool) -> None:
    """There is more where a tab leads on, but not where it leads back."""
    here = '<a class="tab-desc-2 tab-active" href="/page/electricflow/1113?id=2"></a>'
    body = f'<p id="m_capacity"></p><div id="tab-area">{here}{tab}</div>'
    page = codec.parse_circuit_page(200, body.encode())
    assert (page.served, page.has_next) == (2, has_next)


def test_no_circuits() -> None:
    """A home without measured circuits has an empty list."""
    simulator = AiSeg2Simulator(SimulatedHouse(), now=lambda: MORNING)
    assert codec.parse_circuit_page(200, simulator.circuit_page(1).body).circuits == ()
    assert codec.parse_catalogue(200, simulator._catalogue().body).circuits == ()


def test_equal_bars() -> None:
    """Circuits at one power have one bar."""
    same = [SimulatedCircuit(8, "A", 50.0), SimulatedCircuit(9, "B", 50.0)]
    simulator = AiSeg2Simulator(SimulatedHouse(same), now=lambda: MORNING)
    body = simulator.circuit_page(1).body
    assert len(codec.parse_circuit_page(200, body).circuits) == 2
    with pytest.raises(PageNotUnderstood):
        codec.parse_circuit_page(200, body.replace(b"[0.0, 0.0]", b"[0.0, 0.5]"))


def test_bars_of_circuits_that_all_draw_power() -> None:
    """The lowest bar is that of the lowest power, which need not be 0."""
    circuits = [
        SimulatedCircuit(8 + index, name, power)
        for index, (name, power) in enumerate((("A", 100.0), ("B", 60.0), ("C", 20.0)))
    ]
    simulator = AiSeg2Simulator(SimulatedHouse(circuits), now=lambda: MORNING)
    read = codec.parse_circuit_page(200, simulator.circuit_page(1).body)
    assert [item.power for item in read.circuits] == [100, 60, 20]


@pytest.mark.parametrize("bar", ["9" * 400, "1e400", "NaN"])
def test_bars_without_a_height(bar: str) -> None:
    """What no bar can be spoils no powers."""
    circuits = [SimulatedCircuit(8, "A", 50.0), SimulatedCircuit(9, "B", 20.0)]
    simulator = AiSeg2Simulator(SimulatedHouse(circuits), now=lambda: MORNING)
    body = simulator.circuit_page(1).body
    damaged = re.sub(rb"graph_data = \[[\d.]+", b"graph_data = [" + bar.encode(), body)
    assert damaged != body
    assert codec.parse_circuit_page(200, damaged).circuits == (("A", 50), ("B", 20))


def test_catalogue() -> None:
    """The circuits' numbers are their identity."""
    read = codec.parse_catalogue(200, box()._catalogue().body)
    assert len(read.circuits) == 32
    assert read.circuits[0] == (8, "キッチン　パントリー", "分1")
    assert read.circuits[29] == (37, "", "分30")
    assert read.parts.firmware == FIRMWARE


def test_catalogue_without_names() -> None:
    """A circuit without name and label is a circuit all the same."""
    body = (
        b'<script>init({"arrayCircuitNameList": [{"strBtnType": "1", "strId": "8"}]});'
        b"</script>"
    )
    assert codec.parse_catalogue(200, body).circuits == ((8, "", ""),)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("arrayCircuitNameList", "arrayOtherList"),
        ('"strId": "9"', '"strId": "8"'),
        ('"strId": "9"', '"strId": "9a"'),
        ("init({", "init(("),
        ("init({", "init(), ({"),
        ("});</script>", "}];</script>"),
        ('"arrayCircuitNameList": [', '"arrayCircuitNameList": [1, '),
        ('"arrayCircuitNameList": [', '"other": "arrayCircuitNameList", "x": ['),
    ],
)
def test_bad_catalogue(old: str, new: str) -> None:
    """A catalogue that is not sure of its numbers is none."""
    text = box()._catalogue().body.decode()
    assert old in text
    with pytest.raises(PageNotUnderstood):
        codec.parse_catalogue(200, text.replace(old, new, 1).encode())


# Totals of the day


def graph(**changes: str) -> bytes:
    """Return the page of energy sold, with texts replaced."""
    text = box()._graph(4).body.decode()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def test_graph() -> None:
    """The total comes with its date, the day before, and what else there is."""
    read = codec.parse_graph(200, graph(), "graph/54111")
    assert read.day == date(2026, 7, 14)
    assert read.unit == "kWh"
    assert read.value == pytest.approx(1.617 * 8.25, abs=0.01)
    assert read.day_before == pytest.approx(1.617 * 24, abs=0.01)
    assert read.sale_price == 16
    assert read.quantities == {1, 2, 3, 5}


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("7.804|kWh", 7.804, "kWh"),
        ("-|kWh", None, "kWh"),
        ("1,234.5|kWh", 1234.5, "kWh"),
        ("500|Wh", 0.5, "kWh"),
        ("120|L", 120, "L"),
        ("3.21|m³", 3.21, "m3"),
        ("0|㎥", 0, "m3"),
        ("3|l", 3, "L"),
        ("7|円", 7, "円"),
        ("24000|kWh", 24_000, "kWh"),
    ],
)
def test_graph_forms(text: str, value: float | None, unit: str) -> None:
    """Units are read, not assumed."""
    number, shown = text.split("|")
    body = f'<span id="val_kwh">{number}</span><span id="unit_kwh">{shown}</span>'
    read = codec.parse_graph(200, body.encode(), "graph/51111")
    assert (read.value, read.unit, read.day) == (value, unit, None)


@pytest.mark.parametrize(
    "body",
    [
        b'<span id="val_kwh">1</span>',
        b'<span id="val_kwh">1</span><span id="unit_kwh">miles</span>',
        b'<span id="val_kwh">1.2.3</span><span id="unit_kwh">kWh</span>',
        b'<span id="val_kwh">-5</span><span id="unit_kwh">kWh</span>',
        b'<span id="val_kwh">24000.5</span><span id="unit_kwh">kWh</span>',
        b'<b id="val_kwh">1</b><b id="unit_kwh">kWh</b><b id="val_current">2026/13/01',
        b'<b id="val_kwh">1</b><b id="unit_kwh">kWh</b><b id="val_current">today</b>',
        b"",
        "使用電力量".encode("shift_jis"),
        b"<html>busy</html>",
    ],
)
def test_bad_graph(body: bytes) -> None:
    """A total that cannot be is none."""
    with pytest.raises(PageNotUnderstood):
        codec.parse_graph(200, body, "graph/51111")


def test_graph_that_contradicts_itself() -> None:
    """Total and date are there twice and must agree."""
    text = graph().decode()
    shown = text.split('id="val_kwh">')[1].split("<")[0]
    for old, new in (
        (f'id="val_kwh">{shown}', 'id="val_kwh">99.999'),
        (f'id="val_kwh">{shown}', 'id="val_kwh">-'),
        (f'id="val_kwh">{shown}', f'id="val_kwh">{float(shown) + 0.01}'),
        ("2026/07/14", "2026/07/15"),
    ):
        with pytest.raises(PageNotUnderstood):
            codec.parse_graph(200, text.replace(old, new, 1).encode(), "graph/54111")


@pytest.mark.parametrize(
    "changes",
    [
        {"07/13": "07/07"},
        {'"total2": [': '"total2": [0, '},
        {'"total2": [0.0,': '"total2": ["x",'},
        {'"total2": [0.0,': '"total2": [-1,'},
        {'"total2": [0.0,': '"total2": [30000,'},
        {'"total2": [0.0,': f'"total2": [{"9" * 400},'},
    ],
)
def test_no_day_before(changes: dict[str, str]) -> None:
    """Another comparison, or one that is not whole, is not the day before."""
    text = graph().decode()
    for old, new in changes.items():
        if old not in text:
            old = '"total2": [1.617,'
        text = text.replace(old, new.replace("[0, ", "[0, "), 1)
    assert codec.parse_graph(200, text.encode(), "graph/54111").day_before is None


def test_day_before_with_an_hour_without() -> None:
    """An hour in which nothing was sold is an hour."""
    text = graph().decode()
    assert '"total2": [1.617,' in text
    text = text.replace('"total2": [1.617,', '"total2": [0.0,')
    read = codec.parse_graph(200, text.encode(), "graph/54111")
    assert read.day_before == pytest.approx(1.617 * 23)


@pytest.mark.parametrize(
    ("price", "read"), [("0", 0), ("10000", 10_000), ("10000.5", None), ("-", None)]
)
def test_price_of_a_sale(price: str, read: float | None) -> None:
    """It is in yen, within reason."""
    body = f'<b id="val_kwh">1</b><b id="unit_kwh">kWh</b><b id="val_sale">{price}</b>'
    assert codec.parse_graph(200, body.encode(), "graph/54111").sale_price == read


# The box, the meter, the air


def test_identity() -> None:
    """Rows are found by their labels; the support code is left alone."""
    page = box()._page("", codec_identity())
    read = codec.parse_identity(200, page.body)
    assert read[1:] == ("AiSEG2(S)", "02:00:5e:10:00:01", FIRMWARE, "Ver.1.00A-00")
    assert "9876" not in repr(read)


def codec_identity(mac: str = "02-00-5e-10-00-01") -> str:
    """Return the table of versions."""
    return simulated.identity("AiSEG2(S)", FIRMWARE, mac)


@pytest.mark.parametrize("mac", ["", "-", "00-00-00-00-00-00", "02-00-5e-10-00"])
def test_no_mac(mac: str) -> None:
    """What is not a MAC address is none."""
    page = box()._page("", codec_identity(mac))
    assert codec.parse_identity(200, page.body).mac is None


def test_half_an_identity() -> None:
    """One of name and MAC address is enough to know the page by."""
    text = box()._page("", codec_identity()).body.decode()
    unnamed = codec.parse_identity(200, text.replace("機器名称", "他").encode())
    assert (unnamed.name, unnamed.mac) == (None, "02:00:5e:10:00:01")
    nowhere = codec.parse_identity(200, text.replace("MACアドレス", "他").encode())
    assert (nowhere.name, nowhere.mac) == ("AiSEG2(S)", None)


def test_not_the_identity() -> None:
    """Another page is not understood."""
    with pytest.raises(PageNotUnderstood, match=r"743.*Ver\.9\.97Z-01"):
        codec.parse_identity(200, box()._catalogue().body)


@pytest.mark.parametrize(
    ("text", "power"),
    [
        ("1240W 買電中", 1240),
        ("860W 売電中", -860),
        ("1.2kW 売電中", -1200),
        ("1,240W\n買電中", 1240),
        ("0W", 0),
        ("-", None),
    ],
)
def test_meter(text: str, power: float | None) -> None:
    """The direction is a word."""
    body = (
        '<p id="valinfo"><b class="valimg disable">9W 買電中</b>'
        f'<b class="valimg">{text}</b></p>'
    )
    assert codec.parse_meter(200, body.encode()).power == power


def test_meter_out_of_order() -> None:
    """Without one shown value there is none; without a direction it is refused."""
    two = b'<p id="valinfo"><b class="valimg">1W</b><b class="valimg">2W</b></p>'
    assert codec.parse_meter(200, two).power is None
    for text in ("1240W", "many 買電中", "9999999W 買電中"):
        body = f'<p id="valinfo"><b class="valimg">{text}</b></p>'
        with pytest.raises(PageNotUnderstood):
            codec.parse_meter(200, body.encode())
    with pytest.raises(PageNotUnderstood):
        codec.parse_meter(200, b"<p></p>")


def test_air() -> None:
    """Digits are pictures, with a sign; a hidden number is none."""
    read = codec.parse_air(200, box()._air(1).body)
    assert [tuple(place) for place in read.places] == [
        ("屋外", -2.4, 63),
        ("リビング", 21.5, 45),
        ("寝室", 18.0, None),
    ]
    last = codec.parse_air(200, box()._air(2).body).places
    assert [tuple(place) for place in last] == [("納戸", None, None)]


@pytest.mark.parametrize(
    ("digits", "humidity"),
    [
        ("no1 no0 no0", 100),
        ("no1 no0 no1", None),
        ("no6", 6),
        ("no_minus no6", None),
        ("no6 no_other", None),
        ("no6 no77", None),
        ("", None),
    ],
)
def test_air_digits(digits: str, humidity: float | None) -> None:
    """Any number of digits is read, and nothing else is."""
    drawn = "".join(f'<i class="num {name}"></i>' for name in digits.split())
    body = f'<div id="base1_1"><p class="txt_name">庭</p><p class="num_shitudo">{drawn}</p></div>'
    assert codec.parse_air(200, body.encode()).places[0].humidity == humidity


def drawn(*classes: str) -> str:
    """Return characters as the page draws them."""
    return "".join(f'<i class="num {name}"></i>' for name in classes)


@pytest.mark.parametrize(
    ("number", "temperature"),
    [
        (drawn("no_minus", "no6", "no0"), -60),
        (drawn("no_minus", "no6", "no1"), None),
        (drawn("no1", "no0", "no0"), 100),
        (drawn("no1", "no0", "no1"), None),
        (drawn("no6 no7"), None),
    ],
)
def test_temperatures_at_their_limits(number: str, temperature: float | None) -> None:
    """Up to the limits all are believed; a place with two digits in one is none."""
    body = (
        '<div id="base1_1"><p class="txt_name">庭</p>'
        f'<p class="num_ond">{number}</p>'
        f'<p class="num_shitudo">{drawn("no0")}</p></div>'
    )
    assert codec.parse_air(200, body.encode()).places == (("庭", temperature, 0),)


@pytest.mark.parametrize("style", ["display: none", "VISIBILITY:hidden"])
def test_hidden_number(style: str) -> None:
    """What the page hides is not there."""
    body = (
        '<div id="base1_1"><p class="txt_name">庭</p>'
        f'<p class="num_ond" style="{style}">{drawn("no5")}</p></div>'
    )
    assert codec.parse_air(200, body.encode()).places == (("庭", None, None),)


def test_more_than_a_page_has() -> None:
    """Elements within elements without end are not taken for a page."""
    body = box()._equipment(1).body
    assert b'<div class="kiki_val">' in body
    nested = body.replace(b'<div class="kiki_val">', b'<div class="kiki_val">' * 6000)
    with pytest.raises(PageNotUnderstood):
        codec.parse_equipment(200, nested)


def test_no_air() -> None:
    """A page without places may be empty, one of something else is wrong."""
    for name in ("area", "main"):
        body = f'<div id="{name}"></div>'
        assert codec.parse_air(200, body.encode()).places == ()
    with pytest.raises(PageNotUnderstood):
        codec.parse_air(200, b"<p>busy</p>")


# Equipment


def by_key(page: Any) -> dict[str, Any]:
    """Return appliances by key."""
    return {item.key: item for item in page.appliances}


def test_equipment() -> None:
    """Panels tell states by words; what a panel belongs to is found by its title."""
    read = [
        codec.parse_equipment(200, box()._equipment(page).body) for page in (1, 2, 3)
    ]
    assert read[0].panels_total == 9
    assert len(read[0].equipment) == 8
    found = {key: item for page in read for key, item in by_key(page).items()}
    assert found["device_32_0x05fd01"].locked is False
    tank = found["device_23_0x026b01"]
    assert (tank.kind, tank.tank_level, tank.running, tank.bath_running) == (
        "ecocute",
        80,
        True,
        False,
    )
    assert (found["aircons"].active_count, found["aircons"].inactive_count) == (1, 1)
    assert (found["shutters"].active_count, found["sashes"].active_count) == (1, 0)
    air = found["device_9_0x013503"]
    assert (air.smell, air.pm2_5_level, air.dust, air.mode) == (2, 3, 5, "おまかせ")
    assert found["device_44_0x02a101"].ev_charging
    assert found["device_45_0x001901"].fire is False
    assert found["device_45_0x001901"].last_event == datetime(
        2026, 1, 1, 18, 4, tzinfo=UTC
    )
    assert found["device_39_0x002901"].parcel
    assert not any(item.rejected for item in found.values())


def test_unknown_words() -> None:
    """A state in other words is unknown, and so is a level that cannot be."""
    text = box()._equipment(1).body.decode()
    for old, new in (("80％", "180％"), ("運転中", "準備中"), ("解錠中", "不明")):
        text = text.replace(old, new)
    found = by_key(codec.parse_equipment(200, text.encode()))
    assert found["device_32_0x05fd01"].locked is None
    assert found["device_32_0x05fd01"].rejected == ("lock",)
    assert found["device_23_0x026b01"].tank_level is None
    assert found["device_23_0x026b01"].rejected == ("貯湯量", "ecocute")


def test_a_count_below_zero() -> None:
    """There are no fewer shutters open than none."""
    text = box()._equipment(1).body.decode()
    stands = "<span>開：</span><span>1</span>"
    assert stands in text
    text = text.replace(stands, "<span>開：</span><span>-1</span>")
    shutters = by_key(codec.parse_equipment(200, text.encode()))["shutters"]
    assert (shutters.active_count, shutters.inactive_count) == (None, 2)
    assert shutters.rejected == ("開",)


def appliance(kind: str, *, states: str = "", rows: str = "") -> Any:
    """Return what is read of a panel of a kind with these states and rows."""
    shown = "".join(f'<b class="state">{word}</b>' for word in states.split())
    body = (
        '<script>init(1, 1, 2, 3, [{"nodeId": "7", "eoj": "0x010203"}]);</script>'
        f'<div class="panel"><p id="{kind}"></p><p class="kiki_title">家</p>'
        f'<div class="kiki_val">{rows}</div><p class="kiki_state">{shown}</p></div>'
    )
    (found,) = codec.parse_equipment(200, body.encode()).appliances
    return found


@pytest.mark.parametrize(
    ("panel", "kind"),
    [
        ("aircon", "aircons"),
        ("adv_sw", "lights"),
        ("fh", "floor_heatings"),
        ("shutter", "shutters"),
        ("window", "sashes"),
        ("lock", "lock"),
        ("ecocute", "ecocute"),
        ("aircleaner", "air_purifier"),
        ("rangehood", "range_hood"),
        ("ih", "ih_hob"),
        ("gas_hp", "gas_water_heater"),
        ("elseev", "ev_charger"),
        ("call", "call_button"),
        ("deliverybox", "delivery_box"),
        ("jukeiki", "fire_alarm"),
        ("alauno", "toilet"),
    ],
)
def test_kinds(panel: str, kind: str) -> None:
    """Each panel has the kind whose name entities and keys are made of."""
    assert appliance(panel).kind == kind


@pytest.mark.parametrize(
    ("word", "field"),
    [
        ("運転中", "active_count"),
        ("点灯中", "active_count"),
        ("停止中", "inactive_count"),
        ("消灯中", "inactive_count"),
        ("開", "active_count"),
        ("閉", "inactive_count"),
    ],
)
def test_counts(word: str, field: str) -> None:
    """Panels of all of a kind count those that run, shine or are open."""
    assert getattr(appliance("fh", rows=f"<div>{span(word, '3')}</div>"), field) == 3


def span(label: str, value: str) -> str:
    """Return a label and its value."""
    return f"<span>{label}：</span><span>{value}</span>"


def test_two_labels_in_a_row() -> None:
    """Labels and values take turns."""
    rows = f"<div>{span('開', '1')}{span('閉', '2')}</div>"
    found = appliance("shutter", rows=rows)
    assert (found.active_count, found.inactive_count) == (1, 2)


@pytest.mark.parametrize(
    ("value", "level"), [("0", 0), ("100", 100), ("101", None), ("-1", None)]
)
def test_levels(value: str, level: int | None) -> None:
    """A level is a percentage at most."""
    rows = f"<div>{span('ニオイ', value)}</div>"
    assert appliance("aircleaner", rows=rows).smell == level
    rows = f"<div>{span('貯湯量', value)}</div>"
    assert appliance("ecocute", rows=rows).tank_level == level


@pytest.mark.parametrize(
    ("word", "running"),
    [("運転中", True), ("停止中", False), ("入", True), ("切", False)],
)
def test_running(word: str, running: bool) -> None:
    """All that runs says so in one of two ways; only some have a mode."""
    for panel in ("ih", "gas_hp", "aircleaner", "rangehood", "ecocute"):
        found = appliance(panel, states=f"{word} 弱")
        assert found.running is running
        assert found.mode == ("弱" if panel in ("aircleaner", "rangehood") else None)
        assert appliance(panel, states=word).mode is None


def test_last_events() -> None:
    """What has happened at a moment has its time."""
    rows = "<p>2026/01/02 03:04</p>"
    for panel in ("call", "alauno", "jukeiki", "deliverybox"):
        found = appliance(panel, rows=rows)
        assert found.last_event == datetime(2026, 1, 1, 18, 4, tzinfo=UTC)
    assert appliance("ih", rows=rows).last_event is None


def test_bath_in_other_words() -> None:
    """The bath is named where its state is turned down."""
    body = box()._equipment(1).body.decode().replace("停止中", "準備中")
    found = by_key(codec.parse_equipment(200, body.encode()))
    assert found["device_23_0x026b01"].bath_running is None
    assert found["device_23_0x026b01"].rejected == ("bath",)


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("room_temperature", -60, 100),
        ("room_humidity", 0, 100),
        ("outdoor_temperature", -60, 100),
    ],
)
def test_limits_of_an_air_conditioner(field: str, low: int, high: int) -> None:
    """Up to the limits it is believed; what is not there is unknown."""
    name = {"room_temperature": "inner", "room_humidity": "humid"}.get(field, "outer")
    for value in (low - 1, low, high, high + 1):
        body = (
            '<script>var deviceCnt = 1;</script><div class="panel" nodeid="4" '
            'eoj="0x013001"><p class="kiki_title">居間</p>'
            f'<span class="{name}">{value}</span></div>'
        )
        (found,) = codec.parse_air_conditioners(200, body.encode()).appliances
        possible = low <= value <= high
        assert found.kind == "aircon"
        assert getattr(found, field) == (value if possible else None)
        assert found.rejected == (() if possible else (name,))


def test_a_count_with_another_in_it() -> None:
    """Two counts between which a page is damaged are not read as one number."""
    text = box()._equipment(1).body.decode()
    stands = "<span>1</span></div><div><span>閉：</span>"
    assert stands in text
    text = text.replace(stands, "<span>1</閉：</span>")
    shutters = by_key(codec.parse_equipment(200, text.encode()))["shutters"]
    assert (shutters.active_count, shutters.inactive_count) == (1, None)


def test_two_of_one_title() -> None:
    """A panel that may belong to either of two devices is known by its title."""
    house = home()
    for node in (1, 2):
        house.appliances += appliances()[1:2]
        house.appliances[-1].node = node
    body = AiSeg2Simulator(house, now=lambda: MORNING)._equipment(1).body
    keys = by_key(codec.parse_equipment(200, body))
    assert [key.startswith("ecocute_") for key in keys] == [True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("init(9", 'init("9"'),
        ('"nodeId": "23"', '"nodeId": "x"'),
        ("4711, [", "4711, 5, ["),
        ("4711, [", "4711, [5, "),
        ("init(9, 1, 2, 4711, ", "init(9, "),
        ('"eoj"', '"object"'),
    ],
)
def test_bad_equipment(old: str, new: str) -> None:
    """A list whose shape has changed is not understood."""
    text = box()._equipment(1).body.decode()
    assert old in text
    with pytest.raises(PageNotUnderstood):
        codec.parse_equipment(200, text.replace(old, new).encode())


def test_air_conditioners() -> None:
    """Rooms and outside are told by the air conditioners; hidden values are none."""
    simulator = box()
    main = simulated.air_conditioners(simulator._of_eoj("0x0130"))
    read = codec.parse_air_conditioners(200, simulator._page("", main).body)
    first, second = read.appliances
    assert (first.key, first.running, first.mode) == ("device_4_0x013001", True, "自動")
    assert (first.room_temperature, first.room_humidity) == (28, 52)
    assert first.outdoor_temperature == -3
    assert (second.running, second.room_temperature) == (False, 19)
    assert (second.room_humidity, second.outdoor_temperature) == (None, None)
    with pytest.raises(PageNotUnderstood):
        codec.parse_air_conditioners(200, simulator._page("", "").body)
    for name in ('nodeId="4"', 'eoj="0x013001"'):
        broken = main.replace(name, name.split("=")[0])
        assert broken != main
        with pytest.raises(PageNotUnderstood):
            codec.parse_air_conditioners(200, simulator._page("", broken).body)


def test_fire_alarms() -> None:
    """The colour tells of a fire; the time is only that of the last event."""
    body = box()._fire_alarms("45", "0x001901").body
    alarms = codec.parse_fire_alarms(200, body).appliances
    assert [(item.name, item.fire, item.battery_low) for item in alarms] == [
        ("1階", False, False),
        ("台所", True, False),
        ("寝室", False, True),
    ]
    assert (alarms[0].key, alarms[0].kind) == ("fire_alarm_45_0", "fire_alarm")
    assert alarms[0].last_event is not None
    with pytest.raises(PageNotUnderstood):
        codec.parse_fire_alarms(200, b'<script>init({"arrayRegDevList": []});</script>')
    for old, new in (
        ('"color": ""', '"color": 1'),
        ('"equipIndex": "0"', '"equipIndex": "a"'),
        ('"arrayRegDevList": [', '"other": "arrayRegDevList", "x": ['),
    ):
        with pytest.raises(PageNotUnderstood):
            codec.parse_fire_alarms(200, body.decode().replace(old, new, 1).encode())
    unnamed = body.decode().replace('"name": "1階"', '"name": "-"').encode()
    assert len(codec.parse_fire_alarms(200, unnamed).appliances) == 2


def test_export_token() -> None:
    """The token is in a hidden field whose attributes are in capitals."""
    simulator = box()
    assert codec.parse_export_token(200, simulator._export({}).body) == "31415926"
    for token in ("", "1&doReset=1", "a b"):
        body = simulator._export({}).body.decode().replace("31415926", token)
        with pytest.raises(PageNotUnderstood):
            codec.parse_export_token(200, body.encode())
    with pytest.raises(PageNotUnderstood):
        codec.parse_export_token(200, b"<form></form>")


def test_demo_mode() -> None:
    """Every page of a box in demo mode says so."""
    simulator = box()
    simulator.demo_mode = True
    assert codec.parse_catalogue(200, simulator._catalogue().body).parts.demo


def test_clock() -> None:
    """A clock that cannot be read is none."""
    text = box()._catalogue().body.decode()
    for old, new in (
        ('"month":"7"', '"month":"17"'),
        ('"day":"14"', '"dag":"14"'),
        ('"day":"14"', '"day":1e400'),
        ('"day":"14"', f'"day":{"9" * 30}'),
    ):
        page = codec.parse_catalogue(200, text.replace(old, new).encode())
        assert page.parts.clock is None
    assert MORNING.tzinfo is JAPAN


def test_names_are_the_same_on_all_pages() -> None:
    """Spaces, dots and the width of letters do not make another name or key."""
    assert codec.name_key("Ａ・Ｂ　１ ･") == "AB1"
    assert codec.digest("ＬＤ") == codec.digest("L D") == DIGEST
    assert codec.digest("ＬＤ２") != DIGEST


@pytest.mark.parametrize(
    ("parse", "page"),
    [
        (codec.parse_air, "airenvironment/41"),
        (codec.parse_identity, "setting/etc/743"),
        (codec.parse_export_token, "set/exectop2.cgi"),
        (codec.parse_circuit_page, "electricflow/1113"),
        (codec.parse_catalogue, "setting/installation/734"),
        (codec.parse_equipment, "devices/device/32"),
        (codec.parse_air_conditioners, "devices/device/321"),
        (codec.parse_fire_alarms, "devices/device/32h"),
        (codec.parse_meter, "smartmeter/2"),
    ],
)
def test_errors_name_the_page(parse: Callable[[int, bytes], Any], page: str) -> None:
    """Whoever reads the log finds the page that is not understood."""
    with pytest.raises(PageNotUnderstood, match=rf"\b{page}\b.*empty"):
        parse(200, b" ")
    with pytest.raises(CredentialsRejected):
        parse(401, b"<html></html>")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (199, RequestRefused),
        (200, None),
        (299, None),
        (300, PageNotUnderstood),
        (399, PageNotUnderstood),
        (400, RequestRefused),
        (403, CredentialsRejected),
    ],
)
def test_statuses(status: int, error: type[ClientError] | None) -> None:
    """Each has its error, also at the edges."""
    with pytest.raises(error) if error else nullcontext():
        codec.check_status("1", status)


# Damage


def pages() -> dict[str, tuple[bytes, Callable[[int, bytes], Any]]]:
    """Return a page of every kind, with what reads it."""
    simulator = box()
    return {
        "live": (simulator._live().body, codec.parse_live),
        "circuits": (simulator.circuit_page(1).body, codec.parse_circuit_page),
        "last circuits": (simulator.circuit_page(4).body, codec.parse_circuit_page),
        "catalogue": (simulator._catalogue().body, codec.parse_catalogue),
        "graph": (
            simulator._graph(4).body,
            lambda status, body: codec.parse_graph(status, body, "graph/54111"),
        ),
        "identity": (
            simulator._page("", codec_identity()).body,
            codec.parse_identity,
        ),
        "air": (simulator._air(1).body, codec.parse_air),
        "equipment": (simulator._equipment(1).body, codec.parse_equipment),
        "fire alarms": (
            simulator._fire_alarms("45", "0x001901").body,
            codec.parse_fire_alarms,
        ),
        "export": (simulator._export({}).body, codec.parse_export_token),
    }


@pytest.mark.parametrize("kind", pages())
def test_cut_page(kind: str) -> None:
    """A page that was cut off says nothing."""
    body, parse = pages()[kind]
    whole = parse(200, body)
    for end in range(0, len(body.rstrip()) - 1, 200 if len(body) > 1000 else 7):
        with pytest.raises(ClientError):
            parse(200, body[:end])
    assert parse(200, body) == whole


@pytest.mark.parametrize("kind", pages())
def test_other_encodings(kind: str) -> None:
    """A page in Shift_JIS or UTF-16 is not guessed at."""
    body, parse = pages()[kind]
    if kind == "export":
        return
    for encoding in ("shift_jis", "utf-16"):
        with pytest.raises(ClientError):
            parse(200, body.decode().encode(encoding, "replace"))


@pytest.mark.parametrize("kind", ["circuits", "graph"])
def test_flipped_bits(kind: str) -> None:
    """What is there twice never comes out wrong: it is right or refused."""
    body, parse = pages()[kind]
    right = parse(200, body)
    chance = random.Random(20260714)
    for _ in range(500):
        damaged = bytearray(body)
        damaged[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        try:
            read = parse(200, bytes(damaged))
        except ClientError:
            continue
        if kind == "graph":
            assert read.value == right.value
        else:
            powers = [item.power for item in right.circuits]
            told = [item.power for item in read.circuits]
            # A last place that is lost is found out by the catalogue.
            assert told == powers[: len(told)]
            assert len(told) >= len(powers) - 1


@pytest.mark.parametrize("kind", pages())
def test_random_damage(kind: str) -> None:
    """Whatever happens to a page, no error but ours comes of it."""
    body, parse = pages()[kind]
    chance = random.Random(7)
    for _ in range(150):
        damaged = bytearray(body)
        for _ in range(chance.randrange(1, 20)):
            damaged[chance.randrange(len(body))] = chance.randrange(256)
        with suppress(ClientError):
            parse(200, bytes(damaged))


def test_live_keys() -> None:
    """The live answer of the simulator has the keys of a real one."""
    assert {"g_capacity", "u_capacity", "lo_buy_sell", "measReg"} <= json.loads(
        live()
    ).keys()
