"""What every program needs that runs beside dfctl: to be begun, read and waited for."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import IO, TYPE_CHECKING

from dfctl.process.asides import Aside, NoThread
from dfctl.process.waits import waits_until

if TYPE_CHECKING:
    from subprocess import Popen


def begin(
    arguments: Sequence[str], variables: Mapping[str, str], *, is_stderr_apart: bool
) -> "Popen[bytes]":
    """Begin a program without a shell, with nothing to read. Raises OSError and ValueError.

    Unless `is_stderr_apart`, it is one with stdout.
    """
    # Most commands read configurations that may name a program, and run none.
    from subprocess import DEVNULL, PIPE, STDOUT, Popen

    return Popen(
        arguments,
        env=dict(variables),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE if is_stderr_apart else STDOUT,
    )


class Reader:
    """Reads a pipe in a thread of its own and keeps the first `largest` bytes, as `content`.

    What follows is left in the pipe, or read and dropped where it `is_drained`, so that the program
    is not held up. A descendant of the program may hold the pipe open for ever. Raises NoThread.
    """

    def __init__(self, pipe: IO[bytes] | None, largest: int, *, is_drained: bool) -> None:
        assert pipe
        self.content = b""
        self._pipe = pipe
        self._largest = largest
        self._is_drained = is_drained
        self._reading = Aside(self._read)
        if isinstance(self._reading.problem, NoThread):
            pipe.close()
            raise self._reading.problem

    def is_over_by(self, deadline: float) -> bool:
        """Wait for the end, in monotonic seconds until `deadline`; return whether it came."""
        return self._reading.is_over_by(deadline)

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._pipe:
            while self._is_drained or len(self.content) < self._largest:
                chunk = self._pipe.read1(4096)  # type: ignore[attr-defined]
                if not chunk:
                    break
                self.content += chunk[: self._largest - len(self.content)]


def status_by(
    process: "Popen[bytes]", deadline: float, *, is_stopped: Callable[[], bool] = lambda: False
) -> int | None:
    """Wait for a program's end, in monotonic seconds until `deadline`, or until it `is_stopped`.

    Returns its exit status, or None where it still runs.
    """
    from subprocess import TimeoutExpired

    for seconds in waits_until(deadline):
        if is_stopped():
            break
        with contextlib.suppress(TimeoutExpired):
            return process.wait(seconds)
    return process.poll()


def ending_of(status: int) -> str:
    """Return in words how a program ended that did not end well."""
    return f"was ended by signal {-status}" if status < 0 else f"exited with {status}"
