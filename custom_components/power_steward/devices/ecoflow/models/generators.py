"""Smart Generator 4k: the properties that it shares with stations, and its fuel's."""

from typing import Final

from ..codec import NEW_GENERATION
from . import Family, Model, Row, known, magnitude

GENERATOR: Final = Family(
    "generator",
    (
        Row("output_power", "powOutSumW"),
        Row("ac_output_power", "powGetAc", take=magnitude),
        Row("dc_output_power", "powGetDc", take=magnitude),
        Row("charge", "generatorSubBatterySoc"),
        Row("battery_temperature", "generatorSubBatteryTemp"),
        Row("engine", "generatorEngineOpen"),
        Row("ac_output", "acOutOpen"),
        Row("error_code", "errcode"),
        Row("wifi_signal", "moduleWifiRssi", take=known),
    ),
    NEW_GENERATION,
)

MODELS: Final = (Model("Smart Generator 4k", ("G371", "G351"), GENERATOR),)
