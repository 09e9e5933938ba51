"""Waits of the main thread, which stays open to signals."""

import time
from collections.abc import Iterator

# On Windows a blocked wait is deaf to Ctrl-C, so none lasts longer than this, in seconds.
LONGEST_WAIT = 0.2


def waits_until(deadline: float) -> Iterator[float]:
    """Return how long to wait, in seconds, again and again until `deadline`, a monotonic time."""
    while (left := deadline - time.monotonic()) > 0:
        yield min(left, LONGEST_WAIT)
