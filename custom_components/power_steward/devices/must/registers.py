"""The register maps of the MUST families as data: one row a register.

What is read in which blocks, how it is decoded, which entities there are, what may be
written and the tables in the documentation all follow from these rows.
"""

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


ON_OFF: Final = {0: "off", 1: "on"}
OFF_ON: Final = {0: "on", 1: "off"}
_SWITCH: Final = Setting()
_SELECT: Final = Setting()

# --- unit 10: EP2000 Pro, PV2000, EP3300 ----------------------------------------------

EP: Final = Series("ep", "EP / PV2000", 10, 9600, 0.2, Block(30000, 1), many=True)

STATES_E: Final = {
    1: "powering_on",
    2: "powering_on",
    3: "battery",
    4: "line",
    5: "stopped",
    6: "off",
    7: "charging",
    8: "powering_on",
}
STATES_F: Final = {
    0: "powering_on",
    1: "battery",
    2: "line",
    3: "stopped",
    4: "service",
    5: "powering_on",
    6: "off",
    7: "standby",
}
STATES_EP3300: Final = {**STATES_F, 4: None, 8: "service"}
"""State 4 is charging on an EP3300 and service on an EP3000 Plus, both of type 3."""

FAULTS: Final = {
    1: "fan",
    2: "over_temperature",
    3: "battery_voltage_high",
    4: "battery_voltage_low",
    5: "output_short_circuit",
    6: "output_voltage_high",
    7: "overload",
    8: "bus_voltage_high",
    9: "bus_soft_start",
    11: "main_relay",
    21: "output_voltage_sensor",
    22: "mains_voltage_sensor",
    23: "output_current_sensor",
    24: "mains_current_sensor",
    25: "load_current_sensor",
    26: "mains_over_current",
    27: "radiator_over_temperature",
    31: "charger_battery_class",
    32: "charger_current_sensor",
    33: "charger_current_uncontrollable",
    41: "mains_voltage_low",
    42: "mains_voltage_high",
    43: "mains_frequency_low",
    44: "mains_frequency_high",
    45: "avr",
    51: "inverter_over_current",
    52: "bus_voltage_low",
    53: "inverter_soft_start",
    54: "dc_in_output",
    56: "battery_disconnected",
    57: "control_current_sensor",
    58: "output_voltage_low",
    61: "fan",
    62: "fan",
    63: "battery_overcharged",
    64: "battery_low",
    67: "overload",
    70: "output_derated",
    72: "charger_battery_low",
    73: "charger_pv_voltage_high",
    74: "charger_overload",
    75: "charger_over_temperature",
    76: "charger_communication",
    77: "parameter_error",
}
FAULTS_PV2000: Final = {
    **{code: name for code, name in FAULTS.items() if code != 33},
    78: "pv_polarity",
}
"""Sources give 33 another meaning for this family; without a name it shows as a code."""
FAULTS_EP3300: Final = {**FAULTS, 28: "rated_load"}

ALARMS_EP2000: Final = {
    1: "battery_voltage_low",
    2: "overload",
    3: "battery_voltage_high",
    4: "parameter_error",
}
ALARMS_EP3300: Final = {
    0: "inverter_over_temperature",
    1: "battery_over_temperature",
    2: "battery_voltage_high",
    3: "battery_voltage_low",
    4: "overload",
}

CHARGERS: Final[Mapping[str, Mapping[tuple[int, int], int]]] = {
    "ep2000": {
        (12, 300): 10,
        (24, 300): 5,
        (12, 600): 20,
        (24, 600): 10,
        (12, 800): 25,
        (24, 800): 15,
        (12, 1000): 30,
        (24, 1000): 15,
    },
    "ep3300": {
        (12, 1000): 30,
        (12, 1500): 45,
        (12, 2000): 60,
        (24, 1000): 20,
        (24, 1500): 25,
        (24, 2000): 30,
        (24, 3000): 40,
        (24, 4000): 60,
        (48, 3000): 20,
        (48, 4000): 30,
        (48, 5000): 35,
        (48, 6000): 40,
    },
}
"""Largest charge current in A by battery class and rated power."""

OUTPUT_VOLTAGES: Final = (
    frozenset({100, 110, 115, 120}),
    frozenset({220, 230, 240}),
)
"""A unit is built for the voltages of one group and must not be set to the other's."""

_IDENTITY: Final = (
    Register(30000, "machine_type", Kind.CODE, enabled=False, diagnostic=True),
    Register(30001, "software_version", Kind.CODE, shown=False),
    Register(30002, "work_state_code", Kind.CODE, enabled=False, diagnostic=True),
)
_RATINGS: Final = (
    Register(30003, "rated_battery_voltage", Kind.VOLTAGE, diagnostic=True),
    Register(30004, "rated_power", Kind.POWER, low=1, diagnostic=True),
)
_MEASURED: Final = (
    Register(30005, "input_voltage", Kind.VOLTAGE, 10),
    Register(30006, "input_frequency", Kind.FREQUENCY, 10),
    Register(30007, "output_voltage", Kind.VOLTAGE, 10),
    Register(30008, "output_frequency", Kind.FREQUENCY, 10),
    Register(30009, "output_current", Kind.CURRENT, 10),
    Register(30010, "load_power", Kind.POWER),
    Register(30011, "load_apparent_power", Kind.APPARENT_POWER),
    Register(30012, "load", Kind.PERCENT, high=300),
    Register(30014, "battery_voltage", Kind.VOLTAGE, 10, high=100),
    Register(30015, "battery_current", Kind.CURRENT, 10, signed=True),
    Register(30017, "battery_charge", Kind.PERCENT),
    Register(30018, "temperature", Kind.TEMPERATURE, signed=True),
)
_FAULT: Final = (
    Register(30021, "fault_number", Kind.CODE, shown=False),
    Register(30022, "alarm_bits", Kind.CODE, enabled=False, diagnostic=True),
)
_CHARGING: Final = (
    Register(
        30023,
        "charge_stage",
        Kind.ENUM,
        codes={0: "constant_current", 1: "constant_voltage", 2: "float"},
    ),
    Register(30024, "charger_on", Kind.FLAG, shown=False),
)
_STATES_EP2000: Final = (
    Register(
        30013,
        "load_state",
        Kind.ENUM,
        codes={0: "normal", 1: "alarm", 2: "overload"},
        diagnostic=True,
        enabled=False,
    ),
    Register(
        30019,
        "avr",
        Kind.ENUM,
        codes={
            0: "bypass",
            1: "step_down",
            2: "boost",
            3: "extended_boost",
            4: "extended_boost",
        },
    ),
    Register(
        30020,
        "buzzer_state",
        Kind.ENUM,
        codes={0: "off", 1: "sounding", 2: "alarm"},
        diagnostic=True,
    ),
    Register(30025, "main_switch", Kind.FLAG, diagnostic=True, enabled=False),
    Register(
        30026,
        "delay_type",
        Kind.ENUM,
        codes={0: "standard", 1: "long_delay", 2: "integrated"},
        diagnostic=True,
        enabled=False,
    ),
)
_STATES_EP3300: Final = (
    Register(30016, "battery_temperature", Kind.TEMPERATURE, signed=True),
    Register(
        30020,
        "buzzer_state",
        Kind.ENUM,
        codes={0: "normal", 1: "silenced"},
        diagnostic=True,
    ),
    Register(
        30025,
        "grid_state",
        Kind.ENUM,
        codes={0: "none", 1: "normal", 2: "abnormal"},
        diagnostic=True,
    ),
)


def _settings(shutdown: Setting) -> tuple[Register, ...]:
    """Return the settings that all of unit 10 share; only shut-down limits differ."""
    volts = Kind.VOLTAGE
    return (
        Register(
            31000,
            "output_frequency_setting",
            Kind.ENUM,
            codes={0: "50", 1: "60"},
            setting=_SELECT,
            enabled=False,
        ),
        Register(
            31001,
            "output_voltage_setting",
            Kind.ENUM,
            codes={value: str(value) for group in OUTPUT_VOLTAGES for value in group},
            setting=_SELECT,
            enabled=False,
        ),
        Register(31002, "shutdown_voltage", volts, 10, setting=shutdown, enabled=False),
        Register(
            31003,
            "absorption_voltage",
            volts,
            10,
            setting=Setting(138, 145, per_block=True),
            enabled=False,
        ),
        Register(
            31004,
            "float_voltage",
            volts,
            10,
            setting=Setting(135, 137, per_block=True),
            enabled=False,
        ),
        Register(31006, "buzzer", Kind.FLAG, codes=OFF_ON, setting=_SWITCH),
        Register(
            31007,
            "grid_charging",
            Kind.FLAG,
            codes=OFF_ON,
            setting=_SWITCH,
            enabled=False,
        ),
        Register(
            31008, "key_sound", Kind.FLAG, codes=OFF_ON, setting=_SWITCH, enabled=False
        ),
        Register(31009, "backlight", Kind.FLAG, setting=_SWITCH, enabled=False),
    )


_SETTINGS_EP2000: Final = (
    *_settings(Setting(100, 120, per_block=True)),
    Register(
        31005,
        "charge_current_limit",
        Kind.CURRENT,
        setting=Setting(low=5, step=5, by_rating=True),
        enabled=False,
    ),
    Register(
        31016,
        "start_with_mains",
        Kind.FLAG,
        codes=OFF_ON,
        setting=_SWITCH,
        enabled=False,
    ),
    Register(31017, "overload_recovery", Kind.FLAG, setting=_SWITCH, enabled=False),
)
_SETTINGS_EP3300: Final = (
    *_settings(Setting(100, 110, 5, per_block=True)),
    Register(
        31005,
        "charge_current_limit",
        Kind.CURRENT,
        setting=Setting(low=10, step=5, by_rating=True),
        enabled=False,
    ),
    Register(
        31014,
        "return_to_battery_voltage",
        Kind.VOLTAGE,
        10,
        setting=Setting(130, 145, 5, per_block=True),
        enabled=False,
    ),
    Register(
        31015,
        "return_to_grid_voltage",
        Kind.VOLTAGE,
        10,
        setting=Setting(105, 120, 5, per_block=True),
        enabled=False,
    ),
    Register(31020, "power_saving", Kind.FLAG, setting=_SWITCH, enabled=False),
    Register(
        31021,
        "search_time",
        Kind.ENUM,
        codes={5: "5", 30: "30"},
        setting=_SELECT,
        enabled=False,
    ),
    Register(
        31022,
        "output_priority",
        Kind.ENUM,
        codes={0: "grid", 1: "battery"},
        setting=_SELECT,
        enabled=False,
    ),
    Register(
        31023,
        "input_range",
        Kind.ENUM,
        codes={0: "wide", 1: "narrow"},
        setting=_SELECT,
        enabled=False,
    ),
    Register(31200, "serial_number", Kind.SERIAL, shown=False),
)
_EP2000: Final = (
    *_IDENTITY,
    *_RATINGS,
    *_MEASURED,
    *_STATES_EP2000,
    *_FAULT,
    *_CHARGING,
    *_SETTINGS_EP2000,
)
_PV2000: Final = (
    Register(30031, "pv_present", Kind.FLAG, diagnostic=True),
    Register(30032, "pv_charging", Kind.FLAG),
    Register(30033, "pv_temperature", Kind.TEMPERATURE, signed=True),
    Register(30034, "pv_voltage", Kind.VOLTAGE, 10),
    Register(30035, "pv_current", Kind.CURRENT, 10),
    Register(30036, "pv_power", Kind.POWER),
)
_EP3300: Final = (
    *_IDENTITY,
    *_RATINGS,
    *_MEASURED,
    *_STATES_EP3300,
    *_FAULT,
    *_CHARGING,
    *_SETTINGS_EP3300,
)
_TLV: Final = (
    Register(30030, "input_voltage_l1", Kind.VOLTAGE, 10),
    Register(30031, "input_voltage_l2", Kind.VOLTAGE, 10),
    Register(30036, "output_voltage_l1", Kind.VOLTAGE, 10),
    Register(30037, "output_current_l1", Kind.CURRENT, 10),
    Register(30038, "load_power_l1", Kind.POWER),
    Register(30039, "load_apparent_power_l1", Kind.APPARENT_POWER),
    Register(30041, "output_voltage_l2", Kind.VOLTAGE, 10),
    Register(30042, "output_current_l2", Kind.CURRENT, 10),
    Register(30043, "load_power_l2", Kind.POWER),
    Register(30044, "load_apparent_power_l2", Kind.APPARENT_POWER),
)
_EP_SETTINGS: Final = (Block(31000, 10), Block(31011, 8, optional=True))

EP2000: Final = Family(
    key="ep2000",
    name="EP2000 Pro",
    series=EP,
    status=(Block(30000, 27),),
    settings=_EP_SETTINGS,
    registers=_EP2000,
    states=STATES_E,
    faults=(Code("fault_number", FAULTS),),
    alarms=(Code("alarm_bits", ALARMS_EP2000, bits=True),),
    can_shut_down=True,
)
PV2000: Final = Family(
    key="pv2000",
    name="EP20 Pro / PV2000",
    series=EP,
    status=(Block(30000, 27), Block(30030, 12, optional=True)),
    settings=_EP_SETTINGS,
    registers=(*_EP2000, *_PV2000),
    states=STATES_E,
    faults=(Code("fault_number", FAULTS_PV2000),),
    # Two kinds of unit call themselves type 2, and number their alarms differently.
    alarms=(Code("alarm_bits", {}, bits=True),),
    can_shut_down=True,
)
EP3300: Final = Family(
    key="ep3300",
    name="EP3300 / EP3000 Plus",
    series=EP,
    status=(Block(30000, 26),),
    settings=(*_EP_SETTINGS, Block(31020, 4, optional=True)),
    identity=(Block(31200, 2, optional=True),),
    registers=_EP3300,
    states=STATES_EP3300,
    faults=(Code("fault_number", FAULTS_EP3300),),
    alarms=(Code("alarm_bits", ALARMS_EP3300, bits=True),),
)
EP3300_TLV: Final = Family(
    key="ep3300_tlv",
    name="EP3300 TLV",
    series=EP,
    status=(Block(30000, 27), Block(30030, 21, smaller=20, optional=True)),
    settings=(*_EP_SETTINGS, Block(31020, 9, optional=True)),
    identity=(Block(31200, 2, optional=True),),
    registers=(*_EP3300, *_TLV),
    states=STATES_F,
    faults=(Code("fault_number", FAULTS_EP3300),),
    alarms=(Code("alarm_bits", {}, bits=True),),
)
UNKNOWN_EP: Final = Family(
    key="unknown",
    name="Unknown MUST model",
    series=EP,
    status=(Block(30000, 26),),
    registers=(_IDENTITY[0]._replace(enabled=True), *_IDENTITY[1:]),
    states={},
)
"""A machine type that nobody knows: nothing of it can be told but its codes."""

BY_MACHINE_TYPE: Final[Mapping[int, Family]] = {
    0: EP2000,
    2: PV2000,
    3: EP3300,
    4100: EP3300_TLV,
}

# --- unit 4: PV1800, PH1800, EP1800, PV3500, PV1900 -----------------------------------

PV: Final = Series(
    "pv", "PV1800 / PV1900 / EP1800 / PV3500", 4, 19200, 0.3, Block(20000, 7), False
)

STATES_PV: Final = {
    0: "powering_on",
    1: "powering_on",
    2: "off_grid",
    3: "grid_tie",
    4: "bypass",
    5: "stopped",
    6: "charging",
}
_FAULT_1: Final = dict(
    enumerate(
        (
            "fan",
            "over_temperature",
            "battery_voltage_high",
            "battery_voltage_low",
            "output_short_circuit",
            "output_voltage_high",
            "overload",
            "bus_voltage_high",
            "bus_soft_start",
            "main_relay",
            "output_voltage_sensor",
            "mains_voltage_sensor",
            "output_current_sensor",
            "mains_current_sensor",
            "load_current_sensor",
            "mains_over_current",
        )
    )
)
_FAULT_2: Final = dict(
    enumerate(
        (
            "radiator_over_temperature",
            "charger_battery_class",
            "charger_current_sensor",
            "charger_current_uncontrollable",
            "mains_voltage_low",
            "mains_voltage_high",
            "mains_frequency_low",
            "mains_frequency_high",
            "inverter_over_current",
            "bus_voltage_low",
            "inverter_soft_start",
            "dc_in_output",
            "battery_disconnected",
            "control_current_sensor",
            "output_voltage_low",
        )
    )
)
_WARNING_1: Final = dict(
    enumerate(
        (
            "fan",
            "fan",
            "battery_overcharged",
            "battery_low",
            "overload",
            "output_derated",
            "charger_battery_low",
            "charger_pv_voltage_high",
            "charger_overload",
            "charger_over_temperature",
            "charger_communication",
        )
    )
)
_CHARGER_FAULT: Final = dict(
    enumerate(
        (
            "charger_hardware",
            "charger_over_current",
            "charger_current_sensor",
            "charger_over_temperature",
            "charger_pv_voltage_high",
            "charger_pv_voltage_low",
            "charger_battery_voltage_high",
            "charger_battery_voltage_low",
            "charger_current_uncontrollable",
            "parameter_error",
        )
    )
)


def _relay(address: int, name: str) -> Register:
    return Register(address, f"relay_{name}", Kind.FLAG, diagnostic=True, enabled=False)


def _counter(address: int, name: str, *, enabled: bool = True) -> Register:
    return Register(address, f"counter_{name}", Kind.ENERGY, enabled=enabled)


_PV_IDENTITY: Final = (
    Register(20000, "model_letters", Kind.CODE, shown=False),
    Register(20001, "model_number", Kind.CODE, shown=False),
    Register(20002, "serial_number", Kind.SERIAL, shown=False),
    Register(20005, "software_version", Kind.CODE, shown=False),
)
_PV_INVERTER: Final = (
    Register(25201, "work_state_code", Kind.CODE, enabled=False, diagnostic=True),
    Register(25203, "rated_apparent_power", Kind.APPARENT_POWER, diagnostic=True),
    Register(25277, "rated_power", Kind.POWER, diagnostic=True),
    Register(25205, "battery_voltage", Kind.VOLTAGE, 10, high=100),
    Register(25206, "output_voltage", Kind.VOLTAGE, 10),
    Register(25207, "input_voltage", Kind.VOLTAGE, 10),
    Register(25208, "bus_voltage", Kind.VOLTAGE, 10, diagnostic=True),
    Register(25210, "inverter_current", Kind.CURRENT, 10, enabled=False),
    Register(25211, "input_current", Kind.CURRENT, 10),
    Register(25212, "output_current", Kind.CURRENT, 10),
    Register(25213, "inverter_power", Kind.POWER, signed=True, enabled=False),
    Register(25214, "input_power", Kind.POWER, signed=True),
    Register(25215, "load_power", Kind.POWER, signed=True),
    Register(25216, "load", Kind.PERCENT, high=300),
    Register(25219, "load_apparent_power", Kind.APPARENT_POWER),
    Register(
        25223, "load_reactive_power", Kind.REACTIVE_POWER, signed=True, enabled=False
    ),
    Register(25225, "output_frequency", Kind.FREQUENCY, 100),
    Register(25226, "input_frequency", Kind.FREQUENCY, 100),
    Register(25233, "temperature", Kind.TEMPERATURE, signed=True),
    Register(25234, "transformer_temperature", Kind.TEMPERATURE, signed=True),
    Register(25235, "dc_temperature", Kind.TEMPERATURE, signed=True),
    _relay(25237, "inverter"),
    _relay(25238, "grid"),
    _relay(25239, "load"),
    _relay(25240, "neutral"),
    _relay(25241, "dc"),
    _relay(25242, "earth"),
    _counter(25245, "charged"),
    _counter(25247, "discharged"),
    _counter(25249, "bought"),
    _counter(25251, "sold"),
    _counter(25253, "load"),
    _counter(25255, "self_use", enabled=False),
    _counter(25257, "pv_sold", enabled=False),
    _counter(25259, "grid_charge"),
    Register(25261, "fault_bits_1", Kind.CODE, enabled=False, diagnostic=True),
    Register(25262, "fault_bits_2", Kind.CODE, enabled=False, diagnostic=True),
    Register(25265, "alarm_bits", Kind.CODE, enabled=False, diagnostic=True),
    Register(25278, "protocol_version", Kind.CODE, shown=False),
    # No source says which sign is charging here, so the ledger leaves these alone.
    Register(25273, "battery_power", Kind.POWER, signed=True),
    Register(25274, "battery_current", Kind.CURRENT, signed=True),
)
_PV_CLASS: Final = Register(
    25275, "rated_battery_voltage", Kind.VOLTAGE, diagnostic=True
)
_PV_CHARGER: Final = (
    Register(
        15201,
        "charger_state",
        Kind.ENUM,
        codes={0: "powering_on", 1: "self_test", 2: "working", 3: "stopped"},
        diagnostic=True,
    ),
    Register(
        15202,
        "mppt",
        Kind.ENUM,
        codes={0: "stopped", 1: "tracking", 2: "limiting"},
        diagnostic=True,
    ),
    Register(
        15203,
        "pv_charge_stage",
        Kind.ENUM,
        codes={0: "none", 1: "absorption", 2: "float", 3: "equalisation"},
    ),
    Register(15205, "pv_voltage", Kind.VOLTAGE, 10),
    Register(15207, "pv_charge_current", Kind.CURRENT, 10),
    Register(15208, "pv_charge_power", Kind.POWER),
    Register(15209, "pv_temperature", Kind.TEMPERATURE, signed=True),
    _relay(15211, "battery"),
    _relay(15212, "pv"),
    Register(15213, "charger_fault_bits", Kind.CODE, enabled=False, diagnostic=True),
    Register(15216, "rated_charge_current", Kind.CURRENT, 10, diagnostic=True),
    _counter(15217, "pv"),
    Register(15219, "running_time", Kind.RUNTIME, diagnostic=True, enabled=False),
)
_PV_CHARGER_CLASS: Final = Register(
    15215, "rated_battery_voltage", Kind.VOLTAGE, diagnostic=True
)
_PROTOCOL: Final = 10415
"""The version of the protocol that the settings' meanings are taken from."""


def _set_voltage(address: int, key: str, since: int = 0) -> Register:
    """Return a voltage that is shown but not written: limits differ by version."""
    return Register(
        address,
        key,
        Kind.VOLTAGE,
        10,
        since=since,
        high=100,
        enabled=False,
        diagnostic=True,
    )


_PV_SETTINGS: Final = (
    _set_voltage(10103, "float_voltage", _PROTOCOL),
    _set_voltage(10104, "absorption_voltage", _PROTOCOL),
    _set_voltage(10105, "battery_low_voltage"),
    _set_voltage(10107, "battery_high_voltage"),
    _set_voltage(10119, "equalisation_voltage"),
    Register(
        10108,
        "pv_charge_current_limit",
        Kind.CURRENT,
        10,
        setting=Setting(0, 800, 10),
        enabled=False,
    ),
    Register(
        10110,
        "battery_type",
        Kind.ENUM,
        codes={
            0: "none",
            1: "user",
            2: "lithium",
            3: "sealed_lead",
            4: "agm",
            5: "gel",
            6: "flooded",
        },
        diagnostic=True,
    ),
    Register(10111, "battery_capacity", Kind.CAPACITY, diagnostic=True),
    Register(
        20143,
        "charge_source",
        Kind.ENUM,
        codes={0: "solar_first", 2: "solar_and_grid", 3: "solar_only"},
        setting=_SELECT,
        enabled=False,
    ),
    Register(
        20125,
        "grid_charge_current",
        Kind.CURRENT,
        10,
        setting=Setting(10, 800, 10),
        enabled=False,
    ),
)
_PV_STATUS: Final = (Block(25201, 79),)
_PV_CHARGER_BLOCK: Final = Block(15201, 21)
_PV_BLOCKS: Final = (
    Block(10101, 24, smaller=12, optional=True),
    Block(20101, 44, smaller=43, optional=True),
)
_PV_FAULTS: Final = (
    Code("fault_bits_1", _FAULT_1, bits=True),
    Code("fault_bits_2", _FAULT_2, bits=True),
)
_PV_CHARGER_FAULTS: Final = (
    *_PV_FAULTS,
    Code("charger_fault_bits", _CHARGER_FAULT, bits=True),
)
_PV_ALARMS: Final = (Code("alarm_bits", _WARNING_1, bits=True),)

PV1800: Final = Family(
    key="pv1800",
    name="PV1800",
    series=PV,
    status=(*_PV_STATUS, _PV_CHARGER_BLOCK),
    settings=_PV_BLOCKS,
    identity=(Block(20000, 7, optional=True),),
    registers=(
        *_PV_IDENTITY,
        *_PV_INVERTER,
        *_PV_CHARGER,
        _PV_CHARGER_CLASS,
        *_PV_SETTINGS,
    ),
    states=STATES_PV,
    faults=_PV_CHARGER_FAULTS,
    alarms=_PV_ALARMS,
)
PV1900: Final = Family(
    key="pv1900",
    name="PV1900",
    series=PV,
    status=(
        *PV1800.status,
        Block(113, 2, optional=True),
        Block(16205, 4, optional=True),
    ),
    settings=PV1800.settings,
    identity=PV1800.identity,
    registers=(
        *PV1800.registers,
        Register(113, "battery_charge", Kind.PERCENT),
        Register(114, "battery_health", Kind.PERCENT, diagnostic=True),
        Register(16205, "pv2_voltage", Kind.VOLTAGE, 10),
        Register(16207, "pv2_current", Kind.CURRENT, 10),
        Register(16208, "pv2_power", Kind.POWER),
    ),
    states=STATES_PV,
    faults=_PV_CHARGER_FAULTS,
    alarms=_PV_ALARMS,
)
EP1800: Final = Family(
    key="ep1800",
    name="EP1800",
    series=PV,
    status=_PV_STATUS,
    settings=_PV_BLOCKS,
    identity=PV1800.identity,
    registers=(
        *_PV_IDENTITY,
        *_PV_INVERTER,
        _PV_CLASS,
        *(row for row in _PV_SETTINGS if row.key != "charge_source"),
    ),
    states=STATES_PV,
    faults=_PV_FAULTS,
    alarms=_PV_ALARMS,
)

FAMILIES: Final = (
    EP2000,
    PV2000,
    EP3300,
    EP3300_TLV,
    PV1800,
    PV1900,
    EP1800,
    UNKNOWN_EP,
)
BY_KEY: Final[Mapping[str, Family]] = {family.key: family for family in FAMILIES}
SERIES: Final[Mapping[str, Series]] = {series.key: series for series in (EP, PV)}

UNSUPPORTED: Final = (
    Series("pc1800", "PC1800", 1, 9600, 0.2, Block(10000, 1), False),
    Series("ph1000", "PH1000", 5, 9600, 0.2, Block(20001, 1), False),
    Series("ph5000", "PH5000", 6, 9600, 0.2, Block(20001, 1), False),
)
"""Models that the detection can name, but whose maps nobody has verified."""

REMOTE_SHUTDOWN: Final = 32002

FORBIDDEN: Final = (
    range(10009, 10101),
    range(20009, 20101),
    range(31100, 31117),
    range(32000, 32002),
)
"""What must never be touched: a read there switches some models off for good until
all power is disconnected; the others are calibrations and the factory reset."""
