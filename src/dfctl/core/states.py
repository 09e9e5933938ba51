"""The states of a run, common to all services."""

from enum import StrEnum


class State(StrEnum):
    """Where a run stands. The first two and `UNKNOWN` are not final."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    WARNING = "warning"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """True for an outcome: a state that a run never leaves."""
        return self in OUTCOMES


# An explicit list: a word that a service adds later must never count as an end.
OUTCOMES = frozenset(
    {State.SUCCEEDED, State.WARNING, State.FAILED, State.CANCELLED, State.TIMED_OUT}
)
