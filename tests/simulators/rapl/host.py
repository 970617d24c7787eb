"""The hardware and the kernel: zones, limits, counters and how they misbehave."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
import errno
import os
import re
import threading
from typing import Final

RANGE: Final = 262_143_328_850
STEP: Final = 125_000
MASK: Final = 0x7FFF

type Load = Callable[[float], float]
"""Power in W that a zone would draw without a limit, by time in s."""


@dataclass
class Constraint:
    """A limit; an absent value is read as ENODATA."""

    name: str
    value: int
    window: int | None = None
    maximum: int | None = None
    locked: bool = False
    ignored: bool = False
    """Writes are accepted and change nothing."""
    reverts_after: float | None = None
    """Seconds after which the firmware puts its own value back."""


@dataclass
class Zone:
    """A power domain."""

    folder: str
    """Such as `intel-rapl/intel-rapl:0`."""
    name: str
    constraints: list[Constraint] = field(default_factory=list)
    enabled: int = 1
    stays_enabled: bool = False
    """Whether its limits cannot be switched off again, as on many processors."""
    counter: float = 1_000_000_000
    range: int = RANGE
    load: Load = field(default=lambda seconds: 12.0)
    step: int = STEP
    uncapped: bool = False
    """Whether its power does not follow its limit, whatever it says."""
    errors: dict[str, int] = field(default_factory=dict)
    """Error numbers by file name, for reading; `write:` in front, for writing."""
    texts: dict[str, str] = field(default_factory=dict)
    """Texts by file name that are read in place of the right ones."""

    def constraint(self, name: str) -> Constraint:
        """Return a limit by name."""
        return next(each for each in self.constraints if each.name == name)

    def power(self, seconds: float) -> float:
        """Return the power drawn at a time in W."""
        load = self.load(seconds)
        limits = [each for each in self.constraints if each.name == "long_term"]
        if not self.enabled or self.uncapped or not limits:
            return load
        return min(load, limits[0].value / 1e6)


class Host:
    """A tree of zones over a clock; `files` is what a client gets of it."""

    def __init__(self, zones: Sequence[Zone], clock: Callable[[], float]) -> None:
        """Boot."""
        self.zones = list(zones)
        self.clock = clock
        self.boot = "boot-1"
        self.present = True
        self.links = False
        """Whether the tree holds a link that leads out of it."""
        self.is_masked = False
        self.writes: list[tuple[str, str, int]] = []
        """Every accepted write: folder, limit and value as written."""
        self.switched: list[tuple[str, int]] = []
        """Every accepted write that switched a zone's limits on or off."""
        self.load: float | None = 0.1
        """Load per processor core."""
        self.attempts = 0
        self.hang: threading.Event | None = None
        """Reads wait for it to be set."""
        self._now = clock()
        self._reverts: list[tuple[float, Constraint, int]] = []

    @property
    def files(self) -> HostFiles:
        """What a client reads and writes."""
        return HostFiles(self)

    def zone(self, name: str) -> Zone:
        """Return the first zone of a name."""
        return next(zone for zone in self.zones if zone.name == name)

    def limit(self, zone: str = "package-0", name: str = "long_term") -> int:
        """Return a limit as the hardware holds it."""
        self.advance()
        return self.zone(zone).constraint(name).value

    def packages(self) -> Iterator[Zone]:
        """Return the packages of the main control type."""
        for zone in self.zones:
            if zone.folder.count("/") == 1 and zone.folder.startswith("intel-rapl/"):
                if zone.name.startswith("package"):
                    yield zone

    def advance(self) -> None:
        """Let the time pass that has passed: count energy, revert what reverts."""
        now = self.clock()
        elapsed = now - self._now
        if elapsed > 0:
            for zone in self.zones:
                middle = self._now + elapsed / 2
                zone.counter = (
                    zone.counter + zone.power(middle) * elapsed * 1e6
                ) % zone.range
        self._now = now
        due = [each for each in self._reverts if each[0] <= now]
        for each in due:
            self._reverts.remove(each)
            each[1].value = each[2]

    def reboot(self, **limits: int) -> None:
        """Start again, with the firmware's limits by package name where given."""
        self.boot = f"boot-{int(self.boot.split('-')[1]) + 1}"
        for zone in self.zones:
            zone.counter = 0
            if value := limits.get(zone.name.replace("-", "_")):
                zone.constraint("long_term").value = value

    def write_limit(self, zone: Zone, constraint: Constraint, text: str) -> None:
        """Store a limit as the kernel and the hardware do."""
        self.attempts += 1
        if not re.fullmatch(r"\d+\n?", text):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if constraint.locked:
            raise OSError(errno.ENODATA, os.strerror(errno.ENODATA))
        self.advance()
        self.writes.append((zone.folder, constraint.name, int(text)))
        if constraint.ignored:
            return
        before = constraint.value
        constraint.value = (int(text) // zone.step & MASK) * zone.step
        if constraint.reverts_after is not None:
            self._reverts.append(
                (self._now + constraint.reverts_after, constraint, before)
            )

    def write_enabled(self, zone: Zone, text: str) -> None:
        """Switch a zone's limits on or off as the kernel does."""
        self.attempts += 1
        if any(constraint.locked for constraint in zone.constraints):
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        self.advance()
        self.switched.append((zone.folder, int(text)))
        if not (zone.enabled and zone.stays_enabled):
            zone.enabled = int(text)

    def contents(self, zone: Zone) -> dict[str, str | int]:
        """Return a zone's files: texts, or error numbers."""
        self.advance()
        found: dict[str, str | int] = {
            "name": f"{zone.name}\n",
            "enabled": f"{zone.enabled}\n",
            "energy_uj": f"{int(zone.counter)}\n",
            "max_energy_range_uj": f"{zone.range}\n",
        }
        for number, constraint in enumerate(zone.constraints):
            prefix = f"constraint_{number}"
            found[f"{prefix}_name"] = f"{constraint.name}\n"
            found[f"{prefix}_power_limit_uw"] = f"{constraint.value}\n"
            for name, value in (
                (f"{prefix}_time_window_us", constraint.window),
                (f"{prefix}_max_power_uw", constraint.maximum),
            ):
                found[name] = errno.ENODATA if value is None else f"{value}\n"
        return (
            found
            | zone.texts
            | {
                name: number
                for name, number in zone.errors.items()
                if not name.startswith("write:")
            }
        )


class HostFiles:
    """A host's tree, as the client's files: in memory, with the kernel's errors."""

    def __init__(self, host: Host) -> None:
        """Serve a host."""
        self._host = host

    def folders(self, folder: tuple[str, ...]) -> list[str]:
        """Return the names of the folders in a folder."""
        self._wait()
        if not self._host.present:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if self._host.links:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        paths = {
            tuple(zone.folder.split("/"))[:depth]
            for zone in self._host.zones
            for depth in (1, 2, 3)
        }
        depth = len(folder)
        return sorted(
            {
                path[depth]
                for path in paths
                if len(path) > depth and path[:depth] == folder
            }
        )

    def read(self, folder: tuple[str, ...], names: Sequence[str]) -> list[str | int]:
        """Return each file's text or error number."""
        self._wait()
        zone = self._zone(folder)
        if zone is None:
            return [errno.ENOENT] * len(names)
        contents = self._host.contents(zone)
        return [contents.get(name, errno.ENOENT) for name in names]

    def write(self, folder: tuple[str, ...], name: str, text: str) -> None:
        """Write a limit."""
        number = self.writable(folder, name)
        zone = self._zone(folder)
        if number is not None or zone is None:
            self._host.attempts += 1
            raise OSError(number or errno.ENOENT, "refused")
        if name == "enabled":
            self._host.write_enabled(zone, text)
            return
        index = int(name.split("_")[1])
        self._host.write_limit(zone, zone.constraints[index], text)

    def writable(self, folder: tuple[str, ...], name: str) -> int | None:
        """Return why a file cannot be opened for writing."""
        zone = self._zone(folder)
        if zone is None:
            return errno.ENOENT
        return zone.errors.get(f"write:{name}", zone.errors.get("write:"))

    def masked(self) -> bool:
        """Return whether zones are listed that cannot be reached."""
        return self._host.is_masked

    def boot(self) -> str | None:
        """Return the id of the host's run."""
        return self._host.boot

    def load(self) -> float | None:
        """Return the load per processor core."""
        return self._host.load

    def _zone(self, folder: tuple[str, ...]) -> Zone | None:
        if not self._host.present:
            return None
        path = "/".join(folder)
        return next((zone for zone in self._host.zones if zone.folder == path), None)

    def _wait(self) -> None:
        if self._host.hang is not None:
            self._host.hang.wait()
