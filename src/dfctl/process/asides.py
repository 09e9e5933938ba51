"""Work that may never end, beside the main thread, which stays open to signals."""

from collections.abc import Callable
from typing import Generic, TypeVar

from dfctl.process.waits import waits_until

_Value = TypeVar("_Value")


class NoThread(Exception):
    """The machine has no thread left to do it in."""

    def __init__(self) -> None:
        super().__init__("no thread can be begun")


class Aside(Generic[_Value]):
    """Does `work` in a thread of its own. Once it is over, `problem` is what it raised, if it did.

    The thread is a daemon: what never ends must not keep dfctl from ending.
    """

    def __init__(self, work: Callable[[], _Value]) -> None:
        from threading import Event, Thread

        self._work = work
        self._values: list[_Value] = []
        self.problem: BaseException | None = None
        # Thread.join takes a thread for ended when a signal's exception comes out of it.
        self._over = Event()
        try:
            Thread(target=self._do, daemon=True).start()
        except RuntimeError:
            self.problem = NoThread()
            self._over.set()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def value(self) -> _Value:
        """What the work returned; only where it is over and had no problem."""
        return self._values[0]

    def is_over_by(self, deadline: float) -> bool:
        """Wait for the end, in monotonic seconds until `deadline`; return whether it came."""
        for seconds in waits_until(deadline):
            if self._over.wait(seconds):
                break
        return self.is_over

    def _do(self) -> None:
        try:
            self._values.append(self._work())
        except BaseException as problem:  # noqa: BLE001 - whoever waits puts it into words
            self.problem = problem
        finally:
            self._over.set()
