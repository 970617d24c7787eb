"""The SD card's history of a box, into the recorder."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from homeassistant.components.recorder import DOMAIN as RECORDER
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ...const import DOMAIN, LOGGER
from ...history import HistoryWriter, ImportedHistory, Series, statistic_id
from ..errors import AnswerNotUnderstood, ClientError
from .client import MAX_EXPORT, AiSeg2Client
from .export import COSTS, Export

_SCALE: Final = 0.001
"""kWh in a Wh, yen in a thousandth."""


class HistoryImport:
    """Imports one box's history, one run at a time."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        client: AiSeg2Client,
        changed: Callable[[], None],
    ) -> None:
        """Take who is told when state or progress change."""
        self.state = "idle"
        self.progress: float | None = None
        self._hass = hass
        self._name = entry.title
        self._entry = entry
        self._writer = HistoryWriter(hass, entry, self._series)
        self._client = client
        self._changed = changed

    async def async_import(self, path: str | None, now: datetime) -> ImportedHistory:
        """Import what is new of a file, or of the card in the box."""
        if RECORDER not in self._hass.config.components:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="no_recorder"
            )
        if self.state in ("reading", "writing"):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="import_running",
                translation_placeholders={"name": self._name},
            )
        self._show("reading", None)
        try:
            export = await self._async_export(path)
            self._show("writing", 0.0)
            imported = await self._writer.async_write(
                export, now, lambda share: self._show("writing", round(share * 100, 1))
            )
        except BaseException as err:
            self._show("failed", self.progress)
            if isinstance(err, ClientError):
                raise HomeAssistantError(
                    translation_domain=DOMAIN,
                    translation_key=err.key,
                    translation_placeholders={"name": self._name, "reason": str(err)},
                ) from err
            raise
        self._show("done", 100.0)
        LOGGER.info(
            "History of %s: %s months, %s rows written",
            self._name,
            imported.months,
            imported.rows,
        )
        return imported

    async def _async_export(self, path: str | None) -> Export:
        if path is None:
            data = await self._client.export()
        elif not self._hass.config.is_allowed_path(path):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="path_not_allowed",
                translation_placeholders={"path": path},
            )
        else:
            data = await self._async_contents(Path(path))
        try:
            return await self._hass.async_add_executor_job(Export, data)
        except AnswerNotUnderstood as err:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_an_export",
                translation_placeholders={"reason": str(err)},
            ) from err

    async def _async_contents(self, file: Path) -> bytes:
        """Return a file's contents, within reason."""
        try:
            found = await self._hass.async_add_executor_job(file.stat)
            if found.st_size <= MAX_EXPORT:
                return await self._hass.async_add_executor_job(file.read_bytes)
        except OSError as err:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="file_not_readable",
                translation_placeholders={"path": str(file)},
            ) from err
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="not_an_export",
            translation_placeholders={"reason": "file too large"},
        )

    def _show(self, state: str, progress: float | None) -> None:
        self.state = state
        self.progress = progress
        self._changed()

    def _series(self, key: str, name: str) -> Series:
        """Return the statistic of a key; names are the box's."""
        identifier = statistic_id(self._entry, key)
        if key in COSTS.values():
            return Series(identifier, f"{self._name} {name} 料金", "JPY", None, _SCALE)
        if key.startswith("circuit_"):
            name = f"{key.removeprefix('circuit_')} {name}"
        unit = UnitOfEnergy.KILO_WATT_HOUR
        return Series(identifier, f"{self._name} {name}", unit, "energy", _SCALE)
