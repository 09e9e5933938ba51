"""`dfctl status`: look at runs once."""

from typing import Annotated

import typer

from dfctl.cli import options
from dfctl.cli.exit_map import map_exits
from dfctl.cli.looking import lead_all
from dfctl.cli.references import open_runs, runs_of
from dfctl.cli.showing import begin, show_runs
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode

Open = Annotated[
    bool,
    typer.Option("--open", help="Look at every run of the journal that has not ended."),
]


def status(
    context: typer.Context,
    runs: options.Runs = None,
    *,
    is_open: Open = False,
    fail_on_warning: options.FailOnWarning = False,
    exit_map: options.ExitMapping = None,
    output: options.OutputFormat = None,
    quiet: options.Quiet = False,
    progress: options.Progress = None,
    color: options.Color = None,
    verbose: options.Verbose = False,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Look at runs once and exit with their outcome.

    The exit code is 8 if one has not ended.

    Example: dfctl status nightly/1029591293203
    """
    map_exits(context.obj, exit_map)
    parts = begin(
        context,
        config,
        output=output,
        quiet=quiet,
        progress=progress,
        color=color,
        verbose=verbose,
    )
    if is_open and runs:
        raise UsageError("--open goes without runs: it looks at all that have not ended")
    meant = open_runs(parts) if is_open else runs_of(parts, runs)
    if not meant:
        parts.output.hint("nothing is open, as far as the journal knows")
    overrides = options.flags(fail_on_warning=fail_on_warning)
    seen = lead_all(parts, meant, overrides, parts.tasks.status)
    for run in seen:
        if run.url:
            parts.output.hint(f"{run.name}: {run.url}")
    return show_runs(parts, seen)
