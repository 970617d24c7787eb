"""The simulators of a load, in a process of their own: one line of JSON, then serve."""

import argparse
import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from itertools import batched
import json
from math import pi, sin
import sys
import time
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from tests.e2e.demo_types.ecoflow import delta_2_max, powerstream
from tests.simulators.aiseg2 import AiSeg2Simulator, SimulatedCircuit, SimulatedHouse
from tests.simulators.aiseg2.house import load
from tests.simulators.ecoflow import SimulatedHome, SimulatedModule, SimulatedStation
from tests.simulators.epex import EpexSimulator
from tests.simulators.winpower import SimulatedUps, WinPowerSimulator

MESSAGES_A_SECOND = 5
"""What each station sends."""
UPSES_A_SERVER = 200
"""Home Assistant has no more than 10,000 enabled entities an entry: some 230 UPSs."""
MODULE_IN = 5
"""One of so many stations is a micro-inverter, which speaks in binary."""


def upses(count: int) -> list[SimulatedUps]:
    """Return UPSs of three kinds, each with a load that goes up and down."""
    makers: list[Callable[..., SimulatedUps]] = [
        SimulatedUps,
        SimulatedUps,
        SimulatedUps.line_interactive,
        SimulatedUps.three_phase,
    ]
    return [
        makers[number % len(makers)](
            id=str(uuid5(NAMESPACE_OID, f"ups {number}")),
            alias=f"UPS {number:04}",
            load=_swinging(150 + number % 700, 120 + number % 90),
        )
        for number in range(count)
    ]


def _swinging(watts: float, period: float) -> Callable[[float], float]:
    return lambda seconds: watts * (1 + 0.2 * sin(2 * pi * seconds / period))


def circuits(count: int) -> list[SimulatedCircuit]:
    """Return circuits whose powers are never the same for long."""
    return [
        SimulatedCircuit(number + 8, f"回路{number:03}", load(20 + 7 * number))
        for number in range(count)
    ]


def stations(count: int) -> list[SimulatedStation]:
    """Return stations that speak JSON, and some that speak in binary."""
    made: list[SimulatedStation] = []
    for number in range(count):
        if number % MODULE_IN == MODULE_IN - 1:
            station: SimulatedStation = powerstream()
            station.serial = f"HW51LOAD{number:08}"
        else:
            station = delta_2_max()
            station.serial = f"R351LOAD{number:08}"
        station.name = f"Station {number:03}"
        made.append(station)
    return made


async def keep_talking(home: SimulatedHome) -> None:
    """Have each station tell all its values five times a second, for ever."""
    every = list(home.stations.values())
    if not every:
        return
    pause = 1 / MESSAGES_A_SECOND / len(every)
    due = time.monotonic()
    number = 0
    while True:
        station = every[number % len(every)]
        home.change(station.serial, _news(station, number))
        number += 1
        # Who was held up does not make up for it: that would be another load.
        due = max(due + pause, time.monotonic() - pause)
        await asyncio.sleep(max(due - time.monotonic(), 0))


def _news(station: SimulatedStation, number: int) -> Mapping[str, Any]:
    """Return all that a station tells, of which some is new each time."""
    swing = sin(number / 700)
    if isinstance(station, SimulatedModule):
        return {
            "pv1InputWatts": round(1500 + 900 * swing),
            "pv2InputWatts": round(1400 + 700 * swing),
            "pv1InputVolt": 352,
            "pv2InputVolt": 361,
            "batInputWatts": round(300 * swing),
            "batSoc": 61,
            "batTemp": 230,
            "invOutputWatts": round(2900 + 1500 * swing),
            "invTemp": 310,
        }
    power = 300 + 200 * swing
    return {
        **(station.quotas or {}),
        "bms_emsStatus.f32LcdShowSoc": round(60 + swing, 2),
        "bms_emsStatus.lcdShowSoc": 60,
        "bms_emsStatus.dsgRemainTime": round(900 - 300 * swing),
        "bms_bmsStatus.soc": 60,
        "bms_bmsStatus.amp": round(-power / 53.2 * 1000),
        "inv.inputWatts": round(power / 2),
        "inv.outputWatts": round(power),
        "mppt.inWatts": round(100 + 80 * swing),
        "pd.wattsInSum": round(100 + power / 2),
        "pd.wattsOutSum": round(power),
    }


async def serve(options: argparse.Namespace) -> None:
    """Run all simulators; say where they are; end when nobody listens any more."""
    async with AsyncExitStack() as stack:
        steps: list[Any] = []
        for some in batched(upses(options.upses), UPSES_A_SERVER, strict=False):
            winpower = await stack.enter_async_context(WinPowerSimulator(upses=some))
            steps.append(
                (
                    "winpower",
                    {
                        "url": winpower.url,
                        "username": winpower.username,
                        "password": winpower.password,
                        "verify_ssl": True,
                    },
                )
            )
        if options.circuits:
            aiseg2 = await stack.enter_async_context(
                AiSeg2Simulator(SimulatedHouse(circuits(options.circuits)))
            )
            steps.append(
                (
                    "aiseg2",
                    {
                        "host": aiseg2.address,
                        "username": aiseg2.digest.username,
                        "password": aiseg2.digest.password,
                    },
                )
            )
        if options.stations:
            home = await stack.enter_async_context(
                SimulatedHome(stations(options.stations), tls=False)
            )
            talking = asyncio.create_task(keep_talking(home))
            stack.callback(talking.cancel)
            steps.append(
                (
                    "ecoflow",
                    "ecoflow_account",
                    {
                        "username": home.account.email,
                        "password": home.account.password,
                        "region": "europe",
                        "more_options": {"api_host": home.cloud.url},
                    },
                )
            )
        if options.zones:
            epex = await stack.enter_async_context(EpexSimulator())
            steps += [
                (
                    "epex",
                    {"source": "energy_charts", "zone": zone},
                    {"more_options": {"url": epex.url}},
                )
                for zone in options.zones
            ]
        print(json.dumps(steps), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upses", type=int, default=0)
    parser.add_argument("--circuits", type=int, default=0)
    parser.add_argument("--stations", type=int, default=0)
    parser.add_argument("--zones", nargs="*", default=[])
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
