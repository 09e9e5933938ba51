"""Work that may never end, beside the main thread, which stays open to signals."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

# On Windows a blocked wait is deaf to Ctrl-C, so no wait lasts longer than this.
_LONGEST_WAIT = 0.2

_Value = TypeVar("_Value")


class NoThread(Exception):
    """The machine has no thread left to do it in."""


class Aside(Generic[_Value]):
    """Does `work` in a thread of its own. Once it is over, `problem` is what it raised, if it did.

    The thread is a daemon: what never ends must not keep dfctl from ending.
    """

    def __init__(self, work: Callable[[], _Value]) -> None:
        from threading import Thread

        self._work = work
        self._values: list[_Value] = []
        self.problem: BaseException | None = None
        self._thread = Thread(target=self._do, daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self.problem = NoThread()

    @property
    def value(self) -> _Value:
        """What the work returned; only where it is over and had no problem."""
        return self._values[0]

    def is_over_by(self, deadline: float) -> bool:
        """Wait for the end, in monotonic seconds until `deadline`; return whether it came."""
        while self._thread.is_alive() and (left := deadline - time.monotonic()) > 0:
            self._thread.join(min(left, _LONGEST_WAIT))
        return not self._thread.is_alive()

    def _do(self) -> None:
        try:
            self._values.append(self._work())
        except BaseException as problem:  # noqa: BLE001 - whoever waits puts it into words
            self.problem = problem
