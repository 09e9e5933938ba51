"""A shell whose clock and jitter a test chooses."""

import io
import queue
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dfctl.client.clock import Clock, SystemClock
from dfctl.composition import Environment
from dfctl.main import main
from tests.clocks import LeapingClock
from tests.shell import CANARY, Ended, Shell


class StalledClock(LeapingClock):
    """Leaps over pauses, and over a request of which `is_stalled` says that no answer comes."""

    def __init__(self, is_stalled: Callable[[], bool]) -> None:
        super().__init__()
        self._is_stalled = is_stalled

    def wait(self, inbox: "queue.SimpleQueue[Any]", seconds: float, *, is_idle: bool) -> Any:
        if is_idle:
            return super().wait(inbox, seconds, is_idle=True)
        for _ in range(3000):
            try:
                return inbox.get(timeout=0.01)
            except queue.Empty:
                if self._is_stalled():
                    self._elapsed += seconds
                    return None
        raise AssertionError("neither an answer nor a stall within 30 s")


class TimedShell(Shell):
    """Runs command lines as `Shell` does, by a clock that `make_clock` makes: the machine's own.

    `jitter` is asked once for each pause after a failure, so a test can act just then.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.make_clock: Callable[[], Clock] = SystemClock
        self.jitter: Callable[[], float] = lambda: 0.5

    def __call__(self, line: str, *, variables: Mapping[str, str] | None = None) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        environment = Environment(
            stdin=io.StringIO(self.stdin),
            stdout=out,
            stderr=err,
            variables={**self.variables, **(variables or {})},
            make_clock=self.make_clock,
            random=lambda: self.jitter(),
        )
        code = main(shlex.split(line), environment)
        ended = Ended(code, out.getvalue(), err.getvalue())
        assert CANARY not in ended.stdout + ended.stderr, "a key was shown"
        return ended
