"""The maps of unit 4: PV1800, PH1800, EP1800, PV3500, PV1900."""

from typing import Final

from .rows import SELECT, Block, Code, Family, Kind, Register, Series, Setting

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
        setting=SELECT,
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
