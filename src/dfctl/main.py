"""The entrance: the only place where an error becomes an exit code."""

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dfctl import __version__

if TYPE_CHECKING:
    import typer

    from dfctl.composition import Environment, Parts
    from dfctl.core.errors import DfctlError, OutputClosed
    from dfctl.core.exits import ExitCode


def entry() -> None:
    """Run the command line of this process, and end it with the command's exit code."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str], environment: "Environment | None" = None) -> int:
    """Run one command line, without the program's name; return its exit code."""
    if environment is None and list(argv[:1]) in (["-V"], ["--version"]):
        # Answered before anything is imported that costs time.
        print(f"dfctl {__version__}")
        return 0
    from dfctl.composition import Environment, Parts

    parts = Parts(environment or Environment.of_process(os.environ))
    return int(_guarded(argv, parts))


def _guarded(argv: Sequence[str], parts: "Parts") -> "ExitCode":
    """Run the command line; turn whatever ends it into words and an exit code."""
    import typer

    from dfctl.core.errors import DfctlError, Interrupted, OutputClosed
    from dfctl.core.exits import ExitCode, exit_code_of_signal

    try:
        with parts.interruptible():
            return _run(argv, parts)
    except DfctlError as error:
        return _fail(argv, parts, error, error.exit_code)
    except typer.TyperException as error:
        return _fail(argv, parts, _usage_error(error), ExitCode.USAGE)
    except Interrupted as stop:
        return _fail(argv, parts, None, exit_code_of_signal(stop.signal_number))
    except OutputClosed as closed:
        _tell_closed(parts, closed)
        return ExitCode.PIPE
    except Exception as bug:  # noqa: BLE001 - no traceback reaches a user
        return _fail(argv, parts, _bug(bug, parts), ExitCode.BUG)


def _run(argv: Sequence[str], parts: "Parts") -> "ExitCode":
    from dfctl.cli.app import app
    from dfctl.core.exits import ExitCode

    # The arguments are passed explicitly: on Windows Typer would expand wildcards in its own.
    code: ExitCode | None = app(
        args=list(argv), prog_name="dfctl", standalone_mode=False, obj=parts
    )
    return code if isinstance(code, ExitCode) else ExitCode.SUCCEEDED


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


def _usage_error(error: "typer.TyperException") -> "DfctlError":
    """Return a mistake on the command line, as Typer found it, in our own words' form."""
    from dfctl.core.errors import UsageError

    context = getattr(error, "ctx", None)
    command = context.command_path if context else "dfctl"
    return UsageError(error.format_message(), hint=f"{command} --help")


def _bug(bug: Exception, parts: "Parts") -> "DfctlError":
    """Return the words for a bug. Its own text is left out: it might hold a key."""
    from dfctl.core.errors import UsageError

    if parts.variables.get("DFCTL_DEBUG") == "1":
        import traceback

        traceback.print_exception(type(bug), None, bug.__traceback__, file=parts.environment.stderr)
    return UsageError(
        f"this is a bug in dfctl ({type(bug).__name__})",
        hint="DFCTL_DEBUG=1 shows where it happened; please report it",
    )


def _tell_closed(parts: "Parts", closed: "OutputClosed") -> None:
    """Say why stdout could not be written, unless its reader just left."""
    problem = str(closed.args[0]) if closed.args and closed.args[0] else ""
    stderr = parts.environment.stderr
    with contextlib.suppress(OSError, ValueError):
        if problem and stderr:
            print(f"error: stdout cannot be written: {problem}", file=stderr)
    stdout = parts.environment.stdout
    with contextlib.suppress(OSError, ValueError):
        if stdout:
            # What is still buffered would fail again when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
