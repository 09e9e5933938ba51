"""The one table of exit codes: what each means, and which of several is the command's."""

from collections.abc import Iterable, Mapping
from enum import IntEnum

from dfctl.core.states import State


class ExitCode(IntEnum):
    """What a command's end says. `meaning` and `began` are the help's words."""

    meaning: str
    began: str

    def __new__(cls, value: int, meaning: str, began: str) -> "ExitCode":
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        member.began = began
        return member

    SUCCEEDED = 0, "the run succeeded, maybe with warnings; `start` without --wait: accepted", "yes"
    BUG = 1, "a bug in dfctl", "unknown"
    USAGE = 2, "wrong usage or configuration, or the service refused the request as wrong", "no"
    FAILED = 3, "the run failed", "yes"
    KEY = 4, "the key is missing or was refused", "no"
    CANCELLED = 5, "the run was cancelled", "yes"
    NOT_FOUND = 6, "the flow or the run was not found", "no"
    LOST = 7, "contact was lost or refused after the start; the run goes on", "yes"
    NOT_ENDED = 8, "`status` of a run that has not ended", "yes"
    UNCONFIRMED = (
        9,
        "the start was sent and no usable answer came: it may be running, do not blindly rerun",
        "unknown",
    )
    TIMED_OUT = 10, "the run timed out on the service", "yes"
    NOT_STARTED = 11, "unreachable or throttled, nothing has begun: safe to rerun", "no"
    OVERLAP = 12, "an earlier run of the profile is open (--overlap refuse)", "no"
    TIMEOUT = 124, "--timeout or --queue-timeout ran out; the run goes on", "yes"
    HANGUP = 129, "stopped by SIGHUP; the run goes on", "as printed"
    INTERRUPT = 130, "stopped by Ctrl-C; the run goes on", "as printed"
    PIPE = 141, "stdout was closed by its reader", "as printed"
    TERMINATED = 143, "stopped by SIGTERM; the run goes on", "as printed"


# Other numbers for codes, as a scheduler wants them.
ExitMap = Mapping[ExitCode, int]

_OF_OUTCOME = {
    State.SUCCEEDED: ExitCode.SUCCEEDED,
    State.WARNING: ExitCode.SUCCEEDED,
    State.FAILED: ExitCode.FAILED,
    State.CANCELLED: ExitCode.CANCELLED,
    State.TIMED_OUT: ExitCode.TIMED_OUT,
}

# The first of these that any of several runs has is the command's code: a bug and an unknown
# truth come before every known one, and success is the last.
BY_WEIGHT = (
    ExitCode.BUG,
    ExitCode.UNCONFIRMED,
    ExitCode.LOST,
    ExitCode.FAILED,
    ExitCode.TIMED_OUT,
    ExitCode.CANCELLED,
    ExitCode.TIMEOUT,
    ExitCode.KEY,
    ExitCode.NOT_FOUND,
    ExitCode.USAGE,
    ExitCode.NOT_STARTED,
    ExitCode.OVERLAP,
    ExitCode.NOT_ENDED,
    ExitCode.SUCCEEDED,
)
_SIGNALS = frozenset({ExitCode.HANGUP, ExitCode.INTERRUPT, ExitCode.TERMINATED, ExitCode.PIPE})


def name_of(code: ExitCode) -> str:
    """Return what a code is called, such as `not_started`."""
    return code.name.lower()


def number_of(code: ExitCode, exit_map: ExitMap) -> int:
    """Return the number that a command ends with: the code's own unless it is mapped."""
    return exit_map.get(code, int(code))


def exit_code_of(state: State, *, fail_on_warning: bool = False) -> ExitCode:
    """Return the code of a run in `state`; `NOT_ENDED` where the state is not final."""
    if state is State.WARNING and fail_on_warning:
        return ExitCode.FAILED
    return _OF_OUTCOME.get(state, ExitCode.NOT_ENDED)


def exit_code_of_signal(number: int) -> ExitCode:
    """Return the code of a signal's number: 128 + number, Ctrl-Break counting as Ctrl-C."""
    return {1: ExitCode.HANGUP, 15: ExitCode.TERMINATED}.get(number, ExitCode.INTERRUPT)


def is_signal(code: ExitCode | None) -> bool:
    """Return whether a code says that a signal ended the command."""
    return code in _SIGNALS and code is not ExitCode.PIPE


def worst_of(codes: Iterable[ExitCode | None]) -> ExitCode:
    """Return the code of a command whose runs ended with `codes`; a signal's wins over all."""
    seen = {code for code in codes if code is not None}
    signals = seen & _SIGNALS
    if signals:
        return max(signals)
    return next((code for code in BY_WEIGHT if code in seen), ExitCode.SUCCEEDED)
