"""What real MUST units sent, and what it means."""

from typing import Final

ON_BATTERY: Final = bytes.fromhex(
    "0A 03 36 00 02 8E 32 00 03 00 0C 03 E8 00 00 00 00 08 A1 01 F4 00 07 00 72 00 AC"
    "00 0B 00 00 00 7B FF AA 00 00 00 34 00 20 00 02 00 00 00 00 00 00 00 00 00 00 00"
    "01 00 01 1E 70"
)
"""An EP20-1000 PRO that calls itself type 2, during an outage."""
ON_BATTERY_MEANS: Final = {
    "machine_type": 2,
    "software_version": 36402,
    "rated_battery_voltage": 12,
    "rated_power": 1000,
    "input_voltage": 0.0,
    "input_frequency": 0.0,
    "output_voltage": 220.9,
    "output_frequency": 50.0,
    "output_current": 0.7,
    "load_power": 114,
    "load_apparent_power": 172,
    "load": 11,
    "load_state": "normal",
    "battery_voltage": 12.3,
    "battery_current": -8.6,
    "battery_charge": 52,
    "temperature": 32,
    "fault_number": 0,
    "alarm_bits": 0,
    "charger_on": False,
    "main_switch": True,
    "delay_type": "long_delay",
}

SETTINGS: Final = bytes.fromhex(
    "0A 03 0E 00 00 00 DC 00 69 00 8D 00 88 00 14 00 00 30 F5"
)
SETTINGS_MEAN: Final = {
    "output_frequency_setting": "50",
    "output_voltage_setting": "220",
    "shutdown_voltage": 10.5,
    "absorption_voltage": 14.1,
    "float_voltage": 13.6,
    "charge_current_limit": 20,
    "buzzer": True,
}

TYPE_0: Final = {
    **dict(enumerate((0, 16710, 4, 12, 1000, 2150, 498, 2156, 498, 1, 27), 30000)),
    **dict(enumerate((2, 0, 136, 16), 30012)),
    **dict(enumerate((100, 39, 0, 0, 0, 0, 2, 1, 0, 1), 30017)),
    **dict(enumerate((0, 220, 105, 141, 136, 30, 1, 0, 0, 1), 31000)),
}
"""An EP2000 Pro of type 0, floating; its switch reads off with the output live."""
TYPE_0_MEANS: Final = {
    "input_voltage": 215.0,
    "input_frequency": 49.8,
    "output_voltage": 215.6,
    "load_power": 27,
    "battery_voltage": 13.6,
    "battery_current": 1.6,
    "battery_charge": 100,
    "temperature": 39,
    "main_switch": False,
    "charge_current_limit": 30,
    "buzzer": False,
    "grid_charging": True,
    "key_sound": True,
    "backlight": True,
}

PV1800_CHARGER: Final = {
    **dict(enumerate((1, 500, 561, 561, 440, 440, 600, 800, 100, 1, 280, 0), 10101)),
    **dict(enumerate((48, 800, 56638, 0, 0, 0, 558, 150, 60, 120, 0, 0), 10113)),
    **dict(enumerate((0,) * 14, 15201)),
    **dict(enumerate((48, 800, 0, 2758, 34, 13, 12), 15215)),
}
"""A PV1800 at night, with a battery of 48 V that its user described."""
PV1800_CHARGER_MEANS: Final = {
    "float_voltage": 56.1,
    "absorption_voltage": 56.1,
    "battery_low_voltage": 44.0,
    "battery_high_voltage": 60.0,
    "pv_charge_current_limit": 80.0,
    "battery_type": "user",
    "battery_capacity": 280,
    "equalisation_voltage": 55.8,
    "charger_state": "powering_on",
    "rated_battery_voltage": 48,
    "rated_charge_current": 80.0,
    "counter_pv": 275.8,
    "running_time": 34 * 1440 + 13 * 60 + 12,
}
