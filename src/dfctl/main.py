"""The entrance: the only place where an error becomes an exit code."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn, TextIO

from dfctl import __version__
from dfctl.discretion import leave_no_core_dump, withhold_error_texts

if TYPE_CHECKING:
    from dfctl.composition import Environment, Parts
    from dfctl.core.errors import DfctlError, Interrupted, OutputClosed
    from dfctl.core.exits import ExitCode


def entry() -> None:
    """Run the command line of this process, and end it with the command's exit code."""
    end(main)


def end(run: "Callable[[Sequence[str]], int]") -> NoReturn:
    """Run this process's command line with `run`; end the process with the exit code."""
    leave_no_core_dump()
    _undo_inheritance()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until the command sees to it itself: a traceback in the middle of an import helps nobody.
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(128 + number))
    code = run(sys.argv[1:])
    if (problem := _settled(sys.stdout)) is not None:
        code = 128 + 13
        if not isinstance(problem, BrokenPipeError):
            _complain(sys.stderr, problem)
    _settled(sys.stderr)
    sys.exit(code)


def _undo_inheritance() -> None:
    """Undo what a parent process left that is seldom meant, and would go wrong unseen."""
    if sys.platform != "win32":
        # While SIGCHLD is ignored, a key's command that fails seems to succeed.
        if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # A signal that is blocked could not stop dfctl. One that is ignored, as by nohup, is meant.
        asked = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, asked)
    # Where a stream was closed, the next file or connection would take its place, and what is
    # meant for the stream would be written into it.
    with contextlib.suppress(OSError):
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(descriptor)


def _settled(stream: TextIO | None) -> OSError | ValueError | None:
    """Write what is left of a stream; return why that failed.

    What is still buffered then goes nowhere: it would fail again when Python ends, and Python
    would end with an exit code of its own.
    """
    try:
        if stream is not None:
            stream.flush()
    except (OSError, ValueError) as problem:
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return problem
    return None


def _complain(stderr: TextIO | None, problem: object) -> None:
    with contextlib.suppress(OSError, ValueError):
        print(f"error: stdout cannot be written: {problem}", file=stderr, flush=True)


def main(argv: Sequence[str], environment: "Environment | None" = None) -> int:
    """Run one command line, without the program's name; return its exit code."""
    if environment is None and list(argv[:1]) in (["-V"], ["--version"]):
        # Answered before anything is imported that costs time.
        print(f"dfctl {__version__}")
        return 0
    if list(argv[:1]) == ["__complete"]:
        # A press of Tab waits for it: no Typer, unless a whole line is asked about.
        return _complete(argv[1:], environment)
    parts = parts_in(environment)
    return guarded(lambda: _run(argv, parts), argv, parts)


def parts_in(environment: "Environment | None") -> "Parts":
    """Return the parts of a command in `environment`: None means in this process, as it is."""
    from dfctl.composition import Environment, Parts

    if environment is None:
        withhold_error_texts(os.environ)
        environment = Environment.of_process(os.environ)
    return Parts(environment)


def _complete(argv: Sequence[str], environment: "Environment | None") -> int:
    from dfctl.cli.completing import complete

    if environment:
        return complete(argv, environment.variables, environment.stdout)
    return complete(argv, os.environ, sys.stdout)


def guarded(action: "Callable[[], ExitCode]", argv: Sequence[str], parts: "Parts") -> int:
    """Do what the command line `argv` asks; turn whatever ends it into words and an exit code.

    Returns the number that `--exit-map` gives to the code. All that is shown has left by then.
    Where it cannot leave, because nobody reads it, or a signal ended the command, the process ends
    here: Python would wait for readers.
    """
    from dfctl.core.errors import Interrupted
    from dfctl.core.exits import number_of

    with parts.interruptible():
        try:
            code, is_delivered = _delivered(parts, _ended(action, argv, parts))
        except Interrupted as stop:  # while an error was being shown
            code, is_delivered = _delivered(parts, _stopped(parts, stop))
        number = number_of(code, parts.exit_map)
        parts.end_process(number)
    if parts.environment.is_process and not is_delivered:
        os._exit(number)
    return number


def _ended(action: "Callable[[], ExitCode]", argv: Sequence[str], parts: "Parts") -> "ExitCode":
    from dfctl.core.errors import DfctlError, Interrupted, OutputClosed
    from dfctl.core.exits import ExitCode, is_signal

    try:
        with parts:
            return action()
    except DfctlError as error:
        return _fail(argv, parts, error, error.exit_code)
    except Interrupted as stop:
        return _fail(argv, parts, None, _stopped(parts, stop))
    except OutputClosed as closed:
        _tell_closed(parts, closed)
        code = closed.exit_code
        return code if code and is_signal(code) else ExitCode.PIPE
    except BaseException as bug:  # noqa: BLE001 - no traceback reaches a user
        try:
            parts.raise_lost_signal()
        except Interrupted as stop:
            return _fail(argv, parts, None, _stopped(parts, stop))
        return _fail(argv, parts, _bug(bug, parts), ExitCode.BUG)


def _stopped(parts: "Parts", stop: "Interrupted") -> "ExitCode":
    """Return the exit code of a signal; no other signal keeps its words from being said."""
    from dfctl.core.exits import ExitCode, exit_code_of_signal

    parts.heed_signal()
    is_late = stop.exit_code is ExitCode.TIMEOUT
    return ExitCode.TIMEOUT if is_late else exit_code_of_signal(stop.signal_number or 2)


def _delivered(parts: "Parts", code: "ExitCode") -> "tuple[ExitCode, bool]":
    """Wait until all that was shown has left; return the exit code, and whether it has."""
    from dfctl.core.errors import Interrupted, OutputClosed
    from dfctl.core.exits import ExitCode, is_signal

    try:
        return code, parts.deliver()
    except Interrupted as stop:
        stop.exit_code = code
        code = _stopped(parts, stop)
    except OutputClosed as closed:
        parts.heed_signal()
        _tell_closed(parts, closed)
        code = code if is_signal(code) else ExitCode.PIPE
    with contextlib.suppress(OutputClosed):
        return code, parts.deliver()
    return code, False


def _run(argv: Sequence[str], parts: "Parts") -> "ExitCode":
    import typer

    from dfctl.cli.app import invoke, program
    from dfctl.cli.exit_map import map_seemingly_asked_for
    from dfctl.core.errors import OutputClosed

    parts.exit_map = map_seemingly_asked_for(argv, parts.variables)
    try:
        return invoke(argv, parts)
    except typer.TyperException as error:
        from dfctl.cli.words import usage_error

        raise usage_error(error, argv, program()) from None
    except OSError as problem:
        if _settled(parts.environment.stdout) is None:
            raise
        raise OutputClosed(str(problem)) from None
    except SystemExit as left:
        if left.code != 1:
            raise
        # Typer prints the help of a command itself, and ends so where nobody reads it.
        raise OutputClosed(None) from None


def _fail(
    argv: Sequence[str], parts: "Parts", error: "DfctlError | None", code: "ExitCode"
) -> "ExitCode":
    """Show an error; where showing it fails too, the exit code still tells."""
    from dfctl.core.errors import OutputClosed

    with contextlib.suppress(Exception):
        try:
            parts.output_for(argv).failed(error, code)
        except OutputClosed as closed:
            _tell_closed(parts, closed)
    return code


def _bug(bug: BaseException, parts: "Parts") -> "DfctlError":
    """Return the words for a bug. Its own text is left out: it might hold a key."""
    from dfctl.core.errors import Bug

    if parts.variables.get("DFCTL_DEBUG") == "1":
        import traceback

        traceback.print_tb(bug.__traceback__, file=parts.environment.stderr)
    return Bug(
        f"this is a bug in dfctl ({type(bug).__name__})",
        hint="DFCTL_DEBUG=1 shows where it happened; please report it",
    )


def _tell_closed(parts: "Parts", closed: "OutputClosed") -> None:
    """Say why stdout could not be written, unless its reader just left."""
    if closed.args and closed.args[0]:
        parts.output.complain(f"stdout cannot be written: {closed.args[0]}")
    _settled(parts.environment.stdout)
