"""The journal: this machine's record of starts and runs, shared by all processes of an account."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from dfctl.core.records import Change, Entry, OpenEntry, StartOutcome, StartRecord
from dfctl.core.runs import Run
from dfctl.core.states import State

_START = """
    SELECT s.id AS start_id, s.profile, s.backend, s.flow, s.begun_at, s.outcome, s.message,
           s.open_until, r.id AS run_id, r.locator, r.state, r.service_state, r.url,
           r.started_at, r.ended_at
    FROM starts s LEFT JOIN runs r ON r.start_id = s.id
"""
_RUN = "SELECT *, id AS run_id FROM runs"
Row = sqlite3.Row | Mapping[str, Any]
# The median of a profile's length is that of so many of its newest successes.
_SAMPLE = 20


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries of the journal are meant. None takes all."""

    profile: str | None = None
    state: State | None = None
    since: datetime | None = None


class Journal:
    """A journal that is open. All times are aware; every method may raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

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
        """Write the intent only if nothing of the profile is open; else return what is.

        Looking and writing are one step for all processes of this machine.
        """
        with self._transaction():
            entry = self.open_entry(run.profile)
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

    def see(self, run: Run) -> None:
        """Write the state of a run, if it is another than the one that is known."""
        with self._transaction():
            self._see(run, None)

    def prune(self, before: datetime) -> int:
        """Forget ended runs and settled starts that are older than `before`; return how many."""
        moment = before.timestamp()
        with self._transaction():
            runs = self._connection.execute(
                "DELETE FROM runs WHERE NOT is_open AND seen_at < ?", (moment,)
            ).rowcount
            starts = self._connection.execute(
                "DELETE FROM starts WHERE begun_at < ? AND outcome NOT IN ('intended', "
                "'unconfirmed') AND id NOT IN (SELECT start_id FROM runs WHERE start_id NOT NULL)",
                (moment,),
            ).rowcount
        return max(runs, starts)

    # Reading

    def newest_start(self, profile: str | None = None) -> StartRecord | None:
        """Return the newest attempt of a profile, or of all."""
        where = "" if profile is None else "WHERE s.profile = :profile"
        query = f"{_START} {where} ORDER BY s.id DESC LIMIT 1"
        return self._start(query, {"profile": profile})

    def start_called(self, profile: str, name: str) -> StartRecord | None:
        """Return the start whose local reference is `profile`/`name`."""
        try:
            number = int(name.removeprefix("start-"), 16)
        except ValueError:
            return None
        where = "WHERE s.id = :id AND s.profile = :profile"
        return self._start(f"{_START} {where}", {"id": number, "profile": profile})

    def open_entry(self, profile: str) -> OpenEntry | None:
        """Return the newest run or start of a profile that has not ended, as far as is known."""
        run = self._one(
            f"{_RUN} WHERE profile = ? AND is_open ORDER BY id DESC LIMIT 1", (profile,)
        )
        if run:
            return OpenEntry(run=_run_of(run))
        start = self._start(
            f"{_START} WHERE s.profile = :profile AND s.outcome IN ('intended', 'unconfirmed') "
            "AND (s.open_until IS NULL OR s.open_until > :now) ORDER BY s.id DESC LIMIT 1",
            {"profile": profile, "now": self._now().timestamp()},
        )
        return OpenEntry(start=start) if start else None

    def open_runs(self) -> list[Run]:
        """Return every run that is not known to have ended, the oldest first."""
        return [_run_of(row) for row in self._all(f"{_RUN} WHERE is_open ORDER BY id")]

    def unsettled_starts(self) -> list[StartRecord]:
        """Return every start of which nobody knows whether it began, the oldest first."""
        query = f"{_START} WHERE s.outcome IN ('intended', 'unconfirmed') ORDER BY s.id"
        return [_start_of(row) for row in self._all(query)]

    def entries(self, which: Filter, *, most: int) -> list[Entry]:
        """Return the newest starts, and runs that were started elsewhere, the newest first."""
        given = {
            "profile": which.profile,
            "state": which.state,
            "since": which.since.timestamp() if which.since else None,
            "most": most,
        }
        starts = self._all(
            f"{_START} WHERE {_conditions('s', which)} ORDER BY s.id DESC LIMIT :most", given
        )
        runs = self._all(
            f"SELECT r.*, r.id AS run_id FROM runs r WHERE r.start_id IS NULL AND "
            f"{_conditions('r', which)} ORDER BY r.id DESC LIMIT :most",
            given,
        )
        found = [Entry(at=_moment(row["begun_at"]), start=_start_of(row)) for row in starts]
        found += [Entry(at=_moment(row["seen_at"]), run=_run_of(row)) for row in runs]
        return sorted(found, key=lambda entry: entry.at, reverse=True)[:most]

    def run_at(self, profile: str, locator: str) -> Run | None:
        """Return what is known of a run."""
        row = self._one(f"{_RUN} WHERE profile = ? AND locator = ?", (profile, locator))
        return _run_of(row) if row else None

    def changes_of(self, profile: str, locator: str) -> list[Change]:
        """Return the states that a run was seen in, the oldest first."""
        rows = self._all(
            "SELECT c.* FROM changes c JOIN runs r ON r.id = c.run_id "
            "WHERE r.profile = :profile AND r.locator = :locator ORDER BY c.rowid",
            {"profile": profile, "locator": locator},
        )
        return [Change(_moment(row["at"]), row["state"], row["service_state"]) for row in rows]

    def median_seconds(self, profile: str) -> float | None:
        """Return the median length of a profile's newest successful runs, in seconds."""
        rows = self._all(
            "SELECT ended_at - started_at AS seconds FROM runs WHERE profile = :profile "
            "AND state = 'succeeded' AND started_at IS NOT NULL AND ended_at IS NOT NULL "
            f"ORDER BY id DESC LIMIT {_SAMPLE}",
            {"profile": profile},
        )
        return median(row["seconds"] for row in rows) if rows else None

    # Pieces

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Write all or nothing. IMMEDIATE waits for its turn before it reads what it changes."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

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
        return _start_of({**dict(row), "run_id": None})

    def _settle(self, start: int, outcome: StartOutcome, message: str | None) -> None:
        self._connection.execute(
            "UPDATE starts SET outcome = ?, message = ? WHERE id = ?", (outcome, message, start)
        )

    def _see(self, run: Run, start: int | None) -> None:
        known = self._one(
            f"{_RUN} WHERE profile = ? AND locator = ?", (run.profile, run.locator or "")
        )
        is_news = known is None or _is_change(known, run)
        if known is not None and not is_news and start is None:
            return
        now = self._now().timestamp()
        number = self._upsert(run, start, now)
        if is_news:
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
        return self._connection.execute(query, dict(given or {})).fetchall()

    def _one(self, query: str, given: Sequence[object]) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(query, given).fetchone()
        return row

    def _start(self, query: str, given: Mapping[str, object]) -> StartRecord | None:
        rows = self._all(query, given)
        return _start_of(rows[0]) if rows else None


def _conditions(table: str, which: Filter) -> str:
    time = "begun_at" if table == "s" else "seen_at"
    conditions = [
        (which.profile, f"{table}.profile = :profile"),
        (which.state, "r.state = :state"),
        (which.since, f"{table}.{time} >= :since"),
    ]
    return " AND ".join(text for value, text in conditions if value is not None) or "1"


def _is_change(known: sqlite3.Row, run: Run) -> bool:
    """Return whether a sighting is news. An outcome is never left, whatever comes later."""
    if State(known["state"]).is_final and not (run.state or State.UNKNOWN).is_final:
        return False
    url = run.url or known["url"]
    return (run.state, run.service_state, url) != (
        known["state"],
        known["service_state"],
        known["url"],
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moment_or_none(seconds: float | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)


def _run_of(row: Row) -> Run:
    began, ended = row["started_at"], row["ended_at"]
    return Run(
        profile=row["profile"],
        backend=row["backend"],
        flow=row["flow"],
        locator=row["locator"],
        state=State(row["state"]),
        service_state=row["service_state"],
        started_at=_moment_or_none(began),
        ended_at=_moment_or_none(ended),
        elapsed_s=round(ended - began, 3) if began is not None and ended is not None else None,
        url=row["url"],
    )


def _start_of(row: Row) -> StartRecord:
    return StartRecord(
        id=row["start_id"],
        profile=row["profile"],
        backend=row["backend"],
        flow=row["flow"],
        begun_at=_moment(row["begun_at"]),
        outcome=StartOutcome(row["outcome"]),
        message=row["message"],
        open_until=_moment_or_none(row["open_until"]),
        run=None if row["run_id"] is None else _run_of(row),
    )
