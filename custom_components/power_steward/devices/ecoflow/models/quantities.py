"""The values that a device may have: one row a value, the same for all families.

A value's key is its name in the translations, in the docs and at the end of unique ids.
Units are SI as the house has them: W, Wh, V, A, Ah, °C, Hz, s, %, dBm.
"""

from collections.abc import Iterator, Mapping
from enum import Enum, StrEnum
from typing import Final, NamedTuple

type Number = bool | int | float


class Quantity(StrEnum):
    """What a value measures."""

    POWER = "power"
    ENERGY = "energy"
    VOLTAGE = "voltage"
    CURRENT = "current"
    CHARGE_AMOUNT = "charge_amount"
    TEMPERATURE = "temperature"
    FREQUENCY = "frequency"
    PERCENTAGE = "percentage"
    DURATION = "duration"
    COUNT = "count"
    SIGNAL = "signal"
    CODE = "code"
    ON_OFF = "on_off"


class Range(NamedTuple):
    """What is physically possible, and the digits worth showing."""

    low: float
    high: float
    digits: int


RANGES: Final[Mapping[Quantity, Range]] = {
    Quantity.POWER: Range(-100_000, 100_000, 1),
    Quantity.ENERGY: Range(0, 1e10, 0),
    Quantity.VOLTAGE: Range(-5, 1500, 3),
    Quantity.CURRENT: Range(-1000, 1000, 3),
    Quantity.CHARGE_AMOUNT: Range(0, 100_000, 3),
    Quantity.TEMPERATURE: Range(-60, 150, 1),
    Quantity.FREQUENCY: Range(0, 100, 2),
    Quantity.PERCENTAGE: Range(0, 100, 2),
    Quantity.DURATION: Range(0, 10_000_000, 0),
    Quantity.COUNT: Range(0, 1_000_000, 0),
    Quantity.SIGNAL: Range(-150, 0, 0),
    Quantity.CODE: Range(0, 0xFFFF_FFFF, 0),
    Quantity.ON_OFF: Range(0, 1, 0),
}
"""As wide as the largest of devices needs."""


class Use(Enum):
    """How a value is to be offered."""

    PRIMARY = 1
    """At first sight."""
    DETAIL = 2
    """Among the diagnostics."""
    RARE = 3
    """Among the diagnostics, and only if the user asks for it."""
    SETTING = 4
    """What the user has set on the device."""


class ValueKind(NamedTuple):
    """A value's row."""

    quantity: Quantity
    use: Use = Use.PRIMARY


def _each(
    keys: str, quantity: Quantity, use: Use = Use.PRIMARY
) -> Iterator[tuple[str, ValueKind]]:
    """Yield rows that differ by their keys only."""
    for key in keys.split():
        yield key, ValueKind(quantity, use)


VALUES: Final[Mapping[str, ValueKind]] = dict(
    (
        *_each("charge battery_charge battery_health", Quantity.PERCENTAGE),
        *_each("charge_time remaining_time", Quantity.DURATION),
        *_each(
            "input_power output_power battery_power ac_input_power ac_output_power"
            " ac_output_1_power ac_output_2_power ac_output_3_power"
            " ac_output_4_power ac_high_voltage_power"
            " ac_low_voltage_power ac_tt30_power solar_power solar_1_power"
            " solar_2_power solar_3_power solar_4_power car_power"
            " dc_24v_power anderson_power usb_a_1_power usb_a_2_power"
            " usb_a_3_power usb_qc_1_power usb_qc_2_power usb_c_1_power usb_c_2_power"
            " usb_c_3_power expansion_1_power expansion_2_power"
            " infinity_power inverter_power grid_power house_power plugs_power"
            " outlet_1_power outlet_2_power power phase_1_power phase_2_power"
            " phase_3_power circuit_power solar_5_power solar_6_power solar_7_power"
            " solar_8_power usb_c_4_power dock_power dc_output_power dc_input_power"
            " ev_charger_power heating_rod_power",
            Quantity.POWER,
        ),
        *_each("pack_input_power pack_output_power", Quantity.POWER, Use.DETAIL),
        *_each(
            "ac_input_voltage ac_output_voltage solar_1_voltage"
            " solar_2_voltage solar_3_voltage solar_4_voltage dc_input_voltage"
            " car_voltage dc_24v_voltage battery_voltage grid_voltage voltage"
            " phase_1_voltage phase_2_voltage phase_3_voltage starter_voltage",
            Quantity.VOLTAGE,
            Use.DETAIL,
        ),
        *_each(
            "ac_input_current ac_output_current solar_1_current"
            " solar_2_current solar_3_current solar_4_current dc_input_current"
            " car_current dc_24v_current battery_current grid_current current"
            " phase_1_current phase_2_current phase_3_current",
            Quantity.CURRENT,
            Use.DETAIL,
        ),
        *_each(
            "ac_input_frequency ac_output_frequency grid_frequency",
            Quantity.FREQUENCY,
            Use.RARE,
        ),
        *_each(
            "battery_temperature room_temperature outlet_temperature"
            " left_temperature right_temperature",
            Quantity.TEMPERATURE,
        ),
        *_each(
            "target_temperature left_target_temperature right_target_temperature",
            Quantity.TEMPERATURE,
            Use.SETTING,
        ),
        *_each("humidity water_level", Quantity.PERCENTAGE),
        *_each("lid_open", Quantity.ON_OFF),
        *_each(
            "temperature inverter_temperature solar_1_temperature"
            " solar_2_temperature car_temperature converter_temperature"
            " cell_temperature_min cell_temperature_max mosfet_temperature",
            Quantity.TEMPERATURE,
            Use.DETAIL,
        ),
        *_each("cell_voltage_min cell_voltage_max", Quantity.VOLTAGE, Use.RARE),
        *_each("battery_cycles", Quantity.COUNT, Use.DETAIL),
        *_each(
            "battery_capacity battery_design_capacity battery_remaining_capacity",
            Quantity.CHARGE_AMOUNT,
            Use.RARE,
        ),
        *_each(
            "energy_ac_in energy_dc_in energy_solar_in energy_ac_out energy_dc_out"
            " energy_usb_a_out energy_usb_c_out battery_energy_charged"
            " battery_energy_discharged grid_energy_imported grid_energy_exported",
            Quantity.ENERGY,
        ),
        *_each(
            "energy_today energy_solar_1_today energy_solar_2_today"
            " energy_house_today energy_plugs_today energy_charged_today"
            " energy_discharged_today energy_grid_today energy_backup_today"
            " energy_solar_today energy_imported_today energy_exported_today",
            Quantity.ENERGY,
        ),
        *_each("mains on_battery", Quantity.ON_OFF),
        *_each("ac_input_connected", Quantity.ON_OFF, Use.RARE),
        *_each(
            "ac_output ac_output_2 ac_high_voltage ac_low_voltage usb_output"
            " car_output dc_24v_output x_boost beeper ac_always_on solar_first"
            " backup_reserve bypass_disabled generator_start switch inverter"
            " outlet_1 outlet_2 storm_guard energy_saving alternator_charging eps"
            " engine",
            Quantity.ON_OFF,
            Use.SETTING,
        ),
        *_each(
            "charge_limit discharge_limit backup_level generator_start_level"
            " generator_stop_level",
            Quantity.PERCENTAGE,
            Use.SETTING,
        ),
        *_each(
            "ac_charging_power base_load power_limit feed_in_limit",
            Quantity.POWER,
            Use.SETTING,
        ),
        *_each("car_charging_current", Quantity.CURRENT, Use.SETTING),
        *_each(
            "device_timeout ac_timeout dc_timeout screen_timeout",
            Quantity.DURATION,
            Use.SETTING,
        ),
        *_each("ac_charging_mode supply_priority feed_in_mode", Quantity.CODE),
        *_each("brightness", Quantity.COUNT, Use.SETTING),
        *_each("start_voltage", Quantity.VOLTAGE, Use.SETTING),
        *_each("wifi_signal", Quantity.SIGNAL, Use.RARE),
        *_each("error_code battery_error_code", Quantity.CODE, Use.RARE),
        *_each("charging_state", Quantity.CODE, Use.RARE),
    )
)


def split(key: str) -> tuple[str, int | None]:
    """Return a value's key without the pack's number, and the number."""
    if key in VALUES:
        return key, None
    stem, _, number = key.rpartition("_")
    return (stem, int(number)) if number.isdecimal() else (key, None)


NUMBERED: Final = {"circuit_power": "circuit"}
"""Values of which a device has several by its nature, and what is counted; of all
others the first is the device's own, and those after it are packs."""


def named(key: str) -> tuple[str, Mapping[str, str] | None]:
    """Return the name of a value in the translations, and what completes it."""
    stem, number = split(key)
    if number is None:
        return stem, None
    if counted := NUMBERED.get(stem):
        return stem, {counted: str(number)}
    return f"{stem}_of_pack", {"pack": str(number + 1)}


def kind_of(key: str) -> ValueKind:
    """Return a value's row; the packs after the first share those of the first."""
    return VALUES[split(key)[0]]
