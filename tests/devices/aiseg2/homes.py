"""A home of the kind that real pages were seen of: 32 circuits, namesakes and all."""

from datetime import datetime

from tests.simulators.aiseg2 import (
    JAPAN,
    SimulatedAppliance,
    SimulatedCircuit,
    SimulatedHouse,
    SimulatedPlace,
)

MORNING = datetime(2026, 7, 14, 8, 15, 53, tzinfo=JAPAN)
NAMES = (
    "キッチン　パントリー",
    "キッチン",
    "ＬＤ",
    "ＬＤ",
    "玄関",
    "車庫",
    "トイレ１",
    "UB　洗面所",
    "階段",
    "トイレ２",
    "主寝室",
    "ウォークインクローゼット",
    "洋室１",
    "洋室２",
    "洋室３",
    "電子レンジ",
    "電子レンジ",
    "電子レンジ",
    "食洗機",
    "洗濯機",
    "浴室乾燥機",
    "寝室　エアコン",
    "洋室１・エアコン",
    "洋室２・エアコン",
    "洋室３・エアコン",
    "ＬＤＫ・エアコン",
    "電気自動車１",
    "エコキュート",
    "ＩＨ",
    "",
    "電気自動車",
    "ＩＨ",
)
POWERS = {8: 53, 9: 47, 10: 224, 14: 15, 15: 19, 16: 63, 17: 10, 19: 5, 22: 77}
"""W by circuit number; all others are at 0."""


def home(**more: object) -> SimulatedHouse:
    """Return the home."""
    return SimulatedHouse(
        [
            SimulatedCircuit(number, name, float(POWERS.get(number, 0)))
            for number, name in enumerate(NAMES, 8)
        ],
        solar=2130.0,
        hot_water=True,
        **more,  # type: ignore[arg-type]
    )


PLACES = (
    SimulatedPlace("屋外", -2.4, 63),
    SimulatedPlace("リビング", 21.5, 45),
    SimulatedPlace("寝室", 18.0, None),
    SimulatedPlace("納戸", None, None),
)


def appliances() -> list[SimulatedAppliance]:
    """Return equipment of every kind that is read."""
    return [
        SimulatedAppliance(
            32, "0x05fd01", "電気錠", "玄関", "lock", states=[("解錠中", "off")]
        ),
        SimulatedAppliance(
            23,
            "0x026b01",
            "エコキュート",
            panel="ecocute",
            values={"貯湯量": "80％"},
            states=[("運転中", "on"), ("停止中", "off bath_disp_on")],
        ),
        SimulatedAppliance(
            0,
            "",
            "エアコン",
            panel="aircon",
            values={"停止中": "1", "運転中": "1"},
        ),
        SimulatedAppliance(
            0, "", "シャッター", panel="shutter", values={"開": "1", "閉": "2"}
        ),
        SimulatedAppliance(
            0, "", "窓サッシ", panel="window", values={"開": "0", "閉": "1"}
        ),
        SimulatedAppliance(
            9,
            "0x013503",
            "空気清浄機",
            "主寝室",
            "aircleaner",
            values={"ニオイ": "：2", "PM2.5": "：3", "ハウスダスト": "：5"},
            states=[("運転中", "on"), ("おまかせ", "")],
        ),
        SimulatedAppliance(
            44,
            "0x02A101",
            "ELSEEV",
            panel="elseev",
            states=[("充電中", "on"), ("普通充電", "")],
        ),
        SimulatedAppliance(
            45,
            "0x001901",
            "火災警報器",
            panel="jukeiki",
            values={"直近日時": "2026/01/02 03:04"},
            note="",
            attributes={"1階": "", "台所": "fire", "寝室": "low"},
        ),
        SimulatedAppliance(
            39, "0x002901", "宅配ボックス", panel="deliverybox", note="荷物あり"
        ),
        SimulatedAppliance(
            4,
            "0x013001",
            "エアコン０１",
            "リビング",
            attributes={
                "state": "0x30",
                "inner": "28",
                "humid": "52",
                "outer": "-3",
                "mode": "自動",
            },
        ),
        SimulatedAppliance(
            5, "0x013002", "エアコン０２", "主寝室", attributes={"inner": "19"}
        ),
    ]
