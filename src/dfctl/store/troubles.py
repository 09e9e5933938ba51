"""What is wrong with a journal, in words, and what to do about it."""

import os
import shlex
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from dfctl.store.schema import NewerJournal

_ELSEWHERE = "set DFCTL_STATE_DIR to a folder that can be written"
# What can befall a file, a disk or another process; every other error is a bug.
TROUBLES = (sqlite3.Error, OSError, NewerJournal)


@dataclass(frozen=True)
class Trouble:
    """What is wrong with the journal, and the remedy."""

    problem: str
    remedy: str


def trouble_of(error: Exception, path: Path) -> Trouble:
    """Return the words for what opening, reading or writing the journal at `path` raised."""
    if isinstance(error, NewerJournal):
        return Trouble(f"the journal {path} was written by a later dfctl", "update this dfctl")
    if isinstance(error, OSError):
        return Trouble(f"the journal {path} cannot be used: {error.strerror}", _ELSEWHERE)
    name = getattr(error, "sqlite_errorname", "")
    for prefix, (problem, remedy) in _OF_NAME.items():
        if name.startswith(prefix):
            return Trouble(f"the journal {path} {problem}", remedy or _move_away(path))
    return Trouble(f"the journal {path} cannot be used: {error}", _ELSEWHERE)


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
