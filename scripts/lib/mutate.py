"""Change the code in small ways, one at a time, and see whether its tests notice.

Each change runs in a process forked from one that has collected the module's tests. Of
these, those run that reach the changed lines, the quickest first, until one fails. What
is changed in a function is changed in place. For what is done at import, tables above
all, the package and its tests are imported anew; so they are for a change that nothing
noticed if the tests make something by it when they are imported.
"""

import argparse
import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
import gc
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from inspect import CO_OPTIMIZED
import math
import os
from pathlib import Path
import pickle
from random import Random
import resource
import select
import signal
import sys
import time
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple, override

from hypothesis import settings
import pytest

from .mutants import Mutant, mutants

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = "custom_components/power_steward"
_STEWARDSHIP: Final = {
    "bounds": ("capping",),
    "cap_plan": ("capping",),
    "market": ("capping",),
    "price_series": ("price_series", "windows"),
    "saved_power": ("capping",),
    "shedding": ("shedding", "capping"),
}
"""Modules whose tests are in files of other names."""
_DEVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "aiseg2/codec/": ("aiseg2/test_codec.py",),
    "ecoflow/answers": ("ecoflow/test_answers.py", "ecoflow/test_client.py"),
    "ecoflow/codec": ("ecoflow/test_codec.py", "ecoflow/test_models.py"),
    "ecoflow/frames": (
        "ecoflow/test_frames.py",
        "ecoflow/test_codec.py",
        "ecoflow/test_commands.py",
    ),
    "ecoflow/wire": ("ecoflow/test_wire.py",),
    "epex/codec": ("epex/test_sources.py",),
    "must/codec": ("must/test_codec.py",),
    "must/registers/": ("must/test_codec.py", "must/test_docs.py"),
    "rapl/codec": ("rapl/test_client.py",),
    "winpower/codec": ("winpower/test_codec.py",),
}
"""Where tests of codecs are, in ``tests/devices``."""
_LONGEST_SECONDS: Final = 600.0
"""Wall time for a change that waits for ever; CPU time ends all others."""
_MOST_MEMORY: Final = 4 * 1024**3
_OPTIONS: Final = ("-xqn0", "--tb=no", "--timeout=0", "--no-cov")
_PURE: Final = ("--noconftest", "-p", "no:homeassistant")
"""Nearly all tests of codecs do without Home Assistant: a tenth of the time."""
_WITH_FIXTURES: Final = (
    "epex/test_sources.py",
    "rapl/test_client.py",
    "ecoflow/test_client.py",
)
_TOOL: Final = sys.monitoring.COVERAGE_ID
_LINE: Final = sys.monitoring.events.LINE


def tests_of(module: str) -> list[str]:
    """Return the files with the tests of a module, which is named without ``.py``."""
    room, _, name = module.partition("/")
    if room == "stewardship":
        stems = _STEWARDSHIP.get(name, (name,))
        return [f"tests/stewardship/test_{stem}.py" for stem in stems]
    return [
        f"tests/devices/{file}"
        for stem, files in _DEVICES.items()
        if name == stem or (stem.endswith("/") and name.startswith(stem))
        for file in files
    ]


def modules() -> Iterator[str]:
    """Return all modules that have tests of their own, by their paths."""
    rooms = [ROOT / PACKAGE / "stewardship", ROOT / PACKAGE / "devices"]
    for path in sorted(path for room in rooms for path in room.rglob("*.py")):
        module = path.relative_to(ROOT / PACKAGE).with_suffix("").as_posix()
        if path.stat().st_size > 200 and tests_of(module):
            yield module


class _Outcome(NamedTuple):
    """How a forked process ended, and what it wrote."""

    code: int
    """0: all tests passed; negative: ended by that signal."""
    output: bytes


def _forked(work: Callable[[], bytes], cpu: float) -> _Outcome:
    """Run something in a process of its own, with so many seconds of CPU."""
    ours, theirs = os.pipe()
    if not (child := os.fork()):
        try:
            os.close(ours)
            hard = round(cpu) + 2
            resource.setrlimit(resource.RLIMIT_CPU, (round(cpu) + 1, hard))
            resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
            with os.fdopen(theirs, "wb") as pipe:
                pipe.write(work())
            os._exit(0)
        except BaseException:  # noqa: BLE001 - whatever it is, the tests have failed
            os._exit(1)
    os.close(theirs)
    end = time.monotonic() + _LONGEST_SECONDS
    output = bytearray()
    with os.fdopen(ours, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0, end - time.monotonic()))[0]:
            if not (part := pipe.read(65536)):
                break
            output += part
        else:
            os.kill(child, signal.SIGKILL)
    return _Outcome(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), bytes(output))


class _Reach(NamedTuple):
    """What a test runs over, and how many seconds of CPU it takes."""

    lines: frozenset[int]
    seconds: float


class _Loader(SourceFileLoader):
    """Loads a module as another tree has it."""

    def __init__(self, fullname: str, path: str, code: CodeType) -> None:
        super().__init__(fullname, path)
        self._code = code

    @override
    def get_code(self, fullname: str) -> CodeType:
        """Return the tree's code, whatever the file holds."""
        return self._code


class _Finder:
    """Finds one module, as another tree has it."""

    def __init__(self, fullname: str, path: str, code: CodeType) -> None:
        self._fullname = fullname
        self._loader = _Loader(fullname, path, code)

    def find_spec(
        self, fullname: str, path: object = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where to load it."""
        if fullname != self._fullname:
            return None
        file = self._loader.path
        places = [str(Path(file).parent)] if file.endswith("__init__.py") else None
        return spec_from_file_location(
            fullname, file, loader=self._loader, submodule_search_locations=places
        )


class Run:
    """A plugin of pytest that runs the collected tests once for each change."""

    def __init__(
        self, module: str, sample: int | None, seed: int, limit: float
    ) -> None:
        """Take a module, how many of its changes to try, and for how many seconds."""
        self.path = ROOT / PACKAGE / f"{module}.py"
        self.source = self.path.read_text("utf-8")
        self._tree = ast.parse(self.source)
        self._original = self._compiled()
        self._fullname = f"{PACKAGE}/{module}".replace("/", ".")
        self._fullname = self._fullname.removesuffix(".__init__")
        self._module = module
        self._functions: list[FunctionType] = []
        self._lines: set[int] = set()
        found = mutants(self._tree)
        self.all = len(found)
        Random(seed).shuffle(found)
        self.chosen = found[:sample]
        self._limit = limit
        self.results: Counter[str] = Counter()
        self.survivors: list[tuple[Mutant, str]] = []
        self.seconds = 0.0
        self.broken = False
        sys.monitoring.use_tool_id(_TOOL, "mutate")
        sys.monitoring.register_callback(_TOOL, _LINE, self._reached)
        sys.monitoring.set_events(_TOOL, _LINE)

    def _compiled(self) -> CodeType:
        return compile(self._tree, str(self.path), "exec", dont_inherit=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as things are, then once for each change."""
        start = time.monotonic()
        at_import = frozenset(self._lines)
        known = set(sys.modules)
        before = _forked(
            lambda: pickle.dumps((self._reaches(session), set(sys.modules) - known)),
            600,
        )
        if before.code or not session.items:
            self.broken = True
            return True
        sys.monitoring.free_tool_id(_TOOL)
        reaches, used = pickle.loads(before.output)
        for name in sorted(used):  # once here, not again in each process
            with suppress(Exception):
                import_module(name)
        self._functions = [
            found
            for found in gc.get_objects()
            if isinstance(found, FunctionType)
            and found.__code__.co_filename == str(self.path)
        ]
        gc.collect()
        gc.freeze()
        for mutant in self.chosen:
            if time.monotonic() - start > self._limit:
                break
            result = self._tried(
                session, mutant, reaches, anew=not at_import.isdisjoint(mutant.lines)
            )
            self.results[result] += 1
            if result in ("survived", "not reached"):
                self.survivors.append((mutant, result))
        self.seconds = time.monotonic() - start
        return True

    def _reaches(self, session: pytest.Session) -> list[_Reach]:
        """Run all tests; return what lines of the module each of them runs over."""
        reaches = []
        for item in session.items:
            self._lines.clear()
            sys.monitoring.restart_events()
            start = time.process_time()
            self._pass_or_end(session, [item])
            seconds = time.process_time() - start
            reaches.append(_Reach(frozenset(self._lines), seconds))
        return reaches

    def _reached(self, code: CodeType, line: int) -> object:
        """Note a line of a function of the module."""
        if code.co_flags & CO_OPTIMIZED and code.co_filename == str(self.path):
            self._lines.add(line)
        return sys.monitoring.DISABLE

    def _pass_or_end(
        self, session: pytest.Session, items: Sequence[pytest.Item]
    ) -> None:
        """Run tests until one fails."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                os._exit(1)

    def _tried(
        self,
        session: pytest.Session,
        mutant: Mutant,
        reaches: list[_Reach],
        *,
        anew: bool,
    ) -> str:
        """Return how a change fared."""
        in_order = sorted(
            zip(session.items, reaches, strict=True), key=lambda pair: pair[1].seconds
        )
        items = [
            item for item, reach in in_order if not reach.lines.isdisjoint(mutant.lines)
        ]
        everything = sum(reach.seconds for reach in reaches)

        def work() -> bytes:
            mutant.apply()
            code = self._compiled()
            in_place = self._put_in_place(code)
            if in_place:
                self._pass_or_end(session, items)
                if not items and not anew:
                    return b"not reached"
            if (anew or not in_place) and self._imported_anew(code):
                os._exit(1)
            return b"survived"

        outcome = _forked(work, 3 * everything + 20)
        if outcome.code == 0:
            return outcome.output.decode()
        return "timed out" if outcome.code < 0 else "killed"

    def _put_in_place(self, code: CodeType) -> bool:
        """Give functions their new code; return whether that is all it takes."""
        changed: dict[CodeType, CodeType] = {}
        if not _compare(self._original, code, changed):
            return False
        try:
            for function in self._functions:
                function.__code__ = changed.get(function.__code__, function.__code__)
        except ValueError:  # it closes over other names now
            return False
        return True

    def _imported_anew(self, code: CodeType) -> int:
        """Run the tests with everything of ours imported again."""
        for name in list(sys.modules):
            if name.startswith(("custom_components.power_steward", "tests")) and (
                name != "tests.plugin_compat"
            ):
                del sys.modules[name]
        finder: Any = _Finder(self._fullname, str(self.path), code)
        sys.meta_path.insert(0, finder)
        return int(pytest.main(_arguments(self._module)))


def _compare(
    before: CodeType, after: CodeType, changed: dict[CodeType, CodeType]
) -> bool:
    """Note the codes that differ; return whether all of these are functions'."""
    pairs = list(zip(_nested(before), _nested(after), strict=False))
    if len(_nested(before)) != len(_nested(after)):
        return False
    if before.co_flags & CO_OPTIMIZED:  # a function's
        if before != after:
            changed[before] = after
    elif before.co_code != after.co_code or _plain(before) != _plain(after):
        return False
    # One that says no ends it: then everything is imported anew.
    return all(_compare(old, new, changed) for old, new in pairs)


def _nested(code: CodeType) -> list[CodeType]:
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def _plain(code: CodeType) -> list[tuple[type, object]]:
    """Return constants with their types, for True == 1."""
    return [
        (type(const), const)
        for const in code.co_consts
        if not isinstance(const, CodeType)
    ]


def _arguments(module: str) -> list[str]:
    tests = tests_of(module)
    pure = () if any(test.endswith(_WITH_FIXTURES) for test in tests) else _PURE
    return [*_OPTIONS, *pure, *tests]


def _say(run: Run, module: str, *, out: Any) -> None:
    results = run.results
    tried = sum(results.values())
    noticed = results["killed"] + results["timed out"]
    if run.broken:
        print(f"{module}: its tests fail as it is", file=out, flush=True)
        return
    print(
        f"{module}: {noticed} of {tried} noticed"
        f" ({noticed / max(tried, 1):.0%}), {results['timed out']} by time,"
        f" {run.all} in all, {run.seconds:.0f} s",
        file=out,
        flush=True,
    )
    source = run.source.splitlines()
    for mutant, result in sorted(run.survivors, key=lambda one: one[0].lines.start):
        line = mutant.lines.start
        text = source[line - 1].strip() if line else ""
        print(f"  {line}: {result}: {mutant}    in: {text}", file=out, flush=True)


def _run(module: str, options: argparse.Namespace, out: Any) -> None:
    """Try the changes of a module and tell of them, in a process of its own."""
    if not (child := os.fork()):
        run = Run(module, options.sample, options.seed, options.minutes * 60)
        pytest.main(_arguments(module), plugins=[run])
        _say(run, module, out=out)
        os._exit(0)
    os.waitpid(child, 0)


def main() -> int:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", help="such as stewardship/windows; default: all"
    )
    parser.add_argument(
        "--sample", type=int, help="so many changes of a module at most"
    )
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: 1)")
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="so long for a module at most"
    )
    parser.add_argument("--list", action="store_true", help="list the modules")
    options = parser.parse_args()
    every = list(modules())
    if options.list:
        print(*every, sep="\n")
        return 0
    wanted = [
        module
        for name in options.modules or [""]
        for module in every
        if not name or f"{module}/".startswith(f"{name}/")
    ]
    os.chdir(ROOT)
    sys.dont_write_bytecode = True
    settings.register_profile(
        "mutate", derandomize=True, max_examples=25, database=None, deadline=None
    )
    settings.load_profile("mutate")
    out = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    for module in wanted:
        _run(module, options, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
