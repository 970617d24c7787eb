"""A UPS as the server shows it: identity, settings, and the strings on the wire."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, Literal, Self
from uuid import uuid4

from .jsontext import apply_overrides
from .physics import UpsMode, UpsPhysics

ROOT_AREA = "00000000-0000-0000-0000-000000000000"
DEVICE = "device"
"""The section of `overrides` that means the device object itself."""

_PHASE_VOLTS = (0.0, 0.8, -1.1)
_TEST_ALARM = {"id": 501, "name": "BatteryTestInProgress", "message": "Battery test"}
_LINE_INTERACTIVE_OMITS = frozenset(
    {
        *("connectType", "comPort", "baudRate"),
        *("inputTransformerType", "outputVoltageType", "outputCurrent1"),
        *("loadTotalWatt", "loadTotalVa", "loadWatt1", "loadVa1", "upsTemperature"),
        *("inputPhaseNumber", "inputSourceNumber", "upsModuleNumber", "ratingVolt"),
        *("ratingFreq", "ratingBatUnitNumber", "ratingBatVoltPerUnit"),
        *("enableBypassWhenTurnOff", "batteryModuleNumber", "autoTestPeriod"),
        "enableAutoRestart",
    }
)


@dataclass(eq=False, kw_only=True)
class SimulatedUps(UpsPhysics):
    """A UPS of a WinPower server. The defaults are a 3 kVA on-line unit at 195 W."""

    id: str = field(default_factory=lambda: str(uuid4()))
    alias: str = "C3K"
    model: str = "ON-LINE"
    firmware: str = "03.09"
    create_time: str = "2026-01-05T19:42:08.310477"
    device_type: int = 1
    protocol_id: int = 13
    area_id: str = ROOT_AREA

    phases: Literal[1, 3] = 1
    phase_shares: tuple[float, ...] | None = None
    """How the load is spread over the phases; evenly, unless told."""
    split_bus: bool = False
    """Whether the battery has a negative half, which `batVoltN` reports."""
    rated_voltage: float = 220.0
    rated_frequency: float = 50.0
    input_voltage: float = 236.8
    input_frequency: float = 49.9
    output_voltage: float = 220.1
    temperature: float = 27.0
    beeper: bool = True

    connected: bool = True
    """Whether the server reaches the UPS."""
    offline_realtime: Literal["empty", "stale", "missing"] = "empty"
    """What `realtime` is while it does not."""
    alarms: list[Any] = field(default_factory=list)
    """Further active alarms, of whatever shape."""
    omitted: frozenset[str] = frozenset()
    """Members of any section that this kind of UPS never reports."""
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By section, then by member: the JSON value to send instead, or `REMOVED`.

    The sections are named as on the wire; `DEVICE` means the device object itself.
    """

    _last_seen: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def three_phase(cls, **changes: Any) -> Self:
        """Return a UPS of 20 kVA with three phases and a split battery bus."""
        ups = cls(
            **{
                "alias": "Hall",
                "phases": 3,
                "phase_shares": (0.34, 0.29, 0.37),
                "split_bus": True,
                "load": 7040.0,
                "power_factor": 0.92,
                "rated_va": 20000.0,
                "rated_voltage": 230.0,
                "input_voltage": 229.8,
                "output_voltage": 230.0,
                **changes,
            }
        )
        if "battery" not in changes:
            ups.battery.capacity_wh, ups.battery.rated_voltage = 8640.0, 240.0
        return ups

    @classmethod
    def line_interactive(cls, **changes: Any) -> Self:
        """Return a USB unit that reports its load in percent, but not in watts."""
        ups = cls(
            **{
                "alias": "HID-UPS-TEST0001",
                "model": "LINE-INT",
                "firmware": "",
                "protocol_id": 4,
                "load": 220.0,
                "power_factor": 0.9,
                "rated_va": 2000.0,
                "rated_voltage": 230.0,
                "input_voltage": 228.9,
                "output_voltage": 228.9,
                "omitted": _LINE_INTERACTIVE_OMITS,
                "overrides": {
                    "realtime": {"inputFreq": ""},
                    "controlSupported": {"supportTestDuration": False},
                },
                **changes,
            }
        )
        if "battery" not in changes:
            ups.battery.capacity_wh, ups.battery.rated_voltage = 216.0, 24.0
        return ups

    # The device object: WinPower protocol, section 3.4

    def record(self) -> dict[str, Any]:
        """Return the device object of this moment, with the overrides."""
        self.catch_up()
        record: dict[str, Any] = {"assetDevice": self._kept(self.asset_device())}
        record |= self._sections()
        record["connected"] = self.connected
        for section, members in self.overrides.items():
            if section != DEVICE:
                apply_overrides(record.setdefault(section, {}), members)
        apply_overrides(record, self.overrides.get(DEVICE, {}))
        return record

    def _sections(self) -> dict[str, Any]:
        """Return what the server knows of the UPS, which is little while it is away."""
        if self.connected:
            self._last_seen = self._read()
        if self.connected or self.offline_realtime == "stale":
            return deepcopy(self._last_seen)
        return {
            **({"realtime": {}} if self.offline_realtime == "empty" else {}),
            "config": {},
            "setting": {},
            "activeAlarms": [],
            "controlSupported": {},
        }

    def _read(self) -> dict[str, Any]:
        """Return what the UPS tells the server."""
        return {
            "realtime": self._kept(self.realtime()),
            "config": self._kept(self.config()),
            "setting": self._kept(self.setting()),
            "activeAlarms": self.active_alarms(),
            "controlSupported": self.control_supported(),
        }

    def _kept[Value](self, members: Mapping[str, Value]) -> dict[str, Value]:
        """Return the members that this kind of UPS reports."""
        return {
            name: value for name, value in members.items() if name not in self.omitted
        }

    def asset_device(self) -> dict[str, Any]:
        """Return `assetDevice`, the only section with real JSON types."""
        return {
            "id": self.id,
            "deviceType": self.device_type,
            "model": self.model,
            "alias": self.alias,
            "protocolId": self.protocol_id,
            "connectType": 1,
            "comPort": "COM3",
            "baudRate": 2400,
            "areaId": self.area_id,
            "isActive": True,
            "firmwareVersion": self.firmware,
            "createTime": self.create_time,
            "warrantyStatus": 0,
        }

    def realtime(self) -> dict[str, str]:
        """Return `realtime`: the measurements, each a string."""
        return {
            **self._input(),
            **self._output(),
            **self._battery(),
            "inputTransformerType": "0",
            "outputVoltageType": "0",
            "upsTemperature": _tenths(self.temperature),
            "mode": str(int(self.mode)),
            "status": "1" if self._all_is_well() else "2",
            "testStatus": str(int(self.test_status)),
            "faultCode": self.fault_code,
        }

    def config(self) -> dict[str, str]:
        """Return `config`: the ratings, each a string."""
        return {
            "inputPhaseNumber": str(self.phases),
            "ratingBatUnitNumber": str(self.battery.blocks),
            "upsModuleNumber": "1",
            "ratingBatVoltPerUnit": "12",
            "ratingVa": _whole(self.rated_va),
            "inputSourceNumber": "1",
            "ratingVolt": _whole(self.rated_voltage),
            "outputPhaseNumber": str(self.phases),
            "ratingFreq": _whole(self.rated_frequency),
            "ratingBatVolt": _whole(self.battery.rated_voltage),
        }

    def setting(self) -> dict[str, str]:
        """Return `setting`: what the user set, each a string."""
        return {
            "enableAudible": _flag(self.beeper),
            "enableBypassWhenTurnOff": "0",
            "batteryModuleNumber": "1",
            "autoTestPeriod": "90",
            "enableAutoRestart": "1",
        }

    def active_alarms(self) -> list[Any]:
        """Return `activeAlarms`: only the alarm of a battery test is known."""
        testing = [dict(_TEST_ALARM)] if self.mode == UpsMode.TEST else []
        return [*testing, *self.alarms]

    def control_supported(self) -> dict[str, bool]:
        """Return `controlSupported`, with JSON booleans."""
        return {
            "supportQuickTest": True,
            "supportDeepTest": True,
            "supportTestDuration": True,
            "supportShutdown": True,
        }

    # The parts of `realtime`

    def _input(self) -> dict[str, str]:
        """Return the input: nothing but zeros without mains."""
        volts = self.input_voltage if self.mains else 0.0
        return {
            **self._by_phase("inputVolt", self._phase_volts(volts)),
            "inputFreq": _tenths(self.input_frequency if self.mains else 0.0),
        }

    def _output(self) -> dict[str, str]:
        """Return the output; the phases add up to the totals to the watt."""
        volts = self._phase_volts(self.output_voltage if self.output_on else 0.0)
        watts = self._spread(self.watts)
        va = self._spread(self.volt_amperes)
        amperes = [a / v if v else 0.0 for a, v in zip(va, volts, strict=True)]
        return {
            **self._by_phase("outputVolt", volts),
            **self._by_phase("outputCurrent", amperes),
            "outputFreq": _tenths(self._output_frequency()),
            "loadPercent": str(int(self.load_fraction * 100)),
            "loadTotalWatt": str(sum(watts)),
            "loadTotalVa": str(sum(va)),
            **{f"loadWatt{phase}": str(part) for phase, part in enumerate(watts, 1)},
            **{f"loadVa{phase}": str(part) for phase, part in enumerate(va, 1)},
        }

    def _battery(self) -> dict[str, str]:
        """Return the battery: volts, percent, and seconds left."""
        volts = self._battery_voltage()
        return {
            "batVoltP": _tenths(volts),
            **({"batVoltN": _tenths(volts - 0.6)} if self.split_bus else {}),
            "batCapacity": str(int(self.battery.charge)),
            "batRemainTime": str(int(self.remaining_seconds)),
            "isCharging": _flag(self.charging),
            "batteryStatus": self._battery_status(),
        }

    def _battery_voltage(self) -> float:
        """Return the volts of the (positive half of the) battery."""
        if self.on_battery:
            return self.battery.loaded_voltage(self.load_fraction)
        if self.mains:
            return self.battery.floating_voltage()
        return self.battery.loaded_voltage(0.0)

    def _battery_status(self) -> str:
        """Return the code, numbered as in the UPS-MIB: normal, low, depleted."""
        if self.battery.empty:
            return "4"
        return "3" if self.battery.charge < self.battery.low_charge else "2"

    def _output_frequency(self) -> float:
        """Return the mains' frequency where the output follows it, else our own."""
        if not self.output_on:
            return 0.0
        return self.rated_frequency if self.on_battery else self.input_frequency

    def _all_is_well(self) -> bool:
        """Return whether `status` is normal."""
        return self.mode == UpsMode.LINE and not self.alarms and not self.fault_code

    def _by_phase(self, name: str, values: Sequence[float]) -> dict[str, str]:
        """Return one member a phase, its number at the end of the name."""
        return {f"{name}{phase}": _tenths(v) for phase, v in enumerate(values, 1)}

    def _phase_volts(self, volts: float) -> list[float]:
        """Return the voltage of each phase, which differ a little."""
        return [
            volts + offset if volts else 0.0 for offset in _PHASE_VOLTS[: self.phases]
        ]

    def _spread(self, total: float) -> list[int]:
        """Return the part of each phase in integers that add up to the total."""
        shares = self.phase_shares or (1 / self.phases,) * self.phases
        edges = [0, *(round(total * share) for share in accumulate(shares))]
        edges[-1] = round(total)
        return [right - left for left, right in pairwise(edges)]


def _tenths(value: float) -> str:
    return f"{value:.1f}"


def _whole(value: float) -> str:
    return f"{value:.0f}"


def _flag(value: bool) -> str:
    return "1" if value else "0"
