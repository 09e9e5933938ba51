"""The journal, to be written."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from dfctl.core.records import OpenEntry, StartOutcome, StartRecord
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.store.journal import RUN, Journal
from dfctl.store.rows import start_of, state_of
from dfctl.store.schema import MovedAway, place_of
from dfctl.store.troubles import troubles_told


class WritableJournal(Journal):
    """A journal that is open, to be read and written."""

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

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Write all or nothing. IMMEDIATE waits for its turn before it reads what it changes.

        What is written into a file that was moved away meanwhile would be read by nobody.
        """
        with troubles_told(self._path):
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
            f"{RUN} WHERE profile = ? AND locator = ?", (run.profile, run.locator or "")
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
