"""The kernel's powercap files, and no path outside the chosen root; a pod's account.

Every folder is opened name by name from the root without following links, and every
file relative to its folder: whatever a tree holds, it cannot lead elsewhere. All of
this blocks and belongs into an executor thread.
"""

from collections.abc import Sequence
import errno
import os
from pathlib import Path
import ssl
from typing import Final, NamedTuple, Protocol

from .models import Folder

DEFAULT_PATH: Final = "/sys/class/powercap"

_CLASS: Final = ("class", "powercap")
_DEVICES: Final = ("devices", "virtual", "powercap")
_PREFIX: Final = "intel-rapl"
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_LONGEST: Final = 4096
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_STAT: Final = Path("/proc/stat")


class Files(Protocol):
    """What a client needs of a powercap tree; failures are ``OSError``."""

    def folders(self, folder: Folder) -> list[str]:
        """Return the names of RAPL's folders in a folder; a link among them is ELOOP."""

    def read(self, folder: Folder, names: Sequence[str]) -> list[str | int]:
        """Return each file's text, or the error number of the attempt."""

    def write(self, folder: Folder, name: str, text: str) -> None:
        """Write a text in one go."""

    def writable(self, folder: Folder, name: str) -> int | None:
        """Return the error number of opening a file for writing, ``None`` if it opens."""

    def masked(self) -> bool:
        """Return whether zones are listed that cannot be reached."""

    def boot(self) -> str | None:
        """Return an id of the host's present run."""

    def load(self) -> float | None:
        """Return the host's load of the last minute per processor core."""


class PowercapFiles:
    """The files below a path, the kernel's or a tree mounted elsewhere."""

    def __init__(self, path: str) -> None:
        """Take the root.

        The kernel's class folder holds nothing but links into its folder of devices,
        so that one is the root then.
        """
        chosen = Path(path)
        self._listing: Path | None = None
        self._root = chosen
        if chosen.parts[-2:] == _CLASS:
            self._listing = chosen
            self._root = chosen.parents[1].joinpath(*_DEVICES)

    def folders(self, folder: Folder) -> list[str]:
        """Return the names of RAPL's folders in a folder; a link among them is ELOOP."""
        fd = self._open(folder)
        try:
            names = []
            with os.scandir(fd) as entries:
                for entry in entries:
                    if not entry.name.startswith(_PREFIX):
                        continue
                    if entry.is_symlink():
                        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        names.append(entry.name)
            return names
        finally:
            os.close(fd)

    def read(self, folder: Folder, names: Sequence[str]) -> list[str | int]:
        """Return each file's text, or the error number of the attempt."""
        try:
            fd = self._open(folder)
        except OSError as err:
            return [err.errno or errno.EIO] * len(names)
        try:
            return [_read(fd, name) for name in names]
        finally:
            os.close(fd)

    def write(self, folder: Folder, name: str, text: str) -> None:
        """Write a text in one go."""
        fd = self._open(folder)
        try:
            file = os.open(name, os.O_WRONLY | os.O_TRUNC | _FILE, dir_fd=fd)
        finally:
            os.close(fd)
        try:
            os.write(file, text.encode("ascii"))
        finally:
            os.close(file)

    def writable(self, folder: Folder, name: str) -> int | None:
        """Return the error number of opening a file for writing, ``None`` if it opens."""
        try:
            fd = self._open(folder)
            try:
                os.close(os.open(name, os.O_WRONLY | _FILE, dir_fd=fd))
            finally:
                os.close(fd)
        except OSError as err:
            return err.errno
        return None

    def masked(self) -> bool:
        """Return whether zones are listed that cannot be reached."""
        if self._listing is None:
            return False
        try:
            return any(
                link.name.startswith(_PREFIX) for link in self._listing.iterdir()
            )
        except OSError:
            return False

    def boot(self) -> str | None:
        """Return an id of the host's present run."""
        try:
            return _BOOT_ID.read_text("ascii").strip()
        except OSError, ValueError:
            pass
        try:
            lines = _STAT.read_text("ascii").splitlines()
        except OSError, ValueError:
            return None
        return next((line for line in lines if line.startswith("btime ")), None)

    def load(self) -> float | None:
        """Return the host's load of the last minute per processor core."""
        try:
            return os.getloadavg()[0] / (os.cpu_count() or 1)
        except OSError:
            return None

    def _open(self, folder: Folder) -> int:
        """Open a folder, name by name."""
        fd = os.open(self._root, _FOLDER)
        for name in folder:
            try:
                inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=fd)
            finally:
                os.close(fd)
            fd = inner
        return fd


class Account(NamedTuple):
    """A pod's service account on its cluster."""

    token: str
    trust: ssl.SSLContext


def service_account() -> Account:
    """Read the pod's service account, which the cluster renews now and then."""
    return Account(
        (_ACCOUNT / "token").read_text("ascii").strip(),
        ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt")),
    )


def _read(fd: int, name: str) -> str | int:
    try:
        file = os.open(name, os.O_RDONLY | _FILE, dir_fd=fd)
    except OSError as err:
        return err.errno or errno.EIO
    try:
        return os.read(file, _LONGEST).decode("utf-8", "replace")
    except OSError as err:
        return err.errno or errno.EIO
    finally:
        os.close(file)
