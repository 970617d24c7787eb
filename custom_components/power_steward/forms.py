"""What the forms of several device types have in common."""

from typing import Final

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
