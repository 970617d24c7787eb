"""What the user has to know of a host's limits, as repair issues."""

from collections.abc import Mapping
import os
from typing import Final

from homeassistant.const import CONF_PATH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ...const import DOMAIN, LOGGER
from ...coordinator import StewardConfigEntry
from ...stewardship.bounds import WATT
from ...stewardship.capping import NEEDS_DATA, Reason, Situation
from ..errors import CannotConnect
from .controller import Controller
from .models import ENABLED, ZoneReading
from .writer import LimitId, Problem

DAY_WITHOUT_PRICES: Final = 86400.0

_PROBLEM: Final = frozenset({"name", "limit"})
ISSUES: Final[Mapping[str, frozenset[str]]] = {
    **{f"rapl_{problem}": _PROBLEM for problem in Problem},
    "rapl_energy_refused": frozenset({"name", "path"}),
    "rapl_no_prices": frozenset({"name", "entity"}),
    "rapl_not_restored": _PROBLEM | {"watts", "microwatts", "file"},
    "rapl_not_switched_off": frozenset({"name", "zone", "file"}),
    "rapl_not_writable": frozenset({"name", "path", "reason"}),
    "rapl_original_changed": _PROBLEM | {"before", "now"},
}
"""What the user may have to know, with what each text is given."""

type _Issues = dict[str, tuple[str, dict[str, str]]]
"""By id: the translation key, and what the text is given."""


class Issues:
    """Creates the issues that there are, and deletes those that there were."""

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, controller: Controller
    ) -> None:
        """Begin with the issues of the last run: they are told until they are solved."""
        self._hass = hass
        self._entry = entry
        self._controller = controller
        self._with_data: float | None = None
        self._told = {
            issue.removesuffix(f"_{entry.entry_id}")
            for domain, issue in ir.async_get(hass).issues
            if domain == DOMAIN and issue.endswith(f"_{entry.entry_id}")
        }

    def tell(
        self,
        readings: Mapping[str, ZoneReading],
        situation: Situation,
        price_entity: str | None,
    ) -> None:
        """Tell all that there is to know after a cycle."""
        issues = self._problems() | self._unrestored() | self._changed() | self._tree()
        if self._lacks_prices(readings, situation):
            issues["rapl_no_prices"] = (
                "rapl_no_prices",
                {"entity": price_entity or "-"},
            )
        for issue in self._told - issues.keys():
            ir.async_delete_issue(self._hass, DOMAIN, self._id(issue))
        for issue in issues.keys() - self._told:
            self._create(issue, *issues[issue])
        self._told = set(issues)

    def tell_unrestored(self) -> None:
        """Tell what could not be brought back, before the entry goes."""
        for issue, told in self._unrestored().items():
            self._create(issue, *told)
        report_unrestored(self._entry.title, self._controller)

    def _problems(self) -> _Issues:
        return {
            f"rapl_{problem}_{limit.zone}_{limit.name}": (
                f"rapl_{problem}",
                {"limit": named(limit)},
            )
            for limit, problem in self._controller.problems.items()
            if problem is not Problem.NOT_RESTORED
        }

    def _unrestored(self) -> _Issues:
        issues: _Issues = {}
        for limit, original in self._controller.writer.failed_restores.items():
            key = f"rapl_{Problem.NOT_RESTORED}"
            told = {
                "limit": named(limit),
                "watts": f"{original / WATT:g}",
                "microwatts": str(original),
                "file": self._file(limit),
            }
            if limit.name == ENABLED:
                key = "rapl_not_switched_off"
                told = {"zone": limit.zone, "file": self._file(limit)}
            issues[f"{key}_{limit.zone}_{limit.name}"] = (key, told)
        return issues

    def _changed(self) -> _Issues:
        return {
            f"rapl_original_changed_{limit.zone}_{limit.name}": (
                "rapl_original_changed",
                {
                    "limit": named(limit),
                    "before": f"{before / WATT:g}",
                    "now": f"{now / WATT:g}",
                },
            )
            for limit, (
                before,
                now,
            ) in self._controller.writer.changed_originals.items()
        }

    def _tree(self) -> _Issues:
        """Return what keeps the tree from being read or written."""
        tree = self._controller.client.tree
        path: str = self._entry.data[CONF_PATH]
        issues: _Issues = {}
        if tree.energy_refused:
            issues["rapl_energy_refused"] = ("rapl_energy_refused", {"path": path})
        if self._controller.armed and tree.refused is not None:
            issues["rapl_not_writable"] = (
                "rapl_not_writable",
                {"path": path, "reason": os.strerror(tree.refused)},
            )
        return issues

    def _lacks_prices(
        self, readings: Mapping[str, ZoneReading], situation: Situation
    ) -> bool:
        """Return whether the mode has been without data for a day."""
        reasons = {
            reading.control.reason
            for reading in readings.values()
            if reading.control is not None
        }
        lacking = reasons & {Reason.NO_DATA, Reason.LAST_KNOWN}
        if (
            self._with_data is None
            or self._controller.mode not in NEEDS_DATA
            or not lacking
        ):
            self._with_data = situation.clock
        return situation.clock - self._with_data >= DAY_WITHOUT_PRICES

    def _file(self, limit: LimitId) -> str:
        """Return the file of a limit as the user finds it."""
        try:
            folder, file = self._controller.client.place(*limit)
        except CannotConnect:
            return named(limit)
        return "/".join((*folder, file))

    def _create(self, issue: str, key: str, placeholders: dict[str, str]) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._id(issue),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={"name": self._entry.title, **placeholders},
        )

    def _id(self, issue: str) -> str:
        return f"{issue}_{self._entry.entry_id}"


def report_unrestored(name: str, controller: Controller) -> None:
    """Log what could not be brought back, with what to write by hand."""
    for limit, original in controller.writer.failed_restores.items():
        LOGGER.error(
            "%s: the original of %s could not be brought back; write %s by hand",
            name,
            named(limit),
            original,
        )


def named(limit: LimitId) -> str:
    """Return a limit as texts name it."""
    return f"{limit.zone} {limit.name}"
