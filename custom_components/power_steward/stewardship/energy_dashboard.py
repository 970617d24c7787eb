"""What devices bring to an Energy dashboard: what is new, added and taken back.

Preferences are what Home Assistant keeps: lists of items, each with the meters and
powers that it is made of. Nothing that is there is changed, but for fields that are
empty: the price of a meter, and the meter that another one feeds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

type Item = Mapping[str, Any]
type Preferences = Mapping[str, Sequence[Item]]

PRICE: Final = "price"
SOURCES: Final = "energy_sources"
DEVICES: Final = "device_consumption"
WATER_DEVICES: Final = "device_consumption_water"
_SECTIONS: Final = {"device": DEVICES, "water_device": WATER_DEVICES}
_METERS: Final = ("stat_energy_from", "stat_energy_to", "stat_consumption")
_NEEDED: Final = {
    "battery": ("stat_energy_from", "stat_energy_to"),
    "device": ("stat_consumption",),
    "water_device": ("stat_consumption",),
    PRICE: ("entity_energy_price",),
}
_COSTS: Final = ("stat_cost", "stat_compensation")
_UPSTREAM: Final = "included_in_stat"
_PRICES: Final = {
    "stat_energy_from": (
        "entity_energy_price",
        ("entity_energy_price", "number_energy_price", "stat_cost"),
    ),
    "stat_energy_to": (
        "entity_energy_price_export",
        (
            "entity_energy_price_export",
            "number_energy_price_export",
            "stat_compensation",
        ),
    ),
}
"""By meter of a grid: the field of its price, and what else would price it."""


class PreferencesUnknown(Exception):
    """The preferences of this Home Assistant are not as we know them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyRow:
    """What one kind of device brings: a row in the table of a device type."""

    kind: str
    """A type of source, ``device``, ``water_device`` or ``price``."""
    entities: Mapping[str, str | Sequence[str]]
    """By field of the item: the key of the entity, or keys of which the first counts."""
    history: Mapping[str, str] = field(default_factory=dict)
    """The same of imported history; ``{device}`` stands for the device's key."""
    currency: str | None = None
    """That of the imported history's costs."""
    reading: type[Any] = object
    """The kind of reading that such a device has."""
    fits: Callable[[Any], bool] = lambda reading: True
    """Which of these readings."""
    capacity: Callable[[Any, str], float | None] | None = None
    """A battery's kWh, from the coordinator and the device's key."""

    def past(self, currency: str) -> dict[str, str]:
        """Return the imported history, without costs in another currency."""
        other = self.currency not in (None, currency)
        return {
            name: key
            for name, key in self.history.items()
            if not (other and name in _COSTS)
        }

    def complete(self, item: Item) -> bool:
        """Return whether an item has all that it needs."""
        return all(
            name in item for name in _NEEDED.get(self.kind, ("stat_energy_from",))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An item to add or, if ``into`` names its meter, fields of one to fill in."""

    kind: str
    item: Item
    into: str | None = None
    either: frozenset[str] = frozenset()
    """Meters that count the same as the item: only one of them may be there."""

    @property
    def id(self) -> str:
        """Return what the change is known by: two with the same are the same."""
        if self.into is None:
            return f"{self.kind} {_meters(self.item)[0]}"
        return f"{self.kind} {self.into} {' '.join(self.item)}"

    @property
    def section(self) -> str:
        """Return the list of the preferences that it belongs to."""
        return _SECTIONS.get(self.kind, SOURCES)


def _meters(item: Item) -> list[str]:
    return [item[name] for name in _METERS if item.get(name)]


def is_at(change: Change, item: Item) -> bool:
    """Return whether an item is where the change goes, or is what it adds."""
    if change.section == SOURCES and item.get("type") != change.kind:
        return False
    if change.into is not None:
        return change.into in _meters(item)
    return not _measured(change.item).isdisjoint(_measured(item))


def _measured(item: Item) -> set[str]:
    """Return what measures an item: with the same power, two are the same."""
    return {*_meters(item), *filter(None, (item.get("stat_rate"),))}


def new(preferences: Preferences, wishes: Iterable[Change]) -> list[Change]:
    """Return what is not there yet, each once."""
    found: dict[str, Change] = {}
    for wish in wishes:
        there = any(
            is_at(wish, item) or not wish.either.isdisjoint(_meters(item))
            for item in preferences.get(wish.section, ())
        )
        if not there:
            found.setdefault(wish.id, wish)
    return list(found.values())


def priced(change: Change, prices: Item | None) -> Change:
    """Return a grid connection with the price of each meter that can have one."""
    if prices is None or change.kind != "grid":
        return change
    fields = _missing_prices(change.item, prices)
    return Change(kind="grid", item={**change.item, **fields})


def price_changes(preferences: Preferences, prices: Item | None) -> list[Change]:
    """Return the prices for grid connections that are there without any."""
    if prices is None:
        return []
    return [
        Change(kind="grid", item=fields, into=_meters(item)[0])
        for item in preferences.get(SOURCES, ())
        if item.get("type") == "grid" and (fields := _missing_prices(item, prices))
    ]


def _missing_prices(item: Item, prices: Item) -> dict[str, Any]:
    """Return prices for the meters without one; imported statistics take none."""
    return {
        price: prices[price]
        for meter, (price, alike) in _PRICES.items()
        if price in prices
        and ":" not in (item.get(meter) or ":")
        and not any(item.get(name) is not None for name in alike)
    }


def upstream(
    preferences: Preferences, added: Sequence[Change], feeds: Iterable[tuple[str, str]]
) -> list[Change]:
    """Return all changes, with the devices whose power another one feeds below it.

    ``feeds`` are pairs of powers: what feeds, and what it feeds.
    """
    devices = [
        *preferences.get(DEVICES, ()),
        *(change.item for change in added if change.section == DEVICES),
    ]
    by_power = {
        item["stat_rate"]: _meters(item)[0] for item in devices if item.get("stat_rate")
    }
    above = {
        by_power[part]: by_power[whole]
        for whole, part in feeds
        if whole in by_power and part in by_power
    }
    completed = [
        Change(
            kind=change.kind,
            item={**change.item, _UPSTREAM: above[_meters(change.item)[0]]},
        )
        if change.kind == "device" and _meters(change.item)[0] in above
        else change
        for change in added
    ]
    for item in preferences.get(DEVICES, ()):
        meter = _meters(item)[0]
        if meter in above and not item.get(_UPSTREAM):
            completed.append(
                Change(kind="device", item={_UPSTREAM: above[meter]}, into=meter)
            )
    return completed


def applied(
    preferences: Preferences, changes: Iterable[Change]
) -> dict[str, list[dict[str, Any]]]:
    """Return the preferences with the changes; what is above a device has to be there."""
    after = {
        section: [dict(item) for item in items]
        for section, items in preferences.items()
    }
    for change in changes:
        items = after.setdefault(change.section, [])
        if change.into is None:
            items.append(dict(change.item))
            continue
        for item in items:
            if is_at(change, item):
                item.update(change.item)
    devices = after.get(DEVICES, [])
    meters = {meter for item in devices for meter in _meters(item)}
    for item in devices:
        if item.get(_UPSTREAM) not in meters:
            item.pop(_UPSTREAM, None)
    return after


def undone(
    preferences: Preferences, changes: Iterable[Change]
) -> dict[str, list[dict[str, Any]]]:
    """Return the preferences without the changes; what was altered since then stays."""
    after = {
        section: [dict(item) for item in items]
        for section, items in preferences.items()
    }
    for change in changes:
        items = after.get(change.section, [])
        if change.into is None:
            items[:] = [
                item
                for item in items
                if not (is_at(change, item) and _same(change.item, item))
            ]
            continue
        for item in items:
            if is_at(change, item):
                for name, value in change.item.items():
                    if item.get(name) == value:
                        _empty(item, name)
    return after


def _empty(item: dict[str, Any], name: str) -> None:
    """Take a field's value away, in the way of its section."""
    if name == _UPSTREAM:
        del item[name]
    else:
        item[name] = None


def _same(ours: Item, theirs: Item) -> bool:
    """Return whether an item is as we added it; some fields come by themselves."""
    filled = {name for name, value in theirs.items() if value is not None}
    by_itself = {
        _UPSTREAM,
        *(price for price, _ in _PRICES.values()),
        *(("stat_rate",) if "power_config" in ours else ()),
    }
    return all(
        theirs.get(name) == ours[name] for name in ours if name not in by_itself
    ) and not (filled - ours.keys() - by_itself)
