"""dfctl on a terminal of its own (POSIX)."""

import contextlib
import os
import sys
import threading
from typing import Any

from tests.process.processes import PATIENCE, Desk, Process

# Makes the terminal on stdin the controlling one, as a login does, so that it sends signals.
_LOGIN = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def _opened() -> tuple[int, int]:
    """Return both ends of a new terminal, 24 lines of 200 characters."""
    if sys.platform != "win32":
        import fcntl
        import pty
        import struct
        import termios

        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
        return master, slave
    raise NotImplementedError


def _modes_of(terminal: int) -> list[Any]:
    if sys.platform != "win32":
        import termios

        return termios.tcgetattr(terminal)
    raise NotImplementedError


class Terminal:
    """A terminal, and the person before it. Everything that is shown is kept."""

    def __init__(self) -> None:
        self._master, self._slave = _opened()
        self.end = self._slave
        self.modes_before = self.modes
        self._shown = b""
        self._is_closing = threading.Event()
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def modes(self) -> list[Any]:
        """The terminal's modes now."""
        return _modes_of(self._slave)

    @property
    def shown(self) -> str:
        """All that was ever written to the terminal."""
        return self._shown.decode("utf-8", "backslashreplace")

    @property
    def is_cursor_visible(self) -> bool:
        """Whether the cursor was shown after it was last hidden."""
        return self.shown.rfind("\x1b[?25l") <= self.shown.rfind("\x1b[?25h")

    def begin(self, desk: Desk, *words: str, **variables: str) -> Process:
        """Start dfctl with this terminal for all three streams."""
        return desk.begin(
            *words,
            variables={"TERM": "xterm-256color", **variables},
            before=[sys.executable, "-c", _LOGIN],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            is_leader=True,
        )

    def types(self, data: bytes) -> None:
        """Type on the keyboard."""
        os.write(self._master, data)

    def shows(self, text: str) -> None:
        """Wait until `text` was shown."""
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.shown, PATIENCE), self.shown

    def hangs_up(self) -> None:
        """Close the window."""
        self._is_closing.set()
        self._reader.join(PATIENCE)
        for end in (self._slave, self._master):
            with contextlib.suppress(OSError):
                os.close(end)

    close = hangs_up

    def _read(self) -> None:
        import select

        with contextlib.suppress(OSError, ValueError):
            while not self._is_closing.is_set():
                if not select.select([self._master], [], [], 0.05)[0]:
                    continue
                data = os.read(self._master, 1 << 16)
                if not data:
                    return
                with self._changed:
                    self._shown += data
                    self._changed.notify_all()
