"""The simulators of the demo, and what a user enters to add each of them."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
import errno
from importlib import import_module
from pathlib import Path
import sys
from typing import Any

from custom_components.power_steward.devices import DeviceType
from tests.texts import ENGLISH, leaves

from . import demo_types
from .client import Step
from .demo_types import DemoType, Place, rapl, winpower

DEMO_TYPES: Sequence[DemoType[Any]] = tuple(
    import_module(f"{demo_types.__name__}.{device_type}").DEMO
    for device_type in DeviceType
)
FIRST_OUTAGE_AFTER = 60.0
OUTAGE_EVERY = 900.0
OUTAGE_LASTS = 120.0
SIMULATORS = "simulators"
"""The folder in the demo's where the simulators keep their notes."""

_TEXTS = leaves(ENGLISH)


class CannotStart(Exception):
    """The demo cannot start; the text tells the user why, and what to do."""


def say(text: str) -> None:
    """Tell the user what is going on."""
    print(f"==> {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Running:
    """A simulator that runs."""

    kind: DemoType[Any]
    place: Place
    simulator: Any


@asynccontextmanager
async def simulators(folder: Path) -> AsyncGenerator[Sequence[Running]]:
    """Run a simulator of every device type; the same folder gives the same devices."""
    async with AsyncExitStack() as stack:
        running: list[Running] = []
        for kind in DEMO_TYPES:
            say(f"starting a simulated {kind.name}")
            place = Place(folder / SIMULATORS / kind.key)
            try:
                simulator = await stack.enter_async_context(kind.start_simulator(place))
            except OSError as err:
                if err.errno != errno.EADDRINUSE:
                    raise
                raise CannotStart(
                    f"The port that the simulated {kind.name} of {folder} always had"
                    " is taken by another program: end that, or use another folder."
                ) from err
            running.append(Running(kind, place, simulator))
        put_host_in_rack(running)
        yield running


def put_host_in_rack(running: Sequence[Running]) -> None:
    """Feed the host from the server rack's UPS, so that its load follows the caps."""
    by_key = {one.kind.key: one.simulator for one in running}
    host = by_key[rapl.DEMO.key]
    winpower.feed(by_key[winpower.DEMO.key], lambda: rapl.power(host))


def switch_mains(running: Sequence[Running], there: bool) -> None:
    """Let everything that has a battery lose mains, or have it back."""
    for one in running:
        if one.kind.mains is not None:
            one.kind.mains(one.simulator, there)


async def lose_mains_at_times(running: Sequence[Running]) -> None:
    """Lose mains in every quarter of an hour, for ever."""
    await asyncio.sleep(FIRST_OUTAGE_AFTER)
    while True:
        say(f"the house loses mains, for {OUTAGE_LASTS:.0f} s")
        switch_mains(running, there=False)
        await asyncio.sleep(OUTAGE_LASTS)
        say("mains is back")
        switch_mains(running, there=True)
        await asyncio.sleep(OUTAGE_EVERY - OUTAGE_LASTS)


def to_enter(running: Sequence[Running]) -> str:
    """Return what to choose and to fill in to add each of the devices, as text."""
    return "\n\n".join(
        "\n".join(_as_read(one.kind.key, steps))
        for one in running
        for steps in one.kind.ways(one.simulator)
    )


def _as_read(kind: str, steps: Sequence[Step]) -> Iterator[str]:
    """Return the answers to a config flow in the words of its menus and forms."""
    menu = "user"
    choices: list[str] = []
    fields: list[str] = []
    for step in steps:
        if isinstance(step, str):
            choices.append(_TEXTS[f"config.step.{menu}.menu_options.{step}"])
            menu = step
        else:
            fields += _fields(kind, menu, step)
    return iter([" → ".join(choices), *fields])


def _fields(kind: str, menu: str, answers: Mapping[str, Any]) -> Iterator[str]:
    """Return a line for each field of the forms that follow a menu."""
    for field, answer in answers.items():
        if isinstance(answer, Mapping):
            section = _label(menu, f".sections.{field}.name")
            for line in _fields(kind, menu, answer):
                yield f"    {section} → {line.lstrip()}"
        else:
            label = _label(menu, f".data.{field}")
            yield f"    {label}: {_value(kind, field, answer)}"


def _label(menu: str, end: str) -> str:
    """Return a text of a form that follows a menu, by the end of its place."""
    return next(
        text
        for path, text in _TEXTS.items()
        if path.startswith(f"config.step.{menu}") and path.endswith(end)
    )


def _value(kind: str, field: str, answer: Any) -> Any:
    if isinstance(answer, bool):
        return "on" if answer else "off"
    return _TEXTS.get(f"selector.{kind}_{field}.options.{answer}", answer)
