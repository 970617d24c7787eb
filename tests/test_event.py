"""Events of a UPS: each once, within one poll, and none that was none."""

from collections.abc import Callable

import pytest

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from .common import async_add_winpower, shown
from .conftest import Wait
from .simulators.winpower import SimulatedUps, UpsMode, WinPowerSimulator

POWER_EVENT = "event.c3k_power_event"


@pytest.fixture
def ups(winpower: WinPowerSimulator) -> SimulatedUps:
    """Return the server's UPS."""
    return winpower.upses[0]


@pytest.fixture
def told(hass: HomeAssistant) -> list[str]:
    """Return the events as they come; triggers miss those that end unavailability."""
    told: list[str] = []
    times = {STATE_UNAVAILABLE, STATE_UNKNOWN}

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if old is None or new is None or new.state in times:
            return
        times.add(new.state)
        missed = old.state == STATE_UNAVAILABLE
        told.append(new.attributes["event_type"] + (" missed" if missed else ""))

    async_track_state_change_event(hass, POWER_EVENT, note)
    return told


async def test_mains(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    told: list[str],
    wait: Wait,
) -> None:
    """Mains lost is told within five seconds, mains back within two."""
    await async_add_winpower(hass, winpower)
    await wait(3)
    ups.lose_mains()
    await wait(5)
    assert told == ["mains_lost"]
    ups.restore_mains()
    await wait(2)
    assert told == ["mains_lost", "mains_back"]
    await wait(30)
    assert told == ["mains_lost", "mains_back"]


@pytest.mark.parametrize(
    "condition",
    [SimulatedUps.lose_mains, SimulatedUps.fail, SimulatedUps.start_battery_test],
)
async def test_none_at_the_start(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    told: list[str],
    wait: Wait,
    condition: Callable[[SimulatedUps], None],
) -> None:
    """What is so from the start did not happen now; nor did it after a reload."""
    ups.charge = 10
    condition(ups)
    entry = await async_add_winpower(hass, winpower)
    await wait(8)
    assert shown(hass, POWER_EVENT) == STATE_UNKNOWN
    await hass.config_entries.async_reload(entry.entry_id)
    await wait(8)
    assert shown(hass, POWER_EVENT) == STATE_UNKNOWN
    assert told == []


@pytest.mark.parametrize(("options", "low"), [({}, 20), ({"battery_low": 55}, 55)])
async def test_battery_low(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    told: list[str],
    wait: Wait,
    options: dict[str, float],
    low: float,
) -> None:
    """A battery that runs low is told once; one that is charging is no news."""
    await async_add_winpower(hass, winpower, **options)
    ups.charge = low - 1
    await wait(10)
    ups.charge = 90
    await wait(5)
    assert told == []

    ups.lose_mains()
    ups.charge = low + 2
    await wait(5)
    assert told == ["mains_lost"]
    ups.charge = low
    await wait(2)
    assert told == ["mains_lost", "battery_low"]
    ups.restore_mains()
    await wait(30)
    assert told == ["mains_lost", "battery_low", "mains_back"]


async def test_two_at_once(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    told: list[str],
    wait: Wait,
) -> None:
    """What begins within one poll is told one by one."""
    await async_add_winpower(hass, winpower)
    ups.charge = 10
    ups.lose_mains()
    await wait(5)
    assert told == ["mains_lost", "battery_low"]


@pytest.mark.parametrize("code", ["", "17"])
async def test_fault(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    told: list[str],
    wait: Wait,
    code: str,
) -> None:
    """A fault is told once, named or not; its end is no event."""
    await async_add_winpower(hass, winpower)
    ups.fail(code)
    await wait(10)
    assert told == ["fault"]
    ups.clear_fault()
    await wait(5)
    ups.fail(code)
    await wait(5)
    assert told == ["fault", "fault"]


async def test_battery_test_is_no_outage(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    told: list[str],
    wait: Wait,
) -> None:
    """A battery test runs on battery on purpose."""
    await async_add_winpower(hass, winpower)
    ups.start_battery_test()
    await wait(30)
    assert told == []


async def test_mode_that_says_nothing_of_mains(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    told: list[str],
    wait: Wait,
) -> None:
    """Between what is known, the unknown is no change."""
    await async_add_winpower(hass, winpower)
    for mode in (9, UpsMode.LINE, UpsMode.BATTERY, UpsMode.POWERING_ON, UpsMode.LINE):
        ups.mode = mode
        await wait(5)
    assert told == ["mains_lost", "mains_back"]


async def test_change_while_the_server_is_down(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    told: list[str],
    wait: Wait,
) -> None:
    """What changed meanwhile is told once it is known, after the state is back."""
    await async_add_winpower(hass, winpower)
    for change, event in (
        (ups.lose_mains, "mains_lost"),
        (ups.restore_mains, "mains_back"),
    ):
        await winpower.stop_listening()
        await wait(5)
        assert shown(hass, POWER_EVENT) == STATE_UNAVAILABLE
        change()
        await winpower.listen_again()
        await wait(5)
        assert told[-1] == event
    assert told == ["mains_lost", "mains_back"]


@pytest.mark.parametrize("gone", [True, False])
async def test_change_while_the_ups_is_away(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    told: list[str],
    wait: Wait,
    gone: bool,
) -> None:
    """The same holds for a UPS that its server does not reach, or does not list."""
    await async_add_winpower(hass, winpower)
    if gone:
        winpower.upses.remove(ups)
    ups.connected = False
    await wait(5)
    assert shown(hass, POWER_EVENT) == STATE_UNAVAILABLE
    ups.lose_mains()
    ups.connected = True
    winpower.upses[:] = [ups]
    await wait(5)
    assert told == ["mains_lost"]


async def test_empty_battery_is_not_mains(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    ups: SimulatedUps,
    told: list[str],
    wait: Wait,
) -> None:
    """A UPS that has run its battery down does not say that mains is back."""
    await async_add_winpower(hass, winpower)
    ups.charge = 1
    ups.lose_mains()
    await wait(1200)
    assert shown(hass, "sensor.c3k_mode") == "standby"
    assert shown(hass, "binary_sensor.c3k_on_battery") == "unknown"
    assert "mains_back" not in told
    ups.restore_mains()
    await wait(10)
    assert told[-1] == "mains_back"
