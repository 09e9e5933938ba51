"""What a process inherits from the one that started it."""

import contextlib
import io
import os
import signal
import sys
from typing import Any, TextIO


def undo_inheritance() -> None:
    """Undo what a parent process left that is seldom meant, and would go wrong unseen."""
    if sys.platform != "win32":
        # While SIGCHLD is ignored, a key's command that fails seems to succeed.
        if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # A signal that is blocked could not stop dfctl. One that is ignored, as by nohup, is meant.
        asked = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, asked)
    # Where a stream was closed, the next file or connection would take its place, and what is
    # meant for the stream would be written into it.
    with contextlib.suppress(OSError):
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(descriptor)
    sys.stdout = _buffered(sys.stdout)
    sys.stderr = _buffered(sys.stderr, by_line=True)


def _buffered(stream: TextIO | None, *, by_line: bool = False) -> Any:
    """Return a stream with the buffer that PYTHONUNBUFFERED took away.

    Without one Python loses what a disk or a pipe does not take at once, and raises nothing.
    """
    if stream is None or not isinstance(getattr(stream, "buffer", None), io.RawIOBase):
        return stream
    return open(
        stream.fileno(),
        "w",
        buffering=1 if by_line else -1,
        encoding=stream.encoding,
        errors=stream.errors,
        closefd=False,
    )
