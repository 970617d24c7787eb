"""The house: all six simulators, what they truly draw, and the entries for them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final
from unittest.mock import patch

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.devices.rapl import files

from ..simulators.aiseg2 import AiSeg2Simulator, SimulatedCircuit, SimulatedHouse
from ..simulators.ecoflow import SimulatedHome, SimulatedStation
from ..simulators.epex import EpexSimulator
from ..simulators.must import Battery as MustBattery, Line, SerialPort, SimulatedMust
from ..simulators.rapl import Host, server
from ..simulators.winpower import Battery, SimulatedUps, WinPowerSimulator
from .course import Course
from .fast_time import FastTime

TICK: Final = 10.0
"""Seconds between two looks of the world at itself."""
UPS_ID: Final = "7d1c6a52-5f0e-4f3b-9a61-3b0f6f2d8c01"
STATION: Final = "R331SOAK00000001"
PRICE: Final = "sensor.germany_and_luxembourg_total_price"
ON_BATTERY: Final = "binary_sensor.c3k_on_battery"

type Energy = Callable[[float], float]
"""Joules from the beginning to a time in seconds."""


class Meter:
    """The counter of a processor, as it would be if it never began anew."""

    def __init__(self, host: Host, zone: str) -> None:
        """Begin to follow it."""
        self._host = host
        self._zone = host.zone(zone)
        self._last = self._zone.counter
        self._counted = 0.0

    def energy(self, _: float) -> float:
        """Return the joules up to now."""
        self._host.advance()
        now = self._zone.counter
        self._counted += (now - self._last) % self._zone.range
        self._last = now
        return self._counted / 1e6


@dataclass
class House:
    """What runs, and what it draws."""

    fast: FastTime
    winpower: WinPowerSimulator
    ups: SimulatedUps
    aiseg2: AiSeg2Simulator
    port: SerialPort
    must: SimulatedMust
    ecoflow: SimulatedHome
    epex: EpexSimulator
    host: Host
    loads: Mapping[str, Course]
    truth: dict[tuple[str, str, str], Energy] = field(default_factory=dict)
    """By device type, device and channel."""

    @property
    def line(self) -> Line:
        """Return the line of the MUST UPS."""
        return self.port.line

    async def go_on(self) -> None:
        """Let the world be what it is by now, again and again."""
        for tick in count(int(self.fast.now // TICK)):
            self._tick(tick * TICK)
            await asyncio.sleep((tick + 1) * TICK - self.fast.now)

    def _tick(self, now: float) -> None:
        self.winpower.settle()
        self.must.load = self.loads["must"].power(now)
        self.must.catch_up()
        self.host.advance()
        output, into = (
            self.loads[f"ecoflow_{way}"].power(now) for way in ("out", "in")
        )
        told = self.ecoflow.stations[STATION].quotas or {}
        if told["pd.wattsOutSum"] != output or told["pd.wattsInSum"] != into:
            self.ecoflow.push(
                STATION, {"pd.wattsOutSum": output, "pd.wattsInSum": into}
            )

    def forget(self) -> None:
        """Drop the simulators' notes of what they were asked, which only grow."""
        for notes in (
            self.winpower.requests,
            self.aiseg2.requests,
            self.line.requests,
            self.must.touched,
            self.must.writes,
            self.ecoflow.cloud.requests,
            self.ecoflow.broker.published,
            self.ecoflow.broker.connects,
            self.epex.requests,
            self.host.writes,
            self.host.switched,
        ):
            notes.clear()

    def limits(self) -> list[int]:
        """Return the limits of the processors."""
        return [
            limit.value for zone in self.host.packages() for limit in zone.constraints
        ]


@asynccontextmanager
async def house(
    fast: FastTime, folder: Path, chance: Random, *, idle: bool = False
) -> AsyncIterator[House]:
    """Run all simulators; in an idle house nothing draws any power."""
    loads = {
        name: Course(chance, *((0, 0) if idle else bounds))
        for name, bounds in {
            "winpower": (250, 450),
            "solar": (800, 2400),
            "must": (120, 260),
            "ecoflow_out": (200, 400),
            "ecoflow_in": (100, 300),
            "package-0": (90, 180),
            "package-1": (60, 150),
        }.items()
    }

    def moment_power(moment: datetime) -> float:
        return loads["solar"].power(moment.timestamp() - fast.timestamp() + fast.now)

    ups = SimulatedUps(
        id=UPS_ID,
        load=loads["winpower"].power,
        battery=Battery(capacity_wh=2000, charge=100 if idle else 95),
    )
    must = SimulatedMust(
        load=loads["must"].power(0),
        battery=MustBattery(capacity=200),
        clock=fast.monotonic,
    )
    host = server(fast.monotonic)
    if idle:
        for zone in host.zones:
            zone.load = lambda seconds: 0.0
    for number in (0, 1):
        host.zone(f"package-{number}").load = loads[f"package-{number}"].power
    home = SimulatedHouse(
        [
            SimulatedCircuit(number, name, 0.0 if idle else watts)
            for number, (name, watts) in enumerate(
                (("キッチン", 220.0), ("リビング", 140.0), ("エコキュート", 900.0)), 8
            )
        ],
        solar=moment_power,
        unmeasured=0.0 if idle else 300.0,
    )
    async with AsyncExitStack() as stack:
        stack.enter_context(
            patch.object(files, "PowercapFiles", lambda path: host.files)
        )
        enter = stack.enter_async_context
        winpower = await enter(
            WinPowerSimulator(upses=[ups], clock=fast.monotonic, wall_clock=fast.utcnow)
        )
        it = House(
            fast=fast,
            winpower=winpower,
            ups=ups,
            aiseg2=await enter(AiSeg2Simulator(home, now=fast.utcnow)),
            port=await enter(SerialPort(Line(must), folder / "ttyMUST")),
            must=must,
            ecoflow=await enter(SimulatedHome([station()], tls=False)),
            epex=await enter(EpexSimulator(now=fast.utcnow)),
            host=host,
            loads=loads,
        )
        it.truth = {
            ("winpower", UPS_ID, "output"): loads["winpower"].energy,
            ("aiseg2", "source_solar", "output"): loads["solar"].energy,
            ("must", "ups", "output"): loads["must"].energy,
            ("ecoflow", STATION, "output"): loads["ecoflow_out"].energy,
            ("ecoflow", STATION, "input"): loads["ecoflow_in"].energy,
            ("rapl", "package-0", "input"): Meter(host, "package-0").energy,
            ("rapl", "package-1", "input"): Meter(host, "package-1").energy,
        }
        going_on = asyncio.create_task(it.go_on())
        try:
            yield it
        finally:
            going_on.cancel()


def station() -> SimulatedStation:
    """Return the power station."""
    return SimulatedStation(
        STATION,
        "Kitchen",
        "DELTA 2",
        quotas={
            "inv.cfgAcEnabled": 1,
            "bms_emsStatus.lcdShowSoc": 80,
            "pd.wattsInSum": 0,
            "pd.wattsOutSum": 0,
        },
    )


def entries(house: House) -> dict[str, MockConfigEntry]:
    """Return an entry a device type, in the order of who depends on whom."""
    winpower, aiseg2, account = house.winpower, house.aiseg2, house.ecoflow.account
    data: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "winpower": (
            "WinPower",
            {
                "url": winpower.url,
                "username": winpower.username,
                "password": winpower.password,
                "verify_ssl": True,
            },
            {"interval": 15},
        ),
        "aiseg2": (
            "AiSEG2",
            {
                "host": aiseg2.address,
                "username": aiseg2.digest.username,
                "password": aiseg2.digest.password,
            },
            {"interval": 30},
        ),
        "must": (
            "MUST",
            {"series": "ep", "unit": 10, "device": house.port.device},
            {"battery_capacity": 200, "interval": 15},
        ),
        "ecoflow": (
            "EcoFlow",
            {
                "url": house.ecoflow.cloud.url,
                "username": account.email,
                "password": account.password,
            },
            {},
        ),
        "epex": (
            "EPEX",
            {
                "source": "energy_charts",
                "zone": "DE-LU",
                "currency": "EUR",
                "url": house.epex.url,
            },
            {"fallbacks": []},
        ),
        "rapl": (
            "Host",
            {"path": "/host/powercap", "allow_control": True},
            {
                "limits": {"floor": 60},
                "prices": {"price_entity": PRICE},
                "battery": {"battery_sensors": [ON_BATTERY], "settle": 1},
            },
        ),
    }
    return {
        kind: MockConfigEntry(
            domain=DOMAIN,
            entry_id=f"{kind}_entry",
            title=title,
            unique_id=f"{kind}_soak",
            data={CONF_DEVICE_TYPE: kind, **facts},
            options=options,
        )
        for kind, (title, facts, options) in data.items()
    }
