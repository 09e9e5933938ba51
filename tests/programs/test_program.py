"""A program beside dfctl: real ones, that write, fail, hang and leave others behind."""

import os
import sys
import threading
import time
from collections import UserDict
from collections.abc import KeysView
from pathlib import Path

import pytest

from dfctl.programs.program import GRACE, Program

# Nothing that a test waits for takes this long, not even on a loaded machine.
PATIENCE = 60.0
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX is needed")


def begun(text: str, *, seconds: float = PATIENCE) -> Program:
    return Program([sys.executable, "-I", "-S", "-c", text], os.environ, seconds=seconds)


def ended(program: Program) -> Program:
    program.wait(time.monotonic() + PATIENCE)
    assert program.is_over
    return program


def test_a_program_that_ends_well_has_no_trouble() -> None:
    program = ended(begun("import sys; print('told'); print('and heard', file=sys.stderr)"))

    assert program.trouble is None
    assert sorted(program.lines) == ["and heard", "told"]


def test_a_program_has_nothing_to_read() -> None:
    assert ended(begun("import sys; print(repr(sys.stdin.read()))")).lines == ["''"]


def test_a_program_that_fails_says_so() -> None:
    assert ended(begun("raise SystemExit(22)")).trouble == "exited with 22"


def test_what_it_writes_is_safe_to_show() -> None:
    text = r"import sys; sys.stdout.buffer.write(b'\x1b[31mred\xff\r\n' + b'x' * 1000)"

    first, second = ended(begun(text)).lines

    assert first == "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}"
    assert len(second) == 300


def test_16_kib_of_what_it_writes_are_kept() -> None:
    program = ended(begun("print('0123456789abcde\\n' * 100_000)"))

    assert (program.trouble, len(program.lines)) == (None, 1024)


class _NoFurtherThread(UserDict[str, str]):
    """Variables after whose reading no memory has room for another thread's stack."""

    def keys(self) -> KeysView[str]:
        threading.stack_size(2**46)
        return super().keys()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is sure to have no such room")
def test_a_program_whose_output_no_thread_can_read_is_ended() -> None:
    words = [sys.executable, "-I", "-S", "-c", "import signal; signal.pause()"]
    try:
        program = ended(Program(words, _NoFurtherThread(os.environ), seconds=PATIENCE))
    finally:
        threading.stack_size(0)

    assert program.trouble == "cannot be run: no thread can be begun"


@posix_only
def test_a_program_that_hangs_is_terminated() -> None:
    program = ended(begun("import signal; signal.pause()", seconds=0.3))

    assert program.trouble == "did not end within 300ms, and was terminated"


@posix_only
def test_a_program_that_cannot_be_terminated_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    text = (
        "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open({str(ready)!r}, 'w').write(str(os.getpid()))\n"
        "while True: signal.pause()"
    )
    program = begun(text)
    while not (ready.exists() and ready.read_text()):
        program.wait(time.monotonic() + 0.02)

    began = time.monotonic()
    program.stop()
    ended(program)

    assert time.monotonic() - began >= GRACE
    assert (program.is_over, program.trouble) == (True, "was stopped")
    with pytest.raises(ProcessLookupError):
        os.kill(int(ready.read_text()), 0)


@posix_only
def test_a_descendant_that_keeps_the_pipe_holds_nobody_up(tmp_path: Path) -> None:
    number = tmp_path / "number"
    program = Program(
        ["/bin/sh", "-c", f"echo told; sleep 600 & echo $! > {number}"],
        os.environ,
        seconds=PATIENCE,
    )

    ended(program)

    assert (program.trouble, program.lines) == (None, ["told"])
    os.kill(int(number.read_text()), 9)


def test_what_is_no_program_is_told(tmp_path: Path) -> None:
    file = tmp_path / "notify"
    file.write_bytes(b"\x7fnot a program")
    file.chmod(0o700)

    trouble = ended(Program([str(file)], os.environ, seconds=PATIENCE)).trouble

    assert trouble
    assert trouble.startswith("cannot be run: ")
