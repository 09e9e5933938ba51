"""A command line, from its words to its exit code: the only place where an error becomes one."""

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from dfctl.core.errors import Bug, DfctlError, Interrupted, OutputClosed
from dfctl.core.exits import ExitCode, exit_code_of_signal, is_signal, number_of
from dfctl.process.discretion import withhold_error_texts
from dfctl.process.leftovers import write_rest
from dfctl.process.signals import (
    heed_signal,
    is_signal_heeded,
    raise_lost_signal,
    signals_raised,
)

if TYPE_CHECKING:
    from dfctl.composition import Environment, Parts


def main(argv: Sequence[str], environment: "Environment | None" = None) -> int:
    """Run one command line, without the program's name; return its exit code."""
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


def guarded(action: Callable[[], ExitCode], argv: Sequence[str], parts: "Parts") -> int:
    """Do what the command line `argv` asks; turn whatever ends it into words and an exit code.

    Returns the number that `--exit-map` gives to the code. All that is shown has left by then.
    Where it cannot leave, because nobody reads it, or a signal ended the command, the process ends
    here: Python would wait for readers.
    """
    is_process = parts.environment.is_process
    with signals_raised():
        try:
            code, is_delivered = _delivered(parts, _ended(action, argv, parts))
        except Interrupted as stop:  # while an error was being shown
            code, is_delivered = _delivered(parts, _stopped(stop))
        number = number_of(code, parts.exit_map)
        if is_process and is_signal_heeded():
            # In here no other signal changes the exit code.
            os._exit(number)
    if is_process and not is_delivered:
        os._exit(number)
    return number


def tell_unwritten(problem: OSError | ValueError, stderr: TextIO | None) -> int:
    """Say why stdout could not be written, unless its reader just left; return the exit code."""
    if not isinstance(problem, BrokenPipeError):
        with contextlib.suppress(OSError, ValueError):
            print(f"error: stdout cannot be written: {problem}", file=stderr, flush=True)
    return ExitCode.PIPE


def _complete(argv: Sequence[str], environment: "Environment | None") -> int:
    from dfctl.cli.completing import complete

    if environment:
        return complete(argv, environment.variables, environment.stdout)
    return complete(argv, os.environ, sys.stdout)


def _run(argv: Sequence[str], parts: "Parts") -> ExitCode:
    import typer

    from dfctl.cli.app import invoke, program
    from dfctl.cli.exit_map import map_seemingly_asked_for

    parts.exit_map = map_seemingly_asked_for(argv, parts.variables)
    try:
        return invoke(argv, parts)
    except typer.TyperException as error:
        from dfctl.cli.mistakes import usage_error

        raise usage_error(error, argv, program()) from None
    except OSError as problem:
        if write_rest(parts.environment.stdout) is None:
            raise
        raise OutputClosed(str(problem)) from None
    except SystemExit as left:
        if left.code != 1:
            raise
        # Typer prints the help of a command itself, and ends so where nobody reads it.
        raise OutputClosed(None) from None


def _ended(action: Callable[[], ExitCode], argv: Sequence[str], parts: "Parts") -> ExitCode:
    try:
        with parts:
            return action()
    except DfctlError as error:
        return _fail(argv, parts, error, error.exit_code)
    except Interrupted as stop:
        return _fail(argv, parts, None, _stopped(stop))
    except OutputClosed as closed:
        _tell_closed(parts, closed)
        code = closed.exit_code
        return code if code and is_signal(code) else ExitCode.PIPE
    except BaseException as bug:  # noqa: BLE001 - no traceback reaches a user
        try:
            raise_lost_signal()
        except Interrupted as stop:
            return _fail(argv, parts, None, _stopped(stop))
        return _fail(argv, parts, _bug(bug, parts), ExitCode.BUG)


def _stopped(stop: Interrupted) -> ExitCode:
    """Return the exit code of a signal; no other signal keeps its words from being said."""
    heed_signal()
    is_late = stop.exit_code is ExitCode.TIMEOUT
    return ExitCode.TIMEOUT if is_late else exit_code_of_signal(stop.signal_number or 2)


def _delivered(parts: "Parts", code: ExitCode) -> tuple[ExitCode, bool]:
    """Wait until all that was shown has left; return the exit code, and whether it has."""
    try:
        return code, parts.deliver()
    except Interrupted as stop:
        stop.exit_code = code
        code = _stopped(stop)
    except OutputClosed as closed:
        heed_signal()
        _tell_closed(parts, closed)
        code = code if is_signal(code) else ExitCode.PIPE
    with contextlib.suppress(OutputClosed):
        return code, parts.deliver()
    return code, False


def _fail(
    argv: Sequence[str], parts: "Parts", error: DfctlError | None, code: ExitCode
) -> ExitCode:
    """Show an error; where showing it fails too, the exit code still tells."""
    with contextlib.suppress(Exception):
        try:
            parts.output_for(argv).failed(error, code)
        except OutputClosed as closed:
            _tell_closed(parts, closed)
    return code


def _bug(bug: BaseException, parts: "Parts") -> DfctlError:
    """Return the words for a bug. Its own text is left out: it might hold a key."""
    if parts.variables.get("DFCTL_DEBUG") == "1":
        import traceback

        traceback.print_tb(bug.__traceback__, file=parts.environment.stderr)
    return Bug(
        f"this is a bug in dfctl ({type(bug).__name__})",
        hint="DFCTL_DEBUG=1 shows where it happened; please report it",
    )


def _tell_closed(parts: "Parts", closed: OutputClosed) -> None:
    """Say why stdout could not be written, unless its reader just left."""
    if closed.args and closed.args[0]:
        parts.output.complain(f"stdout cannot be written: {closed.args[0]}")
    write_rest(parts.environment.stdout)
