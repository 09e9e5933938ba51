"""A program that runs beside dfctl for a bounded time."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from threading import Event

from dfctl.core.durations import format_duration
from dfctl.core.text import clean
from dfctl.process.asides import Aside, NoThread
from dfctl.programs.running import Reader, begin, ending_of, status_by

# What a program is given to end by itself when it was asked to.
GRACE = 2.0
_LARGEST = 16 * 1024
# What a program wrote is in its pipe when it has ended; a descendant may keep the pipe open.
_PIPE_WAIT = 1.0
# What a program that was stopped takes at the most until it is over.
STOPPING = GRACE + 2 * _PIPE_WAIT
_STOPPED = "was stopped"


class Program:
    """A program that was begun without a shell, with nothing to read, and ends within `seconds`.

    Its threads are daemons, so that it never keeps dfctl from ending.
    """

    def __init__(
        self, arguments: Sequence[str], variables: Mapping[str, str], *, seconds: float
    ) -> None:
        self._arguments = arguments
        self._variables = variables
        self._seconds = seconds
        self._stop = Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._output: Reader | None = None
        self._life = Aside(self._outcome)

    @property
    def is_over(self) -> bool:
        return self._life.is_over

    @property
    def trouble(self) -> str | None:
        """What went wrong, in words; None where it ended well, or has not ended."""
        if self._life.problem:
            return _why_not_run(self._life.problem)
        if self.is_over:
            return self._life.value
        return _STOPPED if self._stop.is_set() else None

    @property
    def lines(self) -> list[str]:
        """The lines that it wrote to stdout and stderr, 16 KiB at the most, each safe to show."""
        content = self._output.content if self._output else b""
        lines = content.decode("utf-8", "replace").splitlines()
        return [clean(line) for line in lines if line.strip()]

    def wait(self, deadline: float) -> None:
        """Wait for its end, or until `deadline`, a time of `time.monotonic`."""
        self._life.is_over_by(deadline)

    def stop(self) -> None:
        """Ask it to end, if it has not ended; after a moment it is killed."""
        self._stop.set()

    def kill(self) -> None:
        """End it here and now."""
        self._stop.set()
        if self._process and not self.is_over:
            self._process.kill()

    def _outcome(self) -> str | None:
        """Run the program to its end; return what was wrong with it."""
        self._process = process = begin(self._arguments, self._variables, is_stderr_apart=False)
        try:
            self._output = Reader(process.stdout, _LARGEST, is_drained=True)
            status = status_by(
                process, time.monotonic() + self._seconds, is_stopped=self._stop.is_set
            )
        finally:
            _end(process)
        self._output.is_over_by(time.monotonic() + _PIPE_WAIT)
        if status is not None:
            return ending_of(status) if status else None
        if self._stop.is_set():
            return _STOPPED
        return f"did not end within {format_duration(self._seconds)}, and was terminated"


def _why_not_run(problem: BaseException) -> str:
    why = problem.strerror if isinstance(problem, OSError) else None
    words = str(problem) if isinstance(problem, NoThread) else why or type(problem).__name__
    return f"cannot be run: {clean(words)}"


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
