"""A person at a terminal of their own: types, and reads what is on the screen."""

import codecs
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

SOURCE = Path(__file__).parents[2] / "src"
_SECONDS = 30.0
# The shell opens the terminal, which makes it that of the session: Ctrl-C becomes a signal.
_AT_TERMINAL = 'exec "$@" < "$0" 2> "$0"'


class Person:
    """Runs `dfctl` with a terminal for stdin and stderr.

    stdout is kept apart or goes where `stdout` leads; where that is None, to the terminal too.
    """

    def __init__(
        self,
        *words: str,
        variables: Mapping[str, str],
        columns: int = 80,
        lines: int = 50,
        encoding: str = "utf-8",
        stdout: int | IO[str] | None = subprocess.PIPE,
    ) -> None:
        self._screen, terminal, name = _open_terminal(columns, lines)
        at_terminal = f'{_AT_TERMINAL} > "$0"' if stdout is None else _AT_TERMINAL
        self._process = subprocess.Popen(
            ["sh", "-c", at_terminal, name, sys.executable, "-m", "dfctl", *words],
            env={"PATH": os.defpath, "PYTHONPATH": str(SOURCE), "TERM": "xterm", **variables},
            stdout=stdout,
            text=True,
            start_new_session=True,
        )
        self._decoder = codecs.getincrementaldecoder(encoding)()
        # Held until the shell has it open, because the screen ends when nobody has.
        self._terminal: int | None = terminal
        self._seen = ""
        self._read_to = 0

    def waits_for(self, text: str) -> "Person":
        """Read the screen until it shows `text` behind what was waited for before."""
        until = time.monotonic() + _SECONDS
        while (at := self.screen.find(text, self._read_to)) < 0:
            assert time.monotonic() < until, f"no {text!r} in:\n{self.screen}"
            assert self._read(), f"ended without {text!r}:\n{self.screen}"
        self._read_to = at + len(text)
        return self

    def types(self, text: str) -> "Person":
        """Type a line."""
        return self.presses(f"{text}\r")

    def presses(self, keys: str) -> "Person":
        """Press keys, and no Enter."""
        os.write(self._screen, keys.encode())
        return self

    def leaves(self) -> tuple[int, str]:
        """Wait for the end; return exit code and stdout."""
        until = time.monotonic() + _SECONDS
        while self._read():
            assert time.monotonic() < until, f"does not end:\n{self.screen}"
        out, _ = self._process.communicate(timeout=_SECONDS)
        os.close(self._screen)
        return self._process.returncode, out or ""

    @property
    def screen(self) -> str:
        """All that was shown."""
        return self._seen.replace("\r\n", "\n")

    def _read(self) -> bool:
        """Read what is there, waiting a while for it; False where the terminal is closed."""
        if not select.select([self._screen], [], [], 1.0)[0]:
            if self._process.poll() is not None:
                self._let_go()
            return True
        try:
            data = os.read(self._screen, 4096)
        except OSError:  # Linux says so when nobody has the other end open any more
            return False
        self._let_go()
        self._show(self._decoder.decode(data))
        return bool(data)

    def _show(self, text: str) -> None:
        self._seen += text

    def _let_go(self) -> None:
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None


def _open_terminal(columns: int, lines: int) -> tuple[int, int, str]:
    """Return both ends of a new terminal, and its name."""
    if sys.platform == "win32":
        raise NotImplementedError
    else:  # noqa: RET506 - mypy tells platforms apart by it
        import fcntl
        import termios

        screen, terminal = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        return screen, terminal, os.ttyname(terminal)
