"""What tests of secrets share: all that is told to a log, a user or a bug report."""

from collections.abc import Iterable, Iterator
import json
import traceback

import pytest

from custom_components.power_steward.coordinator import StewardConfigEntry
from custom_components.power_steward.diagnostics import (
    async_get_config_entry_diagnostics,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import ExtendedJSONEncoder

NOT_OURS = {
    # Writes to the log what it keeps in place of the disk
    "pytest_homeassistant_custom_component.common",
}


def logged(caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """Return what the log says, with the exceptions, in all their words."""
    for record in caplog.records:
        if record.name not in NOT_OURS:
            yield record.getMessage()
            if record.exc_info:
                yield "".join(traceback.format_exception(*record.exc_info))


def said(error: BaseException | None) -> str:
    """Return what an exception says, and those that led to it."""
    return f"{error!r}\n" + "".join(traceback.format_exception(error))


async def shown(hass: HomeAssistant, entry: StewardConfigEntry) -> list[str]:
    """Return what an entry shows: its failure, diagnostics, states and repairs."""
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    return [
        said(entry.runtime_data.last_exception),
        json.dumps(diagnostics, cls=ExtendedJSONEncoder),
        *map(str, hass.states.async_all()),
        *map(str, ir.async_get(hass).issues.values()),
    ]


def leaks(texts: Iterable[str], *secrets: str) -> list[str]:
    """Return the texts that tell a secret."""
    return [text for text in texts if any(secret in text for secret in secrets)]
