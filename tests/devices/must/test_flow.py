"""The config flow's steps for a MUST UPS."""

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from modbus_connection.tmodbus import TmodbusUnit
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.devices.must import client
from homeassistant.components.usb import SerialDevice, USBDevice
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.common import async_settings
from tests.simulators.must import (
    Gateway,
    Line,
    PvInverter,
    SerialPort,
    SimulatedMust,
    faults,
)

SCAN = "homeassistant.components.usb.async_scan_serial_ports"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for answers that do not come."""
    monkeypatch.setattr(client, "TIMEOUT", 0.1)
    monkeypatch.setattr(client, "CONNECT_DELAY", 0.01)
    monkeypatch.setattr(TmodbusUnit, "set_message_spacing", lambda *_: None)


@pytest.fixture
async def gateway(line: Line) -> AsyncGenerator[Gateway]:
    """Return the line behind a gateway."""
    async with Gateway(line) as running:
        yield running


async def begin(hass: HomeAssistant, step: str) -> ConfigFlowResult:
    """Choose MUST and a way of connection."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert "must" in result["menu_options"]
    result = await go_on(hass, result, {"next_step_id": "must"})
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "must"
    assert result["menu_options"] == ["must_serial", "must_tcp"]
    result = await go_on(hass, result, {"next_step_id": step})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == step
    return result


async def go_on(
    hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]
) -> ConfigFlowResult:
    """Answer a step."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


async def test_serial(hass: HomeAssistant, port: SerialPort) -> None:
    """A UPS on a port is found and named."""
    result = await begin(hass, "must_serial")
    result = await go_on(hass, result, {"device": port.device})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "MUST EP2000 Pro"
    assert result["data"] == {
        "device_type": "must",
        "series": "ep",
        "unit": 10,
        "device": port.device,
    }
    assert result["result"].unique_id == "must_ttyMUST_10"
    await hass.async_block_till_done()


async def test_tcp(hass: HomeAssistant, gateway: Gateway) -> None:
    """A UPS behind a gateway is found."""
    result = await begin(hass, "must_tcp")
    result = await go_on(hass, result, {"host": gateway.host, "port": gateway.port})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["host"] == gateway.host
    assert result["data"]["port"] == gateway.port
    assert result["result"].unique_id == f"must_127.0.0.1_{gateway.port}_10"
    await hass.async_block_till_done()


@pytest.mark.parametrize("step", ["must_serial", "must_tcp"])
async def test_battery_may_be_described_at_once(
    hass: HomeAssistant, port: SerialPort, gateway: Gateway, step: str
) -> None:
    """A capacity is an option that can be told while adding the UPS."""
    where: Mapping[str, Any] = (
        {"device": port.device}
        if step == "must_serial"
        else {"host": gateway.host, "port": gateway.port}
    )
    result = await begin(hass, step)
    result = await go_on(hass, result, {**where, "battery_capacity": 18})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"] == {"battery_capacity": 18}
    assert "battery_capacity" not in result["data"]
    await hass.async_block_till_done()
    assert result["result"].runtime_data.ride_through("ups").battery.capacity == 18


async def test_serial_number_is_the_identity(
    hass: HomeAssistant, port: SerialPort, ups: SimulatedMust
) -> None:
    """A UPS that has a serial number is known by it."""
    ups.machine_type = 3
    ups.settings |= {31014: 135, 31015: 110} | dict.fromkeys(range(31020, 31029), 0)
    result = await begin(hass, "must_serial")
    result = await go_on(hass, result, {"device": port.device})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == "must_1234500678"
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("serial", "unique_id"), [("A1B2", "must_A1B2_10"), (None, "must_by-id-10_10")]
)
async def test_adapter_is_the_identity(
    hass: HomeAssistant, port: SerialPort, serial: str | None, unique_id: str
) -> None:
    """Without a serial number, the adapter's stands in, or the name that stays."""
    lasting = port.link.with_name("by-id-10")
    lasting.symlink_to(port.link)
    adapter = USBDevice(
        device=str(lasting),
        resolved_device=port.device,
        vid="1A86",
        pid="7523",
        serial_number=serial,
        manufacturer=None,
        description=None,
    )
    result = await begin(hass, "must_serial")
    with patch(SCAN, return_value=[adapter]):
        result = await go_on(hass, result, {"device": port.device})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["device"] == str(lasting)
    assert result["data"]["usb"] == ["1A86", "7523", serial]
    assert result["result"].unique_id == unique_id
    await hass.async_block_till_done()


async def test_port_that_is_no_usb_adapter(
    hass: HomeAssistant, port: SerialPort
) -> None:
    """A port of the board is known by its name, beside others."""
    listed = [
        SerialDevice(
            device=device, serial_number=None, manufacturer=None, description=None
        )
        for device in ("/dev/ttyS7", port.device)
    ]
    result = await begin(hass, "must_serial")
    with patch(SCAN, return_value=listed):
        result = await go_on(hass, result, {"device": port.device})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "usb" not in result["data"]
    assert result["result"].unique_id == "must_ttyMUST_10"
    await hass.async_block_till_done()


async def test_detection_of_the_other_series(
    hass: HomeAssistant, port: SerialPort, line: Line
) -> None:
    """A PV1800 is found after the line stayed silent for the others."""
    line.machines = [PvInverter()]
    result = await begin(hass, "must_serial")
    result = await go_on(hass, result, {"device": port.device})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "MUST PV1800"
    assert result["data"]["series"] == "pv"
    assert result["data"]["unit"] == 4
    assert result["result"].unique_id == "must_0000102345"
    await hass.async_block_till_done()


async def test_detection_names_what_cannot_be_read(
    hass: HomeAssistant, port: SerialPort, line: Line
) -> None:
    """A model without a verified map is named."""
    line.machines = [SimulatedMust(unit=5, overrides={20001: 1})]
    result = await begin(hass, "must_serial")
    result = await go_on(hass, result, {"device": port.device})
    assert result["errors"] == {"base": "model_unsupported"}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["model"] == "PH1000"


async def test_explicit_choice(
    hass: HomeAssistant, port: SerialPort, line: Line
) -> None:
    """Series and unit can be told instead of detected."""
    line.machines = [SimulatedMust(unit=17)]
    result = await begin(hass, "must_serial")
    result = await go_on(hass, result, {"device": port.device})
    assert result["errors"] == {"base": "no_answer"}
    result = await go_on(
        hass,
        result,
        {"device": port.device, "more_options": {"series": "ep", "unit": 17}},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["unit"] == 17
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.silence(), "no_answer"),
        (faults.damaged(), "answer_damaged"),
        (faults.echo(), "line_echoes"),
        (faults.exception(2), "must_refused"),
        (faults.nothing_but(0), "nothing_measured"),
    ],
)
async def test_errors_and_recovery(
    hass: HomeAssistant, port: SerialPort, line: Line, fault: Any, error: str
) -> None:
    """Each way to fail is told, and the form can be sent again."""
    result = await begin(hass, "must_serial")
    with line.inject(fault):
        result = await go_on(hass, result, {"device": port.device})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    result = await go_on(hass, result, {"device": port.device})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_no_such_port(hass: HomeAssistant, tmp_path: Path) -> None:
    """A port that is not there is told."""
    result = await begin(hass, "must_serial")
    result = await go_on(hass, result, {"device": str(tmp_path / "none")})
    assert result["errors"] == {"base": "port_missing"}


async def test_no_gateway(hass: HomeAssistant, unused_tcp_port: int) -> None:
    """A gateway that is not there is told."""
    result = await begin(hass, "must_tcp")
    result = await go_on(hass, result, {"host": "127.0.0.1", "port": unused_tcp_port})
    assert result["errors"] == {"base": "cannot_connect"}


async def test_other_speed_on_the_port(
    hass: HomeAssistant, port: SerialPort, entry: MockConfigEntry
) -> None:
    """A second series on a port that is in use at another speed is refused."""
    result = await begin(hass, "must_serial")
    result = await go_on(
        hass, result, {"device": port.device, "more_options": {"series": "pv"}}
    )
    assert result["errors"] == {"base": "line_settings_differ"}


async def test_duplicate(
    hass: HomeAssistant, port: SerialPort, entry: MockConfigEntry
) -> None:
    """The same unit on the same port, by whatever name, is there already."""
    alias = port.link.with_name("alias")
    alias.symlink_to(port.link)
    result = await begin(hass, "must_serial")
    result = await go_on(hass, result, {"device": str(alias)})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_duplicate_by_detection(
    hass: HomeAssistant, gateway: Gateway, line: Line
) -> None:
    """A unit that only the detection finds may be there already, too."""
    line.machines = [PvInverter()]
    MockConfigEntry(
        domain=DOMAIN,
        data={
            "device_type": "must",
            "series": "pv",
            "unit": 4,
            "host": gateway.host,
            "port": gateway.port,
        },
    ).add_to_hass(hass)
    result = await begin(hass, "must_tcp")
    result = await go_on(hass, result, {"host": gateway.host, "port": gateway.port})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_duplicate_by_serial_number(
    hass: HomeAssistant, gateway: Gateway, line: Line
) -> None:
    """A UPS with a serial number that is known is not added again elsewhere."""
    line.machines = [PvInverter()]
    MockConfigEntry(
        domain=DOMAIN,
        unique_id="must_0000102345",
        data={"device_type": "must", "series": "pv", "unit": 4, "device": "/dev/x"},
    ).add_to_hass(hass)
    result = await begin(hass, "must_tcp")
    result = await go_on(hass, result, {"host": gateway.host, "port": gateway.port})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


# --- reconfigure ------------------------------------------------------------------------


async def test_reconfigure(
    hass: HomeAssistant, entry: MockConfigEntry, port: SerialPort
) -> None:
    """A port that moved is told by the user, who may mistype it first."""
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "must_reconfigure"
    result = await go_on(hass, result, {"device": "/dev/none"})
    assert result["errors"] == {"base": "port_missing"}
    await port.unplug()
    moved = port.link.with_name("ttyMUST1")
    port.plug(moved)
    result = await go_on(hass, result, {"device": str(moved)})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["device"] == str(moved)
    await hass.async_block_till_done()


async def test_reconfigure_to_another_name_of_the_port(
    hass: HomeAssistant, entry: MockConfigEntry, port: SerialPort
) -> None:
    """A port that the entry itself has open may get another name."""
    other = port.link.with_name("by-path")
    other.symlink_to(port.link)
    result = await entry.start_reconfigure_flow(hass)
    result = await go_on(hass, result, {"device": str(other)})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["device"] == str(other)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


async def test_reconfigure_gateway(
    hass: HomeAssistant, gateway: Gateway, line: Line
) -> None:
    """A gateway's new address; an entry that was never loaded believes it."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id="must_gateway",
        data={
            "device_type": "must",
            "series": "ep",
            "unit": 10,
            "host": "192.0.2.1",
            "port": 502,
        },
    )
    entry.add_to_hass(hass)
    result = await entry.start_reconfigure_flow(hass)
    result = await go_on(hass, result, {"host": gateway.host, "port": gateway.port})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["port"] == gateway.port
    await hass.async_block_till_done()


async def test_reconfigure_to_another_ups(
    hass: HomeAssistant, entry: MockConfigEntry, ups: SimulatedMust, port: SerialPort
) -> None:
    """Another model is another UPS."""
    ups.machine_type = 2
    result = await entry.start_reconfigure_flow(hass)
    result = await go_on(hass, result, {"device": port.device})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "unique_id_mismatch"


async def test_reconfigure_to_another_serial_number(
    hass: HomeAssistant, gateway: Gateway, line: Line
) -> None:
    """Another serial number is another UPS."""
    inverter = PvInverter()
    line.machines = [inverter]
    entry = MockConfigEntry(
        domain=DOMAIN,
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
    assert await hass.config_entries.async_setup(entry.entry_id)
    inverter.serial = (1, 9999)
    result = await entry.start_reconfigure_flow(hass)
    result = await go_on(hass, result, {"host": gateway.host, "port": gateway.port})
    assert result["reason"] == "unique_id_mismatch"
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_reconfigure_onto_another_entry(
    hass: HomeAssistant, entry: MockConfigEntry, port: SerialPort
) -> None:
    """Where another entry reads already, this one cannot."""
    other = MockConfigEntry(
        domain=DOMAIN,
        unique_id="must_other",
        data={"device_type": "must", "series": "ep", "unit": 10, "device": "/dev/x"},
    )
    other.add_to_hass(hass)
    result = await other.start_reconfigure_flow(hass)
    result = await go_on(hass, result, {"device": port.device})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_options(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The options describe the battery and set thresholds."""
    result = await async_settings(hass, entry)
    assert result["step_id"] == "must_options"
    chosen = {
        "interval": 30,
        "battery_capacity": 100,
        "battery_age": 2,
        "inverter_efficiency": 0.9,
        "peukert_exponent": 1.1,
        "input_low": 185,
        "battery_low": 30,
        "temperature_high": 50,
        "load_high": 90,
    }
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], chosen
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == chosen
    coordinator = entry.runtime_data
    assert coordinator.update_interval.total_seconds() == 30
    assert coordinator.ride_through("ups").battery.capacity == 100
