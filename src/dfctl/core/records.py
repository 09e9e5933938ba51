"""What the journal remembers: starts, the runs that they gave, and when each changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dfctl.core.exits import ExitCode
from dfctl.core.runs import Reference, Run
from dfctl.core.states import State


class StartOutcome(StrEnum):
    """What became of a start. `INTENDED` is written before the request leaves."""

    INTENDED = "intended"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    NOT_STARTED = "not started"
    UNCONFIRMED = "unconfirmed"

    @property
    def is_unsettled(self) -> bool:
        """True where nobody knows whether a run began.

        An intent without an end is one of a dfctl that is at it, or that was killed at it.
        """
        return self in (StartOutcome.INTENDED, StartOutcome.UNCONFIRMED)


_OF_EXIT = {
    ExitCode.SUCCEEDED: StartOutcome.CONFIRMED,
    ExitCode.USAGE: StartOutcome.REFUSED,
    ExitCode.KEY: StartOutcome.REFUSED,
    ExitCode.NOT_FOUND: StartOutcome.REFUSED,
    ExitCode.NOT_STARTED: StartOutcome.NOT_STARTED,
}


def outcome_of_exit(code: ExitCode) -> StartOutcome:
    """Return what an exit code says of a start that gave no run; in doubt, `UNCONFIRMED`."""
    return _OF_EXIT.get(code, StartOutcome.UNCONFIRMED)


def settle(reference: Reference) -> str:
    """Return the words that say how an unconfirmed start is settled."""
    return f"settle it: dfctl runs resolve {reference} --as not-started, or --as RUN"


@dataclass(frozen=True, kw_only=True)
class StartRecord:
    """One attempt to start a run. `run` is the run that it gave, if it is known.

    `open_until` is when an unsettled start stops counting as open; None means never.
    """

    id: int
    profile: str
    backend: str
    flow: str | None
    begun_at: datetime
    outcome: StartOutcome
    message: str | None = None
    open_until: datetime | None = None
    run: Run | None = None

    @property
    def local_reference(self) -> Reference:
        """Return what names this start on this machine, such as `sales/start-7f3a`."""
        return Reference(self.profile, f"start-{self.id:04x}")


@dataclass(frozen=True)
class Change:
    """A state that a run was seen in first at `at`."""

    at: datetime
    state: str
    service_state: str | None


@dataclass(frozen=True, kw_only=True)
class OpenEntry:
    """What of a profile is open: a run, or a start that may have begun one."""

    run: Run | None = None
    start: StartRecord | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the journal: a start, or a run that was started elsewhere."""

    at: datetime
    start: StartRecord | None = None
    elsewhere: Run | None = None

    @property
    def run(self) -> Run | None:
        """Return the run of this entry, if one is known."""
        return self.elsewhere or (self.start.run if self.start else None)


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries of the journal are meant. None takes all."""

    profile: str | None = None
    state: State | None = None
    since: datetime | None = None
