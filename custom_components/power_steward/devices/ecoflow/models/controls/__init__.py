"""What can be set on devices: one row a control, one file a family.

A control has the key of the value that it sets, in the same unit. Only what others have
seen working on real devices is here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ...commands import CodedCommand, Command, JsonCommand, SettingCommand, TcpCommand
from ..quantities import Number

_MINUTE: Final = 60
IDLE_TIMES: Final = tuple(_MINUTE * m for m in (0, 30, 60, 120, 240, 360, 720, 1440))
IDLE_TIMES_WITHOUT_4: Final = tuple(_MINUTE * m for m in (0, 30, 60, 120, 360, 720))
LONG_IDLE_TIMES: Final = tuple(_MINUTE * m for m in (0, 120, 240, 360, 720, 1440))
SCREEN_TIMES: Final = (0, 10, 30, 60, 300, 1800)

type Build = Callable[[Any], Command]


class Control(NamedTuple):
    """Something to set: a switch, a number between limits, or one of some options."""

    key: str
    build: Build
    low: float = 0
    high: float = 1
    step: float = 1
    options: tuple[float, ...] = ()

    def accepts(self, value: Number) -> bool:
        """Whether a value is one that the device may be told."""
        if self.options:
            return value in self.options
        whole_steps = (value - self.low) % self.step == 0
        return self.low <= value <= self.high and whole_steps

    @property
    def for_developers(self) -> bool:
        """Whether it can be set with developer keys too."""
        return (
            self.build(self.options[0] if self.options else self.high).developer("")
            is not None
        )


def plain(value: float) -> int:
    """Return a value as the whole number that is sent."""
    return round(value)


def opposite(value: float) -> int:
    """Return a switch for a device that asks whether to be off."""
    return 1 - round(value)


def minutes(value: float) -> int:
    """Return a duration in minutes."""
    return round(value / _MINUTE)


def thousandths(value: float) -> int:
    """Return a value in thousandths."""
    return round(value * 1000)


def json_control(
    key: str,
    module: int,
    operation: str,
    parameter: str,
    /,
    *,
    wire: Callable[[Any], Any] = plain,
    fixed: Mapping[str, Any] | None = None,
    names_device: bool = False,
    **limits: Any,
) -> Control:
    """Return a control of a second-generation device."""

    def build(value: Any) -> Command:
        parameters = {parameter: wire(value), **(fixed or {})}
        return JsonCommand(module, operation, parameters, names_device)

    return Control(key, build, **limits)


def tcp_control(
    key: str,
    number: int,
    parameter: str,
    /,
    *,
    wire: Callable[[Any], Any] = plain,
    fixed: Mapping[str, Any] | None = None,
    module: int | None = 0,
    **limits: Any,
) -> Control:
    """Return a control of a first-generation device."""

    def build(value: Any) -> Command:
        parameters = {parameter: wire(value), **(fixed or {})}
        return TcpCommand(number, parameters, module)

    return Control(key, build, **limits)


def setting(
    key: str,
    field: str,
    parameter: str | None = None,
    /,
    *,
    wire: Callable[[Any], Any] = plain,
    fixed: Mapping[str, Any] | None = None,
    **limits: Any,
) -> Control:
    """Return a control of a new device; developers give switches as true or false."""
    switch = not limits

    def build(value: Any) -> Command:
        sent = wire(value)
        return SettingCommand(
            {field: sent, **(fixed or {})},
            None if parameter is None else {parameter: bool(sent) if switch else sent},
        )

    return Control(key, build, **limits)


def coded(
    key: str,
    kind: tuple[int, int],
    code: str | None = None,
    parameter: str = "",
    /,
    *,
    scale: int = 1,
    zero_is_empty: bool = False,
    **limits: Any,
) -> Control:
    """Return a control of an inverter or a plug."""

    def build(value: Any) -> Command:
        sent = round(value * scale)
        return CodedCommand(kind, sent, code, {parameter: sent}, zero_is_empty)

    return Control(key, build, **limits)
