"""Adding, repairing, changing and following an AiSEG2."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from custom_components.power_steward.const import (
    CONF_DEVICE_TYPE,
    CONF_INTERVAL,
    DOMAIN,
)
from custom_components.power_steward.devices.aiseg2.const import CONF_CIRCUIT_ENERGY
from homeassistant.config_entries import (
    SOURCE_DHCP,
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_SSDP,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.ssdp import SsdpServiceInfo
from tests.common import async_choose, async_set_options
from tests.simulators.aiseg2 import AiSeg2Simulator, Answer

from .conftest import async_add, form_of

IDENTITY = "/page/setting/etc/743"


def demo(box: AiSeg2Simulator) -> None:
    """Be in demo mode."""
    box.demo_mode = True


def no_measuring(box: AiSeg2Simulator) -> None:
    """Have nothing that measures."""
    box.live = {"measReg": 0}


def password(box: AiSeg2Simulator) -> None:
    """Have another password."""
    box.digest.password = "other"


def other_product(box: AiSeg2Simulator) -> None:
    """Be something else."""
    box.inject(lambda _: Answer(b"<html><body>Printer</body></html>"))


def busy(box: AiSeg2Simulator) -> None:
    """Be in use."""
    box.conflict = True


def half_demo(box: AiSeg2Simulator) -> None:
    """Show invented values on one page only."""

    def mark(answer: Answer) -> Answer:
        body = answer.body.replace(
            b'<div id="footer">', '<div id="footer_mode">デモモード</div>'.encode()
        )
        return Answer(body)

    box.inject(mark, IDENTITY)


TROUBLES: dict[str, Callable[[AiSeg2Simulator], None]] = {
    "demo_mode": demo,
    "no_measuring_unit": no_measuring,
    "invalid_auth": password,
    "invalid_answer": other_product,
    "request_refused": busy,
}


@pytest.fixture
async def another(box: AiSeg2Simulator) -> AsyncGenerator[AiSeg2Simulator]:
    """Return a second box."""
    async with AiSeg2Simulator(now=box.now, mac="02-00-5e-10-00-02") as simulator:
        yield simulator


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, fields: dict[str, Any]
) -> ConfigFlowResult:
    """Send a form and wait for what follows."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], fields)
    await hass.async_block_till_done()
    return result


async def add(
    hass: HomeAssistant, box: AiSeg2Simulator, **changes: Any
) -> ConfigFlowResult:
    """Fill in and send the form for a new box."""
    form = await async_choose(hass, "aiseg2")
    return await submit(hass, form, form_of(box, **changes))


async def test_add(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """A box is known by its MAC address."""
    result = await add(hass, box)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "AiSEG2"
    assert result["data"] == {CONF_DEVICE_TYPE: "aiseg2", **form_of(box)}
    assert result["result"].unique_id == "aiseg2_02:00:5e:10:00:01"
    assert result["result"].state is ConfigEntryState.LOADED


@pytest.mark.parametrize("shape", ["http://{}", "http://{}/", " {} "])
async def test_address_forms(
    hass: HomeAssistant, box: AiSeg2Simulator, shape: str
) -> None:
    """An address may be written as in a browser."""
    result = await add(hass, box, host=shape.format(box.address))
    assert result["data"][CONF_HOST] == box.address


@pytest.mark.parametrize(
    "host", ["", "https://192.0.2.1", "http://", "user@192.0.2.1", "192.0.2.1:99999"]
)
async def test_no_address(hass: HomeAssistant, box: AiSeg2Simulator, host: str) -> None:
    """What is no address is sent back."""
    form = await add(hass, box, host=host)
    assert form["errors"] == {CONF_HOST: "invalid_host"}
    assert (await submit(hass, form, form_of(box)))["type"] == "create_entry"


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_another_server(
    hass: HomeAssistant, box: AiSeg2Simulator, status: int
) -> None:
    """A server that does not have the pages of every AiSEG2 is none."""
    other = box.inject(lambda _: Answer(b"What?", status=status))
    form = await add(hass, box)
    assert form["errors"] == {"base": "invalid_answer"}
    other.clear()
    assert (await submit(hass, form, form_of(box)))["type"] == "create_entry"


async def test_impossible_user_name(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """A user name that Digest cannot carry is sent back."""
    form = await add(hass, box, username="a:b")
    assert form["errors"] == {CONF_USERNAME: "invalid_auth"}


@pytest.mark.parametrize("error", TROUBLES)
async def test_trouble(hass: HomeAssistant, box: AiSeg2Simulator, error: str) -> None:
    """Each trouble has its message, and the form can be sent again."""
    right = form_of(box)
    TROUBLES[error](box)
    form = await submit(hass, await async_choose(hass, "aiseg2"), right)
    assert form["errors"] == {"base": error}
    box.demo_mode = box.conflict = False
    box.live = {}
    box.digest.password = right[CONF_PASSWORD]
    for fault in box._faults:
        fault.clear()
    assert (await submit(hass, form, right))["type"] is FlowResultType.CREATE_ENTRY


async def test_nobody_there(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """An address where nothing answers is told so."""
    await box.stop()
    form = await add(hass, box)
    assert form["errors"] == {"base": "cannot_connect"}
    await box.start()
    assert (await submit(hass, form, form_of(box)))["type"] == "create_entry"


async def test_demo_mode_anywhere(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """One page with the mark of the demo mode is enough."""
    half_demo(box)
    assert (await add(hass, box))["errors"] == {"base": "demo_mode"}


async def test_no_mac(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """A box that does not tell its MAC address is known by its own."""
    box.missing.add(IDENTITY)
    result = await add(hass, box)
    assert result["result"].unique_id == f"aiseg2_{box.address}"
    again = await add(hass, box)
    assert again["reason"] == "already_configured"


async def test_twice(
    hass: HomeAssistant, box: AiSeg2Simulator, another: AiSeg2Simulator
) -> None:
    """A box is added once; under a new address it is the same."""
    entry = await async_add(hass, box)
    assert (await add(hass, box))["reason"] == "already_configured"
    another.mac = box.mac
    assert (await add(hass, another))["reason"] == "already_configured"
    assert entry.data[CONF_HOST] == another.address


async def test_reauth(hass: HomeAssistant, box: AiSeg2Simulator, wait: Any) -> None:
    """A changed password is asked for, and taken once it is right."""
    entry = await async_add(hass, box)
    box.digest.password = "changed"
    await wait(16)
    assert entry.state is ConfigEntryState.LOADED
    (form,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert form["context"]["source"] == SOURCE_REAUTH
    assert form["step_id"] == "aiseg2_reauth"
    wrong = await submit(hass, form, {CONF_USERNAME: "aiseg", CONF_PASSWORD: "x"})
    assert wrong["errors"] == {"base": "invalid_auth"}
    right = {CONF_USERNAME: "aiseg", CONF_PASSWORD: "changed"}
    assert (await submit(hass, wrong, right))["reason"] == "reauth_successful"
    assert entry.data[CONF_PASSWORD] == "changed"


async def start(hass: HomeAssistant, source: str, entry: Any) -> ConfigFlowResult:
    """Return the form that changes an entry."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": source, "entry_id": entry.entry_id}, data=entry.data
    )


async def test_reconfigure(
    hass: HomeAssistant, box: AiSeg2Simulator, another: AiSeg2Simulator
) -> None:
    """The same box under another address is taken, another box is not."""
    entry = await async_add(hass, box)
    form = await start(hass, SOURCE_RECONFIGURE, entry)
    assert form["step_id"] == "aiseg2_reconfigure"
    fields = {CONF_HOST: another.address, CONF_USERNAME: "aiseg"}
    assert (await submit(hass, form, fields))["reason"] == "unique_id_mismatch"
    another.mac = box.mac
    form = await start(hass, SOURCE_RECONFIGURE, entry)
    assert (await submit(hass, form, fields))["reason"] == "reconfigure_successful"
    assert entry.data[CONF_HOST] == another.address
    assert entry.data[CONF_PASSWORD] == box.digest.password


async def test_options(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """Options change how often and how much is asked."""
    entry = await async_add(hass, box)
    await async_set_options(hass, entry, interval=60, circuit_energy=False)
    assert entry.options == {CONF_INTERVAL: 60, CONF_CIRCUIT_ENERGY: False}
    assert entry.runtime_data.update_interval is not None
    assert entry.runtime_data.update_interval.total_seconds() == 60


# Discovery


def announcement(box: AiSeg2Simulator, udn: str = "uuid:x-1", **upnp: str) -> Any:
    """Return what a box announces."""
    return SsdpServiceInfo(
        ssdp_usn=f"{udn}::urn",
        ssdp_st="urn:panasonic-com:service:p60AiSeg2DataService:1",
        ssdp_udn=udn,
        ssdp_location=f"http://{box.host}:5000/description.xml",
        upnp={"modelName": "AiSEG2", "URLBase": f"http://{box.address}/", **upnp},
    )


async def announce(hass: HomeAssistant, info: Any) -> ConfigFlowResult:
    """Let a box announce itself."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_SSDP}, data=info
    )
    await hass.async_block_till_done()
    return result


async def test_discovery(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """A box that announces itself only needs its password."""
    form = await announce(hass, announcement(box))
    assert form["step_id"] == "aiseg2"
    schema = form["data_schema"]
    assert schema is not None
    (host,) = (key for key in schema.schema if str(key) == CONF_HOST)
    assert host.description == {"suggested_value": box.address}
    again = await announce(hass, announcement(box))
    assert again["reason"] == "already_in_progress"
    result = await submit(hass, form, form_of(box))
    assert result["data"]["udn"] == "x-1"
    assert result["result"].unique_id == "aiseg2_02:00:5e:10:00:01"
    assert (await announce(hass, announcement(box)))["reason"] == "already_configured"


async def test_discovery_without_a_base(
    hass: HomeAssistant, box: AiSeg2Simulator
) -> None:
    """The description's port is not that of the pages."""
    info = announcement(box, udn="")
    info.upnp.pop("URLBase")
    form = await announce(hass, info)
    schema = form["data_schema"]
    assert schema is not None
    (host,) = (key for key in schema.schema if str(key) == CONF_HOST)
    assert host.description == {"suggested_value": box.host}
    info.ssdp_location = None
    assert (await announce(hass, info))["reason"] == "no_address"


@pytest.mark.parametrize("udn", ["uuid:x-1", "uuid:4d-02005E100001"])
async def test_discovery_follows(
    hass: HomeAssistant, box: AiSeg2Simulator, another: AiSeg2Simulator, udn: str
) -> None:
    """A box that has moved is followed, by its name or by the MAC address in it."""
    form = await announce(hass, announcement(box))
    entry = (await submit(hass, form, form_of(box)))["result"]
    another.mac = box.mac
    moved = await announce(hass, announcement(another, udn))
    assert moved["reason"] == "already_configured"
    assert entry.data[CONF_HOST] == another.address
    assert entry.state is ConfigEntryState.LOADED


async def test_known_address(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """An announcement from a known address is no news."""
    await async_add(hass, box)
    result = await announce(hass, announcement(box, "uuid:other"))
    assert result["reason"] == "already_configured"


async def test_dhcp(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """A known MAC address with a new IP address is followed."""

    async def seen(mac: str, ip: str) -> ConfigFlowResult:
        info = DhcpServiceInfo(ip=ip, hostname="box", macaddress=mac)
        result = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_DHCP}, data=info
        )
        await hass.async_block_till_done()
        return result

    entry = await async_add(hass, box)
    port = box.address.partition(":")[2]
    assert (await seen("02005e100009", "127.0.0.1"))["reason"] == "no_address"
    assert (await seen("02005e100001", "127.0.0.1"))["reason"] == "already_configured"
    assert entry.data[CONF_HOST] == box.address
    await seen("02005e100001", "127.0.0.2")
    assert entry.data[CONF_HOST] == f"127.0.0.2:{port}"
