"""An evening by a table: an outage at a price peak, with a restart in the middle.

A UPS behind WinPower, or an EcoFlow station, carries 300 W and a host whose processor
takes 100 W, or what its cap leaves of that. Its battery is half empty and would carry the
400 W for 27 minutes; it has to last until 18:20. From 18:00 to 19:00 UTC a kWh costs
0.40, else 0.10, and above 0.30 the host is capped to its floor.

==========  ======================  =======  ============  ===================
time (UTC)  what happens            cap      load          reason
==========  ======================  =======  ============  ===================
17:40:00    all is well             125 W    400 W         price_threshold
17:50:00    mains is lost           60 W     360 W         on_battery
18:00:00    the peak begins         50 W     350 W         price_threshold
18:05:00    Home Assistant stops    125 W    400 W
18:06:00    and starts again        50 W     350 W         on_battery
18:15:00    mains is back           50 W     350 W         mains_settling
18:25:00    long enough             50 W     350 W         price_threshold
==========  ======================  =======  ============  ===================

The cap of 60 W: from 17:50 to 18:20 are 1800 s. A battery that lasts 1620 s at 400 W lasts
1800 s at 360 W, so that 40 of the processor's 100 W have to go.
"""

from abc import abstractmethod
import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
import math
from pathlib import Path
from typing import Any, ClassVar, Final, cast, override

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.coordinator import PollingCoordinator
from custom_components.power_steward.devices.clock import Clock
from custom_components.power_steward.devices.ecoflow import session
from custom_components.power_steward.devices.rapl import files
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant

from .common import async_load_again, home_assistant, shown
from .simulators.ecoflow import SimulatedHome, SimulatedStation
from .simulators.rapl import Host, client
from .simulators.winpower import Battery, SimulatedUps, WinPowerSimulator

STEP: Final = timedelta(seconds=10)

TO_THE_PEAK: Final = (400 + 360) / 2 * 10 + 360 * 590
IN_THE_PEAK: Final = (360 + 350) / 2 * 10 + 350 * 290
AFTER_THE_RESTART: Final = (400 + 350) / 2 * 10 + 350 * 530
OUTAGE: Final = TO_THE_PEAK + IN_THE_PEAK + AFTER_THE_RESTART
"""Joules of the load in the outage: not counted is the minute of the restart."""
BEFORE: Final = 400 * 600
METERED: Final = OUTAGE + 350 * 900
"""Joules from 17:50 to 18:30."""
PROCESSOR: Final = 100 * 600 + 60 * 600 + 50 * 300 + 50 * 1440
COST: Final = ((BEFORE + TO_THE_PEAK) * 0.1 + (METERED - TO_THE_PEAK) * 0.4) / 3.6e6

TOTAL: Final = "sensor.germany_and_luxembourg_total_price"
REASON: Final = "sensor.package_0_reason_for_the_target"
LASTS: Final = "sensor.host_battery_lasts"
LASTS_AT_FLOOR: Final = "sensor.host_battery_lasts_at_the_lowest_caps"
NEEDED: Final = "sensor.host_cap_needed_for_the_battery"
UPS_ID: Final = "0f7c2d1e-6b1a-4c55-9d3f-1f2e3d4c5b6a"
STATION: Final = "R331TEST00000001"

type Row = tuple[str, str, dict[str, Any], dict[str, Any]]
"""A device type, with the title, the data and the options of its entry."""


def clock_time(text: str) -> datetime:
    """Return a time of the evening."""
    return datetime.fromisoformat(f"2026-01-15T{text}+00:00")


def now() -> float:
    """Return the seconds of all clocks of the evening."""
    return datetime.now(UTC).timestamp()


def _ends(task: asyncio.Future[Any]) -> bool:
    """Return whether a background task comes to an end: a listener does not."""
    return not (
        isinstance(task, asyncio.Task) and task.get_name().endswith(" listener")
    )


class Backup:
    """What carries the load when mains is lost."""

    on_battery: ClassVar[str]
    energy: ClassVar[str]
    """The entity of the meter."""
    cost: ClassVar[str]
    lasts: ClassVar[float]
    """Seconds for which the battery carries 400 W, so that it tells 27 minutes."""

    def __init__(self) -> None:
        """Be on mains, with a battery that is half empty."""
        stored = 400 * self.lasts / 3600
        battery = Battery(
            capacity_wh=2 * stored, charge=50, inverter_efficiency=1, charger_watts=0
        )
        self.ups = SimulatedUps(id=UPS_ID, load=400, battery=battery)
        self.ups.follow(now)

    @property
    @abstractmethod
    def row(self) -> Row:
        """The entry."""

    async def heard(self, hass: HomeAssistant) -> None:
        """Wait until Home Assistant knows what there is to be told, if it is told."""


class WinPowerUps(Backup):
    """A UPS that is asked every ten seconds; it tells whole seconds."""

    on_battery = "binary_sensor.c3k_on_battery"
    energy = "sensor.c3k_energy"
    cost = "sensor.germany_and_luxembourg_cost_of_c3k_energy"
    lasts = 1620.5

    def __init__(self) -> None:
        """Be behind a server."""
        super().__init__()
        self.server = WinPowerSimulator(upses=[self.ups], clock=now)

    @property
    @override
    def row(self) -> Row:
        server = self.server
        login = {"username": server.username, "password": server.password}
        data = {"url": server.url, **login, "verify_ssl": True}
        return "winpower", "WinPower", data, {}


class EcoFlowStation(Backup):
    """A station that says every ten seconds how it is; it tells whole minutes."""

    on_battery = "binary_sensor.kitchen_on_battery"
    energy = "sensor.kitchen_energy_out"
    cost = "sensor.germany_and_luxembourg_cost_of_kitchen_energy_out"
    lasts = 1619.5

    def __init__(self) -> None:
        """Be in an account."""
        super().__init__()
        station = SimulatedStation(STATION, "Kitchen", "DELTA 2", quotas=self._quotas())
        self.server = SimulatedHome([station], tls=False)
        self._signal = -50

    @property
    @override
    def row(self) -> Row:
        home = self.server
        login = {"username": home.account.email, "password": home.account.password}
        return (
            "ecoflow",
            "EcoFlow",
            {"url": home.cloud.url, **login},
            # The loop's clock stands still, and would not wait for more to come.
            {"coalesce": 0},
        )

    def _quotas(self) -> dict[str, Any]:
        return {
            "inv.acInVol": 230_000 if self.ups.mains else 0,
            "pd.wattsOutSum": self.ups.watts,
            "bms_emsStatus.lcdShowSoc": math.floor(self.ups.charge),
            "bms_emsStatus.dsgRemainTime": math.ceil(self.ups.remaining_seconds / 60),
        }

    @override
    async def heard(self, hass: HomeAssistant) -> None:
        (entry,) = (
            entry
            for entry in hass.config_entries.async_entries(DOMAIN)
            if entry.data[CONF_DEVICE_TYPE] == "ecoflow"
        )
        station = entry.runtime_data
        while not station.data[STATION].available:
            await asyncio.sleep(0)
        # What says nothing new would pass unnoticed.
        self._signal = -50 if self._signal == -51 else -51
        self.server.push(STATION, {**self._quotas(), "pd.wifiRssi": self._signal})
        while station.data[STATION].values.get("wifi_signal") != self._signal:
            await asyncio.sleep(0)


class Evening:
    """The devices, and the time that goes by."""

    def __init__(
        self, host: Host, backup: Backup, freezer: FrozenDateTimeFactory
    ) -> None:
        """Take what to turn."""
        self.host = host
        self.backup = backup
        self.ups = backup.ups
        self._freezer = freezer

    async def until(
        self,
        text: str,
        hass: HomeAssistant | None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Let time pass, and something happen at its end, and all that is due in it."""
        end = clock_time(text)
        while datetime.now(UTC) < end:
            # What a cap takes off shows at the UPS from the next reading on.
            self.ups.load = 300 + self.host.zone("package-0").power(now())
            self._freezer.tick(min(STEP, end - datetime.now(UTC)))
            self.host.advance()
            self.ups.catch_up()
            if then is not None and datetime.now(UTC) == end:
                then()
            if hass is not None:
                await self.settle(hass)

    async def settle(self, hass: HomeAssistant) -> None:
        """Let happen what is due."""
        await self.backup.heard(hass)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        while tasks := [*filter(_ends, hass._background_tasks)]:
            await asyncio.wait(tasks)
            await hass.async_block_till_done()

    async def stop(self, hass: HomeAssistant, those: list[MockConfigEntry]) -> None:
        """Unload all entries; the host takes two seconds to look at its originals."""
        for entry in those:
            unloading = asyncio.ensure_future(
                hass.config_entries.async_unload(entry.entry_id)
            )
            while not unloading.done():
                self._freezer.tick(0.001)
                await asyncio.sleep(0)

    @property
    def cap(self) -> float:
        """Return the cap that the processor holds, in W."""
        return self.host.limit() / 1e6


@pytest.fixture(params=[WinPowerUps, EcoFlowStation])
async def evening(
    request: pytest.FixtureRequest,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    hass_storage: dict[str, Any],
) -> AsyncGenerator[Evening]:
    """Return the evening at its beginning."""
    freezer.move_to(clock_time("17:40:00"))
    monkeypatch.setattr(
        PollingCoordinator.__init__,
        "__defaults__",
        (Clock(now, lambda: datetime.now(UTC)),),
    )
    host = client(now, lambda seconds: 100.0)
    package = host.zone("package-0")
    package.constraint("long_term").value = 125_000_000
    host.zones = [zone for zone in host.zones if zone.name != "psys"][:1]
    monkeypatch.setattr(files, "PowercapFiles", lambda path: host.files)
    # Time goes by in leaps, and answers to pings may miss one.
    monkeypatch.setattr(session, "KEEP_ALIVE", 3600)
    backup = request.param()
    async with backup.server:
        yield Evening(host, backup, freezer)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """Return a folder with the day's prices; the file has Berlin's time."""
    rows = ["Period,Volume (MWh),Price (€/MWh)"]
    for hour in range(24):
        price = 400 if hour == 19 else 100
        rows.append(f"{hour:02}:00-{hour + 1:02}:00,50.0,{price}.00")
    (tmp_path / "epex_data_2026-01-15.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def entries(evening: Evening, prices: Path) -> list[MockConfigEntry]:
    """Return the entries of UPS or station, prices and host."""
    return [
        MockConfigEntry(
            title=title,
            unique_id=f"{kind}_evening",
            data={CONF_DEVICE_TYPE: kind, **data},
            options=options,
        )
        for kind, title, data, options in (
            evening.backup.row,
            (
                "epex",
                "EPEX",
                {
                    "source": "csv",
                    "zone": "DE-LU",
                    "currency": "EUR",
                    "path": str(prices),
                },
                {"cost_import": [evening.backup.energy]},
            ),
            (
                "rapl",
                "Host",
                {"path": "/host/powercap", "allow_control": True},
                {
                    "limits": {"floor": 50},
                    "prices": {"price_entity": TOTAL, "threshold": 0.3},
                    "battery": {
                        "battery_sensors": [evening.backup.on_battery],
                        "runtime": 1,
                        "until": "19:20:00",  # Berlin's time
                    },
                },
            ),
        )
    ]


async def async_start(
    hass: HomeAssistant, evening: Evening, those: list[MockConfigEntry]
) -> None:
    """Load the entries of the house."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    for entry in those:
        await async_load_again(hass, entry)
        await evening.settle(hass)


def number(hass: HomeAssistant, entity_id: str) -> float:
    """Return what a sensor shows."""
    return float(shown(hass, entity_id))


async def async_arm(hass: HomeAssistant) -> None:
    """Let prices lead the caps."""
    await hass.services.async_call(
        "select",
        "select_option",
        {ATTR_ENTITY_ID: "select.host_capping_mode", "option": "price_threshold"},
        blocking=True,
    )
    await hass.services.async_call(
        "switch",
        "turn_on",
        {ATTR_ENTITY_ID: "switch.host_capping_armed"},
        blocking=True,
    )


async def test_evening(
    evening: Evening, prices: Path, hass_storage: dict[str, Any]
) -> None:
    """Log, energy, caps and costs are those of the table."""
    ups, those = evening.ups, entries(evening, prices)
    async with home_assistant() as hass:
        await async_start(hass, evening, those)
        await async_arm(hass)
        await evening.until("17:49:50", hass)
        assert (evening.cap, ups.watts) == (125, 400)
        assert shown(hass, REASON) == "price_threshold"
        assert number(hass, LASTS) == 27.0
        assert number(hass, LASTS_AT_FLOOR) == pytest.approx(27 * 400 / 350)
        # When the host was read, at 17:49:30, there were 1830 s to 18:20.
        assert number(hass, NEEDED) == pytest.approx(400 * 1620 / 1830 - 300)

        await evening.until("17:50:00", hass, ups.lose_mains)
        assert evening.cap == 60
        assert shown(hass, REASON) == "on_battery"
        await evening.until("17:59:50", hass)
        assert (evening.cap, ups.watts) == (60, 360)

        await evening.until("18:00:00", hass)
        assert evening.cap == 50
        assert shown(hass, REASON) == "price_threshold"
        await evening.until("18:05:00", hass)
        assert (evening.cap, ups.watts) == (50, 350)
        await evening.stop(hass, those)
    assert evening.cap == 125

    await evening.until("18:06:00", None)
    assert ups.watts == 400
    async with home_assistant() as hass:
        await async_start(hass, evening, those)
        assert evening.cap == 50
        assert shown(hass, REASON) == "on_battery"
        await evening.until("18:15:00", hass, ups.restore_mains)
        assert shown(hass, REASON) == "mains_settling"
        await evening.until("18:25:00", hass)
        assert (evening.cap, ups.watts) == (50, 350)
        assert shown(hass, REASON) == "price_threshold"
        await evening.until("18:30:00", hass)

        response = await hass.services.async_call(
            DOMAIN, "outages", {}, blocking=True, return_response=True
        )
        assert response is not None
        (device,) = cast("list[dict[str, Any]]", response["devices"])
        assert device["outages"] == [
            {
                "start": "2026-01-15T17:50:00+00:00",
                "end": "2026-01-15T18:15:00+00:00",
                "duration": 1500.0,
                "at_least": False,
                "energy": round(OUTAGE / 3600, 3),
                "lowest_charge": 9.0,
            }
        ]
        # What a ledger counts is shown up to 25 s late, when it is on disk.
        meter = number(hass, evening.backup.energy)
        assert meter * 3.6e6 == pytest.approx(BEFORE + METERED, abs=25 * 350)
        processor = number(hass, "sensor.package_0_energy")
        assert processor * 3.6e6 == pytest.approx(PROCESSOR, abs=90 * 50)
        cost = number(hass, evening.backup.cost)
        assert cost == pytest.approx(
            COST, abs=25 * 360 * 0.3 / 3.6e6 + 25 * 350 * 0.4 / 3.6e6
        )
        await evening.stop(hass, those)
    assert evening.cap == 125
