"""The options' steps for day-ahead prices: unit and sources, tariff, cheap hours, costs."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, override

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
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
    TextSelector,
    TextSelectorConfig,
    TimeSelector,
)
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...energy_dashboard import async_meters
from ...options import StewardOptionsFlow
from ...stewardship.price_series import Slot
from ...stewardship.tariff import KWH_PER_MWH, Tariff
from ..clock import SYSTEM_CLOCK
from .const import (
    CONF_CHEAP_CONTIGUOUS,
    CONF_CHEAP_FROM,
    CONF_CHEAP_HOURS,
    CONF_CHEAP_LIMIT,
    CONF_CHEAP_RUN,
    CONF_CHEAP_STARTS,
    CONF_CHEAP_UNTIL,
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
    CONF_ON_HOLIDAYS,
    CONF_SOURCE,
    CONF_START,
    CONF_SURCHARGE,
    CONF_UNIT,
    CONF_VAT,
    CONF_WEEKDAYS,
    CONF_ZONE,
    DEFAULT_CHEAP_HOURS,
    UNIT_KWH,
    UNITS,
    stand_ins,
)
from .preferences import WEEKDAYS, Preferences, grid_fee, holidays, preferences, unit
from .zones import ZONES


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


class EpexOptionsFlow(StewardOptionsFlow):
    """Unit and sources, tariff, cheap hours, costs."""

    _changed: Mapping[str, Any]
    """What is kept if the user agrees with the sum."""

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
                SelectSelectorConfig(
                    options=[
                        SelectOptionDict(
                            value=name, label=unit(name, self._currency).name
                        )
                        for name in UNITS
                    ]
                )
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
            self._changed = user_input
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
        """Show what tariff and grid fees make of the price of now, if there is one."""
        market = self._market
        if user_input is not None or market is None:
            return self._save(self._changed)
        tariff = self._wanted.tariff
        fee = tariff.fee_at(dt_util.as_local(SYSTEM_CLOCK.utcnow()))
        return self.async_show_form(
            step_id="epex_options_example",
            description_placeholders={
                **self._example(tariff, market),
                "grid_fee": f"{fee:g}",
            },
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
        self._changed = {
            CONF_GRID_FEES: user_input.get(CONF_GRID_FEES, []),
            CONF_HOLIDAYS: user_input.get(CONF_HOLIDAYS, []),
        }
        return await self.async_step_epex_options_example()

    async def async_step_epex_options_export(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what is paid for energy that is fed in."""
        if user_input is not None:
            self._changed = user_input
            return await self.async_step_epex_options_export_example()
        per_kwh = f"{self._currency}/kWh"
        return self._show(
            "epex_options_export",
            {
                probatio.Required(CONF_EXPORT_FACTOR, default=1.0): _number(0, 10),
                probatio.Required(CONF_EXPORT_SURCHARGE, default=0.0): _number(
                    -10, 10, unit=per_kwh
                ),
                probatio.Required(CONF_EXPORT_VAT, default=0.0): _number(
                    0, 100, unit="%"
                ),
            },
        )

    async def async_step_epex_options_export_example(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what is paid at the price of now, if there is one."""
        market = self._market
        if user_input is not None or market is None:
            return self._save(self._changed)
        return self.async_show_form(
            step_id="epex_options_export_example",
            description_placeholders=self._example(self._wanted.export, market),
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
        meters = EntitySelector(
            EntitySelectorConfig(domain="sensor", device_class="energy", multiple=True)
        )
        schema: dict[Any, Any] = {
            probatio.Optional(CONF_COST_IMPORT, default=[]): meters,
            probatio.Optional(CONF_COST_EXPORT, default=[]): meters,
        }
        if user_input is not None and not set(user_input[CONF_COST_IMPORT]).isdisjoint(
            user_input[CONF_COST_EXPORT]
        ):
            errors = {CONF_COST_EXPORT: "meter_twice"}
            return self._show("epex_options_costs", schema, user_input, errors)
        if user_input is not None:
            return self._save(user_input)
        chosen: Mapping[str, Any] = self.config_entry.options
        if CONF_COST_IMPORT not in chosen:
            cost, earn = await async_meters(self.hass)
            chosen = {CONF_COST_IMPORT: cost, CONF_COST_EXPORT: earn}
        return self._show("epex_options_costs", schema, chosen)

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
        )

    @property
    def _wanted(self) -> Preferences:
        """The options as they would be."""
        return preferences(
            {**self.config_entry.options, **self._changed}, self._currency
        )

    @property
    def _market(self) -> float | None:
        """The market's price of now, per kWh."""
        coordinator = getattr(self.config_entry, "runtime_data", None)
        if coordinator is None:
            return None
        slot: Slot | None = coordinator.outlook.prices.at(SYSTEM_CLOCK.utcnow())
        return None if slot is None else slot.price / KWH_PER_MWH

    def _example(self, tariff: Tariff, market: float) -> dict[str, str]:
        """Return the parts of the sum."""
        now = dt_util.as_local(SYSTEM_CLOCK.utcnow())
        return {
            "market": f"{market:.5f}",
            "factor": f"{tariff.factor:g}",
            "surcharge": f"{tariff.surcharge:g}",
            "vat": f"{tariff.vat * 100:g}",
            "total": f"{tariff.total(market, now):.4f}",
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
