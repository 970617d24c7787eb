"""The entities of a WinPower G2 server and its UPSs, as Home Assistant shows them."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.power_steward.devices.winpower.entities import SERVER, UPS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from ...common import async_add_winpower, entities, shown
from ...conftest import Wait
from ...simulators.winpower import REMOVED, SimulatedUps, WinPowerSimulator

ALL = (*SERVER, *UPS)


@pytest.fixture
async def upses(winpower: WinPowerSimulator) -> list[SimulatedUps]:
    """Give the server one UPS of each kind, and return them."""
    upses = [
        SimulatedUps(id="single"),
        SimulatedUps.three_phase(id="three"),
        SimulatedUps.line_interactive(id="usb"),
    ]
    winpower.upses[:] = upses
    winpower.settle()
    upses[2].start_battery_test()
    return upses


# What is there


@pytest.mark.usefixtures("upses")
@pytest.mark.parametrize("device_key", ["hub", "single", "three", "usb"])
async def test_entities(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    winpower: WinPowerSimulator,
    snapshot: SnapshotAssertion,
    device_key: str,
) -> None:
    """The server and each kind of UPS have the entities that they should have."""
    freezer.move_to("2026-11-20T12:00:00+00:00")
    entry = await async_add_winpower(hass, winpower)
    assert entities(hass, entry, device_key) == snapshot


@pytest.mark.usefixtures("upses", "all_enabled")
async def test_disabled_entities(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    winpower: WinPowerSimulator,
    snapshot: SnapshotAssertion,
) -> None:
    """What is disabled from the start shows the right thing once it is enabled."""
    freezer.move_to("2026-11-20T12:00:00+00:00")
    entry = await async_add_winpower(hass, winpower)
    disabled = {item.key for item in ALL if not item.entity_registry_enabled_default}
    assert {
        entity_id: entity["state"]
        for device_key in ("hub", "single")
        for entity_id, entity in entities(hass, entry, device_key).items()
        if entity["unique_id"].removeprefix(f"{entry.unique_id}_{device_key}_")
        in disabled
    } == snapshot


@pytest.mark.usefixtures("upses")
async def test_devices(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    winpower: WinPowerSimulator,
    snapshot: SnapshotAssertion,
) -> None:
    """The server is a device, and the UPSs are devices behind it."""
    entry = await async_add_winpower(hass, winpower)
    devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    names = {device.id: device.name for device in devices}
    assert {
        device.name: {
            "identifiers": device.identifiers,
            "manufacturer": device.manufacturer,
            "model": device.model,
            "serial_number": device.serial_number,
            "sw_version": device.sw_version,
            "configuration_url": device.configuration_url == winpower.url,
            "via": device.via_device_id and names[device.via_device_id],
        }
        for device in devices
    } == snapshot


async def test_serial_number(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    winpower: WinPowerSimulator,
) -> None:
    """A serial number goes into the device registry, from a server that tells one."""
    winpower.upses[0].overrides["assetDevice"] = {"serialNumber": "1234-5678"}
    entry = await async_add_winpower(hass, winpower)
    device = entry.runtime_data.device(winpower.upses[0].id)
    assert isinstance(device, dr.DeviceEntry)
    assert device.serial_number == "1234-5678"


# What it says


MODES = {
    0: ("powering_on", "unknown", "off", "off", "off"),
    1: ("standby", "unknown", "off", "off", "off"),
    2: ("bypass", "off", "on", "off", "off"),
    3: ("line", "off", "off", "off", "off"),
    4: ("battery", "on", "off", "off", "off"),
    5: ("battery_test", "off", "off", "on", "off"),
    6: ("fault", "unknown", "off", "off", "on"),
    9: ("unknown", "unknown", "unknown", "unknown", "off"),
}
"""By code: what the mode, on battery, bypass, battery test and fault say."""


@pytest.mark.usefixtures("all_enabled")
async def test_modes(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    subtests: pytest.Subtests,
) -> None:
    """Of a mode is said what is known of it, and no more; the code is always there."""
    await async_add_winpower(hass, winpower)
    for code, states in MODES.items():
        with subtests.test(code=code):
            winpower.upses[0].mode = code
            await wait(5)
            assert shown(hass, "sensor.c3k_mode_code") == str(code)
            assert states == (
                shown(hass, "sensor.c3k_mode"),
                shown(hass, "binary_sensor.c3k_on_battery"),
                shown(hass, "binary_sensor.c3k_bypass"),
                shown(hass, "binary_sensor.c3k_battery_test"),
                shown(hass, "binary_sensor.c3k_fault"),
            )


VALUES: list[tuple[str, object, dict[str, str]]] = [
    ("status", "1", {"sensor.c3k_status": "normal", "binary_sensor.c3k_alarm": "off"}),
    ("status", "2", {"sensor.c3k_status": "alarm", "binary_sensor.c3k_alarm": "on"}),
    ("status", "8", {"sensor.c3k_status": "unknown", "sensor.c3k_status_code": "8"}),
    ("batteryStatus", "2", {"sensor.c3k_battery_status": "normal"}),
    ("batteryStatus", "3", {"sensor.c3k_battery_status": "unknown"}),
    ("batteryStatus", "3", {"sensor.c3k_battery_status_code": "3"}),
    ("testStatus", "5", {"sensor.c3k_battery_test_status_code": "5"}),
    ("faultCode", "", {"sensor.c3k_fault_code": "none"}),
    ("faultCode", "17", {"sensor.c3k_fault_code": "17"}),
    ("faultCode", "17", {"binary_sensor.c3k_fault": "on"}),
    ("isCharging", "0", {"binary_sensor.c3k_charging": "off"}),
    ("isCharging", "true", {"binary_sensor.c3k_charging": "on"}),
    ("isCharging", "2", {"binary_sensor.c3k_charging": "unknown"}),
    ("batCapacity", "20", {"binary_sensor.c3k_battery_low": "on"}),
    ("batCapacity", "21", {"binary_sensor.c3k_battery_low": "off"}),
    ("batCapacity", "", {"binary_sensor.c3k_battery_low": "unknown"}),
    ("loadPercent", "135", {"sensor.c3k_load": "135.0"}),
    ("upsTemperature", "-3.5", {"sensor.c3k_temperature": "-3.5"}),
    ("batRemainTime", "6723.0", {"sensor.c3k_remaining_time": "112.05"}),
    ("inputVolt1", 0, {"sensor.c3k_input_voltage": "0.0"}),
    ("inputVolt1", "", {"sensor.c3k_input_voltage": "unknown"}),
    ("inputVolt1", REMOVED, {"sensor.c3k_input_voltage": "unknown"}),
    ("inputVolt1", "n/a", {"sensor.c3k_input_voltage": "unknown"}),
]


@pytest.mark.usefixtures("all_enabled")
async def test_values(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    subtests: pytest.Subtests,
) -> None:
    """Of a value is said what is known of it; an unusable one leaves the others be."""
    await async_add_winpower(hass, winpower)
    for member, value, states in VALUES:
        with subtests.test(f"{member}={value!r}"):
            winpower.upses[0].overrides["realtime"] = {member: value}
            await wait(5)
            assert {entity_id: shown(hass, entity_id) for entity_id in states} == states
            assert shown(hass, "sensor.c3k_output_voltage") == "220.1"


@pytest.mark.parametrize(
    "alarms", [["Mains lost", {"id": 501}], [[], None], [1, 2], [{"a": {"b": []}}, "x"]]
)
async def test_alarms(
    hass: HomeAssistant, winpower: WinPowerSimulator, alarms: list[Any]
) -> None:
    """Alarms are counted, whatever they look like."""
    winpower.upses[0].alarms = alarms
    await async_add_winpower(hass, winpower)
    assert shown(hass, "sensor.c3k_active_alarms") == "2"
    assert shown(hass, "binary_sensor.c3k_alarm") == "on"


# When there is nothing to say


def states_of(hass: HomeAssistant, device: str) -> dict[str, str]:
    """Return the states of a device's entities, by what follows the device's name."""
    return {
        state.entity_id.removeprefix(f"{state.domain}.{device}_"): state.state
        for state in hass.states.async_all()
        if state.object_id.startswith(device)
    }


@pytest.mark.parametrize("realtime", ["empty", "stale", "missing"])
async def test_ups_out_of_the_servers_reach(
    hass: HomeAssistant,
    winpower: WinPowerSimulator,
    wait: Wait,
    realtime: Any,
) -> None:
    """Only what stays true is shown: that it is out of reach, and what was so far."""
    await async_add_winpower(hass, winpower)
    ups = winpower.upses[0]
    ups.connected, ups.offline_realtime = False, realtime
    await wait(5)
    states = states_of(hass, "c3k")
    assert states.pop("connected") == "off"
    assert float(states.pop("energy")) >= 0
    assert states.pop("outages") == "0"
    assert set(states.values()) == {"unavailable"}

    ups.connected = True
    await wait(5)
    assert "unavailable" not in states_of(hass, "c3k").values()


async def test_ups_never_reached(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """A UPS that was away from the start gets its entities when it is there."""
    ups = winpower.upses[0]
    ups.connected = False
    await async_add_winpower(hass, winpower)
    states = states_of(hass, "c3k")
    assert states.pop("connected") == "off"
    assert set(states.values()) == {"unavailable"}

    ups.connected = True
    await wait(5)
    assert shown(hass, "sensor.c3k_load_power") == "195.0"


async def test_server_out_of_reach(
    hass: HomeAssistant, winpower: WinPowerSimulator, wait: Wait
) -> None:
    """Without the server nothing is known of the UPSs, but what is of the server."""
    await async_add_winpower(hass, winpower)
    await winpower.stop_listening()
    await wait(5)
    assert set(states_of(hass, "c3k").values()) == {"unavailable"}
    assert states_of(hass, "winpower") == {
        "127_0_0_1_connected": "off",
        "127_0_0_1_devices": "unknown",
        "127_0_0_1_failed_polls": "1",
        "127_0_0_1_last_failure": "cannot_connect",
        "127_0_0_1_logged_in": "on",
    }
