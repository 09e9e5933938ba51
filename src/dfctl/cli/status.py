"""`dfctl status`: look at a run once."""

import typer

from dfctl.cli import options
from dfctl.cli.gathering import sole_reference
from dfctl.cli.showing import begin, show_runs
from dfctl.core.exits import ExitCode


def status(
    context: typer.Context,
    runs: options.Runs = None,
    *,
    fail_on_warning: options.FailOnWarning = False,
    output: options.OutputFormat = None,
    quiet: options.Quiet = False,
    progress: options.Progress = None,
    color: options.Color = None,
    verbose: options.Verbose = False,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Look at a run once and exit with its outcome, or with 8 if it has not ended.

    Example: dfctl status nightly/1029591293203
    """
    parts = begin(
        context,
        config,
        output=output,
        quiet=quiet,
        progress=progress,
        color=color,
        verbose=verbose,
    )
    reference = sole_reference(runs)
    target = parts.target(reference.profile, options.flags(fail_on_warning=fail_on_warning))
    seen = parts.lead([parts.tasks.status(target, reference)])
    for run in seen:
        if run.url:
            parts.output.hint(f"{run.profile}: {run.url}")
    return show_runs(parts, seen)
