"""What a program that knows a key writes to its stdout."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dfctl.core.durations import format_duration
from dfctl.core.secret import Secret
from dfctl.core.text import clean
from dfctl.process.asides import NoThread
from dfctl.programs.running import Reader, begin, ending_of, status_by

if TYPE_CHECKING:
    from subprocess import Popen

_LARGEST_COMPLAINT = 16 * 1024

# What has been begun and has not ended, in whichever thread.
_running: "set[Popen[bytes]]" = set()


class ProgramFailed(Exception):
    """Why a program gave nothing: words for the user, never what it wrote to its stdout."""


def output_of(
    arguments: Sequence[str], variables: Mapping[str, str], *, seconds: float, largest: int
) -> bytes:
    """Return the stdout of a program that ends well within `seconds`, at most `largest` bytes.

    It runs without a shell, with nothing to read. Raises ProgramFailed.
    """
    deadline = time.monotonic() + seconds
    process = _begun(arguments, variables)
    try:
        output = Reader(process.stdout, largest + 1, is_drained=False)
        complaint = Reader(process.stderr, _LARGEST_COMPLAINT, is_drained=True)
        is_read = output.is_over_by(deadline)
        if is_read and len(output.content) > largest:
            raise ProgramFailed(f"wrote more than {largest // 1024} KiB")
        status = status_by(process, deadline)
        if not is_read or status is None:
            raise ProgramFailed(f"did not end within {format_duration(seconds)}")
        if status:
            is_told = complaint.is_over_by(min(deadline, time.monotonic() + 1))
            words = complaint.content if is_told else b""
            raise ProgramFailed(f"{ending_of(status)}{_first_line(words, output.content)}")
        return output.content
    except NoThread as problem:
        why = str(problem)
    finally:
        _end(process)
    raise ProgramFailed(f"cannot be run: {why}")


def end_programs() -> None:
    """End the programs whose output is still awaited, because nobody needs it any more."""
    for process in list(_running):
        _end(process)


def _begun(arguments: Sequence[str], variables: Mapping[str, str]) -> "Popen[bytes]":
    from shutil import which

    # On Windows only `which` finds the scripts (.cmd) that many tools are.
    program = which(arguments[0]) or arguments[0]
    try:
        process = begin([program, *arguments[1:]], variables, is_stderr_apart=True)
    except (OSError, ValueError) as problem:
        why = _why_not_begun(problem)
    else:
        _running.add(process)
        return process
    raise ProgramFailed(why)


def _why_not_begun(problem: OSError | ValueError) -> str:
    if isinstance(problem, FileNotFoundError):
        return "was not found"
    if isinstance(problem, PermissionError):
        return "may not be run by this account, or is no program"
    if isinstance(problem, NotADirectoryError):
        return "there is no such file"
    if isinstance(problem, OSError) and problem.strerror:
        return f"cannot be run: {problem.strerror}"
    return "is not a usable file name"


def _end(process: "Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    _running.discard(process)


def _first_line(complaint: bytes, output: bytes) -> str:
    """Return the first line of what a program complained, the key that it may quote masked."""
    lines = complaint.decode("utf-8", "replace").split("\n")
    line = next((line for line in lines if line.strip()), "")
    for word in output.decode("utf-8", "replace").split():
        # What is shorter is no key, and masking it would garble the complaint.
        line = Secret(word).hide(line) if len(word) >= 4 else line
    return f": {clean(line)}" if line else ""
