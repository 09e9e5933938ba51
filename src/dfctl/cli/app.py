"""The command line: one Typer app, one module for each command."""

from collections.abc import Sequence
from functools import cache
from typing import Annotated

import typer

from dfctl import __version__
from dfctl.cli import (
    completion,
    demo,
    help,
    init,
    keys,
    man,
    profiles,
    run,
    runs,
    sandbox,
    start,
    status,
    wait,
)
from dfctl.cli.usage import Command
from dfctl.composition import Parts
from dfctl.core.exits import ExitCode

_SHORT_HELP = """\
Start a data flow, follow it, exit with its outcome.

  dfctl init                   describe a first profile, step by step
  dfctl run sales              start, follow, exit with the outcome
  dfctl start sales            start only; print the run's reference
  dfctl wait sales/RUN         follow a run that was started before

No account at hand? Try: dfctl demo
All commands: dfctl --help"""

Version = Annotated[
    bool, typer.Option("-V", "--version", help="Print the version and exit.", is_eager=True)
]

app = typer.Typer(
    name="dfctl",
    help="Start a data flow on a remote service, follow its run, exit with its outcome.",
    epilog="More: dfctl help exit-codes, dfctl help json, dfctl help environment",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def dfctl(context: typer.Context, *, version: Version = False) -> ExitCode:
    """Start a data flow on a remote service, follow its run, exit with its outcome."""
    if version:
        context.obj.output.text(f"dfctl {__version__}")
    elif context.invoked_subcommand is None:
        context.obj.output.text(_SHORT_HELP)
    return ExitCode.SUCCEEDED


app.command()(run.run)
app.command()(start.start)
app.command()(wait.wait)
app.command()(status.status)
app.command()(init.init)
app.add_typer(keys.app, name="keys")
app.add_typer(profiles.app, name="profiles")
app.add_typer(runs.app, name="runs")
app.command()(demo.demo)
app.command()(sandbox.sandbox)
app.command(cls=Command)(completion.completion)
app.command()(man.man)
app.command("help")(help.help_page)


@cache
def program() -> typer.core.TyperGroup:
    """Return the program with all its commands, made once: each has to be looked at as a whole."""
    return typer.main.get_group(app)


def invoke(words: Sequence[str], parts: Parts) -> ExitCode:
    """Run the command line of these words, without the program's name; return its exit code.

    Raises the `DfctlError` that ends it, and the `TyperException` of words that nobody knows.
    """
    # The words are passed explicitly: on Windows Typer would expand wildcards in its own.
    code: object = program()(args=list(words), prog_name="dfctl", standalone_mode=False, obj=parts)
    return code if isinstance(code, ExitCode) else ExitCode.SUCCEEDED
