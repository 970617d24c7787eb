"""The config flow's steps for day-ahead prices."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, override

import probatio
from yarl import URL

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_ENTITY_ID, CONF_PATH, CONF_TOKEN, CONF_URL
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    ConfigEntrySelector,
    ConfigEntrySelectorConfig,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ...const import CONF_DEVICE_TYPE, DOMAIN
from ...energy_dashboard import async_meters
from ...options import StewardOptionsFlow
from .. import DeviceType
from ..clock import SYSTEM_CLOCK
from ..errors import ClientError, CredentialsRejected
from .build import build_source
from .const import (
    CONF_CHEAP_CONTIGUOUS,
    CONF_CHEAP_FROM,
    CONF_CHEAP_HOURS,
    CONF_CHEAP_LIMIT,
    CONF_CHEAP_RUN,
    CONF_CHEAP_STARTS,
    CONF_CHEAP_UNTIL,
    CONF_CONFIG_ENTRY,
    CONF_COST_EXPORT,
    CONF_COST_IMPORT,
    CONF_CURRENCY,
    CONF_END,
    CONF_EXPORT_FACTOR,
    CONF_EXPORT_SURCHARGE,
    CONF_EXPORT_VAT,
    CONF_FACTOR,
    CONF_FALLBACKS,
    CONF_FEE,
    CONF_FORECAST,
    CONF_GRID_FEE,
    CONF_GRID_FEES,
    CONF_HOLIDAYS,
    CONF_MONTHS,
    CONF_MORE_OPTIONS,
    CONF_ON_HOLIDAYS,
    CONF_SOURCE,
    CONF_START,
    CONF_SURCHARGE,
    CONF_UNIT,
    CONF_VAT,
    CONF_WEEKDAYS,
    CONF_ZONE,
    DEFAULT_CHEAP_HOURS,
    SOURCES,
    UNIT_KWH,
    UNITS,
    serves,
    stand_ins,
)
from .preferences import WEEKDAYS, grid_fee, holidays, preferences
from .schedule import PUBLICATION
from .sources import awattar, csv, energy_charts, entity, entsoe, nordpool, smard
from .zones import MARKET_TIME, ZONES, delivery_day

_SOURCE: Final = SelectSelector(
    SelectSelectorConfig(
        options=list(SOURCES),
        translation_key="epex_source",
        mode=SelectSelectorMode.DROPDOWN,
    )
)
_TOKEN: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
_MORE: Final = section(
    probatio.Schema(
        {
            probatio.Optional(CONF_URL): TextSelector(
                TextSelectorConfig(type=TextSelectorType.URL)
            )
        }
    ),
    {"collapsed": True},
)
SOURCE_AND_ZONE: Final = probatio.Schema(
    {
        probatio.Required(CONF_SOURCE, default=energy_charts.NAME): _SOURCE,
        probatio.Required(CONF_ZONE, default="DE-LU"): SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(
                        value=zone.code, label=f"{zone.name} ({zone.code})"
                    )
                    for zone in ZONES.values()
                ],
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
    }
)
SOURCE_ALONE: Final = probatio.Schema({probatio.Required(CONF_SOURCE): _SOURCE})
TOKEN_ALONE: Final = probatio.Schema(
    {probatio.Required(probatio.Secret(CONF_TOKEN)): _TOKEN}
)
_HTTP: Final = probatio.Schema({probatio.Required(CONF_MORE_OPTIONS): _MORE})
DETAILS: Final[Mapping[str, probatio.Schema]] = {
    energy_charts.NAME: _HTTP,
    awattar.NAME: _HTTP,
    smard.NAME: _HTTP,
    entsoe.NAME: TOKEN_ALONE.extend(_HTTP.schema),
    nordpool.NAME: probatio.Schema(
        {
            probatio.Required(CONF_CONFIG_ENTRY): ConfigEntrySelector(
                ConfigEntrySelectorConfig(integration="nordpool")
            )
        }
    ),
    entity.NAME: probatio.Schema(
        {
            probatio.Required(CONF_ENTITY_ID): EntitySelector(
                EntitySelectorConfig(domain="sensor")
            )
        }
    ),
    csv.NAME: probatio.Schema({probatio.Required(CONF_PATH): TextSelector()}),
}
"""What sources need beside a zone; those that are not here need nothing."""


def _number(
    low: float,
    high: float,
    step: float | Literal["any"] = "any",
    unit: str | None = None,
) -> NumberSelector:
    config = NumberSelectorConfig(
        min=low, max=high, step=step, mode=NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


_QUARTER_OF_AN_HOUR: Final = 15


class _Mistake(Exception):
    """A form that cannot be accepted: which field, which error."""

    def __init__(self, field: str, error: str) -> None:
        super().__init__(error)
        self.field = field
        self.error = error


class EpexFlow(ConfigFlow):
    """Adds and changes a price entry."""

    _epex: dict[str, Any]

    async def async_step_epex(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a source and a zone."""
        if user_input is None:
            return self._epex_form("epex", SOURCE_AND_ZONE)
        await self.async_set_unique_id(f"{DeviceType.EPEX}_{user_input[CONF_ZONE]}")
        self._abort_if_unique_id_configured()
        return await self._async_epex_chosen("epex", SOURCE_AND_ZONE, user_input)

    async def async_step_epex_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another source of the same zone."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            return self._epex_form("epex_reconfigure", SOURCE_ALONE, entry.data)
        return await self._async_epex_chosen(
            "epex_reconfigure",
            SOURCE_ALONE,
            {**user_input, CONF_ZONE: entry.data[CONF_ZONE]},
        )

    async def async_step_epex_reauth(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a token that the source accepts."""
        entry = self._get_reauth_entry()
        if user_input is None:
            return self._epex_form("epex_reauth", TOKEN_ALONE)
        try:
            data = await self._async_epex_try({**entry.data, **user_input})
        except _Mistake as mistake:
            return self._epex_form("epex_reauth", TOKEN_ALONE, None, mistake)
        return self.async_update_reload_and_abort(entry, data=data)

    async def _async_epex_chosen(
        self, step: str, schema: probatio.Schema, chosen: dict[str, Any]
    ) -> ConfigFlowResult:
        """Go on with what the chosen source needs."""
        if not serves(chosen[CONF_SOURCE], ZONES[chosen[CONF_ZONE]]):
            return self._epex_form(
                step, schema, chosen, _Mistake(CONF_SOURCE, "zone_not_served")
            )
        self._epex = chosen
        if chosen[CONF_SOURCE] in DETAILS:
            return await self._async_epex_details(None)
        return await self._async_epex_finish(chosen)

    async def _async_epex_details(
        self, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for what the source needs."""
        source = self._epex[CONF_SOURCE]
        form = partial(self._epex_form, f"epex_{source}", DETAILS[source])
        if user_input is None:
            return form()
        try:
            return await self._async_epex_finish({**self._epex, **_flat(user_input)})
        except _Mistake as mistake:
            return form(user_input, mistake)

    async_step_epex_energy_charts = _async_epex_details
    async_step_epex_awattar = _async_epex_details
    async_step_epex_smard = _async_epex_details
    async_step_epex_entsoe = _async_epex_details
    async_step_epex_nordpool = _async_epex_details
    async_step_epex_entity = _async_epex_details
    async_step_epex_csv = _async_epex_details

    async def _async_epex_finish(self, form: dict[str, Any]) -> ConfigFlowResult:
        """Make or change the entry."""
        data = await self._async_epex_try(form)
        if self.source == "reconfigure":
            return self.async_update_reload_and_abort(
                self._get_reconfigure_entry(), data=data
            )
        zone = ZONES[data[CONF_ZONE]]
        return self.async_create_entry(title=f"EPEX {zone.code}", data=data)

    async def _async_epex_try(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Fetch a day; return entry data with the prices' currency."""
        data = {CONF_DEVICE_TYPE: DeviceType.EPEX.value, **form}
        if CONF_URL in data:
            data[CONF_URL] = _checked_url(data[CONF_URL])
        if CONF_PATH in data and not Path(data[CONF_PATH]).is_absolute():
            raise _Mistake(CONF_PATH, "invalid_path")
        source = build_source(self.hass, data, data[CONF_SOURCE])
        try:
            answer = await source.fetch(delivery_day(SYSTEM_CLOCK.utcnow()))
        except CredentialsRejected as err:
            raise _Mistake(
                CONF_TOKEN if CONF_TOKEN in data else "base", "invalid_token"
            ) from err
        except ClientError as err:
            raise _Mistake("base", f"epex_{err.key}") from err
        if not answer.series and data[CONF_SOURCE] != csv.NAME:
            raise _Mistake("base", "no_prices")
        return {**data, CONF_CURRENCY: answer.currency}

    def _epex_form(
        self,
        step: str,
        schema: probatio.Schema,
        values: Mapping[str, Any] | None = None,
        mistake: _Mistake | None = None,
    ) -> ConfigFlowResult:
        """Show a step's form, filled with values, and what was wrong with them."""
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, values or {}),
            errors=None if mistake is None else {mistake.field: mistake.error},
            description_placeholders={
                "example": "epex_data_2026-01-31.csv",
                "published": f"{PUBLICATION:%H:%M}",
            },
        )


class EpexOptionsFlow(StewardOptionsFlow):
    """Unit and sources, tariff, cheap hours, costs."""

    _tariff: dict[str, Any]

    @override
    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Start with a menu of its own."""
        return await self.async_step_epex_options()

    async def async_step_epex_options(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the user choose what to change."""
        return self.async_show_menu(
            step_id="epex_options",
            menu_options=[
                "epex_options_prices",
                "epex_options_tariff",
                "epex_options_grid_fees",
                "epex_options_export",
                "epex_options_cheap",
                "epex_options_costs",
                "energy_dashboard",
            ],
        )

    async def async_step_epex_options_prices(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the unit and for the sources that stand in."""
        data = self.config_entry.data
        able = stand_ins(data[CONF_SOURCE], ZONES[data[CONF_ZONE]], data[CONF_CURRENCY])
        schema: dict[Any, Any] = {
            probatio.Required(CONF_UNIT, default=UNIT_KWH): SelectSelector(
                SelectSelectorConfig(options=list(UNITS), translation_key="epex_unit")
            ),
        }
        if able:
            schema[probatio.Required(CONF_FALLBACKS, default=able)] = SelectSelector(
                SelectSelectorConfig(
                    options=able, multiple=True, translation_key="epex_source"
                )
            )
        schema[probatio.Required(CONF_FORECAST, default=False)] = BooleanSelector()
        return self._ask("epex_options_prices", schema, user_input)

    async def async_step_epex_options_tariff(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what comes on top of the market's price."""
        if user_input is not None:
            self._tariff = user_input
            return await self.async_step_epex_options_example()
        per_kwh = f"{self._currency}/kWh"
        return self._show(
            "epex_options_tariff",
            {
                probatio.Required(CONF_FACTOR, default=1.0): _number(0, 10),
                probatio.Required(CONF_SURCHARGE, default=0.0): _number(
                    -10, 10, unit=per_kwh
                ),
                probatio.Required(CONF_VAT, default=0.0): _number(0, 100, unit="%"),
                probatio.Required(CONF_GRID_FEE, default=0.0): _number(
                    -10, 10, unit=per_kwh
                ),
            },
        )

    async def async_step_epex_options_example(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what the tariff makes of the price of now."""
        options = {**self.config_entry.options, **self._tariff}
        if user_input is not None:
            return self.async_create_entry(data=options)
        return self.async_show_form(
            step_id="epex_options_example",
            description_placeholders=self._example(options),
        )

    async def async_step_epex_options_grid_fees(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for grid fees that depend on the time."""
        texts = await async_get_translations(
            self.hass, self.hass.config.language, "selector", [DOMAIN]
        )
        schema = {
            probatio.Optional(CONF_GRID_FEES): _grid_fees(texts),
            probatio.Optional(CONF_HOLIDAYS): TextSelector(
                TextSelectorConfig(multiple=True)
            ),
        }
        if user_input is None:
            return self._show("epex_options_grid_fees", schema)
        errors = {
            field: error
            for field, error, fine in (
                (CONF_GRID_FEES, "invalid_grid_fee", _fees_are_fine(user_input)),
                (CONF_HOLIDAYS, "invalid_holiday", _holidays_are_fine(user_input)),
            )
            if not fine
        }
        if errors:
            return self._show("epex_options_grid_fees", schema, user_input, errors)
        return self._save(
            {
                CONF_GRID_FEES: user_input.get(CONF_GRID_FEES, []),
                CONF_HOLIDAYS: user_input.get(CONF_HOLIDAYS, []),
            }
        )

    async def async_step_epex_options_export(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what is paid for energy that is fed in."""
        return self._ask(
            "epex_options_export",
            {
                probatio.Required(CONF_EXPORT_FACTOR, default=1.0): _number(0, 10),
                probatio.Required(CONF_EXPORT_SURCHARGE, default=0.0): _number(
                    -10, 10, unit=f"{self._currency}/kWh"
                ),
                probatio.Required(CONF_EXPORT_VAT, default=0.0): _number(
                    0, 100, unit="%"
                ),
            },
            user_input,
        )

    async def async_step_epex_options_cheap(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what counts as cheap."""
        if user_input is not None and CONF_CHEAP_LIMIT not in user_input:
            user_input = {**user_input, CONF_CHEAP_LIMIT: None}
        return self._ask(
            "epex_options_cheap",
            {
                probatio.Required(
                    CONF_CHEAP_HOURS, default=DEFAULT_CHEAP_HOURS
                ): _number(0.25, 24, 0.25, "h"),
                probatio.Required(
                    CONF_CHEAP_CONTIGUOUS, default=False
                ): BooleanSelector(),
                probatio.Required(CONF_CHEAP_RUN, default=0): _number(
                    0, 720, 15, "min"
                ),
                probatio.Required(CONF_CHEAP_STARTS, default=0): _number(0, 24, 1),
                probatio.Optional(CONF_CHEAP_LIMIT): _number(
                    -10, 10, unit=f"{self._currency}/kWh"
                ),
                probatio.Required(CONF_CHEAP_FROM, default="00:00:00"): TimeSelector(),
                probatio.Required(CONF_CHEAP_UNTIL, default="00:00:00"): TimeSelector(),
            },
            user_input,
        )

    async def async_step_epex_options_costs(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the meters whose energy has a cost; at first, suggest all of ours."""
        if user_input is not None:
            return self._save(user_input)
        chosen: Mapping[str, Any] = self.config_entry.options
        if CONF_COST_IMPORT not in chosen:
            cost, earn = await async_meters(self.hass)
            chosen = {CONF_COST_IMPORT: cost, CONF_COST_EXPORT: earn}
        meters = EntitySelector(
            EntitySelectorConfig(domain="sensor", device_class="energy", multiple=True)
        )
        return self._show(
            "epex_options_costs",
            {
                probatio.Required(CONF_COST_IMPORT, default=[]): meters,
                probatio.Required(CONF_COST_EXPORT, default=[]): meters,
            },
            chosen,
        )

    @property
    def _currency(self) -> str:
        currency: str = self.config_entry.data[CONF_CURRENCY]
        return currency

    def _ask(
        self, step: str, schema: dict[Any, Any], user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Show a step, or take what was entered."""
        if user_input is None:
            return self._show(step, schema)
        return self._save(user_input)

    def _save(self, changed: Mapping[str, Any]) -> ConfigFlowResult:
        return self.async_create_entry(data={**self.config_entry.options, **changed})

    def _show(
        self,
        step: str,
        schema: dict[Any, Any],
        values: Mapping[str, Any] | None = None,
        errors: dict[str, str] | None = None,
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema(schema), values or self.config_entry.options
            ),
            errors=errors,
            description_placeholders={"zone": str(MARKET_TIME)},
        )

    def _example(self, options: Mapping[str, Any]) -> dict[str, str]:
        """Return the sum with the price of now, or of 0.10 while there is none."""
        tariff = preferences(options, self._currency).tariff
        now = SYSTEM_CLOCK.utcnow()
        market = 0.1
        coordinator = getattr(self.config_entry, "runtime_data", None)
        if coordinator is not None and (slot := coordinator.prices.at(now)) is not None:
            market = slot.price / 1000
        local = dt_util.as_local(now)
        return {
            "market": f"{market:.4f}",
            "factor": f"{tariff.factor:g}",
            "surcharge": f"{tariff.surcharge:g}",
            "vat": f"{tariff.vat * 100:g}",
            "grid_fee": f"{tariff.fee_at(local):g}",
            "total": f"{tariff.total(market, local):.4f}",
            "unit": f"{self._currency}/kWh",
        }


def _grid_fees(texts: Mapping[str, str]) -> ObjectSelector:
    """Return the selector of a list of fees.

    Options of a selector in a selector are not translated, so they come with texts.
    """

    def select(
        name: str, options: Iterable[str], *, multiple: bool = True
    ) -> SelectSelector:
        prefix = f"component.{DOMAIN}.selector.epex_{name}.options."
        return SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(
                        value=value, label=texts.get(f"{prefix}{value}", value)
                    )
                    for value in options
                ],
                multiple=multiple,
            )
        )

    months = [str(month) for month in range(1, 13)]
    return ObjectSelector(
        ObjectSelectorConfig(
            multiple=True,
            label_field=CONF_FEE,
            description_field=CONF_START,
            translation_key="epex_grid_fees",
            fields={
                CONF_FEE: {
                    "required": True,
                    "default": 0,
                    "selector": _number(-10, 10),
                },
                CONF_START: {"selector": TimeSelector()},
                CONF_END: {"selector": TimeSelector()},
                CONF_WEEKDAYS: {"selector": select("weekdays", WEEKDAYS)},
                CONF_MONTHS: {"selector": select("months", months)},
                CONF_ON_HOLIDAYS: {
                    "selector": select(
                        "on_holidays", ("always", "only", "never"), multiple=False
                    )
                },
            },
        )
    )


def _flat(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form with what its section holds, as far as it is filled in."""
    fields = {**form, **form.get(CONF_MORE_OPTIONS, {})}
    fields.pop(CONF_MORE_OPTIONS, None)
    return {key: value for key, value in fields.items() if value}


def _checked_url(text: str) -> str:
    """Return an address without a slash at its end; raise ``_Mistake`` if none."""
    try:
        url = URL(text.strip())
    except ValueError as err:
        raise _Mistake("base", "invalid_url") from err
    if url.scheme not in ("http", "https") or not url.host or url.user:
        raise _Mistake("base", "invalid_url")
    return str(url.with_query(None).with_fragment(None)).rstrip("/")


def _fees_are_fine(form: Mapping[str, Any]) -> bool:
    """Return whether grid fees change on quarter hours."""
    fees = [grid_fee(fee) for fee in form.get(CONF_GRID_FEES, [])]
    return all(
        not clock.second and clock.minute % _QUARTER_OF_AN_HOUR == 0
        for fee in fees
        for clock in (fee.start, fee.end)
    )


def _holidays_are_fine(form: Mapping[str, Any]) -> bool:
    try:
        holidays(form.get(CONF_HOLIDAYS, []))
    except ValueError:
        return False
    return True
