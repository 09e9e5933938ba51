"""Every error that dfctl reports: what happened, what to type, and the exit code."""

from typing import ClassVar

from dfctl.core.exits import ExitCode


class DfctlError(Exception):
    """What happened in words for the user, and a hint that says what to do or type."""

    exit_code: ClassVar[ExitCode]

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DfctlError):
    """The command line, the configuration or the request itself is wrong."""

    exit_code = ExitCode.USAGE


class JournalLocked(UsageError):
    """Another process holds the journal, and has for too long."""


class KeyProblem(DfctlError):
    """The key is missing, unusable or refused by the service."""

    exit_code = ExitCode.KEY


class NotFound(DfctlError):
    """The service knows no such flow or run."""

    exit_code = ExitCode.NOT_FOUND


class Lost(DfctlError):
    """No contact with the service; whatever runs there goes on."""

    exit_code = ExitCode.LOST


class NotStarted(DfctlError):
    """The start certainly did not begin a run."""

    exit_code = ExitCode.NOT_STARTED


class Unconfirmed(DfctlError):
    """The start was sent and no usable answer came: a run may have begun."""

    exit_code = ExitCode.UNCONFIRMED


class Bug(DfctlError):
    """dfctl itself went wrong."""

    exit_code = ExitCode.BUG


class Interrupted(BaseException):
    """A signal asks dfctl to stop. Not an `Exception`: nothing may swallow it on its way.

    Where `signal_number` is None, it is another run's bad end that stops this one (--fail-fast).
    `was_start_sent` says that a start was under way, of which no answer came in time. `exit_code`
    is the one that the command would have ended with, where it was known.
    """

    exit_code: ExitCode | None = None

    def __init__(self, signal_number: int | None, *, was_start_sent: bool = False) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number
        self.was_start_sent = was_start_sent


class OutputClosed(Exception):
    """The reader of stdout has gone, as in `dfctl ... | head -1`.

    `exit_code` is the one that the command would have ended with, where it was known.
    """

    exit_code: ExitCode | None = None
