"""A clock that tests lead: nobody waits, and every time is exact."""

import queue
from datetime import UTC, datetime, timedelta
from typing import Any

# Nothing that a test asks of a local server takes this long.
_PATIENCE = 20.0
# A signal that comes just before a wait is noticed after it, so no wait lasts longer.
_SLICE = 0.05


class LeapingClock:
    """Leaps over every pause. While a request is under way time stands still.

    `stall` is the real time in seconds after which a request that brought no answer is taken for
    one that never will: the clock then leaps to its deadline.
    """

    def __init__(self, stall: float = _PATIENCE, *, seconds_later: float = 0.0) -> None:
        self._elapsed = 0.0
        self._stall = stall
        self.began = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC) + timedelta(seconds=seconds_later)

    def monotonic(self) -> float:
        return 1000.0 + self._elapsed

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self._elapsed)

    def sleep(self, seconds: float) -> None:
        self._elapsed += seconds

    def wait(self, inbox: "queue.SimpleQueue[Any]", seconds: float, *, is_idle: bool) -> Any:
        left = 0.0 if is_idle else self._stall
        while True:
            try:
                return inbox.get(timeout=min(left, _SLICE))
            except queue.Empty:
                left -= _SLICE
            if left <= 0:
                self._elapsed += seconds
                return None
