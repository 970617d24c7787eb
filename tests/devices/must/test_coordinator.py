"""Entities of a MUST UPS, from the line to the screen and back."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from modbus_connection import ModbusSerialParams
from modbus_connection.tmodbus import ModbusConnection, TmodbusUnit
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)

from custom_components.power_steward.const import DOMAIN, LOGGER
from custom_components.power_steward.coordinator import PollingCoordinator
from custom_components.power_steward.devices.must import client
from homeassistant.components.usb import USBDevice
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.simulators.must import (
    Gateway,
    Line,
    PvInverter,
    SerialPort,
    SimulatedMust,
    faults,
)
from tests.simulators.must.faults import Fault

from .conftest import AddEntry

SCAN = "homeassistant.components.usb.async_scan_serial_ports"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for answers that do not come."""
    monkeypatch.setattr(client, "TIMEOUT", 0.25)
    monkeypatch.setattr(client, "CONNECT_DELAY", 0.02)
    monkeypatch.setattr(TmodbusUnit, "set_message_spacing", lambda *_: None)


def state(hass: HomeAssistant, name: str) -> str:
    """Return the state of one of the UPS's entities."""
    domain, _, rest = name.partition(".")
    found = hass.states.get(f"{domain}.must_ep2000_pro_{rest}")
    assert found is not None, name
    return found.state


async def refresh(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Poll now."""
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()


async def load(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action."""
    domain, _, name = action.partition(".")
    return await hass.services.async_call(domain, name, data, blocking=True)


def device_id(hass: HomeAssistant, entry: MockConfigEntry, key: str = "ups") -> str:
    """Return the id of one of the entry's devices."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"{entry.unique_id}_{key}"), entry.entry_id
    )
    assert device is not None
    return device.id


# --- reading ----------------------------------------------------------------------------


async def test_on_mains(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A UPS on mains shows as it is."""
    assert {
        name: state(hass, name)
        for name in (
            "sensor.work_state",
            "sensor.input_voltage",
            "sensor.load_power",
            "sensor.battery_voltage",
            "sensor.remaining_time",
            "sensor.charge_stage",
            "sensor.reported_fault",
            "binary_sensor.on_battery",
            "binary_sensor.mains",
            "switch.buzzer",
        )
    } == {
        "sensor.work_state": "line",
        "sensor.input_voltage": "225.6",
        "sensor.load_power": "138",
        "sensor.battery_voltage": "13.6",
        "sensor.remaining_time": "199.9",
        "sensor.charge_stage": "float",
        "sensor.reported_fault": "none",
        "binary_sensor.on_battery": "off",
        "binary_sensor.mains": "on",
        "switch.buzzer": "on",
    }
    device = dr.async_get(hass).async_get(device_id(hass, entry))
    assert isinstance(device, dr.DeviceEntry)
    assert (device.manufacturer, device.model) == ("MUST", "EP2000 Pro")
    assert (device.sw_version, device.serial_number) == ("16710", None)


async def test_outage(
    hass: HomeAssistant, entry: MockConfigEntry, ups: SimulatedMust
) -> None:
    """An outage shows at once, polls follow faster, and its end is told."""
    coordinator: PollingCoordinator[Any] = entry.runtime_data
    assert coordinator.update_interval is not None
    assert coordinator.update_interval.total_seconds() == 5
    ups.mains = False
    await refresh(hass, entry)
    assert state(hass, "binary_sensor.on_battery") == "on"
    assert state(hass, "sensor.work_state") == "battery"
    assert state(hass, "binary_sensor.input_voltage_low") == "on"
    assert state(hass, "sensor.voltage_regulation") == STATE_UNKNOWN
    assert float(state(hass, "sensor.battery_current")) < -10
    assert coordinator.update_interval.total_seconds() == 2
    event = hass.states.get("event.must_ep2000_pro_power_event")
    assert event is not None
    assert event.attributes["event_type"] == "mains_lost"
    ups.mains = True
    await refresh(hass, entry)
    event = hass.states.get("event.must_ep2000_pro_power_event")
    assert event is not None
    assert event.attributes["event_type"] == "mains_back"
    assert coordinator.update_interval.total_seconds() == 5


async def test_thresholds(
    hass: HomeAssistant, add_entry: AddEntry, ups: SimulatedMust
) -> None:
    """Options say when a value is a problem, and a margin keeps it from flickering."""
    ups.load, ups.temperature, ups.mains_voltage = 820, 47, 185
    entry = add_entry({"temperature_high": 45, "load_high": 80, "input_low": 190})
    await load(hass, entry)
    for name in ("input_voltage_low", "temperature_high", "load_high"):
        assert state(hass, f"binary_sensor.{name}") == "on"
    ups.load, ups.temperature, ups.mains_voltage = 780, 44, 191
    await refresh(hass, entry)
    for name in ("input_voltage_low", "temperature_high", "load_high"):
        assert state(hass, f"binary_sensor.{name}") == "on"
    ups.load, ups.temperature, ups.mains_voltage = 760, 42, 193
    await refresh(hass, entry)
    for name in ("input_voltage_low", "temperature_high", "load_high"):
        assert state(hass, f"binary_sensor.{name}") == "off"


async def test_faults_and_alarms(
    hass: HomeAssistant, entry: MockConfigEntry, ups: SimulatedMust
) -> None:
    """Faults and alarms have names, and codes where they have none."""
    ups.fault, ups.alarm_bits, ups.load_state = 7, 0b110, 2
    await refresh(hass, entry)
    assert state(hass, "sensor.reported_fault") == "overload"
    assert state(hass, "sensor.fault_code") == "7"
    assert state(hass, "sensor.reported_alarm") == "battery_voltage_low"
    assert state(hass, "sensor.active_alarms") == "2"
    for name in ("fault", "alarm", "overload"):
        assert state(hass, f"binary_sensor.{name}") == "on"
    event = hass.states.get("event.must_ep2000_pro_power_event")
    assert event is not None
    assert event.attributes["event_type"] == "fault"
    ups.fault, ups.alarm_bits, ups.load_state = 4321, 0, 0
    await refresh(hass, entry)
    assert state(hass, "sensor.reported_fault") == STATE_UNKNOWN
    assert state(hass, "sensor.fault_code") == "4321"
    assert state(hass, "sensor.reported_alarm") == "none"


@pytest.mark.parametrize("has_pv", [True, False])
async def test_solar_only_with_panels(
    hass: HomeAssistant, add_entry: AddEntry, ups: SimulatedMust, has_pv: bool
) -> None:
    """Of the two kinds of type 2, only the one with panels shows solar values."""
    ups.machine_type, ups.has_pv = 2, has_pv
    await load(hass, add_entry())
    power = hass.states.get("sensor.must_ep20_pro_pv2000_solar_power")
    assert (power is not None) is has_pv
    assert power is None or power.state == "55"


async def test_split_phase(
    hass: HomeAssistant, add_entry: AddEntry, ups: SimulatedMust
) -> None:
    """A unit for two phases shows both."""
    ups.machine_type = 4100
    await load(hass, add_entry())
    second = hass.states.get("sensor.must_ep3300_tlv_input_voltage_l2")
    assert second is not None
    assert second.state == "112.8"


async def test_unknown_model(
    hass: HomeAssistant, add_entry: AddEntry, ups: SimulatedMust
) -> None:
    """A machine type that nobody knows shows codes and asks for help."""
    ups.machine_type = 77
    entry = add_entry()
    await load(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    found = hass.states.get("sensor.unknown_must_model_machine_type_code")
    assert found is not None
    assert found.state == "77"
    assert not [s for s in hass.states.async_all() if "load_power" in s.entity_id]
    issues = ir.async_get(hass)
    assert issues.async_get_issue(DOMAIN, f"unknown_model_{entry.entry_id}")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert not issues.async_get_issue(DOMAIN, f"unknown_model_{entry.entry_id}")


async def test_pv1800_behind_a_gateway(hass: HomeAssistant) -> None:
    """An inverter of the other series is read over the network."""
    async with Gateway(Line(PvInverter())) as gateway:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="MUST PV1800",
            unique_id="must_0000102345",
            data={
                "device_type": "must",
                "series": "pv",
                "unit": 4,
                "host": gateway.host,
                "port": gateway.port,
            },
        )
        entry.add_to_hass(hass)
        await load(hass, entry)
        assert entry.state is ConfigEntryState.LOADED
        load_power = hass.states.get("sensor.must_pv1800_load_power")
        assert load_power is not None
        assert load_power.state == "138"
        counter = hass.states.get("sensor.must_pv1800_counter_charged")
        assert counter is not None
        assert counter.state == "1234.5"
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_diagnostics(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: Any
) -> None:
    """The registers are in the diagnostics."""
    assert await async_setup_component(hass, "diagnostics", {})
    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert told["answer"]["30010"] == 138


# --- when things go wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [
        (faults.silence(), "no_answer", False),
        (faults.damaged(), "answer_damaged", False),
        (faults.short(), "no_answer", False),
        (faults.long(), "answer_damaged", False),
        (faults.other_unit(), "no_answer", False),
        (faults.echo(), "line_echoes", True),
        (faults.exception(4), "request_refused", False),
        (faults.nothing_but(0), "nothing_measured", True),
        (faults.nothing_but(0xFFFF), "nothing_measured", True),
    ],
    ids=[
        "silence",
        "crc",
        "short",
        "long",
        "other unit",
        "echo",
        "exception",
        "zeros",
        "ones",
    ],
)
async def test_bad_line(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    line: Line,
    case: tuple[Fault, str, bool],
) -> None:
    """Never a wrong value, and it is told what is wrong."""
    fault, reason, repair = case
    issue = f"{reason}_{entry.entry_id}"
    with line.inject(fault):
        for _ in range(3):
            await refresh(hass, entry)
            assert state(hass, "sensor.load_power") == STATE_UNAVAILABLE
        assert state(hass, "sensor.line_last_failure") == reason
        assert bool(ir.async_get(hass).async_get_issue(DOMAIN, issue)) is repair
    await refresh(hass, entry)
    assert state(hass, "sensor.load_power") == "138"
    assert not ir.async_get(hass).async_get_issue(DOMAIN, issue)


@pytest.mark.parametrize(
    "fault", [faults.noise(), faults.trailing()], ids=["noise", "trailing"]
)
async def test_noise_does_no_harm(
    hass: HomeAssistant, entry: MockConfigEntry, line: Line, fault: Fault
) -> None:
    """Rubbish around an answer is dropped."""
    with line.inject(fault):
        for _ in range(2):
            await refresh(hass, entry)
            assert state(hass, "sensor.load_power") == "138"


async def test_one_lost_answer_does_no_harm(
    hass: HomeAssistant, entry: MockConfigEntry, line: Line
) -> None:
    """A single answer that goes missing is asked for again."""
    line.inject(faults.silence(), times=2)
    await refresh(hass, entry)
    assert state(hass, "sensor.load_power") == "138"


async def test_late_answer_is_not_taken_for_the_next(
    hass: HomeAssistant, entry: MockConfigEntry, line: Line, ups: SimulatedMust
) -> None:
    """What comes after its time is dropped, not taken for what is true now."""
    line.inject(faults.late(0.35), times=1)
    refreshed = hass.async_create_task(refresh(hass, entry))
    ups.load = 250
    await refreshed
    assert state(hass, "sensor.load_power") in ("250", STATE_UNAVAILABLE)
    await refresh(hass, entry)
    assert state(hass, "sensor.load_power") == "250"


async def test_dripping(
    hass: HomeAssistant, entry: MockConfigEntry, line: Line, port: SerialPort
) -> None:
    """Bytes that come one at a time make no value."""
    with line.inject(faults.dripping(0.1)):
        await refresh(hass, entry)
        assert state(hass, "sensor.load_power") == STATE_UNAVAILABLE
        await port.unplug()
    port.plug()
    await refresh(hass, entry)
    assert state(hass, "sensor.load_power") == "138"


async def test_unplugged_in_mid_frame(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    line: Line,
    port: SerialPort,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Half an answer makes no value; loss and return are told in one line each."""
    node = port.link.readlink()
    line.baudrate = 9600
    unplugged = asyncio.create_task(port.unplug(in_mid_frame=True))
    await asyncio.sleep(0)
    caplog.clear()
    for _ in range(3):
        await refresh(hass, entry)
        assert unplugged.done()
        assert state(hass, "sensor.load_power") == STATE_UNAVAILABLE
    port.plug()
    assert port.link.readlink() != node
    await refresh(hass, entry)
    assert state(hass, "sensor.load_power") == "138"
    told = [record.levelname for record in caplog.records if record.name == LOGGER.name]
    assert [level for level in told if level != "DEBUG"] == ["ERROR", "INFO"]


async def test_unplugged_and_back(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    port: SerialPort,
) -> None:
    """The entities come back within five seconds of the adapter."""
    await port.unplug()
    await refresh(hass, entry)
    assert state(hass, "sensor.load_power") == STATE_UNAVAILABLE
    assert state(hass, "sensor.line_last_failure") == "port_missing"
    port.plug()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=4))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "sensor.load_power") == "138"


def adapter(device: str) -> USBDevice:
    """Return an adapter as the system lists it."""
    return USBDevice(
        device=device,
        vid="1A86",
        pid="7523",
        serial_number=None,
        manufacturer="QinHeng",
        description="USB Serial",
    )


@pytest.mark.parametrize("others", [0, 1])
async def test_back_under_another_name(
    hass: HomeAssistant,
    add_entry: AddEntry,
    port: SerialPort,
    tmp_path: Path,
    others: int,
) -> None:
    """A moved port is followed, unless there is a doubt."""
    entry = add_entry(usb=["1A86", "7523", None])
    await load(hass, entry)
    await port.unplug()
    port.plug(tmp_path / "ttyMUST1")
    found = [adapter(port.device), *(adapter("/dev/other") for _ in range(others))]
    with patch(SCAN, return_value=found):
        await refresh(hass, entry)
        await hass.async_block_till_done(wait_background_tasks=True)
    moved = entry.data["device"] == port.device
    assert moved is (others == 0)
    if moved:
        assert state(hass, "sensor.load_power") == "138"


async def test_moved_port_of_another_device(
    hass: HomeAssistant,
    add_entry: AddEntry,
    port: SerialPort,
    ups: SimulatedMust,
    tmp_path: Path,
) -> None:
    """An adapter of the same kind that leads elsewhere is not followed."""
    entry = add_entry(usb=["1A86", "7523", None])
    await load(hass, entry)
    await port.unplug()
    ups.answers = False
    port.plug(tmp_path / "ttyMUST1")
    with patch(SCAN, return_value=[adapter(port.device)]):
        await refresh(hass, entry)
    assert entry.data["device"] != port.device
    with patch(SCAN, side_effect=OSError):
        await refresh(hass, entry)


async def test_port_in_use(
    hass: HomeAssistant, add_entry: AddEntry, port: SerialPort
) -> None:
    """A port that another program holds is named, and the entry tries again."""
    other = ModbusConnection(ModbusSerialParams(device=port.device))
    await other.connect()
    entry = add_entry()
    await load(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "port_busy"
    await other.close()


async def test_port_taken_by_another_program_meanwhile(
    hass: HomeAssistant, entry: MockConfigEntry, port: SerialPort
) -> None:
    """Who takes the port while the adapter is away is named, and a repair says so."""
    await port.unplug()
    await refresh(hass, entry)
    port.plug()
    other = ModbusConnection(ModbusSerialParams(device=port.device))
    await other.connect()
    issue = f"port_busy_{entry.entry_id}"
    for _ in range(3):
        assert not ir.async_get(hass).async_get_issue(DOMAIN, issue)
        await refresh(hass, entry)
        assert state(hass, "sensor.load_power") == STATE_UNAVAILABLE
        assert state(hass, "sensor.line_last_failure") == "port_busy"
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue)
    await other.close()
    await refresh(hass, entry)
    assert state(hass, "sensor.load_power") == "138"
    assert not ir.async_get(hass).async_get_issue(DOMAIN, issue)


async def test_two_speeds_on_one_port(
    hass: HomeAssistant, entry: MockConfigEntry, port: SerialPort
) -> None:
    """A second entry that needs another speed says so."""
    second = MockConfigEntry(
        domain=DOMAIN,
        unique_id="must_second",
        data={
            "device_type": "must",
            "series": "pv",
            "unit": 4,
            "device": port.device,
        },
    )
    second.add_to_hass(hass)
    await load(hass, second)
    assert second.state is ConfigEntryState.SETUP_RETRY
    assert second.error_reason_translation_key == "line_settings_differ"


async def test_two_units_on_one_port(
    hass: HomeAssistant, entry: MockConfigEntry, line: Line, port: SerialPort
) -> None:
    """Two entries share a bus, each with its own unit."""
    line.machines.append(SimulatedMust(unit=11, load=99))
    second = MockConfigEntry(
        domain=DOMAIN,
        title="Second",
        unique_id="must_second",
        data={
            "device_type": "must",
            "series": "ep",
            "unit": 11,
            "device": port.device,
        },
    )
    second.add_to_hass(hass)
    await load(hass, second)
    await refresh(hass, entry)
    assert second.runtime_data.data["ups"].values["load_power"] == 99
    assert entry.runtime_data.data["ups"].values["load_power"] == 138


# --- controls ---------------------------------------------------------------------------


@pytest.fixture
def enable(hass: HomeAssistant, add_entry: AddEntry) -> Callable[[str, str], str]:
    """Return how to enable an entity before it is added."""

    def enabled(platform: str, key: str) -> str:
        return (
            er.async_get(hass)
            .async_get_or_create(
                platform,
                DOMAIN,
                f"must_test_ups_{key}",
                suggested_object_id=key,
                disabled_by=None,
            )
            .entity_id
        )

    return enabled


async def test_switch(
    hass: HomeAssistant, entry: MockConfigEntry, ups: SimulatedMust
) -> None:
    """The buzzer is switched, with the function for many, and read back."""
    buzzer = "switch.must_ep2000_pro_buzzer"
    await act(hass, "switch.turn_off", entity_id=buzzer)
    assert ups.writes == [(16, 31006, 1)]
    assert state(hass, "switch.buzzer") == "off"
    await act(hass, "switch.turn_on", entity_id=buzzer)
    assert ups.settings[31006] == 0
    assert state(hass, "switch.buzzer") == "on"


async def test_switch_that_is_not_taken(
    hass: HomeAssistant, entry: MockConfigEntry, ups: SimulatedMust
) -> None:
    """A setting that the UPS confirms and does not take is an error."""
    ups.deaf_to_settings = True
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "switch.turn_off", entity_id="switch.must_ep2000_pro_buzzer")
    assert raised.value.translation_key == "not_confirmed"
    assert state(hass, "switch.buzzer") == "on"


async def test_switch_whose_answer_is_lost(
    hass: HomeAssistant, entry: MockConfigEntry, ups: SimulatedMust, line: Line
) -> None:
    """An answer that goes missing does not matter: the read-back tells."""
    line.inject(faults.silence(), times=1, function=16)
    await act(hass, "switch.turn_off", entity_id="switch.must_ep2000_pro_buzzer")
    assert ups.writes == [(16, 31006, 1)]
    assert state(hass, "switch.buzzer") == "off"


async def test_switch_that_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, line: Line
) -> None:
    """A refusal is told."""
    line.inject(faults.exception(4), times=1, function=16)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "switch.turn_off", entity_id="switch.must_ep2000_pro_buzzer")
    assert raised.value.translation_key == "request_refused"


async def test_number(
    hass: HomeAssistant,
    add_entry: AddEntry,
    enable: Callable[[str, str], str],
    ups: SimulatedMust,
) -> None:
    """A voltage is set within the limits of the battery, to the tenth."""
    number = enable("number", "float_voltage")
    entry = add_entry()
    await load(hass, entry)
    found = hass.states.get(number)
    assert found is not None
    assert found.state == "13.6"
    assert found.attributes["min"] == 13.5
    assert found.attributes["max"] == 13.7
    await act(hass, "number.set_value", entity_id=number, value=13.7)
    assert ups.settings[31004] == 137
    found = hass.states.get(number)
    assert found is not None
    assert found.state == "13.7"
    with pytest.raises(ServiceValidationError):
        await act(hass, "number.set_value", entity_id=number, value=14.2)
    with pytest.raises(ServiceValidationError) as raised:
        await entry.runtime_data.async_command(
            entry.runtime_data.async_set("ups", "float_voltage", 14.2)
        )
    assert raised.value.translation_key == "value_impossible"
    assert ups.settings[31004] == 137


async def test_select(
    hass: HomeAssistant,
    add_entry: AddEntry,
    enable: Callable[[str, str], str],
    ups: SimulatedMust,
) -> None:
    """Only voltages that the unit is built for are offered."""
    select = enable("select", "output_voltage_setting")
    await load(hass, add_entry())
    found = hass.states.get(select)
    assert found is not None
    assert found.state == "220"
    assert found.attributes["options"] == ["220", "230", "240"]
    await act(hass, "select.select_option", entity_id=select, option="230")
    assert ups.settings[31001] == 230


async def test_nothing_dangerous_is_touched(
    hass: HomeAssistant, entry: MockConfigEntry, ups: SimulatedMust
) -> None:
    """Neither calibrations nor commands are read or written in normal operation."""
    for _ in range(12):
        await refresh(hass, entry)
    touched = {address for block in ups.touched for address in block}
    assert touched <= {*range(30000, 30027), *range(31000, 31010), *range(31011, 31019)}


# --- actions ----------------------------------------------------------------------------


async def test_shutdown(
    hass: HomeAssistant, entry: MockConfigEntry, ups: SimulatedMust
) -> None:
    """The output is cut only on battery, and only if that is confirmed."""
    device = device_id(hass, entry)
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, f"{DOMAIN}.shutdown", device_id=device, confirm=False)
    assert raised.value.translation_key == "confirm_missing"
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, f"{DOMAIN}.shutdown", device_id=device, confirm=True)
    assert raised.value.translation_key == "not_on_battery"
    assert ups.writes == []
    ups.mains = False
    await refresh(hass, entry)
    await act(hass, f"{DOMAIN}.shutdown", device_id=device, confirm=True)
    assert ups.writes == [(16, 32002, 1)]
    assert state(hass, "sensor.work_state") == "off"
    assert state(hass, "binary_sensor.on_battery") == STATE_UNKNOWN


async def test_shutdown_of_what_cannot(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """A device that does not exist, or is not a UPS's, is refused."""
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, f"{DOMAIN}.shutdown", device_id="nonsense", confirm=True)
    assert raised.value.translation_key == "device_unknown"


async def test_shutdown_of_the_line(
    hass: HomeAssistant, entry: MockConfigEntry, ups: SimulatedMust
) -> None:
    """The line has no output; a device that its entry lost is no target either."""
    ups.mains = False
    line = device_id(hass, entry, "hub")
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, f"{DOMAIN}.shutdown", device_id=line, confirm=True)
    assert raised.value.translation_key == "action_unsupported"
    lost = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, "lost")}
    )
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, f"{DOMAIN}.shutdown", device_id=lost.id, confirm=True)
    assert raised.value.translation_key == "device_unknown"
    assert ups.writes == []


async def ask(hass: HomeAssistant, **data: Any) -> Any:
    """Ask for the ride-through."""
    return await hass.services.async_call(
        DOMAIN, "ride_through", data, blocking=True, return_response=True
    )


async def test_ride_through(
    hass: HomeAssistant, entry: MockConfigEntry, ups: SimulatedMust
) -> None:
    """Minutes for loads, and the load for minutes."""
    device = device_id(hass, entry)
    answer = await ask(hass, device_id=device, loads=[138, 500], minutes=45.5)
    assert [part["minutes"] for part in answer["loads"]] == [199.9, 45.5]
    assert answer["loads"][0]["low"] == pytest.approx(124, abs=1)
    assert answer["load"] == pytest.approx(500, abs=1)
    ups.overrides[30017] = 0xFFFF
    await refresh(hass, entry)
    for question in ({"loads": [100]}, {"minutes": 10}):
        with pytest.raises(ServiceValidationError) as raised:
            await ask(hass, device_id=device, **question)
        assert raised.value.translation_key == "battery_unknown"
    with pytest.raises(ServiceValidationError) as raised:
        await ask(hass, device_id=device_id(hass, entry, "hub"), loads=[1])
    assert raised.value.translation_key == "action_unsupported"
