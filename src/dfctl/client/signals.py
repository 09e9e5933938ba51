"""Signals that ask dfctl to stop."""

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from dfctl.core.errors import Interrupted

NAMES = ("SIGHUP", "SIGINT", "SIGTERM", "SIGBREAK")


@dataclass(frozen=True)
class Caught:
    """The message: this signal came."""

    number: int


# Signals that were raised. Python discards what is raised in some places, such as a callback of
# its import lock, and wraps it in another error in others.
_raised: list[int] = []


@contextmanager
def signals_raised() -> Iterator[None]:
    """While it is entered, a signal raises `Interrupted` wherever the main thread is."""
    _raised.clear()

    def stop(number: int) -> None:
        _raised.append(number)
        raise Interrupted(number)

    with _handled(stop):
        yield


def raise_lost_signal() -> None:
    """Raise `Interrupted` once more for a signal that was raised and that nobody heard of."""
    if _raised:
        raise Interrupted(_raised[0])


@contextmanager
def signals_told(inbox: "queue.SimpleQueue[Any]") -> Iterator[None]:
    """While it is entered, a signal is a message in `inbox` and stops nothing by itself."""
    # SimpleQueue.put is reentrant, which is what makes it fit for a signal's handler.
    with _handled(lambda number: inbox.put(Caught(number))):
        yield


@contextmanager
def _handled(handle: Callable[[int], None]) -> Iterator[None]:
    """Call `handle` with each signal; one that was ignored before, as by nohup, stays ignored."""
    before: dict[int, Any] = {}

    def on_signal(number: int, frame: FrameType | None) -> None:
        handle(number)

    if threading.current_thread() is threading.main_thread():
        for name in NAMES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
