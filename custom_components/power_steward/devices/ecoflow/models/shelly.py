"""Shelly 3EM that is bound to an EcoFlow account: it passes on what the meter says."""

from typing import Final

from . import Family, Model, Row

_STATE: Final = "stateOnChange"

SHELLY: Final = Family(
    "shelly",
    (
        Row("grid_power", f"{_STATE}.total_power"),
        *(
            row
            for n in range(3)
            for row in (
                Row(f"phase_{n + 1}_power", f"{_STATE}.emeters[{n}].power"),
                Row(f"phase_{n + 1}_voltage", f"{_STATE}.emeters[{n}].voltage"),
                Row(f"phase_{n + 1}_current", f"{_STATE}.emeters[{n}].current"),
            )
        ),
        Row("wifi_signal", f"{_STATE}.wifi_sta.rssi"),
    ),
    {},
)

MODELS: Final = (Model("Shelly 3EM", ("SM3A",), SHELLY),)
