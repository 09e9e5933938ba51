"""What is wrong with a journal, in words, and what to do about it."""

import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dfctl.core.errors import JournalLocked, UsageError
from dfctl.store.schema import MovedAway, NewerJournal, NoHome
from dfctl.store.turns import is_lock

_ELSEWHERE = "set DFCTL_STATE_DIR to a folder that can be written"
# What can befall a file, a disk or another process; every other error is a bug.
_TROUBLES = (sqlite3.Error, OSError, MovedAway, NewerJournal, NoHome)


@contextmanager
def troubles_told(path: Path) -> Iterator[None]:
    """Raise as UsageError what opening, reading or writing the journal at `path` raises.

    The hint is the remedy. A lock of another process is a JournalLocked.
    """
    try:
        yield
    except _TROUBLES as error:
        raise trouble_of(error, path) from None


def trouble_of(error: Exception, path: Path) -> UsageError:
    """Return in words what was raised, and as the hint the remedy."""
    problem, remedy = _words(error, path)
    kind = JournalLocked if is_lock(error) else UsageError
    return kind(f"the journal {path} {problem}", hint=remedy)


def _words(error: Exception, path: Path) -> tuple[str, str]:
    if isinstance(error, NewerJournal):
        return "was written by a later dfctl", "update this dfctl"
    if isinstance(error, MovedAway):
        return "was moved away or deleted in the meantime", "leave it there while dfctl is at work"
    if isinstance(error, NoHome):
        return "has no place: this account has no home folder", _ELSEWHERE
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return "has no place: a part of its path is no folder", _ELSEWHERE
    if isinstance(error, OSError):
        return f"cannot be used: {error.strerror}", _ELSEWHERE
    name = getattr(error, "sqlite_errorname", "")
    for prefix, (problem, remedy) in _OF_NAME.items():
        if name.startswith(prefix):
            return problem, remedy or _move_away(path)
    return f"cannot be used: {error}", _ELSEWHERE


_OF_NAME = {
    "SQLITE_BUSY": ("is locked by another process", "end the process that holds it"),
    "SQLITE_LOCKED": ("is locked by another process", "end the process that holds it"),
    "SQLITE_READONLY": ("cannot be written: it is read-only", _ELSEWHERE),
    "SQLITE_CANTOPEN": ("cannot be opened", _ELSEWHERE),
    "SQLITE_FULL": ("cannot be written: the disk is full", "free some space on that disk"),
    "SQLITE_IOERR": ("cannot be read or written: the disk reports an error", _ELSEWHERE),
    "SQLITE_NOTADB": ("is damaged: it is not a journal", ""),
    "SQLITE_CORRUPT": ("is damaged", ""),
    "SQLITE_ERROR": ("has not the shape of a journal", ""),
}


def _move_away(path: Path) -> str:
    if os.name == "nt":
        return f'move it away: move "{path}" "{path}.damaged"'
    return f"move it away: mv {shlex.quote(str(path))} {shlex.quote(f'{path}.damaged')}"
