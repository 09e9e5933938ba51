"""The journal: this machine's record of starts and runs, shared by all processes of an account."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from dfctl.core.records import Change, Entry, Filter, OpenEntry, StartRecord
from dfctl.core.runs import Run
from dfctl.store.rows import moment_of, run_of, start_of
from dfctl.store.schema import place_of
from dfctl.store.troubles import troubles_told
from dfctl.store.turns import Turn

_START = """
    SELECT s.id AS start_id, s.profile, s.backend, s.flow, s.begun_at, s.outcome, s.message,
           s.open_until, r.id AS run_id, r.locator, r.state, r.service_state, r.url,
           r.started_at, r.ended_at
    FROM starts s LEFT JOIN runs r ON r.start_id = s.id
"""
RUN = "SELECT *, id AS run_id FROM runs"
# The median of a profile's length is that of so many of its newest successes.
_SAMPLE = 20
_LARGEST_ID = 2**63 - 1


class Journal:
    """A journal that is open, to be read. All times are aware.

    Every method raises UsageError, with what is wrong and the remedy, where the file at `path`
    cannot be read or written.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        now: Callable[[], datetime],
        turn: Turn | None = None,
    ) -> None:
        self._connection = connection
        self._path = path
        self._now = now
        # Which file it was when it was opened.
        self._place = place_of(path)
        self._turn = turn or Turn()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def newest_start(self, profile: str | None = None) -> StartRecord | None:
        """Return the newest attempt of a profile, or of all."""
        where = "" if profile is None else "WHERE s.profile = :profile"
        query = f"{_START} {where} ORDER BY s.id DESC LIMIT 1"
        return self._start(query, {"profile": profile})

    def start_before(self, start: StartRecord) -> StartRecord | None:
        """Return the attempt of the same profile, and maybe flow, that came before `start`."""
        query = (
            f"{_START} WHERE s.profile = :profile AND {_is_of_flow('s')} AND s.id < :id "
            "ORDER BY s.id DESC LIMIT 1"
        )
        return self._start(query, {"profile": start.profile, "flow": start.flow, "id": start.id})

    def start_called(self, profile: str, name: str) -> StartRecord | None:
        """Return the start whose local reference is `profile`/`name`."""
        try:
            number = int(name.removeprefix("start-"), 16)
        except ValueError:
            return None
        if number > _LARGEST_ID:
            return None
        where = "WHERE s.id = :id AND s.profile = :profile"
        return self._start(f"{_START} {where}", {"id": number, "profile": profile})

    def open_entry(self, profile: str, flow: str | None) -> OpenEntry | None:
        """Return the newest run or start that has not ended, as far as is known.

        It is one of `profile`, and of `flow` unless either's flow is not known.
        """
        given = {"profile": profile, "flow": flow, "now": self._now().timestamp()}
        runs = self._all(
            f"SELECT r.*, r.id AS run_id FROM runs r WHERE r.profile = :profile AND r.is_open "
            f"AND {_is_of_flow('r')} ORDER BY r.id DESC LIMIT 1",
            given,
        )
        if runs:
            return OpenEntry(run=run_of(runs[0]))
        start = self._start(
            f"{_START} WHERE s.profile = :profile AND s.outcome IN ('intended', 'unconfirmed') "
            f"AND {_is_of_flow('s')} "
            "AND (s.open_until IS NULL OR s.open_until > :now) ORDER BY s.id DESC LIMIT 1",
            given,
        )
        return OpenEntry(start=start) if start else None

    def open_runs(self) -> list[Run]:
        """Return every run that is not known to have ended, the oldest first."""
        return [run_of(row) for row in self._all(f"{RUN} WHERE is_open ORDER BY +id")]

    def unsettled_starts(self) -> list[StartRecord]:
        """Return every start of which nobody knows whether it began, the oldest first."""
        query = f"{_START} WHERE s.outcome IN ('intended', 'unconfirmed') ORDER BY +s.id"
        return [start_of(row) for row in self._all(query)]

    def entries(self, which: Filter, *, most: int) -> list[Entry]:
        """Return the newest starts, and runs that were started elsewhere, the newest first."""
        given = {
            "profile": which.profile,
            "state": which.state,
            "since": which.since.timestamp() if which.since else None,
            "most": min(most, _LARGEST_ID),
        }
        # Each order is that of an index, so that only what is returned is read.
        by_state = which.state is not None and which.since is None
        order = "r.start_id DESC" if by_state else "s.begun_at DESC, s.id DESC"
        starts = self._all(
            f"{_START} WHERE {_conditions('s', which)} ORDER BY {order} LIMIT :most", given
        )
        runs = self._all(
            f"SELECT r.*, r.id AS run_id FROM runs r WHERE r.start_id IS NULL AND "
            f"{_conditions('r', which)} ORDER BY r.id DESC LIMIT :most",
            given,
        )
        found = [Entry(at=moment_of(row["begun_at"]), start=start_of(row)) for row in starts]
        found += [Entry(at=moment_of(row["seen_at"]), elsewhere=run_of(row)) for row in runs]
        return sorted(found, key=lambda entry: entry.at, reverse=True)[:most]

    def run_at(self, profile: str, locator: str) -> Run | None:
        """Return what is known of a run."""
        row = self._one(f"{RUN} WHERE profile = ? AND locator = ?", (profile, locator))
        return run_of(row) if row else None

    def entry_of(self, profile: str, locator: str) -> Entry | None:
        """Return the entry of a run."""
        given = {"profile": profile, "locator": locator}
        start = self._start(f"{_START} WHERE r.profile = :profile AND r.locator = :locator", given)
        if start:
            return Entry(at=start.begun_at, start=start)
        row = self._one(f"{RUN} WHERE profile = ? AND locator = ?", (profile, locator))
        return Entry(at=moment_of(row["seen_at"]), elsewhere=run_of(row)) if row else None

    def changes_of(self, profile: str, locator: str) -> list[Change]:
        """Return the states that a run was seen in, the oldest first."""
        rows = self._all(
            "SELECT c.* FROM changes c JOIN runs r ON r.id = c.run_id "
            "WHERE r.profile = :profile AND r.locator = :locator ORDER BY c.rowid",
            {"profile": profile, "locator": locator},
        )
        return [Change(moment_of(row["at"]), row["state"], row["service_state"]) for row in rows]

    def median_seconds(self, profile: str) -> float | None:
        """Return the median length of a profile's newest successful runs, in seconds."""
        rows = self._all(
            "SELECT ended_at - started_at AS seconds FROM runs WHERE profile = :profile "
            "AND state = 'succeeded' AND started_at IS NOT NULL AND ended_at IS NOT NULL "
            "AND ended_at >= started_at "  # clocks are set back
            f"ORDER BY id DESC LIMIT {_SAMPLE}",
            {"profile": profile},
        )
        if not rows:
            return None
        # More to import than all the rest of this module, and seldom needed.
        from statistics import median

        return float(median(row["seconds"] for row in rows))

    def _all(self, query: str, given: Mapping[str, object] | None = None) -> list[sqlite3.Row]:
        try:
            with troubles_told(self._path):
                return self._turn.take(
                    lambda: self._connection.execute(query, dict(given or {})).fetchall()
                )
        except UnicodeEncodeError:  # bytes of a command line that are no text: no row has them
            return []

    def _one(self, query: str, given: Sequence[object]) -> sqlite3.Row | None:
        try:
            with troubles_told(self._path):
                row: sqlite3.Row | None = self._turn.take(
                    lambda: self._connection.execute(query, given).fetchone()
                )
                return row
        except UnicodeEncodeError:
            return None

    def _start(self, query: str, given: Mapping[str, object]) -> StartRecord | None:
        rows = self._all(query, given)
        return start_of(rows[0]) if rows else None


def _is_of_flow(table: str) -> str:
    """Return the condition that a row may be of :flow; letters' case tells no flows apart."""
    return f"(:flow IS NULL OR {table}.flow IS NULL OR {table}.flow = :flow COLLATE NOCASE)"


def _conditions(table: str, which: Filter) -> str:
    time = "begun_at" if table == "s" else "seen_at"
    conditions = [
        (which.profile, f"{table}.profile = :profile"),
        (which.state, "r.state = :state"),
        (which.since, f"{table}.{time} >= :since"),
    ]
    return " AND ".join(text for value, text in conditions if value is not None) or "1"
