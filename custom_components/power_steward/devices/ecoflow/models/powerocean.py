"""PowerOcean, PowerOcean Plus and Fit, Ocean Pro: what a whole house stores."""

from typing import Any, Final

from ..codec import NEW_GENERATION, Layout, Value
from ..commands import open_stream
from ..messages.powerocean import (
    CHANGE,
    EV_CHARGER,
    FIT_HEARTBEAT,
    FIT_STREAM,
    HEARTBEAT,
    HEATING_ROD,
    PACKS,
    STREAM,
)
from . import MILLI, Family, Model, Row, item, known, pack

_MOST_PACKS: Final = 9
_STRINGS: Final = range(1, 5)
_PHASES: Final = {1: "A", 2: "B", 3: "C"}


def _stream_names(values: dict[str, Any]) -> dict[str, Value]:
    """Return the energy stream, in which a zero is not sent at all."""
    return dict.fromkeys(STREAM.fields, 0) | values


def _pack(number: int) -> tuple[Row, ...]:
    prefix = f"bpSta[{number}]"
    return pack(
        number,
        (
            Row("battery_charge", f"{prefix}.bpRealSoc"),
            Row("battery_charge", f"{prefix}.bpSoc"),
            Row("battery_voltage", f"{prefix}.bpVol"),
            Row("battery_current", f"{prefix}.bpAmp"),
            Row("battery_temperature", f"{prefix}.bpEnvTemp"),
            Row("battery_cycles", f"{prefix}.bpCycles"),
            Row("battery_health", f"{prefix}.bpSoh", take=known),
            Row("battery_capacity", f"{prefix}.bpFullCap", MILLI),
            Row("battery_design_capacity", f"{prefix}.bpDesignCap", MILLI),
            Row("cell_temperature_min", f"{prefix}.bpMinCellTemp"),
            Row("cell_temperature_max", f"{prefix}.bpMaxCellTemp"),
            Row("mosfet_temperature", f"{prefix}.bpMaxMosTemp"),
            Row("cell_voltage_min", f"{prefix}.bpMinCellVol", MILLI),
            Row("cell_voltage_max", f"{prefix}.bpMaxCellVol", MILLI),
            # In Wh: over a pack's cycles it makes its capacity.
            Row("battery_energy_charged", f"{prefix}.bpAccuChgEnergy"),
            Row("battery_energy_discharged", f"{prefix}.bpAccuDsgEnergy"),
            Row("battery_error_code", f"{prefix}.bpErrCode"),
        ),
    )


def _solar_string(number: int) -> tuple[Row, ...]:
    wire = f"mpptHeartBeat[0].mpptPv[{number - 1}]"
    return (
        Row(f"solar_{number}_power", f"{wire}.pwr"),
        Row(f"solar_{number}_voltage", f"{wire}.vol"),
        Row(f"solar_{number}_current", f"{wire}.amp"),
    )


def _phase(number: int, letter: str) -> tuple[Row, ...]:
    """Return a phase: as the meter sees its power, and the inverter the rest."""
    wire = f"pcs{letter}Phase"
    meter = "meterHeartBeat[0].meterData"
    return (
        Row(f"phase_{number}_power", meter, 1, item(number - 1)),
        Row(f"phase_{number}_voltage", f"{wire}.vol"),
        Row(f"phase_{number}_voltage", f"{wire}.volt"),
        Row(f"phase_{number}_current", f"{wire}.amp"),
    )


_STREAM: Final = (
    Row("charge", "bpSoc"),
    Row("house_power", "sysLoadPwr"),
    Row("grid_power", "sysGridPwr"),
    Row("solar_power", "mpptPwr"),
    Row("battery_power", "bpPwr"),
)

POWEROCEAN: Final = Family(
    "powerocean",
    (
        *_STREAM,
        *(row for number, letter in _PHASES.items() for row in _phase(number, letter)),
        Row("grid_frequency", "pcsAcFreq"),
        *(row for number in _STRINGS for row in _solar_string(number)),
        Row("temperature", "emsNtcTempMax"),
        *(row for number in range(_MOST_PACKS) for row in _pack(number)),
        Row("charge_limit", "sysBatChgUpLimit"),
        Row("discharge_limit", "sysBatDsgDownLimit"),
        Row("backup_level", "sysBatBackupRatio"),
        Row("feed_in_mode", "emsFeedMode"),
        Row("feed_in_limit", "emsFeedPwr"),
        Row("ev_charger_power", "evPwr"),
        Row("heating_rod_power", "heatingRod.heatingPower"),
    ),
    {
        (96, 1): Layout(HEARTBEAT),
        (96, 7): Layout(PACKS),
        (96, 8): Layout(CHANGE),
        (96, 33): Layout(STREAM, _stream_names),
        (209, 8): Layout(EV_CHARGER),
        (212, 8): Layout(HEATING_ROD.under("heatingRod.")),
    },
    ask_interval=20.0,
    wake=open_stream,
)
POWEROCEAN_FIT: Final = Family(
    "powerocean_fit",
    (
        *_STREAM,
        Row("phase_1_voltage", "meterAVoltage"),
        Row("phase_2_voltage", "meterBVoltage"),
        Row("phase_3_voltage", "meterCVoltage"),
        Row("phase_1_current", "meterACurrent"),
        Row("phase_2_current", "meterBCurrent"),
        Row("phase_3_current", "meterCCurrent"),
        Row("energy_solar_today", "pvInDayEnergy"),
        Row("energy_charged_today", "bpInDayEnergy"),
        Row("energy_discharged_today", "bpOutDayEnergy"),
        Row("energy_imported_today", "gridInDayEnergy"),
        Row("energy_exported_today", "gridOutDayEnergy"),
        Row("energy_house_today", "loadDayEnergy"),
        Row("charge_limit", "batterySocUpperLimit"),
        Row("discharge_limit", "batterySocLowerLimit"),
        Row("error_code", "sysErrCode"),
    ),
    {(96, 1): Layout(FIT_HEARTBEAT), (96, 33): Layout(FIT_STREAM)},
    ask_interval=20.0,
    wake=open_stream,
)


def _string_power(raw: Any) -> Any:
    """Take a string's power; larger numbers are something else under its number."""
    return None if isinstance(raw, int | float) and raw > 5500 else raw


OCEAN_PRO: Final = Family(
    "ocean_pro",
    (
        Row("charge", "cmsBattSoc"),
        Row("inverter_power", "powGetAc", -1),
        *(
            Row(f"solar_{n}_power", f"solarString{n}Power", 1, _string_power)
            for n in range(1, 9)
        ),
        Row("error_code", "errcode"),
        Row("wifi_signal", "moduleWifiRssi", take=known),
    ),
    NEW_GENERATION,
)

_PREFIXES: Final = (
    *("HJ31", "HJ32", "HJ35", "HJ36", "HJ37", "HJ3C"),
    *("J32B", "J32D", "J32E", "J327"),
)
MODELS: Final = (
    Model("PowerOcean", _PREFIXES, POWEROCEAN),
    Model("PowerOcean Plus", ("R371", "R372", "R374"), POWEROCEAN),
    Model("PowerOcean Fit", ("HC31",), POWEROCEAN_FIT),
    Model("Ocean Pro", ("HR51",), OCEAN_PRO),
)
