"""What is asked when, what is shown of it, and what of pages that fail."""

from datetime import datetime, timedelta
import logging
from typing import Any

from aiohttp import ClientTimeout
import pytest

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.devices.aiseg2 import client
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from tests.common import shown
from tests.simulators.aiseg2 import (
    AiSeg2Simulator,
    Answer,
    LoggedRequest,
    SimulatedCircuit,
)

from .conftest import async_add
from .homes import MORNING, PLACES, appliances

HOME = "sensor.aiseg2_home"
LD = "sensor.aiseg2_ld_fen_3_fen_4_power"
BEDROOM = "sensor.aiseg2_yang_shi_3_power"
DOCTORED = Answer(b"<html><body>Please wait</body></html>")


def state(hass: HomeAssistant, entity_id: str) -> Any:
    """Return an entity's state object."""
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what our part of the log says of trouble."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.power_steward")
        and record.levelno >= logging.WARNING
        and "clock of" not in record.getMessage()
    ]


async def test_one_poll(hass: HomeAssistant, box: AiSeg2Simulator, wait: Any) -> None:
    """Of 32 circuits, no page is asked for twice, and the catalogue only once."""
    for number, circuit in enumerate(box.house.circuits):
        circuit.power = 900.0 - number
    await async_add(hass, box, circuit_energy=False)
    box.requests.clear()
    await wait(61)
    targets = [request.target for request in box.requests]
    assert targets.count(client.LIVE) == 4
    pages = [target for target in targets if target.startswith(client.CIRCUITS)]
    assert sorted(pages) == [f"{client.CIRCUITS}?id={n}" for n in range(1, 5)]
    assert not [target for target in targets if target.startswith("/page/setting")]
    assert set(targets) == {client.LIVE, *pages}
    assert box.most_at_once == 1


async def test_a_day_of_polls(
    hass: HomeAssistant, box: AiSeg2Simulator, wait: Any
) -> None:
    """Every page has its pace, and each circuit's energy its turn."""
    await async_add(hass, box)
    box.requests.clear()
    await wait(1800)
    assert 116 <= box.count(client.LIVE) <= 120
    assert 28 <= box.count(client.CIRCUITS) <= 30
    assert 5 <= box.count(client.GRAPHS[2]) <= 6
    assert 32 <= box.count(client.CIRCUIT_GRAPH) <= 40
    assert box.count(client.CATALOGUE) == box.count(client.IDENTITY) == 0
    # This box has no smart meter, which is found out once.
    assert box.count(client.METER) == 0


async def test_live(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """The home's power, with its direction."""
    await async_add(hass, box)
    assert shown(hass, f"{HOME}_consumption") == "500.0"
    assert shown(hass, f"{HOME}_generation") == "2130.0"
    assert shown(hass, f"{HOME}_grid_power") == "-1630.0"
    assert shown(hass, f"{HOME}_sold_power") == "1630.0"
    assert shown(hass, f"{HOME}_bought_power") == "0.0"
    assert shown(hass, f"{HOME}_grid_direction") == "selling"
    assert shown(hass, "sensor.aiseg2_tai_yang_guang_fa_dian_power") == "2130.0"
    assert hass.states.get(f"{HOME}_battery_charge") is None
    assert shown(hass, LD) == "224.0"
    assert shown(hass, BEDROOM) == "77.0"
    assert shown(hass, "sensor.aiseg2_circuit_37_power") == "0.0"
    # Which of two namesakes takes the power, nobody knows.
    assert hass.states.get("sensor.aiseg2_ld_fen_3_power") is None


async def test_devices(
    hass: HomeAssistant, box: AiSeg2Simulator, device_registry: dr.DeviceRegistry
) -> None:
    """The box has its MAC address; circuits are parts of it, named as by the box."""
    entry = await async_add(hass, box)
    coordinator = entry.runtime_data
    hub = coordinator.device("hub")
    assert isinstance(hub, dr.DeviceEntry)
    assert (dr.CONNECTION_NETWORK_MAC, "02:00:5e:10:00:01") in hub.connections
    assert (hub.manufacturer, hub.model) == ("Panasonic", "AiSEG2")
    assert hub.sw_version == box.firmware
    assert hub.configuration_url == f"http://{box.address}"
    circuit = coordinator.device("circuit_30")
    assert isinstance(circuit, dr.ChildDeviceEntry)
    assert circuit.name == "洋室１・エアコン"
    assert circuit.parent_device_id == hub.id
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert all(entity.entity_id.isascii() for entity in entities)


async def test_totals(hass: HomeAssistant, box: AiSeg2Simulator, wait: Any) -> None:
    """Totals of the day carry the box's own midnight."""
    await async_add(hass, box)
    consumed = state(hass, f"{HOME}_consumed_today")
    assert float(consumed.state) == pytest.approx(0.513 * 8.25, abs=0.01)
    assert consumed.attributes["state_class"] == "total"
    assert consumed.attributes["last_reset"] == "2026-07-14T00:00:00+09:00"
    assert shown(hass, f"{HOME}_hot_water_today") == "56.0"
    assert shown(hass, f"{HOME}_sale_price") == "16.0"
    await wait(150)
    own = state(hass, "sensor.aiseg2_ld_fen_3_consumed_today")
    assert float(own.state) == pytest.approx(0.224 * 8.25, abs=0.01)
    assert shown(hass, "sensor.aiseg2_ld_fen_4_consumed_today") == "0.0"


async def test_midnight(hass: HomeAssistant, box: AiSeg2Simulator, wait: Any) -> None:
    """The new day begins with the box's date, after the old one's final total."""
    shift = datetime(2026, 7, 14, 23, 57, 30, tzinfo=MORNING.tzinfo) - MORNING
    now = box.now
    box.now = lambda: now() + shift
    entry = await async_add(hass, box, circuit_energy=False)
    seen: list[tuple[float, str]] = []

    def note() -> None:
        shown_now = state(hass, f"{HOME}_consumed_today")
        seen.append((float(shown_now.state), shown_now.attributes["last_reset"][:10]))

    entry.async_on_unload(entry.runtime_data.async_add_listener(note))
    await wait(400)
    days = dict(reversed([(day, value) for value, day in seen]))
    assert list(dict.fromkeys(day for _, day in seen)) == ["2026-07-14", "2026-07-15"]
    old = [value for value, day in seen if day == "2026-07-14"]
    assert old[-1] == pytest.approx(0.513 * 24, abs=0.02)
    assert old == sorted(old)
    assert days["2026-07-15"] < 0.2


async def test_equipment(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """What the box watches is shown, and only that."""
    box.house.places = list(PLACES)
    box.house.appliances = appliances()
    await async_add(hass, box)
    assert shown(hass, "sensor.aiseg2_wu_wai_temperature") == "-2.4"
    assert shown(hass, "sensor.aiseg2_ekokiyuto_hot_water_left") == "80.0"
    assert shown(hass, "binary_sensor.aiseg2_siyatuta_open") == "on"
    assert shown(hass, "binary_sensor.aiseg2_chuang_satusi_open") == "off"
    assert shown(hass, "binary_sensor.aiseg2_tai_suo_fire") == "on"
    assert shown(hass, "binary_sensor.aiseg2_qin_shi_battery_low") == "on"
    assert shown(hass, "binary_sensor.aiseg2_elseev_charging") == "on"
    assert shown(hass, "sensor.aiseg2_rihinkueakon01_temperature") == "28.0"
    assert hass.states.get("sensor.aiseg2_na_hu_temperature") is None


async def test_nothing_of_it(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """A home without equipment has no such entities, and its pages are not asked."""
    await async_add(hass, box)
    assert box.count(client.EQUIPMENT) == box.count(client.AIR) == 0
    assert not [name for name in hass.states.async_entity_ids() if "fire" in name]


async def test_renamed_circuit(
    hass: HomeAssistant, box: AiSeg2Simulator, wait: Any
) -> None:
    """A circuit keeps its identity when the owner renames it; the page is rare."""
    box.house.circuit(22).power = 77.0
    entry = await async_add(hass, box, circuit_energy=False)
    box.house.circuit(22).name = "書斎"
    box.requests.clear()
    await wait(120)
    assert box.count(client.CATALOGUE) == 0
    assert shown(hass, BEDROOM) == "unknown"
    await wait(3600)
    assert box.count(client.CATALOGUE) == 1
    assert shown(hass, BEDROOM) == "77.0"
    device = entry.runtime_data.device("circuit_22")
    assert device is not None
    assert device.name == "書斎"


async def test_circuits_come_and_go(
    hass: HomeAssistant, box: AiSeg2Simulator, wait: Any
) -> None:
    """A new circuit appears by itself; one that is gone is unavailable."""
    entry = await async_add(hass, box, circuit_energy=False)
    del box.house.circuits[14]
    box.house.circuits.append(SimulatedCircuit(44, "Sauna", 3000.0))
    await wait(3700)
    assert shown(hass, BEDROOM) == "unavailable"
    assert shown(hass, "sensor.aiseg2_sauna_power") == "3000.0"
    from custom_components import power_steward  # noqa: PLC0415

    gone = entry.runtime_data.device("circuit_22")
    here = entry.runtime_data.device("circuit_44")
    assert gone is not None
    assert here is not None
    assert await power_steward.async_remove_config_entry_device(hass, entry, gone)
    assert not await power_steward.async_remove_config_entry_device(hass, entry, here)


async def test_page_that_fails(
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    wait: Any,
    caplog: pytest.LogCaptureFixture,
    issue_registry: ir.IssueRegistry,
) -> None:
    """One page that fails leaves the rest alone; lasting, it becomes a repair."""
    entry = await async_add(hass, box, circuit_energy=False)
    fault = box.inject(lambda _: DOCTORED, client.CIRCUITS)
    await wait(62)
    assert shown(hass, BEDROOM) == "77.0"
    assert len(told(caplog)) == 1
    await wait(400)
    assert shown(hass, BEDROOM) == "unknown"
    assert shown(hass, f"{HOME}_consumption") == "500.0"
    issue_id = f"electricflow_1113_{entry.entry_id}"
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {
        "name": "AiSEG2",
        "page": "electricflow/1113",
        "firmware": box.firmware,
    }
    assert len(told(caplog)) == 1
    fault.clear()
    await wait(301)
    assert shown(hass, BEDROOM) == "77.0"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def test_repair_ends_with_the_entry(
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    wait: Any,
    issue_registry: ir.IssueRegistry,
) -> None:
    """No repair outlives its entry."""
    entry = await async_add(hass, box, circuit_energy=False)
    box.inject(lambda _: DOCTORED, client.LIVE)
    await wait(100)
    assert [key for key in issue_registry.issues if key[0] == DOMAIN]
    await hass.config_entries.async_unload(entry.entry_id)
    assert not [key for key in issue_registry.issues if key[0] == DOMAIN]


async def test_demo_mode(
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    wait: Any,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Invented values are not shown, and a repair says why."""
    entry = await async_add(hass, box, circuit_energy=False)
    box.demo_mode = True
    await wait(62)
    assert shown(hass, f"{HOME}_consumption") == "unavailable"
    assert shown(hass, "sensor.aiseg2_last_failure") == "demo_mode"
    issue_id = f"demo_mode_{entry.entry_id}"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    box.demo_mode = False
    await wait(61)
    assert shown(hass, f"{HOME}_consumption") == "500.0"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b""),
        Answer(b"", 500),
        Answer(b"<html><body>Login</body></html>"),
        Answer("<html>状態が更新されました</html>".encode("shift_jis")),
        Answer("<html>メンテナンス中</html>".encode(), 503),
        Answer(b'{"conflict": 1, "redirectURL": "/page/common/011"}'),
        Answer(b'{"status": 200, "data": {"deviceList": []}}'),
        None,
    ],
    ids=[
        "empty",
        "error",
        "log-in",
        "Shift_JIS",
        "maintenance",
        "busy",
        "another product",
        "silence",
    ],
)
async def test_live_fails(
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    wait: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer | None,
) -> None:
    """Without live values nothing is vouched for, and one line says so."""
    await async_add(hass, box, circuit_energy=False)
    if answer is None:
        monkeypatch.setattr(client, "REQUEST_TIMEOUT", ClientTimeout(total=0.1))
    fault = box.inject(lambda _: answer, client.LIVE)
    await wait(46)
    assert shown(hass, f"{HOME}_consumption") == "unavailable"
    assert shown(hass, BEDROOM) == "unavailable"
    assert shown(hass, "binary_sensor.aiseg2_connected") == "off"
    errors = [
        record
        for record in caplog.records
        if record.levelno >= logging.WARNING
        and "AiSEG2" in record.getMessage()
        and "clock" not in record.getMessage()
    ]
    assert len(errors) == 1
    fault.clear()
    await wait(120)
    assert shown(hass, f"{HOME}_consumption") == "500.0"


async def test_silence_on_one_page(
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    wait: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A box that falls silent gets no more questions in that poll."""
    await async_add(hass, box, circuit_energy=False)
    monkeypatch.setattr(client, "REQUEST_TIMEOUT", ClientTimeout(total=0.1))
    box.inject(lambda _: None, client.CIRCUITS, times=1)
    box.requests.clear()
    await wait(301)
    lost = box.requests.index(LoggedRequest("GET", f"{client.CIRCUITS}?id=1", ""))
    assert box.requests[lost + 1].target == client.LIVE
    assert shown(hass, f"{HOME}_consumption") == "500.0"


async def test_changing_places(
    hass: HomeAssistant, box: AiSeg2Simulator, wait: Any
) -> None:
    """If circuits change places while they are read, they are read again."""
    for number, circuit in enumerate(box.house.circuits):
        circuit.power = 900.0 - number
    await async_add(hass, box, circuit_energy=False)
    ninth = box.house.circuits[9]

    def swap(answer: Answer) -> Answer:
        ninth.power = 850.0
        return answer

    box.inject(swap, client.CIRCUITS, times=1)
    box.requests.clear()
    await wait(61)
    assert box.count(client.CIRCUITS) in (4, 8)
    assert shown(hass, "sensor.aiseg2_toire2_power") == "850.0"


async def test_contradicting_catalogue(
    hass: HomeAssistant, box: AiSeg2Simulator, wait: Any
) -> None:
    """A list that keeps contradicting the catalogue leaves the powers unknown."""
    for number, circuit in enumerate(box.house.circuits):
        circuit.power = 900.0 - number
    await async_add(hass, box, circuit_energy=False)
    box.house.circuits.append(SimulatedCircuit(44, "玄関", 500.0))
    await wait(600)
    assert shown(hass, BEDROOM) == "unknown"
    await wait(3700)
    assert shown(hass, BEDROOM) != "unknown"


async def test_battery_home(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """With a battery at work, only the smart meter knows the grid."""
    box.house.battery_power = 2000.0
    evening = timedelta(hours=10)
    now = box.now
    box.now = lambda: now() + evening
    box.house.solar = 0.0
    await async_add(hass, box)
    assert hass.states.get(f"{HOME}_grid_power") is None
    assert shown(hass, f"{HOME}_battery_state") == "discharging"
    assert shown(hass, f"{HOME}_battery_power") == "513.0"
    assert float(shown(hass, f"{HOME}_battery_charge")) > 50


async def test_meter(hass: HomeAssistant, box: AiSeg2Simulator, wait: Any) -> None:
    """The smart meter tells the grid's power to the W, as long as it does."""
    box.meter = True
    await async_add(hass, box, circuit_energy=False)
    assert shown(hass, f"{HOME}_grid_power") == "-1617.0"
    box.inject(lambda _: DOCTORED, client.METER)
    await wait(200)
    assert shown(hass, f"{HOME}_grid_power") == "-1630.0"


async def test_other_failures(
    hass: HomeAssistant, box: AiSeg2Simulator, wait: Any
) -> None:
    """Each page's values go when their page is gone for long."""
    box.house.places = list(PLACES)
    box.house.appliances = appliances()
    await async_add(hass, box)
    await wait(130)
    for path in (client.AIR, "/page/devices", "/page/graph", client.CATALOGUE):
        box.inject(lambda _: DOCTORED, path)
    await wait(3000)
    assert shown(hass, "sensor.aiseg2_wu_wai_temperature") == "unavailable"
    assert shown(hass, "binary_sensor.aiseg2_tai_suo_fire") == "unavailable"
    assert shown(hass, f"{HOME}_consumed_today") == "unknown"
    assert shown(hass, "sensor.aiseg2_kitutin_consumed_today") == "unknown"
    assert shown(hass, BEDROOM) == "77.0"


async def test_pages_that_are_missing(
    hass: HomeAssistant,
    box: AiSeg2Simulator,
    wait: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A box without some pages is asked for them once, and nothing is said."""
    box.missing |= {client.CIRCUIT_GRAPH, client.IDENTITY, client.GRAPHS[1]}
    entry = await async_add(hass, box)
    await wait(700)
    assert entry.state is ConfigEntryState.LOADED
    assert box.count(client.CIRCUIT_GRAPH) == 1
    assert box.count(client.GRAPHS[1]) == 1
    assert told(caplog) == []


async def test_clock(
    hass: HomeAssistant, box: AiSeg2Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A clock that is off is worth one word."""
    await async_add(hass, box)
    assert float(shown(hass, "sensor.aiseg2_clock_difference")) < -1000
    assert len([r for r in caplog.records if "clock of" in r.getMessage()]) == 1


async def test_diagnostics(hass: HomeAssistant, box: AiSeg2Simulator) -> None:
    """Diagnostics tell neither who nor where."""
    from custom_components.power_steward.diagnostics import (  # noqa: PLC0415
        async_get_config_entry_diagnostics,
    )

    entry = await async_add(hass, box)
    told = repr(await async_get_config_entry_diagnostics(hass, entry))
    for secret in (box.digest.password, box.address, "02:00:5e", "キッチン", "9876"):
        assert secret not in told
    assert "u_capacity" in told


async def test_rejected_on_one_page(
    hass: HomeAssistant, box: AiSeg2Simulator, wait: Any
) -> None:
    """A rejection in the middle asks for the password, and ends the polling."""
    await async_add(hass, box, circuit_energy=False)
    box.inject(lambda _: Answer(b"", 401), client.CIRCUITS)
    await wait(62)
    (form,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert form["step_id"] == "aiseg2_reauth"
