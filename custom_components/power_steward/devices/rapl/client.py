"""Client of the kernel's powercap tree (RAPL protocol, sections 1 to 3).

It blocks, as files do: its caller runs each call as one job in an executor thread, one
at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
import errno
import os
import re
from typing import Final, NamedTuple

from ...stewardship.bounds import WATT, Microwatts
from ..clock import Clock
from ..errors import (
    AnswerNotUnderstood,
    CannotConnect,
    ClientError,
    LimitLocked,
    NotPermitted,
    RequestRefused,
)
from ..readings import DeviceFacts
from .codec import (
    ASSUMED_PEAK,
    Sample,
    is_too_soon,
    parse_number,
    passed,
    sampling_interval,
)
from .files import Files
from .models import (
    ENABLED,
    LONG_TERM,
    MAIN_TYPE,
    SHORT_TERM,
    Access,
    Constraint,
    Folder,
    Limit,
    Tree,
    Zone,
    ZoneReading,
)

_ZONE: Final = re.compile(r"(?P<type>intel-rapl[\w-]*?)(?P<numbers>(:[0-9a-f]+)+)")
_MOST_CONSTRAINTS: Final = 8
_NOT_PERMITTED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
_GONE: Final = (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR)


class _Read(NamedTuple):
    """What the files of a zone said when it was found."""

    name: str
    range: int | None
    constraints: dict[str, Constraint]
    energy: str | int


class RaplClient:
    """Reads and sets one host's tree; raises the errors of ``devices.errors``."""

    def __init__(self, files: Files, clock: Clock) -> None:
        """Take the tree's files."""
        self._files = files
        self._clock = clock
        self._folders: list[Folder] | None = None
        self._samples: dict[str, Sample] = {}
        self._powers: dict[str, float | None] = {}
        self._peaks: dict[str, float] = {}
        self.tree = Tree(Access.MISSING)
        """What was found last."""
        self.load: float | None = None
        """The host's load per processor core at the last reading."""

    # Discovery

    def discover(self) -> Tree:
        """Look for zones (section 1.8)."""
        try:
            self._folders = self._all_folders()
        except OSError as err:
            self._folders = None
            self.tree = Tree(self._without_zones(err), boot=self._files.boot())
            return self.tree
        found = [
            (folder, read)
            for folder in self._folders
            if (read := self._look_at(folder)) is not None
        ]
        zones = _identified(found)
        refused = self._refused(zones)
        self.tree = Tree(
            self._access(zones, refused),
            zones,
            self._files.boot(),
            any(read.energy in _NOT_PERMITTED for _, read in found),
            refused,
        )
        return self.tree

    def _all_folders(self) -> list[Folder]:
        """Return the folders of all zones, in the order of their numbers."""
        folders: list[Folder] = []
        for kind in sorted(self._files.folders(())):
            if ":" not in kind:
                folders += self._folders_below((kind,), kind)
        return folders

    def _folders_below(self, parent: Folder, kind: str) -> list[Folder]:
        folders: list[Folder] = []
        numbered = []
        for name in self._files.folders(parent):
            match = _ZONE.fullmatch(name)
            if match is not None and match["type"] == kind:
                numbers = match["numbers"].split(":")[1:]
                numbered.append(([int(number, 16) for number in numbers], name))
        for numbers, name in sorted(numbered):
            if len(numbers) == len(parent):
                folders.append((*parent, name))
                folders += self._folders_below((*parent, name), kind)
        return folders

    def _look_at(self, folder: Folder) -> _Read | None:
        """Return what is fixed of a zone, ``None`` for a folder that is none."""
        name, span, energy = self._files.read(
            folder, ("name", "max_energy_range_uj", "energy_uj")
        )
        if not isinstance(name, str) or not name.strip().isprintable():
            return None
        return _Read(
            name.strip(), _number(span) or None, self._constraints(folder), energy
        )

    def _constraints(self, folder: Folder) -> dict[str, Constraint]:
        """Return a zone's limits by name: their numbers mean nothing."""
        constraints: dict[str, Constraint] = {}
        for index in range(_MOST_CONSTRAINTS):
            prefix = f"constraint_{index}"
            name, limit, window, maximum = self._files.read(
                folder,
                (
                    f"{prefix}_name",
                    f"{prefix}_power_limit_uw",
                    f"{prefix}_time_window_us",
                    f"{prefix}_max_power_uw",
                ),
            )
            if errno.ENOENT in (name, limit) and not isinstance(limit, str):
                break
            if isinstance(name, str):
                constraints.setdefault(
                    name.strip(),
                    Constraint(index, name.strip(), _number(window), _number(maximum)),
                )
        return constraints

    def _refused(self, zones: Sequence[Zone]) -> int | None:
        """Return why the packages' limits cannot be opened for writing, if so."""
        for zone in zones:
            constraint = zone.constraints.get(LONG_TERM)
            if zone.is_package and constraint is not None:
                refused = self._files.writable(zone.folder, _limit_file(constraint))
                if refused is not None:
                    return refused
        return None

    def _without_zones(self, err: OSError) -> Access:
        if err.errno == errno.ELOOP:
            return Access.UNSAFE
        return Access.MASKED if self._files.masked() else Access.MISSING

    def _access(self, zones: Sequence[Zone], refused: int | None) -> Access:
        if not zones:
            return Access.MASKED if self._files.masked() else Access.NO_ZONES
        if refused == errno.ELOOP:
            return Access.UNSAFE
        if not any(zone.is_package and LONG_TERM in zone.constraints for zone in zones):
            return Access.MONITOR_ONLY
        return Access.CONTROLLABLE if refused is None else Access.READ_ONLY_LIMITS

    # Reading

    @property
    def interval(self) -> float:
        """The longest time between two reads that misses nothing, in s."""
        return min(
            (
                sampling_interval(zone.range, self._peak(zone))
                for zone in self.tree.zones
                if zone.range
            ),
            default=float("inf"),
        )

    def read(self) -> list[ZoneReading]:
        """Read all zones; look for them anew if they are others than before."""
        try:
            folders = self._all_folders()
        except OSError:
            folders = None
        if folders is None or folders != self._folders or self._is_renumbered():
            self.discover()
        tree = self.tree
        if tree.access is Access.UNSAFE:
            raise AnswerNotUnderstood("a link leads out of the folder")
        if not tree.zones:
            raise CannotConnect(tree.access.value.replace("_", " "))
        self.load = self._files.load()
        return [self._read_zone(zone, tree.boot) for zone in tree.zones]

    def _is_renumbered(self) -> bool:
        """Return whether a folder holds another zone than it did."""
        return any(
            isinstance(name, str) and name.strip() != zone.name
            for zone in self.tree.zones
            for name in self._files.read(zone.folder, ("name",))
        )

    def _read_zone(self, zone: Zone, boot: str | None) -> ZoneReading:
        constraints = list(zone.constraints.values())
        energy, enabled, *values = self._files.read(
            zone.folder, ("energy_uj", ENABLED, *map(_limit_file, constraints))
        )
        now = self._clock.monotonic()
        if errno.ELOOP in (energy, enabled, *values):
            raise AnswerNotUnderstood("a link leads out of the folder")
        limits = {
            constraint.name: Limit(
                _number(value), constraint.window, constraint.maximum
            )
            for constraint, value in zip(constraints, values, strict=True)
        }
        self._raise_peak(zone, limits)
        rejected = tuple(
            name
            for name, value in (("energy_uj", energy), (ENABLED, enabled))
            if isinstance(value, str) and parse_number(value) is None
        )
        counted = self._count(zone, _number(energy), now, boot)
        state = _number(enabled)
        return ZoneReading(
            facts=DeviceFacts(name=_name(zone)),
            available=any(isinstance(value, str) for value in (energy, enabled)),
            rejected=rejected,
            zone=zone,
            power=self._powers.get(zone.key),
            counted=counted,
            enabled=None if state is None else bool(state),
            limits=limits,
            twin_limit=self._twin_limit(zone),
        )

    def _count(
        self, zone: Zone, counter: int | None, now: float, boot: str | None
    ) -> int | None:
        """Return the energy since the last sample, and keep the mean power."""
        before = self._samples.get(zone.key)
        if counter is None or zone.range is None or counter > zone.range:
            self._samples.pop(zone.key, None)
            self._powers[zone.key] = None
            return None
        sample = Sample(counter, now, boot)
        if before is not None and is_too_soon(before, sample):
            return 0
        self._samples[zone.key] = sample
        result = (
            None
            if before is None
            else passed(before, sample, zone.range, self._peak(zone))
        )
        self._powers[zone.key] = None if result is None else result.power
        return None if result is None else result.energy

    def _peak(self, zone: Zone) -> float:
        """Return the most power in W that a zone is taken to draw."""
        return self._peaks.get(zone.key, ASSUMED_PEAK)

    def _raise_peak(self, zone: Zone, limits: Mapping[str, Limit]) -> None:
        """Learn from limits; the largest one ever seen counts, for ours are lower.

        A long-term limit alone says nothing of bursts.
        """
        known = [
            value / WATT
            for name, limit in limits.items()
            for value in (limit.value, limit.maximum)
            if value and name != LONG_TERM
        ]
        if known:
            self._peaks[zone.key] = max(self._peaks.get(zone.key, 0.0), *known)

    def _twin_limit(self, zone: Zone) -> Microwatts | None:
        """Return the twin's limit if it is in force."""
        constraint = zone.twin_constraints.get(LONG_TERM)
        if zone.twin is None or constraint is None:
            return None
        enabled, value = self._files.read(zone.twin, (ENABLED, _limit_file(constraint)))
        return _number(value) if _number(enabled) else None

    # Writing

    def write(self, key: str, name: str, value: Microwatts) -> Microwatts:
        """Set a package's limit; return what the hardware holds then.

        Nothing but the two averaged limits of a package is ever written, and whether
        they are enforced.
        """
        folder, file = self.place(key, name)
        try:
            self._files.write(folder, file, f"{value}\n")
        except OSError as err:
            raise _refusal(err.errno, f"{key} {name}") from err
        return self.read_limit(key, name)

    def read_limit(self, key: str, name: str) -> Microwatts:
        """Return what the hardware holds of a limit."""
        folder, file = self.place(key, name)
        (text,) = self._files.read(folder, (file,))
        if isinstance(text, int):
            raise _refusal(text, f"{key} {name}")
        value = parse_number(text)
        if value is None:
            raise AnswerNotUnderstood(f"{key} {name}: not a number")
        return value

    def place(self, key: str, name: str) -> tuple[Folder, str]:
        """Return the folder and the file of a package's limit."""
        zone = next((zone for zone in self.tree.zones if zone.key == key), None)
        if zone is not None and zone.is_package:
            if name == ENABLED:
                return zone.folder, ENABLED
            if name in (LONG_TERM, SHORT_TERM) and name in zone.constraints:
                return zone.folder, _limit_file(zone.constraints[name])
        raise CannotConnect(f"{key} {name} is gone")


def _name(zone: Zone) -> str:
    """Return how people call a zone: `package-0/dram` is "Package 0 DRAM"."""
    words = zone.key.replace("/", " ").replace("-", " ").capitalize()
    return words.replace("dram", "DRAM")


def _identified(found: Sequence[tuple[Folder, _Read]]) -> tuple[Zone, ...]:
    """Return the zones by names, memory-mapped twins joined to their packages."""
    zones: dict[str, Zone] = {}
    keys: dict[Folder, str] = {}
    for folder, read in found:
        kind = folder[0]
        if len(folder) > 2:
            parent = keys.get(folder[:-1])
            if parent is None:
                continue
            key = f"{parent}/{read.name}"
        elif kind == MAIN_TYPE:
            key = read.name
        elif twin_of := zones.get(read.name):
            zones[read.name] = replace(
                twin_of, twin=folder, twin_constraints=read.constraints
            )
            continue
        else:
            key = f"{kind}/{read.name}"
        while key in zones:
            key += "+"
        keys[folder] = key
        zones[key] = Zone(
            key=key,
            folder=folder,
            name=read.name,
            range=read.range,
            constraints=read.constraints,
        )
    return tuple(zones.values())


def _limit_file(constraint: Constraint) -> str:
    return f"constraint_{constraint.number}_power_limit_uw"


def _number(text: str | int) -> int | None:
    """Return the number in a file, ``None`` if it could not be read or holds none."""
    return parse_number(text) if isinstance(text, str) else None


def _refusal(number: int | None, what: str) -> ClientError:
    """Return the client error for an error number (section 3.4)."""
    text = f"{what}: {os.strerror(number or errno.EIO)}"
    if number in (errno.ENODATA, errno.ENOSYS):
        return LimitLocked(text)
    if number in _NOT_PERMITTED:
        return NotPermitted(text)
    if number == errno.ELOOP:
        return AnswerNotUnderstood(text)
    if number in _GONE:
        return CannotConnect(text)
    if number == errno.EINVAL:
        return RequestRefused(text)
    return CannotConnect(text)
