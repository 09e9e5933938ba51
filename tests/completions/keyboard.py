"""A person at the prompt of a real shell, who presses Tab (POSIX)."""

import os
import re
import select
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "completions"
_PATIENCE = 30.0
_STEERING = re.compile(
    r"\x1b\[[0-9;?>=]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>(][B0]?"
)
# Makes the terminal on stdin the controlling one, as a login does.
_LOGIN = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
# Called for words it is dfctl itself; else it tells what it was given.
_DFCTL = """\
#!/bin/sh
if [ "$1" = __complete ]; then
    echo "$*" >>"$CALLS"
    exec "$PYTHON" -m dfctl "$@"
fi
printf '['
printf '<%s>' "$@"
echo ']'
"""


class Keyboard:
    """A shell on a terminal of 200 columns, in which a `dfctl` tells its words."""

    def __init__(self, *command: str, folder: Path, variables: Mapping[str, str]) -> None:
        self.calls = folder / "calls"
        self._shown = ""
        self._read_to = 0
        self._screen, terminal = _opened()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LOGIN, *command],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            cwd=folder,
            env={
                "PATH": f"{install(folder)}:{os.defpath}",
                "CALLS": str(self.calls),
                "PYTHON": sys.executable,
                "PYTHONPATH": str(ROOT / "src"),
                "HOME": str(folder),
                "TERM": "xterm",
                "LANG": "C.UTF-8",
                "DFCTL_CONFIG": str(folder / "config.toml"),
                "DFCTL_STATE_DIR": str(folder / "state"),
                **variables,
            },
            start_new_session=True,
        )
        os.close(terminal)

    @property
    def shown(self) -> str:
        """All that was shown, without what steers the terminal."""
        return _STEERING.sub("", self._shown)

    def types(self, text: str) -> "Keyboard":
        """Type; a tab is a press of Tab, a return that of Enter."""
        os.write(self._screen, text.encode())
        return self

    def shows(self, *texts: str) -> "Keyboard":
        """Read until the screen shows all `texts`, behind what was waited for before."""
        until = time.monotonic() + _PATIENCE
        while any(self.shown.find(text, self._read_to) < 0 for text in texts):
            assert time.monotonic() < until, f"not {texts!r} in:\n{self.shown[self._read_to :]}"
            self._read()
        self._read_to = max(self.shown.find(text, self._read_to) + len(text) for text in texts)
        return self

    def words_of(self, typed: str) -> list[str]:
        """Type a line and Enter; return the words that `dfctl` was given."""
        self.types(f"{typed}\r").shows("[<")
        begin = self._read_to
        self.shows(">]")
        return self.shown[begin : self._read_to - 2].split("><")

    def offers(self, typed: str, *words: str) -> None:
        """Type, and see that words are listed; then drop the line."""
        self.types(typed).shows(*words)
        self.types("\x03").types("echo DONE\r").shows("DONE\r")

    def close(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait(_PATIENCE)
        os.close(self._screen)

    def _read(self) -> None:
        if select.select([self._screen], [], [], 0.1)[0]:
            try:
                self._shown += os.read(self._screen, 1 << 16).decode("utf-8", "replace")
            except OSError:
                raise AssertionError(f"the shell ended:\n{self.shown}") from None


def install(folder: Path) -> Path:
    """Make a program `dfctl` that tells its words; return the folder that it is in."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    program = programs / "dfctl"
    program.write_text(_DFCTL, encoding="utf-8")
    program.chmod(0o755)
    return programs


def _opened() -> tuple[int, int]:
    if sys.platform != "win32":
        import fcntl
        import termios

        ends = os.openpty()
        fcntl.ioctl(ends[1], termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        return ends
    raise NotImplementedError
