"""Runs that are shown under a CI system without a service: ends that no service has today."""

import io
from collections.abc import Mapping, Sequence

from dfctl.core.events import Event
from dfctl.core.exits import ExitCode
from dfctl.core.runs import Run
from dfctl.output.choosing import Surroundings, choose
from dfctl.output.ci.choice import CiChoice
from dfctl.output.showing import ProgressKind, Showing
from dfctl.store.texts import write_text
from tests.output.stages import NOW


def shown(
    ci: str,
    run: Run,
    code: ExitCode,
    variables: Mapping[str, str],
    *,
    err: io.StringIO | None = None,
    events: Sequence[Event] = (),
) -> str:
    """Return what stderr says of a run at its end, and of events before it."""
    err = err or io.StringIO()
    around = Surroundings(
        out=io.StringIO(),
        err=err,
        variables=variables,
        now=lambda: NOW,
        monotonic=lambda: 0.0,
        random=lambda: 0.5,
        write_file=write_text,
    )
    progress = ProgressKind.AUTO if events else ProgressKind.NONE
    output = choose(Showing(ci=CiChoice(ci), progress=progress), around)
    for event in events:
        output.hear(event)
    output.runs([run], code)
    return err.getvalue()
