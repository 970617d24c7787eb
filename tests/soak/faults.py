"""What goes wrong in a day, and what the log has to say of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Final

from custom_components.power_steward.devices.errors import ClientError
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..simulators.aiseg2.server import Answer
from ..simulators.ecoflow import RestFault
from ..simulators.epex import faults as epex_faults
from ..simulators.must import faults as must_faults
from ..simulators.winpower import faults as winpower_faults
from .house import STATION, House

type Do = Callable[[], Awaitable[Any] | Any]

POLL: Final = ("Error fetching {} data", "Fetching {} data recovered")
PUSH: Final = ("Listening to {} failed", "Listening to {} again")
PAGE: Final = ("{}: page electricflow/1113 failed", "{}: page electricflow/1113 can be")
SOURCE: Final = ("{}: source energy_charts fails", "{}: source energy_charts works")
QUIET: Final = ()


@dataclass(frozen=True)
class Fault:
    """Something that is wrong from one moment to another."""

    name: str
    lines: Sequence[str]
    """How the log lines begin that it causes, one each, in this order."""
    begin: Do
    end: Do = lambda: None


RECOVERY: Final = {
    "winpower": 80.0,
    "aiseg2": 700.0,
    "must": 30.0,
    "ecoflow": 400.0,
    "epex": 60.0,
    "rapl": 70.0,
}
"""Seconds within which all is as before, whatever was wrong."""
MOST_FAULTS: Final = {"epex": 7}
"""About so many in a run: who asks a source of prices too often is told no more."""


class Faults:
    """Lets things go wrong, each device type by itself, and watches the log."""

    def __init__(
        self,
        hass: HomeAssistant,
        house: House,
        entries: Mapping[str, ConfigEntry[Any]],
        log: Sequence[str],
    ) -> None:
        """Take what to break, and the lines that are logged."""
        self._hass = hass
        self._house = house
        self._entries = entries
        self._log = log
        self.happened: list[str] = []
        self.lines = 0
        """How many were logged."""
        self.broken_for: dict[str, float] = dict.fromkeys(entries, 0.0)
        """Seconds, with the time to recover, by device type."""

    async def trouble(
        self, kind: str, chance: Random, pause: float, until: float
    ) -> None:
        """Break one device type again and again, up to a time."""
        fast = self._house.fast
        possible = self._of(kind)
        while True:
            waits, lasts = chance.expovariate(1 / pause), chance.uniform(45, 400)
            if fast.now + waits + lasts + RECOVERY[kind] > until:
                return
            await asyncio.sleep(waits)
            await self._happen(kind, chance.choice(possible), lasts)

    async def _happen(self, kind: str, fault: Fault, lasts: float) -> None:
        title = self._entries[kind].title
        began, at = len(self._log), self._house.fast.now
        await _do(fault.begin)
        await asyncio.sleep(lasts)
        await _do(fault.end)
        await asyncio.sleep(RECOVERY[kind])
        self.broken_for[kind] += self._house.fast.now - at
        self.happened.append(f"{kind}: {fault.name}")
        self.lines += len(fault.lines)
        logged = [line for line in self._log[began:] if title in line]
        expected = [line.format(title) for line in fault.lines]
        assert len(logged) == len(expected) and all(
            line.startswith(start) for line, start in zip(logged, expected, strict=True)
        ), f"{fault.name} for {lasts:.0f} s from {at:.0f} s on: {logged}"

    def _of(self, kind: str) -> list[Fault]:
        faults: list[Fault] = getattr(self, f"_{kind}")()
        return [*faults, Fault("reload", QUIET, lambda: self._reload(kind))]

    async def _reload(self, kind: str) -> None:
        assert await self._hass.config_entries.async_reload(
            self._entries[kind].entry_id
        )

    def _winpower(self) -> list[Fault]:
        server, ups = self._house.winpower, self._house.ups
        broken = {
            "hangs": winpower_faults.hang(),
            "hangs in mid-body": winpower_faults.hang(mid_body=True),
            "resets": winpower_faults.reset(),
            "sends a web page": winpower_faults.html(),
            "refuses": winpower_faults.shape("E11_500"),
            "sends half an answer": winpower_faults.truncated(),
        }
        return [
            Fault("is down", POLL, server.stop_listening, server.listen_again),
            Fault("forgets its sessions", QUIET, server.expire_tokens),
            Fault("loses mains", QUIET, ups.lose_mains, ups.restore_mains),
            *(
                Fault(
                    name,
                    QUIET if name == "is slow" else POLL,
                    partial(server.inject, fault),
                    server.clear_faults,
                )
                for name, fault in {
                    **broken,
                    "is slow": winpower_faults.slow(3),
                }.items()
            ),
        ]

    def _aiseg2(self) -> list[Fault]:
        box = self._house.aiseg2
        answers = {
            "refuses": lambda _: Answer(b"", 500),
            "hangs": lambda _: None,
            "sends half an answer": lambda answer: Answer(answer.body[:40]),
        }

        def inject(fault: Any, path: str) -> Fault:
            live = path == "/data"
            injected: list[Any] = []
            return Fault(
                f"{path} {fault}",
                POLL if live else PAGE,
                lambda: injected.append(box.inject(answers[fault], path)),
                lambda: injected.pop().clear(),
            )

        return [
            Fault("is off", POLL, box.stop, box.start),
            *(inject(name, "/data") for name in answers),
            inject("refuses", "/page/electricflow/1113"),
        ]

    def _must(self) -> list[Fault]:
        port, ups = self._house.port, self._house.must
        line = self._house.line

        def inject(name: str, fault: must_faults.Fault, *lines: str) -> Fault:
            injected: list[Any] = []
            return Fault(
                name,
                lines,
                lambda: injected.append(line.inject(fault)),
                lambda: injected.pop().clear(),
            )

        def mains(*, on: bool) -> None:
            ups.catch_up()
            ups.mains = on

        return [
            Fault("is unplugged", POLL, port.unplug, port.plug),
            Fault(
                "loses mains", QUIET, lambda: mains(on=False), lambda: mains(on=True)
            ),
            inject("is silent", must_faults.silence(), *POLL),
            inject("garbles", must_faults.damaged(), *POLL),
            inject("stops short", must_faults.short(), *POLL),
            inject("declines", must_faults.exception(), *POLL),
        ]

    def _ecoflow(self) -> list[Fault]:
        home = self._house.ecoflow
        station = home.stations[STATION]

        def freeze(*, frozen: bool) -> None:
            home.broker.frozen = frozen

        def silence(*, silent: bool) -> None:
            station.silent = silent

        return [
            Fault("broker is down", PUSH, home.broker.stop, home.broker.listen),
            Fault("broker drops all", PUSH, home.broker.drop),
            Fault(
                "cloud refuses",
                QUIET,
                lambda: home.cloud.faults.append(RestFault(status=500)),
                home.cloud.faults.clear,
            ),
            Fault(
                "broker freezes",
                QUIET,
                lambda: freeze(frozen=True),
                lambda: freeze(frozen=False),
            ),
            Fault(
                "station is silent",
                QUIET,
                lambda: silence(silent=True),
                lambda: silence(silent=False),
            ),
            Fault(
                "station is off",
                QUIET,
                lambda: home.say_status(STATION, online=False),
                lambda: home.say_status(STATION, online=True),
            ),
        ]

    def _epex(self) -> list[Fault]:
        market = self._house.epex

        async def fetch() -> None:
            with suppress(ClientError):
                await self._entries["epex"].runtime_data.async_fetch_now()

        async def begin(fault: epex_faults.Fault) -> None:
            market.inject(fault)
            await fetch()

        async def end() -> None:
            market.clear_faults()
            await fetch()

        return [
            Fault(name, SOURCE, partial(begin, fault), end)
            for name, fault in {
                "refuses": epex_faults.status(500),
                "resets": epex_faults.reset(),
                "sends a web page": epex_faults.challenge(),
                "sends half an answer": epex_faults.truncated(),
            }.items()
        ]

    def _rapl(self) -> list[Fault]:
        host = self._house.host
        package = host.zone("package-0")

        def present(*, is_there: bool) -> None:
            host.present = is_there

        def interfere() -> None:
            host.advance()
            package.constraint("long_term").value = 150_000_000

        return [
            Fault(
                "vanishes",
                POLL,
                lambda: present(is_there=False),
                lambda: present(is_there=True),
            ),
            Fault(
                "counter cannot be read",
                QUIET,
                lambda: package.errors.update(energy_uj=5),
                package.errors.clear,
            ),
            Fault("somebody else sets a limit", QUIET, interfere),
        ]


async def _do(what: Do) -> None:
    """Do it, and wait for it if it takes a while."""
    result = what()
    if isinstance(result, Awaitable):
        await result
