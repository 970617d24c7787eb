"""Smart Home Panels 1, 2 and 3, and Ocean Smart Panel: circuits behind batteries."""

from typing import Any, Final

from ..codec import NEW_GENERATION, Layout, flattened, property_names
from ..messages.display import PROPERTIES
from ..messages.panel2 import SETTINGS, STATUS
from . import MINUTES, Family, Model, Row, difference, item, known, on_battery, pack
from .controls import panels as controls


def _without_absent(
    values: dict[str, Any], batteries: dict[str, str]
) -> dict[str, Any]:
    """Leave out what is said of batteries that are not connected: nothing but zeros."""
    flat_values = flattened(values)
    absent = tuple(
        f"{battery}."
        for battery, connected in batteries.items()
        if flat_values.get(f"{battery}.{connected}") == 0
    )
    return {
        name: value
        for name, value in flat_values.items()
        if not absent or not name.startswith(absent)
    }


def _tidy_panel(values: dict[str, Any]) -> dict[str, Any]:
    """Let a push, which leaves out a prefix, and an answer say the same."""
    connected = "stateBean.isConnect"
    tidied = _without_absent(
        values, {f"heartbeat.energyInfos[{n}]": connected for n in (0, 1)}
    )
    return {name.removeprefix("channelPower."): tidied[name] for name in tidied}


def _tidy_panel_2(values: dict[str, Any]) -> dict[str, Any]:
    return _without_absent(
        values, {f"backupIncreInfo.Energy{n}Info": "isConnect" for n in (1, 2, 3)}
    )


def _battery(number: int, prefix: str) -> tuple[Row, ...]:
    return pack(
        number,
        (
            Row("battery_charge", f"{prefix}.batteryPercentage"),
            Row("battery_temperature", f"{prefix}.emsBatTemp"),
            Row("pack_input_power", f"{prefix}.lcdInputWatts"),
            Row("pack_output_power", f"{prefix}.outputPower"),
        ),
    )


PANEL: Final = Family(
    "smart_home_panel",
    (
        Row("charge", "heartbeat.backupBatPer"),
        Row("charge_time", "heartbeat.backupChaTime", MINUTES),
        Row("mains", "heartbeat.gridSta"),
        Row("grid_voltage", "gridInfo.gridVol"),
        Row("grid_frequency", "gridInfo.gridFreq"),
        Row("energy_grid_today", "heartbeat.gridDayWatth"),
        Row("energy_backup_today", "heartbeat.backupDayWatth"),
        *(Row(f"circuit_power_{n + 1}", f"infoList[{n}].chWatt") for n in range(10)),
        *_battery(0, "heartbeat.energyInfos[0]"),
        *_battery(1, "heartbeat.energyInfos[1]"),
        Row("charge_limit", "backupChaDiscCfg.forceChargeHigh"),
        Row("discharge_limit", "backupChaDiscCfg.discLower"),
        Row("eps", "epsModeInfo.eps"),
    ),
    {},
    (on_battery(*(f"circuit_power_{n}" for n in range(1, 11))),),
    tidy=_tidy_panel,
)
PANEL_2: Final = Family(
    "smart_home_panel_2",
    (
        Row("charge", "backupIncreInfo.backupBatPer"),
        Row("remaining_time", "backupInfo.backupDischargeTime", MINUTES),
        Row("grid_power", "wattInfo.gridWatt"),
        Row("house_power", "wattInfo.allHallWatt"),
        Row("mains", "masterIncreInfo.gridSta"),
        Row("grid_voltage", "gridVol"),
        Row("grid_frequency", "gridFreq"),
        *(
            Row(f"circuit_power_{n + 1}", "loadInfo.hall1Watt", 1, item(n))
            for n in range(12)
        ),
        *(
            row
            for n in range(3)
            for row in _battery(n, f"backupIncreInfo.Energy{n + 1}Info")
        ),
        Row("ac_charging_power", "chargeWattPower"),
        Row("charge_limit", "foceChargeHight"),
        Row("discharge_limit", "discLower"),
        Row("backup_reserve", "backupReserveEnable"),
        Row("backup_level", "backupReserveSoc"),
        Row("storm_guard", "stormIsEnable"),
        Row("eps", "epsModeInfo"),
    ),
    {
        (2, 1): Layout(STATUS),
        (12, 1): Layout(STATUS),
        (12, 32): Layout(SETTINGS),
    },
    (on_battery("house_power"),),
    tidy=_tidy_panel_2,
)


def _panel_names(values: dict[str, Any]) -> dict[str, Any]:
    """Return properties of a panel, which leaves out zeros in two places.

    A message with the house's power and none of the grid means that the grid gives
    none, and a circuit without a power draws none.
    """
    named = property_names(values)
    if "powGetSysLoad" in named:
        named.setdefault("powGetSysGrid", 0)
    for name, circuit in named.items():
        if name.startswith("circuit") and isinstance(circuit, dict):
            circuit.setdefault("watt", 0)
    return named


_PANEL_LAYOUT: Final = Layout(PROPERTIES, _panel_names)
_PANEL_LAYOUTS: Final = {
    **NEW_GENERATION,
    (254, 21): _PANEL_LAYOUT,
    (254, 22): _PANEL_LAYOUT,
}


def _panel(name: str, circuits: int) -> Family:
    """Return a panel of the newest kind; circuits say what they draw as negative."""
    return Family(
        name,
        (
            Row("charge", "cmsBattSoc"),
            Row("house_power", "powGetSysLoad"),
            Row("grid_power", "powGetSysGrid"),
            Row("phase_1_power", "gridConnectionPowerL1"),
            Row("phase_2_power", "gridConnectionPowerL2"),
            Row("phase_1_voltage", "gridConnectionVolL1"),
            Row("phase_2_voltage", "gridConnectionVolL2"),
            Row("phase_1_current", "gridConnectionAmpL1"),
            Row("phase_2_current", "gridConnectionAmpL2"),
            *(
                Row(f"circuit_power_{n}", f"circuit{n}.watt", -1)
                for n in range(1, circuits + 1)
            ),
            Row("error_code", "errcode"),
            Row("wifi_signal", "moduleWifiRssi", take=known),
        ),
        _PANEL_LAYOUTS,
        (difference("battery_power", "grid_power", "house_power"),),
    )


MODELS: Final = (
    Model("Smart Home Panel", ("SP10", "SH10"), PANEL, controls.PANEL),
    Model("Smart Home Panel 2", ("SH20",), PANEL_2),
    Model("Smart Home Panel 3", ("HR63",), _panel("smart_home_panel_3", 32)),
    Model("Ocean Smart Panel", ("HR61",), _panel("ocean_smart_panel", 40)),
)
