"""A page of the manual, shown by the system's `man`."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from dfctl.output.streams import ResultStream

_WIDEST = 80


def shown_by_man(stdout: TextIO | None, file: str, source: str) -> bool:
    """Have `man` show a page, where stdout is a terminal and there is a `man`; return whether.

    `file` is the name that the page's file has in the manual.
    """
    program = _man()
    if program is None or not ResultStream(stdout).is_terminal:
        return False
    with tempfile.TemporaryDirectory(prefix="dfctl-man-") as folder, _left_to_others():
        path = Path(folder) / file
        path.write_text(source, encoding="utf-8")
        try:
            # The man of macOS reads no stdin; every one takes a path.
            return subprocess.run([program, str(path)], check=False).returncode == 0
        except OSError:
            return False


def _man() -> str | None:
    if sys.platform == "win32":
        return None
    else:  # noqa: RET505 - mypy tells platforms apart by it
        return shutil.which("man")


@contextmanager
def _left_to_others() -> Iterator[None]:
    """Leave Ctrl-C to the program that is shown on the terminal meanwhile."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def width_of(stdout: TextIO | None) -> int:
    """Return how wide text on stdout may be, in columns."""
    if not ResultStream(stdout).is_terminal:
        return _WIDEST
    return min(_WIDEST, shutil.get_terminal_size().columns)
