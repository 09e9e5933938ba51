"""When to look at a run next, and when to give up: the polling rules, without clock or screen."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dfctl.core.states import State

SHORTEST, LONGEST = 0.5, 14.0
SHARE_OF_AGE = 0.08
SPREAD = 0.15
BACKOFF_FIRST, BACKOFF_LONGEST = 0.5, 20.0
RETRY_AFTER_LONGEST = 300.0


class Ending(StrEnum):
    """Why the waiting is over."""

    FINAL = "final"
    TIMEOUT = "timeout"
    QUEUE_TIMEOUT = "queue_timeout"
    OUTAGE = "outage"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long to wait, in seconds; None lifts a limit. `interval` fixes the time between looks."""

    timeout: float | None = 24 * 3600.0
    queue_timeout: float | None = None
    interval: float | None = None
    max_outage: float | None = 300.0


def backoff(failures: int, random: Callable[[], float]) -> float:
    """Return a delay in seconds after `failures` (1 or more) in a row, with full jitter.

    `random` gives numbers from 0 to 1.
    """
    return random() * min(BACKOFF_LONGEST, BACKOFF_FIRST * 2.0 ** min(failures, 30))


class Watch:
    """The waiting for one run. It is told what was seen or went wrong, and when.

    All times are monotonic seconds; `age` is how old the run is at `began`. `due` is when to look
    next; `ending` is None while it goes on. The first look is due at once. A deadline is only
    declared on a look made at or after it, so a machine that slept looks first; a look that fails
    there ends the waiting too.
    """

    def __init__(
        self, limits: Limits, *, began: float, random: Callable[[], float], age: float = 0.0
    ) -> None:
        self.limits = limits
        self.began = began
        self._age = age
        self.due = began
        self.ending: Ending | None = None
        self.state: State | None = None
        self.failures = 0
        # Until it was seen, a run counts as queued.
        self._queued_since: float | None = began
        self._outage_since: float | None = None
        self._random = random

    @property
    def deadline(self) -> float | None:
        """The moment at which the waiting ends for want of time, if there is one."""
        limits = [
            (self.began, self.limits.timeout),
            (self._queued_since, self.limits.queue_timeout),
        ]
        ends = [began + limit for began, limit in limits if began is not None and limit is not None]
        return min(ends, default=None)

    def saw(self, state: State, *, at: float) -> None:
        """Take note of a state that the service told."""
        if self.ending is Ending.FINAL:
            return
        if state is not State.PENDING:
            self._queued_since = None
        elif self._queued_since is None:
            self._queued_since = at
        self.state = state
        self.failures = 0
        self._outage_since = None
        self.ending = Ending.FINAL if state.is_final else self._time_over(at)
        self.due = self._not_past(self.deadline, at + self._pace(at))

    def missed(self, *, at: float, is_outage: bool, not_before: float | None = None) -> None:
        """Take note of a look that failed.

        `is_outage` says that it counts as loss of contact; `not_before` is the delay in seconds
        that the service asked for.
        """
        if self.ending is Ending.FINAL:
            return
        self.failures += 1
        self._outage_since = self._first_of_outage(at) if is_outage else None
        floor = min(not_before or 0.0, RETRY_AFTER_LONGEST)
        self.ending = self._time_over(at) or self._outage_over(at)
        due = at + max(backoff(self.failures, self._random), floor)
        self.due = self._not_past(self.deadline, self._not_past(self._outage_end, due))

    def _first_of_outage(self, at: float) -> float:
        return at if self._outage_since is None else self._outage_since

    def _pace(self, at: float) -> float:
        if self.limits.interval is not None:
            return self.limits.interval
        pace = min(max(SHARE_OF_AGE * (at - self.began + self._age), SHORTEST), LONGEST)
        return pace * (1 + SPREAD * (2 * self._random() - 1))

    @property
    def _outage_end(self) -> float | None:
        if self._outage_since is None or self.limits.max_outage is None:
            return None
        return self._outage_since + self.limits.max_outage

    def _outage_over(self, at: float) -> Ending | None:
        end = self._outage_end
        return Ending.OUTAGE if end is not None and at >= end else None

    def _time_over(self, at: float) -> Ending | None:
        if self.limits.timeout is not None and at >= self.began + self.limits.timeout:
            return Ending.TIMEOUT
        if self.deadline is not None and at >= self.deadline:
            return Ending.QUEUE_TIMEOUT
        return None

    @staticmethod
    def _not_past(deadline: float | None, due: float) -> float:
        return due if deadline is None else min(due, deadline)
