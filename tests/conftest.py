"""What every test is given: a shell of its own, and nothing of the developer's machine."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.faults.tally import TALLY
from tests.long import IS_LONG, SEED
from tests.shell import Shell

# The same examples each time, and none that fails because the machine is busy.
settings.register_profile("suite", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("suite")

_KEPT = ("PATH", "HOME", "TMPDIR", "TEMP", "SYSTEMROOT", "PYTHONPATH", "LANG")


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
