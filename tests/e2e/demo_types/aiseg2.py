"""An AiSEG2 in a house with solar, a battery and 32 circuits, and two weeks of history."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from tests.simulators.aiseg2 import (
    AiSeg2Simulator,
    SimulatedAppliance,
    SimulatedCircuit,
    SimulatedHouse,
    SimulatedPlace,
)
from tests.simulators.aiseg2.house import Power, daylight, load

from ..client import HomeAssistantClient, Json, Step
from . import DemoType, Place

STEM = "aiseg2_02005e100001"
UNMEASURED = 2000.0
"""W on no circuit of its own: the demo's UPSs are in this house, too."""
CIRCUITS: Sequence[tuple[str, Power]] = (
    ("キッチン　冷蔵庫", load(85)),
    ("キッチン", load(12, (6.5, 7.5, 260), (18, 19.5, 380))),
    ("リビング", load(25, (6, 8, 90), (17, 23, 180))),
    ("リビング", load(10, (18, 23.5, 140))),
    ("玄関", load(2, (17.5, 22, 40))),
    ("車庫", load(3)),
    ("トイレ１", load(8)),
    ("トイレ２", load(7)),
    ("洗面所", load(4, (6.5, 7.2, 600), (21, 22, 350))),
    ("階段", load(1, (17, 23, 25))),
    ("主寝室", load(4, (22, 23.5, 60))),
    ("子供部屋１", load(5, (16, 21.5, 70))),
    ("子供部屋２", load(5, (16, 21, 55))),
    ("書斎", load(6, (9, 18, 130))),
    ("電子レンジ", load(2, (7, 7.2, 900), (12.1, 12.3, 900), (18.7, 18.9, 900))),
    ("食洗機", load(1, (20, 21, 750))),
    ("洗濯機", load(1, (7.5, 8.5, 320))),
    ("浴室乾燥機", load(1, (9, 10.5, 1150))),
    ("ＩＨ", load(1, (6.7, 7.1, 1200), (18.2, 19, 1700))),
    ("ＩＨ", load(0)),
    ("エコキュート", load(2, (10, 13.5, 1050))),
    ("リビング・エアコン", load(3, (6.5, 8.5, 450), (12, 22.5, 620))),
    ("主寝室・エアコン", load(3, (21.5, 24, 280))),
    ("子供部屋１・エアコン", load(3, (16, 21, 260))),
    ("子供部屋２・エアコン", load(3)),
    ("書斎・エアコン", load(3, (9, 18, 240))),
    ("電気自動車", load(0, (23, 24, 2900), (0, 2, 2900))),
    ("床暖房", load(4)),
    ("換気", load(35)),
    ("給湯ポンプ", load(6)),
    ("外構", load(2, (18, 24, 45))),
    ("", load(0)),
)


def house() -> SimulatedHouse:
    """Return the house, which is the same at every start.

    Its sun shines where this Home Assistant is, so that the dashboard's day is a day.
    """
    return SimulatedHouse(
        [
            SimulatedCircuit(number, name, power)
            for number, (name, power) in enumerate(CIRCUITS, 8)
        ],
        solar=daylight(7200),
        battery_power=2000,
        lives_by=ZoneInfo("Europe/Berlin"),
        unmeasured=UNMEASURED,
        hot_water=True,
        places=[SimulatedPlace("屋外", 17.6, 58), SimulatedPlace("リビング", 23.4, 46)],
        appliances=[
            SimulatedAppliance(
                23,
                "0x026b01",
                "エコキュート",
                panel="ecocute",
                values={"貯湯量": "70％"},
                states=[("停止中", "off")],
            ),
            SimulatedAppliance(
                0, "", "シャッター", panel="shutter", values={"開": "2", "閉": "1"}
            ),
        ],
    )


@asynccontextmanager
async def start_simulator(place: Place) -> AsyncGenerator[AiSeg2Simulator]:
    """Run the box."""
    simulator = AiSeg2Simulator(house(), meter=True, sd_days=14, latency=0.05)
    await simulator.start(place.port())
    try:
        yield simulator
    finally:
        await simulator.stop()


def flow_steps(simulator: AiSeg2Simulator) -> Sequence[Step]:
    """Add the box."""
    return (
        "aiseg2",
        {
            "host": simulator.address,
            "username": simulator.digest.username,
            "password": simulator.digest.password,
        },
    )


async def import_history(
    home_assistant: HomeAssistantClient, entities: Mapping[str, Json]
) -> None:
    """Press the button that imports what the SD card holds."""
    (button,) = (
        entity["entity_id"]
        for unique_id, entity in entities.items()
        if unique_id.endswith("_import_history")
    )
    await home_assistant.ws(
        "call_service",
        domain="button",
        service="press",
        target={"entity_id": button},
    )


DEMO = DemoType(
    key="aiseg2",
    name="AiSEG2",
    start_simulator=start_simulator,
    flow_steps=flow_steps,
    afterwards=import_history,
    imported=True,
)
