"""A host as real files that a thread keeps in step with it, for the demo.

Plain files cannot refuse as the kernel does; they can lag behind it by a moment: a
limit that is written is taken, rounded and shown a few milliseconds later.

The hardware outlives the programs that run on it: limits that are found in a folder of
the same run of this machine are in force again.
"""

import contextlib
import os
from pathlib import Path
import shutil
import threading
from types import TracebackType
from typing import Final, Self

from .host import Host, Zone

_TURN: Final = 0.01
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Folder:
    """Runs while it is entered; `path` is the root of the tree, `listing` its links."""

    def __init__(self, host: Host, sysfs: Path) -> None:
        """Lay out the tree as the kernel does, below a folder that is its own."""
        self.host = host
        self.path = sysfs / "devices/virtual/powercap"
        self.listing = sysfs / "class/powercap"
        self._shown: dict[Path, str] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="powercap simulator")
        self._take_up(sysfs / "boot_id")
        shutil.rmtree(sysfs, ignore_errors=True)
        self.listing.mkdir(parents=True)
        for zone in host.zones:
            folder = self.path / zone.folder
            folder.mkdir(parents=True, exist_ok=True)
            for each in (folder, folder.parent):
                link = self.listing / each.name
                if not link.exists() and each.name.startswith("intel"):
                    link.symlink_to(os.path.relpath(each, self.listing))
        (sysfs / "boot_id").write_bytes(_BOOT_ID.read_bytes())
        self._turn()

    def _take_up(self, boot_id: Path) -> None:
        """Take up the limits that an earlier simulator of this run left."""
        if not boot_id.exists() or boot_id.read_bytes() != _BOOT_ID.read_bytes():
            return
        for zone in self.host.zones:
            for number, constraint in enumerate(zone.constraints):
                if text := _read(self._limit(zone, number)):
                    constraint.value = int(text)

    def _limit(self, zone: Zone, number: int) -> Path:
        return self.path / zone.folder / f"constraint_{number}_power_limit_uw"

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the thread."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_TURN):
            self._turn()

    def _turn(self) -> None:
        """Take what was written, show what is."""
        for zone in self.host.zones:
            folder = self.path / zone.folder
            if not folder.is_dir():
                continue
            for number, constraint in enumerate(zone.constraints):
                file = self._limit(zone, number)
                shown = self._shown.get(file)
                if shown is None or not (text := _read(file)) or text == shown:
                    continue
                with contextlib.suppress(OSError):
                    self.host.write_limit(zone, constraint, text)
                # What the hardware made of it is shown over what was written.
                self._shown[file] = text
            for name, content in self.host.contents(zone).items():
                if isinstance(content, str):
                    self._show(folder / name, content)

    def _show(self, file: Path, content: str) -> None:
        if not file.exists():
            file.write_text(content, "ascii")
        elif self._shown[file] == content or _read(file) != self._shown[file]:
            # Nothing new; or somebody has just written, which is for the next turn.
            return
        else:
            # In one go and never empty: who reads at the same time gets a number.
            with file.open("r+", encoding="ascii") as opened:
                opened.write(content)
                opened.truncate()
        self._shown[file] = content


def _read(file: Path) -> str:
    try:
        return file.read_text("ascii")
    except OSError, ValueError:
        return ""
