"""What `wait` and `status` share: the runs that are meant, each with its way to the service."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dfctl.cli.announcing import announce, finish_announcing
from dfctl.composition import Parts
from dfctl.core.errors import DfctlError
from dfctl.core.runs import Run
from dfctl.core.settings import Overrides

if TYPE_CHECKING:
    from dfctl.client.steps import Target, Task


def lead_all(
    parts: Parts,
    runs: Sequence[Run],
    overrides: Overrides,
    make_task: "Callable[[Target, Run], Task[Run]]",
    *,
    is_enough: Callable[[Run], bool] | None = None,
) -> list[Run]:
    """Look at runs by the tasks that `make_task` makes, and return them as they were seen.

    Of several runs, one that cannot be asked about comes back with the words for why.
    """
    ways = [_way(parts, run, overrides, is_sole=len(runs) == 1) for run in runs]
    for run, target in ways:
        if target is None:
            announce(parts, run)
    seen = iter(
        parts.lead(
            [make_task(target, run) for run, target in ways if target],
            heartbeat=shortest_heartbeat([target for _, target in ways if target]),
            is_enough=is_enough,
        )
    )
    return [next(seen) if target else run for run, target in ways]


def shortest_heartbeat(targets: "Sequence[Target]") -> float | None:
    """Return how often to say that runs go on, in seconds: as often as any of them wants."""
    beats = [target.profile.heartbeat for target in targets]
    return min((beat for beat in beats if beat is not None), default=None)


def failed(run: Run, error: DfctlError) -> Run:
    """Return a run with the words and the exit code of an error."""
    return replace(
        run,
        state=None,
        service_state=None,
        exit_code=error.exit_code,
        message=error.message,
        hint=error.hint,
    )


def _way(
    parts: Parts, run: Run, overrides: Overrides, *, is_sole: bool
) -> "tuple[Run, Target | None]":
    """Return a run as nobody has seen it yet, with its target; or with why there is none."""
    if run.message:
        return run, None
    try:
        target = parts.target(run.profile, overrides)
        target.check_locator(run.locator or "")
    except DfctlError as error:
        if is_sole:
            announce(parts, failed(run, error))
            finish_announcing(parts)
            raise
        return failed(run, error), None
    unseen = replace(
        run,
        backend=target.profile.backend,
        state=None,
        service_state=None,
        options=target.options,
    )
    return unseen, target
