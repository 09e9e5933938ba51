"""From the rows of the journal's tables to values."""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dfctl.core.records import StartOutcome, StartRecord
from dfctl.core.runs import Run
from dfctl.core.states import State

Row = sqlite3.Row | Mapping[str, Any]


def state_of(word: str) -> State:
    """Return a state; a later dfctl may have written one that this one does not know."""
    return State(word) if word in State.__members__.values() else State.UNKNOWN


def outcome_of(word: str) -> StartOutcome:
    """Return an outcome; in doubt, `UNCONFIRMED`."""
    is_known = word in StartOutcome.__members__.values()
    return StartOutcome(word) if is_known else StartOutcome.UNCONFIRMED


def moment_of(seconds: float) -> datetime:
    """Return a moment that is stored in seconds of Unix time."""
    return datetime.fromtimestamp(seconds, UTC)


def _moment_or_none(seconds: float | None) -> datetime | None:
    return None if seconds is None else moment_of(seconds)


def run_of(row: Row) -> Run:
    """Return the run of a row that has all columns of `runs`."""
    began, ended = row["started_at"], row["ended_at"]
    return Run(
        profile=row["profile"],
        backend=row["backend"],
        flow=row["flow"],
        locator=row["locator"],
        state=state_of(row["state"]),
        service_state=row["service_state"],
        started_at=_moment_or_none(began),
        ended_at=_moment_or_none(ended),
        elapsed_s=_length(began, ended),
        url=row["url"],
    )


def _length(began: float | None, ended: float | None) -> float | None:
    """Return the seconds between two moments, where they are known and no clock was set back."""
    if began is None or ended is None or ended < began:
        return None
    return round(ended - began, 3)


def start_of(row: Row) -> StartRecord:
    """Return the start of a row that has its columns and, as `run_id`, its run's, if any."""
    return StartRecord(
        id=row["start_id"],
        profile=row["profile"],
        backend=row["backend"],
        flow=row["flow"],
        begun_at=moment_of(row["begun_at"]),
        outcome=outcome_of(row["outcome"]),
        message=row["message"],
        open_until=_moment_or_none(row["open_until"]),
        run=None if row["run_id"] is None else run_of(row),
    )
