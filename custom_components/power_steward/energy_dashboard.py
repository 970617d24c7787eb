"""The guided Energy dashboard: what an entry would add, done on consent, and undone."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceResponse
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.storage import Store
from homeassistant.helpers.translation import async_get_translations

from .const import CONF_DEVICE_TYPE, DOMAIN, LOGGER
from .coordinator import PollingCoordinator, StewardConfigEntry
from .history import statistic_id
from .meters import named_feeds
from .stewardship.energy_dashboard import (
    PRICE,
    Change,
    EnergyRow,
    Item,
    Preferences,
    PreferencesUnknown,
    applied,
    is_at,
    new,
    price_changes,
    priced,
    undone,
    upstream,
)

_ENERGY: Final = "energy"
_NOT_YET: Final = "statistics_not_defined"
"""What the validation says of meters in their first minutes."""
_VERSION: Final = 1

type _Stored = list[dict[str, Any]]
type Findings = Mapping[str, Sequence[frozenset[str]]]
"""By section, what is wrong with each of its items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change, in words, and what Home Assistant's validation says of it."""

    change: Change
    label: str
    findings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it for the response of an action."""
        return {
            "kind": self.change.kind,
            "into": self.change.into,
            "fields": dict(self.change.item),
            "text": self.label,
            "findings": list(self.findings),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an entry would change."""

    proposals: Sequence[Proposal]
    by_hand: bool = False
    """Whether the dashboard is not as we know it, so that the user has to do it."""

    @property
    def sound(self) -> list[str]:
        """Return the ids of the changes of which there is nothing bad to say."""
        return [item.change.id for item in self.proposals if not item.findings]


class _Words:
    """What kinds, fields and findings are called."""

    def __init__(
        self,
        hass: HomeAssistant,
        ours: Mapping[str, str],
        energy: Mapping[str, str],
        imported: Mapping[str, str],
    ) -> None:
        self._hass = hass
        self._ours = ours
        self._energy = energy
        self._imported = imported

    @classmethod
    async def async_load(cls, hass: HomeAssistant, changes: Sequence[Change]) -> _Words:
        """Load the texts of the user's language, and the names of imported meters."""
        language = hass.config.language
        return cls(
            hass,
            await async_get_translations(hass, language, "selector", [DOMAIN]),
            await async_get_translations(hass, language, "issues", [_ENERGY]),
            await _async_imported_names(hass, changes),
        )

    def label(self, change: Change) -> str:
        """Return a change in words."""
        kind = self._ours[
            f"component.{DOMAIN}.selector.energy_kind.options.{change.kind}"
        ]
        where = () if change.into is None else (self._name(change.into),)
        values = (
            self._value(name, value)
            for name, value in change.item.items()
            if name not in ("type", "name", "cost_adjustment_day")
        )
        return f"{kind}: {', '.join((*where, *values))}"

    def finding(self, key: str) -> str:
        """Return what Home Assistant calls a finding."""
        return self._energy.get(f"component.{_ENERGY}.issues.{key}.title", key)

    def _value(self, name: str, value: Any) -> str:
        text = f"{value:g} kWh" if isinstance(value, float) else self._name(value)
        prefix = self._ours.get(
            f"component.{DOMAIN}.selector.energy_field.options.{name}"
        )
        return text if prefix is None else f"{prefix} {text}"

    def _name(self, statistic: str) -> str:
        state = self._hass.states.get(statistic)
        return self._imported.get(statistic, statistic) if state is None else state.name


async def _async_imported_names(
    hass: HomeAssistant, changes: Sequence[Change]
) -> Mapping[str, str]:
    """Return what imported statistics are called, by their ids."""
    imported = {
        value
        for change in changes
        for value in (change.into, *change.item.values())
        if isinstance(value, str) and ":" in value
    }
    if not imported or "recorder" not in hass.config.components:
        return {}
    recorder = await async_import_module(hass, f"{__package__}.statistics")
    names: Mapping[str, str] = await recorder.async_names(hass, imported)
    return names


async def async_plan(
    hass: HomeAssistant, entry: StewardConfigEntry, *, imported: bool = False
) -> Plan:
    """Return what an entry would change; ``imported`` takes the meters of its history."""
    wishes = await _async_wishes(hass, entry, imported=imported)
    try:
        energy = await _async_energy(hass)
        present = await energy.async_read(hass)
        changes = await _async_changes(hass, present, wishes)
        after = applied(present, changes)
        found_before = await energy.async_findings(hass, present)
        findings = await energy.async_findings(hass, after)
    except PreferencesUnknown as err:
        LOGGER.warning("The Energy dashboard cannot be set up from here: %s", err)
        words = await _Words.async_load(hass, wishes)
        return Plan(
            proposals=[
                Proposal(change=wish, label=words.label(wish)) for wish in wishes
            ],
            by_hand=True,
        )
    words = await _Words.async_load(hass, changes)
    return Plan(
        proposals=[
            Proposal(
                change=change,
                label=words.label(change),
                findings=tuple(
                    words.finding(key)
                    for key in sorted(
                        _found(change, after, findings)
                        - _found(change, present, found_before)
                        - {_NOT_YET}
                    )
                ),
            )
            for change in changes
        ]
    )


async def async_apply(
    hass: HomeAssistant, entry: StewardConfigEntry, plan: Plan, chosen: Collection[str]
) -> list[Change]:
    """Make the chosen changes of a plan, and remember them first."""
    changes = [item.change for item in plan.proposals if item.change.id in chosen]
    if plan.by_hand or not changes:
        return []
    store = _store(hass, entry)
    kept = await store.async_load() or []
    await store.async_save([*kept, *map(_stored, changes)])
    energy = await _async_energy(hass)
    present = await energy.async_read(hass)
    await energy.async_write(hass, applied(present, changes))
    return changes


async def async_added(hass: HomeAssistant, entry: StewardConfigEntry) -> list[str]:
    """Return in words what was changed for an entry and not yet undone."""
    changes = [Change(**kept) for kept in await _store(hass, entry).async_load() or []]
    words = await _Words.async_load(hass, changes)
    return [words.label(change) for change in changes]


async def async_undo(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Take back what was changed for an entry, as far as it is still as it was."""
    store = _store(hass, entry)
    changes = [Change(**kept) for kept in await store.async_load() or []]
    energy = await _async_energy(hass)
    await energy.async_write(hass, undone(await energy.async_read(hass), changes))
    await store.async_remove()


async def async_has_history(hass: HomeAssistant, entry: StewardConfigEntry) -> bool:
    """Tell whether an entry has imported statistics that could be taken."""
    return bool(await _async_imported(hass, entry, await _async_rows(hass, entry)))


async def async_meters(hass: HomeAssistant) -> tuple[list[str], list[str]]:
    """Return the meters of all entries that cost, and those that earn."""
    cost, earn = [], []
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        for wish in await _async_wishes(hass, entry, imported=False):
            if wish.kind in ("device", "grid"):
                meter = wish.item.get(
                    "stat_consumption", wish.item.get("stat_energy_from")
                )
                cost.append(meter)
            if wish.kind == "grid" and "stat_energy_to" in wish.item:
                earn.append(wish.item["stat_energy_to"])
    return cost, earn


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget what was changed for a removed entry; the dashboard stays."""
    await _store(hass, entry).async_remove()


def _store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[_Stored]:
    return Store(hass, _VERSION, f"{DOMAIN}.{entry.entry_id}.energy_dashboard")


def _stored(change: Change) -> dict[str, Any]:
    return {"kind": change.kind, "item": dict(change.item), "into": change.into}


async def _async_energy(hass: HomeAssistant) -> Any:
    """Return what speaks to the dashboard, loaded only where there is one."""
    if _ENERGY not in hass.config.components:
        raise PreferencesUnknown("Energy is not set up")
    try:
        return await async_import_module(hass, f"{__package__}.energy_preferences")
    except ImportError as err:
        raise PreferencesUnknown(str(err)) from err


async def _async_changes(
    hass: HomeAssistant, present: Preferences, wishes: Sequence[Change]
) -> list[Change]:
    prices = await _async_prices(hass)
    added = [
        priced(change, prices)
        for change in new(present, (wish for wish in wishes if wish.kind != PRICE))
    ]
    changes = upstream(present, added, named_feeds(hass))
    if any(wish.kind == PRICE for wish in wishes):
        changes += price_changes(present, prices)
    return changes


def _found(
    change: Change, preferences: Preferences, findings: Findings
) -> frozenset[str]:
    """Return what is wrong with the item of a change."""
    return frozenset(
        key
        for item, keys in zip(
            preferences.get(change.section, ()),
            findings.get(change.section, ()),
            strict=False,
        )
        if is_at(change, item)
        for key in keys
    )


async def _async_prices(hass: HomeAssistant) -> Item | None:
    """Return the prices in the currency of the home, if any entry has some."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        for wish in await _async_wishes(hass, entry, imported=False):
            if wish.kind == PRICE:
                return wish.item
    return None


async def _async_rows(
    hass: HomeAssistant, entry: StewardConfigEntry
) -> list[tuple[EnergyRow, str]]:
    """Return the rows of an entry's devices, with the devices' keys."""
    device_type = entry.data[CONF_DEVICE_TYPE]
    module = await async_import_module(
        hass, f"{__package__}.devices.{device_type}.entities"
    )
    return [
        (row, key)
        for key, reading in entry.runtime_data.data.items()
        for row in getattr(module, "ENERGY", ())
        if isinstance(reading, row.reading) and row.fits(reading)
    ]


async def _async_wishes(
    hass: HomeAssistant, entry: StewardConfigEntry, *, imported: bool
) -> list[Change]:
    """Return all that an entry could bring."""
    rows = await _async_rows(hass, entry)
    history = await _async_imported(hass, entry, rows) if imported else {}
    wishes = []
    for row, key in rows:
        item: dict[str, Any] = dict(_of_entities(hass, entry, row, key))
        instead = row.history.keys() & item.keys()
        either = {item[field] for field in instead}
        either |= {_statistic(entry, row.history[field], key) for field in instead}
        past = {
            field: statistic
            for field, name in row.past(hass.config.currency).items()
            if (statistic := _statistic(entry, name, key)) in history
        }
        if past:
            # A meter of now beside one of the past would count the same twice.
            item = {k: v for k, v in item.items() if k not in row.history} | past
        if not row.complete(item):
            continue
        if row.capacity is not None:
            capacity = row.capacity(entry.runtime_data, key)
            item |= {} if capacity is None else {"capacity": capacity}
        item |= _frame(entry, row, key)
        wishes.append(Change(kind=row.kind, item=item, either=frozenset(either)))
    return wishes


def _frame(entry: StewardConfigEntry, row: EnergyRow, key: str) -> dict[str, Any]:
    """Return what an item of a kind has beside meters and powers."""
    match row.kind:
        case "price":
            return {}
        case "device" | "water_device":
            device = entry.runtime_data.device(key)
            name = None if device is None else device.name_by_user or device.name
            return {} if name is None else {"name": name}
        case "grid":
            return {"type": row.kind, "cost_adjustment_day": 0.0}
    return {"type": row.kind}


def _of_entities(
    hass: HomeAssistant, entry: StewardConfigEntry, row: EnergyRow, key: str
) -> Iterator[tuple[str, str]]:
    """Find the entities of a row that are there and enabled."""
    registry = er.async_get(hass)
    for field, names in row.entities.items():
        for name in (names,) if isinstance(names, str) else names:
            unique_id = entry.runtime_data.unique_id(key, name)
            entity_id = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id)
            entity = None if entity_id is None else registry.async_get(entity_id)
            if entity is None or entity.disabled:
                continue
            if row.kind != PRICE or _in_currency(hass, entity):
                yield field, entity.entity_id
                break


def _in_currency(hass: HomeAssistant, entity: er.RegistryEntry) -> bool:
    """Return whether a price is in the currency of the home, and not in its cents."""
    return (entity.unit_of_measurement or "").startswith(f"{hass.config.currency}/")


def _statistic(entry: StewardConfigEntry, name: str, key: str) -> str:
    return statistic_id(entry, name.format(device=key))


async def _async_imported(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    rows: Sequence[tuple[EnergyRow, str]],
) -> Mapping[str, float]:
    """Return those of an entry's possible statistics that the recorder has."""
    wanted = [
        _statistic(entry, name, key)
        for row, key in rows
        for name in row.history.values()
    ]
    if not wanted or "recorder" not in hass.config.components:
        return {}
    recorder = await async_import_module(hass, f"{__package__}.statistics")
    found: Mapping[str, float] = await recorder.async_last_sums(hass, wanted)
    return found


async def energy_dashboard(
    coordinator: PollingCoordinator[Any], device_key: str, data: Mapping[str, Any]
) -> ServiceResponse:
    """Serve the action: tell what would be changed, and do or undo it if asked to."""
    hass, entry = coordinator.hass, coordinator.config_entry
    if data["undo"]:
        lines = await async_added(hass, entry)
        await async_undo(hass, entry)
        return {"undone": [*lines]}
    plan = await async_plan(hass, entry, imported=data["imported"])
    changed = await async_apply(hass, entry, plan, plan.sound) if data["apply"] else []
    return {
        "changes": [item.as_dict() for item in plan.proposals],
        "by_hand": plan.by_hand,
        "applied": [change.id for change in changed],
    }
