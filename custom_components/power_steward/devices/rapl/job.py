"""Blocking calls in the executor: one at a time, and none waited for forever."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..errors import CannotConnect

READ_LIMIT: Final = 5.0
"""Seconds after which the kernel counts as hanging."""


class OneJob:
    """Runs blocking calls in the executor, one at a time, and waits for none forever."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with none running."""
        self._hass = hass
        self._lock = asyncio.Lock()
        self._running: asyncio.Future[Any] | None = None

    async def async_run(self, job: Callable[..., Any], *args: Any) -> Any:
        """Run a call; raise ``CannotConnect`` while one does not come back."""
        async with self._lock:
            if self._running is not None and not self._running.done():
                raise CannotConnect("still waiting for the kernel")
            self._running = self._hass.async_add_executor_job(job, *args)
            try:
                async with asyncio.timeout(READ_LIMIT):
                    return await asyncio.shield(self._running)
            except TimeoutError as err:
                # What it raises later, nobody waits for.
                self._running.add_done_callback(
                    lambda late: late.cancelled() or late.exception()
                )
                raise CannotConnect("the kernel does not answer") from err
