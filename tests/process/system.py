"""Programs of the system that make it behave badly, and what to install where they are missing."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

# An account that the system has no entry for. It owns what the account of the tests owns, and has
# no power over modes even where that account is root.
STRANGER = ("unshare", "--user", "--map-user=54321", "--map-group=54321")

# A process that may put other files in the place of the system's, for itself alone.
OWN_FILES = ("unshare", "--user", "--map-root-user", "--mount")


def _works(*command: str) -> bool:
    try:
        return subprocess.run([*command, "true"], capture_output=True).returncode == 0
    except OSError:
        return False


def _faketime() -> Path | None:
    """Return the library that fakes the time for programs with threads."""
    places = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/lib64/faketime")
    for place in places:
        for path in Path("/").glob(f"{place[1:]}/libfaketimeMT.so.1"):
            return path
    return None


_FAKETIME = _faketime()

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells this of a process")
needs_stranger = pytest.mark.skipif(
    not _works(*STRANGER),
    reason="no account without an entry is to be had: install util-linux, allow user namespaces",
)
needs_own_files = pytest.mark.skipif(
    not _works(*OWN_FILES, "sh", "-c", 'mount --bind /etc /etc && "$0"'),
    reason="no files of its own are to be had: install util-linux, allow user namespaces",
)
needs_strace = pytest.mark.skipif(
    not _works("strace", "-o", "/dev/null"), reason="strace is missing or not allowed: install it"
)
needs_faketime = pytest.mark.skipif(
    _FAKETIME is None, reason="libfaketime is missing: install faketime"
)


def at_times_in(file: Path) -> dict[str, str]:
    """Return variables that set a process's time of day to the one in `file`, whenever it is read.

    The time does not go on by itself, and what measures intervals stays true.
    """
    return {
        "LD_PRELOAD": str(_FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def failing(calls: str, how: str, *options: str) -> Sequence[str]:
    """Return the words before a command line that let system calls of it fail.

    `calls` are their names; `how` is as strace takes it, such as `error=EIO:when=2+`.
    """
    quiet = ("strace", "-f", "-qq", "-o", "/dev/null", *options)
    return (*quiet, "-e", f"trace={calls}", "-e", f"inject={calls}:{how}")


def before_it(statements: str) -> Sequence[str]:
    """Return the words before a command line that run Python in its process first."""
    code = f"import os, sys\n{statements}\nos.execv(sys.argv[1], sys.argv[1:])"
    return (sys.executable, "-c", code)
