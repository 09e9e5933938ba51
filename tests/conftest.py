"""What every test is given: a shell of its own, and nothing of the developer's machine."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import settings

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
