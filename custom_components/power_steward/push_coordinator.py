"""Readings that a source pushes, beside those that are polled."""

from abc import abstractmethod
import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import timedelta
import math
import random
from typing import Final, override

from homeassistant.helpers.update_coordinator import UpdateFailed

from .const import LOGGER
from .coordinator import PollingCoordinator
from .devices.errors import ClientError, CredentialsRejected
from .devices.readings import HUB, DeviceReading, HubReading

FIRST_RECONNECT: Final = timedelta(seconds=2)
"""Pause before a listener's first attempt to connect again; then it doubles."""


class PushCoordinator[ReadingT: DeviceReading](PollingCoordinator[ReadingT]):
    """Listens for readings as they change, beside a slow poll that fills gaps.

    While one of the two works, each reading says by itself whether it holds. Only when
    neither does, nothing holds.
    """

    # What is pushed between two slices of a poll is newer than what the poll read.
    slice = math.inf

    @abstractmethod
    def async_listen(self) -> AsyncGenerator[Mapping[str, ReadingT]]:
        """Connect, then yield changed readings until the connection ends.

        At first, whatever there is, or nothing: that it is connected is news. Raises
        nothing but client errors.
        """

    @override
    async def async_config_entry_first_refresh(self) -> None:
        """Read everything once, then start to listen."""
        await super().async_config_entry_first_refresh()
        self.config_entry.async_create_background_task(
            self.hass, self._async_keep_listening(), f"{self.name} listener"
        )

    @override
    async def _async_update_data(self) -> dict[str, ReadingT | HubReading]:
        """Read all devices; while they are listened to, that may also fail."""
        try:
            return await super()._async_update_data()
        except UpdateFailed as err:
            if not self.log.works:
                raise
            LOGGER.debug("%s: %s", self.name, err)
            return self.data

    async def _async_keep_listening(self) -> None:
        """Listen, and connect again with growing pauses when the connection ends."""
        attempts = 0
        while True:
            try:
                async with aclosing(self.async_listen()) as pushes:
                    async for readings in pushes:
                        attempts = 0 if readings else attempts
                        await self._async_take(readings)
            except CredentialsRejected as err:
                self._async_lose(err)
                self.config_entry.async_start_reauth(self.hass)
                return
            except ClientError as err:
                self._async_lose(err)
            except Exception:  # noqa: BLE001
                LOGGER.exception("Listening to %s failed", self.name)
            attempts += 1
            pause = self._pause(FIRST_RECONNECT, attempts)
            await asyncio.sleep(pause * random.uniform(0.5, 1))

    async def _async_take(self, readings: Mapping[str, ReadingT]) -> None:
        """Take pushed readings; those of other devices stay as they are.

        Nor does the poll's timer move, or pushes of one device would put off the poll
        that fills the gaps of another.
        """
        if self.log.listening is False:
            LOGGER.info("Listening to %s again", self.name)
        counted = await self._async_counted(readings)
        await self._async_introduce(counted)
        self.data.update(counted)
        devices = len(self.data) - (HUB in self.data)
        self.log.pushed(self.clock.utcnow(), readings.values(), devices)
        self.data[HUB] = self.hub()
        if self.last_update_success:
            self._async_tell((HUB, *counted))
        else:
            self.last_update_success = True
            self.async_update_listeners()

    def _async_lose(self, err: ClientError) -> None:
        """Note that nobody can be listened to; what is known may still hold."""
        if self.log.listening is not False:
            LOGGER.warning("Listening to %s failed: %s", self.name, err)
        self.log.lost(err)
        self.data = {**self.data, HUB: self.hub()}
        self.last_update_success = self.log.works
        self.async_update_listeners()
