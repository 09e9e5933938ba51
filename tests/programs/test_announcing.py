"""The announcer: how long it waits for the programs that it has begun."""

import os
import sys
import time

import pytest

from dfctl.core.exits import ExitCode
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.programs.announcing import Announcer, told_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the program waits for a signal")

RUN = Run(profile="sales", backend="invision", state=State.FAILED, exit_code=ExitCode.FAILED)
HANGING = [sys.executable, "-I", "-S", "-c", "import signal; signal.pause()"]
LONG = 600.0


def test_a_program_that_hangs_is_given_its_time_and_no_more() -> None:
    announcer = Announcer(HANGING, os.environ, patience=0.2)
    announcer.announce(RUN)

    [(run, program)] = announcer.finish(is_interrupted=False)

    assert (run, program.is_over) == (RUN, True)
    assert program.trouble == "did not end within 200ms, and was terminated"


def test_after_a_signal_programs_are_given_less() -> None:
    announcer = Announcer(HANGING, os.environ, patience=LONG, patience_after_signal=0.2)
    announcer.announce(RUN)
    began = time.monotonic()

    [(_, program)] = announcer.finish(is_interrupted=True)

    assert program.trouble == "was stopped"
    assert time.monotonic() - began < LONG / 10


def test_each_program_is_told_once() -> None:
    announcer = Announcer([sys.executable, "-c", ""], os.environ)
    announcer.announce(RUN)

    assert len(announcer.finish(is_interrupted=False)) == 1
    assert announcer.finish(is_interrupted=False) == []


def test_what_is_told_is_bounded_and_without_line_breaks() -> None:
    told = told_of(Run(profile="sales", backend="invision", message="a\nb\0" + "x" * 10_000))

    assert told["DFCTL_DONE_MESSAGE"].startswith("a b\N{REPLACEMENT CHARACTER}xxx")
    assert len(told["DFCTL_DONE_MESSAGE"]) == 2000
