"""What a command that knows a key writes to its stdout."""

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING

from dfctl.core.durations import format_duration
from dfctl.core.secret import Secret
from dfctl.core.text import clean
from dfctl.store.asides import Aside, NoThread
from dfctl.store.paths import why_not_read

if TYPE_CHECKING:
    import subprocess

_KEY_VARIABLE = "DFCTL_KEY"
_LARGEST_COMPLAINT = 16 * 1024
# On Windows a blocked wait is deaf to Ctrl-C, so no wait lasts longer than this.
_LONGEST_WAIT = 0.2


# What has been begun and has not ended, in whichever thread.
_running: "set[subprocess.Popen[bytes]]" = set()


class CommandFailed(Exception):
    """Why a command gave nothing: words for the user, never what it wrote to its stdout."""


def output_of(arguments: Sequence[str], *, seconds: float, largest: int) -> bytes:
    """Return the stdout of a program that ends well within `seconds`, at most `largest` bytes.

    It runs without a shell, with nothing to read. Raises CommandFailed.
    """
    deadline = time.monotonic() + seconds
    process = _begun(arguments)
    try:
        output = _Reader(process.stdout, largest + 1)
        complaint = _Reader(process.stderr, _LARGEST_COMPLAINT, is_drained=True)
        content = output.content(deadline)
        if content and len(content) > largest:
            raise CommandFailed(f"wrote more than {largest // 1024} KiB")
        status = _status(process, deadline)
        if content is None or status is None:
            raise CommandFailed(f"did not end within {format_duration(seconds)}")
        if status:
            words = complaint.content(min(deadline, time.monotonic() + 1))
            raise CommandFailed(f"{_ending(status)}{_first_line(words or b'', content)}")
        return content
    finally:
        _end(process)


def end_commands() -> None:
    """End the programs whose output is still awaited, because nobody needs it any more."""
    for process in list(_running):
        _end(process)


class _Reader:
    """Reads a pipe in a thread of its own and keeps the first `largest` bytes.

    What follows is left in the pipe, or read and dropped where it `is_drained`, so that the program
    is not held up.
    """

    def __init__(self, pipe: IO[bytes] | None, largest: int, *, is_drained: bool = False) -> None:
        assert pipe
        self._pipe = pipe
        self._largest = largest
        self._is_drained = is_drained
        # A descendant of the program may hold the pipe open for ever.
        self._reading = Aside(self._read)
        if isinstance(self._reading.problem, NoThread):
            raise CommandFailed("cannot be run: no thread can be begun")

    def _read(self) -> bytes:
        content = b""
        with contextlib.suppress(OSError), self._pipe:
            content = self._pipe.read(self._largest)
            while self._is_drained and self._pipe.read(4096):
                pass
        return content

    def content(self, deadline: float) -> bytes | None:
        """Return what was read, or None where the pipe is still open at the deadline."""
        return self._reading.value if self._reading.is_over_by(deadline) else None


def _begun(arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    import subprocess
    from shutil import which

    # On Windows only `which` finds the scripts (.cmd) that many tools are.
    program = which(arguments[0]) or arguments[0]
    try:
        process = subprocess.Popen(
            [program, *arguments[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=without_keys(os.environ),
        )
    except (OSError, ValueError) as problem:
        why = "was not found" if isinstance(problem, FileNotFoundError) else why_not_run(problem)
    else:
        _running.add(process)
        return process
    raise CommandFailed(why)


def without_keys(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those that are there to give a key to dfctl itself.

    A program that is asked for one key has no use for the others.
    """
    return {
        name: text
        for name, text in variables.items()
        if name != _KEY_VARIABLE and not name.startswith(f"{_KEY_VARIABLE}_")
    }


def why_not_run(problem: Exception) -> str:
    """Return what an exception of beginning a program says."""
    if isinstance(problem, PermissionError):
        return "may not be run by this account, or is no program"
    return why_not_read(problem).replace("cannot be read", "cannot be run")


def _status(process: "subprocess.Popen[bytes]", deadline: float) -> int | None:
    """Return the exit status, or None at the deadline."""
    from subprocess import TimeoutExpired

    while (left := deadline - time.monotonic()) > 0:
        with contextlib.suppress(TimeoutExpired):
            return process.wait(min(left, _LONGEST_WAIT))
    return process.poll()


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    _running.discard(process)


def _ending(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"exited with {status}"


def _first_line(complaint: bytes, output: bytes) -> str:
    """Return the first line of what a command complained, the key that it may quote masked."""
    lines = complaint.decode("utf-8", "replace").split("\n")
    line = next((line for line in lines if line.strip()), "")
    for word in output.decode("utf-8", "replace").split():
        # What is shorter is no key, and masking it would garble the complaint.
        line = Secret(word).hide(line) if len(word) >= 4 else line
    return f": {clean(line)}" if line else ""
