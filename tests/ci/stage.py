"""Runs that are shown under a CI system without a service: ends that no service has today."""

import io
from collections.abc import Mapping

from dfctl.core.exits import ExitCode
from dfctl.core.runs import Run
from dfctl.output.choose import ProgressKind, Showing, Surroundings, choose
from dfctl.output.ci.choice import CiChoice
from dfctl.store.texts import write_text
from tests.output.stages import NOW


def shown(ci: str, run: Run, code: ExitCode, variables: Mapping[str, str]) -> str:
    """Return what stderr says of a run at its end."""
    err = io.StringIO()
    around = Surroundings(
        out=io.StringIO(),
        err=err,
        variables=variables,
        now=lambda: NOW,
        monotonic=lambda: 0.0,
        random=lambda: 0.5,
        write_file=write_text,
    )
    choose(Showing(ci=CiChoice(ci), progress=ProgressKind.NONE), around).runs([run], code)
    return err.getvalue()
