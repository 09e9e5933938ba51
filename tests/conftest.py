"""What every test is given: a shell of its own, and nothing of the developer's machine."""

import compileall
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.faults.tally import TALLY
from tests.long import IS_LONG, SEED
from tests.shell import Shell

# The same examples each time, and none that fails because the machine is busy.
settings.register_profile(
    "suite", deadline=None, derandomize=True, max_examples=600 if IS_LONG else 40
)
settings.load_profile("suite")

# Compiled tests are kept, whatever the environment says: else each of the processes of
# pytest-xdist compiles all of them in each run, and that takes longer than to import them.
sys.dont_write_bytecode = False

_SOURCES = Path(__file__).resolve().parents[1] / "src"
# Memory, where the system (Linux) has it as a folder: there the fsyncs of journals cost nothing.
_MEMORY = Path("/dev/shm")
_ENOUGH = 1 << 28

# The rooms whose tests wait for processes that they start.
_WAITING = ("ci", "completions", "process", "programs", "servers", "terminal")

_KEPT = ("PATH", "HOME", "TMPDIR", "TEMP", "SYSTEMROOT", "PYTHONPATH", "LANG")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare each process; and once, in the one that the others of pytest-xdist come from."""
    _hear_signals()
    if hasattr(config, "workerinput"):
        return
    # As an installation is: else each process that a test starts might compile all anew.
    compileall.compile_dir(_SOURCES, quiet=2)
    if "TMPDIR" not in os.environ and _is_fit(_MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def _hear_signals() -> None:
    """Hear signals that `nohup` or a shell's `&` had ignored: children would ignore them."""
    for name in ("SIGHUP", "SIGINT", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _is_fit(folder: Path) -> bool:
    """Return whether tests can write to the folder, run programs there, and have enough room."""
    is_fit = False
    if sys.platform == "linux":
        is_fit = (
            os.access(folder, os.R_OK | os.W_OK | os.X_OK)
            and not os.statvfs(folder).f_flag & os.ST_NOEXEC
            and shutil.disk_usage(folder).free >= _ENOUGH
        )
    return is_fit


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Take more processes than there are cores: many tests wait for what they started."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = os.cpu_count() or 1
    if sys.platform == "linux":
        cores = len(os.sched_getaffinity(0))
    return cores + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix the files whose tests wait with those that compute, so that all cores always work."""
    files = list(dict.fromkeys(item.path for item in items))
    waiting = [file for file in files if file.parent.name in _WAITING]
    computing = [file for file in files if file.parent.name not in _WAITING]
    places = {
        file: (number + 0.5) / len(kind)
        for kind in (waiting, computing)
        for number, file in enumerate(kind)
    }
    items.sort(key=lambda item: places[item.path])


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away what a developer's machine has set, so that outputs are the same everywhere."""
    for name in list(os.environ):
        if name not in _KEPT and not name.startswith(("PYTEST", "COVERAGE", "HYPOTHESIS")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Return a shell with a folder of its own."""
    return Shell(tmp_path)


# The tally of faults: each process of pytest-xdist hands its own over when it ends.


def pytest_report_header() -> list[str]:
    return [f"seed of the long tests: {SEED} (DFCTL_TEST_SEED)"] if IS_LONG else []


def pytest_sessionfinish(session: pytest.Session) -> None:
    worker: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if worker is not None:
        worker["tally"] = TALLY.plain()
    elif TALLY.has_problems:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    TALLY.merge(getattr(node, "workeroutput", {}).get("tally", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if IS_LONG and TALLY.rows:
        terminalreporter.section("faults")
        terminalreporter.line("\n".join(TALLY.lines()))
        terminalreporter.line(f"seed {SEED}; the last three columns must be zero")
