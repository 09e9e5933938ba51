"""`dfctl start`: start a run, and follow it only if asked."""

from collections.abc import Iterable
from typing import Annotated

import typer

from dfctl.cli import options
from dfctl.cli.announcing import announce_by
from dfctl.cli.exit_map import map_exits
from dfctl.cli.showing import begin
from dfctl.cli.starting import gather_orders, run_orders, show_dry, start_orders
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode

Wait = Annotated[bool, typer.Option("--wait", help="Follow the run too, as `dfctl run` does.")]


def start(
    context: typer.Context,
    profiles: options.Profiles = None,
    *,
    wait: Wait = False,
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
    """Start a flow and print the reference of its run.

    The exit code is 0 if the service accepted the start. Follow the run with `dfctl wait`.

    Example: run=$(dfctl start sales) && dfctl wait "$run"
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
    limits = options.durations(
        timeout=timeout, queue_timeout=queue_timeout, interval=interval, heartbeat=heartbeat
    ) | options.flags(fail_on_warning=fail_on_warning)
    if wait:
        announce_by(parts, on_done)
    else:
        _refuse_waiting(
            limits
            | options.flags(server_wait=server_wait, fail_fast=fail_fast)
            | options.texts(on_done=on_done)
        )
    orders = gather_orders(
        parts,
        profiles,
        flow=flow,
        params=param,
        document=input_file,
        overrides=limits
        | options.durations(max_outage=max_outage)
        | options.texts(overlap=overlap),
        server_wait=server_wait,
        is_dry=dry_run,
    )
    if dry_run:
        return show_dry(parts, orders)
    return run_orders(parts, orders, fail_fast=fail_fast) if wait else start_orders(parts, orders)


def _refuse_waiting(given: Iterable[str]) -> None:
    """Raise UsageError where an option is given that says how to follow a run."""
    if name := next(iter(given), None):
        option = name.replace("_", "-")
        raise UsageError(f"--{option} goes with --wait", hint="add --wait, or use `dfctl run`")
