"""The options that several commands share, and what they gather."""

from typing import Annotated

import typer

from dfctl.core.durations import parse_duration
from dfctl.core.errors import UsageError
from dfctl.core.profiles import Overlap
from dfctl.core.settings import Override
from dfctl.output.ci.choice import CiChoice
from dfctl.output.showing import ColorChoice, Format, ProgressKind

Profiles = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PROFILE]...", help="The profiles to start; the default one if left out."
    ),
]
Runs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[RUN]...",
        help="A run reference as `dfctl start` prints it, a profile's name (its newest start), "
        "@last (the newest start of all, if left out), or - for references on stdin.",
    ),
]

Flow = Annotated[
    str | None, typer.Option("--flow", metavar="ID", help="Start this flow, not the profile's.")
]
Params = Annotated[
    list[str] | None,
    typer.Option("-p", "--param", metavar="NAME=VALUE", help="A parameter of the run; repeatable."),
]
Input = Annotated[
    str | None,
    typer.Option("--input", metavar="FILE", help="A JSON document for the run; - reads stdin."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the first request as curl, and send nothing.")
]
ServerWait = Annotated[
    bool,
    typer.Option(
        "--server-wait",
        help="Let the service hold its answer until the run ends (InVision). "
        "A broken connection then loses the run.",
    ),
]

Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        help="How long to follow once started, such as 2h30m; `none` lifts the limit of 24h. "
        "[env:DFCTL_TIMEOUT]",
    ),
]
QueueTimeout = Annotated[
    str | None,
    typer.Option(
        "--queue-timeout",
        metavar="DURATION",
        help="How long the run may stay pending. [env:DFCTL_QUEUE_TIMEOUT]",
    ),
]
Interval = Annotated[
    str | None,
    typer.Option(
        "--interval",
        metavar="DURATION",
        help="A fixed time between looks, instead of one that grows with the run. "
        "[env:DFCTL_INTERVAL]",
    ),
]
OverlapChoice = Annotated[
    Overlap | None,
    typer.Option(
        "--overlap",
        help="When an earlier run of the profile is open, as this machine's journal knows: start "
        "all the same (the default), refuse with 12, or follow that run. [env:DFCTL_OVERLAP]",
    ),
]
MaxOutage = Annotated[
    str | None,
    typer.Option(
        "--max-outage",
        metavar="DURATION",
        help="How long to bear loss of contact, and to retry a start that did not begin; "
        "5m if not set. [env:DFCTL_MAX_OUTAGE]",
    ),
]
Heartbeat = Annotated[
    str | None,
    typer.Option(
        "--heartbeat",
        metavar="DURATION",
        help="How often to say that the run goes on, where no terminal is; 60s if not set. "
        "[env:DFCTL_HEARTBEAT]",
    ),
]
FailFast = Annotated[
    bool,
    typer.Option(
        "--fail-fast",
        help="Of several runs, stop following the others when one ends badly. They go on.",
    ),
]
FailOnWarning = Annotated[
    bool,
    typer.Option(
        "--fail-on-warning",
        help="Exit with 3 if the run ended with warnings. [env:DFCTL_FAIL_ON_WARNING]",
    ),
]

ExitMapping = Annotated[
    str | None,
    typer.Option(
        "--exit-map",
        metavar="NAME=CODE",
        help="End with another code than that of `dfctl help exit-codes`, such as overlap=0; "
        "several stand with commas between. [env:DFCTL_EXIT_MAP]",
    ),
]

OnDone = Annotated[
    str | None,
    typer.Option(
        "--on-done",
        metavar="PROGRAM",
        help="Run this program, without a shell, for each run that dfctl is done with; the "
        "variables DFCTL_DONE_... tell it how the run ended. [env:DFCTL_ON_DONE]",
    ),
]

OutputFormat = Annotated[
    Format | None,
    typer.Option("-o", "--output", help="The form of the result. [env:DFCTL_OUTPUT]"),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "-q", "--quiet", help="Say nothing unless it ends badly; then all. [env:DFCTL_QUIET]"
    ),
]
Progress = Annotated[
    ProgressKind | None,
    typer.Option("--progress", help="How to show what happens. [env:DFCTL_PROGRESS]"),
]
Color = Annotated[
    ColorChoice | None,
    typer.Option("--color", help="When the live line has colours. [env:DFCTL_COLOR]"),
]
Verbose = Annotated[
    bool,
    typer.Option("-v", "--verbose", help="Show each request, the key masked. [env:DFCTL_VERBOSE]"),
]
Ci = Annotated[
    CiChoice | None,
    typer.Option(
        "--ci",
        help="Tell a CI system how it went, by annotations, outputs and a summary; auto: the one "
        "that dfctl runs in; none if not set. [env:DFCTL_CI]",
    ),
]
ConfigFile = Annotated[
    str | None,
    typer.Option(
        "--config", metavar="FILE", help="Read this configuration only. [env:DFCTL_CONFIG]"
    ),
]


def durations(**texts: str | None) -> dict[str, Override]:
    """Return the durations of the options that were given, in seconds, by setting."""
    return {name: _duration(name, text) for name, text in texts.items() if text is not None}


def texts(**values: str | None) -> dict[str, Override]:
    """Return the texts that were given, by setting."""
    return {name: value for name, value in values.items() if value is not None}


def flags(**values: bool) -> dict[str, Override]:
    """Return the flags that were set, by setting."""
    return {name: True for name, value in values.items() if value}


def _duration(name: str, text: str) -> float | None:
    try:
        return parse_duration(text)
    except ValueError as problem:
        raise UsageError(f"--{name.replace('_', '-')}: {problem}") from None
