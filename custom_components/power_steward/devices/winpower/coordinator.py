"""Polls a WinPower G2 server, faster while a UPS runs on battery."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, Final, override

from yarl import URL

from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.entity import EntityDescription

from ...const import CONF_BATTERY_LOW, CONF_INTERVAL, DOMAIN, LOGGER
from ...coordinator import PollingCoordinator, StewardConfigEntry
from ...outages import Mains
from ..errors import SessionRejected
from ..readings import DeviceFacts, HubReading
from .client import DeviceList, WinPowerClient
from .const import DEFAULT_BATTERY_LOW, DEFAULT_INTERVAL
from .entities import PLATFORMS, SERVER, UPS
from .models import ServerReading, UpsReading

ON_BATTERY_INTERVAL: Final = timedelta(seconds=2)
REJECTIONS_BEFORE_REPAIR: Final = 3
"""Polls in a row that log in well and are turned away all the same."""


def create_coordinator(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> WinPowerCoordinator:
    """Return the coordinator of a WinPower entry."""
    return WinPowerCoordinator(
        hass,
        entry,
        timedelta(
            seconds=entry.options.get(CONF_INTERVAL, DEFAULT_INTERVAL.total_seconds())
        ),
    )


class WinPowerCoordinator(PollingCoordinator[UpsReading]):
    """The UPSs of one server."""

    platforms = PLATFORMS
    channels: ClassVar = {"output": lambda ups: ups.load_power}
    mains: ClassVar = Mains(
        on_battery=lambda ups: ups.on_battery,
        power=lambda ups: ups.load_power,
        charge=lambda ups: ups.battery_charge,
        low=lambda ups: ups.battery_low,
        remaining=lambda ups: ups.remaining_time,
    )
    redact = frozenset({"id", "alias", "areaId", "serialNumber", "comPort"})

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, interval: timedelta
    ) -> None:
        """Prepare to poll with the entry's account."""
        super().__init__(hass, entry, interval)
        self._client = WinPowerClient(
            async_get_clientsession(hass, verify_ssl=entry.data[CONF_VERIFY_SSL]),
            URL(entry.data[CONF_URL]),
            entry.data[CONF_USERNAME],
            entry.data[CONF_PASSWORD],
            clock=self.clock,
        )
        self._battery_low = entry.options.get(CONF_BATTERY_LOW, DEFAULT_BATTERY_LOW)
        self._answer = DeviceList((), 0, 0, ())
        self._rejections = 0

    @override
    async def async_read(self) -> Mapping[str, UpsReading]:
        try:
            answer = await self._client.devices()
        except SessionRejected:
            self._count_rejection()
            raise
        self._rejections = 0
        self._delete_issue()
        self._report_left_out(answer)
        self._answer = answer
        on_battery = any(ups.on_battery and ups.available for ups in answer.upses)
        self.update_interval = (
            min(ON_BATTERY_INTERVAL, self._interval) if on_battery else self._interval
        )
        return {ups.id: self._judged(ups) async for ups in self.in_slices(answer.upses)}

    @override
    def hub(self) -> ServerReading:
        return self.log.reading(
            ServerReading,
            DeviceFacts(
                name=self.config_entry.title,
                model="WinPower G2",
                configuration_url=self.config_entry.data[CONF_URL],
            ),
            logins=self._client.logins,
            authenticated=self._client.token_expires is not None,
            token_expires=self._client.token_expires,
        )

    @override
    def descriptions(
        self, reading: UpsReading | HubReading
    ) -> Sequence[EntityDescription]:
        return SERVER if isinstance(reading, HubReading) else UPS

    @override
    def raw_answer(self) -> Any:
        return list(self._answer.raw)

    def _judged(self, ups: UpsReading) -> UpsReading:
        """Return a reading with what the user's threshold makes of it."""
        if ups.battery_charge is None:
            return ups
        return replace(ups, battery_low=ups.battery_charge <= self._battery_low)

    def _report_left_out(self, answer: DeviceList) -> None:
        """Log devices that cannot be told apart, when their number changes."""
        before = self._answer
        if answer.without_id and answer.without_id != before.without_id:
            LOGGER.warning(
                "%s lists %s devices without an id, left out",
                self.name,
                answer.without_id,
            )
        if answer.duplicates and answer.duplicates != before.duplicates:
            LOGGER.warning(
                "%s lists %s devices more than once, the last entry counts",
                self.name,
                answer.duplicates,
            )

    @property
    def _issue_id(self) -> str:
        return f"{SessionRejected.key}_{self.config_entry.entry_id}"

    def _delete_issue(self) -> None:
        ir.async_delete_issue(self.hass, DOMAIN, self._issue_id)

    def _count_rejection(self) -> None:
        """Tell the user once it cannot be a coincidence."""
        self._rejections += 1
        # An entry that cannot even be set up is tried again at long intervals.
        if self._rejections == REJECTIONS_BEFORE_REPAIR or not self.data:
            ir.async_create_issue(
                self.hass,
                DOMAIN,
                self._issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key=SessionRejected.key,
                translation_placeholders={"name": self.name},
            )
