"""MUST UPSs: what happens inside, and what their registers say of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import time
from typing import override

from .battery import Battery

type Clock = Callable[[], float]

_E = {"starting": 8, "battery": 3, "line": 4, "stopped": 5, "off": 6, "charging": 7}
_F = {"starting": 5, "battery": 1, "line": 2, "stopped": 3, "off": 6, "charging": 7}
STATES: Mapping[int, Mapping[str, int]] = {0: _E, 2: _E, 3: _F, 4100: _F}
"""State numbers by machine type."""

_STEP = 10.0
"""Seconds within which the battery's current is taken as constant."""


class Declined(Exception):
    """The device declines with a code."""

    def __init__(self, code: int) -> None:
        """Take the code of the reply."""
        super().__init__(code)
        self.code = code


@dataclass(eq=False, kw_only=True)
class Machine:
    """What all simulated devices have: mains, a load, a battery and time."""

    unit: int = 10
    load: float = 138.0
    power_factor: float = 0.88
    rated_power: int = 1000
    mains: bool = True
    mains_voltage: float = 225.6
    mains_frequency: float = 50.1
    output_voltage: float = 224.8
    temperature: int = 33
    battery: Battery = field(default_factory=Battery)
    shutdown_voltage: float = 10.5
    clock: Clock = time.monotonic
    answers: bool = True
    """Whether it hears anything at all."""
    overrides: dict[int, int] = field(default_factory=dict)
    """Registers that say something else than the physics."""

    touched: list[range] = field(default_factory=list, init=False)
    """What was asked for or written."""
    writes: list[tuple[int, int, int]] = field(default_factory=list, init=False)
    """Function, register and value of each write that arrived."""
    _at: float = field(default=0.0, init=False)
    _began: float = field(default=0.0, init=False)
    _off: bool = field(default=False, init=False)
    _outage: tuple[float, float, float] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Live from now on."""
        self._at = self._began = self.clock()

    def outage_every(self, period: float, duration: float, first: float = 0.0) -> None:
        """Lose the mains in each period, the first time after some seconds."""
        self._outage = (period, duration, first)

    def catch_up(self) -> None:
        """Live up to now."""
        now = self.clock()
        while self._at < now:
            seconds = min(_STEP, now - self._at)
            self._at += seconds
            self._follow_script()
            self._live(seconds)

    def _follow_script(self) -> None:
        if self._outage is None:
            return
        period, duration, first = self._outage
        into = self._at - self._began - first
        self.mains = into < 0 or into % period >= duration

    def _live(self, seconds: float) -> None:
        if self.mains:
            self._off = False
            self.battery.recharge(seconds)
        elif not self._off:
            self.battery.discharge(self.load, seconds)
            volts = self.battery.loaded_voltage(self.load)
            if self.battery.charge <= 0 or volts < self.shutdown_voltage:
                self._off = True

    @property
    def state(self) -> str:
        """Return what it does."""
        if self._off:
            return "off"
        return "line" if self.mains else "battery"

    @property
    def on_battery(self) -> bool:
        """Return whether the battery carries the load."""
        self.catch_up()
        return self.state == "battery"

    @property
    def battery_volts(self) -> float:
        """Return the volts at the terminals."""
        if self.mains:
            return self.battery.charging_voltage()
        return self.battery.loaded_voltage(0.0 if self._off else self.load)

    @property
    def battery_amperes(self) -> float:
        """Return the current, positive while it charges."""
        if self._off:
            return 0.0
        if not self.mains:
            return -self.battery.amperes(self.load)
        return 0.0 if self.battery.full else self.battery.charger_amperes

    # Registers

    def registers(self) -> dict[int, int]:
        """Return what can be read now."""
        raise NotImplementedError

    def writable(self, address: int) -> bool:
        """Return whether a register takes a value."""
        raise NotImplementedError

    def store(self, address: int, value: int) -> None:
        """Take a value."""
        raise NotImplementedError

    def read(self, first: int, count: int) -> list[int]:
        """Return registers, or decline."""
        self.touched.append(range(first, first + count))
        self.catch_up()
        known = {**self.registers(), **self.overrides}
        try:
            return [known[address] & 0xFFFF for address in range(first, first + count)]
        except KeyError as err:
            raise Declined(2) from err

    def write(self, function: int, first: int, values: list[int]) -> None:
        """Set registers, or decline."""
        self.touched.append(range(first, first + len(values)))
        self.catch_up()
        for address, value in enumerate(values, first):
            if not self.writable(address):
                raise Declined(2)
            self.writes.append((function, address, value))
            self.store(address, value)


@dataclass(eq=False, kw_only=True)
class SimulatedMust(Machine):
    """A UPS of unit 10. The defaults are an EP2000 Pro of 1 kW at 138 W."""

    machine_type: int = 0
    version: int = 16710
    forced_state: int | None = None
    fault: int = 0
    alarm_bits: int = 0
    load_state: int = 0
    has_second_settings: bool = True
    """Whether it answers for the registers from 31011 on."""
    has_pv: bool = False
    serial: tuple[int, int] = (12345, 678)
    deaf_to_settings: bool = False
    """Whether it confirms settings and does not take them."""
    settings: dict[int, int] = field(default_factory=dict)

    @override
    def __post_init__(self) -> None:
        """Start with the factory's settings."""
        super().__post_init__()
        blocks = self.battery.blocks
        factory = {
            31000: 0,
            31001: 220,
            31002: 105 * blocks,
            31003: 141 * blocks,
            31004: 136 * blocks,
            31005: 20,
            31006: 0,
            31007: 0,
            31008: 0,
            31009: 1,
        }
        if self.has_second_settings:
            factory |= dict.fromkeys(range(31011, 31019), 0) | {31017: 1}
        if self.machine_type in (3, 4100):
            factory |= {31014: 135 * blocks, 31015: 110 * blocks}
            factory |= dict.fromkeys(range(31020, 31029), 0) | {31021: 5}
        self.settings = factory | self.settings

    @override
    def _live(self, seconds: float) -> None:
        self.shutdown_voltage = self.settings[31002] / 10
        super()._live(seconds)

    @override
    def registers(self) -> dict[int, int]:
        known = {**self._status(), **self.settings}
        if self.machine_type == 4100:
            known |= self._phases()
        if self.has_pv:
            known |= self._solar()
        if self.machine_type in (3, 4100):
            known |= {31200: self.serial[0], 31201: self.serial[1]}
        return known

    def _status(self) -> dict[int, int]:
        """Return 30000 to 30026."""
        output = self.state in ("line", "battery")
        watts = self.load if output else 0.0
        volts = self.output_voltage if output else 0.0
        apparent = watts / self.power_factor
        ep3300 = self.machine_type in (3, 4100)
        state = STATES.get(self.machine_type, _E)[self.state]
        values = [
            self.machine_type,
            self.version,
            state if self.forced_state is None else self.forced_state,
            12 * self.battery.blocks,
            self.rated_power,
            round(self.mains_voltage * 10) if self.mains else 0,
            round(self.mains_frequency * 10) if self.mains else 0,
            round(volts * 10),
            500 if output else 0,
            round(apparent / volts * 10) if volts else 0,
            round(watts),
            round(apparent),
            int(watts / self.rated_power * 100),
            self.load_state,
            round(self.battery_volts * 10),
            round(self.battery_amperes * 10),
            26 if ep3300 else 0,
            int(self.battery.charge),
            self.temperature,
            2 if self.mains and self.mains_voltage < 195 else 0,
            0 if ep3300 else int(self.state == "battery"),
            self.fault,
            self.alarm_bits,
            2 if self.battery.full else 0,
            int(self.mains),
            1,
            1,
        ]
        if self.machine_type == 3:
            values.pop()
        return dict(enumerate(values, 30000))

    def _phases(self) -> dict[int, int]:
        half = self._status()
        known = dict.fromkeys(range(30030, 30051), 0)
        known |= {30030: half[30005] // 2, 30031: half[30005] // 2}
        for first, share in ((30036, 0.6), (30041, 0.4)):
            known |= {
                first: half[30007] // 2,
                first + 1: round(half[30009] * share * 2),
                first + 2: round(half[30010] * share),
                first + 3: round(half[30011] * share),
                first + 4: half[30012],
            }
        return known

    def _solar(self) -> dict[int, int]:
        known = dict.fromkeys(range(30030, 30042), 0)
        return known | {30030: 1, 30031: 1, 30032: 1, 30033: 30, 30034: 182, 30036: 55}

    @override
    def writable(self, address: int) -> bool:
        return address in self.settings or address == 32002

    @override
    def store(self, address: int, value: int) -> None:
        if address == 32002:
            if value == 1 and not self.mains:
                self._off = True
        elif not self.deaf_to_settings:
            self.settings[address] = value


@dataclass(eq=False, kw_only=True)
class PvInverter(Machine):
    """An inverter of unit 4. The defaults are a PV1800 of 3 kW at 24 V."""

    unit: int = 4
    letters: bytes = b"PV"
    number: int = 1800
    serial: tuple[int, int] = (1, 2345)
    protocol: int = 10415
    rated_power: int = 3000
    battery: Battery = field(default_factory=lambda: Battery(capacity=100, blocks=2))
    has_identity: bool = True
    short_settings: bool = False
    """Whether it declines the longer of the documented settings blocks."""
    settings: dict[int, int] = field(default_factory=dict)

    @override
    def __post_init__(self) -> None:
        """Start with the factory's settings."""
        super().__post_init__()
        last = 10113 if self.short_settings else 10125
        self.settings = {
            **dict.fromkeys(range(10101, last), 0),
            **dict.fromkeys(range(20101, 20145), 0),
            10103: 270,
            10104: 282,
            10105: 220,
            10107: 300,
            10108: 600,
            10110: 4,
            10111: 100,
            20125: 600,
            20143: 2,
            **self.settings,
        }

    @override
    def registers(self) -> dict[int, int]:
        known = {**self._inverter(), **self.settings}
        if self.letters != b"EP":
            known |= self._charger()
        if self.has_identity:
            known |= dict(
                enumerate(
                    [
                        int.from_bytes(self.letters),
                        self.number,
                        *self.serial,
                        10203,
                        20512,
                        self.protocol,
                    ],
                    20000,
                )
            )
        if self.number == 1900:
            known |= {113: int(self.battery.charge), 114: 98}
            known |= {16205: 1201, 16206: 0, 16207: 35, 16208: 420}
        return known

    def _inverter(self) -> dict[int, int]:
        output = self.state in ("line", "battery")
        watts = round(self.load) if output else 0
        state = {"line": 4, "battery": 2, "off": 5}[self.state]
        current = round(self.battery_amperes)
        return dict.fromkeys(range(25201, 25280), 0) | {
            25201: state,
            25202: 230,
            25203: self.rated_power,
            25205: round(self.battery_volts * 10),
            25206: round(self.output_voltage * 10) if output else 0,
            25207: round(self.mains_voltage * 10) if self.mains else 0,
            25208: 4388,
            25212: round(watts / self.output_voltage * 10),
            25214: watts if self.mains else 0,
            25215: watts,
            25216: int(watts / self.rated_power * 100),
            25219: round(watts / self.power_factor),
            25225: 5000 if output else 0,
            25226: 5000 if self.mains else 0,
            25233: self.temperature,
            25234: self.temperature + 4,
            25235: self.temperature - 2,
            25238: int(self.mains),
            25239: int(output),
            25245: 1,
            25246: 2345,
            25253: 2,
            25254: 17,
            25273: round(current * self.battery_volts),
            25274: current,
            25275: 12 * self.battery.blocks,
            25277: self.rated_power,
            25278: self.protocol,
        }

    def _charger(self) -> dict[int, int]:
        return dict.fromkeys(range(15201, 15222), 0) | {
            15201: 2,
            15205: 600,
            15215: 12 * self.battery.blocks,
            15216: 800,
            15218: 2758,
            15219: 34,
            15220: 13,
            15221: 12,
        }

    @override
    def writable(self, address: int) -> bool:
        return address in self.settings

    @override
    def store(self, address: int, value: int) -> None:
        self.settings[address] = value
