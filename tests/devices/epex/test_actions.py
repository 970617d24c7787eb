"""Actions, calendar, chart, costs and statistics of a price entry."""

from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
import threading
from typing import Any
from xml.parsers import expat

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.power_steward.const import CONF_DEVICE_TYPE, DOMAIN
from custom_components.power_steward.devices.epex.build import (
    build_sources,
    default_url,
)
from custom_components.power_steward.devices.epex.chart import draw
from custom_components.power_steward.devices.epex.models import Picture
from custom_components.power_steward.devices.epex.zones import ZONES
from custom_components.power_steward.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.power_steward.stewardship.price_series import (
    PriceSeries,
    Slot,
    Span,
)
from custom_components.power_steward.stewardship.windows import Window
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.json import ExtendedJSONEncoder
from tests.simulators.epex import EpexSimulator, faults

from .conftest import NOON, SetUp, Time
from .test_coordinator import later, state

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


async def ask(
    hass: HomeAssistant, action: str, entry: MockConfigEntry, **data: Any
) -> Any:
    """Call an action and return its response."""
    return await hass.services.async_call(
        DOMAIN,
        action,
        {"config_entry_id": entry.entry_id, **data},
        blocking=True,
        return_response=True,
    )


def by_hours(moment: datetime) -> float:
    """Return a price that rises by the hour of the day in UTC: 0 to 230."""
    return moment.hour * 10.0


async def test_get_prices(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """All that is known, or a span of it, or at another resolution."""
    market.market.price_of = by_hours
    entry = await set_up({"vat": 20.0, "grid_fee": 0.05, "export_surcharge": -0.01})
    answer = await ask(hass, "get_prices", entry)
    assert answer["unit"] == "EUR/kWh"
    assert answer["zone"] == "DE-LU"
    assert len(answer["prices"]) == 96
    assert answer["prices"][8] == {
        "start": "2026-01-15T02:00:00+01:00",
        "end": "2026-01-15T02:15:00+01:00",
        "market": 0.01,
        "total": 0.062,
        "export": 0.0,
        "source": "energy_charts",
    }
    answer = await ask(
        hass,
        "get_prices",
        entry,
        start="2026-01-15 12:20:00",
        end="2026-01-15T13:00:00+00:00",
        resolution=60,
    )
    assert [row["market"] for row in answer["prices"]] == [0.11, 0.12]


async def test_volumes_in_the_list(hass: HomeAssistant, set_up: SetUp) -> None:
    """Where the source tells them."""
    entry = await set_up(source="static")
    answer = await ask(hass, "get_prices", entry)
    assert answer["prices"][0]["volume"] == 30.0


async def test_windows(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp
) -> None:
    """Cheapest and dearest, whole or split, and why there is none."""
    market.market.price_of = by_hours
    entry = await set_up({"unit": "cent"})
    answer = await ask(hass, "cheapest_window", entry, duration={"hours": 2})
    assert answer == {
        "unit": "ct/kWh",
        "kind": "total",
        "found": True,
        "reason": None,
        "start": "2026-01-15T12:07:00+01:00",
        "end": "2026-01-15T14:07:00+01:00",
        "price": pytest.approx((53 * 11 + 60 * 12 + 7 * 13) / 120, abs=1e-4),
        "runs": [
            {"start": "2026-01-15T12:07:00+01:00", "end": "2026-01-15T14:07:00+01:00"}
        ],
    }
    answer = await ask(
        hass, "dearest_window", entry, duration="01:30:00", price="market"
    )
    assert answer["end"] == "2026-01-16T00:00:00+01:00"
    answer = await ask(
        hass,
        "cheapest_window",
        entry,
        duration=7200,
        contiguous=False,
        earliest_start="2026-01-15 00:00:00",
        limit=1.0,
    )
    assert [run["start"][11:16] for run in answer["runs"]] == ["01:00"]
    answer = await ask(
        hass,
        "cheapest_window",
        entry,
        duration={"hours": 2},
        latest_end="2026-01-17 00:00:00",
    )
    assert (answer["found"], answer["reason"]) == (False, "data_missing")
    for wrong, key in (
        ({"duration": 0}, "window_duration"),
        ({"duration": 60, "latest_end": "2026-01-15 01:00:00"}, "window_span"),
    ):
        with pytest.raises(ServiceValidationError) as error:
            await ask(hass, "cheapest_window", entry, **wrong)
        assert error.value.translation_key == key


async def test_fetch_now(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time
) -> None:
    """News at once; an error that says why; tomorrow once it may be out."""
    entry = await set_up()
    await later(time, NOON, 2, 3)
    answer = await ask(hass, "fetch_now", entry)
    assert answer["news"] is True
    assert answer["tomorrow_available"] is False
    with pytest.raises(HomeAssistantError) as error:
        await ask(hass, "fetch_now", entry)
    assert error.value.translation_key == "rate_limited"
    market.inject(faults.not_found())
    await time.to(NOON + timedelta(minutes=50))
    await later(time, NOON, 52)
    market.clear_faults()
    answer = await ask(hass, "fetch_now", entry)
    assert answer["tomorrow_available"] is True
    await hass.services.async_call(
        DOMAIN,
        "get_prices",
        {"config_entry_id": entry.entry_id},
        blocking=True,
        return_response=True,
    )


async def test_actions_are_for_price_entries(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """Another type's entry is refused."""
    await set_up()
    other = MockConfigEntry(domain=DOMAIN, data={CONF_DEVICE_TYPE: "winpower"})
    other.add_to_hass(hass)
    from homeassistant.config_entries import ConfigEntryState  # noqa: PLC0415

    other.mock_state(hass, ConfigEntryState.LOADED)
    with pytest.raises(ServiceValidationError) as error:
        await ask(hass, "get_prices", other)
    assert error.value.translation_key == "action_unsupported"
    other.mock_state(hass, ConfigEntryState.NOT_LOADED)
    with pytest.raises(ServiceValidationError):
        await ask(hass, "get_prices", other)


async def test_cheap_hours(
    hass: HomeAssistant, market: EpexSimulator, set_up: SetUp, time: Time
) -> None:
    """A sensor and a calendar show the same hours; edges are met by the timer."""
    market.market.price_of = lambda moment: -moment.hour
    await set_up(
        {"cheap_hours": 2, "cheap_from": "13:00:00", "cheap_until": "16:00:00"}
    )
    assert state(hass, "cheap_now").state == "off"
    calendar = state(hass, "cheap_windows")
    assert calendar.state == "off"
    assert calendar.attributes["start_time"] == "2026-01-15 14:00:00"
    assert calendar.attributes["end_time"] == "2026-01-15 16:00:00"
    assert calendar.attributes["message"] == "-0.0135 EUR/kWh"
    await time.to(datetime(2026, 1, 15, 13, 0, tzinfo=UTC))
    assert state(hass, "cheap_now").state == "on"
    assert state(hass, "cheap_windows").state == "on"
    await time.to(datetime(2026, 1, 15, 15, 0, tzinfo=UTC))
    assert state(hass, "cheap_now").state == "off"
    events = await hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": calendar.entity_id,
            "start_date_time": "2026-01-15 00:00:00",
            "end_date_time": "2026-01-15 23:00:00",
        },
        blocking=True,
        return_response=True,
    )
    assert len(events[calendar.entity_id]["events"]) == 1  # type: ignore[index,call-overload,arg-type]


async def test_cheap_is_unknown_while_prices_are_missing(
    hass: HomeAssistant, set_up: SetUp, time: Time
) -> None:
    """At night the search goes on into a day that is not known yet."""
    await set_up({"cheap_from": "12:00:00", "cheap_until": "11:00:00"})
    assert state(hass, "cheap_now").state == "unknown"


async def test_the_chart(
    hass: HomeAssistant, set_up: SetUp, time: Time, hass_client: ClientSessionGenerator
) -> None:
    """An SVG that is drawn when someone looks, and is new at each edge."""
    await set_up()
    client = await hass_client()
    chart = state(hass, "chart")
    response = await client.get(f"/api/image_proxy/{chart.entity_id}")
    assert response.status == HTTPStatus.OK
    assert response.content_type == "image/svg+xml"
    body = await response.read()
    expat.ParserCreate().Parse(body, True)
    assert (
        body == await (await client.get(f"/api/image_proxy/{chart.entity_id}")).read()
    )
    await later(time, NOON, 1, 9)
    assert state(hass, "chart").state != chart.state
    assert (
        await (await client.get(f"/api/image_proxy/{chart.entity_id}")).read() != body
    )


async def test_a_chart_that_is_out_of_date_when_drawn(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """It is shown once and drawn anew for the next who looks."""
    await set_up()
    entity = hass.data["image"].get_entity(state(hass, "chart").entity_id)
    description = entity.entity_description
    first, second = entity._subject, copy(entity._subject)
    drawn: list[Any] = []

    def take(taken: threading.Event) -> None:
        entity._take(second)
        taken.set()

    def draw_slowly(subject: Any) -> bytes:
        """Draw, and have the prices change meanwhile."""
        drawn.append(subject)
        if subject is first:
            taken = threading.Event()
            hass.loop.call_soon_threadsafe(take, taken)
            assert taken.wait(10)
        image: bytes = description.draw(subject)
        return image

    entity.entity_description = replace(description, draw=draw_slowly)
    assert await entity.async_image()
    new = await entity.async_image()
    assert [id(subject) for subject in drawn] == [id(first), id(second)]
    assert await entity.async_image() is new


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("energy_charts", "https://api.energy-charts.info"),
        ("awattar", "https://api.awattar.at"),
        ("smard", "https://www.smard.de"),
        ("entsoe", "https://web-api.tp.entsoe.eu"),
    ],
)
async def test_where_sources_are(hass: HomeAssistant, source: str, url: str) -> None:
    """Without an address of the user's own."""
    assert default_url(source, ZONES["AT"]) == url
    data = {"source": source, "zone": "AT", "token": "x"}
    assert [found.name for found in build_sources(hass, data)] == [source]


@pytest.mark.parametrize(
    "prices",
    [[], [0.0], [12.0], [5.0] * 8, [-30.0, -1.0], [1e-7] * 3, [4000, -500] * 48],
)
def test_charts_of_odd_days(prices: list[float]) -> None:
    """Nothing, one price, all the same, all below zero."""
    slots = [
        Slot(NOON + i * QUARTER, NOON + (i + 1) * QUARTER, price)
        for i, price in enumerate(prices)
    ]
    picture = Picture(
        series=PriceSeries(slots),
        now=slots[-1] if slots else None,
        cheap=(Window((Span(NOON - HOUR, NOON),), 1.0),),
        clock="Europe/Berlin",
        unit="EUR/kWh",
        scale=0.001,
    )
    for shown in (picture, replace(picture, now=None)):
        body = draw(shown)
        expat.ParserCreate().Parse(body, True)
        assert b"nan" not in body


async def test_diagnostics(hass: HomeAssistant, set_up: SetUp) -> None:
    """They can be sent as JSON and hold no token."""
    entry = await set_up(source="entsoe", token="entsoe-token")
    import json  # noqa: PLC0415

    text = json.dumps(
        await async_get_config_entry_diagnostics(hass, entry), cls=ExtendedJSONEncoder
    )
    assert "entsoe-token" not in text
    assert '"result": "ok"' in text
