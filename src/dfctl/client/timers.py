"""What is to be done at a time."""

import heapq
import itertools
from collections.abc import Callable

from dfctl.client.clock import Clock


class Timers:
    """Actions and when each is due, in monotonic seconds. Nothing happens until they are fired."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        # Of what is due at the same time, that which was set first comes first.
        self._order = itertools.count()

    def set(self, due: float, action: Callable[[], None]) -> None:
        """Have `action` done when it is `due`."""
        heapq.heappush(self._heap, (due, next(self._order), action))

    def seconds_to_next(self) -> float | None:
        """Return how long it is until something is due, 0 where it is; None where nothing is."""
        return max(0.0, self._heap[0][0] - self._clock.monotonic()) if self._heap else None

    def fire(self) -> None:
        """Do what is due."""
        while self._heap and self._heap[0][0] <= self._clock.monotonic():
            heapq.heappop(self._heap)[2]()
