"""The config flow's steps for the host's power limits."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_PATH, UnitOfPower, UnitOfRatio, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers import instance_id
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TimeSelector,
)

from ...const import CONF_DEVICE_TYPE
from ...options import StewardOptionsFlow
from ...stewardship.bounds import HARD_MINIMUM, WATT
from ...stewardship.capping import WithoutData
from .. import DeviceType
from ..clock import SYSTEM_CLOCK
from ..errors import CannotConnect
from . import files
from .client import RaplClient
from .const import (
    CONF_ALLOW_CONTROL,
    CONF_ANNOTATE,
    CONF_BATTERY_SENSORS,
    CONF_CEILING,
    CONF_CRITICAL_LOAD,
    CONF_DWELL,
    CONF_ENABLE,
    CONF_FLOOR,
    CONF_HYSTERESIS,
    CONF_KEEP,
    CONF_MANUAL_CHANGE,
    CONF_NODE,
    CONF_PRICE_ENTITY,
    CONF_RAMP,
    CONF_REMAINING_TIME,
    CONF_RUNTIME,
    CONF_SCOPE,
    CONF_SETTLE,
    CONF_SHORT_TERM,
    CONF_THRESHOLD,
    CONF_UNTIL,
    CONF_WITHOUT_DATA,
    DEFAULTS,
    SCOPE_EACH,
    SCOPE_TOTAL,
    SECTION_BATTERY,
    SECTION_KUBERNETES,
    SECTION_LIMITS,
    SECTION_PRICES,
)
from .job import OneJob
from .models import Access, Tree

ERRORS: Final[Mapping[Access, str]] = {
    Access.MASKED: "rapl_masked",
    Access.MISSING: "rapl_missing",
    Access.NO_ZONES: "rapl_no_zones",
    Access.UNSAFE: "rapl_unsafe",
}
"""Why a tree cannot be added."""
TITLE: Final = "Processor power"


def _box(
    least: float, most: float, unit: str | None = None, step: float = 1
) -> NumberSelector:
    config = NumberSelectorConfig(
        min=least, max=most, step=step, mode=NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


def _choice(key: str, options: list[str]) -> SelectSelector:
    return SelectSelector(SelectSelectorConfig(options=options, translation_key=key))


def _set(key: str) -> probatio.Required:
    return probatio.Required(key, default=DEFAULTS[key])


def _section(fields: Mapping[Any, Any], *, collapsed: bool = True) -> section:
    return section(probatio.Schema(fields), {"collapsed": collapsed})


_WATTS: Final = _box(HARD_MINIMUM / WATT, 4000, UnitOfPower.WATT, 0.125)
_MINUTES: Final = _box(1, 1440, UnitOfTime.MINUTES)

PATH: Final = probatio.Schema(
    {probatio.Required(CONF_PATH, default=files.DEFAULT_PATH): TextSelector()}
)
ARM: Final = probatio.Schema(
    {probatio.Required(CONF_ALLOW_CONTROL, default=False): BooleanSelector()}
)
OPTIONS: Final = probatio.Schema(
    {
        probatio.Required(SECTION_PRICES): _section(
            {
                probatio.Optional(CONF_PRICE_ENTITY): EntitySelector(
                    EntitySelectorConfig(domain="sensor")
                ),
                probatio.Optional(CONF_THRESHOLD): _box(-100_000, 100_000, step=0.001),
                _set(CONF_HYSTERESIS): _box(0, 100_000, step=0.001),
                _set(CONF_WITHOUT_DATA): _choice(
                    "rapl_without_data", [each.value for each in WithoutData]
                ),
                _set(CONF_KEEP): _MINUTES,
            },
            collapsed=False,
        ),
        probatio.Required(SECTION_LIMITS): _section(
            {
                probatio.Optional(CONF_FLOOR): _WATTS,
                probatio.Optional(CONF_CEILING): _WATTS,
                _set(CONF_RAMP): _box(1, 100, UnitOfRatio.PERCENTAGE),
                _set(CONF_DWELL): _box(0, 3600, UnitOfTime.SECONDS),
                _set(CONF_MANUAL_CHANGE): _MINUTES,
                _set(CONF_SCOPE): _choice("rapl_scope", [SCOPE_EACH, SCOPE_TOTAL]),
                _set(CONF_SHORT_TERM): BooleanSelector(),
                probatio.Optional(CONF_CRITICAL_LOAD): _box(
                    10, 1000, UnitOfRatio.PERCENTAGE
                ),
                _set(CONF_ENABLE): BooleanSelector(),
            }
        ),
        probatio.Required(SECTION_BATTERY): _section(
            {
                probatio.Optional(CONF_BATTERY_SENSORS): EntitySelector(
                    EntitySelectorConfig(domain="binary_sensor", multiple=True)
                ),
                probatio.Optional(CONF_REMAINING_TIME): EntitySelector(
                    EntitySelectorConfig(domain="sensor", device_class="duration")
                ),
                _set(CONF_RUNTIME): _MINUTES,
                probatio.Optional(CONF_UNTIL): TimeSelector(),
                _set(CONF_SETTLE): _MINUTES,
            }
        ),
        probatio.Required(SECTION_KUBERNETES): _section(
            {
                _set(CONF_ANNOTATE): BooleanSelector(),
                probatio.Optional(CONF_NODE): TextSelector(),
            }
        ),
    }
)


class RaplFlow(ConfigFlow):
    """Adds and changes a RAPL entry."""

    _path: str

    async def async_step_rapl(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where the kernel's tree is."""
        await self.async_set_unique_id(
            f"{DeviceType.RAPL}_{await instance_id.async_get(self.hass)}"
        )
        self._abort_if_unique_id_configured()
        if user_input is None:
            return self._rapl_form("rapl")
        tree = await self._async_look(user_input[CONF_PATH])
        if (error := _error(tree)) is not None:
            return self._rapl_form("rapl", user_input, error)
        self._path = user_input[CONF_PATH].strip()
        if tree is not None and _is_limited(tree):
            return await self.async_step_rapl_arm()
        return self._rapl_create(allowed=False)

    async def async_step_rapl_arm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether limits may be set at all."""
        if user_input is None:
            return self.async_show_form(step_id="rapl_arm", data_schema=ARM)
        return self._rapl_create(allowed=user_input[CONF_ALLOW_CONTROL])

    async def async_step_rapl_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the tree's new place."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            return self._rapl_form("rapl_reconfigure", entry.data)
        tree = await self._async_look(user_input[CONF_PATH])
        if (error := _error(tree)) is not None:
            return self._rapl_form("rapl_reconfigure", user_input, error)
        self._path = user_input[CONF_PATH].strip()
        if tree is not None and _is_limited(tree):
            return await self.async_step_rapl_reconfigure_arm()
        return self._rapl_update(allowed=False)

    async def async_step_rapl_reconfigure_arm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask again whether limits may be set."""
        if user_input is None:
            entry = self._get_reconfigure_entry()
            return self.async_show_form(
                step_id="rapl_reconfigure_arm",
                data_schema=self.add_suggested_values_to_schema(ARM, entry.data),
            )
        return self._rapl_update(allowed=user_input[CONF_ALLOW_CONTROL])

    def _rapl_form(
        self,
        step: str,
        values: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(PATH, values),
            errors=None if error is None else {CONF_PATH: error},
            description_placeholders={"default": files.DEFAULT_PATH},
        )

    async def _async_look(self, path: str) -> Tree | None:
        """Look at a tree; ``None`` if it does not answer."""
        client = RaplClient(files.PowercapFiles(path.strip()), SYSTEM_CLOCK)
        try:
            tree: Tree = await OneJob(self.hass).async_run(client.discover)
        except CannotConnect:
            return None
        return tree

    def _rapl_create(self, *, allowed: bool) -> ConfigFlowResult:
        return self.async_create_entry(
            title=TITLE,
            data={
                CONF_DEVICE_TYPE: DeviceType.RAPL.value,
                CONF_PATH: self._path,
                CONF_ALLOW_CONTROL: allowed,
            },
        )

    def _rapl_update(self, *, allowed: bool) -> ConfigFlowResult:
        return self.async_update_reload_and_abort(
            self._get_reconfigure_entry(),
            data_updates={CONF_PATH: self._path, CONF_ALLOW_CONTROL: allowed},
        )


class RaplOptionsFlow(StewardOptionsFlow):
    """What the caps follow, and how far they may go."""

    settings = "rapl_options"

    async def async_step_rapl_options(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        errors: dict[str, str] = {}
        if user_input is not None:
            limits = user_input[SECTION_LIMITS]
            if not self._fits(limits.get(CONF_FLOOR), limits.get(CONF_CEILING)):
                errors["base"] = "rapl_floor_over_ceiling"
            else:
                return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="rapl_options",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS,
                self.config_entry.options if user_input is None else user_input,
            ),
            errors=errors,
        )

    def _fits(self, floor: float | None, ceiling: float | None) -> bool:
        """Return whether there is a cap between floor and ceiling on each package."""
        if floor is None:
            return True
        highest = [] if ceiling is None else [ceiling * WATT]
        if self.config_entry.state is ConfigEntryState.LOADED:
            data = self.config_entry.runtime_data.data.values()
            highest += [
                original
                for reading in data
                if (original := getattr(reading, "original", None)) is not None
            ]
        return floor * WATT <= min(highest, default=floor * WATT)


def _is_limited(tree: Tree) -> bool:
    return tree.access in (Access.CONTROLLABLE, Access.READ_ONLY_LIMITS)


def _error(tree: Tree | None) -> str | None:
    """Return what keeps a tree from being added."""
    return CannotConnect.key if tree is None else ERRORS.get(tree.access)
