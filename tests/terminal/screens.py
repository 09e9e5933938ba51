"""A terminal's window, drawn as a terminal draws it, and the room in which windows are opened."""

import os
import re
import signal
import struct
import sys
import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import IO, Any

import pyte

from tests.terminal.person import Person

# Nothing that a test waits for takes this long, not even on a loaded machine.
PATIENCE = 30.0
_TURNING = re.compile(r"^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏|/\\-](?= )", re.MULTILINE)
_LENGTH = re.compile(r"\b(\d+[hms])+\b|\b\d+ms\b")
# What a terminal is told beside text: where and how to write, and where a link leads.
_LINK = r"\x1b\]8;[^;\x1b]*;(?:https?://[^\x1b\x07]*)?\x1b\\"
_STEERING = re.compile(rf"\x1b\[[0-9;]*[mAK]|\x1b\[\?25[hl]|{_LINK}")
_STRANGE = re.compile("[^\n\r\x20-\x7e\xa0-\uffff]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


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
        stdout: IO[str] | None = None,
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
        """What stands in the window, and above it where one can scroll to."""
        columns = range(self._drawn.columns)
        above = ("".join(row[x].data for x in columns) for row in self._drawn.history.top)
        rows = [row.rstrip() for row in chain(above, self._drawn.display)]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def text(self) -> str:
        """The rows, with `*` for what turns at the moment and `Ns` for every length of time."""
        return _LENGTH.sub("Ns", _TURNING.sub("*", "\n".join(self.rows)))

    @property
    def written(self) -> list[str]:
        """The lines as they were written in the end, whatever rows they fill."""
        lines = _STEERING.sub("", self.screen).rstrip("\n").split("\n")
        return [line.rpartition("\r")[2].rstrip() for line in lines]

    def shows(self, text: str) -> "Window":
        """Read until `text` stands in the window's text."""
        return self.shows_like(re.escape(text))

    def shows_like(self, pattern: str) -> "Window":
        """Read until the window's text holds what `pattern` describes."""
        until = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text, re.MULTILINE):
            assert time.monotonic() < until, f"no {pattern!r} in:\n{self.text}"
            assert self._read(), f"ended without {pattern!r}:\n{self.text}"
        return self

    def goes_on(self) -> None:
        """Read what comes next."""
        assert self._read(), f"ended:\n{self.text}"

    def resize(self, columns: int) -> None:
        """Make the window wider or narrower; what does not fit any more is cut, as by xterm."""
        self._drawn.resize(columns=columns)
        if sys.platform != "win32":
            import fcntl
            import termios

            size = struct.pack("HHHH", self._drawn.lines, columns, 0, 0)
            # The kernel tells the processes in the window, with SIGWINCH.
            fcntl.ioctl(self._screen, termios.TIOCSWINSZ, size)

    def signals(self, name: str) -> None:
        """Send `dfctl` a signal, such as SIGTERM."""
        self._process.send_signal(signal.Signals[name])

    def ends(self) -> int:
        """Wait for the end, see that the window is left in order, and return the exit code."""
        until = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < until, f"does not end:\n{self.text}"
        code = self._process.wait(PATIENCE)
        modes = _modes_of(self._screen)
        os.close(self._screen)
        assert modes == _modes_of_new_terminal()
        cursor = self._drawn.cursor
        assert not cursor.hidden
        assert cursor.attrs == self._drawn.default_char, "what is typed next is coloured"
        assert cursor.x == 0, f"the prompt comes into a line:\n{self.text}"
        assert len(self.rows) == len(self._drawn.history.top) + cursor.y, self.text
        assert _STRANGE.findall(_STEERING.sub("", self.screen)) == []
        return code

    def close(self) -> None:
        """End the process, if it goes on."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def _show(self, text: str) -> None:
        super()._show(text)
        self._stream.feed(text)


class Room:
    """Where windows are opened: a home, a configuration, a journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.state = folder / "state"
        self.variables: dict[str, str] = {
            "HOME": str(folder),
            "DFCTL_CONFIG": str(self.config),
            "DFCTL_STATE_DIR": str(self.state),
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

    def window(
        self,
        line: str,
        *,
        columns: int = 80,
        lines: int = 24,
        encoding: str = "utf-8",
        stdout: IO[str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Window:
        """Open a window where `dfctl` runs with the words of `line`, which has no quotes."""
        window = Window(
            *line.split(),
            variables={**self.variables, **(variables or {})},
            columns=columns,
            lines=lines,
            encoding=encoding,
            stdout=stdout,
        )
        self._windows.append(window)
        return window

    def close(self) -> None:
        """End what runs in the windows."""
        for window in self._windows:
            window.close()


def in_rows(line: str, columns: int) -> list[str]:
    """Return the rows that a line fills in a window of so many columns."""
    return [line[at : at + columns].rstrip() for at in range(0, len(line), columns)]


def _modes_of(terminal: int) -> list[Any]:
    if sys.platform == "win32":
        raise NotImplementedError
    else:  # noqa: RET506 - mypy tells platforms apart by it
        import termios

        return termios.tcgetattr(terminal)


def _modes_of_new_terminal() -> list[Any]:
    if sys.platform == "win32":
        raise NotImplementedError
    else:  # noqa: RET506 - mypy tells platforms apart by it
        ends = os.openpty()
        modes = _modes_of(ends[0])
        for end in ends:
            os.close(end)
        return modes
