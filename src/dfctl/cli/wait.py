"""`dfctl wait`: follow a run that was started before."""

import typer

from dfctl.cli import options
from dfctl.cli.gathering import sole_reference
from dfctl.cli.showing import begin, show_runs
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
    output: options.OutputFormat = None,
    quiet: options.Quiet = False,
    progress: options.Progress = None,
    color: options.Color = None,
    verbose: options.Verbose = False,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Follow a run to its end and exit with its outcome.

    Nothing is started. The profile of the reference says where the run is.

    Example: dfctl wait nightly/1029591293203 --timeout 30m
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
    limits = options.durations(
        timeout=timeout,
        queue_timeout=queue_timeout,
        interval=interval,
        max_outage=max_outage,
        heartbeat=heartbeat,
    )
    reference = sole_reference(runs)
    target = parts.target(
        reference.profile, limits | options.flags(fail_on_warning=fail_on_warning)
    )
    seen = parts.lead([parts.tasks.wait(target, reference)], heartbeat=target.profile.heartbeat)
    return show_runs(parts, seen)
