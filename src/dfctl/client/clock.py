"""Time, as the driver needs it. Tests inject a clock of their own."""

import queue
import time
from datetime import UTC, datetime
from typing import Any, Protocol

from dfctl.process.waits import LONGEST_WAIT


class Clock(Protocol):
    """What the client asks of time. Monotonic times and durations are in seconds."""

    def monotonic(self) -> float:
        """Return a time that never goes back."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""

    def wait(self, inbox: "queue.SimpleQueue[Any]", seconds: float, *, is_idle: bool) -> Any:
        """Return the next message of `inbox`, or None once `seconds` may have passed.

        `is_idle` says that no request is under way, so that no answer can come. A signal's handler
        must put a message: before Python 3.13, a SimpleQueue that is still empty after a handler
        has outlasted the time is waited for without end.
        """

    def sleep(self, seconds: float) -> None:
        """Let a part of a second pass."""


class SystemClock:
    """The machine's own time."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, inbox: "queue.SimpleQueue[Any]", seconds: float, *, is_idle: bool) -> Any:
        try:
            return inbox.get(timeout=max(0.0, min(seconds, LONGEST_WAIT)))
        except queue.Empty:
            return None

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
