"""The way in: `python -m dfctl`, and the console script `dfctl`."""

import os
import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Before all else is imported: a traceback in the middle of an import helps nobody.
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(128 + number))


def entry() -> None:
    """Run the command line of this process, and end it with the command's exit code."""
    from dfctl.main import entry

    entry()


if __name__ == "__main__":
    entry()
