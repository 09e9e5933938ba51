"""The journal: this machine's record of starts and runs, shared by all processes of an account."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dfctl.core.records import Change, Entry, Filter, OpenEntry, StartOutcome, StartRecord
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.store.rows import moment_of, run_of, start_of, state_of
from dfctl.store.schema import MovedAway, place_of
from dfctl.store.troubles import TROUBLES, trouble_of
from dfctl.store.turns import Turn

_START = """
    SELECT s.id AS start_id, s.profile, s.backend, s.flow, s.begun_at, s.outcome, s.message,
           s.open_until, r.id AS run_id, r.locator, r.state, r.service_state, r.url,
           r.started_at, r.ended_at
    FROM starts s LEFT JOIN runs r ON r.start_id = s.id
"""
_RUN = "SELECT *, id AS run_id FROM runs"
# The median of a profile's length is that of so many of its newest successes.
_SAMPLE = 20
_LARGEST_ID = 2**63 - 1


class Journal:
    """A journal that is open. All times are aware.

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
        self._place = place_of(path)
        self._turn = turn or Turn()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # Writing

    def intend(self, run: Run, *, open_for: float | None) -> StartRecord:
        """Write that a run is about to be started; it is on the disk when this returns.

        Until it is settled, the start counts as open for `open_for` seconds; None is for ever.
        """
        with self._transaction():
            return self._insert_start(run, open_for)

    def claim(self, run: Run, *, open_for: float | None) -> StartRecord | OpenEntry:
        """Write the intent only if nothing of the profile's flow is open; else return what is.

        Looking and writing are one step for all processes of this machine.
        """
        with self._transaction():
            entry = self.open_entry(run.profile, run.flow)
            return entry or self._insert_start(run, open_for)

    def confirm(self, start: StartRecord, run: Run) -> None:
        """Write that the service confirmed a start, and which run it gave."""
        with self._transaction():
            self._settle(start.id, StartOutcome.CONFIRMED, None)
            self._see(run, start.id)

    def settle(self, start: StartRecord, outcome: StartOutcome, message: str | None) -> None:
        """Write what became of a start that gave no run."""
        with self._transaction():
            self._settle(start.id, outcome, message)

    def resolve(self, start: StartRecord, run: Run | None) -> None:
        """Settle a start by hand: it gave `run`, or it did not begin."""
        if run:
            known = self.run_at(run.profile, run.locator or "")
            self.confirm(start, known or run)
        else:
            self.settle(start, StartOutcome.NOT_STARTED, "settled by hand")

    def close_run(self, run: Run) -> None:
        """Write that a run counts as open no longer, though nobody saw it end."""
        with self._transaction():
            self._connection.execute(
                "UPDATE runs SET is_open = 0 WHERE profile = ? AND locator = ?",
                (run.profile, run.locator),
            )

    def see(self, run: Run) -> None:
        """Write the state of a run, if it is another than the one that is known."""
        with self._transaction():
            self._see(run, None)

    def prune(self, before: datetime) -> int:
        """Forget ended runs and settled starts that are older than `before`; return how many.

        A profile's newest start stays, so that no older run is ever taken for it.
        """
        given = {"moment": before.timestamp()}
        newest = "(SELECT max(id) FROM starts GROUP BY profile)"
        is_old_run = "NOT is_open AND seen_at < :moment"
        with self._transaction():
            elsewhere = self._connection.execute(
                f"DELETE FROM runs WHERE start_id IS NULL AND {is_old_run}", given
            )
            self._connection.execute(
                f"DELETE FROM runs WHERE start_id NOT IN {newest} AND {is_old_run}", given
            )
            starts = self._connection.execute(
                "DELETE FROM starts WHERE begun_at < :moment AND outcome NOT IN ('intended', "
                f"'unconfirmed') AND id NOT IN {newest} "
                "AND NOT EXISTS (SELECT 1 FROM runs WHERE start_id = starts.id)",
                given,
            )
        return elsewhere.rowcount + starts.rowcount

    # Reading

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
        return [run_of(row) for row in self._all(f"{_RUN} WHERE is_open ORDER BY +id")]

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
        row = self._one(f"{_RUN} WHERE profile = ? AND locator = ?", (profile, locator))
        return run_of(row) if row else None

    def entry_of(self, profile: str, locator: str) -> Entry | None:
        """Return the entry of a run."""
        given = {"profile": profile, "locator": locator}
        start = self._start(f"{_START} WHERE r.profile = :profile AND r.locator = :locator", given)
        if start:
            return Entry(at=start.begun_at, start=start)
        row = self._one(f"{_RUN} WHERE profile = ? AND locator = ?", (profile, locator))
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

    # Pieces

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Write all or nothing. IMMEDIATE waits for its turn before it reads what it changes.

        What is written into a file that was moved away meanwhile would be read by nobody.
        """
        with self._in_words():
            self._turn.take(lambda: self._connection.execute("BEGIN IMMEDIATE"))
            try:
                yield
                if place_of(self._path) != self._place:
                    raise MovedAway
                self._turn.take(lambda: self._connection.execute("COMMIT"))
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except TROUBLES as error:
            raise trouble_of(error, self._path) from None

    def _insert_start(self, run: Run, open_for: float | None) -> StartRecord:
        now = self._now().timestamp()
        row = self._connection.execute(
            "INSERT INTO starts (profile, backend, flow, begun_at, outcome, open_until) "
            "VALUES (?, ?, ?, ?, ?, ?) RETURNING *, id AS start_id",
            (
                run.profile,
                run.backend,
                run.flow,
                now,
                StartOutcome.INTENDED,
                None if open_for is None else now + open_for,
            ),
        ).fetchone()
        return start_of({**dict(row), "run_id": None})

    def _settle(self, start: int, outcome: StartOutcome, message: str | None) -> None:
        self._connection.execute(
            "UPDATE starts SET outcome = ?, message = ? WHERE id = ?", (outcome, message, start)
        )

    def _see(self, run: Run, start: int | None) -> None:
        known = self._one(
            f"{_RUN} WHERE profile = ? AND locator = ?", (run.profile, run.locator or "")
        )
        if known is not None and not _differs(known, run):
            if start is not None:
                self._connection.execute(
                    "UPDATE runs SET start_id = ? WHERE id = ?", (start, known["id"])
                )
            return
        now = self._now().timestamp()
        number = self._upsert(run, start, now)
        if known is None or _is_change(known, run):
            self._connection.execute(
                "INSERT INTO changes (run_id, at, state, service_state) VALUES (?, ?, ?, ?)",
                (number, now, run.state or State.UNKNOWN, run.service_state),
            )

    def _upsert(self, run: Run, start: int | None, now: float) -> int:
        state = run.state or State.UNKNOWN
        number: int = self._connection.execute(
            "INSERT INTO runs (start_id, profile, backend, flow, locator, state, service_state, "
            "url, started_at, ended_at, seen_at, is_open) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (profile, locator) "
            "DO UPDATE SET start_id = coalesce(excluded.start_id, start_id), "
            "state = excluded.state, service_state = excluded.service_state, "
            "url = coalesce(excluded.url, url), seen_at = excluded.seen_at, "
            "started_at = coalesce(started_at, excluded.started_at), "
            "ended_at = coalesce(excluded.ended_at, ended_at), is_open = excluded.is_open "
            "RETURNING id",
            (
                start,
                run.profile,
                run.backend,
                run.flow,
                run.locator,
                state,
                run.service_state,
                run.url,
                run.started_at.timestamp() if run.started_at else None,
                run.ended_at.timestamp() if run.ended_at else None,
                now,
                not state.is_final,
            ),
        ).fetchone()[0]
        return number

    def _all(self, query: str, given: Mapping[str, object] | None = None) -> list[sqlite3.Row]:
        try:
            with self._in_words():
                return self._turn.take(
                    lambda: self._connection.execute(query, dict(given or {})).fetchall()
                )
        except UnicodeEncodeError:  # bytes of a command line that are no text: no row has them
            return []

    def _one(self, query: str, given: Sequence[object]) -> sqlite3.Row | None:
        try:
            with self._in_words():
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


def _differs(known: sqlite3.Row, run: Run) -> bool:
    """Return whether a sighting says anything new. An outcome is never left, whatever comes."""
    if state_of(known["state"]).is_final and not (run.state or State.UNKNOWN).is_final:
        return False
    seen = (run.state, run.service_state, run.url or known["url"])
    return seen != (known["state"], known["service_state"], known["url"])


def _is_change(known: sqlite3.Row, run: Run) -> bool:
    """Return whether a sighting is a change of state, and not only the first word for the same."""
    word = known["service_state"]
    return run.state != known["state"] or (word is not None and word != run.service_state)
