"""What `run` and `start` share: a start is gathered, checked as a whole, and then sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfctl.cli.gathering import parameters, sole_profile
from dfctl.cli.options import Overrides
from dfctl.cli.showing import show_runs
from dfctl.composition import Parts
from dfctl.core.exits import ExitCode, worst_of
from dfctl.core.settings import Parameters

if TYPE_CHECKING:
    from dfctl.client.steps import Target


@dataclass(frozen=True)
class Order:
    """One start, checked as far as it can be without asking the service."""

    target: "Target"
    parameters: Parameters
    server_wait: bool


def gather_order(
    parts: Parts,
    profiles: Sequence[str] | None,
    *,
    flow: str | None,
    params: Sequence[str] | None,
    document: str | None,
    overrides: Overrides,
    server_wait: bool,
) -> Order:
    """Return the start that the command line asks for. Raises what is wrong with it."""
    name = sole_profile(profiles) or parts.config.default_name()
    given = parameters(params, document, parts.environment.stdin)
    target = parts.target(name, overrides if flow is None else {**overrides, "flow": flow})
    parts.check_start(target, given, server_wait=server_wait)
    return Order(target, given, server_wait)


def show_dry(parts: Parts, order: Order) -> ExitCode:
    """Print the first request of a start, and send nothing."""
    from dfctl.output.curl import curl_of

    target = order.target
    settings = target.profile.settings
    request = next(target.backend.start(settings, order.parameters, server_wait=order.server_wait))
    place = target.backend.key_place(settings)
    command = curl_of(target.profile.line.address, request, place)
    parts.output.listing("requests", [{"curl": command}], [command])
    return ExitCode.SUCCEEDED


def run_order(parts: Parts, order: Order) -> ExitCode:
    """Start a run, follow it, show its end."""
    task = parts.tasks.run(order.target, order.parameters, server_wait=order.server_wait)
    return show_runs(parts, parts.lead([task], heartbeat=order.target.profile.heartbeat))


def start_order(parts: Parts, order: Order) -> ExitCode:
    """Start a run, show its reference, and say how to follow it."""
    task = parts.tasks.start(order.target, order.parameters, server_wait=False)
    runs = parts.lead([task])
    code = worst_of(run.exit_code for run in runs if run.exit_code is not None)
    for run in runs:
        if run.reference:
            parts.output.hint(f"accepted, not followed; to follow it: dfctl wait {run.reference}")
    parts.output.started(runs, code)
    return code
