"""What an AiSEG2 tells, page by page, and the readings made of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from ..readings import DeviceReading, HubReading, PeriodTotal

GRID_DIRECTIONS: Final = {0: "buying", 1: "selling", 2: "idle"}
BATTERY_STATES: Final = {0: "charging", 1: "discharging", 2: "idle"}
"""Codes with a known meaning (section 2.1); the meaning of others is unknown."""
SOURCE_KINDS: Final = {
    "solar": ("太陽光",),
    "fuel_cell": ("燃料電池", "エネファーム"),
    "battery": ("蓄電池",),
}
IMPORT_STATES: Final = ("idle", "reading", "writing", "done", "failed")


# --- What the pages say ---------------------------------------------------------------


class PageParts(NamedTuple):
    """What every page says beside its content (section 2.0)."""

    firmware: str | None
    clock: datetime | None
    """The box's clock, aware."""
    demo: bool
    """Whether the box shows invented values."""
    links: frozenset[str]
    """Paths in the footer: hints at the equipment."""
    output_limited: bool | None
    """Whether the grid operator limits the solar output."""


class Source(NamedTuple):
    """One generation slot: its title and W, ``None`` for no reading."""

    title: str
    power: float | None

    @property
    def kind(self) -> str:
        """What the source is, by the words of its title."""
        return next(
            (
                kind
                for kind, words in SOURCE_KINDS.items()
                if any(word in self.title for word in words)
            ),
            "other",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The home at one moment (section 2.1), in W."""

    generation: float | None
    consumption: float | None
    direction_code: int | None
    sources: tuple[Source, ...]
    battery_charge: float | None
    battery_code: int | None
    has_battery: bool | None
    has_ev: bool | None
    has_generation: bool | None
    measuring: bool
    """Whether a measuring unit is registered: otherwise the values mean nothing."""
    rejected: tuple[str, ...] = ()


class CircuitPower(NamedTuple):
    """One circuit in the live list: its name as shown and W, ``None`` for no reading."""

    name: str
    power: float | None


class CircuitPage(NamedTuple):
    """One page of the live list (section 2.3)."""

    parts: PageParts
    served: int | None
    """The page that the box says this is."""
    has_next: bool | None
    """Whether there are further pages, ``None`` if the page does not tell."""
    circuits: tuple[CircuitPower, ...]


class Circuit(NamedTuple):
    """One measured branch circuit of the catalogue (section 2.5)."""

    number: int
    name: str
    """As the owner wrote it, empty if unnamed."""
    label: str
    """The breaker's label."""


class Catalogue(NamedTuple):
    """All measured branch circuits."""

    parts: PageParts
    circuits: tuple[Circuit, ...]


class DayGraph(NamedTuple):
    """A day's total of one quantity (sections 2.6, 2.7), in the unit it names."""

    parts: PageParts
    day: date | None
    """The box's day that the value belongs to."""
    value: float | None
    unit: str | None
    day_before: float | None
    """The final total of the day before."""
    quantities: frozenset[int]
    """Digits of the quantities that the box has pages for."""
    sale_price: float | None
    """Yen for a kWh sold."""


class Identity(NamedTuple):
    """What the box is (section 2.12)."""

    parts: PageParts
    name: str | None
    mac: str | None
    firmware: str | None
    control_firmware: str | None


class GridMeter(NamedTuple):
    """The smart meter's W (section 2.8), positive while power is bought."""

    parts: PageParts
    power: float | None


class Place(NamedTuple):
    """Temperature in °C and relative humidity in % of one place (section 2.9)."""

    name: str
    temperature: float | None
    humidity: float | None


class AirPage(NamedTuple):
    """One page of places."""

    parts: PageParts
    places: tuple[Place, ...]


class Equipment(NamedTuple):
    """One device in the box's list (section 2.10)."""

    node: str
    eoj: str
    """ECHONET object, lower case."""
    name: str
    location: str

    @property
    def title(self) -> str:
        """The device's name as the panels write it."""
        return f"{self.location}・{self.name}" if self.location else self.name

    @property
    def key(self) -> str:
        """The device's identity: neither half is one by itself."""
        return f"device_{self.node}_{self.eoj}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """What a panel or a list row says of one device or of all of a kind."""

    key: str
    kind: str
    name: str
    running: bool | None = None
    mode: str | None = None
    tank_level: float | None = None
    bath_running: bool | None = None
    smell: float | None = None
    pm2_5_level: float | None = None
    dust: float | None = None
    active_count: int | None = None
    inactive_count: int | None = None
    locked: bool | None = None
    ev_charging: bool | None = None
    parcel: bool | None = None
    fire: bool | None = None
    battery_low: bool | None = None
    room_temperature: float | None = None
    room_humidity: float | None = None
    outdoor_temperature: float | None = None
    last_event: datetime | None = None
    rejected: tuple[str, ...] = ()


class EquipmentPage(NamedTuple):
    """One page of panels, and the list of all equipment."""

    parts: PageParts
    panels_total: int
    equipment: tuple[Equipment, ...]
    appliances: tuple[Appliance, ...]


class ApplianceList(NamedTuple):
    """A page that lists the devices of one kind."""

    parts: PageParts
    total: int | None
    appliances: tuple[Appliance, ...]


# --- The readings ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxReading(HubReading):
    """The box itself."""

    clock_difference: float | None
    """Seconds by which the box's clock is ahead of ours."""
    import_state: str
    import_progress: float | None
    """Share of the history that is written, in %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeReading(DeviceReading):
    """The home: W, %, and the totals of the box's day in kWh, L and m³."""

    consumption: float | None = None
    generation: float | None = None
    grid_power: float | None = None
    """Positive while power is bought."""
    surplus: float | None = None
    """Generation minus consumption."""
    grid_direction: str | None = None
    battery_charge: float | None = None
    battery_state: str | None = None
    battery_power: float | None = None
    """Positive while the battery feeds the home."""
    output_limited: bool | None = None

    generated: PeriodTotal | None = None
    consumed: PeriodTotal | None = None
    bought: PeriodTotal | None = None
    sold: PeriodTotal | None = None
    hot_water: PeriodTotal | None = None
    water: PeriodTotal | None = None
    gas: PeriodTotal | None = None
    sale_price: float | None = None

    @property
    def bought_power(self) -> float | None:
        """What comes from the grid."""
        return None if self.grid_power is None else max(self.grid_power, 0.0)

    @property
    def sold_power(self) -> float | None:
        """What goes to the grid."""
        return None if self.grid_power is None else max(-self.grid_power, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReading(DeviceReading):
    """One generation source."""

    power: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitReading(DeviceReading):
    """One circuit, or all circuits that share a name, of which only the sum is sure."""

    power: float | None
    consumed: PeriodTotal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceReading(DeviceReading):
    """The air of one place."""

    temperature: float | None
    humidity: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplianceReading(DeviceReading):
    """One device that the box watches, or all of a kind."""

    state: Appliance
