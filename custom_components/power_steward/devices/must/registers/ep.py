"""The maps of unit 10: EP2000 Pro, PV2000, EP3300."""

from collections.abc import Mapping
from typing import Final

from .rows import (
    OFF_ON,
    SELECT,
    SWITCH,
    Block,
    Code,
    Family,
    Kind,
    Register,
    Series,
    Setting,
)

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
            setting=SELECT,
            enabled=False,
        ),
        Register(
            31001,
            "output_voltage_setting",
            Kind.ENUM,
            codes={value: str(value) for group in OUTPUT_VOLTAGES for value in group},
            setting=SELECT,
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
        Register(31006, "buzzer", Kind.FLAG, codes=OFF_ON, setting=SWITCH),
        Register(
            31007,
            "grid_charging",
            Kind.FLAG,
            codes=OFF_ON,
            setting=SWITCH,
            enabled=False,
        ),
        Register(
            31008, "key_sound", Kind.FLAG, codes=OFF_ON, setting=SWITCH, enabled=False
        ),
        Register(31009, "backlight", Kind.FLAG, setting=SWITCH, enabled=False),
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
        setting=SWITCH,
        enabled=False,
    ),
    Register(31017, "overload_recovery", Kind.FLAG, setting=SWITCH, enabled=False),
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
    Register(31020, "power_saving", Kind.FLAG, setting=SWITCH, enabled=False),
    Register(
        31021,
        "search_time",
        Kind.ENUM,
        codes={5: "5", 30: "30"},
        setting=SELECT,
        enabled=False,
    ),
    Register(
        31022,
        "output_priority",
        Kind.ENUM,
        codes={0: "grid", 1: "battery"},
        setting=SELECT,
        enabled=False,
    ),
    Register(
        31023,
        "input_range",
        Kind.ENUM,
        codes={0: "wide", 1: "narrow"},
        setting=SELECT,
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
