"""The envelope comes off and on as the worked examples say."""

import pytest

from custom_components.power_steward.devices.ecoflow.frames import (
    APP,
    MAIN,
    Frame,
    build_frame,
    get_all,
    masked,
    parse_frames,
)
from custom_components.power_steward.devices.ecoflow.wire import Malformed

P351 = "P351TEST00000001"


def test_get_all() -> None:
    """The request for everything is the known bytes."""
    assert get_all(1767225600).hex() == (
        "0a1a102018207080f2d6ca06ba010d486f6d65417373697374616e74"
    )


def test_a_setting() -> None:
    """A setting is the known bytes, its zero included."""
    frame = build_frame(
        bytes.fromhex("4800"),
        src=APP,
        dest=MAIN,
        d_src=1,
        d_dest=1,
        check_type=3,
        cmd_func=254,
        cmd_id=17,
        data_len=2,
        need_ack=1,
        seq=1001,
        version=19,
        payload_ver=1,
        device_sn=P351,
        sender="HomeAssistant",
    )
    assert frame.hex() == (
        "0a430a0248001020180220012801380340fe0148115002580170e907800113880101"
        "ba010d486f6d65417373697374616e74ca011050333531544553543030303030303031"
    )


def test_a_masked_frame() -> None:
    """The payload loses its mask, the header says what it is."""
    [frame] = parse_frames(
        bytes.fromhex(
            "0a6c0a32405d5daa1f785d5d491fe84d5d5d991fad4d39a54d5da54b53d84a5d5d499fbd"
            "4d8f54c5515dcd4da6a2a2a2a2a2a2a2a25c10021820200128013001380340fe01481550"
            "32580070ddf8acd10178819e01800113880101ca01105033353154455354303030303030"
            "3031"
        )
    )
    assert frame.command == (254, 21)
    assert frame.header["seq"] == 0x1A2B3C5D
    assert frame.header["product_id"] == 20225
    assert frame.plain.hex() == (
        "1d0000f7422500001442b5100000c442f01064f81000f8160e8517000014c2e010d20998"
        "0c009010fbffffffffffffffff01"
    )


def test_two_headers() -> None:
    """A negative sequence number masks too, each header by its own."""
    first, second = parse_frames(
        bytes.fromhex(
            "0a560a1e61f82bf039f8f911f81b0306060606060606f801f8cf49fb4dfd59fb63eb1035"
            "1820200128013001380340144801501e70f9ffffffffffffffff01800113880101ca0110"
            "485735315445535430303030303030310a1f0a12084d120e0880f2d6ca0610071a040a14"
            "ac021035182040fe0148207009"
        )
    )
    assert first.header["seq"] == -7
    assert first.command == (20, 1)
    assert first.plain.hex() == (
        "9801d209c00100e801e2faffffffffffffff01f80136b002b404a0029a12"
    )
    assert second.command == (254, 32)
    assert second.plain is second.sent


def test_the_app_never_masks() -> None:
    """What has our own address is plain, whatever its header says."""
    payload = build_frame(b"\x08\x01", src=APP, enc_type=1, seq=5)
    assert parse_frames(payload)[0].plain == b"\x08\x01"


def test_an_acknowledgement() -> None:
    """The twelfth member tells one."""
    [frame] = parse_frames(bytes.fromhex("0a026001"))
    assert frame.header == {"is_ack": 1}


def test_mask_without_a_number() -> None:
    """A masked header without a sequence number has the mask of 0."""
    payload = build_frame(b"\x08\x01", src=MAIN, enc_type=1)
    assert parse_frames(payload)[0].plain == b"\x08\x01"


def test_most_headers() -> None:
    """A station that has much to say says it in 64 headers at most."""
    header = build_frame(b"\x08\x01")
    assert len(parse_frames(header * 64)) == 64
    with pytest.raises(Malformed):
        parse_frames(header * 65)


def test_offline_answer() -> None:
    """A header without a command may say that the device is offline."""
    [frame] = parse_frames(bytes.fromhex("0a0b102018207004b201022d32"))
    header = {"src": 32, "dest": 32, "seq": 4, "code": "-2"}
    assert frame == Frame(header, (0, 0), b"", b"")


def test_masks_come_off_as_they_went_on() -> None:
    """A mask is its own inverse."""
    assert masked(masked(b"\x00\x7f\xff", -7), -7) == b"\x00\x7f\xff"


@pytest.mark.parametrize("payload", ["", "0801", "0a", "0a0101", "0a00" * 65])
def test_no_envelope(payload: str) -> None:
    """What is no envelope is declined."""
    with pytest.raises(Malformed):
        parse_frames(bytes.fromhex(payload))
