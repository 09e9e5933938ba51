"""Ctrl-C before a command hears signals itself. Imported before all else, so it imports little."""

import os
import signal


def end_at_once_when_interrupted() -> None:
    """Let Ctrl-C end the process with its exit code: a traceback in an import helps nobody.

    Where something else hears Ctrl-C already, or it is ignored, that stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(128 + number))
