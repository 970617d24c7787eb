"""Judge how much of each module the tests cover; a total hides the one without.

usage: python scripts/lib/check_coverage.py REPORT
    REPORT: the JSON report of a run of all tests
One line per finding; exit code 1 if there are any.
"""

import json
from pathlib import Path
import sys

FLOWS = ("/config_flow.py", "/flow.py")
OF_FLOWS = 100.0
OF_MODULES = 95.1
"""Per cent of lines and branches: the quality scale asks for more than 95."""


def least(path: str) -> float:
    """Return how much of a module has to be covered, in per cent."""
    return OF_FLOWS if path.endswith(FLOWS) else OF_MODULES


def main(report: Path) -> int:
    """Compare each module with what is asked of it."""
    found = 0
    for path, file in json.loads(report.read_text("utf-8"))["files"].items():
        reached = file["summary"]["percent_covered"]
        if reached < least(path):
            print(f"    {path}: {reached:.1f} % of {least(path)} %", file=sys.stderr)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
