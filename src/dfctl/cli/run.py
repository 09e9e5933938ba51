"""`dfctl run`: the main job."""

import typer

from dfctl.cli import options
from dfctl.cli.announcing import announce_by
from dfctl.cli.exit_map import map_exits
from dfctl.cli.showing import begin
from dfctl.cli.starting import gather_orders, run_orders, show_dry
from dfctl.core.exits import ExitCode


def run(
    context: typer.Context,
    profiles: options.Profiles = None,
    *,
    flow: options.Flow = None,
    param: options.Params = None,
    input_file: options.Input = None,
    dry_run: options.DryRun = False,
    server_wait: options.ServerWait = False,
    timeout: options.Timeout = None,
    queue_timeout: options.QueueTimeout = None,
    interval: options.Interval = None,
    max_outage: options.MaxOutage = None,
    overlap: options.OverlapChoice = None,
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
    """Start a flow, follow its run and exit with its outcome.

    The exit code is 0 only if the run succeeded; `dfctl help exit-codes` lists the others.

    Example: dfctl run sales --timeout 2h
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
    orders = gather_orders(
        parts,
        profiles,
        flow=flow,
        params=param,
        document=input_file,
        overrides=limits
        | options.flags(fail_on_warning=fail_on_warning)
        | options.texts(overlap=overlap),
        server_wait=server_wait,
        is_dry=dry_run,
    )
    return show_dry(parts, orders) if dry_run else run_orders(parts, orders, fail_fast=fail_fast)
