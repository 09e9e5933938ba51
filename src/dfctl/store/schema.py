"""The journal's file: how it is opened, and the shape of its tables."""

import os
import sqlite3
from pathlib import Path

VERSION = 1
# How long another process may hold the file before it counts as locked, in seconds.
BUSY_SECONDS = 10.0

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
CREATE INDEX runs_of_state ON runs (state, id);
CREATE INDEX runs_without_start ON runs (id) WHERE start_id IS NULL;

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


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection that reads and writes the journal at `path`, making it if need be.

    Raises sqlite3.Error or OSError where that cannot be done, and `NewerJournal`.
    """
    _create(path)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        _choose_mode(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads; to an empty journal where there is none yet."""
    if not path.exists():
        return _connect_empty()
    try:
        connection = _connect_uri(path, "mode=ro")
    except sqlite3.OperationalError:
        # Where nothing may be written, not even SQLite's companions of the file can be made.
        connection = _connect_uri(path, "mode=ro&immutable=1")
    if version_of(connection) == 0:
        connection.close()
        return _connect_empty()
    return connection


def _connect_uri(path: Path, query: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?{query}"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    version_of(connection)
    return connection


def _connect_empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    _migrate(connection)
    return connection


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the tables; 0 where there are none."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _create(path: Path) -> None:
    """Make the file private from its birth; SQLite gives its companions the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _choose_mode(connection: sqlite3.Connection) -> None:
    """Write ahead where the file system can share memory; a network's often cannot."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as problem:
        if "lock" in str(problem) and "protocol" not in str(problem):
            raise
        connection.execute("PRAGMA journal_mode = DELETE")


def _migrate(connection: sqlite3.Connection) -> None:
    if version_of(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    version = version_of(connection)  # another process may have been first
    if version > VERSION:
        connection.execute("ROLLBACK")
        raise NewerJournal
    if version == 0:
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
