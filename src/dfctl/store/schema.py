"""The journal's file: how it is opened, and the shape of its tables."""

import contextlib
import os
import sqlite3
from pathlib import Path

from dfctl.store.paths import is_homeless
from dfctl.store.private import make_folder, move_to_free_place

VERSION = 1
# Nothing is waited for here: SQLite would wait without hearing signals. `Turn` waits.
_AT_ONCE = 0.0

_TABLES = """
CREATE TABLE starts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    profile TEXT NOT NULL,
    backend TEXT NOT NULL,
    flow TEXT,
    begun_at REAL NOT NULL,
    outcome TEXT NOT NULL,
    message TEXT,
    open_until REAL
) STRICT;
CREATE INDEX starts_of_profile ON starts (profile, id);
CREATE INDEX starts_by_time ON starts (begun_at);
CREATE INDEX starts_of_profile_by_time ON starts (profile, begun_at);
CREATE INDEX unsettled_starts ON starts (profile, id)
    WHERE outcome IN ('intended', 'unconfirmed');

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    start_id INTEGER REFERENCES starts (id) ON DELETE SET NULL,
    profile TEXT NOT NULL,
    backend TEXT NOT NULL,
    flow TEXT,
    locator TEXT NOT NULL,
    state TEXT NOT NULL,
    service_state TEXT,
    url TEXT,
    started_at REAL,
    ended_at REAL,
    seen_at REAL NOT NULL,
    is_open INTEGER NOT NULL,
    UNIQUE (profile, locator)
) STRICT;
CREATE INDEX runs_of_start ON runs (start_id);
CREATE INDEX open_runs ON runs (profile, id) WHERE is_open;
CREATE INDEX timed_successes ON runs (profile, id)
    WHERE state = 'succeeded' AND started_at IS NOT NULL AND ended_at IS NOT NULL;
CREATE INDEX runs_of_state ON runs (state, start_id);

CREATE TABLE changes (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    at REAL NOT NULL,
    state TEXT NOT NULL,
    service_state TEXT
) STRICT;
CREATE INDEX changes_of_run ON changes (run_id);
"""


class NewerJournal(Exception):
    """The file was written by a later dfctl; it may be read, but not written."""


class MovedAway(Exception):
    """The file that is open is not at its place any more: it was deleted, moved or replaced."""


class NoHome(Exception):
    """The journal's place is in a home folder, and the account has none."""


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection that reads and writes the journal at `path`, making it if need be.

    Raises sqlite3.Error or OSError where that cannot be done, `NewerJournal` and `NoHome`.
    """
    _check_home(path)
    _create(path)
    connection = sqlite3.connect(path, timeout=_AT_ONCE, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        is_new = version_of(connection) == 0
        _migrate(connection)
        if is_new:
            _choose_mode(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads; to an empty journal where there is none yet.

    Raises sqlite3.Error or OSError where that cannot be done, and `NoHome`.
    """
    _check_home(path)
    if not path.exists():
        return _connect_empty()
    try:
        connection = _connect_uri(path, "mode=ro")
    except sqlite3.OperationalError as error:
        if not _is_alone_and_unwritable(error, path):
            raise
        connection = _connect_uri(path, "mode=ro&immutable=1")
    if version_of(connection) == 0:
        connection.close()
        return _connect_empty()
    return connection


def _is_alone_and_unwritable(error: sqlite3.OperationalError, path: Path) -> bool:
    """Return whether the file may be read as it is, as one that nobody writes.

    That is so where nothing may be written beside it, so that SQLite cannot make its companions of
    the file. One that is locked, or whose newest entries stand beside it, would be misread.
    """
    name = getattr(error, "sqlite_errorname", "")
    if not name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
        return False
    ahead = path.with_name(f"{path.name}-wal")
    return not (ahead.exists() and ahead.stat().st_size)


def _check_home(path: Path) -> None:
    if is_homeless(path):
        raise NoHome


def _connect_uri(path: Path, query: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?{query}"
    connection = sqlite3.connect(address, uri=True, timeout=_AT_ONCE, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        version_of(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    _migrate(connection)
    return connection


def place_of(path: Path) -> tuple[int, int] | None:
    """Return what tells the file at `path` from one that takes its place; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the tables; 0 where there are none."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _create(path: Path) -> None:
    """Make the file with its tables, private from its birth, unless there is one.

    It is made beside its place and moved there whole, so that no other process meets it half made.
    SQLite gives its companions the same mode.
    """
    if path.exists():
        return
    make_folder(path.parent)
    if _has_companions(path):
        # They are of a file that was moved away, and would be read into a whole new one. SQLite
        # throws them away, under a lock, where it finds an empty file.
        with contextlib.suppress(FileExistsError):
            _make_private(path)
        return
    # A process id would not do: in containers it is often the same, and drafts outlive a kill.
    draft = path.with_name(f"{path.name}.{os.urandom(8).hex()}.new")
    _make_private(draft)
    try:
        with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            # In this order: what is written ahead may find no space when it is moved into the file.
            _migrate(connection)
            _choose_mode(connection)
        with contextlib.suppress(FileExistsError):  # another process was first
            move_to_free_place(draft, path)
    finally:
        for companion in ("", "-journal", "-wal", "-shm"):
            draft.with_name(draft.name + companion).unlink(missing_ok=True)


def _has_companions(path: Path) -> bool:
    return any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))


def _make_private(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _choose_mode(connection: sqlite3.Connection) -> None:
    """Write ahead where the file system can share memory; a network's often cannot."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        connection.execute("PRAGMA journal_mode = DELETE")


def _migrate(connection: sqlite3.Connection) -> None:
    version = version_of(connection)
    if version > VERSION:
        raise NewerJournal
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    if version_of(connection) == 0:  # another process may have been first
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
