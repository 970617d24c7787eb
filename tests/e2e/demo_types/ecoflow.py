"""A station, a micro-inverter with a battery and a plug, through the hours of the day."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.power_steward.devices.ecoflow.messages.inverter import (
    ENERGY,
    INVERTER,
    PLUG,
)
from tests.simulators.aiseg2.house import daylight, load
from tests.simulators.ecoflow import SimulatedHome, SimulatedModule, SimulatedStation

from ..client import HomeAssistantClient, Json, Step
from ..demo_past import import_past
from . import DemoType, Place

STATION, POWERSTREAM, SMART_PLUG = (
    "R351DEMO00000001",
    "HW51DEMO00000002",
    "HW52DEMO00000003",
)
BERLIN = ZoneInfo("Europe/Berlin")
STEP = 2.0
"""Seconds between two changes."""

GARDEN_HOUSE = load(45, (7, 7.4, 850), (12, 12.6, 620), (18, 22, 180))
GARDEN_ROOF = daylight(410, 7, 17)
BALCONY_EAST = daylight(330, 6.5, 15.5)
BALCONY_SOUTH = daylight(390, 8, 17.5)
COFFEE = load(3, (6.5, 6.8, 1100), (9.5, 9.7, 1100), (14.5, 14.8, 1100))
MAINS = 231_000
"""Millivolts."""
STATION_CAPACITY = 2048.0
BALCONY_CAPACITY = 1024.0


def delta_2_max() -> SimulatedStation:
    """Return the station: what of it does not change with the hour."""
    return SimulatedStation(
        STATION,
        "Garden house",
        "DELTA 2 Max",
        quotas={
            "inv.cfgAcEnabled": 1,
            "inv.cfgAcXboost": 0,
            "inv.SlowChgWatts": 800,
            "inv.acInVol": MAINS,
            "inv.acInFreq": 50,
            "inv.invOutVol": 230_000,
            "inv.standbyMins": 720,
            "pd.beepMode": 1,
            "pd.carState": 0,
            "pd.dcOutState": 1,
            "pd.lcdOffSec": 300,
            "pd.newAcAutoOnCfg": 0,
            "pd.standbyMin": 0,
            "pd.watchIsConfig": 0,
            "pd.bpPowerSoc": 50,
            "bms_emsStatus.maxChargeSoc": 90,
            "bms_emsStatus.minDsgSoc": 10,
            "bms_emsStatus.minOpenOilEbSoc": 20,
            "bms_emsStatus.maxCloseOilEbSoc": 90,
            "bms_bmsStatus.cycles": 41,
            "bms_bmsStatus.soh": 99,
            "bms_bmsStatus.temp": 24,
            "bms_bmsStatus.vol": 53_200,
        },
        obeys={
            "acOutCfg": {"enabled": "inv.cfgAcEnabled", "xboost": "inv.cfgAcXboost"},
            "acChgCfg": "inv.SlowChgWatts",
            "closeOilSoc": "bms_emsStatus.maxCloseOilEbSoc",
            "dcOutCfg": "pd.dcOutState",
            "dsgCfg": "bms_emsStatus.minDsgSoc",
            "lcdCfg": "pd.lcdOffSec",
            "mpptCar": "pd.carState",
            "newAcAutoOnCfg": "pd.newAcAutoOnCfg",
            "openOilSoc": "bms_emsStatus.minOpenOilEbSoc",
            "quietCfg": "pd.beepMode",
            "upsConfig": "bms_emsStatus.maxChargeSoc",
            "watthConfig": {
                "bpPowerSoc": "pd.bpPowerSoc",
                "isConfig": "pd.watchIsConfig",
            },
        },
    )


def powerstream() -> SimulatedModule:
    """Return the micro-inverter of the balcony."""
    module = SimulatedModule(
        POWERSTREAM,
        "Balcony",
        "PowerStream",
        kind=(20, 1),
        messages={(20, 1): INVERTER, (254, 32): ENERGY},
        settings={
            (20, 129): "permanentWatts",
            (20, 130): "supplyPriority",
            (20, 132): "lowerLimit",
            (20, 133): "upperLimit",
            (20, 135): "invBrightness",
        },
        obeys={
            "WN511_SET_SUPPLY_PRIORITY_PACK": "supplyPriority",
            "WN511_SET_BAT_LOWER_PACK": "lowerLimit",
            "WN511_SET_BAT_UPPER_PACK": "upperLimit",
            "WN511_SET_BRIGHTNESS_PACK": "invBrightness",
        },
    )
    fixed = {
        "permanentWatts": 1200,
        "supplyPriority": 0,
        "lowerLimit": 10,
        "upperLimit": 95,
        "invBrightness": 200,
        "invOnOff": 1,
        "invOpVolt": 2310,
        "invFreq": 500,
        "invErrCode": 0,
    }
    module.change(fixed, {})
    return module


def smart_plug() -> SimulatedModule:
    """Return the plug of the coffee machine."""
    module = SimulatedModule(
        SMART_PLUG,
        "Coffee machine",
        "Smart Plug",
        kind=(2, 1),
        messages={(2, 1): PLUG, (254, 32): ENERGY},
        settings={(2, 129): "switchSta", (2, 130): "brightness"},
        obeys={
            "WN511_SOCKET_SET_PLUG_SWITCH_MESSAGE": "switchSta",
            "WN511_SOCKET_SET_BRIGHTNESS_PACK": "brightness",
        },
    )
    module.change(
        {"switchSta": 1, "brightness": 512, "volt": 231, "freq": 50, "errCode": 0}, {}
    )
    return module


class Day:
    """What happens at the devices from hour to hour."""

    def __init__(self, home: SimulatedHome) -> None:
        """Begin at midnight, so that batteries and totals are where they are by now."""
        self._home = home
        self._charges = {STATION: 62.0, POWERSTREAM: 35.0}
        self._hours: dict[int, list[float]] = {kind: [] for kind in (1, 3, 4, 5, 7, 8)}
        now = datetime.now(BERLIN)
        self._at = now.replace(hour=0, minute=0, second=0, microsecond=0)
        while self._at + timedelta(minutes=1) < now:
            self._advance(self._at + timedelta(minutes=1))

    async def go_on(self) -> None:
        """Change the devices every few seconds, for ever."""
        while True:
            self._advance(datetime.now(BERLIN))
            await asyncio.sleep(STEP)

    def _advance(self, moment: datetime) -> None:
        if moment.date() != self._at.date():
            self._hours = {kind: [] for kind in self._hours}
        seconds = (moment - self._at).total_seconds()
        self._at = moment
        self._station(moment, seconds)
        self._powerstream(moment, seconds)
        self._plug(moment, seconds)

    def _station(self, moment: datetime, seconds: float) -> None:
        set_to = self._home.stations[STATION].quotas or {}
        charge = self._charges[STATION]
        output = GARDEN_HOUSE(moment) if set_to["inv.cfgAcEnabled"] else 0.0
        solar = GARDEN_ROOF(moment)
        grid = 0.0
        if moment.hour < 5 and charge < set_to["bms_emsStatus.maxChargeSoc"]:
            grid = float(set_to["inv.SlowChgWatts"])
        elif charge <= set_to["bms_emsStatus.minDsgSoc"] + 1:
            grid = max(output - solar, 0)
        if not set_to["inv.acInVol"]:
            grid = 0.0
        battery = solar + grid - output
        charge = self._charge(STATION, battery, seconds, STATION_CAPACITY)
        minutes = STATION_CAPACITY * charge / 100 / max(-battery, 1) * 60
        self._home.change(
            STATION,
            {
                "bms_emsStatus.f32LcdShowSoc": round(charge, 2),
                "bms_emsStatus.lcdShowSoc": round(charge),
                "bms_emsStatus.dsgRemainTime": round(min(minutes, 5999)),
                "bms_bmsStatus.soc": round(charge),
                "bms_bmsStatus.amp": round(battery / 53.2 * 1000),
                "inv.inputWatts": round(grid),
                "inv.outputWatts": round(output),
                "mppt.inWatts": round(solar),
                "pd.wattsInSum": round(solar + grid),
                "pd.wattsOutSum": round(output),
            },
        )

    def _powerstream(self, moment: datetime, seconds: float) -> None:
        module = self._home.stations[POWERSTREAM]
        assert isinstance(module, SimulatedModule)
        told = module.values[module.kind]
        east, south = BALCONY_EAST(moment), BALCONY_SOUTH(moment)
        wanted = told["permanentWatts"] / 10
        can = east + south
        if self._charges[POWERSTREAM] >= told["upperLimit"]:
            wanted = max(wanted, can)
        elif self._charges[POWERSTREAM] > told["lowerLimit"]:
            can += 400
        inverter = min(wanted, can, 800)
        battery = east + south - inverter
        charge = self._charge(POWERSTREAM, battery, seconds, BALCONY_CAPACITY)
        totals = {
            1: inverter,
            3: max(battery, 0),
            4: max(-battery, 0),
            7: east,
            8: south,
        }
        self._home.change(
            POWERSTREAM,
            {
                "pv1InputWatts": round(east * 10),
                "pv1InputVolt": 352,
                "pv1InputCur": round(east / 35.2 * 10),
                "pv2InputWatts": round(south * 10),
                "pv2InputVolt": 361,
                "pv2InputCur": round(south / 36.1 * 10),
                "batInputWatts": round(-battery * 10),
                "batInputVolt": 512,
                "batSoc": round(charge),
                "batTemp": 230,
                "invOutputWatts": round(inverter * 10),
                "invTemp": 310 + round(inverter / 10),
            },
            self._totals(moment, seconds, totals),
        )

    def _plug(self, moment: datetime, seconds: float) -> None:
        module = self._home.stations[SMART_PLUG]
        assert isinstance(module, SimulatedModule)
        on = module.values[module.kind]["switchSta"]
        power = COFFEE(moment) if on else 0.0
        self._home.change(
            SMART_PLUG,
            {
                "watts": round(power * 10),
                "current": round(power / 231 * 1000),
                "temp": 24 + round(power / 200),
            },
            self._totals(moment, seconds, {5: power}),
        )

    def _charge(
        self, serial: str, battery: float, seconds: float, capacity: float
    ) -> float:
        """Return how full a battery is after some seconds, in %."""
        gained = battery * seconds / 3600 / capacity * 100
        self._charges[serial] = min(max(self._charges[serial] + gained, 0), 100)
        return self._charges[serial]

    def _totals(
        self, moment: datetime, seconds: float, powers: Mapping[int, float]
    ) -> dict[str, Any]:
        """Return the day's energy by the hour."""
        items = []
        for kind, watts in powers.items():
            hours = self._hours[kind]
            hours += [0.0] * (moment.hour + 1 - len(hours))
            hours[moment.hour] += watts * seconds / 3600
            items.append(
                {
                    "timestamp": int(moment.timestamp()),
                    "watthType": kind,
                    "watth": [round(hour) for hour in hours],
                }
            )
        return {"sysSeq": 1, "items": items}


@asynccontextmanager
async def start_simulator(place: Place) -> AsyncGenerator[SimulatedHome]:
    """Run the cloud, its broker and the devices."""
    stations = (delta_2_max(), powerstream(), smart_plug())
    async with SimulatedHome(stations, port=place.port(), tls=False) as home:
        going_on = asyncio.create_task(Day(home).go_on())
        try:
            yield home
        finally:
            going_on.cancel()


def switch_mains(home: SimulatedHome, there: bool) -> None:
    """Let the station lose mains or have it back."""
    home.push(STATION, {"inv.acInVol": MAINS if there else 0})


def flow_steps(home: SimulatedHome) -> Sequence[Step]:
    """Add the account."""
    return (
        "ecoflow",
        "ecoflow_account",
        {
            "username": home.account.email,
            "password": home.account.password,
            "region": "europe",
            "more_options": {"api_host": home.cloud.url},
        },
    )


def developer_steps(home: SimulatedHome) -> Sequence[Step]:
    """Add the same account by the developer's keys."""
    return (
        "ecoflow",
        "ecoflow_developer",
        {
            "access_key": home.account.access_key,
            "secret_key": home.account.secret_key,
            "region": "europe",
            "more_options": {"api_host": home.cloud.url},
        },
    )


def _entity(entities: Mapping[str, Json], serial: str, key: str) -> str:
    (found,) = (
        str(entity["entity_id"])
        for unique_id, entity in entities.items()
        if unique_id.endswith(f"_{serial}_{key}")
    )
    return found


async def import_sun(
    home_assistant: HomeAssistantClient, _: Json, entities: Mapping[str, Json]
) -> None:
    """Give the roof of the balcony a past, too."""
    await import_past(
        home_assistant,
        _entity(entities, POWERSTREAM, "energy_solar"),
        _entity(entities, POWERSTREAM, "solar_power"),
        lambda start: (
            BALCONY_EAST(start.astimezone(BERLIN))
            + BALCONY_SOUTH(start.astimezone(BERLIN))
        ),
    )


DEMO = DemoType(
    key="ecoflow",
    name="EcoFlow account",
    start_simulator=start_simulator,
    flow_steps=flow_steps,
    other_ways=lambda home: (developer_steps(home),),
    mains=switch_mains,
    awaits=(
        f"_{STATION}_energy_output",
        f"_{POWERSTREAM}_energy_discharged_today",
        f"_{POWERSTREAM}_energy_solar",
        f"_{SMART_PLUG}_energy_today",
    ),
    areas={"Garden house": "Garden", "Balcony": "Balcony", "Coffee machine": "Kitchen"},
    finish=import_sun,
)
