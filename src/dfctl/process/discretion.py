"""What a process keeps to itself: its memory, and the texts of errors that nobody caught.

Either may hold a key.
"""

import contextlib
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import threading
    from types import TracebackType


def leave_no_core_dump() -> None:
    """Let this process and its children leave no image of their memory when they crash.

    A child may lift the limit for itself.
    """
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        # Where core_pattern names a program, Linux hands it the image whatever the limit is, but
        # for that of 1 byte (fs/coredump.c), which is too small for a file as well.
        soft = 1 if sys.platform == "linux" and hard else 0
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def withhold_error_texts(variables: Mapping[str, str]) -> None:
    """Let Python tell of errors that nobody caught without their texts.

    Such are those of threads and finalizers of a backend that a third party installed. With
    DFCTL_DEBUG=1 it is told where they happened.
    """
    import threading

    from dfctl.core.errors import Interrupted

    is_debugging = variables.get("DFCTL_DEBUG") == "1"
    teller = _Teller(sys.stderr, Interrupted, is_debugging=is_debugging)
    sys.excepthook = lambda kind, error, where: teller.tell("error", kind, where)
    sys.unraisablehook = teller.tell_of_unraisable
    threading.excepthook = teller.tell_of_thread


class _Teller:
    """Writes of an error what is certainly no secret: its kind, and its place in the code.

    A `signal` is no error: one that comes while a finalizer runs is raised once more, and heeded.
    """

    def __init__(
        self, stream: TextIO | None, signal: type[BaseException], *, is_debugging: bool
    ) -> None:
        self._stream = stream
        self._signal = signal
        self._is_debugging = is_debugging
        # When Python ends, the names of modules are gone before the last finalizer has run.
        self._suppressed = contextlib.suppress

    def tell_of_unraisable(self, lost: "sys.UnraisableHookArgs") -> None:
        if not issubclass(lost.exc_type, self._signal):
            self.tell("warning", lost.exc_type, lost.exc_traceback)

    def tell_of_thread(self, lost: "threading.ExceptHookArgs") -> None:
        if not issubclass(lost.exc_type, SystemExit):
            self.tell("warning", lost.exc_type, lost.exc_traceback)

    def tell(self, label: str, kind: type[BaseException], where: "TracebackType | None") -> None:
        with self._suppressed(Exception):
            if self._is_debugging:
                from traceback import print_tb

                print_tb(where, file=self._stream)
            advice = "" if self._is_debugging else "; DFCTL_DEBUG=1 shows where"
            line = f"{label}: an error was caught by nobody ({kind.__name__}){advice}\n"
            if self._stream:
                self._stream.write(line)
                self._stream.flush()
