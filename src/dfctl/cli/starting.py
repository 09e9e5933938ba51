"""What `run` and `start` share: starts are gathered, checked as a whole, and then sent."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from dfctl.cli.announcing import announce, announced, finish_announcing
from dfctl.cli.looking import failed, shortest_heartbeat
from dfctl.cli.parameters import parameters
from dfctl.cli.showing import show_runs
from dfctl.composition import Parts
from dfctl.core.errors import DfctlError, UsageError
from dfctl.core.exits import ExitCode, worst_of
from dfctl.core.runs import Run
from dfctl.core.settings import Overrides

if TYPE_CHECKING:
    from dfctl.client.tasks import Order


def gather_orders(
    parts: Parts,
    profiles: Sequence[str] | None,
    *,
    flow: str | None,
    params: Sequence[str] | None,
    document: str | None,
    overrides: Overrides,
    server_wait: bool,
    is_dry: bool,
) -> "list[Order]":
    """Return the starts that the command line asks for. Raises what is wrong with any of them.

    Unless they are dry, they then stand in the journal as attempts that failed.
    """
    names = list(profiles or [parts.config.default_name()])
    try:
        return _checked_orders(
            parts, names, flow, params, document, overrides, server_wait=server_wait
        )
    except DfctlError as error:
        if not is_dry:
            _note_refused(parts, names, error)
        raise


def _checked_orders(
    parts: Parts,
    names: Sequence[str],
    flow: str | None,
    params: Sequence[str] | None,
    document: str | None,
    overrides: Overrides,
    *,
    server_wait: bool,
) -> "list[Order]":
    _check_names(names, parts.config.names())
    own = {"--flow": flow, "--param": params, "--input": document}
    for option, value in own.items():
        if value is not None and len(names) > 1:
            raise UsageError(f"{option} goes with exactly one profile")
    parts.at_once = len(names)
    given = parameters(params, document, parts.environment.stdin)
    settings = overrides if flow is None else {**overrides, "flow": flow}
    return [parts.order(name, settings, given, server_wait=server_wait) for name in names]


def _note_refused(parts: Parts, names: Sequence[str], error: DfctlError) -> None:
    known = parts.config.names()
    for name in dict.fromkeys(names):
        if name in known:
            run = Run(profile=name, backend="")
            parts.recorder.note_refused(run, f"nothing was sent: {error.message}")
            announce(parts, failed(run, error))
    finish_announcing(parts)


def _check_names(names: Sequence[str], known: Collection[str]) -> None:
    for name in names:
        profile, is_reference, _ = name.partition("/")
        if is_reference and profile in known:
            raise UsageError(
                f"{name!r} is a run, and a profile is started",
                hint="dfctl wait follows a run, dfctl status looks at it",
            )
        if names.count(name) > 1:
            raise UsageError(
                f"the profile {name!r} is named twice",
                hint="to start it twice, call dfctl twice",
            )


def show_dry(parts: Parts, orders: "Sequence[Order]") -> ExitCode:
    """Show the first request of each start, and send nothing."""
    from dfctl.output.curl import curl_of

    rows: list[dict[str, object]] = []
    for order in orders:
        backend, profile = order.target.backend, order.target.profile
        exchange = backend.start(profile.settings, order.parameters, server_wait=order.server_wait)
        place = order.target.key_place
        curl = curl_of(profile.line.address, next(exchange), place)
        rows.append({"profile": profile.name, "curl": curl})
    parts.output.listing("requests", rows, [str(row["curl"]) for row in rows])
    return ExitCode.SUCCEEDED


def run_orders(parts: Parts, orders: "Sequence[Order]", *, fail_fast: bool) -> ExitCode:
    """Start runs, follow them, show their ends."""
    tasks = [announced(parts, parts.tasks.run(order)) for order in orders]
    runs = parts.lead(
        tasks,
        heartbeat=shortest_heartbeat([order.target for order in orders]),
        is_enough=is_bad if fail_fast else None,
    )
    return show_runs(parts, runs)


def start_orders(parts: Parts, orders: "Sequence[Order]") -> ExitCode:
    """Start runs, show their references, and say how to follow them."""
    from dfctl.client.tasks import resume

    runs = parts.lead([parts.tasks.start(order) for order in orders])
    code = worst_of(run.exit_code for run in runs)
    for run in runs:
        if run.reference and not run.message:
            parts.output.hint(run.hint or f"accepted, not followed; {resume(run)}")
    parts.output.started(runs, code)
    return code


def is_bad(run: Run) -> bool:
    """Return whether a run's end is enough to stop following others (--fail-fast)."""
    return run.exit_code is not ExitCode.SUCCEEDED
