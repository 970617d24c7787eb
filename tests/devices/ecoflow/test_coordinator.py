"""Every device of the account is live, and stays or becomes so again."""

import asyncio
from collections import Counter
import json
import time
from typing import override

import pytest

from custom_components.power_steward.devices.ecoflow import (
    client,
    coordinator as module,
)
from custom_components.power_steward.devices.ecoflow.const import CONF_GENERATION
from custom_components.power_steward.devices.ecoflow.watchdog import State, Watchdog
from custom_components.power_steward.devices.errors import (
    CannotConnect,
    NotConfirmed,
    RequestRefused,
    UserMistake,
    ValueImpossible,
)
from homeassistant.core import HomeAssistant

from ...simulators.ecoflow import RestFault, SimulatedHome, SimulatedStation
from .accounts import DELTA, STREAM, add_devices, an_entry, hub, live, of, set_up, until
from .conftest import seen

PLUG = "HW52TEST00000001"
OTHER_FAMILIES = {
    "R611TEST00000002": "river_2_max",
    "P351TEST00000003": "delta_3_plus",
    "HW51TEST00000004": "powerstream",
    "HW52TEST00000005": "smart_plug",
}


async def test_an_account(hass: HomeAssistant, home: SimulatedHome) -> None:
    """All devices are asked, answer, and push what changes, at once."""
    entry = an_entry(home)
    coordinator = await set_up(hass, entry)
    assert not of(coordinator, DELTA).available
    await until(lambda: live(coordinator))
    assert of(coordinator, DELTA).values["output_power"] == 43
    assert of(coordinator, DELTA).facts.name == "Kitchen"
    # The last of its twelve messages says so.
    await until(lambda: of(coordinator, STREAM).values["inverter_power"] == 40.3)
    assert of(coordinator, STREAM).facts.name == "Stream Micro 0001"
    assert hub(coordinator).connected
    await asyncio.sleep(0.3)
    took = []
    for watts in (44, 45, 46):
        began = time.monotonic()
        home.push(DELTA, {"pd.wattsOutSum": watts})
        await until(lambda: of(coordinator, DELTA).values["output_power"] == watts)  # noqa: B023
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.25)
    assert min(took) < 0.05
    assert await hass.config_entries.async_unload(entry.entry_id)
    await until(lambda: not home.broker.client_ids)


async def test_a_developer(hass: HomeAssistant, home: SimulatedHome) -> None:
    """Values come over REST at first, then over the broker; refusals spoil nothing."""
    home.stations[STREAM].allowed = False
    coordinator = await set_up(hass, an_entry(home, developer=True))
    assert of(coordinator, DELTA).values["output_power"] == 43
    assert not of(coordinator, STREAM).available
    await until(lambda: bool(home.broker.client_ids))
    topic = f"/open/open-000001/{DELTA}/quota"
    await until(lambda: home.broker.subscribers(topic) == 1)
    home.broker.deliver(
        topic,
        json.dumps({"typeCode": "pdStatus", "params": {"wattsOutSum": 9}}).encode(),
    )
    await until(lambda: of(coordinator, DELTA).values["output_power"] == 9)
    home.say_status(DELTA, online=False)
    await until(lambda: not of(coordinator, DELTA).available)
    home.say_status(DELTA, online=True)
    home.push(DELTA, {"pd.wattsOutSum": 11})
    await until(lambda: of(coordinator, DELTA).available)
    assert of(coordinator, DELTA).values["output_power"] == 11


async def test_pushes_are_gathered(hass: HomeAssistant, home: SimulatedHome) -> None:
    """A hundred pushes in a row are a few updates, and the last one counts."""
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    updates = 0

    def count() -> None:
        nonlocal updates
        updates += 1

    coordinator.async_add_listener(count)
    for watts in range(100):
        home.push(DELTA, {"pd.wattsOutSum": watts})
    await until(lambda: of(coordinator, DELTA).values["output_power"] == 99)
    assert updates < 30


async def test_a_message_costs_no_look_at_other_devices(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While all speak, only the one that spoke is looked at, and one look a second."""
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    looks: Counter[str] = Counter()
    state = Watchdog.state

    def counted(self: Watchdog, serial: str, now: float) -> State:
        looks[serial] += 1
        return state(self, serial, now)

    monkeypatch.setattr(Watchdog, "state", counted)
    for watts in range(100):
        home.push(DELTA, {"pd.wattsOutSum": watts})
    await until(lambda: of(coordinator, DELTA).values["output_power"] == 99)
    assert looks[DELTA] >= 100
    assert looks[STREAM] < looks[DELTA] / 4


@pytest.mark.parametrize("developer", [False, True])
async def test_the_client_id_stays(
    hass: HomeAssistant, home: SimulatedHome, developer: bool
) -> None:
    """It is the same after each start, and no other entry has it."""
    entry = an_entry(home, developer=developer)
    coordinator = await set_up(hass, entry)
    await until(lambda: home.listened_to(DELTA))
    assert await hass.config_entries.async_reload(entry.entry_id)
    await until(lambda: home.listened_to(DELTA))
    first, again = home.broker.connects
    assert first == again
    end = entry.entry_id if developer else home.account.user_id
    assert first.endswith(end)
    other = an_entry(home, developer=developer)
    certification = await coordinator._certified()
    coordinator.config_entry = other
    assert (await coordinator._identity(certification))[1] != first


class Hasty(Watchdog):
    """A watchdog that loses its patience soon."""

    @override
    def watch(
        self, serial: str, ask_interval: float, stale_after: float, now: float
    ) -> None:
        """Watch a device as if a minute were a tenth of a second."""
        super().watch(serial, ask_interval / 600, stale_after / 600, now)


async def test_faults_of_a_day(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each fault all devices are live again, and the newest values are known.

    The devices are of six families.
    """
    monkeypatch.setattr(module, "CERTIFICATION_LIFETIME", 3600.0)
    add_devices(home, OTHER_FAMILIES)
    entry = an_entry(home)
    coordinator = await set_up(hass, entry)
    assert len({it.model.family.name for it in coordinator._stations.values()}) == 6
    await until(lambda: live(coordinator))

    async def all_is_well(watts: int) -> None:
        await until(lambda: bool(home.broker.client_ids))
        stem = f"/app/device/property/{DELTA}"
        await until(lambda: home.broker.subscribers(stem) == 1)
        home.push(DELTA, {"pd.wattsOutSum": watts})
        await until(
            lambda: (
                of(coordinator, DELTA).values.get("output_power") == watts
                and live(coordinator)
                and hub(coordinator).connected
            )
        )

    home.broker.drop()
    await all_is_well(1)
    await home.broker.stop()
    await until(lambda: not hub(coordinator).connected)
    assert live(coordinator)  # for a while, and the account still answers
    await home.broker.listen()
    await all_is_well(2)
    home.broker.steal(home.broker.client_ids[0])
    await all_is_well(3)
    coordinator._client._kept.clear()
    home.renew_certificate("certificate-2")
    await all_is_well(4)
    assert home.cloud.asked("certification") == 2
    # A certification is renewed before it ends, and nobody notices.
    coordinator._client._kept.clear()
    coordinator._certified_at -= 3600
    home.push(DELTA, {"pd.wattsInSum": 1})
    await until(lambda: home.cloud.asked("certification") == 3)
    assert live(coordinator)
    await all_is_well(5)
    # A device that freezes holds nobody up, and comes back by itself.
    home.stations[STREAM].silent = True
    coordinator._watchdog._devices[STREAM].stale_after = 0.2
    coordinator._watchdog._devices[STREAM].ask_interval = 0.1
    home.broker.drop()
    await until(lambda: not of(coordinator, STREAM).available)
    home.push(DELTA, {"pd.wattsOutSum": 6})
    await until(lambda: of(coordinator, DELTA).values["output_power"] == 6)
    home.stations[STREAM].silent = False
    await all_is_well(7)


async def test_a_stolen_client_id(hass: HomeAssistant, home: SimulatedHome) -> None:
    """Who ends our sessions again and again may keep the id; we take another."""
    entry = an_entry(home)
    coordinator = await set_up(hass, entry)
    await until(lambda: live(coordinator))
    first = home.broker.client_ids[0]
    assert first.endswith(f"_{home.account.user_id}")

    asked = 0

    def stolen_for_good() -> bool:
        """Steal each session once it has asked all devices."""
        nonlocal asked
        if home.stations[STREAM].asked > asked:
            asked = home.stations[STREAM].asked
            home.broker.steal(first)
        return CONF_GENERATION in entry.data

    await until(stolen_for_good)
    await until(lambda: bool(home.broker.client_ids))
    assert home.broker.client_ids[0] != first
    assert entry.data[CONF_GENERATION] == 1
    await until(lambda: live(coordinator) and hub(coordinator).connected)


async def test_frozen_devices(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked in vain they hold no longer; the session is made anew and they live."""
    monkeypatch.setattr(module, "Watchdog", Hasty)
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    sessions = len(home.broker.connects)
    home.stations[DELTA].silent = home.stations[STREAM].silent = True
    for serial in (DELTA, STREAM):
        await until(lambda: not of(coordinator, serial).available)  # noqa: B023
    await until(lambda: len(home.broker.connects) > sessions)
    assert coordinator.last_update_success
    home.stations[DELTA].silent = home.stations[STREAM].silent = False
    await until(lambda: live(coordinator))


async def test_one_frozen_device(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are live all the while."""
    monkeypatch.setattr(module, "Watchdog", Hasty)
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    home.stations[STREAM].silent = True
    await until(lambda: not of(coordinator, STREAM).available)
    assert of(coordinator, DELTA).available
    home.stations[STREAM].silent = False
    await until(lambda: live(coordinator))


async def test_no_broker(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was known holds for a while; then devices are unavailable, and stay so.

    That the account answers all the while makes no old value true.
    """
    monkeypatch.setattr(module, "Watchdog", Hasty)
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    await home.broker.stop()
    await until(lambda: not hub(coordinator).connected)
    shown = []
    for _ in range(10):
        await coordinator.async_refresh()
        shown.append(of(coordinator, DELTA).available)
        assert coordinator.last_update_success
        assert not hub(coordinator).connected
        assert hub(coordinator).device_count == 2
        await asyncio.sleep(0.1)
    assert shown == sorted(shown, reverse=True)
    assert not shown[-1]
    await home.broker.listen()
    await until(lambda: live(coordinator) and hub(coordinator).connected)


async def test_no_broker_for_a_developer(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values are then read over REST, and hold."""
    monkeypatch.setattr(module, "Watchdog", Hasty)
    monkeypatch.setattr(client, "QUOTA_SPACING", 0.05)
    await home.broker.stop()
    coordinator = await set_up(hass, an_entry(home, developer=True))
    await until(lambda: hub(coordinator).last_failure == "cannot_connect")
    for watts in range(50, 60):
        home.push(DELTA, {"pd.wattsOutSum": watts})
        await asyncio.sleep(0.15)
        await coordinator.async_refresh()
        assert of(coordinator, DELTA).available
        assert of(coordinator, DELTA).values["output_power"] == watts
    assert not hub(coordinator).connected


async def test_neither_broker_nor_rest(
    hass: HomeAssistant, home: SimulatedHome
) -> None:
    """Then nothing is available, until one of them is back."""
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    await home.broker.stop()
    await until(lambda: not hub(coordinator).connected)
    assert coordinator.last_update_success
    coordinator._client._kept.clear()
    home.cloud.faults = [RestFault(status=503)]
    await coordinator.async_refresh()
    assert not coordinator.last_update_success
    assert hub(coordinator).device_count is None
    await home.broker.listen()
    await until(lambda: coordinator.last_update_success and live(coordinator))
    assert hub(coordinator).connected


async def test_devices_come_and_go(hass: HomeAssistant, home: SimulatedHome) -> None:
    """A new device is listened to, and one that is gone is let go of."""
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    plug = SimulatedStation(
        PLUG, answers=[payload for _, payload in seen("smart_plug").messages]
    )
    home.stations[PLUG] = home.cloud.devices[PLUG] = plug
    del home.cloud.devices[STREAM], home.stations[STREAM]
    coordinator._client._kept.clear()
    await coordinator.async_refresh()
    home.push(DELTA, {"pd.wattsOutSum": 5})
    await until(lambda: PLUG in coordinator.data and of(coordinator, PLUG).available)
    assert STREAM not in coordinator.data
    assert of(coordinator, PLUG).values["switch"] is True


async def test_the_list_may_fail_while_the_broker_speaks(
    hass: HomeAssistant, home: SimulatedHome
) -> None:
    """The cloud's REST being down is no news while devices push."""
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    coordinator._client._kept.clear()
    home.cloud.faults = [RestFault(status=503)]
    await coordinator.async_refresh()
    assert coordinator.last_update_success
    assert live(coordinator)


async def test_commands(hass: HomeAssistant, home: SimulatedHome) -> None:
    """A command is done once the device says that it is so."""
    home.stations[DELTA].obeys = {"upsConfig": "bms_emsStatus.maxChargeSoc"}
    home.push(DELTA, {"bms_emsStatus.maxChargeSoc": 80, "bms_emsStatus.minDsgSoc": 5})
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    await coordinator.async_set(DELTA, "charge_limit", 90)
    await until(lambda: of(coordinator, DELTA).values["charge_limit"] == 90)
    with pytest.raises(RequestRefused, match="declines"):
        await coordinator.async_set(DELTA, "discharge_limit", 10)
    with pytest.raises(ValueImpossible, match="cannot be 10"):
        await coordinator.async_set(DELTA, "charge_limit", 10)
    assert of(coordinator, DELTA).values["discharge_limit"] == 5


async def test_a_command_to_a_device_that_says_much(
    hass: HomeAssistant, home: SimulatedHome
) -> None:
    """Other news in the meantime does not make the wait for it any shorter."""
    home.stations[DELTA].obeys = {"upsConfig": "something.else"}
    home.push(DELTA, {"bms_emsStatus.maxChargeSoc": 80})
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    doing = asyncio.create_task(coordinator.async_set(DELTA, "charge_limit", 90))
    raw = coordinator._stations[DELTA].raw
    await until(lambda: raw.get("something.else") == 90)
    for watts in range(1, 10):
        home.push(DELTA, {"pd.wattsOutSum": watts})
        await until(lambda: raw["pd.wattsOutSum"] == watts)  # noqa: B023
    assert not doing.done()
    home.push(DELTA, {"bms_emsStatus.maxChargeSoc": 90})
    await doing


async def test_commands_that_are_not_obeyed(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said yes and done no, or said nothing at all: that is an error."""
    monkeypatch.setattr(module, "ANSWER_TIMEOUT", 0.4)
    home.stations[DELTA].obeys = {"upsConfig": "something.else"}
    home.push(DELTA, {"bms_emsStatus.maxChargeSoc": 80})
    coordinator = await set_up(hass, an_entry(home))
    await until(lambda: live(coordinator))
    with pytest.raises(NotConfirmed, match="did not change"):
        await coordinator.async_set(DELTA, "charge_limit", 90)
    home.stations[DELTA].silent = True
    with pytest.raises(NotConfirmed, match="did not change"):
        await coordinator.async_set(DELTA, "charge_limit", 90)
    assert of(coordinator, DELTA).values["charge_limit"] == 80
    await home.broker.stop()
    await until(lambda: coordinator._connection is None)
    with pytest.raises(CannotConnect):
        await coordinator.async_set(DELTA, "charge_limit", 90)


async def test_a_developers_commands(hass: HomeAssistant, home: SimulatedHome) -> None:
    """They go over REST, and what became of them comes over the broker."""
    home.push(DELTA, {"bms_emsStatus.maxChargeSoc": 80})
    coordinator = await set_up(hass, an_entry(home, developer=True))
    topic = f"/open/open-000001/{DELTA}/quota"
    await until(lambda: home.broker.subscribers(topic) == 1)
    doing = asyncio.create_task(coordinator.async_set(DELTA, "charge_limit", 70))
    await until(lambda: bool(home.cloud.commands))
    home.push(DELTA, {"bms_emsStatus.maxChargeSoc": 70})
    await doing
    assert home.cloud.commands[0]["params"] == {"maxChgSoc": 70}


async def test_a_developers_commands_without_pushes(
    hass: HomeAssistant, home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing is pushed, REST tells what became of it, at the last moment."""
    monkeypatch.setattr(module, "ANSWER_TIMEOUT", 0.4)
    home.stations[DELTA].obeys = {"upsConfig": "bms_emsStatus.maxChargeSoc"}
    home.push(DELTA, {"bms_emsStatus.maxChargeSoc": 80})
    await home.broker.stop()
    coordinator = await set_up(hass, an_entry(home, developer=True))
    await coordinator.async_set(DELTA, "charge_limit", 70)
    assert of(coordinator, DELTA).values["charge_limit"] == 80  # not published yet
    await coordinator.async_refresh()
    assert of(coordinator, DELTA).values["charge_limit"] == 70
    home.stations[DELTA].obeys = {}
    with pytest.raises(NotConfirmed):
        await coordinator.async_set(DELTA, "charge_limit", 90)


async def test_what_developers_cannot_set(
    hass: HomeAssistant, home: SimulatedHome
) -> None:
    """A setting that only the app has is refused before anything is sent."""
    serial = "P351TEST00000001"
    plus = SimulatedStation(serial, quotas={"cmsBattSoc": 50})
    home.stations[serial] = home.cloud.devices[serial] = plus
    coordinator = await set_up(hass, an_entry(home, developer=True))
    with pytest.raises(UserMistake, match="developer keys"):
        await coordinator.async_set(serial, "usb_output", True)
    assert not home.cloud.commands
