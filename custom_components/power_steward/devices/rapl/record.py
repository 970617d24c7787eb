"""What has to outlast a crash, on disk before it counts as kept."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ...const import DOMAIN
from ..errors import RequestRefused

_VERSION: Final = 1


class Record:
    """The file of an entry's wishes and originals."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Prepare to read and write an entry's file."""
        self._hass = hass
        self._key = f"{DOMAIN}.{entry_id}.limits"
        self._store = self._file()

    async def async_load(self) -> dict[str, Any] | None:
        """Return what was kept."""
        return await self._store.async_load()

    async def async_save(self, record: dict[str, Any]) -> None:
        """Keep; raise ``RequestRefused`` if the disk does not."""
        await self._store.async_save(record)
        if self._hass.is_stopping:
            # Put off until Home Assistant's final write; nothing is set meanwhile.
            return
        # A store only logs that a disk is full, and originals must not be lost.
        if await self._file().async_load() != record:
            raise RequestRefused("the record of the originals cannot be written")

    async def async_remove(self) -> None:
        """Forget all."""
        await self._store.async_remove()

    def _file(self) -> Store[dict[str, Any]]:
        return Store(self._hass, _VERSION, self._key, atomic_writes=True)
