"""Messages in all their forms become wire values, and nothing upsets the codec."""

import json
import random
from typing import Any

import pytest

from custom_components.power_steward.devices.ecoflow.codec import (
    MAX_PAYLOAD,
    NEW_GENERATION,
    Ack,
    Parsed,
    Strange,
    Topic,
    flattened,
    parse,
)
from custom_components.power_steward.devices.ecoflow.frames import (
    build_frame,
    masked,
    parse_frames,
)
from custom_components.power_steward.devices.ecoflow.messages.battery import (
    PACK,
    PASSPORT,
)
from custom_components.power_steward.devices.ecoflow.messages.display import PROPERTIES
from custom_components.power_steward.devices.ecoflow.models.powerstream import (
    POWERSTREAM,
)
from custom_components.power_steward.devices.ecoflow.models.quantities import (
    RANGES,
    kind_of,
)
from custom_components.power_steward.devices.ecoflow.wire import Unknown

from .conftest import NAMES, seen


def push(message: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a JSON push."""
    return flattened(parse(Topic.PUSH, json.dumps(message).encode(), {}).values)


@pytest.mark.parametrize(
    ("message", "values"),
    [
        (
            {"params": {"pd.soc": 85, "inv.outputWatts": 3.5}, "moduleType": 1},
            {"pd.soc": 85, "inv.outputWatts": 3.5},
        ),
        (
            {"params": {"pd.soc": 85}, "cmdFunc": 0, "cmdId": 0, "addr": 0},
            {"pd.soc": 85},
        ),
        ({"typeCode": "pdStatus", "params": {"soc": 85}}, {"pd.soc": 85}),
        (
            {"typeCode": "bmsSlaveStatus_1", "params": {"soc": 85}},
            {"bms_slave_bmsSlaveStatus_1.soc": 85},
        ),
        ({"typeCode": "newStatus", "params": {"a": 1}}, {"newStatus.a": 1}),
        ({"cmdFunc": 20, "cmdId": 1, "param": {"batSoc": 54}}, {"20_1.batSoc": 54}),
        ({"cmdFunc": 2, "cmdId": 1, "params": {"watts": 5}}, {"2_1.watts": 5}),
        ({"cmdFunc": 254, "cmdId": 21, "param": {"cmsBattSoc": 5}}, {"cmsBattSoc": 5}),
        (
            {"addr": "hs_yj751_pd_appshow_addr", "param": {"soc": 50}},
            {"hs_yj751_pd_appshow_addr.soc": 50},
        ),
        ({"cmsBattSoc": 98.0}, {"cmsBattSoc": 98.0}),
        ({"params": {"cmsBattSoc": 98.0}}, {"cmsBattSoc": 98.0}),
        ({"moduleType": 3, "params": {"inputWatts": 5}}, {"inv.inputWatts": 5}),
        (
            {"moduleType": 2, "params": {"soc": 85, "chgRemainTime": 10}},
            {"bmsMaster.soc": 85, "ems.chgRemainTime": 10},
        ),
        ({"command": "ping", "from": "someone"}, {}),
        ({"operateType": "latestQuotas", "id": "1"}, {}),
        ({"moduleType": 2, "params": {}}, {}),
        (
            {"params": {"a": {"b": [{"c": 1}, {"c": [2, 3]}]}, "d": None}},
            {"a.b[0].c": 1, "a.b[1].c": [2, 3], "d": None},
        ),
        (
            {"params": {"kit": '{"volts": 5, "deep": {"x": 1}}'}},
            {"kit.volts": 5, "kit.deep.x": 1},
        ),
        ({"params": {"kit": "{broken", "long": "x" * 2000, "odd": "a\u0000b"}}, {}),
    ],
)
def test_pushes(message: dict[str, Any], values: dict[str, Any]) -> None:
    """Every form of a push gives the full names."""
    assert push(message) == values


@pytest.mark.parametrize(
    ("type_code", "prefix"),
    [
        ("pdStatus", "pd"),
        ("mpptStatus", "mppt"),
        ("invStatus", "inv"),
        ("bmsStatus", "bms_bmsStatus"),
        ("emsStatus", "bms_emsStatus"),
        ("bmsInfo", "bms_bmsInfo"),
        ("bmsSlaveStatus", "bms_slave"),
        ("bmsSlaveStatus_1", "bms_slave_bmsSlaveStatus_1"),
        ("bmsSlaveStatus_2", "bms_slave_bmsSlaveStatus_2"),
        ("other", "other"),
    ],
)
def test_type_codes(type_code: str, prefix: str) -> None:
    """A push of one part of a station names it in its own way."""
    assert push({"typeCode": type_code, "params": {"x": 1}}) == {f"{prefix}.x": 1}


@pytest.mark.parametrize(
    ("module", "prefix"),
    [
        *((1, "pd."), (2, "bmsMaster."), (3, "inv."), (4, "bmsSlave1."), (5, "mppt.")),
        *((6, ""), ("1", "")),
    ],
)
def test_modules(module: object, prefix: str) -> None:
    """Early firmware names parts by a number."""
    assert push({"moduleType": module, "params": {"x": 1}}) == {f"{prefix}x": 1}


@pytest.mark.parametrize(
    "key",
    [
        "chgRemainTime",
        "dsgRemainTime",
        "emsIsNormalFlag",
        "f32LcdShowSoc",
        "lcdShowSoc",
        "maxCloseOilEbSoc",
        "minDsgSoc",
        "minOpenOilEbSoc",
        "openUpsFlag",
    ],
)
def test_system_among_the_battery(key: str) -> None:
    """Early firmware tells of the system where the battery is told of."""
    assert push({"moduleType": 2, "params": {key: 1}}) == {f"ems.{key}": 1}


@pytest.mark.parametrize(
    ("timestamp", "sent_at"),
    [
        (1_767_225_600, 1_767_225_600),
        (1_767_225_600_000, 1_767_225_600),
        (5, None),
        (True, None),
        ("1767225600", None),
    ],
)
def test_when_it_was_sent(timestamp: object, sent_at: float | None) -> None:
    """Times come in seconds or in milliseconds."""
    payload = json.dumps({"params": {}, "timestamp": timestamp}).encode()
    assert parse(Topic.PUSH, payload, {}).sent_at == sent_at


def test_white_space_before_json() -> None:
    """Any that JSON allows may come first."""
    for space in (b"", b" ", b"\t", b"\r", b"\n"):
        parsed = parse(Topic.PUSH, space + b'{"params": {"pd.soc": 85}}', {})
        assert parsed.values == {"pd.soc": 85}


def test_structures_of_all_sizes() -> None:
    """What is too deep, too long or too many is left out, the rest stays."""
    objects: Any = 1
    lists: Any = {"b": 1}
    for _ in range(8):
        objects, lists = {"a": objects}, [lists]
    assert flattened({"x": objects}) == {"x" + 8 * ".a": 1}
    assert flattened({"x": {"a": objects}, "y": 1}) == {"y": 1}
    assert flattened({"x": lists[0]}) == {"x" + 7 * "[0]" + ".b": 1}
    assert flattened({"x": lists, "y": 1}) == {"y": 1}
    assert flattened({"t": "x" * 1024, "u": "x" * 1025}) == {"t": "x" * 1024}
    assert flattened({"many": [1] * 300}) == {"many": [1] * 256}


def test_answers_to_get() -> None:
    """All quotas, with the word on whether the device is there."""
    reply = {"code": "0", "data": {"online": 1, "quotaMap": {"pd.soc": 85}}}
    assert parse(Topic.GET_REPLY, json.dumps(reply).encode(), {}) == Parsed(
        {"pd.soc": 85}, online=True
    )
    offline: tuple[dict[str, object], ...] = (
        {"code": "0", "data": {"online": 0}},
        {"code": "6", "message": "Device is not online"},
    )
    for answer in offline:
        assert parse(Topic.GET_REPLY, json.dumps(answer).encode(), {}) == Parsed(
            {}, online=False
        )
    assert parse(Topic.GET_REPLY, b'{"data": 5}', {}) == Parsed({})


def test_status() -> None:
    """The cloud says whether a device is there."""
    for status, online in ((1, True), (0, False), (7, None), ("x", None)):
        payload = json.dumps({"params": {"status": status}}).encode()
        assert parse(Topic.STATUS, payload, {}).online is online


@pytest.mark.parametrize(
    ("reply", "ack"),
    [
        ({"code": "0", "data": {"ack": 1}, "id": 477731110}, Ack(477731110, True)),
        (
            {"code": "0", "data": {"ack": 0, "result": 0}, "id": "5"},
            Ack(5, True),
        ),
        ({"code": "0", "data": {"result": 1}, "id": 5}, Ack(5, False)),
        ({"code": "3", "id": 5}, Ack(5, False)),
        ({"id": "no number"}, Ack(None, True)),
        ({"id": 1.5, "data": [1]}, Ack(None, True)),
    ],
)
def test_json_acknowledgements(reply: dict[str, Any], ack: Ack) -> None:
    """The code counts, and the result where there is one; ``ack`` says nothing."""
    assert parse(Topic.SET_REPLY, json.dumps(reply).encode(), {}).acks == (ack,)


def test_binary_acknowledgements() -> None:
    """A setting's answer repeats its number; without an "ok" it is a refusal."""
    accepted = bytes.fromhex(
        "0a220a06080010014800100218202001280140fe0148125006600170e907800113880101"
    )
    assert parse(Topic.SET_REPLY, accepted, NEW_GENERATION).acks == (Ack(1001, True),)
    for pdata, ack in (
        (b"\x08\x00\x10\x00", Ack(7, False)),
        (b"\x08\x00", Ack(7, False)),
        (b"\xff", Ack(7, False)),
    ):
        frame = build_frame(pdata, src=2, cmd_func=254, cmd_id=18, is_ack=1, seq=7)
        assert parse(Topic.SET_REPLY, frame, NEW_GENERATION).acks == (ack,)
    plain = build_frame(src=53, cmd_func=20, cmd_id=129, seq=8)
    assert parse(Topic.SET_REPLY, plain, POWERSTREAM.layouts).acks == (Ack(8, True),)
    acked = build_frame(src=53, cmd_func=20, cmd_id=129, seq=8, is_ack=1)
    assert parse(Topic.PUSH, acked, POWERSTREAM.layouts).acks == (Ack(8, True),)


def test_a_masked_push() -> None:
    """The worked example of a masked frame gives its values, zeros among them."""
    payload = bytes.fromhex(
        "0a6c0a32405d5daa1f785d5d491fe84d5d5d991fad4d39a54d5da54b53d84a5d5d499fbd4d8f54"
        "c5515dcd4da6a2a2a2a2a2a2a2a25c10021820200128013001380340fe0148155032580070ddf8"
        "acd10178819e01800113880101ca011050333531544553543030303030303031"
    )
    assert parse(Topic.PUSH, payload, NEW_GENERATION) == Parsed(
        {
            "powInSumW": 123.5,
            "powOutSumW": 37.0,
            "cmsBattSoc": 98.0,
            "cmsMaxChgSoc": 100,
            "cmsMinDsgSoc": 0,
            "flowInfoAcOut": 14,
            "powGetAcOut": -37.0,
            "cmsDsgRemTime": 1234,
            "enBeep": 0,
            "bmsMinCellTemp": -5,
        }
    )


def test_two_headers() -> None:
    """PowerStream's heartbeat and its energy come in one message."""
    payload = bytes.fromhex(
        "0a560a1e61f82bf039f8f911f81b0306060606060606f801f8cf49fb4dfd59fb63eb1035182020"
        "0128013001380340144801501e70f9ffffffffffffffff01800113880101ca01104857353154"
        "45535430303030303030310a1f0a12084d120e0880f2d6ca0610071a040a14ac021035182040fe"
        "0148207009"
    )
    parsed = parse(Topic.PUSH, payload, POWERSTREAM.layouts)
    assert parsed.values == {
        "20_1.pv1InputWatts": 1234,
        "20_1.pv2InputWatts": 0,
        "20_1.batInputWatts": -670,
        "20_1.batSoc": 54,
        "20_1.invOutputWatts": 564,
        "20_1.invOpVolt": 2330,
        "energy.7": 330,
    }


def test_a_battery_pack() -> None:
    """A pack's report carries its number into the names."""
    payload = bytes.fromhex(
        "0a480a3a0801306138809f034094f7ffffffffffffff01481858a09c0160c8970168a09c017048"
        "7864cd010080c242d00100d8013c8a0206f719f919f8191003182040204832503a7005"
    )
    values = parse(Topic.PUSH, payload, NEW_GENERATION).values
    assert values == {
        "pack1.num": 1,
        "pack1.soc": 97,
        "pack1.vol": 53120,
        "pack1.amp": -1132,
        "pack1.temp": 24,
        "pack1.designCap": 20000,
        "pack1.remainCap": 19400,
        "pack1.fullCap": 20000,
        "pack1.cycles": 72,
        "pack1.soh": 100,
        "pack1.f32ShowSoc": 97.25,
        "pack1.inputWatts": 0,
        "pack1.outputWatts": 60,
        "pack1.cellVol": [3319, 3321, 3320],
    }
    packs = [
        *((3, 1), (3, 2), (3, 30), (3, 50)),
        *((32, 1), (32, 3), (32, 50), (32, 51), (32, 52)),
        *((254, number) for number in (24, 25, 26, 27, 28, 29, 30)),
        (50, 30),
    ]
    for message, kind in (*((PACK, kind) for kind in packs), (PASSPORT, (50, 2))):
        frame = build_frame(
            message.write({"soh": 99}), src=3, cmd_func=kind[0], cmd_id=kind[1]
        )
        assert parse(Topic.PUSH, frame, NEW_GENERATION).values == {"pack0.soh": 99}


@pytest.mark.parametrize(
    ("device", "number", "header", "fields"),
    [
        (
            "delta_3",
            0,
            {
                "src": 2,
                "dest": 32,
                "enc_type": 1,
                "data_len": 398,
                "seq": 10464,
                "product_id": 19713,
                "version": 3,
            },
            {
                3: 0.0,
                4: 0.0,
                5: 128,
                17: 30,
                18: 300,
                25: 0,
                33: 14,
                133: 100,
                134: "Europe/London",
                158: -5.0,
                195: 1,
                209: 1600,
                211: 50,
                242: 99.6348,
                254: 3999,
                255: 12927,
                258: 23,
                259: 24,
                262: 100.0,
                270: 100,
                271: 0,
                367: 14,
                461: 49,
            },
        ),
        (
            "alternator",
            0,
            {"src": 20, "seq": -1329018878},
            {
                1: 32,
                102: 14,
                105: 0.0,
                138: 130,
                139: 11.993,
                262: 97.0,
                268: 2605,
                581: 1,
                597: 1,
                598: 250.0,
                602: -48.0,
                603: 800.0,
            },
        ),
        (
            "alternator",
            1,
            {
                "src": 20,
                "dest": 32,
                "enc_type": 1,
                "data_len": 90,
                "seq": 1686858,
                "product_id": 8193,
            },
            {
                1: 32,
                102: 9,
                138: 130,
                139: 12.413,
                262: 32.0,
                268: 7573,
                269: 5048,
                597: 1,
                598: 800.0,
                602: -45.0,
                603: 800.0,
                608: 0.0,
            },
        ),
        (
            "stream_micro",
            0,
            {
                "src": 2,
                "dest": 32,
                "enc_type": 1,
                "data_len": 24,
                "seq": 214874,
                "product_id": 17409,
            },
            {70: 30.464, 361: 29.335, 380: 29.03, 616: 59.8},
        ),
    ],
)
def test_real_frames(
    device: str, number: int, header: dict[str, int], fields: dict[int, float | str]
) -> None:
    """Headers and fields are those sent; floats that others take for integers survive."""
    topic, payload = seen(device).messages[number]
    [frame] = parse_frames(payload)
    assert header.items() <= frame.header.items()
    assert frame.command == (254, 21)
    values = parse(topic, payload, NEW_GENERATION).values
    names = {field.number: field.name for field in PROPERTIES.fields.values()}
    assert {number: values[names[number]] for number in fields} == pytest.approx(
        fields, abs=1e-3
    )


def test_an_answer_of_another_kind() -> None:
    """What the app asks about timers holds no values, and is no word on the device."""
    tasks = {"taskCfgs": [{"taskIndex": 0, "week": 2, "hour": 10}], "totalTaskNum": 1}
    answer = {
        "id": 396931002,
        "operateType": "getAllTaskCfg",
        "code": "0",
        "data": {"general": {"taskSavedNum": 1}, "timeTask": tasks},
    }
    payload = json.dumps(answer).encode()
    assert parse(Topic.GET_REPLY, payload, {}) == Parsed({})
    assert parse(Topic.SET_REPLY, payload, {}) == Parsed(
        {}, acks=(Ack(396931002, True),)
    )


def test_what_is_not_understood_is_told() -> None:
    """Unknown messages and fields are named, and spoil nothing."""
    known = PROPERTIES.write({"cmsBattSoc": 50.0}) + bytes.fromhex("b8c43801")
    frame = build_frame(known, src=2, cmd_func=254, cmd_id=21)
    other = build_frame(b"\x08\x01", src=2, cmd_func=99, cmd_id=1)
    assert parse(Topic.PUSH, frame + other, NEW_GENERATION) == Parsed(
        {"cmsBattSoc": 50.0},
        strange=(
            Strange("254/21", (Unknown(115783, 0, 1),)),
            Strange("99/1", (Unknown(1, 0, 1),)),
        ),
    )
    broken = build_frame(b"\xff", src=2, cmd_func=254, cmd_id=21)
    assert parse(Topic.PUSH, broken, NEW_GENERATION).strange == (
        Strange("254/21 malformed"),
    )


def test_a_header_as_long_as_a_brace() -> None:
    """A frame that begins as JSON after a line feed would is a frame all the same."""
    values = {"cmsBattSoc": 50.0, "utcTimezoneId": "x" * 105}
    frame = build_frame(PROPERTIES.write(values), src=2, cmd_func=254, cmd_id=21)
    assert frame.startswith(b"\n{")
    assert parse(Topic.PUSH, frame, NEW_GENERATION).values == values
    text = b'\n{"params": {"pd.soc": 85}}'
    assert parse(Topic.PUSH, text, NEW_GENERATION).values == {"pd.soc": 85}


def test_a_mask_that_was_only_announced() -> None:
    """A payload that makes no sense without its mask is tried as it came."""
    plain = PROPERTIES.write({"cmsBattSoc": 50.0})
    frame = build_frame(plain, src=2, cmd_func=254, cmd_id=21, enc_type=1, seq=0x5D)
    assert parse(Topic.PUSH, frame, NEW_GENERATION).values == {"cmsBattSoc": 50.0}
    twice = masked(b"\xff", 0x5D)
    frame = build_frame(twice, src=2, cmd_func=254, cmd_id=21, enc_type=1, seq=0x5D)
    assert parse(Topic.PUSH, frame, NEW_GENERATION).strange


def test_offline_and_echoes() -> None:
    """A device that is offline is said so; what the app sent is nobody's reading."""
    offline = bytes.fromhex("0a0b102018207004b201022d32")
    assert parse(Topic.GET_REPLY, offline, NEW_GENERATION) == Parsed({}, online=False)
    echo = build_frame(b"\x48\x00", src=32, dest=2, cmd_func=254, cmd_id=17, seq=1)
    assert parse(Topic.PUSH, echo, NEW_GENERATION) == Parsed({})


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"hello",
        b"{",
        b"{]",
        b' {"a": NaN}',
        b"{" + b'"a":{' * 10_000,
        b'{"params": ' + b"[" * 10_000,
        b"\n{" * 1000,
        b"\x0a",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x0a" * 10_000,
        b"\x00" * 1000,
        b"{}" * MAX_PAYLOAD,
    ],
)
def test_rubbish(payload: bytes) -> None:
    """What is no message gives no values and a word on it."""
    for topic in Topic:
        parsed = parse(topic, payload, NEW_GENERATION)
        assert parsed.values == {}
        assert parsed.strange


def test_json_that_is_no_object() -> None:
    """Well-formed JSON of a wrong shape is harmless."""
    for payload in (b'{"params": [1]}', b'{"typeCode": [1], "params": {"a": 1}}'):
        for topic in Topic:
            parse(topic, payload, NEW_GENERATION)


def test_ten_thousand_mutations() -> None:
    """Cut off or with flipped bits, no message raises or shows what cannot be."""
    dice = random.Random(20260101)
    devices = [seen(name) for name in NAMES]
    for number in range(10_000):
        device = devices[number % len(devices)]
        topic, payload = dice.choice(device.messages)
        if len(payload) > 3000:
            payload = payload[:3000]
        out = bytearray(payload)
        for _ in range(dice.randint(1, 4)):
            out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
        if dice.random() < 0.3:
            del out[dice.randrange(len(out)) :]
        station = device.station()
        station.take(parse(topic, bytes(out), station.model.family.layouts))
        reading = station.reading(available=True)
        for key, value in reading.values.items():
            low, high, _ = RANGES[kind_of(key).quantity]
            assert value is None or key == "battery_power" or low <= value <= high, key
