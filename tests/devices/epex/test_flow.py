"""The config flow's steps for day-ahead prices: add, change, options."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.power_steward.const import DOMAIN
from custom_components.power_steward.devices.epex.const import SOURCES
from custom_components.power_steward.devices.epex.flow import DETAILS
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.data_entry_flow import FlowResultType
from tests.simulators.epex import EpexSimulator, faults

from .conftest import NOON, SetUp, Time
from .test_sources import _areas, day_points

type Result = Any


async def begin(hass: HomeAssistant, source: str, zone: str = "DE-LU") -> Result:
    """Go from the menu to what follows the first form."""
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert "epex" in menu["menu_options"]
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "epex"})
    assert form["step_id"] == "epex"
    return await submit(hass, form, source=source, zone=zone)


async def submit(hass: HomeAssistant, form: Result, **fields: Any) -> Result:
    """Fill in a form."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], fields)
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


def address(market: EpexSimulator) -> dict[str, Any]:
    """Return the section with the simulator's address."""
    return {"more_options": {"url": f"{market.url}/?x"}}


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ("energy_charts", {}),
        ("awattar", {}),
        ("smard", {}),
        ("entsoe", {"token": "entsoe-token"}),
    ],
)
async def test_http_sources(
    hass: HomeAssistant, market: EpexSimulator, source: str, fields: dict[str, str]
) -> None:
    """A source over HTTP, with its token and an address."""
    form = await begin(hass, source)
    assert form["step_id"] == f"epex_{source}"
    result = await submit(hass, form, **fields, **address(market))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "EPEX DE-LU"
    assert result["result"].unique_id == "epex_DE-LU"
    assert result["data"] == {
        "device_type": "epex",
        "source": source,
        "zone": "DE-LU",
        "currency": "EUR",
        "url": market.url,
        **fields,
    }


@pytest.mark.usefixtures("time")
@pytest.mark.parametrize("source", ["mock", "static"])
async def test_sources_that_need_nothing(hass: HomeAssistant, source: str) -> None:
    """The invented ones are there at once."""
    result = await begin(hass, source, "FI")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "EPEX FI"


def test_every_source_is_offered() -> None:
    """Each has a step of its own, or needs none."""
    assert {*DETAILS, "mock", "static"} == set(SOURCES)


async def test_csv(hass: HomeAssistant, tmp_path: Path, time: Any) -> None:
    """A folder may be empty yet; a path must be whole and exist."""
    form = await begin(hass, "csv")
    for path, error in (
        ("prices", {"path": "invalid_path"}),
        (str(tmp_path / "none"), {"base": "epex_cannot_connect"}),
    ):
        form = await submit(hass, form, path=path)
        assert form["errors"] == error
    result = await submit(hass, form, path=str(tmp_path))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_entity(hass: HomeAssistant, time: Any) -> None:
    """An entity with a list of prices; another has none, another is not there."""
    made = [
        {"start": point.start.isoformat(), "price": point.price / 1000}
        for point in day_points(NOON.date())
    ]
    hass.states.async_set("sensor.plain", "1", {"unit_of_measurement": "EUR/kWh"})
    hass.states.async_set(
        "sensor.prices", "1", {"unit_of_measurement": "SEK/kWh", "data": made}
    )
    form = await begin(hass, "entity", "SE3")
    form = await submit(hass, form, entity_id="sensor.gone")
    assert form["errors"] == {"base": "epex_request_refused"}
    form = await submit(hass, form, entity_id="sensor.plain")
    assert form["errors"] == {"base": "epex_invalid_answer"}
    result = await submit(hass, form, entity_id="sensor.prices")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["currency"] == "SEK"


async def test_nordpool(hass: HomeAssistant, time: Any) -> None:
    """Home Assistant's own integration, by its action."""
    other = MockConfigEntry(domain="nordpool", data={"currency": "SEK"})
    other.add_to_hass(hass)
    days: list[str] = []

    async def prices(call: ServiceCall) -> dict[str, Any]:
        days.append(str(call.data["date"]))
        return _areas(day_points(NOON.date()))

    hass.services.async_register(
        "nordpool",
        "get_prices_for_date",
        prices,
        supports_response=SupportsResponse.ONLY,
    )
    form = await begin(hass, "nordpool", "SE3")
    form = await submit(hass, form, config_entry=other.entry_id)
    assert form["errors"] == {"base": "epex_request_refused"}
    other.mock_state(hass, ConfigEntryState.LOADED)
    result = await submit(hass, form, config_entry=other.entry_id)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert days[0] == "2026-01-15"
    other.mock_state(hass, ConfigEntryState.NOT_LOADED)


async def test_nordpool_that_fails(hass: HomeAssistant, time: Any) -> None:
    """Its error becomes ours."""
    other = MockConfigEntry(domain="nordpool", data={})
    other.add_to_hass(hass)
    other.mock_state(hass, ConfigEntryState.LOADED)
    form = await begin(hass, "nordpool", "SE3")
    form = await submit(hass, form, config_entry=other.entry_id)
    assert form["errors"] == {"base": "epex_request_refused"}
    other.mock_state(hass, ConfigEntryState.NOT_LOADED)


async def test_mistakes_and_recovery(
    hass: HomeAssistant, market: EpexSimulator
) -> None:
    """Whatever is wrong is told, and the form can be sent again."""
    form = await begin(hass, "awattar", "FR")
    assert form["step_id"] == "epex"
    assert form["errors"] == {"source": "zone_not_served"}
    form = await submit(hass, form, source="energy_charts", zone="FR")
    for url in ("ftp://192.0.2.1", "http://user@192.0.2.1", "nonsense", "http://[x"):
        form = await submit(hass, form, more_options={"url": url})
        assert form["errors"] == {"base": "invalid_url"}
    for fault, error in (
        (faults.status(503), "epex_request_refused"),
        (faults.challenge(), "epex_invalid_answer"),
        (faults.rate_limit(), "epex_rate_limited"),
        (faults.reset(), "epex_cannot_connect"),
        (faults.status(401), "invalid_token"),
        (faults.not_found(), "no_prices"),
    ):
        market.inject(fault)
        form = await submit(hass, form, **address(market))
        assert form["errors"] == {"base": error}
        market.clear_faults()
    result = await submit(hass, form, **address(market))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_wrong_token(hass: HomeAssistant, market: EpexSimulator) -> None:
    """The field that is wrong is the token."""
    form = await begin(hass, "entsoe")
    form = await submit(hass, form, token="wrong", **address(market))
    assert form["errors"] == {"token": "invalid_token"}
    form = await submit(hass, form, token="entsoe-token", **address(market))
    assert form["type"] is FlowResultType.CREATE_ENTRY


async def test_a_zone_only_once(hass: HomeAssistant, set_up: SetUp) -> None:
    """The same zone from another source is the same entry."""
    await set_up()
    result = await begin(hass, "smard")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_reconfigure(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """Another source, the same zone."""
    entry = await set_up(source="mock")
    form = await entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "epex_reconfigure"
    form = await submit(hass, form, source="entsoe")
    assert form["step_id"] == "epex_entsoe"
    result = await submit(hass, form, token="entsoe-token", **address(market))
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["source"] == "entsoe"
    assert entry.data["zone"] == "DE-LU"
    form = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, form, source="static")
    assert result["reason"] == "reconfigure_successful"
    assert "token" not in entry.data


async def test_reconfigure_to_a_source_without_the_zone(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """It is refused like at first."""
    entry = await set_up(source="mock", zone="FR")
    form = await entry.start_reconfigure_flow(hass)
    form = await submit(hass, form, source="awattar")
    assert form["errors"] == {"source": "zone_not_served"}


async def test_reauth(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """A new token for the platform."""
    entry = await set_up(source="entsoe", token="entsoe-token")
    form = await entry.start_reauth_flow(hass)
    assert form["step_id"] == "epex_reauth"
    form = await submit(hass, form, token="wrong")
    assert form["errors"] == {"token": "invalid_token"}
    market.token = "fresh"
    result = await submit(hass, form, token="fresh")
    assert result["reason"] == "reauth_successful"
    assert entry.data["token"] == "fresh"


# Options


async def options(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> Result:
    """Go to a step of the options."""
    flow = hass.config_entries.options
    menu = await flow.async_init(entry.entry_id)
    assert menu["step_id"] == "epex_options"
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": step})
    assert form["step_id"] == step
    return form


async def choose(hass: HomeAssistant, form: Result, **fields: Any) -> Result:
    """Fill in a form of the options."""
    result = await hass.config_entries.options.async_configure(form["flow_id"], fields)
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        (
            "epex_options_prices",
            {"unit": "mwh", "fallbacks": ["awattar"], "forecast": True},
        ),
        (
            "epex_options_cheap",
            {
                "cheap_hours": 3,
                "cheap_contiguous": True,
                "cheap_run": 30,
                "cheap_starts": 2,
                "cheap_limit": 0.2,
                "cheap_from": "22:00:00",
                "cheap_until": "06:00:00",
            },
        ),
        (
            "epex_options_costs",
            {"cost_import": ["sensor.meter"], "cost_export": []},
        ),
    ],
)
async def test_options(
    hass: HomeAssistant, set_up: SetUp, step: str, fields: dict[str, Any]
) -> None:
    """Each step keeps what the others set."""
    entry = await set_up({"vat": 19.0})
    result = await choose(hass, await options(hass, entry, step), **fields)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"vat": 19.0, **fields}


async def test_a_limit_can_be_taken_back(hass: HomeAssistant, set_up: SetUp) -> None:
    """A field left empty is no limit."""
    entry = await set_up({"cheap_limit": 0.1})
    form = await options(hass, entry, "epex_options_cheap")
    await choose(hass, form, cheap_hours=2)
    assert entry.options["cheap_limit"] is None


async def test_sources_without_stand_ins(hass: HomeAssistant, set_up: SetUp) -> None:
    """None is asked for where none is of the same kind."""
    entry = await set_up(source="mock")
    form = await options(hass, entry, "epex_options_prices")
    assert "fallbacks" not in form["data_schema"].schema


async def test_the_tariff_with_its_worked_example(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """The sum is shown with the price of now before it is kept."""
    market.market.price_of = lambda moment: 100.0
    entry = await set_up()
    form = await options(hass, entry, "epex_options_tariff")
    form = await choose(
        hass, form, factor=1.03, surcharge=0.1193, vat=19, grid_fee=0.05
    )
    assert form["step_id"] == "epex_options_example"
    assert form["description_placeholders"] == {
        "market": "0.10000",
        "factor": "1.03",
        "surcharge": "0.1193",
        "vat": "19",
        "grid_fee": "0.05",
        "total": "0.3145",
        "unit": "EUR/kWh",
    }
    result = await choose(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["factor"] == 1.03
    assert hass.states.get("sensor.germany_and_luxembourg_total_price").state == (  # type: ignore[union-attr]
        "0.314537"
    )


async def test_the_example_of_feed_in(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """The sum is shown here, too; it has no grid fee."""
    market.market.price_of = lambda moment: -12.34
    entry = await set_up({"grid_fee": 0.1, "unit": "cent"})
    form = await options(hass, entry, "epex_options_export")
    fields = {"export_factor": 0.9, "export_surcharge": -0.01, "export_vat": 0}
    form = await choose(hass, form, **fields)
    assert form["step_id"] == "epex_options_export_example"
    assert form["description_placeholders"] == {
        "market": "-0.01234",
        "factor": "0.9",
        "surcharge": "-0.01",
        "vat": "0",
        "total": "-0.0211",
        "unit": "EUR/kWh",
    }
    result = await choose(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"grid_fee": 0.1, "unit": "cent", **fields}


@pytest.mark.parametrize("step", ["tariff", "export"])
async def test_no_example_without_a_price(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time, step: str
) -> None:
    """Nothing is made up: the options are kept at once."""
    entry = await set_up(load=False)
    form = await options(hass, entry, f"epex_options_{step}")
    result = await choose(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = await set_up({"fallbacks": []}, zone="AT")
    await market.stop()
    await time.to(NOON + timedelta(days=2))
    form = await options(hass, entry, f"epex_options_{step}")
    result = await choose(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_units_are_named(hass: HomeAssistant, set_up: SetUp) -> None:
    """In the currency of the source."""
    entry = await set_up(source="mock")
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "currency": "SEK"}
    )
    form = await options(hass, entry, "epex_options_prices")
    labels = [o["label"] for o in form["data_schema"].schema["unit"].config["options"]]
    assert labels == ["SEK/kWh", "öre/kWh", "SEK/MWh"]


async def test_a_meter_is_paid_for_or_paid(hass: HomeAssistant, set_up: SetUp) -> None:
    """Not both; none at all is fine."""
    entry = await set_up()
    form = await options(hass, entry, "epex_options_costs")
    form = await choose(
        hass, form, cost_import=["sensor.a", "sensor.b"], cost_export=["sensor.b"]
    )
    assert form["errors"] == {"cost_export": "meter_twice"}
    result = await choose(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"cost_import": [], "cost_export": []}


async def test_chosen_meters_are_shown_again(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """What the user chose stays, also if it is none, whatever could be suggested."""
    entry = await set_up({"cost_import": ["sensor.a"], "cost_export": []})
    form = await options(hass, entry, "epex_options_costs")
    assert {
        str(field): field.description["suggested_value"]
        for field in form["data_schema"].schema
    } == {"cost_import": ["sensor.a"], "cost_export": []}


async def test_grid_fees(hass: HomeAssistant, set_up: SetUp) -> None:
    """Fees by time, with mistakes first."""
    entry = await set_up()
    form = await options(hass, entry, "epex_options_grid_fees")
    good = {
        "fee": 0.02,
        "start": "22:00:00",
        "end": "06:00:00",
        "weekdays": ["mon", "sun"],
        "months": ["1", "12"],
        "on_holidays": "never",
    }
    for fee in ({**good, "start": "22:07:00"}, {**good, "end": "06:00:01"}):
        form = await choose(hass, form, grid_fees=[fee], holidays=["31.12."])
        assert form["errors"] == {
            "grid_fees": "invalid_grid_fee",
            "holidays": "invalid_holiday",
        }
    always = {"fee": 0.07}
    form = await choose(
        hass, form, grid_fees=[good, always], holidays=["12-25", "2026-04-06"]
    )
    # It is noon
    assert form["step_id"] == "epex_options_example"
    assert form["description_placeholders"]["grid_fee"] == "0.07"
    result = await choose(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["grid_fees"] == [good, always]
    form = await options(hass, entry, "epex_options_grid_fees")
    await choose(hass, await choose(hass, form))
    assert entry.options["grid_fees"] == []
