"""Signals that ask dfctl to stop."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dfctl.core.errors import Interrupted

if TYPE_CHECKING:
    from types import FrameType

NAMES = ("SIGHUP", "SIGINT", "SIGTERM", "SIGBREAK")

# A second signal that comes within these seconds is one with the first, as when a shell and a
# supervisor send one each; the first is then on its way through the code.
_ONE_SIGNAL = 0.5


class _Heard:
    """What the signals of a command have said.

    `raised` came while they raise. Python discards what is raised in some places, such as a
    callback of its import lock, and wraps it in another error in others. `told` came while they
    are told and are not heeded yet. Once `is_heeded`, the command is ending on a signal's behalf,
    and what more come change nothing.
    """

    def __init__(self) -> None:
        self.raised: list[int] = []
        self.raised_at = 0.0
        self.told: list[int] = []
        self.is_heeded = False

    def forget(self) -> None:
        self.raised.clear()
        self.told.clear()
        self.is_heeded = False


_heard = _Heard()


@contextmanager
def signals_raised() -> Iterator[None]:
    """While it is entered, a signal raises `Interrupted` wherever the main thread is."""
    _heard.forget()

    def stop(number: int) -> None:
        now = time.monotonic()
        if _heard.is_heeded or (_heard.raised and now < _heard.raised_at + _ONE_SIGNAL):
            return
        _heard.raised.append(number)
        _heard.raised_at = now
        raise Interrupted(number)

    with _handled(stop):
        yield


def raise_lost_signal() -> None:
    """Raise `Interrupted` once more for a signal that was raised and that nobody heard of."""
    if _heard.raised:
        raise Interrupted(_heard.raised[0])


@contextmanager
def signals_told(tell: Callable[[int], None]) -> Iterator[None]:
    """While it is entered, a signal is told by its number and stops nothing by itself.

    `tell` must be reentrant: a signal may come while it tells another.
    """

    def take(number: int) -> None:
        _heard.told.append(number)
        tell(number)

    _heard.told.clear()
    with _handled(take):
        yield


def is_signal_told() -> bool:
    """Return whether a signal was told that is not heeded yet: nothing more should be begun."""
    return bool(_heard.told) and not _heard.is_heeded


def raise_told_signal() -> None:
    """Raise `Interrupted` for a signal that was told, in the middle of a wait for others."""
    if _heard.told:
        heed_signal()
        raise Interrupted(_heard.told[0])


def is_signal_heeded() -> bool:
    """Return whether the command ends on behalf of a signal."""
    return _heard.is_heeded


def heed_signal() -> None:
    """Let no further signal raise anything: the command ends on behalf of one, and tells how."""
    _heard.is_heeded = True


@contextmanager
def _handled(handle: Callable[[int], None]) -> Iterator[None]:
    """Call `handle` with each signal; one that was ignored before, as by nohup, stays ignored."""
    # A press of Tab waits for what this module imports, and hears no signal.
    import threading

    before: dict[int, Any] = {}

    def on_signal(number: int, frame: "FrameType | None") -> None:
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
