"""How commands begin and end: what is shown, and how."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import typer

from dfctl.cli.announcing import finish_announcing
from dfctl.composition import Parts
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode, worst_of
from dfctl.core.runs import Run
from dfctl.core.suggestions import did_you_mean, listed
from dfctl.core.text import clean
from dfctl.core.variables import flag_of, set_in
from dfctl.output.ci.choice import CiChoice
from dfctl.output.showing import ColorChoice, Format, ProgressKind, Showing

_Choice = TypeVar("_Choice", bound=StrEnum)


def begin(
    context: typer.Context,
    config: str | None,
    *,
    output: Format | None = None,
    quiet: bool = False,
    progress: ProgressKind | None = None,
    color: ColorChoice | None = None,
    verbose: bool = False,
    ci: CiChoice | None = CiChoice.NONE,
) -> Parts:
    """Return the command's parts. They show things by its options, else by the variables.

    `ci` is None where the command tells a CI system, and its option was not given.
    """
    parts: Parts = context.obj
    variables = parts.variables
    showing = Showing(
        format=output or _chosen(variables, "DFCTL_OUTPUT", Format),
        is_quiet=quiet or _flag(variables, "DFCTL_QUIET"),
        is_verbose=verbose or _flag(variables, "DFCTL_VERBOSE"),
        progress=progress
        or _chosen(variables, "DFCTL_PROGRESS", ProgressKind)
        or ProgressKind.AUTO,
        color=color or _chosen(variables, "DFCTL_COLOR", ColorChoice) or ColorChoice.AUTO,
        ci=ci or _chosen(variables, "DFCTL_CI", CiChoice) or CiChoice.NONE,
    )
    parts.begin(showing, config)
    return parts


def show_runs(parts: Parts, runs: Sequence[Run]) -> ExitCode:
    """Show how runs ended, and return the exit code that this makes."""
    code = worst_of(run.exit_code for run in runs)
    finish_announcing(parts, runs)
    parts.output.runs(runs, code)
    return code


def _chosen(variables: Mapping[str, str], name: str, choices: type[_Choice]) -> _Choice | None:
    text = (set_in(variables, name) or "").lower()
    if not text:
        return None
    try:
        return choices(text)
    except ValueError:
        raise UsageError(
            f"{name}: {clean(text)!r} is not one of {listed(choices)}",
            hint=did_you_mean(text, choices) or f"set {name} to one of them, or unset it",
        ) from None


def _flag(variables: Mapping[str, str], name: str) -> bool:
    text = (set_in(variables, name) or "false").lower()
    flag = flag_of(text)
    if flag is None:
        raise UsageError(
            f"{name}: {clean(text)!r} is neither true nor false",
            hint=f"set {name} to true or false, or unset it",
        )
    return flag
