"""What a process inherits from the one that started it."""

import contextlib
import os
import signal
import sys


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
