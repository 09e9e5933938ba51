"""A program that runs beside dfctl for a bounded time."""

import contextlib
import subprocess
import time
from collections.abc import Mapping, Sequence
from threading import Event, Thread
from typing import IO

from dfctl.core.durations import format_duration
from dfctl.core.text import clean

# What a program is given to end by itself when it was asked to.
GRACE = 2.0
_LARGEST = 16 * 1024
# On Windows a blocked wait is deaf to Ctrl-C, so no wait lasts longer than this.
_LONGEST_WAIT = 0.2
# What a program wrote is in its pipe when it has ended; a descendant may keep the pipe open.
_PIPE_WAIT = 1.0


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
        self._output = b""
        self._trouble: str | None = None
        # Thread.join takes a thread for ended when a signal's exception comes out of it.
        self._is_over = Event()
        Thread(target=self._lead, daemon=True).start()

    @property
    def is_over(self) -> bool:
        return self._is_over.is_set()

    @property
    def trouble(self) -> str | None:
        """What went wrong, in words; None where it ended well."""
        return self._trouble

    @property
    def lines(self) -> list[str]:
        """The lines that it wrote to stdout and stderr, 16 KiB at the most, each safe to show."""
        lines = self._output.decode("utf-8", "replace").splitlines()
        return [clean(line) for line in lines if line.strip()]

    def wait(self, deadline: float) -> None:
        """Wait for its end, or until `deadline`, a time of `time.monotonic`."""
        while not self.is_over and (left := deadline - time.monotonic()) > 0:
            self._is_over.wait(min(left, _LONGEST_WAIT))

    def stop(self) -> None:
        """End it, if it has not ended."""
        self._stop.set()
        self.wait(time.monotonic() + GRACE + 2 * _PIPE_WAIT)

    def _lead(self) -> None:
        try:
            self._trouble = self._outcome()
        finally:
            self._is_over.set()

    def _outcome(self) -> str | None:
        """Run the program to its end; return what was wrong with it."""
        try:
            process = subprocess.Popen(
                self._arguments,
                env=dict(self._variables),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except (OSError, ValueError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else None
            return f"cannot be run: {clean(why or type(problem).__name__)}"
        assert process.stdout
        reader = Thread(target=self._read, args=(process.stdout,), daemon=True)
        reader.start()
        trouble = self._ending(process)
        reader.join(_PIPE_WAIT)
        return trouble

    def _read(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError), pipe:
            while chunk := pipe.read1(4096):  # type: ignore[attr-defined]
                self._output += chunk[: _LARGEST - len(self._output)]

    def _ending(self, process: "subprocess.Popen[bytes]") -> str | None:
        """Wait for the end, and see to it; return what was wrong with it."""
        status = self._status(process)
        if status is None:
            _end(process)
            if self._stop.is_set():
                return "was stopped"
            return f"did not end within {format_duration(self._seconds)}, and was terminated"
        if status == 0:
            return None
        return f"was ended by signal {-status}" if status < 0 else f"exited with {status}"

    def _status(self, process: "subprocess.Popen[bytes]") -> int | None:
        deadline = time.monotonic() + self._seconds
        while not self._stop.is_set() and (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(min(left, _LONGEST_WAIT))
        return process.poll()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
