"""The way into a process and out of it, around the command line that it runs."""

import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from dfctl import __version__
from dfctl.process.discretion import leave_no_core_dump
from dfctl.process.inheritance import undo_inheritance
from dfctl.process.interrupt import end_at_once_when_interrupted
from dfctl.process.leftovers import write_rest


def entry() -> None:
    """Run the command line of this process, and end it with the command's exit code."""
    end(_run)


def end(run: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run this process's command line with `run`; end the process with the exit code."""
    leave_no_core_dump()
    undo_inheritance()
    end_at_once_when_interrupted()
    code = run(sys.argv[1:])
    if (problem := write_rest(sys.stdout)) is not None:
        from dfctl.main import tell_unwritten

        code = tell_unwritten(problem, sys.stderr)
    write_rest(sys.stderr)
    sys.exit(code)


def _run(argv: Sequence[str]) -> int:
    if list(argv[:1]) in (["-V"], ["--version"]):
        # Answered before anything is imported that costs time.
        print(f"dfctl {__version__}")
        return 0
    from dfctl.main import main

    return main(argv)
