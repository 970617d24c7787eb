"""What a register map is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What a register holds."""

    VOLTAGE = auto()
    CURRENT = auto()
    FREQUENCY = auto()
    POWER = auto()
    APPARENT_POWER = auto()
    REACTIVE_POWER = auto()
    PERCENT = auto()
    TEMPERATURE = auto()
    RUNTIME = auto()
    """Three registers: days, hours, minutes; the value is in minutes."""
    CAPACITY = auto()
    ENERGY = auto()
    """A pair of registers: thousands of kWh, then tenths of kWh."""
    SERIAL = auto()
    """A pair of registers, of which each shows as five digits."""
    FLAG = auto()
    ENUM = auto()
    CODE = auto()
    """A number without a unit: codes, versions, words of bits."""


class Setting(NamedTuple):
    """What may be written to a register, in steps of the register."""

    low: int = 0
    high: int = 0
    step: int = 1
    per_block: bool = False
    """Whether the limits are those of one 12 V block of the battery."""
    by_rating: bool = False
    """Whether the rated power and the battery set the upper limit (``CHARGERS``)."""


class Register(NamedTuple):
    """One value on the wire and its name up to the screen."""

    address: int
    key: str
    kind: Kind
    per_unit: int = 1
    """Steps of the register in one unit: 10 for tenths."""
    signed: bool = False
    codes: Mapping[int, str] = {}
    """Meanings of an enumeration; of a flag, those of 0 and 1 are "off" and "on"."""
    setting: Setting | None = None
    low: float | None = None
    high: float | None = None
    """What is possible, where it is narrower than the kind's limits."""
    since: int = 0
    """The protocol version before which the register means something else."""
    shown: bool = True
    """Whether there is an entity; without one, the value only serves others."""
    enabled: bool = True
    diagnostic: bool = False

    @property
    def words(self) -> int:
        """Return how many registers the value takes."""
        return _WORDS.get(self.kind, 1)


_WORDS: Final = {Kind.ENERGY: 2, Kind.SERIAL: 2, Kind.RUNTIME: 3}


class Block(NamedTuple):
    """Registers that are read at once, as the maker's own program does."""

    first: int
    length: int
    smaller: int | None = None
    """How many to ask for instead of a unit that refuses so many."""
    optional: bool = False
    """Whether there are units of the family that do not answer it."""


class Code(NamedTuple):
    """A word that tells faults or alarms: a number, or bits."""

    key: str
    names: Mapping[int, str]
    """By number, or by position of the bit."""
    bits: bool = False


class Series(NamedTuple):
    """Models that share line settings and the register that identifies them."""

    key: str
    name: str
    unit: int
    baudrate: int
    spacing: float
    """Seconds of silence before a request."""
    identity: Block
    many: bool
    """Whether a single register is written by the function for many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models that share one map."""

    key: str
    name: str
    series: Series
    status: tuple[Block, ...]
    settings: tuple[Block, ...] = ()
    identity: tuple[Block, ...] = ()
    registers: tuple[Register, ...]
    states: Mapping[int, str | None]
    """The operating mode by the state register, ``None`` where sources differ."""
    faults: tuple[Code, ...] = ()
    alarms: tuple[Code, ...] = ()
    can_shut_down: bool = False

    @property
    def by_key(self) -> dict[str, Register]:
        """Return the rows by key."""
        return {row.key: row for row in self.registers}


OFF_ON: Final = {0: "on", 1: "off"}
"""The codes of a flag that is set to switch something off."""
SWITCH: Final = Setting()
SELECT: Final = Setting()
