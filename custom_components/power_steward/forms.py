"""What the forms of several device types have in common."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlow
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

USERNAME: Final = TextSelector(TextSelectorConfig(autocomplete="username"))
PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)
SECRET: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
"""A key or token, which no password manager is asked for."""


class FormMistake(Exception):
    """A form that cannot be accepted: which field, which error, what to suggest."""

    def __init__(self, field: str, error: str, suggestion: str | None = None) -> None:
        """Take ``base`` for a mistake that is no single field's."""
        super().__init__(error)
        self.field = field
        self.error = error
        self.suggestion = suggestion


def filled(
    flow: ConfigFlow, schema: probatio.Schema, values: Mapping[str, Any] | None
) -> probatio.Schema:
    """Return a form with values in it; a section that holds some is open."""
    values = values or {}
    form = flow.add_suggested_values_to_schema(schema, values)
    for name, field in form.schema.items():
        if isinstance(field, section) and any(values.get(name, {}).values()):
            field.options = {"collapsed": False}
    return form
