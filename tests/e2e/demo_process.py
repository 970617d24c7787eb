"""The demo as a process of its own, as a user starts it."""

from pathlib import Path
import signal
import subprocess
import sys

from .home_assistant import CONSOLE

ROOT = Path(__file__).parents[2]
ORIGINAL = {f"intel-rapl:{n} {k}": w for n in (0, 1) for k, w in enumerate((205, 246))}
"""The limits of the processors, long-term and short-term, as the host has them."""


class Demo:
    """The demo as a process on a folder that it keeps."""

    def __init__(self, folder: Path) -> None:
        """Take a folder, new or used before."""
        self.folder = folder
        self.sysfs = folder / "simulators/rapl/sys"
        self.url = ""
        self._forgotten = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start, and return when the address is printed."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.e2e.demo"),
                *("--port", "0", "--keep", str(self.folder)),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, "the demo did not start"

    def send(self, what: signal.Signals) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send_signal(what)

    def end(self, how: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.send(how)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end and return the exit code."""
        process, self.process = self.process, None
        assert process is not None
        with process:
            return process.wait(60)

    def limits(self) -> dict[str, int]:
        """Return the limits of the simulated processors, in watts."""
        zones = self.sysfs / "devices/virtual/powercap/intel-rapl"
        return {
            f"{file.parent.name} {file.name[11]}": int(file.read_text()) // 1_000_000
            for file in zones.glob("intel-rapl:?/constraint_?_power_limit_uw")
        }

    def console(self) -> str:
        """Return what its Home Assistants printed, and was not forgotten."""
        return (self.folder / CONSOLE).read_text("utf-8")[self._forgotten :]

    def forget_console(self) -> None:
        """Forget what was printed so far."""
        self._forgotten = len((self.folder / CONSOLE).read_text("utf-8"))
