"""A terminal window, drawn as a terminal draws it, and a service whose time the test tells."""

import os
import re
import signal
import struct
import sys
import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pyte

from dfctl.sandbox.server import Sandbox
from tests.terminal.person import Person

# Nothing that a test waits for takes this long, not even on a loaded machine.
PATIENCE = 5.0
_SPINNER = re.compile(r"^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", re.MULTILINE)
_LENGTH = re.compile(r"\b\d+m?s\b")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x1b]*\x1b\\")


class Hands:
    """The hands of the service's clock: its time passes when the test says so."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Window(Person):
    """A terminal's window in which `dfctl` runs, and all that can be seen there.

    stdout is on the terminal too, unless `stdout` leads elsewhere.
    """

    def __init__(
        self,
        *words: str,
        variables: Mapping[str, str],
        columns: int = 80,
        lines: int = 24,
        encoding: str = "utf-8",
        stdout: Any = None,
    ) -> None:
        self._drawn = pyte.HistoryScreen(columns, lines, history=1000)
        self._stream = pyte.Stream(self._drawn)
        super().__init__(
            *words,
            variables=variables,
            columns=columns,
            lines=lines,
            encoding=encoding,
            stdout=stdout,
        )

    @property
    def rows(self) -> list[str]:
        """What stands in the window and above it, where one can scroll to."""
        columns = range(self._drawn.columns)
        above = ("".join(row[x].data for x in columns) for row in self._drawn.history.top)
        rows = [row.rstrip() for row in chain(above, self._drawn.display)]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def text(self) -> str:
        """The rows, with `*` for whatever turns at the moment and `Ns` for every length of time."""
        return _LENGTH.sub("Ns", _SPINNER.sub("*", "\n".join(self.rows)))

    @property
    def printed(self) -> list[str]:
        """The lines as they were written, whatever moves, colours or links them left out."""
        lines = _ESCAPE.sub("", self.screen).split("\n")
        return [line.rpartition("\r")[2].rstrip() for line in lines]

    def shows(self, text: str) -> "Window":
        """Read until the window shows `text`, a part of its text, at one moment."""
        return self.shows_like(re.escape(text))

    def shows_like(self, pattern: str) -> "Window":
        """Read until the window shows what `pattern` describes, at one moment."""
        until = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text, re.MULTILINE):
            assert time.monotonic() < until, f"no {pattern!r} in:\n{self.text}"
            assert self._read(), f"ended without {pattern!r}:\n{self.text}"
        return self

    def resize(self, columns: int, lines: int) -> None:
        """Draw the window larger or smaller; what is in it is cut, as by xterm."""
        self._drawn.resize(lines, columns)
        if sys.platform != "win32":
            import fcntl
            import termios

            # The kernel tells the terminal's processes by SIGWINCH.
            fcntl.ioctl(self._screen, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def signals(self, name: str) -> None:
        """Send the process a signal, such as SIGTERM."""
        self._process.send_signal(signal.Signals[name])

    def ends(self) -> int:
        """Wait for the end, see that the terminal is left as it was found; return the code."""
        until = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < until, f"does not end:\n{self.text}"
        code = self._process.wait(PATIENCE)
        modes = _modes_of(self._screen)
        os.close(self._screen)
        assert modes == _fresh_modes()
        cursor = self._drawn.cursor
        assert not cursor.hidden
        assert cursor.attrs == self._drawn.default_char, "what comes next is coloured"
        is_free = not self._drawn.display[cursor.y].strip()
        assert (cursor.x, is_free) == (0, True), f"the prompt comes into a line:\n{self.text}"
        assert len(self.rows) == len(self._drawn.history.top) + cursor.y, "the prompt comes too low"
        return code

    def _show(self, text: str) -> None:
        super()._show(text)
        self._stream.feed(text)

    def close(self) -> None:
        """End the process, if it goes on."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(PATIENCE)


class Room:
    """A room with as many windows as one opens, and one configuration for all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.variables: dict[str, str] = {
            "HOME": str(folder),
            "DFCTL_CONFIG": str(self.config),
            "DFCTL_STATE_DIR": str(folder / "state"),
            "DFCTL_INTERVAL": "100ms",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
        self._windows: list[Window] = []

    def configure(self, text: str) -> None:
        """Write the configuration, private as a key in it demands."""
        self.config.touch(mode=0o600)
        self.config.write_text(text, encoding="utf-8")

    def window(self, line: str, *, variables: Mapping[str, str] | None = None, **options: Any) -> Window:
        """Open a window and type a line of words in it, without quotes."""
        words = line.split()
        window = Window(*words, variables={**self.variables, **(variables or {})}, **options)
        self._windows.append(window)
        return window

    def close(self) -> None:
        """Close every window."""
        for window in self._windows:
            window.close()


def in_rows(line: str, columns: int) -> list[str]:
    """Return the rows in which a terminal shows a line that is longer than it is wide."""
    return [line[at : at + columns].rstrip() for at in range(0, len(line), columns)]


def _modes_of(screen: int) -> list[Any]:
    if sys.platform == "win32":
        raise NotImplementedError
    else:  # noqa: RET506 - mypy tells platforms apart by it
        import termios

        return termios.tcgetattr(screen)


def _fresh_modes() -> list[Any]:
    """Return the modes of a terminal in which nothing ever ran."""
    ends = os.openpty()
    modes = _modes_of(ends[0])
    for end in ends:
        os.close(end)
    return modes
