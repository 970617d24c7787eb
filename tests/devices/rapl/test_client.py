"""The client: what it finds, counts, sets and refuses, against simulated hosts."""

import errno
import os
from pathlib import Path
import time

import pytest

from custom_components.power_steward.devices.clock import SYSTEM_CLOCK, Clock
from custom_components.power_steward.devices.errors import (
    AnswerNotUnderstood,
    CannotConnect,
    ClientError,
    LimitLocked,
    NotPermitted,
    RequestRefused,
)
from custom_components.power_steward.devices.rapl.client import RaplClient
from custom_components.power_steward.devices.rapl.codec import (
    Sample,
    coarser_step,
    is_too_soon,
    parse_number,
    passed,
    sampling_interval,
    step_of,
)
from custom_components.power_steward.devices.rapl.files import PowercapFiles
from custom_components.power_steward.devices.rapl.models import (
    ENABLED,
    LONG_TERM,
    SHORT_TERM,
    Access,
    ZoneReading,
)

from ...simulators.rapl import Folder, Host, amd, client, many, server
from ...simulators.rapl.host import Constraint, Zone
from ...simulators.winpower import ManualClock

W = 1_000_000
WINDOW = 262_143_328_850


@pytest.fixture
def clock() -> ManualClock:
    """Return the clock of host and client."""
    return ManualClock()


def made(host: Host) -> RaplClient:
    """Return a client of a host, on its clock."""
    return RaplClient(host.files, Clock(host.clock, SYSTEM_CLOCK.utcnow))


def by_key(readings: list[ZoneReading]) -> dict[str, ZoneReading]:
    """Return readings by the keys of their zones."""
    return {reading.zone.key: reading for reading in readings}


# Numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("28000000\n", 28_000_000),
        ("0", 0),
        ("", None),
        ("15W", None),
        ("1e7", None),
        ("-1", None),
        ("٣", None),
        ("9" * 20, None),
    ],
)
def test_parse_number(text: str, number: int | None) -> None:
    """Decimal digits are a number, nothing else is."""
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("counters", "seconds", "boot", "energy", "power"),
    [
        ((1_000_000_000, 1_650_000_000), 10, "a", 650_000_000, 65.0),
        ((262_000_000_000, 1_856_671_150), 10, "a", 2_000_000_000, 200.0),
        ((5, 5), 10, "a", 0, 0.0),
        ((5_000_000, 4_000_000), 30, "b", None, None),
        ((5, 6), 25 * 60, "a", None, None),
        ((5, 6), 0, "a", None, None),
        ((5, 6), -1, "a", None, None),
        ((5, 10_000_000_000), 10, "a", None, None),
        ((300_000_000_000, 5), 10, "a", None, None),
    ],
)
def test_worked_samples(
    counters: tuple[int, int],
    seconds: float,
    boot: str,
    energy: int | None,
    power: float | None,
) -> None:
    """The worked samples of the protocol, and what nobody can tell."""
    before, after = counters
    result = passed(
        Sample(before, 100, "a"), Sample(after, 100 + seconds, boot), WINDOW, 200.0
    )
    assert (result and result.energy) == energy
    assert (result and result.power) == (
        None if power is None else pytest.approx(power)
    )
    if energy == 650_000_000:
        assert energy / 3.6e12 == pytest.approx(0.000180556, abs=1e-9)


@pytest.mark.parametrize(
    ("seconds", "energy", "power"),
    [
        (0.6, 60_000_000, 100.0),
        (1.0, 60_000_000, 60.0),
        (1.0, 400_000_000, 400.0),
        (1.0, 400_000_001, None),
        (1.000001, 60_000_000, None),
        (0.0, 1, None),
        (-1.0, 1, None),
    ],
)
def test_power_at_its_limits(seconds: float, energy: int, power: float | None) -> None:
    """At 200 W a counter of 200 J starts again after a second; twice that is no power."""
    result = passed(
        Sample(0, 100, "a"), Sample(energy, 100 + seconds, "a"), 200_000_000, 200.0
    )
    assert result == (
        None if power is None else (energy, pytest.approx(power, rel=1e-9))
    )
    assert sampling_interval(200_000_000, 200.0) == 0.5


@pytest.mark.parametrize(
    ("seconds", "boot", "soon"),
    [
        (0, "a", True),
        (0.49, "a", True),
        (0.5, "a", False),
        (-1, "a", False),
        (0.1, "b", False),
    ],
)
def test_too_soon_to_tell(seconds: float, boot: str, soon: bool) -> None:
    """Half a second is enough, and so is another run of the host."""
    assert is_too_soon(Sample(0, 100, "a"), Sample(1, 100 + seconds, boot)) is soon


@pytest.mark.parametrize(
    ("span", "watts", "seconds"),
    [
        (WINDOW, 6, 12 * 3600 + 8 * 60),
        (WINDOW, 65, 67.2 * 60),
        (WINDOW, 200, 21.8 * 60),
        (65_532_610_987, 400, 2.7 * 60),
    ],
)
def test_wrap_times(span: int, watts: float, seconds: float) -> None:
    """Sampling is twice as often as the counter wraps."""
    assert sampling_interval(span, watts) == pytest.approx(seconds / 2, rel=0.02)


def test_steps() -> None:
    """The step is an eighth of a watt unless the hardware's values say otherwise."""
    assert step_of([28 * W, 64 * W]) == 125_000
    assert step_of([28_062_500]) == 62_500
    assert step_of([1]) == step_of([7812]) == 1
    assert coarser_step(18_125_000, 18 * W, 125_000) == 250_000
    assert coarser_step(18_050_000, 18 * W, 125_000) == 250_000
    assert coarser_step(18_500_000, 18 * W, 125_000) == 1_000_000
    assert coarser_step(18_500_000, 28 * W, 125_000) is None


# Discovery


def test_client_machine(clock: ManualClock) -> None:
    """A package with parts, its twin joined to it, and the platform beside."""
    rapl = made(client(clock))
    readings = by_key(rapl.read())
    assert rapl.tree.access is Access.CONTROLLABLE
    assert list(readings) == ["package-0", "package-0/core", "package-0/uncore", "psys"]
    package = readings["package-0"]
    assert package.is_package and not readings["psys"].is_package
    assert package.limits[LONG_TERM] == (28 * W, 27_983_872, 15 * W)
    assert package.limits[SHORT_TERM] == (64 * W, 2440, None)
    assert package.limits["peak_power"] == (105 * W, None, 0)
    assert package.twin_limit == package.effective == 20 * W
    assert package.enabled is True and readings["package-0/core"].enabled is False
    assert readings["package-0/core"].facts.name == "Package 0 core"


def test_twin_that_does_not_bite(clock: ManualClock) -> None:
    """A twin that is switched off limits nothing."""
    host = client(clock)
    host.zones[-1].enabled = 0
    assert by_key(made(host).read())["package-0"].effective == 28 * W


def test_twin_alone(clock: ManualClock) -> None:
    """A memory-mapped zone without the other is a zone of its own."""
    host = client(clock)
    host.zones = host.zones[-1:]
    assert list(by_key(made(host).read())) == ["intel-rapl-mmio/package-0"]


def test_same_names(clock: ManualClock) -> None:
    """Zones of one name are told apart, and parts of what is no zone left out."""
    host = Host(
        [
            Zone("intel-rapl/intel-rapl:0", "package-0"),
            Zone("intel-rapl/intel-rapl:1", "package-0"),
            Zone("intel-rapl/intel-rapl:2", "bad\x00name"),
            Zone("intel-rapl/intel-rapl:2/intel-rapl:2:0", "core"),
            Zone("intel-rapl/intel-rapl-mmio:3", "elsewhere"),
            Zone("intel-rapl/intel-rapl:4:1", "too deep"),
        ],
        clock,
    )
    assert list(by_key(made(host).read())) == ["package-0", "package-0+"]


def test_other_machines(clock: ManualClock) -> None:
    """AMD has no limits; zones past nine are numbered in hexadecimal."""
    rapl = made(amd(clock))
    assert rapl.discover().access is Access.MONITOR_ONLY
    readings = by_key(made(server(clock)).read())
    assert {key: reading.facts.name for key, reading in readings.items()} == {
        "package-0": "Package 0",
        "package-0/dram": "Package 0 DRAM",
        "package-1": "Package 1",
        "package-1/dram": "Package 1 DRAM",
    }
    assert list(by_key(made(many(clock)).read())) == [
        "package-9",
        "package-10",
        "package-11",
    ]


def test_renumbered(clock: ManualClock) -> None:
    """Zones keep their identity when the kernel numbers them anew."""
    host = server(clock)
    rapl = made(host)
    before = by_key(rapl.read())
    for zone, number in zip(host.zones, "1100", strict=True):
        zone.folder = zone.folder.replace(
            f"intel-rapl:{1 - int(number)}", f"intel-rapl:{number}"
        )
    clock.advance(10)
    after = by_key(rapl.read())
    assert before.keys() == after.keys()
    assert after["package-0"].zone.folder[-1] == "intel-rapl:1"
    assert after["package-0"].power == pytest.approx(150)


def test_without_zones(clock: ManualClock) -> None:
    """No tree, an empty one, and one that a container hides, are told apart."""
    host = client(clock)
    host.present = False
    assert made(host).discover().access is Access.MISSING
    with pytest.raises(CannotConnect, match="missing"):
        made(host).read()
    host.is_masked = True
    assert made(host).discover().access is Access.MASKED
    host.present, host.zones = True, []
    assert made(host).discover().access is Access.MASKED
    host.is_masked = False
    assert made(host).discover().access is Access.NO_ZONES


def test_unprivileged(clock: ManualClock) -> None:
    """Without rights, limits are read and nothing else."""
    host = client(clock)
    for zone in host.zones:
        zone.errors = {"energy_uj": errno.EACCES, "write:": errno.EACCES}
    rapl = made(host)
    package = by_key(rapl.read())["package-0"]
    assert rapl.tree.access is Access.READ_ONLY_LIMITS
    assert rapl.tree.energy_refused and rapl.tree.refused == errno.EACCES
    assert package.power is None and package.limits[LONG_TERM].value == 28 * W
    clock.advance(10)
    assert by_key(rapl.read())["package-0"].power is None


@pytest.mark.parametrize("number", [errno.EIO, errno.ENODATA, errno.EINVAL, None])
@pytest.mark.parametrize(
    "file",
    [
        "name",
        "enabled",
        "energy_uj",
        "max_energy_range_uj",
        "constraint_0_name",
        "constraint_0_power_limit_uw",
        "constraint_0_max_power_uw",
        "constraint_0_time_window_us",
    ],
)
def test_file_that_cannot_be_read(
    clock: ManualClock, file: str, number: int | None
) -> None:
    """A file that fails or holds nonsense is unknown, and the others are read."""
    host = client(clock)
    package = host.zones[0]
    if number is None:
        package.texts[file] = "\x00?\n"
    else:
        package.errors[file] = number
    rapl = made(host)
    rapl.read()
    clock.advance(10)
    readings = by_key(rapl.read())
    assert readings["psys"].power == pytest.approx(21)
    if file == "name":
        assert "package-0" not in readings
        return
    reading = readings["package-0"]
    unknown = file in ("energy_uj", "max_energy_range_uj")
    assert reading.power == (None if unknown else pytest.approx(12))
    assert reading.limits[SHORT_TERM].value == 64 * W
    assert (reading.enabled is None) == (file == "enabled")
    if file == "constraint_0_power_limit_uw":
        assert reading.limits[LONG_TERM].value is None and reading.effective == 20 * W


# Counting


def test_power_and_wrap(clock: ManualClock) -> None:
    """The counter is counted to the microjoule, also where it starts again."""
    host = client(clock)
    host.zones[0].counter = host.zones[0].range - 50_000_000
    rapl = made(host)
    first = by_key(rapl.read())["package-0"]
    assert first.power is None and first.counted is None
    clock.advance(10)
    second = by_key(rapl.read())["package-0"]
    assert second.power == pytest.approx(12) and second.counted == 120_000_000
    clock.advance(0.1)
    third = by_key(rapl.read())["package-0"]
    assert third.power == second.power and third.counted == 0
    clock.advance(9.9)
    assert by_key(rapl.read())["package-0"].counted == 120_000_000


def test_gap(clock: ManualClock) -> None:
    """A gap in which the counter may have wrapped more than once is not counted."""
    host = client(clock)
    rapl = made(host)
    rapl.read()
    clock.advance(WINDOW / 1e6 / 105 + 1)
    assert by_key(rapl.read())["package-0"].power is None
    clock.advance(10)
    assert by_key(rapl.read())["package-0"].power == pytest.approx(12)
    assert rapl.interval == pytest.approx(WINDOW / 1e6 / 400 / 2)


# Writing


def test_write(clock: ManualClock) -> None:
    """A limit is written once, and what the hardware made of it comes back."""
    host = client(clock)
    rapl = made(host)
    rapl.read()
    assert rapl.write("package-0", LONG_TERM, 18 * W) == 18 * W
    assert rapl.write("package-0", LONG_TERM, 12_345_678) == 12_250_000
    assert host.writes == [
        ("intel-rapl/intel-rapl:0", LONG_TERM, 18 * W),
        ("intel-rapl/intel-rapl:0", LONG_TERM, 12_345_678),
    ]
    for written, stored in (
        (124_999, 0),
        (4_095_875_000, 4_095_875_000),
        (4_096_000_000, 0),
        (5_000_000_000, 904_000_000),
    ):
        assert rapl.write("package-0", LONG_TERM, written) == stored


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("psys", LONG_TERM),
        ("psys", ENABLED),
        ("package-0", "x"),
        ("package-0", "peak_power"),
        ("package-0/core", LONG_TERM),
        ("package-0/core", ENABLED),
    ],
)
def test_write_elsewhere(clock: ManualClock, key: str, name: str) -> None:
    """Nothing but a package's averaged limits can be written, and switched on."""
    host = client(clock)
    rapl = made(host)
    rapl.read()
    with pytest.raises(CannotConnect):
        rapl.write(key, name, 10 * W)
    assert not host.attempts


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.EACCES, NotPermitted),
        (errno.EPERM, NotPermitted),
        (errno.EROFS, NotPermitted),
        (errno.ENODATA, LimitLocked),
        (errno.ENOSYS, LimitLocked),
        (errno.EIO, CannotConnect),
        (errno.ENOENT, CannotConnect),
        (errno.ELOOP, AnswerNotUnderstood),
        (errno.EINVAL, RequestRefused),
    ],
)
def test_write_refused(
    clock: ManualClock, number: int, error: type[ClientError]
) -> None:
    """Each error number says what it means, at writing and at reading back."""
    host = client(clock)
    rapl = made(host)
    rapl.read()
    host.zones[0].errors = {"write:": number}
    with pytest.raises(error):
        rapl.write("package-0", LONG_TERM, 10 * W)
    host.zones[0].errors = {"constraint_0_power_limit_uw": number}
    with pytest.raises(error):
        rapl.read_limit("package-0", LONG_TERM)


def test_read_back_nonsense(clock: ManualClock) -> None:
    """A limit that is not a number after a write is not taken for one."""
    host = client(clock)
    rapl = made(host)
    rapl.read()
    host.zones[0].texts = {"constraint_0_power_limit_uw": "?\n"}
    with pytest.raises(AnswerNotUnderstood):
        rapl.write("package-0", LONG_TERM, 10 * W)


# Real files


def test_kernel_folders(tmp_path: Path) -> None:
    """The class folder leads to the folder of devices, and it can be chosen itself."""
    with Folder(client(), tmp_path / "sys") as folder:
        for path in (folder.listing, folder.path):
            rapl = RaplClient(PowercapFiles(str(path)), SYSTEM_CLOCK)
            readings = by_key(rapl.read())
            assert rapl.tree.access is Access.CONTROLLABLE
            assert rapl.tree.boot == PowercapFiles(str(path)).boot() is not None
            assert readings["package-0"].limits[LONG_TERM].value == 28 * W
        assert rapl.write("package-0", LONG_TERM, 18_062_500) in (18_062_500, 18 * W)
        for _ in range(200):
            if rapl.read_limit("package-0", LONG_TERM) == 18 * W:
                break
            time.sleep(0.01)
        assert rapl.read_limit("package-0", LONG_TERM) == 18 * W
        assert folder.host.limit() == 18 * W


def test_masked_folder(tmp_path: Path) -> None:
    """Listed zones without a folder behind are a container's mask."""
    listing = tmp_path / "class/powercap"
    files = PowercapFiles(str(listing))
    assert RaplClient(files, SYSTEM_CLOCK).discover().access is Access.MISSING
    listing.mkdir(parents=True)
    (tmp_path / "devices/virtual/powercap").mkdir(parents=True)
    assert RaplClient(files, SYSTEM_CLOCK).discover().access is Access.NO_ZONES
    (listing / "intel-rapl:0").symlink_to("../nowhere")
    assert RaplClient(files, SYSTEM_CLOCK).discover().access is Access.MASKED
    assert (
        RaplClient(PowercapFiles(str(tmp_path)), SYSTEM_CLOCK).discover().access
        is Access.NO_ZONES
    )


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_links_out_of_the_root(tmp_path: Path, depth: int) -> None:
    """A tree that leads out of itself is refused, and nothing outside is touched."""
    outside = tmp_path / "outside"
    with Folder(client(), outside):
        pass
    real = outside / "devices/virtual/powercap"
    root = tmp_path / "root"
    for level, relative in enumerate(
        (".", "intel-rapl", "intel-rapl/intel-rapl:0")[: depth + 1]
    ):
        if level < depth:
            (root / relative).mkdir(parents=True, exist_ok=True)
            if relative.endswith(":0"):
                (root / relative / "name").write_text("package-0\n")
    limit = "constraint_0_power_limit_uw"
    match depth:
        case 0:
            root.mkdir()
            (root / "intel-rapl").symlink_to(real / "intel-rapl")
        case 1:
            (root / "intel-rapl").mkdir(exist_ok=True)
            (root / "intel-rapl/intel-rapl:0").symlink_to(
                real / "intel-rapl/intel-rapl:0"
            )
        case 2:
            zone = root / "intel-rapl/intel-rapl:0"
            zone.mkdir(parents=True)
            for file in (real / "intel-rapl/intel-rapl:0").iterdir():
                if file.is_file():
                    (zone / file.name).symlink_to(file)
        case 3:
            zone = root / "intel-rapl/intel-rapl:0"
            (zone / "constraint_0_name").write_text("long_term\n")
            (zone / "energy_uj").write_text("1\n")
            (zone / limit).symlink_to(real / "intel-rapl/intel-rapl:0" / limit)
    rapl = RaplClient(PowercapFiles(str(root)), SYSTEM_CLOCK)
    with pytest.raises(ClientError):
        rapl.read()
    with pytest.raises(ClientError):
        rapl.write("package-0", LONG_TERM, 5 * W)
    assert (real / "intel-rapl/intel-rapl:0" / limit).read_text() == "28000000\n"


def test_link_that_appears_later(tmp_path: Path) -> None:
    """A file that turns into a link is refused at reading, too."""
    with Folder(client(), tmp_path / "sys") as folder:
        pass
    rapl = RaplClient(PowercapFiles(str(folder.path)), SYSTEM_CLOCK)
    rapl.read()
    energy = folder.path / "intel-rapl/intel-rapl:0/energy_uj"
    energy.unlink()
    energy.symlink_to("/proc/uptime")
    with pytest.raises(AnswerNotUnderstood):
        rapl.read()
    folder.path.rename(tmp_path / "gone")
    with pytest.raises(CannotConnect):
        rapl.read()
    with pytest.raises(ClientError):
        rapl.write("package-0", LONG_TERM, 5 * W)


def test_odd_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes do not block, folders are no files, and no run of the host is no crash."""
    with Folder(client(), tmp_path / "sys") as folder:
        pass
    zone = folder.path / "intel-rapl/intel-rapl:0"
    for name in ("energy_uj", "enabled", "constraint_0_power_limit_uw"):
        (zone / name).unlink()
    os.mkfifo(zone / "energy_uj")
    (zone / "enabled").mkdir()
    os.mkfifo(zone / "constraint_0_power_limit_uw")
    (folder.path / "intel-rapl/intel-rapl-file").write_text("x")
    files = PowercapFiles(str(folder.path))
    rapl = RaplClient(files, SYSTEM_CLOCK)
    assert by_key(rapl.read())["package-0"].power is None
    with pytest.raises(CannotConnect):
        rapl.write("package-0", LONG_TERM, 5 * W)
    for name, present in (("_BOOT_ID", True), ("_STAT", False)):
        monkeypatch.setattr(
            f"custom_components.power_steward.devices.rapl.files.{name}",
            tmp_path / "none",
        )
        assert (files.boot() is not None) == present
    assert files.read(("nowhere",), ("name",)) == [errno.ENOENT]
    assert files.writable(("nowhere",), "name") == errno.ENOENT
    assert not PowercapFiles(str(tmp_path / "no/class/powercap")).masked()


def test_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """The load is the last minute's per core; without one, it is not known."""
    files = PowercapFiles("/nowhere")
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    monkeypatch.setattr("os.getloadavg", lambda: (6.0, 1.0, 1.0))
    assert files.load() == 1.5
    monkeypatch.setattr("os.getloadavg", _no_load)
    assert files.load() is None


def _no_load() -> tuple[float, float, float]:
    raise OSError


def test_no_constraint_files(clock: ManualClock) -> None:
    """A constraint without a name is passed over."""
    host = Host(
        [
            Zone(
                "intel-rapl/intel-rapl:0",
                "package-0",
                [Constraint("long_term", W), Constraint("short_term", W)],
                errors={"constraint_0_name": errno.ENOENT},
            )
        ],
        clock,
    )
    assert list(by_key(made(host).read())["package-0"].limits) == [SHORT_TERM]
