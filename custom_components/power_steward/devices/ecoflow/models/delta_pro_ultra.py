"""Delta Pro Ultra: binary on its own numbers, JSON by the address of a module."""

from typing import Any, Final

from ..codec import NEW_GENERATION, Layout, Value
from ..messages.delta_pro_ultra import DISPLAY, PACKS, PARAMETERS, RECORD
from . import MINUTES, Family, Model, Row, difference, pack, total

_DISPLAY: Final = "hs_yj751_pd_appshow_addr."
_RECORD: Final = "hs_yj751_pd_backend_addr."
_PARAMETERS: Final = "hs_yj751_pd_app_set_info_addr."
_MOST_PACKS: Final = 5


def _pack_names(values: dict[str, Any]) -> dict[str, Value]:
    """Return the packs' values by the number of the bay."""
    return {
        f"bay{info['bpNo']}.{name}": value
        for info in values.get("bpInfo", ())
        if "bpNo" in info
        for name, value in info.items()
    }


def _bay(number: int) -> tuple[Row, ...]:
    return pack(
        number - 1,
        (
            Row("battery_charge", f"bay{number}.bpSoc"),
            Row("battery_temperature", f"bay{number}.bpTemp"),
            Row("battery_error_code", f"bay{number}.bpErrCode"),
        ),
    )


_OUTLETS: Final = {
    "ac_output_1_power": "outAcL11Pwr",
    "ac_output_2_power": "outAcL12Pwr",
    "ac_output_3_power": "outAcL21Pwr",
    "ac_output_4_power": "outAcL22Pwr",
    "ac_tt30_power": "outAcTtPwr",
    "ac_high_voltage_power": "outAcL14Pwr",
}

DELTA_PRO_ULTRA: Final = Family(
    "delta_pro_ultra",
    (
        Row("charge", f"{_DISPLAY}soc"),
        # Whether the remaining time is until full or until empty it does not say.
        Row("input_power", f"{_DISPLAY}wattsInSum"),
        Row("output_power", f"{_DISPLAY}wattsOutSum"),
        *(Row(key, f"{_DISPLAY}{name}") for key, name in _OUTLETS.items()),
        Row("ac_input_power", f"{_DISPLAY}inAcC20Pwr"),
        Row("infinity_power", f"{_DISPLAY}inAc5p8Pwr"),
        Row("solar_1_power", f"{_DISPLAY}inHvMpptPwr"),
        Row("solar_2_power", f"{_DISPLAY}inLvMpptPwr"),
        Row("usb_a_1_power", f"{_DISPLAY}outUsb1Pwr"),
        Row("usb_a_2_power", f"{_DISPLAY}outUsb2Pwr"),
        Row("usb_c_1_power", f"{_DISPLAY}outTypec1Pwr"),
        Row("usb_c_2_power", f"{_DISPLAY}outTypec2Pwr"),
        Row("anderson_power", f"{_DISPLAY}outAdsPwr"),
        Row("error_code", f"{_DISPLAY}sysErrCode"),
        Row("battery_voltage", f"{_RECORD}batVol"),
        Row("battery_current", f"{_RECORD}batAmp"),
        Row("pack_input_power", f"{_RECORD}bmsInputWatts"),
        Row("pack_output_power", f"{_RECORD}bmsOutputWatts"),
        Row("ac_input_voltage", f"{_RECORD}inAcC20Vol"),
        Row("ac_input_current", f"{_RECORD}inAcC20Amp"),
        Row("ac_input_frequency", f"{_RECORD}acInFreq"),
        Row("solar_1_voltage", f"{_RECORD}inHvMpptVol"),
        Row("solar_1_current", f"{_RECORD}inHvMpptAmp"),
        Row("solar_1_temperature", f"{_RECORD}mpptHvTemp"),
        Row("solar_2_voltage", f"{_RECORD}inLvMpptVol"),
        Row("solar_2_current", f"{_RECORD}inLvMpptAmp"),
        Row("solar_2_temperature", f"{_RECORD}mpptLvTemp"),
        Row("converter_temperature", f"{_RECORD}pcsDcTemp"),
        Row("inverter_temperature", f"{_RECORD}pcsAcTemp"),
        *(row for number in range(1, _MOST_PACKS + 1) for row in _bay(number)),
        Row("charge_limit", f"{_PARAMETERS}chgMaxSoc"),
        Row("discharge_limit", f"{_PARAMETERS}dsgMinSoc"),
        Row("backup_reserve", f"{_PARAMETERS}energyManageEnable"),
        Row("backup_level", f"{_PARAMETERS}backupRatio"),
        Row("x_boost", f"{_PARAMETERS}acXboost"),
        Row("ac_always_on", f"{_PARAMETERS}acOftenOpenFlg"),
        Row("ac_charging_power", f"{_PARAMETERS}chgC20SetWatts"),
        Row("device_timeout", f"{_PARAMETERS}powerStandbyMins", MINUTES),
        Row("ac_timeout", f"{_PARAMETERS}acStandbyMins", MINUTES),
        Row("dc_timeout", f"{_PARAMETERS}dcStandbyMins", MINUTES),
        Row("screen_timeout", f"{_PARAMETERS}screenStandbySec"),
    ),
    {
        **NEW_GENERATION,
        (2, 1): Layout(DISPLAY.under(_DISPLAY)),
        (2, 2): Layout(RECORD.under(_RECORD)),
        (2, 3): Layout(PARAMETERS.under(_PARAMETERS)),
        (2, 4): Layout(PACKS, _pack_names),
    },
    (
        total("solar_power", "solar_1_power", "solar_2_power"),
        difference("battery_power", "pack_input_power", "pack_output_power"),
    ),
)

MODELS: Final = (Model("Delta Pro Ultra", ("Y711",), DELTA_PRO_ULTRA),)
