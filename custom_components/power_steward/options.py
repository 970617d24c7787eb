"""The options that every device type has: its own, its meters, the Energy dashboard."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, override

import probatio

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import Platform
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    ObjectSelector,
    ObjectSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .const import CONF_COMPLETE, CONF_FEEDS, CONF_PARTS, CONF_WHOLE, DOMAIN
from .meters import feeds_of
from .stewardship.meters import is_forest

CONF_CHANGES: Final = "changes"
_SHARED: Final = (CONF_FEEDS,)
"""Options that a type's own form does not ask for, and that it leaves as they are."""


class StewardOptionsFlow(OptionsFlowWithReload):
    """A menu: the settings of the type, what its meters feed, the Energy dashboard."""

    settings: ClassVar[str]
    """The first step of the type's own."""
    _plan: Any

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the user choose what to change."""
        return self.async_show_menu(
            step_id="init", menu_options=["settings", "feeds", "energy_dashboard"]
        )

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead on to the type's own steps."""
        step: ConfigFlowResult = await getattr(self, f"async_step_{self.settings}")()
        return step

    @override
    def async_create_entry(
        self, *, data: Mapping[str, Any], **kwargs: Any
    ) -> ConfigFlowResult:
        """Keep what was not asked for."""
        options = self.config_entry.options
        kept = {key: options[key] for key in _SHARED if key in options}
        return super().async_create_entry(data={**kept, **data}, **kwargs)

    # Meters

    async def async_step_feeds(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which of the entry's powers feeds which others."""
        errors = {}
        if user_input is not None:
            if self._is_forest(user_input):
                return self.async_create_entry(
                    data={**self.config_entry.options, CONF_FEEDS: [], **user_input}
                )
            errors[CONF_FEEDS] = "fed_twice"
        return self.async_show_form(
            step_id="feeds",
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema({probatio.Optional(CONF_FEEDS): self._feeds()}),
                self.config_entry.options if user_input is None else user_input,
            ),
            errors=errors,
        )

    def _is_forest(self, form: Mapping[str, Any]) -> bool:
        """Return whether the form fits with itself and with the other entries."""
        others = (
            entry.options
            for entry in self.hass.config_entries.async_entries(DOMAIN)
            if entry is not self.config_entry
        )
        return is_forest(
            feed for options in (form, *others) for feed in feeds_of(options)
        )

    def _feeds(self) -> ObjectSelector:
        power = SensorDeviceClass.POWER
        own = [
            entity.entity_id
            for entity in er.async_entries_for_config_entry(
                er.async_get(self.hass), self.config_entry.entry_id
            )
            if entity.domain == Platform.SENSOR
            and power in (entity.device_class, entity.original_device_class)
        ]
        return ObjectSelector(
            ObjectSelectorConfig(
                multiple=True,
                label_field=CONF_WHOLE,
                description_field=CONF_PARTS,
                translation_key="feeds",
                fields={
                    CONF_WHOLE: {
                        "required": True,
                        "selector": EntitySelector(
                            EntitySelectorConfig(include_entities=own)
                        ),
                    },
                    CONF_PARTS: {
                        "required": True,
                        "selector": EntitySelector(
                            EntitySelectorConfig(
                                domain=Platform.SENSOR,
                                device_class=power,
                                multiple=True,
                            )
                        ),
                    },
                    CONF_COMPLETE: {"default": True, "selector": BooleanSelector()},
                },
            )
        )

    # Energy dashboard

    async def async_step_energy_dashboard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead to what there is to do."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return self._tell("energy_dashboard_offline", [])
        energy = await self._async_energy()
        menu = ["energy_dashboard_add"]
        if await energy.async_has_history(self.hass, self.config_entry):
            menu.append("energy_dashboard_imported")
        if await energy.async_added(self.hass, self.config_entry):
            menu.append("energy_dashboard_undo")
        if len(menu) == 1:
            return await self.async_step_energy_dashboard_add()
        return self.async_show_menu(step_id="energy_dashboard", menu_options=menu)

    async def async_step_energy_dashboard_add(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what would be added, and add what the user leaves chosen."""
        return await self._async_add("energy_dashboard_add", user_input)

    async def async_step_energy_dashboard_imported(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Do the same with the meters of imported history."""
        return await self._async_add("energy_dashboard_imported", user_input)

    async def async_step_energy_dashboard_by_hand(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Close the instructions."""
        return self._unchanged()

    async def async_step_energy_dashboard_offline(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Close what told that nothing is known now."""
        return self._unchanged()

    async def async_step_energy_dashboard_complete(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Close what told that there is nothing to do."""
        return self._unchanged()

    async def async_step_energy_dashboard_undo(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what would be taken back, and do it."""
        energy = await self._async_energy()
        if user_input is not None:
            await energy.async_undo(self.hass, self.config_entry)
            return self._unchanged()
        added = await energy.async_added(self.hass, self.config_entry)
        return self._tell("energy_dashboard_undo", added)

    async def _async_add(
        self, step: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        energy = await self._async_energy()
        if user_input is not None:
            await energy.async_apply(
                self.hass, self.config_entry, self._plan, user_input[CONF_CHANGES]
            )
            return self._unchanged()
        plan = self._plan = await energy.async_plan(
            self.hass,
            self.config_entry,
            imported=step == "energy_dashboard_imported",
        )
        if plan.by_hand:
            return self._tell(
                "energy_dashboard_by_hand", [item.label for item in plan.proposals]
            )
        if not plan.proposals:
            return self._tell("energy_dashboard_complete", [])
        options = [
            SelectOptionDict(
                value=item.change.id,
                label=" ⚠ ".join((f"+ {item.label}", *item.findings)),
            )
            for item in plan.proposals
        ]
        field = probatio.Required(CONF_CHANGES, default=plan.sound)
        selector = SelectSelector(
            SelectSelectorConfig(
                options=options, multiple=True, mode=SelectSelectorMode.LIST
            )
        )
        return self.async_show_form(
            step_id=step, data_schema=probatio.Schema({field: selector})
        )

    def _tell(self, step: str, lines: list[str]) -> ConfigFlowResult:
        """Show a form that only tells."""
        return self.async_show_form(
            step_id=step,
            data_schema=probatio.Schema({}),
            description_placeholders={"lines": "\n".join(f"- {x}" for x in lines)},
            last_step=True,
        )

    def _unchanged(self) -> ConfigFlowResult:
        return self.async_create_entry(data=self.config_entry.options)

    async def _async_energy(self) -> Any:
        """Return the guide, which flows of other steps do not need."""
        return await async_import_module(self.hass, f"{__package__}.energy_dashboard")
