"""Waiting for a journal that another process holds."""

import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

# How long another process may hold the file before it counts as locked, in seconds.
BUSY_SECONDS = 10.0
# How long that may keep a run from being followed.
BRIEF_SECONDS = 0.5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05

_Value = TypeVar("_Value")


class Turn:
    """Tries again while the file is locked, for `longest` seconds at most; briefly if `is_brief`.

    What counts is how long it has been locked without a break: all that a command reads and writes
    has that time together, and not each by itself. SQLite's own wait would be deaf to signals;
    `pause` is not, and `check` is called before each, unless it is brief, to raise what ends the
    wait.
    """

    def __init__(
        self,
        *,
        longest: float = BUSY_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.is_brief = False
        self._longest = longest
        self._monotonic = monotonic
        self._pause = pause
        self._check = check
        self._locked_since: float | None = None

    def begin_anew(self) -> None:
        """Forget how long the file has been locked."""
        self._locked_since = None

    def take(self, action: Callable[[], _Value]) -> _Value:
        """Return what `action` returns, when it is its turn. Raises sqlite3.Error."""
        pause = _FIRST_PAUSE
        while True:
            try:
                value = action()
            except sqlite3.OperationalError as error:
                if not is_lock(error) or self._is_over():
                    raise
            else:
                self._locked_since = None
                return value
            if not self.is_brief:
                self._check()
            self._pause(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _is_over(self) -> bool:
        now = self._monotonic()
        if self._locked_since is None:
            self._locked_since = now
        longest = min(self._longest, BRIEF_SECONDS) if self.is_brief else self._longest
        return now - self._locked_since >= longest


def is_lock(error: Exception) -> bool:
    """Return whether an error says that another process holds the file."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
