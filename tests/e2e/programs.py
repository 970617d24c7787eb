"""Programs that tests need and Python does not bring."""

from pathlib import Path
import subprocess

FINDER = Path(__file__).parents[2] / "scripts" / "lib" / "program"


class NoProgram(Exception):
    """A program is missing and cannot be had; the text says why."""


def find_program(package: str) -> str:
    """Return the path of a program, by the name of its Debian package."""
    found = subprocess.run(
        [FINDER, package], capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise NoProgram(found.stderr.strip())
    return found.stdout.strip()
