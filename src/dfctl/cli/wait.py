"""`dfctl wait`: follow runs that were started before."""

import typer

from dfctl.cli import options
from dfctl.cli.announcing import announce_by, announced
from dfctl.cli.exit_map import map_exits
from dfctl.cli.looking import lead_all
from dfctl.cli.references import runs_of
from dfctl.cli.showing import begin, show_runs
from dfctl.cli.starting import is_bad
from dfctl.core.exits import ExitCode


def wait(
    context: typer.Context,
    runs: options.Runs = None,
    *,
    timeout: options.Timeout = None,
    queue_timeout: options.QueueTimeout = None,
    interval: options.Interval = None,
    max_outage: options.MaxOutage = None,
    heartbeat: options.Heartbeat = None,
    fail_on_warning: options.FailOnWarning = False,
    fail_fast: options.FailFast = False,
    exit_map: options.ExitMapping = None,
    on_done: options.OnDone = None,
    output: options.OutputFormat = None,
    quiet: options.Quiet = False,
    progress: options.Progress = None,
    color: options.Color = None,
    verbose: options.Verbose = False,
    ci: options.Ci = None,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Follow runs to their ends and exit with their outcome.

    Nothing is started. The profile of a reference says where its run is.

    Example: dfctl wait nightly/1029591293203 --timeout 30m
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
        ci=ci,
    )
    announce_by(parts, on_done)
    limits = options.durations(
        timeout=timeout,
        queue_timeout=queue_timeout,
        interval=interval,
        max_outage=max_outage,
        heartbeat=heartbeat,
    )
    seen = lead_all(
        parts,
        runs_of(parts, runs),
        limits | options.flags(fail_on_warning=fail_on_warning),
        lambda target, run: announced(parts, parts.tasks.wait(target, run)),
        is_enough=is_bad if fail_fast else None,
    )
    return show_runs(parts, seen)
