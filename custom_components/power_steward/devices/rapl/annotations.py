"""What a cluster is told of its node's caps, in the background of the cycles."""

from collections.abc import Mapping
import os
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from ...const import LOGGER
from ...coordinator import StewardConfigEntry
from ...stewardship.capping import Situation
from ...stewardship.price_series import Slot
from ..errors import CannotConnect, ClientError
from . import files
from .const import CONF_ANNOTATE, CONF_NODE, SECTION_KUBERNETES
from .kubernetes import (
    INITIALIZED,
    MANAGER,
    MAX_POWER,
    PERIOD,
    POWER,
    PRICE,
    PROVIDER,
    UPDATED,
    VOLUME,
    Kubernetes,
)
from .models import LONG_TERM, ZoneReading
from .surroundings import Surroundings

ANNOTATE_EVERY: Final = 300.0


class Annotations:
    """Keeps the annotations of a node in step with the readings."""

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, surroundings: Surroundings
    ) -> None:
        """Take the node out of an entry's options; without one, nobody is told."""
        self.failed: bool | None = None
        """Whether the last attempt failed; ``None`` before the first."""
        self._hass = hass
        self._entry = entry
        self._surroundings = surroundings
        self._running = False
        self._told: tuple[Mapping[str, str | None], float] | None = None
        self._kubernetes: Kubernetes | None = None
        options: Mapping[str, Any] = entry.options.get(SECTION_KUBERNETES, {})
        if options.get(CONF_ANNOTATE):
            self._kubernetes = Kubernetes(
                async_get_clientsession(hass),
                os.environ,
                options.get(CONF_NODE) or os.environ.get("NODE_NAME", ""),
            )

    def tell(self, readings: Mapping[str, ZoneReading], situation: Situation) -> None:
        """Tell the cluster, when something changed or it is time again."""
        if self._kubernetes is None or self._running or self._hass.is_stopping:
            return
        news = self._news(readings, situation)
        if self._told is not None:
            before, at = self._told
            if before == news and situation.clock - at < ANNOTATE_EVERY:
                return
        self._told = (news, situation.clock)
        self._running = True
        updated = situation.now.isoformat(timespec="seconds")
        originals = [
            reading.original
            for reading in readings.values()
            if reading.original is not None
        ]
        self._entry.async_create_background_task(
            self._hass,
            self._async_tell(
                self._kubernetes,
                {**news, UPDATED: updated},
                max(originals, default=None),
            ),
            f"{self._entry.title} annotations",
        )

    def _news(
        self, readings: Mapping[str, ZoneReading], situation: Situation
    ) -> dict[str, str | None]:
        """Return what is true now; what is not known is taken away."""
        limits = [
            value
            for reading in readings.values()
            if reading.is_package
            and LONG_TERM in reading.limits
            and (value := reading.limits[LONG_TERM].value) is not None
        ]
        market = situation.market
        slot = None if market is None else market.series.at(situation.now)
        price = None if slot is None else self._surroundings.price_per_mwh(slot)
        volume = None if slot is None else slot.volume
        return {
            POWER: str(max(limits)) if limits else None,
            PROVIDER: self._surroundings.price_entity or "none",
            PERIOD: None if slot is None else _period(slot),
            VOLUME: None if volume is None else f"{volume:.1f}",
            PRICE: None if price is None else f"{price:.2f}",
        }

    async def _async_tell(
        self,
        kubernetes: Kubernetes,
        news: dict[str, str | None],
        reference: int | None,
    ) -> None:
        name = self._entry.title
        try:
            account = await self._async_account()
            if self.failed is not False and reference is not None:
                known = await kubernetes.annotations(account)
                if INITIALIZED not in known:
                    news |= {INITIALIZED: MANAGER, MAX_POWER: str(reference)}
            await kubernetes.annotate(account, news)
        except ClientError as err:
            if not self.failed:
                LOGGER.warning("%s: annotations are not written: %s", name, err)
            self.failed = True
        else:
            if self.failed:
                LOGGER.info("%s: annotations are written again", name)
            self.failed = False
        finally:
            self._running = False

    async def _async_account(self) -> files.Account:
        try:
            return await self._hass.async_add_executor_job(files.service_account)
        except (OSError, ValueError) as err:
            raise CannotConnect("no service account") from err


def _period(slot: Slot) -> str:
    """Return a slot as the predecessor labels it."""
    start, end = dt_util.as_local(slot.start), dt_util.as_local(slot.end)
    until = f"{end:%H:%M}"
    return f"{start:%H:%M}-{'24:00' if until == '00:00' else until}"
